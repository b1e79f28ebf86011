from odoo.tests import tagged

from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestBalance(PracticeCase):
    """What a patient has, in numbers and in words."""

    def read_balances(self, events):
        """Return the balances of appointments in words, and the queries that this took."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        words = events.mapped("credit_balance")
        return words, self.cr.sql_log_count - before

    def test_a_calendar_full_of_appointments_takes_no_more_queries_than_a_few(self):
        events = self.env["calendar.event"]
        for number in range(12):
            patient = self.make_patient(f"Patient {number}")
            self.sell(patient)
            events += self.plan(patient, start=self.at(days=1, hours=number))
        words, few = self.read_balances(events[:3])
        self.assertEqual(words, ["session 1 of 10; 9 left, 1 reserved"] * 3)
        _words, many = self.read_balances(events)
        self.assertEqual(many, few)

    def test_each_package_has_a_balance_of_its_own(self):
        other = self.make_package("Five sessions")
        self.sell()
        self.sell(product=self.make_product(other, package_credits=5))
        first, second = self.plan(), self.plan(appointment_type=self.make_type(other))
        self.assertEqual(first.credit_balance, "session 1 of 10; 9 left, 1 reserved")
        self.assertEqual(second.credit_balance, "session 1 of 5; 4 left, 1 reserved")

    def test_members_of_a_household_see_the_same_balance(self):
        child = self.make_patient("Child")
        lot = self.sell()
        lot.beneficiary_ids = child
        mine, the_child_s = self.plan(), self.plan(child, start=self.at(days=2))
        self.assertEqual(mine.credit_balance, "session 1 of 10; 8 left, 2 reserved")
        self.assertEqual(the_child_s.credit_balance, "session 2 of 10; 8 left, 2 reserved")

    def test_a_lot_shared_by_two_does_not_count_for_a_third(self):
        self.sell().beneficiary_ids = self.make_patient("Child")
        stranger = self.make_patient("Stranger")
        event = self.env["calendar.event"].new(
            {"practice_appointment_type_id": self.type.id, "patient_id": stranger.id, "start": self.at(days=1)}
        )
        self.assertTrue(event.credit_short)
        self.assertEqual(event.credit_balance, "0 left, 0 reserved")

    def test_one_called_off_is_no_session_and_not_short(self):
        self.sell()
        event = self.plan(start=self.at(days=3))
        event.active = False
        self.assertEqual(event.credit_balance, "10 left, 0 reserved")
        self.assertFalse(event.credit_short)
