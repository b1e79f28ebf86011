"""Which places suit who waits, and how long a place is held."""

from datetime import date, datetime, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.practice_billing.tools.waiting import Wish, day_spans, hold_until

#: A Wednesday, 10:00 in Brussels.
START = datetime(2026, 3, 11, 9, 0)
HOUR = timedelta(hours=1)
ALWAYS = Wish(frozenset(range(7)), 0.0, 24.0, None)


@tagged("post_install", "-at_install")
class TestWaitingRules(BaseCase):
    def allows(self, start=START, stop=None, tz="Europe/Brussels", **wish):
        return ALWAYS._replace(**wish).allows(start, stop or start + HOUR, tz)

    def test_the_day_is_one_of_the_practice(self):
        self.assertTrue(self.allows(days=frozenset([2])))
        self.assertFalse(self.allows(days=frozenset([0, 1, 3, 4, 5, 6])))
        late = datetime(2026, 3, 10, 23, 30)  # half past midnight on Wednesday
        self.assertTrue(self.allows(late, days=frozenset([2])))
        self.assertFalse(self.allows(late, days=frozenset([2]), tz="UTC"))

    def test_the_whole_visit_lies_within_the_hours(self):
        self.assertTrue(self.allows(hour_from=10.0, hour_to=11.0))
        self.assertFalse(self.allows(hour_from=10.5))
        self.assertFalse(self.allows(hour_to=10.5))
        self.assertFalse(self.allows(datetime(2026, 3, 11, 22, 30)), "it ends on the next day")

    def test_hours_are_those_of_the_clock_in_summer_too(self):
        self.assertTrue(self.allows(datetime(2026, 7, 1, 8, 0), hour_from=10.0, hour_to=11.0))

    def test_the_last_day_is_included(self):
        self.assertTrue(self.allows(last_day=date(2026, 3, 11)))
        self.assertFalse(self.allows(last_day=date(2026, 3, 10)))

    def test_days_that_follow_each_other_are_one_span(self):
        self.assertEqual(day_spans({0, 1, 2, 3, 4}), [(0, 4)])
        self.assertEqual(day_spans({0, 1, 3, 4, 5}), [(0, 0), (1, 1), (3, 5)])
        self.assertEqual(day_spans({6, 0}), [(0, 0), (6, 6)])
        self.assertEqual(day_spans(set()), [])

    def test_a_place_is_held_for_some_hours_and_never_into_the_last_one(self):
        self.assertEqual(hold_until(START - 10 * HOUR, START, 4), START - 6 * HOUR)
        self.assertEqual(hold_until(START - 3 * HOUR, START, 4), START - HOUR)
        self.assertIsNone(hold_until(START - HOUR, START, 4))
        self.assertIsNone(hold_until(START + HOUR, START, 4))
