"""Two patients never get the same time: real sessions, real commits, in a database of their own."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.practice_billing.models.packages.portal.appointment_type_booking import TimeTakenError
from odoo.addons.practice_billing.tools.slots import Slot

from ..common.booking import BOOK, BookingMixin
from ..common.databases import server
from ..common.pages import Browser
from ..common.races import RaceCase, done

SESSIONS = 8


class Patient(Browser):
    """A patient who is logged in, or has a link, and has the page open on which a time is confirmed."""

    def __init__(self, port, slot, login=None, path=BOOK):
        super().__init__(port, login)
        self.slot, self.path = slot, path
        self.token = self.read_token(f"{path}/confirm?booking={slot}")

    def book(self):
        """Confirm; return where the patient is sent."""
        response = self.send_form(f"{self.path}/plan", self.token, booking=self.slot)
        return response.headers.get("Location", response.text)


@tagged("post_install", "-at_install")
class TestBookingRace(BookingMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.patients = cls.env["res.partner"].union(*(cls.make_patient(f"Racer {n}") for n in range(SESSIONS)))
        cls.long = cls.make_type(
            cls.package,
            name="Long",
            duration=2.0,
            online_booking=True,
            practitioner_ids=[Command.set(cls.katrien.ids)],
        )
        cls.intake = cls.env["practice.appointment.type"].create(
            {
                "name": "Intake",
                "online_booking": True,
                "practitioner_ids": [Command.set((cls.katrien | cls.pieter).ids)],
                "booking_limit": 1,
            }
        )
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.env["calendar.event"].search([("practice_appointment_type_id", "!=", False)]).active = False
        for patient in self.patients:
            self.give(patient, credits=3)
        # The first times of a morning that is free: 9:00, 9:30, …
        self.morning = self.local(self.company._practice_day(self.at(days=4)), 9)
        self.cr.commit()

    def race_to_book(self, work):
        """Let eight sessions do ``work(number, env)`` at once; return the outcomes.

        Every session looks at the free times before anybody books, so that all of them find the same ones free.
        """

        def look(number, env):
            self.type.with_env(env)._get_free_times(self.katrien.with_env(env), self.patients[number].with_env(env))

        works = [partial(work, number) for number in range(SESSIONS)]
        return self.race(works, context={"no_mail_to_attendees": True}, look=look)

    def book(self, appointment_type, practitioner, patient, start, env):
        appointment_type, practitioner, patient = (it.with_env(env) for it in (appointment_type, practitioner, patient))
        return appointment_type._book(practitioner, patient, start, patient).id

    def assertOneWon(self, results, refusal=TimeTakenError):
        winners = done(results)
        for result in results:
            self.assertIsInstance(result, (int, refusal))
        self.assertEqual(len(winners), 1)
        self.assertEqual(self.lot_problems(), [])
        return self.env["calendar.event"].browse(winners)

    def test_of_many_who_want_the_same_time_one_gets_it(self):
        def work(number, env):
            return self.book(self.type, self.katrien, self.patients[number], self.morning, env)

        event = self.assertOneWon(self.race_to_book(work))
        self.assertEqual((event.start, event.user_id), (self.morning, self.katrien))

    def test_over_the_pages_one_gets_it_and_the_others_are_shown_other_times(self):
        people = self.patients[:4]
        slots = [Slot(self.type.id, self.katrien.id, person.id, self.morning).encode() for person in people]
        for number, person in enumerate(people):
            new_test_user(self.env, f"pb_racer_{number}", "base.group_portal", partner_id=person.id)
        self.cr.commit()
        with server(self.database) as port:
            waiting = [Patient(port, slot, f"pb_racer_{number}") for number, slot in enumerate(slots)]
            answers = self.at_once([patient.book for patient in waiting])
        self.assertEqual(sum("message=booked" in answer for answer in answers), 1, answers)
        self.assertEqual(sum("message=taken" in answer for answer in answers), len(people) - 1, answers)
        events = self.env["calendar.event"].search([("patient_id", "in", people.ids)])
        self.assertRecordValues(events, [{"start": self.morning, "credit_state": "reserved"}])

    def test_of_different_types_that_overlap_with_one_practitioner_one_is_booked(self):
        choices = [(self.type, 60), (self.long, 0), (self.long, 30), (self.intake, 90)]

        def work(number, env):
            appointment_type, minutes = choices[number % len(choices)]
            start = self.morning + timedelta(minutes=minutes)
            return self.book(appointment_type, self.katrien, self.patients[number], start, env)

        results = self.race_to_book(work)
        events = self.env["calendar.event"].browse(done(results))
        self.assertTrue(events)
        for event in events:
            for other in events - event:
                self.assertFalse(event.start < other.stop and other.start < event.stop, "two at once")
        self.assertTrue(all(isinstance(result, (int, TimeTakenError)) for result in results))

    def test_times_with_different_practitioners_do_not_exclude_each_other(self):
        def work(number, env):
            practitioner = (self.katrien, self.pieter)[number % 2]
            start = self.morning + timedelta(hours=number // 2 % 3)
            return self.book(self.type, practitioner, self.patients[number], start, env)

        results = self.race_to_book(work)
        self.assertEqual(len(done(results)), 6)

    def test_one_patient_is_not_at_two_places_and_stays_within_his_limit(self):
        patient = self.patients[0]

        def same_time(number, env):
            return self.book(self.type, (self.katrien, self.pieter)[number % 2], patient, self.morning, env)

        self.assertOneWon(self.race_to_book(same_time))

        def hoard(number, env):
            start = self.morning + timedelta(days=1, hours=number // 2)
            if number // 2 == 3:
                start += timedelta(hours=1)  # not over lunch
            return self.book(self.intake, (self.katrien, self.pieter)[number % 2], patient, start, env)

        self.assertOneWon(self.race_to_book(hoard), refusal=UserError)

    def test_moving_and_booking_never_both_get_a_time(self):
        mine = self.type._book(self.katrien, self.patients[0], self.morning, self.patients[0])
        self.cr.commit()
        target = self.morning + timedelta(hours=2)

        def work(number, env):
            if number:
                return self.book(self.type, self.katrien, self.patients[number], target, env)
            mine.with_env(env)._practice_move_by_patient(
                self.katrien.with_env(env), target, self.patients[0].with_env(env)
            )
            return mine.id

        event = self.assertOneWon(self.race_to_book(work))
        self.assertEqual(event.start, target)
        self.assertEqual(mine.start, target if event == mine else self.morning)

    def test_over_the_pages_who_moves_with_a_link_and_who_books_never_both_get_a_time(self):
        mover, booker = self.patients[:2]
        event = self.type._book(self.katrien, mover, self.morning, mover).with_env(self.env)
        link = event.attendee_ids.filtered(lambda it: it.partner_id == mover)._practice_get_move_path()
        new_test_user(self.env, "pb_booker", "base.group_portal", partner_id=booker.id)
        self.cr.commit()
        target = self.morning + timedelta(hours=2)
        moved, booked = (Slot(self.type.id, self.katrien.id, who.id, target).encode() for who in (mover, booker))
        with server(self.database) as port:
            # The button of the link is pressed twice: the second time finds what the first one did, or neither can.
            waiting = [Patient(port, moved, path=link) for _press in range(2)]
            waiting.append(Patient(port, booked, "pb_booker"))
            *of_link, of_login = self.at_once([patient.book for patient in waiting])
        self.env.invalidate_all()
        won = event.start == target
        for answer in of_link:
            self.assertIn("message=moved" if won else "message=taken", answer)
        self.assertIn("message=taken" if won else "message=booked", of_login)
        at_target = self.env["calendar.event"].search([("user_id", "=", self.katrien.id), ("start", "=", target)])
        self.assertEqual(at_target.patient_id, mover if won else booker)
        self.assertEqual(event.start, target if won else self.morning)
        notes = event.message_ids.filtered(lambda it: "Moved on the portal" in (it.body or ""))
        self.assertEqual(len(notes), int(won))
        self.assertEqual(self.lot_problems(), [])
