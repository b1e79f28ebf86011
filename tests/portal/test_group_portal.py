"""Patients join a class on the portal, and nobody who takes part learns of anybody else who does."""

from datetime import timedelta

from odoo.tests import new_test_user, tagged

from ..common.booking import BOOK
from ..common.groups import SECRET, GroupHttpCase


@tagged("post_install", "-at_install")
class TestJoining(GroupHttpCase):
    def test_the_times_are_those_of_lessons_with_a_place(self):
        self.assertEqual(self.free(patient=self.parent, type=self.yoga), [self.lesson.start, self.later.start])
        page = self.page(f"{BOOK}?type_id={self.yoga.id}&week={self.lesson.start.date()}")
        self.assertIn("10:00", page)
        self.lesson.practice_places = 1
        self.assertEqual(self.free(patient=self.parent, type=self.yoga), [self.later.start])

    def test_booking_takes_a_place_and_a_credit_and_tells_the_patient(self):
        visit = self.joined()
        self.assertEqual(visit.practice_group_id, self.lesson)
        self.assertRecordValues(
            visit,
            [
                {
                    "patient_id": self.parent.id,
                    "start": self.lesson.start,
                    "attendance": "planned",
                    "credit_state": "reserved",
                }
            ],
        )
        self.assertEqual(visit.partner_ids, self.parent)
        self.assertEqual(visit.attendee_ids.mapped("state"), ["accepted"])
        self.assertEqual(self.lesson.practice_places_taken, 2)
        self.assertLot(self.lot, available=4, reserved=1)
        self.assertEqual(self.notices(visit).partner_id, self.parent)
        response = self.book(self.lesson_slot(self.lesson))
        self.assertIn("message=taken", response.headers["Location"], "they come already")

    def test_the_last_place_is_gone(self):
        self.lesson.practice_places = 1
        self.assertIn("message=taken", self.book(self.lesson_slot(self.lesson)).headers["Location"])
        self.assertEqual(self.lesson.practice_places_taken, 1)

    def test_a_parent_books_for_a_child_without_address(self):
        self.give(self.child)
        visit = self.joined(patient=self.child)
        self.assertEqual(visit.partner_ids, self.parent | self.child)

    def test_moving_goes_to_another_lesson(self):
        visit = self.joined()
        response = self.move(visit, self.lesson_slot(self.later))
        self.assertIn("message=moved", response.headers["Location"])
        self.env.invalidate_all()
        self.assertEqual(visit.practice_group_id, self.later)
        self.assertEqual((self.lesson.practice_places_taken, self.later.practice_places_taken), (1, 2))
        self.assertLot(self.lot, available=4, reserved=1)

    def test_cancelling_gives_the_place_back(self):
        visit = self.joined()
        self.send_form(f"/my/appointments/{visit.id}/cancel", cost="0")
        self.env.invalidate_all()
        self.assertEqual(visit.attendance, "cancelled")
        self.assertEqual(self.lesson.practice_places_taken, 1)
        self.assertLot(self.lot, available=5)


@tagged("post_install", "-at_install")
class TestNobodyLearnsOfAnother(GroupHttpCase):
    """Whatever a participant can open, read or be sent: the name of another one is not in it."""

    def assertSecretKept(self, text, what):
        for word in (*SECRET.split(), self.secret.email, self.secret.phone):
            self.assertNotIn(word, text, what)

    def test_the_pages(self):
        visit = self.joined()
        paths = (
            *("/my", "/my/home", "/my/packages", "/my/appointments", f"/my/appointments/{visit.id}"),
            *(f"/my/appointments/{visit.id}/move", f"/my/appointments/{visit.id}/ics"),
            *(BOOK, f"{BOOK}?type_id={self.yoga.id}", f"{BOOK}/confirm?booking={self.lesson_slot(self.later)}"),
        )
        for path in paths:
            with self.subTest(path=path):
                response = self.url_open(path)
                self.assertEqual(response.status_code, 200)
                self.assertSecretKept(response.text, path)
        for path in (f"/my/appointments/{self.lesson.id}", f"/my/appointments/{self.lesson.id}/ics"):
            with self.subTest(path=path):
                self.assertIn(self.call(path).status_code, (303, 404), "the group is nobody's visit")

    def test_the_e_mails_and_what_is_attached(self):
        self.env = self.env(context={"tracking_disable": True, "no_reset_password": True})
        visit = self.joined()
        start = self.lesson.start + timedelta(hours=1)
        self.lesson.write({"start": start, "stop": start + timedelta(hours=1)})
        self.run_of_notices()
        self.lesson._practice_cancel_by_practice("Ill")
        self.run_of_notices()
        sent = self.env["mail.mail"].search([("recipient_ids", "in", self.parent.ids)])
        self.assertTrue(sent)
        for mail in sent:
            self.assertSecretKept(f"{mail.subject} {mail.body_html} {mail.email_to}", mail.subject)
            for attachment in mail.attachment_ids:
                self.assertSecretKept(attachment.raw.decode(errors="ignore"), attachment.name)
            self.assertEqual(mail.recipient_ids, self.parent)
        self.assertSecretKept(str(visit.attendee_ids.mapped("display_name")), "attendees")

    def run_of_notices(self):
        notices = self.env["practice.appointment.notice"].search([("state", "=", "waiting")])
        notices.due_date = self.at(days=-1)
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_send_notices").method_direct_trigger()
        self.env.invalidate_all()

    def test_whoever_takes_part_and_works_there_reads_nothing_of_others(self):
        """An employee outside the practice may search all calendars; they take part in a class themselves."""
        user = new_test_user(self.env, "pb_colleague", "base.group_user", name="PB Colleague")
        self.give(user.partner_id)
        visit = self.lesson._practice_join(user.partner_id)
        models = {
            "calendar.event": [],
            "calendar.attendee": [],
            "mail.message": [("model", "=", "calendar.event")],
            "mail.followers": [("res_model", "=", "calendar.event")],
        }
        theirs = self.env["calendar.event"].with_user(user).search([])
        self.assertIn(visit, theirs)
        self.assertNotIn(self.lesson, theirs)
        for model, domain in models.items():
            records = self.env[model].with_user(user)
            with self.subTest(model=model):
                if not records.has_access("read"):
                    continue
                names = [
                    name
                    for name, field in records._fields.items()
                    if records._has_field_access(field, "read") and field.type not in ("binary", "image")
                ]
                self.assertSecretKept(str(records.search_read(domain, names)), model)
        for name in ("practice_group_id", "practice_participant_ids", "practice_patient_ids", "practice_places_taken"):
            with self.subTest(name=name):
                self.assertFalse(visit.with_user(user)._has_field_access(visit._fields[name], "read"))

    def test_the_links_of_an_invitation(self):
        visit = self.joined()
        attendee = visit.attendee_ids
        self.env.flush_all()
        for kind in ("view", "accept", "decline"):
            with self.subTest(kind=kind):
                page = self.url_open(f"/calendar/meeting/{kind}?token={attendee.access_token}&id={visit.id}").text
                self.assertSecretKept(page, kind)
