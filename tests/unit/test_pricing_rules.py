"""What an invoice of a subscription charges, with the examples of the design to the cent; no database is needed."""

import unittest
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.charges import Charge, Entry, share_amount, share_discounts
from odoo.addons.practice_billing.tools.periods import period_days, share_by_days
from odoo.addons.practice_billing.tools.pricing import (
    Bill,
    Discount,
    Period,
    Tariff,
    Usage,
    change_bill,
    extras_bill,
    is_change_now,
    line_licences,
    next_price,
    price_on,
    regular_bill,
    seats_price,
    usage_lines,
)
from odoo.addons.practice_billing.tools.seats import Licence, Seat

from ..common.rules import cents, days, exact, people_on, prices, seats_around, thorough, walk

STANDARD = Tariff("Standard", "month", {"standard": 39.0, "student": 19.0})
STANDARD_YEARLY = Tariff("Standard", "year", {"standard": 390.0, "student": 190.0})
STARTER = Tariff("Starter", "month", {"standard": 15.0, "student": 9.0})
BLENDED = Tariff("Blended", "month", {"standard": 59.0, "student": 29.0})
BLENDED_YEARLY = Tariff("Blended", "year", {"standard": 590.0, "student": 290.0})
MEMBERSHIP = Tariff("Member", "month", {"standard": 39.0, "student": 39.0}, by_days=False, inline_discount=True)

AN, BERT, CARLA, DIRK, ELS, FIEN = range(1, 7)
LICENCE_SECTIONS = ("licence", "change", "addition")


def day(month, number, year=2026):
    return date(year, month, number)


NEW_YEAR = day(1, 1)


def seat(person, date_from=NEW_YEAR, date_to=None, kind="standard", student_until=None):
    return Seat(person, person, kind, date_from, date_to, student_until)


def month(tariff, anchor, number=0):
    """Return a whole period, monthly or yearly as the tariff says."""
    first, last = period_days(anchor, number, tariff.interval)
    return Period(tariff, first, last, first)


def paid(period, bill):
    """Return a period as it is after its first bill."""
    return replace(period, licences=bill.licences, charges=charged(period, bill, "licence", "change"))


def add(period, bill):
    """Return a period as it is after a later bill with additions."""
    charges = (*period.charges, *charged(period, bill, "addition"))
    return replace(period, licences=(*period.licences, *bill.additions), charges=charges)


def charged(period, bill, *sections):
    """Return the charges of some sections of a posted bill; a discount is on all of its lines that have its plan."""
    number, charges = len(period.charges), []
    discounts = {(number, it.plan): -it.amount for it in bill.lines if it.section == "discount"}
    for line in bill.lines:
        if line.section not in LICENCE_SECTIONS:
            continue
        origin, key = Entry(line.amount, line.date_from, line.date_to), (number, line.plan)
        charges.append(
            Charge(
                (number, len(charges), line.section),
                line.plan,
                origin,
                (origin,),
                line_licences([line], bill.discount_rate),
                (period.date_to - period.base_from).days + 1,
                key if key in discounts and line.seats else None,
            )
        )
    return tuple(it for it in share_discounts(charges, discounts) if it.line[2] in sections)


def amounts(bill):
    """Return the lines as ``[(section, kind, amount)]``."""
    return [(line.section, line.kind, line.amount) for line in bill.lines]


def total(bill, *sections):
    """Return the exact sum of some sections, or of all."""
    return sum((exact(line.amount) for line in bill.lines if not sections or line.section in sections), Fraction(0))


class TestSeatsOfDeBrug(unittest.TestCase):
    """*De Brug*: Standard monthly, € 39, student € 19, from 15 January 2026; An, Bert and Carla, a student."""

    anchor = day(1, 15)
    people = [
        seat(AN),
        seat(BERT, date_to=day(2, 1)),
        seat(CARLA, kind="student"),
        seat(DIRK, day(1, 25)),
        seat(ELS, day(2, 5)),
    ]

    def january(self):
        period = month(STANDARD, self.anchor)
        return paid(period, regular_bill(None, period, self.people))

    def test_the_first_invoice_is_97(self):
        bill = regular_bill(None, month(STANDARD, self.anchor), self.people)
        self.assertEqual(amounts(bill), [("licence", "standard", 78.0), ("licence", "student", 19.0)])
        self.assertEqual(bill.total, 97.0)
        self.assertEqual([line.quantity for line in bill.lines], [2, 1])
        self.assertEqual([line.price_unit for line in bill.lines], [39.0, 19.0])
        self.assertEqual([[it.person for it in line.seats] for line in bill.lines], [[AN, BERT], [CARLA]])
        self.assertTrue(all((line.date_from, line.date_to) == (day(1, 15), day(2, 14)) for line in bill.lines))

    def test_the_second_invoice_is_162_42_with_dirk_added_and_els_for_nothing(self):
        bill = regular_bill(self.january(), month(STANDARD, self.anchor, 1), self.people)
        self.assertEqual(
            amounts(bill),
            [("licence", "standard", 117.0), ("licence", "student", 19.0), ("addition", "standard", 26.42)],
        )
        self.assertEqual(bill.total, 162.42)
        addition = bill.lines[-1]
        self.assertEqual((addition.date_from, addition.date_to), (day(1, 25), day(2, 14)))
        self.assertEqual([it.person for it in addition.seats], [DIRK])
        self.assertEqual([(it.person, it.date_from, it.price) for it in bill.additions], [(DIRK, day(1, 25), 39.0)])
        self.assertEqual([it.person for it in bill.licences], [AN, DIRK, ELS, CARLA])

    def test_a_student_whose_proof_ends_on_28_february_pays_39_from_15_march(self):
        people = [seat(CARLA, kind="student", student_until=day(2, 28))]
        bills, previous = [], None
        for number in range(3):
            period = month(STANDARD, self.anchor, number)
            bills.append(regular_bill(previous, period, people))
            previous = paid(period, bills[-1])
        self.assertEqual([bill.total for bill in bills], [19.0, 19.0, 39.0])
        self.assertEqual([bill.lines[0].kind for bill in bills], ["student", "student", "standard"])
        self.assertEqual(bills[1].lines[0].date_to, day(3, 14))

    def test_a_freed_student_seat_does_not_serve_a_standard_practitioner(self):
        people = [seat(AN), seat(CARLA, date_to=day(2, 1), kind="student"), seat(ELS, day(2, 5))]
        period = month(STANDARD, self.anchor)
        bill = regular_bill(paid(period, regular_bill(None, period, people)), month(STANDARD, self.anchor, 1), people)
        self.assertEqual(
            amounts(bill), [("licence", "standard", 78.0), ("addition", "standard", cents(39 * Fraction(10, 31)))]
        )

    def test_joining_and_leaving_within_a_period_is_charged_to_its_end_and_serves_the_next(self):
        people = [seat(AN), seat(DIRK, day(1, 25), day(1, 27)), seat(ELS, day(2, 5))]
        period = month(STANDARD, self.anchor)
        bill = regular_bill(paid(period, regular_bill(None, period, people)), month(STANDARD, self.anchor, 1), people)
        self.assertEqual(amounts(bill), [("licence", "standard", 78.0), ("addition", "standard", 26.42)])
        self.assertEqual([it.person for it in bill.additions], [DIRK])

    def test_a_removed_seat_is_not_refunded(self):
        people = [seat(AN), seat(BERT, date_to=day(1, 16))]
        period = month(STANDARD, self.anchor)
        bill = regular_bill(paid(period, regular_bill(None, period, people)), month(STANDARD, self.anchor, 1), people)
        self.assertEqual(amounts(bill), [("licence", "standard", 39.0)])

    def test_additions_are_charged_at_the_price_of_the_period_in_which_they_came(self):
        bill = regular_bill(self.january(), month(BLENDED, self.anchor, 1), self.people)
        self.assertEqual(
            amounts(bill),
            [("licence", "standard", 177.0), ("licence", "student", 29.0), ("addition", "standard", 26.42)],
        )
        self.assertEqual([line.plan for line in bill.lines], ["Blended", "Blended", "Standard"])

    def test_billing_again_charges_no_addition_again(self):
        bill = regular_bill(self.january(), month(STANDARD, self.anchor, 1), self.people)
        again = regular_bill(add(self.january(), bill), month(STANDARD, self.anchor, 1), self.people)
        self.assertEqual(again.additions, ())
        self.assertEqual(again.total, 136.0)


class TestUsage(unittest.TestCase):
    people = [seat(AN), seat(BERT)]
    files = Usage("Starter", "new file", 5.0, 7)

    def bill(self, *usage, **vals):
        return regular_bill(None, month(STARTER, day(3, 1)), self.people, usage, **vals)

    def test_starter_with_2_seats_and_7_files_is_65(self):
        bill = self.bill(self.files)
        self.assertEqual(amounts(bill), [("licence", "standard", 30.0), ("usage", "new file", 35.0)])
        self.assertEqual(bill.total, 65.0)
        self.assertEqual((bill.lines[1].quantity, bill.lines[1].price_unit), (7.0, 5.0))
        self.assertIs(bill.lines[1].usage, self.files)

    def test_with_3_included_it_is_50(self):
        self.assertEqual(self.bill(replace(self.files, included=3.0)).total, 50.0)

    def test_late_usage_counts_with_what_was_billed_of_its_own_period(self):
        # 2 of the 3 that February included were recorded in time; 4 more arrive late, 1 of them still included.
        late = replace(self.files, quantity=4, included=3.0, billed_before=2.0)
        march = replace(self.files, included=3.0)
        bill = self.bill(late, march)
        self.assertEqual([line.quantity for line in bill.lines if line.section == "usage"], [3.0, 4.0])
        self.assertEqual(bill.total, 30.0 + 15.0 + 20.0)

    def test_late_usage_of_a_period_that_used_up_what_was_included_is_paid_in_full(self):
        self.assertEqual(self.bill(replace(self.files, included=3.0, billed_before=3.0)).total, 65.0)
        self.assertEqual(self.bill(replace(self.files, included=3.0, billed_before=8.0)).total, 65.0)

    def test_what_is_included_or_free_has_no_line(self):
        for usage in (
            replace(self.files, included=7.0),
            replace(self.files, unit_price=0.0),
            replace(self.files, quantity=0),
        ):
            self.assertEqual(amounts(self.bill(usage)), [("licence", "standard", 30.0)])

    def test_a_discount_does_not_touch_usage(self):
        self.assertEqual(self.bill(self.files, discount=Discount("percentage", 100.0)).total, 35.0)
        self.assertEqual(self.bill(self.files, discount=Discount("amount", 500.0)).total, 35.0)

    def test_tenths_are_exact(self):
        lines = usage_lines([Usage("Starter", "hour", 0.7, 0.3, included=0.1, billed_before=0.1)])
        self.assertEqual([(line.quantity, line.amount) for line in lines], [(0.3, 0.21)])

    @thorough
    @given(
        st.lists(st.integers(1, 40).map(lambda it: it / 4), max_size=8),
        st.integers(0, 80).map(lambda it: it / 4),
        st.randoms(use_true_random=False),
    )
    def test_in_whatever_instalments_the_same_quantity_is_billed(self, quantities, included, random):
        def bill(rows):
            before, billed = 0.0, Fraction(0)
            for quantity in rows:
                usage = Usage("Starter", "file", 5.0, quantity, included, before)
                billed += sum(exact(line.quantity) for line in usage_lines([usage]))
                before += quantity
            return billed

        shuffled = list(quantities)
        random.shuffle(shuffled)
        # Counted by the quarter: those after the included ones are paid.
        quarters = range(int(sum(quantities) * 4))
        expected = Fraction(sum(1 for number in quarters if number >= included * 4), 4)
        self.assertEqual(bill(quantities), expected)
        self.assertEqual(bill(shuffled), expected)
        self.assertEqual(bill([sum(quantities)] if quantities else []), expected)

    @thorough
    @given(st.integers(0, 10**6), st.integers(0, 10**6), prices)
    def test_the_amount_is_quantity_times_price_rounded(self, hundredths, included, price):
        quantity, included = Fraction(hundredths, 100), Fraction(included, 100)
        lines = usage_lines([Usage("Starter", "file", price, float(quantity), float(included))])
        expected = cents(max(Fraction(0), quantity - included) * exact(price))
        self.assertEqual(sum(line.amount for line in lines), expected)


class TestChangeOfPlan(unittest.TestCase):
    """2 seats, period 1–30 November, change on 11 November: 20 of 30 days are left."""

    people = [seat(AN), seat(BERT)]
    anchor = day(11, 1)
    today = day(11, 11)

    def november(self, tariff, people=None, discount=None):
        period = month(tariff, self.anchor)
        return paid(period, regular_bill(None, period, people or self.people, discount=discount))

    def rest(self, tariff):
        return Period(tariff, self.today, day(11, 30), self.anchor)

    def test_starter_to_standard_is_32_today_with_usage_at_the_old_price_and_78_next(self):
        files = Usage("Starter", "new file", 5.0, 3)
        bill = change_bill(self.november(STARTER), self.rest(STANDARD), self.people, [files])
        self.assertEqual(
            amounts(bill), [("credit", "standard", -20.0), ("change", "standard", 52.0), ("usage", "new file", 15.0)]
        )
        self.assertEqual([line.plan for line in bill.lines], ["Starter", "Standard", "Starter"])
        self.assertEqual(total(bill, "credit", "change"), 32)
        self.assertEqual(bill.total, 47.0)
        self.assertTrue(all((it.date_from, it.date_to) == (self.today, day(11, 30)) for it in bill.lines[:2]))
        december = month(STANDARD, self.anchor, 1)
        self.assertEqual(december.date_from, day(12, 1))
        self.assertEqual(regular_bill(paid(self.rest(STANDARD), bill), december, self.people).total, 78.0)

    def test_monthly_to_yearly_is_728(self):
        bill = change_bill(self.november(STANDARD), month(STANDARD_YEARLY, self.today), self.people)
        self.assertEqual(amounts(bill), [("credit", "standard", -52.0), ("change", "standard", 780.0)])
        self.assertEqual(bill.total, 728.0)
        self.assertEqual(bill.lines[1].date_to, day(11, 10, 2027))
        self.assertEqual((bill.lines[1].quantity, bill.lines[1].price_unit), (2, 390.0))

    def test_a_change_on_the_first_day_gives_everything_back(self):
        bill = change_bill(self.november(STARTER), month(BLENDED, self.anchor), self.people)
        self.assertEqual(amounts(bill), [("credit", "standard", -30.0), ("change", "standard", 118.0)])

    def test_a_change_on_the_last_day_gives_one_day_back(self):
        bill = change_bill(self.november(STARTER), Period(STANDARD, day(11, 30), day(11, 30), self.anchor), self.people)
        self.assertEqual(amounts(bill), [("credit", "standard", -1.0), ("change", "standard", 2.6)])

    def test_students_follow(self):
        people = [*self.people, seat(CARLA, kind="student")]
        bill = change_bill(self.november(STARTER, people), self.rest(STANDARD), people)
        self.assertEqual(
            amounts(bill),
            [
                ("credit", "standard", -20.0),
                ("credit", "student", -6.0),
                ("change", "standard", 52.0),
                ("change", "student", 12.67),
            ],
        )

    def test_a_second_change_gives_back_what_the_first_one_charged(self):
        first = change_bill(self.november(STARTER), self.rest(STANDARD), self.people)
        bill = change_bill(paid(self.rest(STANDARD), first), self.rest(BLENDED), self.people)
        self.assertEqual(amounts(bill), [("credit", "standard", -52.0), ("change", "standard", 78.67)])

    def test_a_paid_seat_that_nobody_uses_is_given_back_and_not_charged_again(self):
        people = [seat(AN), seat(BERT, date_to=day(11, 5))]
        bill = change_bill(self.november(STARTER, people), self.rest(STANDARD), people)
        self.assertEqual(amounts(bill), [("credit", "standard", -20.0), ("change", "standard", 26.0)])

    def test_an_addition_before_the_change_is_charged_for_the_days_until_it(self):
        people = [*self.people, seat(DIRK, day(11, 6))]
        bill = change_bill(self.november(STARTER), self.rest(STANDARD), people)
        addition = [(it.amount, it.date_from, it.date_to) for it in bill.lines if it.section == "addition"]
        self.assertEqual(addition, [(2.5, day(11, 6), day(11, 10))])
        self.assertEqual(total(bill, "credit"), -20)
        self.assertEqual(total(bill, "change"), 78)

    def test_an_addition_billed_before_is_given_back_for_the_days_after(self):
        people = [*self.people, seat(DIRK, day(11, 6))]
        november = self.november(STARTER)
        extras = extras_bill(november, people, until=day(11, 8))
        self.assertEqual(extras.total, 12.5)
        bill = change_bill(add(november, extras), self.rest(STANDARD), people)
        self.assertEqual(total(bill, "credit"), -30)
        self.assertEqual(total(bill, "addition"), 0)

    def test_who_joins_on_the_day_of_the_change_pays_the_new_plan_only(self):
        people = [*self.people, seat(DIRK, self.today)]
        bill = change_bill(self.november(STARTER), self.rest(STANDARD), people)
        self.assertEqual(amounts(bill), [("credit", "standard", -20.0), ("change", "standard", 78.0)])

    def test_three_additions_of_one_day_are_given_back_as_they_were_charged(self):
        # 39 × 19 ÷ 31 = 23.903: 23.90 each is 71.70, and 71.71 for three together.
        people = [seat(AN), *(seat(person, day(1, 27)) for person in (DIRK, ELS, FIEN))]
        january = month(STANDARD, day(1, 15))
        january = paid(january, regular_bill(None, january, people))
        extras = extras_bill(january, people, until=day(1, 27))
        self.assertEqual(extras.total, 71.7)
        bill = extras_bill(add(january, extras), people, until=day(1, 27), credit_from=day(1, 27))
        self.assertEqual([line.amount for line in bill.lines], [-23.9] * 4)

    def test_what_a_code_took_off_is_not_given_back(self):
        november = self.november(STARTER, discount=Discount("percentage", 20.0))
        bill = change_bill(november, self.rest(STANDARD), self.people)
        self.assertEqual(
            amounts(bill), [("credit", "standard", -20.0), ("returned", None, 4.0), ("change", "standard", 52.0)]
        )
        returned = bill.lines[1]
        self.assertEqual((returned.plan, returned.date_from, returned.date_to), ("Starter", self.today, day(11, 30)))

    def test_what_a_code_took_off_a_month_is_taken_back_for_the_days_of_that_month(self):
        november = self.november(STANDARD, discount=Discount("percentage", 20.0))
        bill = change_bill(november, month(STANDARD_YEARLY, self.today), self.people)
        returned = [(it.amount, it.date_from, it.date_to) for it in bill.lines if it.section == "returned"]
        self.assertEqual(returned, [(10.4, self.today, day(11, 30))])

    def test_a_free_period_gives_nothing_back(self):
        november = self.november(STARTER, discount=Discount("amount", 100.0))
        bill = change_bill(november, self.rest(STANDARD), self.people)
        self.assertEqual(bill.total, 52.0)

    def altered(self, *amounts, discount=None):
        """Return November as it is when further lines were posted: what they brought, or (negative) took back."""
        november = self.november(STARTER, discount=discount)
        [charge] = november.charges
        entries = *charge.entries, *(Entry(amount, november.date_from, november.date_to) for amount in amounts)
        return replace(november, charges=(replace(charge, entries=entries),))

    def given_back(self, period):
        return amounts(change_bill(period, self.rest(STANDARD), self.people))[:-1]

    def test_a_period_whose_invoice_was_credited_gives_nothing_back(self):
        self.assertEqual(self.given_back(self.altered(-30.0)), [])
        self.assertEqual(self.given_back(replace(self.november(STARTER), charges=())), [])

    def test_never_more_is_given_back_than_the_documents_hold(self):
        # 30 − 12 = 18 are left, and two thirds of the days.
        self.assertEqual(self.given_back(self.altered(-12.0)), [("credit", None, -12.0)])
        self.assertEqual(self.given_back(self.altered(-40.0)), [])

    def test_an_invoice_that_was_credited_and_made_again_is_given_back_as_the_first_one(self):
        self.assertEqual(self.given_back(self.altered(-30.0, 30.0)), [("credit", "standard", -20.0)])

    def test_what_was_credited_of_the_last_days_is_not_given_back_again(self):
        november = self.november(STARTER)
        [charge] = november.charges
        late = Entry(-20.0, self.today, november.date_to)
        november = replace(november, charges=(replace(charge, entries=(*charge.entries, late)),))
        self.assertEqual(self.given_back(november), [])

    def test_an_amount_that_a_person_put_is_given_back_by_days(self):
        november = self.november(STARTER, discount=Discount("percentage", 20.0))
        [charge] = november.charges
        edited = replace(charge.billed, amount=9.0)
        november = replace(november, charges=(replace(charge, billed=edited, entries=(edited,)),))
        # The code still takes 6 off it.
        self.assertEqual(self.given_back(november), [("credit", None, -6.0), ("returned", None, 4.0)])
        self.assertEqual(self.given_back(replace(november, charges=())), [])

    def test_a_rebate_that_a_person_added_lowers_what_is_given_back(self):
        november = self.november(STARTER)
        rebate = Entry(-15.0, november.date_from, november.date_to)
        charges = (*november.charges, Charge("rebate", "Starter", rebate, (rebate,)))
        self.assertEqual(
            self.given_back(replace(november, charges=charges)), [("credit", "standard", -20.0), ("credit", None, 10.0)]
        )

    def test_each_line_says_which_one_it_gives_back(self):
        november = self.november(STARTER, discount=Discount("percentage", 20.0))
        lines = change_bill(november, self.rest(STANDARD), self.people).lines[:2]
        self.assertEqual([line.origin for line in lines], [november.charges[0].line, november.charges[0].discount])

    def test_a_code_of_the_change_does_not_pay_for_days_given_back(self):
        # Everything is free with the new code, so of Dirk's seat only nothing can be given back.
        people = [*self.people, seat(DIRK, day(11, 6))]
        bill = change_bill(self.november(STARTER), self.rest(STANDARD), people, discount=Discount("percentage", 100.0))
        self.assertEqual(bill.total, -20.0)

    def test_an_addition_that_was_free_is_given_back_as_free(self):
        people = [*self.people, seat(DIRK, day(11, 6))]
        november = self.november(STARTER)
        extras = extras_bill(november, people, discount=Discount("percentage", 100.0), until=day(11, 8))
        self.assertEqual(extras.total, 0.0)
        bill = change_bill(add(november, extras), self.rest(STANDARD), people)
        self.assertEqual(total(bill, "credit", "returned"), -20)

    def test_a_code_takes_20_percent_of_the_new_licences(self):
        bill = change_bill(
            self.november(STARTER), self.rest(STANDARD), self.people, discount=Discount("percentage", 20.0)
        )
        self.assertEqual(total(bill, "discount"), exact(-10.4))
        self.assertEqual(bill.discount_rate, 0.2)

    def test_an_amount_takes_at_most_what_the_change_comes_to(self):
        bill = change_bill(self.november(STARTER), self.rest(STANDARD), self.people, discount=Discount("amount", 50.0))
        self.assertEqual(total(bill, "discount"), -32)
        self.assertEqual(bill.total, 0.0)

    def test_credit_larger_than_the_charge_makes_a_negative_sum(self):
        people = [seat(AN), *(seat(person, date_to=day(11, 5)) for person in (BERT, DIRK, ELS))]
        bill = change_bill(
            self.november(STARTER, people), self.rest(STANDARD), people, discount=Discount("amount", 5.0)
        )
        self.assertEqual(amounts(bill), [("credit", "standard", -40.0), ("change", "standard", 26.0)])
        self.assertEqual(bill.total, -14.0)

    def test_a_credit_of_a_free_plan_is_zero_and_not_minus_zero(self):
        free = Tariff("Free", "month", {"standard": 0.0, "student": 0.0})
        bill = change_bill(self.november(free), self.rest(STANDARD), self.people)
        self.assertEqual([str(line.amount) for line in bill.lines], ["0.0", "52.0"])

    def test_a_change_outside_the_paid_period_is_refused(self):
        with self.assertRaisesRegex(ValueError, "outside the period"):
            change_bill(self.november(STARTER), month(STANDARD, day(12, 2)), self.people)


class TestNowOrLater(unittest.TestCase):
    people = [seat(AN), seat(BERT)]

    def is_now(self, old, new, old_days=30, new_days=30, people=None):
        return is_change_now(old, old_days, new, new_days, self.people if people is None else people, day(11, 11))

    def test_dearer_is_now_and_cheaper_is_later(self):
        self.assertTrue(self.is_now(STARTER, STANDARD))
        self.assertFalse(self.is_now(STANDARD, STARTER))

    def test_the_same_plan_for_longer_is_now_though_it_is_cheaper_a_day(self):
        self.assertTrue(self.is_now(STANDARD, STANDARD_YEARLY, 30, 365))

    def test_yearly_to_monthly_is_later_though_it_is_dearer(self):
        self.assertFalse(self.is_now(STANDARD_YEARLY, STANDARD, 365, 30))
        self.assertFalse(self.is_now(STANDARD_YEARLY, BLENDED, 365, 30))

    def test_another_plan_for_longer_is_compared_by_the_day(self):
        self.assertTrue(self.is_now(STARTER, BLENDED_YEARLY, 30, 365))
        self.assertFalse(self.is_now(BLENDED, STANDARD_YEARLY, 30, 365))

    def test_as_dear_is_later(self):
        self.assertFalse(self.is_now(STANDARD, replace(STANDARD, plan="Other")))
        # 1.12 × 31 = 1.24 × 28, which floats do not know.
        cheap, same = (replace(STANDARD, plan=price, prices={"standard": price}) for price in (1.24, 1.12))
        self.assertFalse(self.is_now(cheap, same, 31, 28, [seat(AN)]))

    def test_students_decide_with_their_own_price(self):
        new = Tariff("Other", "month", {"standard": 45.0, "student": 9.0})
        students = [seat(person, kind="student") for person in (CARLA, DIRK)]
        self.assertTrue(self.is_now(STANDARD, new))
        self.assertFalse(self.is_now(STANDARD, new, people=[seat(AN), *students]))

    def test_without_anybody_one_standard_seat_is_compared(self):
        self.assertTrue(self.is_now(STARTER, STANDARD, people=[]))
        self.assertEqual(seats_price(STANDARD, [], day(11, 11)), 39.0)

    def test_a_membership_changes_with_its_next_period(self):
        self.assertFalse(self.is_now(replace(STARTER, by_days=False), STANDARD))
        self.assertFalse(self.is_now(STARTER, replace(STANDARD, by_days=False)))

    def test_only_who_is_there_that_day_counts(self):
        people = [seat(AN), seat(BERT, date_to=day(11, 10)), seat(CARLA, day(11, 12))]
        self.assertEqual(seats_price(STANDARD, people, day(11, 11)), 39.0)


class TestPlannedPrices(unittest.TestCase):
    rows = [(None, 39.0), (day(7, 1), 42.0), (day(1, 1, 2027), 0.0)]

    def test_the_price_in_force_is_that_of_the_last_day_before(self):
        for on, price in [(day(6, 30), 39.0), (day(7, 1), 42.0), (day(12, 31), 42.0), (day(1, 1, 2030), 0.0)]:
            self.assertEqual(price_on(self.rows, on), price)
            self.assertEqual(price_on(self.rows[::-1], on), price)

    def test_before_the_first_price_there_is_none(self):
        self.assertIsNone(price_on(self.rows[1:], day(6, 30)))
        self.assertIsNone(price_on([], day(6, 30)))

    def test_the_next_price_is_the_first_other_one(self):
        rows = [(None, 39.0), (day(3, 1), 39.0), (day(4, 1), 42.0), (day(5, 1), 45.0)]
        self.assertEqual(next_price(rows[::-1], day(1, 1)), (day(4, 1), 42.0))
        self.assertEqual(next_price(rows, day(4, 1)), (day(5, 1), 45.0))
        self.assertIsNone(next_price(rows, day(5, 1)))
        self.assertEqual(next_price([(day(3, 1), 39.0)], day(1, 1)), (day(3, 1), 39.0), "the first one there is")


class TestDiscount(unittest.TestCase):
    brug = TestSeatsOfDeBrug

    def bill(self, discount, new=STANDARD, usage=()):
        january = month(STANDARD, self.brug.anchor)
        january = paid(january, regular_bill(None, january, self.brug.people))
        return regular_bill(january, month(new, self.brug.anchor, 1), self.brug.people, usage, discount)

    def test_20_percent_of_162_42_is_32_48(self):
        bill = self.bill(Discount("percentage", 20.0))
        self.assertEqual(amounts(bill)[-1], ("discount", None, -32.48))
        self.assertEqual(bill.total, 129.94)
        self.assertEqual(bill.discount_rate, 0.2)
        self.assertTrue(bill.is_discounted)

    def test_an_amount_takes_itself(self):
        bill = self.bill(Discount("amount", 50.0))
        self.assertEqual(amounts(bill)[-1], ("discount", None, -50.0))
        self.assertEqual(bill.total, 112.42)

    def test_an_amount_takes_at_most_what_licences_come_to(self):
        bill = self.bill(Discount("amount", 200.0), usage=[Usage("Standard", "questionnaire", 2.0, 3)])
        self.assertEqual(total(bill, "discount"), exact(-162.42))
        self.assertEqual(bill.total, 6.0)

    def test_two_plans_have_a_line_each_that_add_up_to_the_rounded_whole(self):
        bill = self.bill(Discount("percentage", 33.33), new=BLENDED)
        lines = [line for line in bill.lines if line.section == "discount"]
        self.assertEqual([line.plan for line in lines], ["Blended", "Standard"])
        self.assertEqual(total(bill, "discount"), exact(-77.47))  # 33.33 % of 232.42

    def test_without_a_code_nothing_is_discounted(self):
        self.assertFalse(self.bill(None).is_discounted)
        self.assertEqual(self.bill(None).discount_rate, 0.0)

    def test_a_seat_that_gets_credits_pays_less_itself(self):
        people = [seat(AN), seat(BERT), seat(DIRK)]
        bill = regular_bill(None, month(MEMBERSHIP, day(3, 1)), people, discount=Discount("percentage", 20.0))
        self.assertEqual(amounts(bill), [("licence", "standard", 31.2)] * 3)
        self.assertEqual([(it.quantity, it.price_unit, it.list_amount) for it in bill.lines], [(1, 31.2, 39.0)] * 3)
        self.assertTrue(bill.is_discounted)

    def test_an_amount_on_seats_that_get_credits_takes_itself_to_the_cent(self):
        people = [seat(AN), seat(BERT), seat(DIRK)]
        for value in (10.0, 20.0, 0.01, 116.99):
            bill = regular_bill(None, month(MEMBERSHIP, day(3, 1)), people, discount=Discount("amount", value))
            self.assertEqual(total(bill), 117 - exact(value))


class TestExtras(unittest.TestCase):
    """Additions and usage without a new period: on purpose, or at the end."""

    anchor = day(1, 15)
    people = [seat(AN), seat(DIRK, day(1, 25)), seat(ELS, day(2, 5))]

    def january(self):
        period = month(STANDARD, self.anchor)
        return paid(period, regular_bill(None, period, self.people))

    def test_additions_until_a_day_then_the_others_with_the_next_invoice(self):
        first = extras_bill(self.january(), self.people, until=day(1, 31))
        self.assertEqual(amounts(first), [("addition", "standard", 26.42)])
        self.assertEqual(first.licences, ())
        then = regular_bill(add(self.january(), first), month(STANDARD, self.anchor, 1), self.people)
        self.assertEqual(total(then, "addition"), exact(cents(39 * Fraction(10, 31))))

    def test_until_after_the_period_is_until_its_end(self):
        self.assertEqual(len(extras_bill(self.january(), self.people, until=day(12, 31)).additions), 2)

    def test_until_before_the_period_bills_usage_only(self):
        bill = extras_bill(self.january(), self.people, [Usage("Standard", "file", 5.0, 1)], until=day(1, 1))
        self.assertEqual(amounts(bill), [("usage", "file", 5.0)])

    def test_before_any_period_only_usage_is_billed(self):
        bill = extras_bill(None, self.people, [Usage("Standard", "file", 5.0, 1)], until=day(1, 31))
        self.assertEqual(amounts(bill), [("usage", "file", 5.0)])
        self.assertEqual(extras_bill(None, self.people, until=day(1, 31)), Bill())

    def test_giving_back_the_rest_of_a_period(self):
        bill = extras_bill(self.january(), [seat(AN)], until=day(1, 31), credit_from=day(2, 5))
        self.assertEqual(amounts(bill), [("credit", "standard", -12.58)])
        self.assertEqual(bill.lines[0].date_to, day(2, 14))

    def test_giving_back_after_the_period_gives_nothing(self):
        self.assertEqual(extras_bill(self.january(), [seat(AN)], until=day(2, 14), credit_from=day(2, 15)), Bill())

    def test_who_comes_on_days_given_back_is_not_charged_for_them(self):
        # The subscription ends on 31 January: Dirk used 7 days, Els comes too late.
        bill = extras_bill(self.january(), self.people, until=day(2, 14), credit_from=day(2, 1))
        used = cents(39 * Fraction(21, 31)) - cents(39 * Fraction(14, 31))
        self.assertEqual(amounts(bill), [("credit", "standard", -17.61), ("addition", "standard", round(used, 2))])
        self.assertEqual([it.person for it in bill.additions], [DIRK])

    def test_an_addition_paid_from_a_later_day_is_given_back_from_that_day(self):
        licence = Licence(ELS, ELS, "standard", day(2, 5), 39.0)
        entry = Entry(12.58, day(2, 5), day(2, 14))
        charge = Charge("addition", "Standard", entry, (entry,), (licence,), 31)
        january = replace(self.january(), licences=(licence,), charges=(charge,))
        bill = extras_bill(january, self.people[2:], until=day(2, 14), credit_from=day(2, 1))
        self.assertEqual(amounts(bill), [("credit", "standard", -12.58)])

    def test_a_membership_has_no_additions(self):
        period = month(MEMBERSHIP, self.anchor)
        period = paid(period, regular_bill(None, period, self.people))
        self.assertEqual(extras_bill(period, self.people, until=day(2, 14)), Bill())
        following = regular_bill(period, month(MEMBERSHIP, self.anchor, 1), self.people)
        self.assertEqual(amounts(following), [("licence", "standard", 39.0)] * 3)


class TestZeroAndStrange(unittest.TestCase):
    def test_without_anybody_a_line_of_nothing_documents_the_period(self):
        bill = regular_bill(None, month(STANDARD, day(3, 1)), [], discount=Discount("amount", 10.0))
        self.assertEqual(amounts(bill), [("licence", "standard", 0.0)])
        self.assertEqual((bill.lines[0].quantity, bill.lines[0].seats, bill.licences), (0, (), ()))
        self.assertFalse(bill.is_discounted)

    def test_a_free_plan_has_lines_of_zero(self):
        free = Tariff("Free", "month", {"standard": 0.0, "student": 0.0})
        for discount in (None, Discount("amount", 10.0), Discount("percentage", 50.0)):
            bill = regular_bill(None, month(free, day(3, 1)), [seat(AN)], discount=discount)
            self.assertEqual(amounts(bill)[0], ("licence", "standard", 0.0))
            self.assertEqual(bill.total, 0.0)
            self.assertEqual({str(line.amount) for line in bill.lines}, {"0.0"})

    def test_a_kind_without_a_price_is_an_error_and_never_free(self):
        tariff = Tariff("Half", "month", {"standard": 39.0})
        with self.assertRaises(KeyError):
            regular_bill(None, month(tariff, day(3, 1)), [seat(CARLA, kind="student")])
        self.assertEqual(regular_bill(None, month(tariff, day(3, 1)), [seat(AN)]).total, 39.0)

    def test_a_currency_without_cents_has_whole_amounts(self):
        tariff = Tariff("Yen", "month", {"standard": 5000.0, "student": 2500.0})
        january = month(tariff, day(1, 15))
        people = [seat(AN), seat(DIRK, day(1, 25))]
        january = paid(january, regular_bill(None, january, people, rounding=1))
        bill = regular_bill(
            january, month(tariff, day(1, 15), 1), people, discount=Discount("percentage", 12.5), rounding=1
        )
        self.assertEqual([line.amount for line in bill.lines], [10000.0, 3387.0, -1673.0])

    def test_half_a_cent_is_rounded_up_and_back_alike(self):
        tariff = Tariff("Half", "month", {"standard": 0.15, "student": 0.15})
        november = month(tariff, day(11, 1))
        november = paid(november, regular_bill(None, november, [seat(AN)]))
        bill = change_bill(november, Period(tariff, day(11, 2), day(11, 30), day(11, 1)), [seat(AN)])
        self.assertEqual([line.amount for line in bill.lines], [-0.15, 0.15])  # 0.145


# === WHATEVER HAPPENS === #

codes = st.none() | st.one_of(
    st.integers(0, 10_000).map(lambda it: Discount("percentage", it / 100)),
    st.integers(0, 30_000).map(lambda it: Discount("amount", it / 100)),
)
usages = st.lists(
    st.builds(
        Usage,
        plan=st.sampled_from(["old", "new"]),
        kind=st.sampled_from(["file", "questionnaire"]),
        unit_price=prices,
        quantity=st.integers(1, 400).map(lambda it: it / 4),
        included=st.integers(0, 40).map(float),
        billed_before=st.integers(0, 40).map(float),
    ),
    max_size=3,
)


@st.composite
def tariff_of(draw, plan, lowest=0.0, **options):
    price = prices.filter(lambda it: it >= lowest)
    found = {"standard": draw(price), "student": draw(price)}
    return Tariff(plan, draw(st.sampled_from(["month", "month", "year"])), found, **options)


@st.composite
def paid_periods(draw, lowest=0.0):
    """Draw ``(period, its bill, seats, code)``: whole, or what a change left of it."""
    tariff = draw(tariff_of("old", lowest))
    first, last = period_days(draw(days), draw(st.integers(0, 40)), tariff.interval)
    start = first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 10, (last - first).days])))
    seats = draw(seats_around(start, last))
    code = draw(codes)
    period = Period(tariff, start, last, first)
    bill = regular_bill(None, period, seats, discount=code)
    return paid(period, bill), bill, seats, code


def share(price, period, start, end=None):
    """Return what the days from ``start`` on cost, not rounded."""
    whole = (period.date_to - period.base_from).days + 1
    return exact(price) * (((end or period.date_to) - start).days + 1) / whole


def expected_licences(period, seats):
    """Return the sum of the licences of a period, rounded by kind."""
    counts = defaultdict(int)
    for _seat, kind in people_on(seats, period.date_from).values():
        counts[kind] += 1
    return sum(
        exact(cents(share(period.tariff.prices[kind], period, period.date_from) * count))
        for kind, count in counts.items()
    )


def expected_additions(period, seats, until=None, end=None):
    """Return the sum of the additions of a period, each rounded, by walking through it."""
    rows = walk(period.licences, seats, period.date_from, until or period.date_to)
    whole = Fraction(0)
    for kind, start in ((kind, start) for *_rest, charged in rows for _seat, kind, start in charged):
        price = period.tariff.prices[kind]
        whole += exact(cents(share(price, period, start)))
        if end:
            whole -= exact(cents(share(price, period, end + timedelta(days=1))))
    return whole


def expected_usage(usages):
    """Return the sum of usage, each rounded, counted by the quarter."""
    whole = Fraction(0)
    for usage in usages:
        quarters = range(int(usage.billed_before * 4), int((usage.billed_before + usage.quantity) * 4))
        paid_for = sum(1 for number in quarters if number >= usage.included * 4)
        whole += exact(cents(Fraction(paid_for, 4) * exact(usage.unit_price)))
    return whole


def expected_discount(code, charges, given_back=Fraction(0)):
    """Return what a code takes off."""
    if not code:
        return Fraction(0)
    if code.kind == "percentage":
        return exact(cents(charges * exact(code.value) / 100))
    return min(exact(code.value), max(Fraction(0), charges - given_back))


class TestAnyBill(unittest.TestCase):
    def assertSound(self, bill):
        """Check what holds for every bill: lines are products, and the total is their sum."""
        self.assertEqual(exact(bill.total), total(bill))
        for line in bill.lines:
            self.assertEqual(line.amount, cents(exact(line.quantity) * exact(line.price_unit)))
            sign = -1 if line.section in ("credit", "discount") else 1
            self.assertGreaterEqual(sign * line.amount, 0)
            if line.date_from:
                self.assertLessEqual(line.date_from, line.date_to)
        charges = total(bill, *LICENCE_SECTIONS)
        self.assertTrue(0 <= -total(bill, "discount") <= charges)
        self.assertTrue(0 <= bill.discount_rate <= 1)

    @thorough
    @given(st.data(), paid_periods(), usages, codes)
    def test_a_regular_bill_is_what_counting_by_hand_gives(self, data, drawn, usage, code):
        previous, first_bill, seats, first_code = drawn
        licences = expected_licences(previous, seats)
        self.assertEqual(total(first_bill), licences - expected_discount(first_code, licences))
        period = month(
            data.draw(tariff_of(data.draw(st.sampled_from(["old", "new"])))), previous.date_to + timedelta(1)
        )
        bill = regular_bill(previous, period, seats, usage, code)
        self.assertSound(bill)
        licences, additions = expected_licences(period, seats), expected_additions(previous, seats)
        self.assertEqual(total(bill, "licence"), licences)
        self.assertEqual(total(bill, "addition"), additions)
        self.assertEqual(total(bill, "usage"), expected_usage(usage))
        self.assertEqual(-total(bill, "discount"), expected_discount(code, licences + additions))
        self.assertEqual(len(bill.licences), len(people_on(seats, period.date_from)))

    @thorough
    @given(st.data(), paid_periods(), usages, codes)
    def test_a_change_is_what_counting_by_hand_gives(self, data, drawn, usage, code):
        previous, first_bill, seats, _code = drawn
        today = previous.date_from + timedelta(
            days=data.draw(st.integers(0, (previous.date_to - previous.date_from).days))
        )
        new = data.draw(tariff_of(data.draw(st.sampled_from(["old", "new"]))))
        period = month(new, today)
        if new.interval == previous.tariff.interval:
            period = Period(new, today, previous.date_to, previous.base_from)
        bill = change_bill(previous, period, seats, usage, code)
        self.assertSound(bill)
        yesterday = today - timedelta(days=1)
        charges = expected_licences(period, seats) + expected_additions(previous, seats, yesterday, yesterday)
        self.assertEqual(total(bill, *LICENCE_SECTIONS), charges)
        counts = defaultdict(int)
        for licence in first_bill.licences:
            counts[licence.kind] += 1
        rest = sum(
            exact(cents(share(previous.tariff.prices[kind], previous, today) * count)) for kind, count in counts.items()
        )
        given_back = rest - exact(cents(rest * exact(first_bill.discount_rate)))
        self.assertEqual(-total(bill, "credit"), rest)
        self.assertEqual(-total(bill, "credit", "returned"), given_back)
        self.assertEqual(total(bill, "usage"), expected_usage(usage))
        self.assertEqual(-total(bill, "discount"), expected_discount(code, charges, given_back))

    @thorough
    @given(st.data(), paid_periods(lowest=15.0), codes)
    def test_never_more_is_given_back_than_was_paid_for_the_days(self, data, drawn, code):
        period, first_bill, seats, _code = drawn
        length = (period.date_to - period.date_from).days
        last = period.date_from + timedelta(days=data.draw(st.integers(0, length)))
        extras = extras_bill(period, seats, discount=code, until=last)
        today = period.date_from + timedelta(days=data.draw(st.integers(0, length)))
        paid_in_all = total(first_bill) + total(extras)
        bill = extras_bill(add(period, extras), seats, until=today - timedelta(days=1), credit_from=today)
        given_back = -total(bill, "credit", "returned")
        self.assertTrue(0 <= given_back <= paid_in_all)
        # Day by day, at what each paid seat cost after its own discount.
        value = sum(
            share(licence.price, period, max(today, licence.date_from)) * (1 - exact(origin.discount_rate))
            for origin, licences in ((first_bill, first_bill.licences), (extras, extras.additions))
            for licence in licences
        )
        rounded = [line for line in bill.lines if line.section in ("credit", "returned")]
        self.assertLessEqual(abs(given_back - value), Fraction(len(rounded), 100))

    @thorough
    @given(paid_periods(), tariff_of("new"))
    def test_a_change_on_the_first_day_gives_back_all_that_was_paid(self, drawn, new):
        previous, first_bill, seats, _code = drawn
        bill = change_bill(previous, month(new, previous.date_from), seats)
        self.assertEqual(-total(bill, "credit", "returned"), total(first_bill))
        self.assertEqual(total(bill, "addition"), 0)

    @thorough
    @given(st.data(), paid_periods())
    def test_what_is_given_back_and_what_was_used_are_the_whole(self, data, drawn):
        period, _bill, seats, _code = drawn
        length = (period.date_to - period.date_from).days
        today = period.date_from + timedelta(days=data.draw(st.integers(0, length)))
        until = today - timedelta(days=1)
        at_once = extras_bill(period, seats, until=until, credit_from=today)
        charged = extras_bill(period, seats, until=until)
        given_back = sum(
            exact(share_by_days(it.price, period.base_from, period.date_to, today)) for it in charged.additions
        )
        self.assertEqual(total(at_once, "addition") + given_back, total(charged))
        later = extras_bill(add(period, charged), seats, until=until, credit_from=today)
        self.assertEqual(total(at_once, "addition", "credit"), total(charged) + total(later, "credit"))

    @thorough
    @given(paid_periods(), st.lists(st.integers(-3, 370), max_size=4))
    def test_additions_in_instalments_cost_the_same_as_at_once(self, drawn, cuts):
        period, _bill, seats, _code = drawn
        at_once = extras_bill(period, seats, until=period.date_to)
        billed, whole = period, Fraction(0)
        for cut in sorted(cuts):
            bill = extras_bill(billed, seats, until=period.date_from + timedelta(days=cut))
            billed, whole = add(billed, bill), whole + total(bill)
        following = month(period.tariff, period.date_to + timedelta(days=1))
        last = regular_bill(billed, following, seats)
        self.assertEqual(whole + total(last, "addition"), total(at_once))
        self.assertEqual(regular_bill(add(billed, last), following, seats).additions, ())

    def discounted(self, drawn, discount):
        """Yield what the month after a paid period costs without ``discount``, and its bill with it: inline or not."""
        previous, _bill, seats, _code = drawn
        for inline in (False, True):
            tariff = replace(previous.tariff, plan="new", inline_discount=inline)
            period = month(tariff, previous.date_to + timedelta(days=1))
            listed = total(regular_bill(previous, period, seats))
            yield listed, regular_bill(previous, period, seats, discount=discount)

    @thorough
    @given(paid_periods(), st.integers(1, 30_000))
    def test_an_amount_takes_itself_or_everything(self, drawn, value):
        for listed, bill in self.discounted(drawn, Discount("amount", value / 100)):
            self.assertEqual(total(bill), max(Fraction(0), listed - Fraction(value, 100)))

    @thorough
    @given(paid_periods(), st.integers(0, 10_000))
    def test_a_percentage_takes_the_rounded_whole_whether_in_lines_of_its_own_or_not(self, drawn, value):
        for listed, bill in self.discounted(drawn, Discount("percentage", value / 100)):
            self.assertEqual(total(bill), listed - exact(cents(listed * value / 10_000)))
            self.assertTrue(all(line.amount >= 0 for line in bill.lines if line.section != "discount"))


class TestNet(unittest.TestCase):
    """What is paid for a line, when a line of a discount takes something off several."""

    def test_what_the_lines_cost_after_discount_adds_up_to_the_bill(self):
        period = month(STANDARD, NEW_YEAR)
        bill = regular_bill(
            None, period, [seat(1), seat(2), seat(3, kind="student")], discount=Discount("percentage", 33.3)
        )
        charged = [line for line in bill.lines if line.section == "licence"]
        self.assertEqual([line.net for line in charged], [52.03, 12.67])
        self.assertEqual(round(sum(line.net for line in charged), 2), bill.total)

    def test_an_amount_is_shared_in_proportion_to_the_cent(self):
        self.assertEqual(share_amount(10.0, [1, 1, 1]), [3.33, 3.34, 3.33])
        self.assertEqual(share_amount(-32.48, [117.0, 19.0, 26.42]), [-23.4, -3.8, -5.28])
        self.assertEqual(share_amount(5.0, [0.0, 0.0]), [0.0, 0.0])
        self.assertEqual(share_amount(5.0, []), [])
