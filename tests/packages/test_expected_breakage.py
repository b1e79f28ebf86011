"""Expected breakage: revenue in proportion to use, trued up by what happens. The rows of docs/books.md."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.expiry import ExpiryCase


@tagged("post_install", "-at_install")
class TestExpectedBreakage(ExpiryCase):
    """Ten credits for 1,200, of which a fifth is expected to stay unused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package.write({"recognises_breakage": True, "breakage_percent": 20.0})

    def night(self):
        """Let the run that recognises, and then the one that releases, do their work."""
        self.run_expiry()
        self.release()

    def used(self, credits):
        lot = self.sell()
        for _number in range(credits):
            self.visit()
        self.night()
        return lot

    def assertRecognised(self, lot, recognised, value):
        """Check what of the open value is revenue already, and that the books and all proofs say so."""
        self.assertEqual((lot.value_recognised, lot.value_open), (recognised, value))
        self.release()
        self.assertBooksAgree()
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})
        self.assertEqual(self.balance(self.liability), -self.currency.round(value - recognised))

    # === THE BOOKS === #

    def test_in_proportion_to_what_is_used(self):
        lot = self.used(0)
        self.assertRecognised(lot, 0.0, 1200.0)
        for used, recognised in ((1, 30.0), (2, 60.0), (3, 90.0), (4, 120.0)):
            self.visit()
            self.night()
            self.assertRecognised(lot, recognised, 1200.0 - 120 * used)
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (-480.0, -120.0))

    def test_a_visit_is_worth_what_was_paid_for_it_whatever_is_expected(self):
        lot = self.used(4)
        self.visit()
        self.assertEqual(lot.move_ids.filtered(lambda it: it.kind == "use").mapped("value"), [-120.0] * 5)

    def test_all_that_was_expected_to_be_used_is(self):
        lot = self.used(8)
        self.assertRecognised(lot, 240.0, 240.0)
        self.assertEqual(self.balance(self.liability), 0.0)

    def test_more_is_used_than_was_expected(self):
        lot = self.used(8)
        self.visit()
        self.assertRecognised(lot, 120.0, 120.0)
        self.visit()
        self.assertRecognised(lot, 0.0, 0.0)
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (-1200.0, 0.0))

    def test_the_rest_expires(self):
        self.package.validity_months = 1
        lot = self.used(4)
        self.assertRecognised(lot, 120.0, 720.0)
        self.travel(days=60)
        self.night()
        self.assertRecognised(lot, 0.0, 0.0)
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (-480.0, -720.0))

    def test_a_visit_is_undone(self):
        lot = self.used(2)
        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)], limit=1)
        event.attendance = "cancelled"
        self.night()
        self.assertRecognised(lot, 30.0, 1080.0)

    def test_the_unused_are_refunded(self):
        lot = self.used(4)
        self.credit_note(lot.invoice_id, quantity=0.6)
        self.assertRecognised(lot, 0.0, 0.0)

    def test_some_are_refunded(self):
        lot = self.used(4)
        self.credit_note(lot.invoice_id, quantity=0.4)
        self.night()
        # 4 of 6 are used: 0.2 / 0.8 x 4 / 2 of what is open.
        self.assertRecognised(lot, 120.0, 240.0)

    def test_another_estimate_holds_from_the_next_night_on(self):
        lot = self.used(4)
        self.package.breakage_percent = 50.0
        self.night()
        self.assertRecognised(lot, 480.0, 720.0)
        self.package.recognises_breakage = False
        self.night()
        self.assertRecognised(lot, 0.0, 720.0)
        self.assertEqual(self.balance(self.breakage), 0.0)

    def test_what_waits_for_payment_waits_for_it_too(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.visit()
        self.unpay(invoice)
        lot = self.lot_of(invoice)
        self.assertEqual(lot.state, "pending")
        self.night()
        self.assertRecognised(lot, 0.0, 1080.0)
        self.assertTrue(lot.breakage_due)

    def test_off_by_default_and_for_releases_at_the_internal_rate(self):
        self.assertFalse(self.make_package("Another").recognises_breakage)
        self.package.release_method = "internal_rate"
        lot = self.used(2)
        self.assertEqual(lot.value_recognised, 0.0)

    def test_the_roll_forward_has_a_line_of_its_own(self):
        self.used(4)
        day = self.today()
        rows = self.env["practice.roll.forward"]._report_rows(self.company, day - timedelta(days=30), day)
        [row] = [row for row in rows if row["package_id"] == self.package.id and row["account_id"]]
        self.assertEqual((row["breakage_value"], row["used_value"], row["closing_value"]), (-120.0, -480.0, 600.0))
        self.assertEqual(row["difference"], 0.0)

    def test_running_again_changes_nothing(self):
        lot = self.used(4)
        moves = lot.move_ids
        self.night()
        lot.breakage_due = True
        self.night()
        self.assertEqual(lot.move_ids, moves)

    # === WHAT HISTORY SAYS === #

    def test_history_needs_enough_purchases_that_have_ended(self):
        self.package.validity_months = 1
        patients = [self.make_patient(f"Patient {number}") for number in range(20)]
        for patient in patients:
            self.sell(patient, quantity=0.5)
        self.plan(patients[0])
        for _number in range(4):
            self.visit(patient=patients[1])
        self.assertEqual(self.package.breakage_history_count, 0)
        self.package.action_use_breakage_history()
        self.assertEqual(self.package.breakage_percent, 20.0)
        self.travel(days=60)
        self.run_expiry()
        self.package.invalidate_recordset()
        # One has a credit that is still planned; 18 expired as a whole, and one with 4 of 5 used.
        self.assertEqual(self.package.breakage_history_count, 19)
        self.sell(patients[2], quantity=0.1)
        self.travel(days=60)
        self.run_expiry()
        self.package.invalidate_recordset()
        self.assertEqual(self.package.breakage_history_count, 20)
        self.package.action_use_breakage_history()
        self.assertAlmostEqual(self.package.breakage_percent, round(100 * (18 * 5 + 1 + 1) / (19 * 5 + 1), 2))
        self.assertIn(
            "Of 96 credits in 20 purchases that have ended, 92 were never used", self.package.breakage_history
        )

    def test_what_does_not_expire_counts_when_nothing_happens_for_two_years(self):
        lot = self.sell(self.make_patient("Long Gone"))
        self.assertEqual(self.package._get_breakage_history(), {})
        self.travel(days=800)
        self.assertEqual(self.package._get_breakage_history(), {self.package: (1, 10, 10)})
        self.plan(lot.partner_id)
        self.assertEqual(self.package._get_breakage_history(), {})

    def test_a_percentage_that_makes_no_sense_is_refused(self):
        for percent in (-1.0, 100.0, 250.0):
            refused = self.assertRaises(IntegrityError)
            with self.subTest(percent), mute_logger("odoo.sql_db"), refused, self.cr.savepoint():
                self.package.breakage_percent = percent
                self.package.flush_recordset()
