"""Who pays for a seat and who takes over a paid one, with the examples of the design; no database is needed."""

import unittest
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.seats import Licence, Seat, newcomers, seats_on

from ..common.rules import (
    can_all_sit,
    every_day,
    licences_of,
    licences_on,
    people_on,
    seats_of_a_period,
    thorough,
    walk,
)

FIRST, LAST = date(2026, 1, 15), date(2026, 2, 14)
AN, BERT, CARLA, DIRK, ELS, FIEN = range(1, 7)


def day(month, number):
    return date(2026, month, number)


def seat(person, date_from=FIRST, date_to=None, kind="standard", student_until=None, number=None):
    return Seat(number or person, person, kind, date_from, date_to, student_until)


def student(person, date_from=FIRST, date_to=None, **vals):
    return seat(person, date_from, date_to, "student", **vals)


def charged(seats, until=LAST, licences=None):
    """Return ``(person, kind, day)`` of those who found no paid seat free."""
    licences = licences_on(seats, FIRST) if licences is None else licences
    return [(it.person, kind, start) for it, kind, start in newcomers(licences, seats, FIRST, until)]


class TestWhoCounts(unittest.TestCase):
    def test_the_first_and_the_last_day_count(self):
        seats = [seat(AN, day(1, 20), day(1, 25))]
        there = [it for it in every_day(FIRST, LAST) if seats_on(seats, it)]
        self.assertEqual(there, every_day(day(1, 20), day(1, 25)))

    def test_a_seat_without_an_end_counts_for_ever(self):
        self.assertIn(AN, seats_on([seat(AN)], date(9999, 12, 31)))

    def test_a_person_with_two_seats_counts_once_by_the_seat_that_began_first(self):
        seats = [seat(AN, day(1, 20), number=1), student(AN, day(1, 18), day(1, 25), number=2)]
        self.assertEqual(seats_on(seats, day(1, 25)), {AN: (seats[1], "student")})
        self.assertEqual(seats_on(seats, day(1, 26)), {AN: (seats[0], "standard")})

    def test_a_student_is_standard_from_the_day_after_the_proof(self):
        carla = student(CARLA, student_until=day(2, 28))
        self.assertEqual(carla.kind_on(day(2, 28)), "student")
        self.assertEqual(carla.kind_on(day(3, 1)), "standard")

    def test_a_student_without_an_end_of_the_proof_stays_one(self):
        self.assertEqual(student(CARLA).kind_on(date(2099, 1, 1)), "student")

    def test_an_end_of_a_proof_makes_nobody_a_student(self):
        self.assertEqual(seat(AN, student_until=day(2, 28)).kind_on(day(2, 1)), "standard")

    def test_a_seat_that_ends_before_it_begins_never_counts(self):
        self.assertEqual(seats_on([seat(AN, day(1, 20), day(1, 19))], day(1, 20)), {})

    @thorough
    @given(seats_of_a_period(), st.integers(-15, 45))
    def test_everybody_is_found_once_with_the_rate_of_the_day(self, drawn, number):
        first, _last, seats = drawn
        self.assertEqual(seats_on(seats, first + timedelta(days=number)), people_on(seats, first + timedelta(number)))


class TestNewcomers(unittest.TestCase):
    """The examples; on the first day An and Bert are there, and Carla, a student."""

    def test_dirk_who_joins_pays_from_that_day_and_els_takes_berts_seat_for_nothing(self):
        seats = [seat(AN), seat(BERT, date_to=day(2, 1)), student(CARLA), seat(DIRK, day(1, 25)), seat(ELS, day(2, 5))]
        self.assertEqual(charged(seats), [(DIRK, "standard", day(1, 25))])

    def test_a_seat_is_free_from_the_day_after_its_last(self):
        seats = [seat(AN, date_to=day(2, 4)), seat(DIRK, day(2, 4))]
        self.assertEqual(charged(seats), [(DIRK, "standard", day(2, 4))])
        self.assertEqual(charged([seat(AN, date_to=day(2, 4)), seat(DIRK, day(2, 5))]), [])

    def test_a_freed_student_seat_does_not_serve_a_standard_practitioner(self):
        seats = [seat(AN), student(CARLA, date_to=day(2, 1)), seat(ELS, day(2, 5))]
        self.assertEqual(charged(seats), [(ELS, "standard", day(2, 5))])

    def test_a_freed_student_seat_serves_a_student(self):
        seats = [seat(AN), student(CARLA, date_to=day(2, 1)), student(ELS, day(2, 5))]
        self.assertEqual(charged(seats), [])

    def test_a_freed_standard_seat_serves_a_student(self):
        self.assertEqual(charged([seat(AN, date_to=day(2, 1)), student(ELS, day(2, 5))]), [])

    def test_a_student_takes_a_students_seat_first(self):
        seats = [
            seat(AN, date_to=day(2, 1)),
            student(CARLA, date_to=day(2, 1)),
            student(ELS, day(2, 5)),
            seat(6, day(2, 6)),
        ]
        self.assertEqual(charged(seats), [])

    def test_a_student_leaves_a_standard_seat_to_others_when_a_students_seat_is_free(self):
        # One standard and one student are there at most, and exactly these two are paid.
        seats = [
            seat(AN, date_to=day(1, 25)),
            student(CARLA, date_to=day(1, 31)),
            student(DIRK, day(1, 26)),
            seat(ELS, day(2, 5)),
        ]
        self.assertEqual(charged(seats), [])

    def test_on_one_day_the_order_of_entry_does_not_decide_what_is_paid(self):
        for first, second in ((5, 6), (6, 5)):
            seats = [
                seat(AN, date_to=day(1, 25)),
                student(DIRK, day(2, 5), number=first),
                seat(ELS, day(2, 5), number=second),
            ]
            self.assertEqual(charged(seats), [(DIRK, "student", day(2, 5))])

    def test_joining_and_leaving_within_a_period_is_paid_once_and_serves_the_next(self):
        seats = [seat(AN), seat(DIRK, day(1, 20), day(1, 22)), seat(ELS, day(1, 25), day(1, 26)), seat(FIEN, day(2, 1))]
        self.assertEqual(charged(seats), [(DIRK, "standard", day(1, 20))])

    def test_who_comes_back_sits_down_again_for_nothing(self):
        seats = [seat(AN, date_to=day(1, 20)), seat(AN, day(1, 25), number=9)]
        self.assertEqual(charged(seats), [])

    def test_who_comes_back_to_a_seat_that_was_taken_pays(self):
        seats = [seat(AN, date_to=day(1, 20)), seat(BERT, day(1, 22)), seat(AN, day(1, 25), number=9)]
        self.assertEqual(charged(seats), [(AN, "standard", day(1, 25))])

    def test_a_student_who_comes_back_as_standard_pays_whoever_came_in_between(self):
        seats = [student(CARLA, date_to=day(1, 20)), seat(CARLA, day(1, 25), number=9)]
        self.assertEqual(charged(seats), [(CARLA, "standard", day(1, 25))])
        seats = [seat(AN), *seats, student(DIRK, day(1, 22), day(1, 23))]
        self.assertEqual(charged(seats), [(CARLA, "standard", day(1, 25))])

    def test_a_student_whose_proof_ends_keeps_the_seat_until_the_period_ends(self):
        self.assertEqual(charged([seat(AN), student(CARLA, student_until=day(1, 31))]), [])

    def test_a_student_who_comes_after_the_proof_has_ended_pays_as_standard(self):
        seats = [seat(AN), student(CARLA, day(2, 1), student_until=day(1, 31))]
        self.assertEqual(charged(seats), [(CARLA, "standard", day(2, 1))])

    def test_who_was_there_on_the_first_day_and_not_billed_pays_from_the_first_day(self):
        self.assertEqual(charged([seat(AN, day(1, 1))], licences=()), [(AN, "standard", FIRST)])

    def test_who_comes_after_the_last_day_looked_at_is_left_for_later(self):
        seats = [seat(AN), seat(DIRK, day(1, 25)), seat(ELS, day(2, 5))]
        self.assertEqual(charged(seats, until=day(1, 24)), [])
        self.assertEqual(charged(seats, until=day(1, 25)), [(DIRK, "standard", day(1, 25))])

    def test_until_before_the_period_finds_nobody(self):
        self.assertEqual(charged([seat(AN)], until=day(1, 14), licences=()), [])

    def test_nobody_at_all_is_nobody(self):
        self.assertEqual(charged([], licences=()), [])
        self.assertEqual(charged([], licences=(Licence(1, AN, "standard", FIRST, 39.0),)), [])

    def test_a_paid_seat_whose_person_was_removed_afterwards_serves_others(self):
        licences = (Licence(1, AN, "standard", FIRST, 39.0),)
        self.assertEqual(charged([seat(BERT, day(1, 20))], licences=licences), [])

    def test_a_seat_that_is_not_paid_any_more_serves_whom_it_was_billed_for_and_nobody_else(self):
        unpaid = (Licence(DIRK, DIRK, "standard", FIRST, 39.0, paid=False),)
        self.assertEqual(charged([seat(DIRK)], licences=unpaid), [])
        people = [seat(DIRK, date_to=day(1, 24)), seat(ELS, day(1, 25))]
        self.assertEqual(charged(people, licences=unpaid), [(ELS, "standard", day(1, 25))])

    def test_who_leaves_a_seat_that_is_not_paid_and_comes_back_pays(self):
        unpaid = (Licence(DIRK, DIRK, "standard", FIRST, 39.0, paid=False),)
        people = [seat(DIRK, date_to=day(1, 24)), seat(DIRK, day(1, 27), number=9)]
        self.assertEqual(charged(people, licences=unpaid), [(DIRK, "standard", day(1, 27))])

    def test_a_paid_seat_serves_beside_one_that_is_not(self):
        licences = (
            Licence(DIRK, DIRK, "standard", FIRST, 39.0, paid=False),
            Licence(AN, AN, "standard", FIRST, 39.0),
        )
        people = [seat(DIRK), seat(AN, date_to=day(1, 24)), seat(ELS, day(1, 25))]
        self.assertEqual(charged(people, licences=licences), [])

    def test_a_billed_seat_that_was_moved_to_a_free_one_serves_others(self):
        # Dirk paid from 25 January; Bert turns out to have left on the 20th and Dirk to have come on the 22nd.
        seats = [seat(AN), seat(BERT, date_to=day(1, 20)), seat(DIRK, day(1, 22)), seat(ELS, day(1, 28))]
        licences = (*licences_on(seats, FIRST), Licence(DIRK, DIRK, "standard", day(1, 25), 39.0))
        self.assertEqual(charged(seats, licences=licences), [])


class TestAnySeats(unittest.TestCase):
    """Whatever people do, compared with a walk through the period day by day."""

    @thorough
    @given(seats_of_a_period())
    def test_who_is_charged_is_who_finds_no_place_when_all_are_tried(self, drawn):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        walked = [row for _day, _people, _places, rows in walk(licences, seats, first, last) for row in rows]
        self.assertEqual(newcomers(licences, seats, first, last), walked)

    @thorough
    @given(seats_of_a_period())
    def test_after_the_additions_everybody_has_a_place_that_serves_him_on_every_day(self, drawn):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        additions = licences_of(newcomers(licences, seats, first, last))
        for _day, people, places, missing in walk((*licences, *additions), seats, first, last):
            self.assertEqual(missing, [])
            self.assertTrue(can_all_sit(people, places))

    @thorough
    @given(seats_of_a_period())
    def test_nobody_is_charged_whom_the_people_present_do_not_need(self, drawn):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        paid = Counter(kind for _seat, kind, _day in newcomers(licences, seats, first, last))
        for _day, people, places, rows in walk(licences, seats, first, last):
            paid.subtract(kind for _seat, kind, _day in rows)
            for _seat, kind, _day in rows:
                less = list(places)
                less.remove(kind)
                self.assertFalse(can_all_sit(people, less))
        self.assertFalse(any(paid.values()))

    @thorough
    @given(seats_of_a_period(kinds=("standard",)))
    def test_of_one_kind_as_many_are_paid_as_are_there_on_the_fullest_day(self, drawn):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        fullest = max(len(people_on(seats, it)) for it in every_day(first, last))
        self.assertEqual(len(licences) + len(newcomers(licences, seats, first, last)), fullest)

    @thorough
    @given(seats_of_a_period())
    def test_billing_twice_charges_nothing_more(self, drawn):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        additions = licences_of(newcomers(licences, seats, first, last))
        self.assertEqual(newcomers((*licences, *additions), seats, first, last), [])

    @thorough
    @given(seats_of_a_period(), st.lists(st.integers(-3, 370), max_size=5))
    def test_billing_in_instalments_charges_the_same_as_at_once(self, drawn, cuts):
        first, last, seats = drawn
        licences = licences_on(seats, first)
        at_once = newcomers(licences, seats, first, last)
        bit_by_bit = []
        for cut in sorted({min(first + timedelta(days=number), last) for number in cuts} | {last}):
            bit_by_bit += newcomers((*licences, *licences_of(bit_by_bit)), seats, first, cut)
        self.assertEqual(bit_by_bit, at_once)

    @thorough
    @given(seats_of_a_period(), st.randoms(use_true_random=False))
    def test_the_order_in_which_seats_were_entered_does_not_change_what_is_paid(self, drawn, random):
        first, last, seats = drawn
        numbers = [it.id for it in seats]
        random.shuffle(numbers)
        shuffled = [replace(it, id=number) for it, number in zip(seats, numbers, strict=True)]
        random.shuffle(shuffled)
        paid = [
            sorted((kind, start) for _seat, kind, start in newcomers(licences_on(it, first), it, first, last))
            for it in (seats, shuffled)
        ]
        self.assertEqual(*paid)

    @thorough
    @given(seats_of_a_period())
    def test_every_charge_lies_in_the_period_on_a_day_on_which_the_person_is_there(self, drawn):
        first, last, seats = drawn
        for it, kind, start in newcomers(licences_on(seats, first), seats, first, last):
            self.assertTrue(first < start <= last)
            self.assertEqual(people_on(seats, start)[it.person], (it, kind))
