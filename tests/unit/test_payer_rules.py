"""What a payer's share is, what a statement has to say, and on how many documents: without a database."""

import unittest
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.payers import Line, Stated, Visit, bundle, settle, share_of

from ..common.rules import exact, thorough

AN, SESSION = 1, 11
MARCH, APRIL = date(2026, 3, 11), date(2026, 4, 2)


def visit(event=1, day=MARCH, price=120.0, practitioner=AN):
    return Visit(event, day, SESSION, practitioner, price)


class TestShare(unittest.TestCase):
    def test_a_percentage_of_the_price_rounded_half_up(self):
        self.assertEqual(share_of(33.33, 75.0, 0.0), 25.0)
        self.assertEqual(share_of(0.01, 50.0, 0.0), 0.01)
        self.assertEqual(share_of(120.0, 100.0, 0.0), 120.0)

    def test_an_amount_is_never_more_than_the_price(self):
        for price, expected in ((120.0, 11.5), (10.0, 10.0), (0.0, 0.0)):
            self.assertEqual(share_of(price, 0.0, 11.5), expected)


class TestSettling(unittest.TestCase):
    def settle(self, visits, stated=(), covered=None):
        return settle(visits, {it.event for it in visits} if covered is None else covered, list(stated), 75.0, 0.0)

    def test_each_visit_is_stated_once(self):
        lines = self.settle([visit(2, APRIL), visit(1)])
        self.assertEqual(lines, [Line(visit(1), 90.0), Line(visit(2, APRIL), 90.0)])
        stated = [Stated(number, line.visit, line.share) for number, line in enumerate(lines)]
        self.assertEqual(self.settle([visit(1), visit(2, APRIL)], stated), [])

    def test_what_did_not_take_place_is_taken_back_to_the_cent(self):
        [line] = self.settle([], [Stated(7, visit(), 88.0)])
        self.assertEqual((line.visit.price, line.share, line.takes_back), (-120.0, -88.0, 7))

    def test_what_turned_out_to_be_another_visit_is_stated_anew(self):
        for other in (visit(price=60.0), visit(day=APRIL), visit(practitioner=None)):
            with self.subTest(other=other):
                back, anew = self.settle([other], [Stated(7, visit(), 90.0)])
                self.assertEqual((back.takes_back, back.share), (7, -90.0))
                self.assertEqual((anew.visit, anew.takes_back), (other, None))

    def test_what_the_arrangement_does_not_hold_for_any_more_stays_as_it_was_stated(self):
        self.assertEqual(self.settle([visit()], [Stated(7, visit(), 90.0)], covered=set()), [])
        [back] = self.settle([visit(price=60.0)], [Stated(7, visit(), 90.0)], covered=set())
        self.assertEqual(back.takes_back, 7)

    @thorough
    @given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 20_000)), max_size=12))
    def test_statements_always_come_to_what_has_happened(self, happened):
        """Visits come, change their price and go again (0); after each, the lines that stand add up to what is."""
        now, stated, number, total = {}, [], 0, 0
        for event, price in happened:
            if price:
                now[event] = visit(event, price=price / 100)
            else:
                now.pop(event, None)
            for line in self.settle(list(now.values()), stated):
                number += 1
                total += exact(line.share)
                stated = [it for it in stated if it.id != line.takes_back]
                if line.takes_back is None:
                    stated.append(Stated(number, line.visit, line.share))
            self.assertEqual(total, sum(exact(share_of(it.price, 75.0, 0.0)) for it in now.values()))


class TestBundling(unittest.TestCase):
    def test_one_document_a_visit_or_a_month(self):
        lines = [Line(visit(1), 90.0), Line(visit(2, date(2026, 3, 20)), 90.0), Line(visit(3, APRIL), 90.0)]
        self.assertEqual([len(it) for it in bundle(lines, per_visit=True)], [1, 1, 1])
        self.assertEqual([len(it) for it in bundle(lines, per_visit=False)], [2, 1])
        self.assertEqual(bundle([], per_visit=False), [])

    def test_a_correction_stands_with_what_takes_its_place_else_on_the_last_document(self):
        back, anew = Line(visit(price=-120.0), -90.0, 7), Line(visit(price=60.0), 45.0)
        other = Line(visit(3, APRIL), 90.0)
        for per_visit in (True, False):
            with self.subTest(per_visit=per_visit):
                self.assertEqual(bundle([back, anew, other], per_visit=per_visit), [[back, anew], [other]])
        self.assertEqual(bundle([back, other], per_visit=False), [[back, other]])
        self.assertEqual(bundle([back, other], per_visit=True), [[other], [back]])
        self.assertEqual(bundle([back], per_visit=False), [[back]])
