"""Which rule pays a credit, how much, and what is taken back later: without a database."""

import unittest
from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.pay import (
    Draft,
    Line,
    Movement,
    Rule,
    RuleBook,
    Share,
    Stated,
    earliest_draft,
    part_of,
    settle,
)

from ..common.rules import cents, exact, thorough

DAY = date(2026, 3, 11)
AN, BERT, INTAKE, SESSION = 1, 2, 11, 12


def rule(number=1, practitioner=None, appointment_type=None, percentage=50.0, **vals):
    defaults = {"basis": "paid", "missed_percentage": 0.0, "date_from": date(2026, 1, 1)}
    return Rule(number, practitioner, appointment_type, percentage=percentage, **{**defaults, **vals})


def movement(number=1, credits=1, practitioner=AN, kind="use", **vals):
    defaults = {"appointment_type": SESSION, "day": DAY, "paid": 120.0 * credits, "rated": 100.0 * credits}
    return Movement(number, kind, credits, practitioner, **{**defaults, **vals})


class TestChoosing(unittest.TestCase):
    def test_the_most_specific_rule_wins(self):
        rules = [rule(1), rule(2, appointment_type=SESSION), rule(3, AN), rule(4, AN, SESSION)]
        for practitioner, appointment_type, expected in (
            (AN, SESSION, 4),
            (AN, INTAKE, 3),
            (BERT, SESSION, 2),
            (BERT, INTAKE, 1),
        ):
            with self.subTest(practitioner=practitioner, type=appointment_type):
                self.assertEqual(RuleBook(rules).choose(practitioner, appointment_type, DAY).id, expected)

    def test_the_rule_of_the_day_counts_first_and_last_day_included(self):
        old, new = rule(1, date_to=date(2026, 3, 11)), rule(2, date_from=date(2026, 3, 12))
        book = RuleBook([new, old])
        for day, expected in (
            (date(2026, 1, 1), 1),
            (date(2026, 3, 11), 1),
            (date(2026, 3, 12), 2),
            (date(2030, 1, 1), 2),
        ):
            self.assertEqual(book.choose(AN, SESSION, day).id, expected)
        self.assertIsNone(book.choose(AN, SESSION, date(2025, 12, 31)))

    def test_a_rule_of_their_own_that_ended_leaves_the_one_of_everybody(self):
        book = RuleBook([rule(1), rule(2, AN, date_to=date(2026, 2, 1))])
        self.assertEqual(book.choose(AN, SESSION, DAY).id, 1)


class TestShares(unittest.TestCase):
    def test_the_worked_examples(self):
        for amount, percentage, expected in (
            (120.0, 50.0, 60.0),
            (33.33, 33.33, 11.11),
            (33.34, 50.0, 16.67),
            (0.01, 50.0, 0.01),
            (-33.33, 50.0, -16.67),
            (0.0, 50.0, 0.0),
            (1.15, 50.0, 0.58),
        ):
            with self.subTest(amount=amount, percentage=percentage):
                self.assertEqual(part_of(amount, percentage), expected)

    @thorough
    @given(st.integers(-10_000_000, 10_000_000), st.integers(1, 10_000))
    def test_a_share_is_the_exact_part_rounded_half_up(self, amount, percentage):
        amount, percentage = amount / 100, percentage / 100
        self.assertEqual(part_of(amount, percentage), cents(exact(amount) * exact(percentage) / 100))

    def test_a_currency_without_cents(self):
        self.assertEqual(part_of(1234.0, 33.33, 1.0), 411.0)

    def test_what_was_paid_and_the_internal_rate(self):
        for basis, expected in (("paid", 60.0), ("internal_rate", 50.0)):
            [line] = settle([movement()], RuleBook([rule(basis=basis)]))
            self.assertEqual(line.share.amount, expected)

    def test_what_is_missed_pays_nothing_unless_the_rule_says_so(self):
        missed = movement(kind="forfeit")
        self.assertEqual(settle([missed], RuleBook([rule()])), [])
        [line] = settle([missed], RuleBook([rule(missed_percentage=25.0)]))
        self.assertEqual((line.share.percentage, line.share.amount), (25.0, 30.0))

    def test_credits_without_money_are_stated_with_nothing(self):
        [line] = settle([movement(paid=0.0)], RuleBook([rule()]))
        self.assertEqual(line.share, Share(1, SESSION, "paid", 50.0, 0.0, 0.0))

    def test_nobody_and_no_rule_state_nothing(self):
        self.assertEqual(settle([movement(practitioner=None)], RuleBook([rule()])), [])
        self.assertEqual(settle([movement()], RuleBook([rule(practitioner=BERT)])), [])


class TestCorrections(unittest.TestCase):
    book = RuleBook([rule(1), rule(2, BERT, percentage=30.0)])
    confirmed = Stated(7, AN, Share(9, INTAKE, "paid", 40.0, 120.0, 48.0))

    def test_a_correction_takes_back_what_was_stated_whatever_the_rules_say_now(self):
        moves = [movement(1, stated=self.confirmed), movement(2, -1)]
        self.assertEqual(settle(moves, self.book), [Line(moves[1], AN, Share(9, INTAKE, "paid", 40.0, -120.0, -48.0))])

    def test_what_was_never_stated_is_not_taken_back(self):
        self.assertEqual(settle([movement(1, -1)], self.book), [])
        self.assertEqual(settle([movement(1), movement(2, -1)], RuleBook([])), [])

    def test_somebody_else_gave_the_visit(self):
        move = movement(practitioner=BERT, stated=self.confirmed)
        back, anew = settle([move], self.book)
        self.assertEqual((back.practitioner, back.share.amount, back.takes_back), (AN, -48.0, 7))
        self.assertEqual((anew.practitioner, anew.share.amount, anew.takes_back), (BERT, 36.0, None))

    def test_nobody_gave_the_visit_after_all(self):
        [back] = settle([movement(practitioner=None, stated=self.confirmed)], self.book)
        self.assertEqual(back.takes_back, 7)

    @thorough
    @given(st.lists(st.sampled_from([AN, BERT, "move", "confirm"]), max_size=14), st.integers(1, 99_999))
    def test_whatever_happens_everybody_ends_with_what_is_theirs(self, steps, price):
        """A visit is marked, corrected, given by somebody else, and stated in any order, again and again."""
        self.movements, self.paid, practitioner = [], Counter(), AN
        for step in [*steps, "confirm"]:
            if step == "move":
                number = len(self.movements)
                sign = -1 if number % 2 else 1
                self.movements.append(movement(number, sign, practitioner, paid=sign * price / 100))
            elif step == "confirm":
                self.confirm()
            else:
                practitioner = step
                self.movements = [it._replace(practitioner=practitioner) for it in self.movements]
        given = len(self.movements) % 2
        due = part_of(price / 100, {AN: 50.0, BERT: 30.0}[practitioner]) if given else 0.0
        self.assertEqual({who: round(paid, 2) for who, paid in self.paid.items() if round(paid, 2)},
                         {practitioner: due} if due else {})  # fmt: skip
        self.assertEqual(settle(self.movements, self.book), [])

    def confirm(self):
        for line in settle(self.movements, self.book):
            self.paid[line.practitioner] += line.share.amount
            number = line.movement.id
            stated = None if line.takes_back is not None else Stated(100 + number, line.practitioner, line.share)
            self.movements[number] = self.movements[number]._replace(stated=stated)


class TestDrafts(unittest.TestCase):
    def test_the_earliest_draft_that_can_take_it(self):
        drafts = [Draft(date(2026, 4, 30), 2), Draft(date(2026, 3, 31), 1)]
        for day, expected in ((date(2026, 2, 1), 1), (date(2026, 3, 31), 1), (date(2026, 4, 1), 2)):
            self.assertEqual(earliest_draft(drafts, day), expected)
        self.assertIsNone(earliest_draft(drafts, date(2026, 5, 1)))
