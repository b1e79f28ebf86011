"""Another patient for an appointment: who is it no more is not invited, and learns nothing of who is."""

from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common.notices import NoticesMixin
from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestAnotherPatient(NoticesMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.bert = self.make_patient("Bert Claes", phone="0471 11 11 11")
        self.patient.phone = "0470 00 00 00"
        self.sell()
        self.sell(self.bert)

    def mails(self, partner):
        """Let what waits be sent; return the e-mails to ``partner`` that Odoo has not delivered yet."""
        self.run_notices()
        models = ("calendar.event", "calendar.attendee", "practice.appointment.notice")
        domain = [("recipient_ids", "in", partner.ids), ("state", "=", "outgoing")]
        return self.env["mail.mail"].search([*domain, ("model", "in", models)])

    def send_all(self):
        """Let all e-mails be sent that wait."""
        self.run_notices()
        for mail in self.env["mail.mail"].search([("state", "=", "outgoing")]):
            mail.state = "sent"
            mail._postprocess_sent_message(mail.recipient_ids, [])

    def assertReplaced(self, events):
        self.env.invalidate_all()
        for event in events:
            self.assertEqual(event.patient_id, self.bert)
            for people in (event.partner_ids, event.attendee_ids.partner_id):
                self.assertIn(self.bert, people)
                self.assertNotIn(self.patient, people)
            self.assertEqual(len(event.attendee_ids.filtered(lambda it: it.partner_id == self.bert)), 1)
            self.assertNotIn(self.patient, event.message_partner_ids)
            self.assertSecret(event.description or "")

    def assertSecret(self, text, person=None):
        for secret in ((person or self.patient).name, (person or self.patient).email, "0470 00 00 00"):
            self.assertNotIn(secret, text)

    def assertNobodyIsNamed(self):
        for mail in self.mails(self.bert):
            self.assertSecret(mail.body_html + mail.subject)
        for mail in self.mails(self.patient):
            self.assertSecret(mail.body_html + mail.subject, self.bert)

    def test_a_form_that_is_not_saved_yet_invites_only_the_last_choice(self):
        views = ("calendar.view_calendar_event_form", "calendar.view_calendar_event_form_quick_create")
        for days, view in enumerate(views, start=2):
            form = Form(self.env["calendar.event"], view)
            form.start = self.at(days=days)
            form.practice_appointment_type_id = self.type
            form.patient_id = self.patient
            form.patient_id = self.bert
            self.assertReplaced(form.save())
        self.assertFalse(self.mails(self.patient))

    def test_a_form_opened_from_a_contact_too(self):
        action = self.patient.action_practice_plan_appointment()
        form = Form(self.env["calendar.event"].with_context(**action["context"]))
        form.practice_appointment_type_id = self.type
        form.patient_id = self.bert
        self.assertReplaced(form.save())

    def test_a_saved_appointment_is_corrected_in_the_form(self):
        event = self.plan()
        with Form(event) as form:
            form.patient_id = self.bert
        self.assertReplaced(event)
        self.assertNobodyIsNamed()

    def test_whatever_a_caller_says_of_participants(self):
        people = [self.patient.id, self.bert.id]
        for commands in ([Command.set(people)], people, [Command.link(self.patient.id)], [Command.link(self.bert.id)]):
            with self.subTest(commands=commands):
                event = self.plan()
                event.write({"patient_id": self.bert.id, "partner_ids": commands})
                self.assertReplaced(event)

    def test_several_at_once_of_different_people(self):
        carl = self.make_patient("Carl Maes")
        self.sell(carl)
        events = self.plan() | self.plan(carl, self.at(days=2)) | self.plan(self.bert, self.at(days=3))
        with_bert = self.plan(start=self.at(days=4))
        with_bert.partner_ids |= self.bert
        events |= with_bert
        events.write({"patient_id": self.bert.id})
        self.assertReplaced(events)
        self.assertNotIn(carl, events.partner_ids)

    def test_one_of_a_series(self):
        events = self.plan_series(3)
        events[1].write({"patient_id": self.bert.id, "recurrence_update": "self_only"})
        self.assertReplaced(events[1])
        self.assertEqual((events[0] | events[2]).patient_id, self.patient)

    def test_this_and_the_following(self):
        events = self.plan_series(4)
        self.send_all()
        events[2].write({"patient_id": self.bert.id, "recurrence_update": "future_events"})
        coming = self.env["calendar.event"].search([("patient_id", "=", self.bert.id)])
        self.assertEqual(len(coming), 2)
        self.assertReplaced(coming)
        self.assertEqual(len(self.mails(self.patient)), 1)
        self.assertNobodyIsNamed()

    def test_the_whole_series_with_one_that_was_corrected_before(self):
        events = self.plan_series(3)
        events[1].write({"patient_id": self.bert.id, "recurrence_update": "self_only"})
        events[0].write({"patient_id": self.bert.id, "recurrence_update": "all_events"})
        self.assertReplaced(self.env["calendar.event"].search([("patient_id", "=", self.bert.id)]))
        self.assertFalse(self.env["calendar.event"].search([("patient_id", "=", self.patient.id)]))

    def test_the_whole_series_moved_at_the_same_time(self):
        events = self.plan_series(3)
        start = events[0].start.replace(hour=14)
        events[0].write(
            {
                "patient_id": self.bert.id,
                "start": start,
                "stop": start.replace(hour=15),
                "recurrence_update": "all_events",
            }
        )
        coming = self.env["calendar.event"].search([("patient_id", "=", self.bert.id)])
        self.assertEqual(len(coming), 3)
        self.assertReplaced(coming)
        self.assertNobodyIsNamed()

    def test_who_was_told_is_told_once_that_it_does_not_take_place(self):
        event = self.plan()
        self.send_all()
        event.patient_id = self.bert
        self.assertEqual(len(self.mails(self.patient)), 1)
        self.assertIn("cancelled", self.mails(self.patient).subject)
        self.assertTrue(self.mails(self.bert))
        self.assertNobodyIsNamed()

    def test_who_was_not_told_yet_hears_nothing(self):
        event = self.plan()
        event.patient_id = self.bert
        self.assertFalse(self.mails(self.patient))
        self.assertTrue(self.mails(self.bert))

    def test_a_past_visit_is_corrected_without_a_word(self):
        event = self.plan()
        self.send_all()
        self.happen(event)
        event.patient_id = self.bert
        self.assertReplaced(event)
        self.assertFalse(self.mails(self.patient))

    def test_contact_details_that_an_older_version_left_in_the_description_go(self):
        event = self.plan()
        old = self.env["calendar.event"]._get_contact_details_description(self.env["res.users"], self.patient)
        event.description = f"<div>Bring a towel<br/>{old}</div>"
        event.patient_id = self.bert
        self.assertIn("Bring a towel", event.description)
        self.assertReplaced(event)

    def test_a_parent_stays_when_the_child_becomes_the_patient(self):
        child = self.make_patient("Little Lotte", email=False, practice_representative_ids=[self.patient.id])
        self.sell(child)
        event = self.plan()
        event.patient_id = child
        self.assertLessEqual(self.patient | child, event.partner_ids)
