"""Patients are told by SMS where Odoo's SMS is installed: once, and nobody whom it should not reach."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ..common.sms import SmsCase

NUMBER = "+32470123456"


@tagged("post_install", "-at_install")
class TestReminding(SmsCase):
    def test_a_reminder_is_sent_once_though_the_run_is_repeated(self):
        event = self.planned()
        self.assertFalse(self.run_sms(event.start - timedelta(hours=25)))
        [(number, _words)] = self.run_sms(event.start - timedelta(hours=24))
        self.assertEqual(number, NUMBER)
        for _again in range(2):
            self.assertFalse(self.run_sms())
        self.assertFalse(self.run_sms(hours=2))
        self.assertEqual(len(self.provider.got), 1)
        self.assertEqual(self.by_sms(event), [("reminder", 24, "sent", False)])
        self.assertEqual(self.notices(event, channel="sms").status, "sent")
        self.assertEqual(self.told(event), [("confirmation", 0, "sent"), ("reminder", 24, "sent")])

    def test_what_was_undone_half_way_is_sent_once(self):
        """A run is killed after the SMS was handed over and before its transaction ended."""
        event = self.planned()
        self.travel(event.start - timedelta(hours=24))
        event._practice_remind(24, ("sms",))
        savepoint = self.env.cr.savepoint(flush=True)
        self.notices(event, channel="sms")._send()
        self.assertEqual(len(self.env["sms.sms"].search([])), 1)
        savepoint.rollback()
        self.env.invalidate_all()
        self.assertFalse(self.env["sms.sms"].search([]))
        self.assertEqual(self.notices(event, channel="sms").state, "waiting")
        self.assertEqual(len(self.run_sms()), 1)
        self.assertFalse(self.run_sms())

    def test_a_late_reminder_of_a_visit_that_has_gone_is_not_sent(self):
        gone, begun = self.planned(), self.planned(start=self.at(days=5, hours=1))
        self.travel(gone.start - timedelta(hours=24))
        (gone | begun)._practice_remind(24, ("sms",))
        gone.active = False
        self.assertFalse(self.run_sms(begun.start + timedelta(minutes=1)))
        self.assertEqual(
            self.by_sms(), [("reminder", 24, "skipped", "begun")] * 2, "the visits are over, whatever became of them"
        )
        third = self.planned(start=self.at(days=9))
        self.travel(third.start - timedelta(hours=24))
        third._practice_remind(24, ("sms",))
        third.active = False
        self.assertFalse(self.run_sms())
        self.assertEqual(self.by_sms(third), [("reminder", 24, "skipped", "outdated")])
        self.assertFalse(self.run_sms(third.start + timedelta(days=1)), "nor is one noted afterwards")

    def test_both_ways_have_their_own_hours(self):
        self.type.write({"reminder_hours": "48, 2", "sms_reminder_hours": "24, 2"})
        event = self.planned()
        for hours in (48, 24, 2):
            self.run_sms(event.start - timedelta(hours=hours))
        reminders = self.notices(event, kind="reminder")
        self.assertEqual(
            sorted((it.channel, it.hours) for it in reminders), [("email", 2), ("email", 48), ("sms", 2), ("sms", 24)]
        )
        self.assertEqual(len(self.provider.texts), 2)

    def test_who_has_just_been_told_by_email_is_not_reminded(self):
        self.planned(start=self.at(hours=20))
        self.assertFalse(self.run_sms())

    def test_a_type_that_does_not_say_so_sends_none(self):
        self.type.write({"sms_reminder_hours": False, "reminder_hours": "48, 2"})
        event = self.planned()
        self.assertFalse(self.run_sms(event.start - timedelta(hours=47)))
        self.assertFalse(self.by_sms())


@tagged("post_install", "-at_install")
class TestReached(SmsCase):
    def remind(self, **vals):
        self.patient.write(vals)
        event = self.planned()
        return event, self.run_sms(event.start - timedelta(hours=24))

    def test_nobody_with_a_number_is_seen_by_the_front_desk(self):
        for phone in (False, "12", "ask her mother"):
            with self.subTest(phone=phone), self.env.cr.savepoint() as savepoint:
                event, sent = self.remind(phone=phone)
                self.assertFalse(sent)
                self.assertEqual(self.by_sms(event), [("reminder", 24, "skipped", "no_number")])
                notice = self.notices(event, channel="sms").with_user(self.katrien)
                self.assertEqual(notice.remark, "Nobody has a valid phone number")
                self.clock.move_to(self.now)
                savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_who_represents_a_patient_without_number_is_told_for_them(self):
        father = self.make_patient("Papa Peeters", phone="+32 471 00 00 01")
        mother = self.make_patient("Mama Peeters", phone=False)
        event, sent = self.remind(phone=False, practice_representative_ids=[Command.set([father.id, mother.id])])
        self.assertEqual([number for number, _words in sent], ["+32471000001"])
        notice = self.notices(event, channel="sms")
        self.assertEqual((notice.partner_id, notice.patient_id), (father, self.patient))

    def test_a_number_on_the_blacklist_gets_none(self):
        self.env["phone.blacklist"].create({"number": NUMBER})
        mother = self.make_patient("Mama Peeters", phone="+32 471 00 00 02")
        event, sent = self.remind(practice_representative_ids=[Command.set(mother.ids)])
        self.assertFalse(sent, "nor is anybody else told what they do not want to be told")
        self.assertEqual(self.by_sms(event), [("reminder", 24, "skipped", "blocked")])

    def test_a_number_of_another_country(self):
        _event, sent = self.remind(phone="06 12 34 56 78", country_id=self.env.ref("base.nl").id)
        self.assertEqual([number for number, _words in sent], ["+31612345678"])

    def test_who_has_no_email_is_told_everything_by_sms(self):
        self.type.write({"sms_without_email": True, "sms_reminder_hours": False, "reminder_hours": "48, 2"})
        self.patient.email = False
        event = self.plan()
        self.assertEqual(len(self.run_sms()), 1)
        self.move(event, days=6)
        self.assertEqual(len(self.run_sms()), 1)
        for hours in (48, 47, 2, 1):
            self.run_sms(event.start - timedelta(hours=hours))
        event.active = False
        self.run_sms()
        kinds = [("confirmation", 0), ("moved", 0), ("reminder", 48), ("reminder", 2), ("cancelled", 0)]
        self.assertEqual(self.told(event), [(*kind, "sent") for kind in kinds])
        self.assertEqual(set(self.notices(event).mapped("channel")), {"sms"})
        self.assertEqual(len(self.provider.texts), 5)
        self.assertFalse(self.all_mails())

    def test_who_has_no_email_is_not_reminded_twice_by_sms(self):
        self.type.write({"sms_without_email": True, "reminder_hours": "48, 2"})
        self.patient.email = False
        event = self.planned()
        for hours in (48, 24, 2):
            self.run_sms(event.start - timedelta(hours=hours))
        self.assertEqual(self.by_sms(event), [("confirmation", 0, "sent", False), ("reminder", 24, "sent", False)])

    def test_who_has_an_email_address_is_told_by_email(self):
        self.type.sms_without_email = True
        self.plan()
        self.assertFalse(self.run_sms())
        self.assertEqual(len(self.all_mails()), 1)

    def test_sending_again_goes_the_same_way(self):
        event, _sent = self.remind()
        notice = self.notices(event, channel="sms")
        notice.with_user(self.katrien).action_send_again()
        [(number, words)] = self.run_sms()
        self.assertEqual(number, NUMBER)
        self.assertIn("is planned", words)


@tagged("post_install", "-at_install")
class TestFailing(SmsCase, HttpCase):
    def fail(self, state):
        self.provider.states = {NUMBER: state}
        event = self.planned()
        self.run_sms(event.start - timedelta(hours=24))
        return self.notices(event, channel="sms")

    def assertFailed(self, notice, words):
        notice = notice.with_user(self.katrien)
        self.assertEqual((notice.state, notice.status, notice.remark), ("sent", "failed", words))
        self.assertEqual(notice.search([("status", "=", "failed")]), notice)
        self.assertNotIn(notice, notice.search([("status", "=", "sent")]))

    def test_what_the_provider_refuses_is_seen_on_the_visit(self):
        notice = self.fail("insufficient_credit")
        self.assertFailed(notice, "Insufficient Credit")
        self.assertFalse(self.run_sms(), "it is not tried again by itself")

    def test_a_provider_that_does_not_answer_is_seen_on_the_visit(self):
        self.provider.answers = [500]
        notice = self.fail("success")
        self.assertFailed(notice, "Server Error")

    def test_what_does_not_arrive_is_seen_though_odoo_has_deleted_the_sms(self):
        notice = self.fail("success")
        self.assertEqual(notice.status, "sent")
        uuid = self.env["sms.tracker"].search([("mail_notification_id", "=", notice.notification_id.id)]).sms_uuid
        self.env["sms.sms"]._gc_device()
        self.assertFalse(self.env["sms.sms"].search([("uuid", "=", uuid)]))
        statuses = [{"sms_status": "not_delivered", "uuids": [uuid]}]
        self.assertEqual(self.make_jsonrpc_request("/sms/status", {"message_statuses": statuses}), "OK")
        self.env.invalidate_all()
        self.assertFailed(notice, "Not Delivered")


@tagged("post_install", "-at_install")
class TestWords(SmsCase):
    def setUp(self):
        super().setUp()
        self.type.write({"sms_without_email": True, "sms_reminder_hours": "24"})
        self.patient.email = False

    def test_what_an_sms_says_and_what_a_locked_screen_does_not_show(self):
        event = self.plan()
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        link = f"/calendar/meeting/decline?token={invitation.access_token}&id={event.id}"
        [(_number, planned)] = self.run_sms()
        start = event.start + timedelta(days=1)
        event.write({"start": start, "stop": start + timedelta(hours=1)})
        [(_number, moved)] = self.run_sms()
        [(_number, reminder)] = self.run_sms(event.start - timedelta(hours=24))
        event.active = False
        [(_number, cancelled)] = self.run_sms()
        self.assertIn("De Linde: your appointment with Katrien Maes is planned: Mon 16 Mar, 10:00.", planned)
        self.assertIn("Free to cancel until Sun 15 Mar, 10:00. To cancel: http", planned)
        self.assertIn("is moved from Mon 16 Mar, 10:00 to Tue 17 Mar, 10:00.", moved)
        self.assertIn("we expect you for your appointment with Katrien Maes: Tue 17 Mar, 10:00.", reminder)
        self.assertIn("is cancelled: Tue 17 Mar, 10:00.", cancelled)
        self.assertNotIn("http", cancelled)
        for words in (planned, moved, reminder):
            self.assertIn(link, words)
        for words in (planned, moved, reminder, cancelled):
            self.assertNotIn("Relation", words)
            self.assertNotIn("Peeters", words)
            self.assertLessEqual(len(words), 306, "two parts of 153 characters")

    def test_a_series_is_told_in_one_sms(self):
        events = self.plan_series(4, start=self.at(days=5))
        [(_number, words)] = self.run_sms()
        self.assertIn("is planned: Mon 16 Mar, 10:00 (the first of 4).", words)
        self.assertEqual(self.notices(events).mapped("state"), ["sent"] * 4)
        self.assertEqual(len(self.notices(events).notification_id), 1)

    def test_without_credits_nothing_is_said_of_what_cancelling_costs(self):
        free = self.make_type(self.env["practice.package"], name="Free", package_credits=0, sms_without_email=True)
        self.plan(appointment_type=free)
        [(_number, words)] = self.run_sms()
        self.assertNotIn("Free to cancel", words)
        self.assertIn("To cancel:", words)

    def test_the_templates_are_odoos_and_the_administrator_changes_them(self):
        # Who changes placeholders is a template editor, as for e-mails.
        groups = "practice_billing.group_manager,mail.group_mail_template_editor"
        manager = new_test_user(self.env, "pb_boss", groups)
        action = self.type.with_user(manager).action_open_sms_templates()
        templates = self.env["sms.template"].with_user(manager).search(action["domain"])
        self.assertEqual(len(templates), 4)
        self.assertEqual(self.type.with_user(manager).action_open_sms_templates()["domain"], action["domain"])
        planned = self.env.ref("practice_billing.sms_template_appointment_confirmation")
        planned.with_user(manager).body = "{{ object._get_sms_values()['when'] }}: bring your card"
        self.plan()
        self.assertEqual([words for _number, words in self.run_sms()], ["Mon 16 Mar, 10:00: bring your card"])
        previews = self.env["sms.template.preview"].with_user(manager)
        preview = Form(previews.with_context(default_sms_template_id=planned.id))
        preview.resource_ref = f"practice.appointment.notice,{self.notices().id}"
        self.assertIn("16 Mar, 10:00: bring your card", preview.body)
        foreign = self.env["sms.template"].create(
            {"name": "x", "body": "x", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        for template, user in ((foreign, manager), (planned, self.katrien)):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                template.with_user(user).body = "changed"
        with self.assertRaises(AccessError):
            self.type.with_user(self.katrien).action_open_sms_templates()

    def test_the_language_is_the_patients(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.patient.lang = "nl_BE"
        self.plan()
        [(_number, words)] = self.run_sms()
        self.assertIn("ma 16 mrt", words)


@tagged("post_install", "-at_install")
class TestPrivacy(SmsCase):
    def test_what_odoo_keeps_of_an_sms_tells_employees_nothing(self):
        event = self.planned()
        self.run_notices(event.start - timedelta(hours=24))
        notification = self.notices(event, channel="sms").notification_id
        self.assertEqual(notification.sms_id.number, NUMBER)
        self.assertFalse(notification.res_partner_id or notification.sms_number or notification.author_id)
        employee = new_test_user(self.env, "pb_employee", "base.group_user")
        for record in (notification.mail_message_id, notification.sms_id):
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_user(employee).read([])

    def test_who_is_forgotten_is_not_in_odoos_queue_any_more(self):
        self.provider.states = {NUMBER: "wrong_number_format"}
        event = self.planned()
        self.run_sms(event.start - timedelta(hours=24))
        self.assertTrue(self.env["sms.sms"].search([("number", "=", NUMBER)]))
        self.patient.sudo()._practice_forget_traces()
        self.assertFalse(self.env["sms.sms"].search([("number", "=", NUMBER)]))
        self.assertFalse(self.env["sms.tracker"].search([]))
        self.assertEqual(self.by_sms(event), [("reminder", 24, "sent", False)], "that they were told stays")
