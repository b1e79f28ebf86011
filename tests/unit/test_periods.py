from calendar import monthrange
from datetime import date, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.periods import (
    INTERVAL_MONTHS,
    period_days,
    period_number,
    period_start,
    release_by_month,
    share_by_days,
)

START_DATES = [
    date(2024, 1, 1) + timedelta(days=number) for number in range((date(2033, 1, 1) - date(2024, 1, 1)).days)
]
PERIODS = 40


class TestPeriods(TestCase):
    def test_monthly_from_the_31st_comes_back_to_the_31st(self):
        self.assertEqual(
            [period_days(date(2026, 1, 31), number, "month") for number in range(3)],
            [
                (date(2026, 1, 31), date(2026, 2, 27)),
                (date(2026, 2, 28), date(2026, 3, 30)),
                (date(2026, 3, 31), date(2026, 4, 29)),
            ],
        )

    def test_yearly_from_a_leap_day_comes_back_to_the_leap_day(self):
        anchor = date(2024, 2, 29)
        self.assertEqual(period_days(anchor, 0, "year"), (anchor, date(2025, 2, 27)))
        self.assertEqual(period_start(anchor, 1, "year"), date(2025, 2, 28))
        self.assertEqual(period_start(anchor, 4, "year"), date(2028, 2, 29))

    def test_every_start_date_has_no_drift_no_gap_and_no_overlap(self):
        for interval, months in INTERVAL_MONTHS.items():
            for anchor in START_DATES:
                before = anchor - timedelta(days=1)
                for number in range(PERIODS):
                    first, last = period_days(anchor, number, interval)
                    month = anchor.month - 1 + number * months
                    year, month = anchor.year + month // 12, month % 12 + 1
                    self.assertEqual(first, date(year, month, min(anchor.day, monthrange(year, month)[1])))
                    self.assertEqual(first, before + timedelta(days=1))
                    self.assertLessEqual(first, last)
                    before = last

    @given(st.sampled_from(START_DATES), st.integers(0, 15000), st.sampled_from(list(INTERVAL_MONTHS)))
    def test_every_day_falls_in_the_period_of_its_number(self, anchor, days, interval):
        day = anchor + timedelta(days=days)
        first, last = period_days(anchor, period_number(anchor, day, interval), interval)
        self.assertTrue(first <= day <= last)

    def test_a_day_before_the_anchor_is_in_no_period(self):
        with self.assertRaisesRegex(ValueError, "before the first period"):
            period_number(date(2026, 1, 15), date(2026, 1, 14), "month")


class TestShares(TestCase):
    def test_a_seat_added_on_25_january_pays_21_of_31_days(self):
        self.assertEqual(share_by_days(39, date(2026, 1, 15), date(2026, 2, 14), date(2026, 1, 25)), 26.42)

    def test_an_upgrade_on_11_november_has_20_of_30_days_left(self):
        period = date(2026, 11, 1), date(2026, 11, 30)
        self.assertEqual(share_by_days(2 * 15, *period, date(2026, 11, 11)), 20.0)
        self.assertEqual(share_by_days(2 * 39, *period, date(2026, 11, 11)), 52.0)

    def test_a_day_outside_the_period_has_no_share(self):
        with self.assertRaisesRegex(ValueError, "outside the period"):
            share_by_days(39, date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))

    @given(st.sampled_from(START_DATES), st.sampled_from(list(INTERVAL_MONTHS)), st.integers(0, 10**6))
    def test_the_whole_period_costs_the_whole_price(self, anchor, interval, cents):
        first, last = period_days(anchor, 0, interval)
        self.assertEqual(share_by_days(cents / 100, first, last, first), cents / 100)


class TestRelease(TestCase):
    def test_a_year_of_390_is_released_by_days_per_month(self):
        steps = release_by_month(390, date(2026, 1, 15), date(2027, 1, 14))
        self.assertEqual(steps[:2], [(date(2026, 1, 31), 18.16), (date(2026, 2, 28), 29.92)])
        self.assertEqual(len(steps), 13)
        self.assertEqual(steps[-1][0], date(2027, 1, 31))
        self.assertEqual(round(sum(amount for _day, amount in steps), 2), 390.0)

    @given(st.sampled_from(START_DATES), st.integers(0, 1200), st.integers(-(10**7), 10**7))
    def test_the_months_add_up_to_the_cent(self, first, days, cents):
        steps = release_by_month(cents / 100, first, first + timedelta(days=days))
        self.assertEqual(sum(round(amount * 100) for _day, amount in steps), cents)
        ends = [day for day, _amount in steps]
        self.assertEqual(ends, sorted(set(ends)))
        self.assertTrue(all((day + timedelta(days=1)).day == 1 for day in ends))
