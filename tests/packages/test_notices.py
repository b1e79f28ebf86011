"""Patients are told of their appointments once: confirmations, moves, cancellations, reminders."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.notices import NoticeCase

#: What may complain on the server of a template that cannot be rendered.
QUIET = ("odoo.addons.practice_billing.models.common.retry_mixin", "odoo.addons.mail.models.mail_template")


@tagged("post_install", "-at_install")
class TestAnnouncing(NoticeCase):
    def test_planning_is_confirmed_to_the_patient_and_odoo_invites_the_others(self):
        before = self.env["mail.message"].search([])
        event = self.plan(partner_ids=[Command.set([self.patient.id, self.katrien.partner_id.id])])
        invited = (self.env["mail.message"].search([]) - before).filtered(lambda it: it.model == "calendar.event")
        self.assertEqual(invited.partner_ids, self.katrien.partner_id)
        mail = self.run_notices()
        self.assertEqual(mail.recipient_ids, self.patient)
        self.assertEqual(self.told(event), [("confirmation", 0, "sent")])
        self.assertEqual(self.notices(event).sent_date, self.at())
        self.assertFalse(self.run_notices(hours=1), "nothing is told twice")

    def test_moving_and_cancelling_are_told_once_each(self):
        event = self.planned()
        self.move(event, days=6)
        mail = self.run_notices()
        self.assertIn("moved to Tuesday 17 March", mail.subject)
        self.assertIn("instead of Monday 16 March 2026, 10:00", mail.body_html)
        event.active = False
        mail = self.run_notices()
        self.assertIn("is cancelled", mail.subject)
        self.assertIn("given back for each appointment: <strong>1</strong>", mail.body_html)
        self.assertEqual([it for it, *_rest in self.told(event)], ["confirmation", "moved", "cancelled"])

    def test_what_is_restored_is_confirmed_anew(self):
        event = self.planned()
        event.active = False
        self.run_notices()
        event.action_practice_mark_planned()
        self.assertEqual(len(self.run_notices()), 1)
        self.assertEqual(self.notices(event, kind="confirmation").mapped("number"), [1, 2])

    def test_moved_there_and_back_is_told_each_time(self):
        event = self.planned()
        there, back = event.start + timedelta(days=1), event.start
        for start in (there, back, there):
            event.write({"start": start, "stop": start + timedelta(hours=1)})
            self.assertEqual(len(self.run_notices()), 1)
        self.assertEqual(self.notices(event, kind="moved", start=there).mapped("number"), [1, 2])

    def test_a_slip_that_is_corrected_at_once_is_told_as_it_is_in_the_end(self):
        event = self.plan()
        self.move(event, days=7)
        self.assertIn("Wednesday 18 March", self.run_notices().subject)
        self.move(event, days=8)
        self.move(event, days=7)
        event.active = False
        event.active = True
        self.assertEqual(len(self.run_notices()), 1, "another time: two minutes have passed")
        before = event.start
        self.move(event, days=9)
        event.write({"start": before, "stop": before + timedelta(hours=1)})
        self.assertFalse(self.run_notices(), "nothing has changed for the patient")
        gone = self.plan()
        gone.active = False
        self.assertFalse(self.run_notices(), "they never heard of it")

    def test_the_past_is_nobodys_news(self):
        event = self.plan(start=self.at(days=-1))
        event.attendance = "attended"
        self.assertFalse(self.run_notices())
        self.assertFalse(self.told(event))

    def test_who_says_that_nobody_is_mailed_is_obeyed(self):
        event = self.plan()
        event.with_context(no_mail_to_attendees=True).active = False
        self.assertFalse(self.run_notices(), "also what waited does not go out")
        event = self.planned()
        wizard = self.env["practice.appointment.cancel"].create({"event_id": event.id, "notify": False})
        wizard.action_cancel()
        self.assertFalse(self.run_notices())
        event = self.planned(start=self.at(days=6))
        self.env["practice.appointment.cancel"].create({"event_id": event.id}).action_cancel()
        self.assertEqual(self.run_notices().recipient_ids, self.patient)

    def test_a_type_without_confirmations_still_tells_of_changes(self):
        self.type.confirm_by_mail = False
        event = self.plan()
        self.assertFalse(self.run_notices())
        self.assertEqual(self.notices(event).reason, "off")
        self.move(event, days=6)
        self.assertEqual(len(self.run_notices()), 1)

    def test_several_cancelled_at_once_are_told_in_one_mail(self):
        events = self.plan() | self.plan(start=self.at(days=6))
        self.run_notices()
        events.write({"active": False})
        mail = self.run_notices()
        self.assertEqual(len(mail), 1)
        for day in ("Monday 16 March", "Tuesday 17 March"):
            self.assertIn(day, mail.body_html)

    def test_another_patient(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert)
        event = self.planned()
        event.patient_id = bert
        mails = self.run_notices()
        texts = {mail.recipient_ids: mail.subject + mail.body_html for mail in mails}
        self.assertEqual(set(texts), {self.patient, bert})
        self.assertIn("cancelled", texts[self.patient])
        self.assertNotIn("Bert", texts[self.patient])
        self.assertNotIn("Peeters", texts[bert])
        of_an = mails.filtered(lambda mail: mail.recipient_ids == self.patient)
        self.assertIn("STATUS:CANCELLED", of_an.attachment_ids.raw.decode())
        with self.assertRaisesRegex(UserError, "somebody else by now"):
            self.notices(event, partner_id=self.patient.id).action_send_again()

    def test_two_other_patients_in_a_minute(self):
        bert, carl = self.make_patient("Bert Claes"), self.make_patient("Carl Maes")
        self.give(bert)
        self.give(carl)
        event = self.planned()
        event.patient_id = bert
        event.patient_id = carl
        texts = {mail.recipient_ids: mail.subject for mail in self.run_notices()}
        self.assertEqual(set(texts), {self.patient, carl}, "Bert never knew")
        self.assertIn("cancelled", texts[self.patient])

    def test_sending_several_again_tells_each_of_their_own(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert)
        events = self.plan() | self.plan(bert)
        self.run_notices()
        self.notices(events).action_send_again()
        self.assertEqual(len(self.run_notices()), 2)
        for event in events:
            self.assertEqual(self.notices(event).partner_id, event.patient_id)

    def test_a_visit_that_was_told_of_is_kept_when_it_is_deleted(self):
        free = self.make_type(self.env["practice.package"], name="Free", package_credits=0)
        event = self.planned(appointment_type=free)
        event.unlink()
        self.assertEqual(event.exists().active, False)
        self.assertIn("cancelled", self.run_notices().subject)
        silent = self.plan(appointment_type=free)
        silent.unlink()
        self.assertFalse(silent.exists())
        self.assertFalse(self.run_notices())


@tagged("post_install", "-at_install")
class TestSeries(NoticeCase):
    def test_a_series_is_confirmed_once_and_each_visit_is_noted(self):
        events = self.plan_series(4, start=self.at(days=5))
        mail = self.run_notices()
        self.assertEqual(len(mail), 1)
        for day in ("16 March", "23 March", "30 March", "6 April"):
            self.assertIn(day, mail.body_html)
        self.assertEqual(self.notices(events).mapped("state"), ["sent"] * 4)
        self.assertEqual(self.notices(events).mail_id, mail)

    def test_a_series_that_moves_is_told_once_as_moved(self):
        events = self.plan_series(3, start=self.at(days=5))
        self.run_notices()
        start = events[0].start + timedelta(hours=3)
        events[0].write({"start": start, "stop": start + timedelta(hours=1), "recurrence_update": "all_events"})
        mail = self.run_notices()
        self.assertEqual(len(mail), 1)
        self.assertIn("moved", mail.subject)
        # A series of Greenwich; summer time begins in Brussels on the 29th.
        for time in ("16 March 2026, 13:00", "23 March 2026, 13:00", "30 March 2026, 14:00"):
            self.assertIn(time, mail.body_html)
        self.assertFalse(self.notices(kind="cancelled"))

    def test_the_rest_of_a_series_is_cancelled_in_one_mail(self):
        events = self.plan_series(4, start=self.at(days=5))
        self.run_notices()
        self.env["practice.appointment.cancel"].create(
            {"event_id": events[2].id, "scope": "future_events"}
        ).action_cancel()
        mail = self.run_notices()
        self.assertEqual(len(mail), 1)
        self.assertNotIn("23 March", mail.body_html)
        self.assertIn("6 April", mail.body_html)

    def test_the_first_of_a_series_goes_before_it_was_told(self):
        events = self.plan_series(3, start=self.at(days=5))
        events[0].action_mass_archive("self_only")
        mail = self.run_notices()
        self.assertEqual(len(mail), 1)
        self.assertNotIn("16 March", mail.body_html)
        self.assertIn("30 March", mail.body_html)

    def test_each_visit_of_a_series_has_reminders(self):
        events = self.plan_series(2, start=self.at(days=5))
        self.run_notices()
        mails = self.run_notices(events[0].start - timedelta(hours=47))
        self.assertEqual(len(mails), 1)
        mails = self.run_notices(events[1].start - timedelta(hours=47))
        self.assertEqual(len(mails), 1)
        self.assertIn("23 March", mails.subject)


@tagged("post_install", "-at_install")
class TestReminding(NoticeCase):
    def test_two_days_and_two_hours_before(self):
        event = self.planned()
        self.assertFalse(self.run_notices(event.start - timedelta(hours=49)))
        self.assertEqual(len(self.run_notices(event.start - timedelta(hours=48))), 1)
        self.assertFalse(self.run_notices(event.start - timedelta(hours=3)))
        self.assertIn("Reminder", self.run_notices(event.start - timedelta(hours=2)).subject)
        self.assertFalse(self.run_notices(event.start - timedelta(hours=1)))
        self.assertFalse(self.run_notices(event.start + timedelta(hours=1)))
        self.assertEqual(
            self.told(event), [("confirmation", 0, "sent"), ("reminder", 48, "sent"), ("reminder", 2, "sent")]
        )

    def test_own_times_and_none(self):
        own = self.make_type(self.package, name="Own", reminder_hours="24")
        none = self.make_type(self.package, name="None", reminder_hours=False)
        events = self.planned(appointment_type=own) | self.planned(
            appointment_type=none, start=self.at(days=5, hours=2)
        )
        self.assertFalse(self.run_notices(events[0].start - timedelta(hours=30)))
        self.run_notices(events[0].start - timedelta(hours=1))
        self.assertEqual(self.notices(kind="reminder").mapped("hours"), [24])
        for wrong in ("soon", "0", "48, -2", "1.5", "1000", "1, 2, 3, 4, 5"):
            with self.subTest(hours=wrong), self.assertRaises(ValidationError):
                own.reminder_hours = wrong

    def test_who_has_just_been_told_is_not_reminded(self):
        event = self.plan(start=self.at(hours=20))
        self.assertEqual(len(self.run_notices()), 1)
        self.assertEqual([it for it, *_rest in self.told(event)], ["confirmation"])
        self.run_notices(event.start - timedelta(hours=2))
        self.assertEqual(self.notices(event, kind="reminder").hours, 2)

    def test_after_a_night_without_server_only_the_last_reminder_goes_out(self):
        event = self.planned()
        self.run_notices(event.start - timedelta(hours=1))
        self.assertEqual(self.notices(event, kind="reminder").hours, 2)

    def test_a_visit_that_is_gone_cancelled_or_begun_is_not_reminded_of(self):
        gone, cancelled, begun = (self.plan(start=self.at(days=5, hours=it)) for it in range(3))
        self.run_notices()
        gone.active = False
        cancelled.attendance = "cancelled"
        self.run_notices()
        self.assertFalse(self.run_notices(begun.start + timedelta(minutes=1)))
        self.assertFalse(self.notices(kind="reminder"))

    def test_a_reminder_that_waits_is_not_sent_of_what_changed_meanwhile(self):
        event = self.planned()
        self.travel(event.start - timedelta(hours=47))
        event._practice_remind(hours=48)
        other = self.plan(start=self.at(hours=40))
        other._practice_remind(hours=48)
        event.active = False
        self.run_notices(other.start + timedelta(minutes=1))
        self.assertEqual(
            [(it.state, it.reason) for it in self.notices(kind="reminder")],
            [("skipped", "outdated"), ("skipped", "begun")],
        )

    def test_moving_brings_the_reminder_anew_for_the_new_time(self):
        event = self.planned()
        self.run_notices(event.start - timedelta(hours=48))
        self.move(event, days=10)
        self.run_notices()
        self.assertEqual(len(self.run_notices(event.start - timedelta(hours=48))), 1)
        self.assertEqual(len(self.notices(event, kind="reminder", hours=48, state="sent")), 2)


@tagged("post_install", "-at_install")
class TestOnce(NoticeCase):
    def test_the_run_that_is_repeated_sends_nothing_twice(self):
        events = self.plan() | self.plan(start=self.at(days=6))
        self.assertEqual(len(self.run_notices()), 2)
        for _again in range(2):
            self.assertFalse(self.run_notices())
        self.run_notices(events[0].start - timedelta(hours=47))
        self.assertFalse(self.run_notices(minutes=1))

    def test_the_database_refuses_a_second_row(self):
        notice = self.notices(self.planned())
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            notice.copy()
            self.env.flush_all()

    def test_what_was_undone_half_way_is_done_once(self):
        """A run is killed after the e-mail was made and before its transaction ended."""
        event = self.plan()
        self.travel(minutes=2)
        savepoint = self.env.cr.savepoint(flush=True)
        self.notices(event)._send()
        self.assertEqual(len(self.all_mails()), 1)
        savepoint.rollback()
        self.env.invalidate_all()
        self.assertFalse(self.all_mails())
        self.assertEqual(self.notices(event).state, "waiting")
        self.assertEqual(len(self.run_notices()), 1)
        self.assertFalse(self.run_notices())

    def test_one_that_fails_is_seen_and_stops_no_other(self):
        good = self.make_patient("Good Patient")
        self.give(good)
        bad_event, good_event = self.plan(), self.plan(good)
        template = self.env.ref("practice_billing.mail_template_appointment_confirmation")
        body = template.body_html
        template.body_html = '<t t-if="object.partner_id.name == \'Fatal\'" t-out="1 // 0"/>' + str(body)
        self.patient.name = "Fatal"
        with mute_logger(*QUIET):
            mails = self.run_notices()
        self.assertEqual(mails.recipient_ids, good)
        notice = self.notices(bad_event)
        self.assertEqual((notice.state, notice.status), ("waiting", "failed"))
        self.assertTrue(notice.remark)
        self.assertEqual(self.notices().search([("status", "=", "failed")]), notice)
        self.assertEqual(self.notices().search([("status", "in", ["sent", "waiting"])]), self.notices(good_event))
        self.patient.name = "Mended"
        self.assertFalse(self.run_notices())
        self.assertEqual(self.run_notices(hours=1).recipient_ids, self.patient)
        self.assertFalse(notice.remark)

    def test_a_mail_that_the_server_refuses_is_seen(self):
        event = self.plan()
        self.run_notices().write({"state": "exception", "failure_reason": "550 No such user"})
        self.env.invalidate_all()
        notice = self.notices(event)
        self.assertEqual((notice.status, notice.remark), ("failed", "550 No such user"))
        self.assertEqual(notice.search([("status", "=", "failed")]), notice)

    def test_sending_again(self):
        event = self.planned()
        notice = self.notices(event)
        notice.with_user(self.katrien).action_send_again()
        self.assertEqual(len(self.run_notices()), 1)
        event.with_user(self.katrien).action_practice_send_again()
        event.with_user(self.katrien).action_practice_send_again()
        self.assertEqual(len(self.run_notices()), 1, "pressed twice in a minute it is one mail")
        self.assertEqual(self.notices(event).mapped("number"), [1, 2, 3])
        self.travel(event.start + timedelta(minutes=1))
        with self.assertRaisesRegex(UserError, "nothing to tell"):
            notice.action_send_again()
