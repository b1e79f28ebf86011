"""Which room an appointment gets, without a database."""

import unittest
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.rooms import is_free, place, take

from ..common.rules import thorough

DAY = datetime(2026, 3, 11)


def at(hour):
    return DAY + timedelta(hours=hour)


spans = st.tuples(st.integers(0, 22), st.integers(1, 4)).map(lambda it: (at(it[0]), at(it[0] + it[1])))
room_lists = st.lists(st.sampled_from("AB"), unique=True)


class TestPlacing(unittest.TestCase):
    free = {"A": [(at(8), at(18))], "B": [(at(8), at(12))]}

    def place(self, *visits):
        numbered = [(number, at(begins), at(ends), rooms) for number, (begins, ends, rooms) in enumerate(visits)]
        return place(numbered, self.free)

    def test_the_first_that_is_free_is_taken(self):
        self.assertEqual(self.place((9, 10, "AB"), (9, 10, "AB"), (9, 10, "AB")), {0: "A", 1: "B"})
        self.assertEqual(self.place((9, 10, "BA"), (10, 11, "BA")), {0: "B", 1: "B"}, "one after the other")

    def test_a_room_that_is_closed_for_part_of_it_is_not_free(self):
        self.assertEqual(self.place((11, 13, "BA")), {0: "A"})
        self.assertEqual(self.place((11, 13, "B")), {})

    def test_what_is_given_is_not_changed(self):
        before = {room: list(spans) for room, spans in self.free.items()}
        self.place((9, 10, "A"))
        self.assertEqual(self.free, before)

    def test_what_is_taken_is_cut_out(self):
        self.assertEqual(take([(at(8), at(12))], at(9), at(10)), [(at(8), at(9)), (at(10), at(12))])
        self.assertEqual(take([(at(8), at(12))], at(7), at(9)), [(at(9), at(12))])
        self.assertEqual(take([(at(8), at(9)), (at(9), at(10))], at(8), at(10)), [])
        self.assertTrue(is_free([(at(8), at(9))], at(8), at(9)))

    @thorough
    @given(st.lists(st.tuples(spans, room_lists), max_size=8), st.lists(spans, max_size=2))
    def test_no_two_are_ever_in_one_room_and_each_is_where_it_may_be(self, wanted, open_spans):
        free = {"A": take([(at(0), at(30))], at(12), at(13)), "B": open_spans[:1]}
        visits = [(number, *span, rooms) for number, (span, rooms) in enumerate(wanted)]
        placed = place(visits, free)
        for number, (span, rooms) in enumerate(wanted):
            if number not in placed:
                continue
            room = placed[number]
            self.assertIn(room, rooms)
            self.assertTrue(is_free(free[room], *span))
            for other, (theirs, _rooms) in enumerate(wanted):
                if other < number and placed.get(other) == room:
                    self.assertTrue(theirs[1] <= span[0] or span[1] <= theirs[0])
