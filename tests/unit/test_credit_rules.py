"""The rules of credits, with the examples of the design; no database is needed."""

import unittest
from datetime import date
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.credits import (
    COUNTERS,
    EFFECTS,
    Source,
    allocate,
    counters_after,
    credits_covered,
    credits_touched,
    expected_breakage,
    is_low,
    late_cost,
    open_credits_change,
    paid_credits,
    round_money,
    share_of_value,
    share_paid,
    wanted_position,
    whole_credits,
)

DAY = date(2026, 3, 11)
cents = st.integers(0, 10_000_000).map(lambda number: number / 100)


def exact(amount):
    return Fraction(str(amount))


def spend(value, credits, steps, rate=None):
    """Return what each of ``steps`` (credits at a time) releases."""
    released = []
    for taken in steps:
        share = share_of_value(value, credits, taken, rate=rate)
        released.append(share)
        value, credits = round(value - share, 2), credits - taken
    return released, value


class TestMoney(unittest.TestCase):
    def test_half_a_cent_is_rounded_up(self):
        self.assertEqual(round_money(0.125), 0.13)
        self.assertEqual(round_money(2.675), 2.68)  # binary 2.67499…

    def test_half_a_cent_below_zero_is_rounded_away_from_zero(self):
        self.assertEqual(round_money(-0.125), -0.13)

    def test_a_currency_without_cents_is_rounded_to_whole_units(self):
        self.assertEqual(round_money(12.5, 1.0), 13.0)

    def test_a_currency_of_five_hundredths_is_rounded_to_them(self):
        self.assertEqual(round_money(1.13, 0.05), 1.15)

    @given(cents)
    def test_whole_cents_are_left_as_they_are(self, amount):
        self.assertEqual(round_money(amount), amount)


class TestPaidInParts(unittest.TestCase):
    def test_whole_credits_for_what_is_covered(self):
        for paid, covered in ((0, 0), (119, 1), (118, 0), (400, 3), (800, 6), (1199, 10), (1198, 9), (1200, 10)):
            self.assertEqual(credits_covered(10, paid, 1200), covered, paid)

    def test_rounding_a_third_to_cents_costs_no_credit(self):
        self.assertEqual([credits_covered(3, exact(paid), 100) for paid in ("33.33", "66.66", "100")], [1, 2, 3])
        # Terms of 33.33 % of 900.
        self.assertEqual([credits_covered(9, exact(paid), 900) for paid in ("299.97", "599.94")], [3, 6])

    def test_what_costs_nothing_is_paid(self):
        self.assertEqual(credits_covered(10, 0, 0), 10)

    def test_less_than_nothing_and_more_than_all(self):
        self.assertEqual(credits_covered(10, -5, 1200), 0)
        self.assertEqual(credits_covered(10, 1500, 1200), 10)

    def test_what_is_not_paid_has_to_do_with_the_others(self):
        unpaid = [10 - paid_credits(10, paid, 1200) for paid in (1200, 1199, 800, 400, 0)]
        self.assertEqual([credits_touched(it) for it in unpaid], [0, 0, 4, 7, 10])

    @given(st.integers(1, 1000), cents, cents)
    def test_every_credit_is_covered_or_touched(self, credits, paid, owed):
        paid, price = exact(paid), exact(paid) + exact(owed)
        covered = credits_covered(credits, paid, price)
        touched = credits_touched(credits - paid_credits(credits, paid, price))
        self.assertEqual(covered + touched, credits)
        if price:
            self.assertLessEqual(covered, credits * paid / price + exact("0.01"))

    def test_what_is_paid_is_shared_in_proportion(self):
        prices = {"ten": (1200, 1200), "five": (600, 600), "mat": (300, 300)}
        self.assertEqual(share_paid(700, prices), {"ten": 400, "five": 200, "mat": 100})

    def test_what_one_does_not_need_goes_to_the_others(self):
        self.assertEqual(share_paid(600, {"ten": (1200, 1200), "five": (600, 0)}), {"ten": 600, "five": 0})
        prices = {"ten": (1200, 800), "five": (600, 400), "mat": (300, 300)}
        self.assertEqual(share_paid(1400, prices), {"ten": 800, "five": 400, "mat": 200})

    @given(cents, st.lists(st.tuples(cents, cents), max_size=4))
    def test_no_more_is_shared_than_was_paid_or_is_left(self, paid, pairs):
        prices = {number: (exact(max(pair)), exact(min(pair))) for number, pair in enumerate(pairs)}
        shared = share_paid(exact(paid), prices)
        self.assertEqual(sum(shared.values()), min(exact(paid), sum(left for _price, left in prices.values())))
        self.assertTrue(all(0 <= amount <= prices[key][1] for key, amount in shared.items()))


class TestShares(unittest.TestCase):
    def test_one_of_ten_credits_of_1200_is_worth_120(self):
        self.assertEqual(share_of_value(1200.0, 10, 1), 120.0)

    def test_two_of_nine_credits_of_1080_are_worth_240(self):
        self.assertEqual(share_of_value(1080.0, 9, 2), 240.0)

    def test_three_credits_for_100_end_at_zero(self):
        self.assertEqual(spend(100.0, 3, [1, 1, 1]), ([33.33, 33.34, 33.33], 0.0))

    def test_internal_rate_100_of_1200_leaves_300_to_the_last_credit(self):
        self.assertEqual(spend(1200.0, 10, [1] * 10, rate=100.0), ([100.0] * 9 + [300.0], 0.0))

    def test_internal_rate_100_of_800_is_empty_after_eight_visits(self):
        self.assertEqual(spend(800.0, 10, [1] * 10, rate=100.0), ([100.0] * 8 + [0.0, 0.0], 0.0))

    def test_free_credits_are_worth_nothing(self):
        self.assertEqual(spend(0.0, 10, [1] * 10), ([0.0] * 10, 0.0))

    def test_zero_credits_are_worth_nothing(self):
        self.assertEqual(share_of_value(50.0, 3, 0), 0.0)

    def test_more_credits_than_are_open_are_refused(self):
        with self.assertRaises(ValueError):
            share_of_value(100.0, 2, 3)

    def test_a_negative_number_of_credits_is_refused(self):
        with self.assertRaises(ValueError):
            share_of_value(100.0, 2, -1)

    @settings(max_examples=300, deadline=None)
    @given(cents, st.lists(st.integers(1, 5), min_size=1, max_size=30), st.none() | cents)
    def test_whatever_way_credits_are_spent_they_end_at_exactly_zero(self, value, steps, rate):
        released, left = spend(value, sum(steps), steps, rate)
        self.assertEqual(left, 0.0)
        self.assertEqual(round(sum(released), 2), value)

    @settings(max_examples=300, deadline=None)
    @given(cents, st.integers(1, 50), st.data(), st.none() | cents)
    def test_a_share_is_never_negative_and_never_more_than_is_there(self, value, credits, data, rate):
        share = share_of_value(value, credits, data.draw(st.integers(0, credits)), rate=rate)
        self.assertGreaterEqual(share, 0.0)
        self.assertLessEqual(share, value)

    @settings(max_examples=200, deadline=None)
    @given(cents, st.integers(2, 50))
    def test_without_a_rate_no_credit_is_more_than_a_cent_from_its_share(self, value, credits):
        released, _left = spend(value, credits, [1] * credits)
        for share in released:
            self.assertLessEqual(abs(share - value / credits), 0.01 + 1e-9)


class TestWholeCredits(unittest.TestCase):
    def test_two_units_of_ten_give_twenty(self):
        self.assertEqual(whole_credits(2.0, 10), 20)

    def test_four_tenths_of_ten_give_four(self):
        self.assertEqual(whole_credits(0.4, 10), 4)

    def test_a_third_of_three_as_it_is_stored_gives_one(self):
        self.assertEqual(whole_credits(0.33, 3), 1)
        self.assertEqual(whole_credits(0.33333, 3), 1)

    def test_half_a_credit_is_refused(self):
        self.assertIsNone(whole_credits(0.25, 10))
        self.assertIsNone(whole_credits(0.5, 1))

    def test_nearly_one_credit_of_one_is_refused(self):
        self.assertIsNone(whole_credits(0.98, 1))

    def test_a_negative_quantity_takes_back(self):
        self.assertEqual(whole_credits(-0.4, 10), -4)

    @given(st.integers(-1000, 1000), st.integers(1, 20))
    def test_every_number_of_credits_can_be_asked_for_with_two_decimals(self, credits, per_unit):
        self.assertEqual(whole_credits(round(credits / per_unit, 2), per_unit), credits)


class TestAllocation(unittest.TestCase):
    def allocate(self, credits, *sources):
        return allocate(credits, DAY, [Source(*source) for source in sources])

    def test_the_first_lot_is_spent_first(self):
        self.assertEqual(self.allocate(1, ("old", 3), ("new", 3)), ([("old", 1)], 0))

    def test_a_visit_of_two_credits_can_take_them_from_two_lots(self):
        self.assertEqual(self.allocate(2, ("a", 1), ("b", 5)), ([("a", 1), ("b", 1)], 0))

    def test_a_lot_is_valid_on_its_expiry_date(self):
        self.assertEqual(self.allocate(1, ("a", 1, DAY)), ([("a", 1)], 0))

    def test_a_lot_that_expires_before_the_visit_is_passed_over(self):
        self.assertEqual(self.allocate(1, ("a", 1, date(2026, 3, 10)), ("b", 1)), ([("b", 1)], 0))

    def test_too_few_credits_choose_nothing(self):
        self.assertEqual(self.allocate(3, ("a", 1), ("b", 1)), ([], 1))

    def test_fewer_than_no_credits_are_a_mistake(self):
        with self.assertRaises(ValueError):
            self.allocate(-1, ("a", 1))

    @settings(max_examples=300, deadline=None)
    @given(
        st.integers(0, 12),
        st.lists(st.tuples(st.integers(-1, 4), st.none() | st.dates(date(2026, 3, 8), date(2026, 3, 14))), max_size=6),
    )
    def test_never_from_expired_lots_never_too_much_and_all_or_nothing(self, credits, lots):
        sources = [Source(number, available, expiry) for number, (available, expiry) in enumerate(lots)]
        chosen, missing = allocate(credits, DAY, sources)
        self.assertEqual(sources, [Source(n, available, expiry) for n, (available, expiry) in enumerate(lots)])
        taken = dict(chosen)
        for number, (available, expiry) in enumerate(lots):
            self.assertLessEqual(taken.get(number, 0), max(available, 0))
            if expiry and expiry < DAY:
                self.assertNotIn(number, taken)
        usable = sum(max(available, 0) for available, expiry in lots if not expiry or expiry >= DAY)
        self.assertEqual(missing, max(0, credits - usable))
        self.assertEqual(sum(taken.values()), 0 if missing else credits)


class TestCounters(unittest.TestCase):
    def test_a_life_of_ten_credits(self):
        life = [
            ("grant", 10),
            ("reserve", 4),
            ("use", 2),
            ("forfeit", 1),
            ("unreserve", 1),
            ("refund", 3),
            ("expire", 2),
            ("transfer", 1),
            ("receive", 3),
        ]
        expected = {"available": 4, "reserved": 0, "used": 2, "lost": 3, "refunded": 3, "transferred": 1, "total": 13}
        self.assertEqual(counters_after(life), expected)

    def test_a_negative_movement_undoes_a_movement(self):
        self.assertEqual(counters_after([("grant", 5), ("reserve", 2), ("use", 2), ("use", -2)])["reserved"], 2)

    @given(st.lists(st.tuples(st.sampled_from(sorted(EFFECTS)), st.integers(-9, 9))))
    def test_whatever_happens_every_credit_is_somewhere(self, movements):
        counters = counters_after(movements)
        self.assertEqual(sum(counters[name] for name in COUNTERS[1:]), counters["total"])

    @given(st.lists(st.tuples(st.sampled_from(sorted(EFFECTS)), st.integers(-9, 9))), st.integers(0, 20))
    def test_a_ledger_can_be_added_up_in_parts(self, movements, cut):
        first, second = counters_after(movements[:cut]), counters_after(movements[cut:])
        self.assertEqual(counters_after(movements), {name: first[name] + second[name] for name in COUNTERS})


class TestWhereCreditsBelong(unittest.TestCase):
    def test_planned_is_reserved_even_after_giving_back(self):
        self.assertEqual(wanted_position("planned"), "reserved")
        self.assertEqual(wanted_position("planned", waived=True), "reserved")

    def test_attended_is_used(self):
        self.assertEqual(wanted_position("attended"), "used")

    def test_missed_and_late_are_lost_when_that_costs_something(self):
        self.assertEqual(wanted_position("no_show", cost=1), "forfeited")
        self.assertEqual(wanted_position("late_cancelled", cost=2), "forfeited")

    def test_missed_and_late_are_free_when_they_cost_nothing(self):
        self.assertIsNone(wanted_position("no_show", cost=0))
        self.assertIsNone(wanted_position("late_cancelled", cost=0))

    def test_cancelled_in_time_is_free(self):
        self.assertIsNone(wanted_position("cancelled"))

    def test_what_staff_gave_back_is_free(self):
        for attendance in ("attended", "no_show", "late_cancelled", "cancelled"):
            self.assertIsNone(wanted_position(attendance, waived=True))

    def test_an_unknown_attendance_is_a_mistake_and_gives_nothing_back(self):
        for attendance in ("gone", "", None, False):
            with self.subTest(attendance=attendance), self.assertRaises(ValueError):
                wanted_position(attendance)


class TestWhatBeingLateCosts(unittest.TestCase):
    def test_all_credits_or_none(self):
        self.assertEqual(late_cost(2, "forfeit"), 2)
        self.assertEqual(late_cost(2, "return"), 0)

    def test_half_is_rounded_down_to_whole_credits(self):
        self.assertEqual([late_cost(credits, "half") for credits in range(6)], [0, 0, 1, 1, 2, 2])

    @given(st.integers(0, 1000))
    def test_half_is_never_more_than_all_nor_less_than_none(self, credits):
        self.assertTrue(late_cost(credits, "return") <= late_cost(credits, "half") <= late_cost(credits, "forfeit"))
        self.assertIn(credits - 2 * late_cost(credits, "half"), (0, 1))

    def test_an_unknown_policy_is_a_mistake_and_gives_nothing_back(self):
        for policy in ("third", "", None, False):
            with self.subTest(policy=policy), self.assertRaises(ValueError):
                late_cost(2, policy)


class TestRunningLow(unittest.TestCase):
    def test_two_of_ten_are_few_and_three_are_not(self):
        self.assertTrue(is_low(2, 10, 2))
        self.assertFalse(is_low(3, 10, 2))

    def test_a_small_purchase_is_not_low_before_one_credit_is_gone(self):
        self.assertFalse(is_low(1, 1, 2))
        self.assertTrue(is_low(0, 1, 2))
        self.assertFalse(is_low(2, 2, 2))
        self.assertTrue(is_low(1, 2, 2))

    def test_a_threshold_of_nothing_waits_for_the_last_one(self):
        self.assertFalse(is_low(1, 10, 0))
        self.assertTrue(is_low(0, 10, 0))

    @given(st.integers(1, 100), st.integers(0, 100))
    def test_every_purchase_becomes_low_once_on_its_way_down_and_never_when_it_is_new(self, total, threshold):
        states = [is_low(left, total, threshold) for left in range(total, -1, -1)]
        self.assertFalse(states[0])
        self.assertTrue(states[-1])
        self.assertEqual(states, sorted(states))

    @given(st.sampled_from(sorted(EFFECTS)), st.integers(-20, 20))
    def test_open_credits_change_by_what_the_counters_say(self, kind, credits):
        after = counters_after([(kind, credits)])
        gone = after["used"] + after["lost"] + after["refunded"] + after["transferred"]
        self.assertEqual(open_credits_change(kind, credits), after["total"] - gone)


class TestExpectedBreakage(unittest.TestCase):
    """Ten credits for 1,200; a fifth is expected to stay unused."""

    def test_it_follows_the_visits(self):
        recognised = [expected_breakage(120.0 * (10 - used), 10 - used, used, 0.2) for used in range(11)]
        self.assertEqual(recognised, [0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 120.0, 0.0])

    def test_nothing_is_expected_or_nothing_is_open(self):
        self.assertEqual(expected_breakage(600.0, 5, 5, 0.0), 0.0)
        self.assertEqual(expected_breakage(0.0, 0, 10, 0.2), 0.0)
        self.assertEqual(expected_breakage(0.0, 4, 6, 0.2), 0.0)

    @given(st.integers(1, 200), st.integers(1, 10**6), st.integers(0, 9999))
    def test_revenue_grows_with_every_visit_and_is_never_more_than_what_was_paid(self, total, cents, rate):
        paid, rate = cents / 100, rate / 10000
        revenue = []
        for used in range(total + 1):
            value = share_of_value(paid, total, total - used) if used else paid
            recognised = expected_breakage(value, total - used, used, rate)
            self.assertTrue(0.0 <= recognised <= value)
            revenue.append(round(paid - value + recognised, 2))
        self.assertEqual((revenue[0], revenue[-1]), (0.0, round(paid, 2)))
        for before, after in pairwise(revenue):
            self.assertGreaterEqual(after, before - 0.011)
