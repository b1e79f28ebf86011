"""What is left to tell of an appointment, and how long before it people are reminded."""

from datetime import datetime
from itertools import product

from odoo.tests import BaseCase, tagged

from ...tools.notices import Change, pair_moved, read_hours

MOMENTS = (None, *(datetime(2026, 3, day, 9) for day in (16, 17, 18)))


@tagged("post_install", "-at_install")
class TestNoticeRules(BaseCase):
    def test_who_was_told_neither_of_two_changes_hears_of_one(self):
        for before, between, after in product(MOMENTS, repeat=3):
            change = Change(before, between).followed_by(Change(between, after))
            self.assertEqual(change.kind is None, before == after)
            if change.kind:
                wanted = "confirmation" if not before else "moved" if after else "cancelled"
                self.assertEqual((change.kind, change.start), (wanted, after or before))

    def test_a_series_made_anew_keeps_what_has_its_moment_and_pairs_the_rest_in_order(self):
        _none, first, second, third = MOMENTS
        pairs = pair_moved({"a": second, "b": first}, {"x": third, "y": second})
        self.assertEqual(sorted(pairs), [("a", "y"), ("b", "x")])
        self.assertEqual(pair_moved({"a": first}, {}), [("a", None)])
        self.assertEqual(pair_moved({}, {"x": first}), [(None, "x")])

    def test_hours_are_read_the_longest_first(self):
        self.assertEqual(read_hours(" 2, 48;2 "), (48, 2))
        self.assertEqual(read_hours(False), ())
        for wrong in ("0", "-1", "1.5", "721", "soon", "1,2,3,4,5"):
            with self.assertRaises(ValueError):
                read_hours(wrong)
