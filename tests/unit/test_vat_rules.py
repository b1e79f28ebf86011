"""The VAT that lies inside of what was paid, and what an invoice of visits holds: without a database."""

import unittest
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.vat import sort_visits, vat_inside

from ..common.rules import exact, thorough


class TestVatInside(unittest.TestCase):
    def test_what_the_books_say(self):
        for gross, rate, expected in (
            *((120.0, 21.0, 20.83), (33.33, 21.0, 5.78), (33.34, 21.0, 5.79), (75.0, 21.0, 13.02)),
            *((120.0, 6.0, 6.79), (120.0, 0.0, 0.0), (0.0, 21.0, 0.0), (0.01, 21.0, 0.0), (0.03, 21.0, 0.01)),
        ):
            self.assertEqual(vat_inside(gross, rate), expected)

    def test_in_a_currency_without_cents(self):
        self.assertEqual(vat_inside(1000.0, 10.0, rounding=1.0), 91.0)

    @thorough
    @given(st.integers(0, 10**7), st.sampled_from((0.0, 2.1, 5.5, 6.0, 9.0, 10.0, 12.0, 19.0, 20.0, 21.0, 25.5)))
    def test_it_is_within_half_a_cent_of_the_exact_part_and_never_more_than_all(self, cents, rate):
        gross = cents / 100
        vat = exact(vat_inside(gross, rate))
        right = Fraction(cents, 100) * exact(rate) / (100 + exact(rate))
        self.assertLessEqual(abs(vat - right), Fraction(1, 200))
        self.assertTrue(0 <= vat <= exact(gross))


class TestSortingVisits(unittest.TestCase):
    def test_what_was_undone_counts_for_what_is_left_of_it(self):
        visits = {
            "had": [120.0],
            "undone before": [120.0, -120.0],
            "undone after": [-120.0],
            "had after all": [120.0, -120.0, 120.0],
            "cents": [33.33, 33.34, -66.67],
        }
        self.assertEqual(sort_visits(visits), (["had", "had after all"], ["undone after"], ["undone before", "cents"]))
        self.assertEqual(sort_visits({}), ([], [], []))
