"""The rules of dates, around clock changes and month ends; no database is needed."""

import unittest
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.dates import (
    day_begins,
    expiry_day,
    first_open_day,
    free_until,
    last_day_of,
    local_day,
    same_time_on,
)

BRUSSELS = "Europe/Brussels"


class TestDayBegins(unittest.TestCase):
    @given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), st.sampled_from([BRUSSELS, "UTC", "Pacific/Auckland"]))
    def test_it_is_the_first_moment_of_its_day(self, day, tz):
        moment = day_begins(day, tz)
        self.assertEqual(local_day(moment, tz), day)
        self.assertEqual(local_day(moment - timedelta(seconds=1), tz), day - timedelta(days=1))


class TestLastDay(unittest.TestCase):
    paid, visited, fixed = date(2026, 1, 31), date(2026, 3, 10), date(2026, 6, 30)

    def last(self, *, paid=paid, visited=None, months=0, since="activation", fixed=None):
        return last_day_of(paid, visited, months=months, since=since, fixed=fixed)

    def test_months_count_from_the_payment_or_the_first_visit(self):
        self.assertEqual(self.last(months=1, visited=self.visited), date(2026, 2, 28))
        self.assertEqual(self.last(months=1, visited=self.visited, since="first_visit"), date(2026, 4, 10))

    def test_before_the_first_visit_there_is_no_end(self):
        self.assertIsNone(self.last(months=1, since="first_visit"))

    def test_the_earlier_end_counts(self):
        self.assertEqual(self.last(fixed=self.fixed), self.fixed)
        self.assertEqual(self.last(months=12, fixed=self.fixed), self.fixed)
        self.assertEqual(self.last(months=2, fixed=self.fixed), date(2026, 3, 31))
        self.assertEqual(self.last(months=2, since="first_visit", fixed=self.fixed), self.fixed)

    def test_who_pays_after_the_fixed_day_has_no_end_by_it(self):
        self.assertIsNone(self.last(fixed=date(2026, 1, 30)))
        self.assertEqual(self.last(fixed=self.paid), self.paid)
        self.assertEqual(self.last(months=1, fixed=date(2026, 1, 30)), date(2026, 2, 28))

    def test_what_is_not_paid_has_no_end(self):
        self.assertIsNone(self.last(paid=None, months=1, fixed=self.fixed))

    def test_another_beginning_is_a_mistake(self):
        with self.assertRaises(ValueError):
            self.last(months=1, since="birth")


class TestSameTime(unittest.TestCase):
    def test_a_clock_change_in_between_does_not_show_on_the_wall(self):
        self.assertEqual(same_time_on(datetime(2026, 3, 20, 13), date(2026, 4, 3), BRUSSELS), datetime(2026, 4, 3, 12))
        self.assertEqual(
            same_time_on(datetime(2026, 10, 20, 22, 30), date(2026, 10, 28), BRUSSELS), datetime(2026, 10, 27, 23, 30)
        )

    def test_an_hour_that_is_skipped_is_one_later(self):
        skipped = same_time_on(datetime(2026, 3, 22, 1, 30), date(2026, 3, 29), BRUSSELS)
        self.assertEqual(skipped, datetime(2026, 3, 29, 1, 30), "half past three of the clock")

    @given(
        st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31)),
        st.dates(date(2024, 1, 1), date(2032, 12, 31)),
        st.sampled_from([BRUSSELS, "UTC", "Pacific/Auckland"]),
    )
    def test_it_is_always_on_the_day(self, moment, day, tz):
        self.assertEqual(local_day(same_time_on(moment, day, tz), tz), day)


class TestLocalDay(unittest.TestCase):
    def test_late_in_the_evening_in_utc_is_the_next_day_in_brussels(self):
        self.assertEqual(local_day(datetime(2026, 3, 11, 23, 30), BRUSSELS), date(2026, 3, 12))

    def test_in_summer_the_day_begins_two_hours_before_utc(self):
        self.assertEqual(local_day(datetime(2026, 7, 1, 21, 59), BRUSSELS), date(2026, 7, 1))
        self.assertEqual(local_day(datetime(2026, 7, 1, 22, 0), BRUSSELS), date(2026, 7, 2))

    def test_the_night_of_the_clock_change_in_spring_has_one_day_border(self):
        self.assertEqual(local_day(datetime(2026, 3, 28, 22, 59), BRUSSELS), date(2026, 3, 28))
        self.assertEqual(local_day(datetime(2026, 3, 28, 23, 0), BRUSSELS), date(2026, 3, 29))
        self.assertEqual(local_day(datetime(2026, 3, 29, 21, 59), BRUSSELS), date(2026, 3, 29))
        self.assertEqual(local_day(datetime(2026, 3, 29, 22, 0), BRUSSELS), date(2026, 3, 30))

    def test_the_hour_that_happens_twice_in_autumn_is_the_same_day(self):
        self.assertEqual(local_day(datetime(2026, 10, 25, 0, 30), BRUSSELS), date(2026, 10, 25))
        self.assertEqual(local_day(datetime(2026, 10, 25, 1, 30), BRUSSELS), date(2026, 10, 25))

    def test_the_other_side_of_the_world_is_a_day_ahead(self):
        self.assertEqual(local_day(datetime(2026, 3, 11, 12, 0), "Pacific/Auckland"), date(2026, 3, 12))

    @given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
    def test_a_local_day_is_at_most_one_day_from_the_utc_day(self, moment):
        self.assertLessEqual(abs((local_day(moment, BRUSSELS) - moment.date()).days), 1)


class TestExpiry(unittest.TestCase):
    def test_no_validity_never_expires(self):
        self.assertIsNone(expiry_day(date(2026, 3, 11), 0))

    def test_two_years_end_on_the_same_day(self):
        self.assertEqual(expiry_day(date(2026, 3, 11), 24), date(2028, 3, 11))

    def test_a_month_from_31_january_ends_on_the_last_of_february(self):
        self.assertEqual(expiry_day(date(2026, 1, 31), 1), date(2026, 2, 28))

    def test_a_year_from_29_february_ends_on_28_february(self):
        self.assertEqual(expiry_day(date(2028, 2, 29), 12), date(2029, 2, 28))

    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
    def test_the_day_never_grows_and_the_month_is_exact(self, activation, months):
        expiry = expiry_day(activation, months)
        self.assertLessEqual(expiry.day, activation.day)
        self.assertEqual((expiry.year - activation.year) * 12 + expiry.month - activation.month, months)


class TestFreeCancellation(unittest.TestCase):
    def test_24_hours_before(self):
        self.assertEqual(free_until(datetime(2026, 3, 12, 9, 0), 24.0), datetime(2026, 3, 11, 9, 0))

    def test_half_hours_count(self):
        self.assertEqual(free_until(datetime(2026, 3, 12, 9, 0), 1.5), datetime(2026, 3, 12, 7, 30))

    def test_a_clock_change_does_not_shorten_the_notice(self):
        start = datetime(2026, 3, 29, 8, 0)  # 10:00 summer time; the night before has one hour less
        self.assertEqual(start - free_until(start, 24.0), timedelta(hours=24))


class TestLock(unittest.TestCase):
    def test_without_a_lock_every_day_is_open(self):
        self.assertEqual(first_open_day(date(2026, 1, 5), None), date(2026, 1, 5))

    def test_a_locked_day_goes_to_the_day_after_the_lock(self):
        self.assertEqual(first_open_day(date(2026, 1, 5), date(2026, 1, 31)), date(2026, 2, 1))

    def test_the_locked_day_itself_is_locked(self):
        self.assertEqual(first_open_day(date(2026, 1, 31), date(2026, 1, 31)), date(2026, 2, 1))

    def test_a_day_after_the_lock_stays(self):
        self.assertEqual(first_open_day(date(2026, 2, 1), date(2026, 1, 31)), date(2026, 2, 1))
