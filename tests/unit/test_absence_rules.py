"""Who stands in for a practitioner who is away."""

from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.practice_billing.tools.absences import Visit, propose_colleagues
from odoo.addons.practice_billing.tools.slots import Busy

DAY = datetime(2026, 3, 11)


def at(hour, minute=0):
    return DAY + timedelta(hours=hour, minutes=minute)


def visit(key, begins, colleagues=("bo",), hours=1, buffer=0):
    buffers = (timedelta(minutes=buffer), timedelta(minutes=buffer))
    return Visit(key, at(begins), at(begins + hours), *buffers, tuple(colleagues))


@tagged("post_install", "-at_install")
class TestColleagues(BaseCase):
    work = {"bo": [(at(9), at(12)), (at(13), at(17))], "cy": [(at(9), at(17))]}

    def propose(self, *visits, busy=None, work=None):
        return propose_colleagues(visits, work or self.work, busy or {})

    def test_who_works_and_is_free_is_proposed(self):
        self.assertEqual(self.propose(visit(1, 9)), {1: "bo"})

    def test_who_does_not_work_all_of_the_time_is_not(self):
        for begins in (8, 11.5, 12, 16.5):
            with self.subTest(begins=begins):
                self.assertEqual(self.propose(visit(1, begins)), {})

    def test_who_is_busy_is_not_but_what_only_touches_does_not_matter(self):
        self.assertEqual(self.propose(visit(1, 10), busy={"bo": [Busy(at(10, 30), at(11))]}), {})
        around = [Busy(at(9), at(10)), Busy(at(11), at(12))]
        self.assertEqual(self.propose(visit(1, 10), busy={"bo": around}), {1: "bo"})

    def test_the_buffer_stays_free(self):
        self.assertEqual(self.propose(visit(1, 10, buffer=10), busy={"bo": [Busy(at(9), at(10))]}), {})
        after = Busy(at(9), at(10), after=timedelta(minutes=10))
        self.assertEqual(self.propose(visit(1, 10), busy={"bo": [after]}), {})
        self.assertEqual(self.propose(visit(1, 9, buffer=10), visit(2, 10)), {1: "bo"}, "also of one just proposed")

    def test_nobody_gives_two_at_once(self):
        self.assertEqual(self.propose(visit(1, 9), visit(2, 9.5)), {1: "bo"})
        self.assertEqual(self.propose(visit(1, 9), visit(2, 9.5, ("bo", "cy"))), {1: "bo", 2: "cy"})

    def test_the_work_is_shared(self):
        both = ("bo", "cy")
        proposed = self.propose(visit(3, 11, both), visit(1, 9, both), visit(2, 10, both))
        self.assertEqual(proposed, {1: "bo", 2: "cy", 3: "bo"})

    def test_what_was_given_is_not_changed(self):
        busy = {"bo": []}
        self.propose(visit(1, 9), busy=busy)
        self.assertEqual(busy, {"bo": []})
