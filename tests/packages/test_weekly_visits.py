"""At most so many visits a week with a package, over every door."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import date, datetime, timedelta
from functools import partial

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..common.booking import BookingMixin
from ..common.conflicts import ConflictCase
from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done, refused

#: The week after the one in which the clock of the tests stands.
MONDAY = datetime(2026, 3, 16, 9)
SESSIONS = 20


@tagged("post_install", "-at_install")
class TestWeeklyVisits(ConflictCase):
    def setUp(self):
        super().setUp()
        self.package.weekly_visits = 2

    def plan_on(self, days, hours=0, **vals):
        """Plan on the day that lies so long after the Monday."""
        return self.plan_at_desk(start=MONDAY + timedelta(days=days, hours=hours), **vals)

    def assertFull(self, number=2):
        words = f"An Peeters has {number} visits? of .* in the week of 03/16/2026; at most 2 visits a week"
        return self.assertRaisesRegex(UserError, words)

    def test_a_third_visit_from_monday_to_sunday_needs_a_reason(self):
        self.plan_on(0)
        self.plan_on(2)
        with self.assertFull(), self.cr.savepoint():
            self.plan_on(6, hours=12)
        self.plan_on(-1)
        self.plan_on(7)
        self.plan_on(3, patient=self.bert)
        third = self.plan_on(4, practice_overrule_reason="Crisis")
        self.assertEqual(third.practice_overrule_reason, "Crisis")

    def test_the_week_ends_at_midnight_of_the_practice(self):
        self.plan_on(0)
        self.plan_on(2)
        sunday_evening = datetime(2026, 3, 22, 22, 30)  # half past eleven in Brussels
        with self.assertFull(), self.cr.savepoint():
            self.plan_at_desk(start=sunday_evening)
        self.assertTrue(self.plan_at_desk(start=sunday_evening + timedelta(hours=1)), "Monday in Brussels")

    def test_what_was_cancelled_or_missed_does_not_count(self):
        self.plan_on(0).with_context(practice_reason="x").write({"attendance": "cancelled"})
        missed = self.plan_on(1)
        self.plan_on(2)
        self.travel(MONDAY + timedelta(days=1, hours=2))
        missed.attendance = "no_show"
        self.assertTrue(self.plan_on(4))

    def test_moving_within_the_week_is_free_and_into_a_full_one_is_not(self):
        first = self.plan_on(0)
        self.plan_on(2)
        later = self.plan_on(9)
        first.write({"start": MONDAY + timedelta(days=1), "stop": MONDAY + timedelta(days=1, hours=1)})
        with self.assertFull(), self.cr.savepoint():
            later.write({"start": MONDAY + timedelta(days=4), "stop": MONDAY + timedelta(days=4, hours=1)})

    def test_a_series_counts_itself(self):
        daily = {"recurrency": True, "rrule_type": "daily", "interval": 1, "end_type": "count"}
        self.plan_on(0, **daily, count=2)
        with self.assertFull(3), self.cr.savepoint():
            self.plan_on(2, **daily, count=2)

    def test_the_form_says_it(self):
        self.plan_on(0)
        self.plan_on(2)
        form = self.open_form()
        form.user_id = self.ilse
        self.assertFalse(form.practice_conflict)
        form.start = MONDAY + timedelta(days=3)
        self.assertIn("2 visits of", form.practice_conflict)

    def test_the_number_of_today_holds_and_other_packages_have_their_own(self):
        self.plan_on(0)
        self.plan_on(2)
        free = self.env["practice.appointment.type"].create({"name": "Free"})
        self.assertTrue(self.plan_on(3, practice_appointment_type_id=free.id))
        self.package.weekly_visits = 3
        self.assertTrue(self.plan_on(4))
        self.package.weekly_visits = 0
        self.assertTrue(self.plan_on(5))

    def test_an_invitation_cannot_be_accepted_again_into_a_full_week(self):
        event = self.plan_on(0)
        mine = event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        mine.do_decline()
        self.plan_on(1)
        self.plan_on(2)
        with self.assertFull():
            mine.do_accept()

    @mute_logger("odoo.sql_db")
    def test_it_is_never_negative(self):
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.package.weekly_visits = -1
            self.package.flush_recordset()


@tagged("post_install", "-at_install")
class TestOnline(BookingMixin, TransactionCase):
    def setUp(self):
        super().setUp()
        self.give(self.patient)
        self.package.weekly_visits = 1
        self.event = self.plan(start=self.local(date(2026, 3, 17), 9), user_id=self.katrien.id)

    def days(self, **options):
        return {start.date() for start in self.free(**options)}

    def test_full_weeks_are_not_offered_but_to_who_moves_the_visit(self):
        self.assertFalse({date(2026, 3, 16), date(2026, 3, 18), date(2026, 3, 22)} & self.days())
        self.assertTrue({date(2026, 3, 15), date(2026, 3, 23)} <= self.days())
        self.assertIn(date(2026, 3, 18), self.days(ignore=self.event))
        self.assertIn(date(2026, 3, 18), self.days(patient=self.make_patient()))

    def test_booking_and_moving_there_says_the_numbers(self):
        start = self.local(date(2026, 3, 18), 10)
        with self.assertRaisesRegex(UserError, "has 1 visit of .*at most 1 visit a week.*call the practice"):
            self.type._book(self.katrien, self.patient, start, self.patient)
        other = self.plan(start=self.local(date(2026, 3, 25), 9), user_id=self.katrien.id)
        with self.assertRaisesRegex(UserError, "has 1 visit of"):
            other._practice_move_by_patient(self.katrien, start, self.patient)
        self.event._practice_move_by_patient(self.katrien, start, self.patient)
        self.assertEqual(self.event.start, start)


@tagged("post_install", "-at_install")
class TestRace(PracticeMixin, RaceCase):
    now = None

    def test_twenty_sessions_never_plan_more_than_the_package_allows(self):
        self.make_staff()
        self.package.weekly_visits = 2
        self.give(self.patient, SESSIONS)
        self.cr.commit()
        monday = self.at(days=14)
        monday = (monday - timedelta(days=monday.weekday())).replace(hour=6)

        def plan(number, env):
            start = monday + timedelta(days=number % 5, hours=number // 5 * 2)
            return (
                env["calendar.event"]
                .create(
                    {
                        "practice_appointment_type_id": self.type.id,
                        "patient_id": self.patient.id,
                        "start": start,
                        "stop": start + timedelta(hours=1),
                    }
                )
                .id
            )

        works = [partial(plan, number) for number in range(SESSIONS)]
        results = self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})
        self.assertEqual(len(done(results)), 2)
        for loser in refused(results):
            self.assertIn("at most 2 visits a week", str(loser))
        self.assertEqual(self.env["calendar.event"].search_count([("patient_id", "=", self.patient.id)]), 2)
