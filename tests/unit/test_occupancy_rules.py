"""Hours of practitioners, without a database."""

import unittest
from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.occupancy import hours_per_day, merge

from ..common.rules import thorough

BRUSSELS = "Europe/Brussels"
#: The night before clocks change.
DAY = datetime(2026, 3, 28, 12)

spans = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(1, 600)).map(
        lambda it: (DAY + timedelta(minutes=it[0]), DAY + timedelta(minutes=it[0] + it[1]))
    ),
    max_size=6,
)


class TestHours(unittest.TestCase):
    def test_two_at_a_time_are_one_hour(self):
        both = [
            (datetime(2026, 3, 11, 9), datetime(2026, 3, 11, 10)),
            (datetime(2026, 3, 11, 9, 30), datetime(2026, 3, 11, 11)),
        ]
        self.assertEqual(hours_per_day(both, BRUSSELS), {date(2026, 3, 11): 2.0})

    def test_midnight_of_the_practice_cuts(self):
        night = [(datetime(2026, 3, 11, 22), datetime(2026, 3, 12, 1))]
        self.assertEqual(hours_per_day(night, BRUSSELS), {date(2026, 3, 11): 1.0, date(2026, 3, 12): 2.0})

    def test_the_day_of_a_clock_change_has_twenty_three_hours(self):
        days = [(datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 22))]
        self.assertEqual(hours_per_day(days, BRUSSELS), {date(2026, 3, 29): 23.0})

    @thorough
    @given(spans)
    def test_every_minute_counts_once(self, taken):
        minutes = {
            start + timedelta(minutes=number)
            for start, stop in taken
            for number in range((stop - start) // timedelta(minutes=1))
        }
        self.assertAlmostEqual(sum(hours_per_day(taken, BRUSSELS).values()) * 60, len(minutes))
        merged = merge(taken)
        self.assertTrue(all(before[1] < after[0] for before, after in pairwise(merged)))
