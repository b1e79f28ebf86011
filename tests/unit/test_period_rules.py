from calendar import monthrange
from datetime import date, timedelta
from unittest import TestCase

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.periods import (
    INTERVAL_MONTHS,
    first_start_from,
    given_by_days,
    period_days,
    period_number,
    period_start,
    release_by_month,
    release_plan,
    share_by_days,
)

from ..common.rules import days, exact, thorough

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

    @given(st.sampled_from(START_DATES), st.integers(0, 15000), st.sampled_from(list(INTERVAL_MONTHS)))
    def test_the_first_period_from_a_day_begins_then_or_is_the_next_one(self, anchor, days, interval):
        day = anchor + timedelta(days=days)
        start = first_start_from(anchor, day, interval)
        self.assertEqual(start, period_start(anchor, period_number(anchor, start, interval), interval))
        self.assertGreaterEqual(start, day)
        if start > day:
            self.assertEqual(period_number(anchor, day, interval) + 1, period_number(anchor, start, interval))

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


class TestReleasePlan(TestCase):
    """€ 390 for 15 January 2026–14 January 2027, invoiced on the first day: 18.16, 29.92, 33.12, 32.05, …"""

    first, last = date(2026, 1, 15), date(2027, 1, 14)

    def plan(self, kept=390, done=(), day=None, last=None):
        return release_plan(kept, self.first, last or self.last, list(done), day or self.first)

    def test_a_new_period_is_released_by_months(self):
        self.assertEqual(self.plan(), release_by_month(390, self.first, self.last))

    def test_what_was_posted_is_not_planned_again(self):
        for count in range(14):
            plan = self.plan()
            self.assertEqual(self.plan(done=plan[:count]), plan[count:])

    def test_months_before_the_invoice_are_released_on_its_day(self):
        plan = self.plan(day=date(2026, 3, 10))
        self.assertEqual(plan[:2], [(date(2026, 3, 10), 48.08), (date(2026, 3, 31), 33.12)])

    def test_a_credit_note_takes_back_what_was_released_too_much(self):
        plan = self.plan(195, self.plan()[:2], date(2026, 3, 10))
        self.assertEqual(plan[:2], [(date(2026, 3, 10), -24.04), (date(2026, 3, 31), 16.56)])

    def test_a_credit_note_on_the_last_day_of_a_released_month_leaves_the_month_right(self):
        plan = self.plan(195, self.plan()[:3], date(2026, 3, 31))
        self.assertEqual(plan[:2], [(date(2026, 3, 31), -40.6), (date(2026, 4, 30), 16.03)])

    def test_unused_days_that_are_credited_first_take_back_what_is_not_released(self):
        # Cancelled on 10 March: 55 of 365 days were used.
        kept = 390 - share_by_days(390, self.first, self.last, date(2026, 3, 11))
        plan = self.plan(kept, self.plan()[:2], date(2026, 3, 10), last=date(2026, 3, 10))
        self.assertEqual(plan, [(date(2026, 3, 31), 10.69)])
        self.assertEqual(round(48.08 + 10.69, 2), round(kept, 2))

    def test_an_addition_after_a_posted_month_goes_out_with_the_next(self):
        first, last = date(2026, 1, 15), date(2026, 2, 14)
        [january, february] = release_plan(97, first, last, [], first)
        plan = release_plan(123.42, first, last, [january], date(2026, 2, 15))
        self.assertEqual(plan, [(date(2026, 2, 28), round(february[1] + 26.42, 2))])

    def test_an_addition_after_everything_was_posted_goes_out_on_its_day(self):
        first, last = date(2026, 1, 15), date(2026, 2, 14)
        plan = release_plan(123.42, first, last, release_plan(97, first, last, [], first), date(2026, 3, 15))
        self.assertEqual(plan, [(date(2026, 3, 15), 26.42)])

    def test_all_is_taken_back_when_all_is_credited(self):
        self.assertEqual(self.plan(0, self.plan()[:2], date(2026, 3, 10)), [(date(2026, 3, 10), -48.08)])
        self.assertEqual(self.plan(0), [])

    def test_a_period_that_ended_before_it_began_has_one_step(self):
        plan = self.plan(3.5, last=date(2026, 1, 14))
        self.assertEqual(plan, [(date(2026, 1, 31), 3.5)])

    @thorough
    @given(
        days,
        st.integers(0, 500),
        st.lists(
            st.tuples(
                st.integers(0, 60), st.integers(0, 10**6).map(lambda it: it / 100), st.none() | st.integers(0, 500)
            ),
            min_size=1,
            max_size=6,
        ),
    )
    def test_whatever_is_invoiced_and_credited_meanwhile_the_released_sum_follows_the_days(self, first, length, life):
        last, day, done, kept, steps = first + timedelta(days=length), first, [], 0.0, []
        for passed, amount, end in life:
            # Time passes and the run posts what is due; then an invoice, a credit note or an end changes the rest.
            day += timedelta(days=passed)
            done += [step for step in steps if step[0] <= day]
            kept, last = amount, min(last, first + timedelta(days=end)) if end is not None else last
            steps = release_plan(kept, first, last, done, day)
            self.assertEqual(sum(exact(it) for _day, it in done + steps), exact(kept))
            self.assertTrue(all(when >= day and it for when, it in steps))
            self.assertEqual(steps, sorted(dict(steps).items()))
            schedule = release_by_month(kept, first, last)
            until = max((when for when, _amount in done), default=None)
            ends = {end for end, _part in schedule if end >= day}
            for it in {day} | ends | {end - timedelta(days=1) for end in ends if end > day}:
                released = sum(exact(part) for when, part in done + steps if when <= it)
                target = sum(exact(part) for end, part in schedule if end <= it)
                is_open = [end for end, _part in schedule if end <= it and not (until and end <= until)]
                if is_open or it >= max(day, schedule[-1][0]):
                    self.assertEqual(released, target)
                else:
                    # Only posted months lie behind: nothing more goes out before the next one ends.
                    self.assertLessEqual(released, target)
                    self.assertEqual(released, min(target, sum(exact(part) for _when, part in done)))


class TestGivenByDays(TestCase):
    first, last = date(2026, 1, 25), date(2026, 2, 14)

    def test_seven_of_21_days(self):
        self.assertEqual(given_by_days(26.42, self.first, self.last, date(2026, 1, 31)), 8.81)

    def test_nothing_before_and_everything_from_the_last_day_on(self):
        for day, expected in ((date(2026, 1, 24), 0.0), (self.last, 26.42), (date(2027, 1, 1), 26.42)):
            self.assertEqual(given_by_days(26.42, self.first, self.last, day), expected)

    def test_what_is_given_back_is_the_mirror_of_what_is_charged(self):
        charged = given_by_days(26.42, self.first, self.last, date(2026, 1, 31))
        self.assertEqual(given_by_days(-26.42, self.first, self.last, date(2026, 1, 31)), -charged)

    @thorough
    @given(days, st.integers(1, 400), st.integers(-10, 410), st.integers(-100_000, 100_000))
    def test_given_and_left_are_the_whole_to_the_cent(self, first, length, step, cents):
        amount, last, day = cents / 100, first + timedelta(days=length - 1), first + timedelta(days=step)
        given = given_by_days(amount, first, last, day)
        over = max(0, min(step + 1, length))
        self.assertLessEqual(abs(exact(given) * length - exact(amount) * over), exact("0.005") * length)
        if first <= day < last:
            left = share_by_days(amount, first, last, day + timedelta(days=1))
            self.assertEqual(exact(given) + exact(left), exact(amount))
