"""What the e-mails about appointments say, and to whom."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ..common.notices import NoticeCase, NoticesMixin
from ..common.roles import StrangerMixin


@tagged("post_install", "-at_install")
class TestWords(NoticeCase):
    def test_when_where_with_whom_at_what_cost_and_until_when_it_is_free(self):
        event = self.plan(location="Room 3", videocall_location="https://video.example.com/x")
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        body = self.run_notices().body_html
        for part in (
            *("Monday 16 March 2026, 10:00", "11:00", "Europe/Brussels", "Session", "Katrien Maes", "Room 3"),
            *("https://video.example.com/x", "Sunday 15 March, 10:00", "<strong>1</strong> of your credits"),
            f"/calendar/meeting/decline?token={invitation.access_token}",
        ):
            self.assertIn(part, body.replace("&amp;", "&"))
        self.assertNotIn("/my/appointments", body)

    def test_a_calendar_file_is_attached(self):
        self.plan()
        file = self.run_notices().attachment_ids
        self.assertEqual((file.name, file.mimetype), ("appointment.ics", "text/calendar"))
        text = file.raw.decode()
        for part in ("DTSTART:20260316T090000Z", "DTEND:20260316T100000Z", "Kerkstraat"):
            self.assertIn(part, text)
        self.assertNotIn("Peeters", text)
        self.notices().event_id.active = False
        self.assertIn("STATUS:CANCELLED", self.run_notices().attachment_ids.raw.decode())

    def test_the_language_is_the_patients_and_the_zone_the_practices(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.type.with_context(lang="nl_BE").name = "Sessie"
        self.patient.write({"lang": "nl_BE", "tz": "Asia/Tokyo"})
        self.company.practice_tz = "America/New_York"
        self.plan(start=datetime(2026, 3, 16, 14, 0))
        mail = self.run_notices()
        self.assertIn("maandag 16 maart", mail.subject)
        self.assertIn("10:00", mail.body_html)
        self.assertIn("America/New_York", mail.body_html)
        self.assertIn("Sessie", mail.body_html)

    def test_late_it_says_what_cancelling_costs_now(self):
        self.plan(start=self.at(hours=5))
        body = self.run_notices().body_html
        self.assertIn("Credits that cancelling costs now", body)
        self.notices().event_id.active = False
        self.assertIn("Cancelling was no longer free", self.run_notices().body_html)

    def test_who_has_a_login_moves_and_cancels_on_the_portal(self):
        new_test_user(self.env, "pb_an", "base.group_portal", partner_id=self.patient.id, email=self.patient.email)
        self.type.write({"online_booking": True, "practitioner_ids": [Command.set(self.katrien.ids)]})
        event = self.plan()
        body = self.run_notices().body_html
        self.assertIn(f"/my/appointments/{event.id}/move", body)
        self.assertIn(f'/my/appointments/{event.id}"', body)
        self.assertNotIn("token=", body)

    def test_who_has_no_login_moves_and_cancels_with_links_of_their_own(self):
        self.type.write(
            {"online_booking": True, "practitioner_ids": [Command.set(self.katrien.ids)], "reminder_hours": "72, 2"}
        )
        event = self.plan()
        links = self.links_of(event)
        for moment in ("confirmation", "moved", "reminder"):
            if moment == "moved":
                self.move(event, days=6)
            mail = self.run_notices(event.start - timedelta(hours=72) if moment == "reminder" else None)
            self.assertEqual(self.notices(event)[-1:].kind, moment)
            body = mail.body_html.replace("&amp;", "&")
            for link, button in zip(links, ("Move the appointment", "Cancel the appointment"), strict=True):
                self.assertIn(f'{link}"', body)
                self.assertIn(button, body)
            self.assertIn("You can move it, or cancel for free, until", " ".join(body.split()))
            self.assertNotIn("To choose another time, call", body)
            self.assertNotIn("/my/appointments", body)

    def links_of(self, event):
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == event.patient_id)
        return (
            f"/practice/move/{invitation.access_token}",
            f"/calendar/meeting/decline?token={invitation.access_token}&id={event.id}",
        )

    def test_a_visit_that_cannot_be_moved_has_no_such_link(self):
        self.type.write({"online_booking": True, "practitioner_ids": [Command.set(self.katrien.ids)]})
        late = self.planned(start=self.at(hours=5))
        self.type.online_booking = False
        closed = self.planned()
        for event in (late, closed):
            body = self.notices(event).mail_id.body_html.replace("&amp;", "&")
            move, cancel = self.links_of(event)
            self.assertNotIn(move, body)
            self.assertIn(cancel, body)
            self.assertIn("To choose another time, call", body)

    def test_each_visit_of_a_series_has_links_of_its_own(self):
        self.type.write({"online_booking": True, "practitioner_ids": [Command.set(self.katrien.ids)]})
        events = self.plan_series(3, start=self.at(days=5), user_id=self.katrien.id)
        body = self.run_notices().body_html.replace("&amp;", "&")
        for event in events:
            for link in self.links_of(event):
                self.assertIn(f'{link}"', body)
        self.assertNotIn("To choose another time, call", body)

    def test_nobody_learns_of_another_patient(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert)
        event = self.plan()
        event.partner_ids |= bert
        self.plan(bert, start=event.start)
        mails = self.run_notices()
        self.assertEqual(len(mails), 2)
        for mail in mails:
            other = bert if self.patient in mail.recipient_ids else self.patient
            text = mail.subject + mail.body_html + mail.attachment_ids.raw.decode()
            self.assertNotIn(other.name, text)
            self.assertNotIn(other.email, text)

    def test_the_templates_are_odoos_with_its_preview(self):
        notice = self.notices(self.planned())
        for kind in ("confirmation", "moved", "cancelled", "reminder"):
            template = self.env.ref(f"practice_billing.mail_template_appointment_{kind}")
            preview = Form(self.env["mail.template.preview"].with_context(default_mail_template_id=template.id))
            preview.resource_ref = f"practice.appointment.notice,{notice.id}"
            self.assertIn("Katrien Maes", preview.body_html)


@tagged("post_install", "-at_install")
class TestPeople(NoticeCase):
    def make_child(self, **vals):
        child = self.make_patient("Little Lotte", email=False, **vals)
        self.give(child)
        return child

    def test_who_represents_a_patient_without_email_is_told_for_them(self):
        father = self.make_patient("Papa Peeters")
        child = self.make_child(practice_representative_ids=[Command.set([self.patient.id, father.id])])
        event = self.plan(child)
        mails = self.run_notices()
        self.assertEqual(mails.recipient_ids, self.patient | father)
        for mail in mails:
            self.assertIn("Little Lotte", mail.body_html)
        self.assertEqual(self.notices(event).mapped("state"), ["sent", "sent"])
        self.assertEqual(self.notices(event).patient_id, child)

    def test_nobody_with_an_address_is_seen_by_the_front_desk(self):
        event = self.plan(self.make_child())
        self.assertFalse(self.run_notices())
        self.assertEqual((self.notices(event).state, self.notices(event).reason), ("skipped", "no_address"))
        event.patient_id.email = "lotte@example.com"
        event.action_practice_send_again()
        self.assertEqual(self.run_notices().recipient_ids, event.patient_id)

    def test_who_cancels_by_their_own_link_knows(self):
        father = self.make_patient("Papa Peeters")
        child = self.make_child(practice_representative_ids=[Command.set([self.patient.id, father.id])])
        event = self.planned(patient=child, partner_ids=[Command.set([self.patient.id, child.id])])
        invitation = event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        self.assertTrue(event._practice_cancel_by_patient(1, invitation))
        self.assertEqual(event.attendance, "cancelled")
        self.assertEqual(self.run_notices().recipient_ids, father)

    def test_odoos_alarms_do_not_reach_patients(self):
        event = self.planned(partner_ids=[Command.set([self.patient.id, self.katrien.partner_id.id])])
        before = self.env["mail.message"].search([])
        event.attendee_ids._notify_attendees(self.env.ref("calendar.calendar_template_meeting_reminder"))
        self.assertEqual((self.env["mail.message"].search([]) - before).partner_ids, self.katrien.partner_id)

    def test_ordinary_meetings_invite_as_ever(self):
        before = self.env["mail.message"].search([])
        self.env["calendar.event"].create(
            {
                "name": "Lunch",
                "start": self.at(days=1),
                "stop": self.at(days=2),
                "partner_ids": [Command.set(self.patient.ids)],
            }
        )
        self.assertIn(self.patient, (self.env["mail.message"].search([]) - before).partner_ids)
        self.assertFalse(self.run_notices())


@tagged("post_install", "-at_install")
class TestAccess(StrangerMixin, NoticesMixin, TransactionCase):
    def test_only_the_staff_of_the_company_reads_what_was_told(self):
        self.assertTrue(self.notice.with_user(self.front_desk).read(["status", "remark", "display_name"]))
        for role in ("employee", "portal", "public", "stranger", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.notice.with_user(getattr(self, role)).read(["kind"])
        with self.assertRaises(AccessError):
            self.notice.with_user(self.manager).write({"state": "waiting"})
