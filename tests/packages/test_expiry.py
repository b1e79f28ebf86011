"""Credits expire, patients are warned before, and expiry can be moved."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.expiry import ExpiryCase
from ..common.practice import TODAY


@tagged("post_install", "-at_install")
class TestExpiry(ExpiryCase):
    def test_validity_counts_from_the_payment(self):
        self.package.validity_months = 24
        invoice = self.invoice()
        self.assertFalse(self.lot_of(invoice).expiry_date)
        self.travel(days=10)
        self.pay(invoice)
        self.assertEqual(self.lot_of(invoice).expiry_date, date(2028, 3, 21))

    def test_without_validity_credits_never_expire(self):
        lot = self.sell()
        self.assertFalse(lot.expiry_date)
        self.travel(days=10000)
        self.run_expiry()
        self.assertLot(lot, available=10)

    def test_on_its_last_day_a_lot_is_still_good(self):
        lot = self.expiring(5)
        self.travel(days=5)
        self.run_expiry()
        self.assertLot(lot, available=10, state="active")

    def test_the_day_after_it_is_written_off_on_its_last_day(self):
        lot = self.expiring(5)
        self.travel(days=6)
        self.run_expiry()
        self.assertLot(lot, available=0, lost=10, value=0.0, state="expired", expired_on=date(2026, 3, 16))
        release = lot.move_ids.release_ids
        self.assertEqual((release.amount, release.date), (1200.0, date(2026, 3, 16)))
        self.assertEqual(release.income_account_id, self.breakage)
        self.assertBooksAgree()

    def test_a_run_that_was_missed_is_caught_up_and_dated_right(self):
        lot = self.expiring(5)
        self.travel(days=60)
        self.run_expiry()
        self.assertEqual(lot.move_ids.release_ids.date, date(2026, 3, 16))

    def test_it_expires_once(self):
        lot = self.expiring(5)
        self.travel(days=6)
        self.run_expiry()
        self.run_expiry()
        self.assertLot(lot, lost=10)
        self.assertEqual(len(lot.move_ids.filtered(lambda move: move.kind == "expire")), 1)

    def test_reserved_credits_stay_for_their_visit(self):
        lot = self.expiring(5)
        event = self.plan(start=self.at(days=5))
        self.travel(days=6)
        self.run_expiry()
        self.assertLot(lot, available=0, reserved=1, lost=9, value=120.0)
        event.attendance = "attended"
        self.assertLot(lot, used=1, lost=9, value=0.0)
        self.assertBooksAgree()

    def test_a_reservation_that_ends_after_expiry_expires_too(self):
        lot = self.expiring(5)
        event = self.plan(start=self.at(days=5))
        self.travel(days=6)
        self.run_expiry()
        event.attendance = "cancelled"
        self.run_expiry()
        self.assertLot(lot, available=0, reserved=0, lost=10, value=0.0, state="expired")
        self.assertBooksAgree()

    def test_pending_credits_do_not_expire(self):
        lot = self.expiring(5)
        self.unpay(lot.invoice_id)
        self.travel(days=6)
        self.run_expiry()
        self.assertLot(lot, available=10, state="pending")

    def test_many_lots_of_several_companies_in_batches(self):
        lots = self.expiring(5) + self.expiring(5) + self.expiring(90)
        self.travel(days=6)
        self.run_expiry()
        self.assertEqual(lots.mapped("state"), ["expired", "expired", "active"])


@tagged("post_install", "-at_install")
class TestExtension(ExpiryCase):
    def test_extending_moves_the_day_and_is_logged(self):
        lot = self.expiring(5)
        lot._extend(TODAY + timedelta(days=50), "Illness")
        self.assertEqual(lot.expiry_date, date(2026, 4, 30))
        self.assertIn("Illness", lot.message_ids[0].body)
        self.plan(start=self.at(days=40))
        self.assertLot(lot, reserved=1)

    def test_extending_to_never(self):
        lot = self.expiring(5)
        lot._extend(False, "Illness")
        self.travel(days=500)
        self.run_expiry()
        self.assertLot(lot, available=10, expiry_date=False)

    def test_an_expired_lot_comes_back_to_life_to_the_cent(self):
        lot = self.expiring(5)
        self.travel(days=6)
        self.run_expiry()
        self.release()
        lot._extend(self.today() + timedelta(days=30), "Illness")
        self.assertLot(lot, available=10, lost=0, value=1200.0, state="active", expired_on=False)
        self.release()
        self.assertEqual((self.balance(self.liability), self.balance(self.breakage)), (-1200.0, 0.0))
        self.assertBooksAgree()

    def test_a_lot_revived_twice_has_its_value_once(self):
        lot = self.expiring(5)
        for _round in range(2):
            self.travel(lot.expiry_date and self.at(days=10))
            self.run_expiry()
            self.assertLot(lot, lost=10, value=0.0)
            lot._extend(self.today() + timedelta(days=3), "Illness")
            self.assertLot(lot, available=10, lost=0, value=1200.0)
        self.assertBooksAgree()

    def test_extending_into_the_past_is_refused(self):
        lot = self.expiring(5)
        with self.assertRaisesRegex(UserError, "today or later"):
            lot._extend(TODAY - timedelta(days=1), "Mistake")

    def test_a_no_show_is_not_revived_with_the_rest(self):
        lot = self.expiring(5)
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        self.travel(days=10)
        self.run_expiry()
        self.assertLot(lot, lost=10)
        lot._extend(self.today() + timedelta(days=30), "Illness")
        self.assertLot(lot, available=9, lost=1, value=1080.0)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestWarnings(ExpiryCase):
    def test_thirty_days_before_and_seven_days_before_once_each(self):
        lot = self.expiring(40)
        self.run_warnings()
        self.assertEqual(len(self.warnings(lot)), 0)
        for days, expected in ((10, 1), (1, 1), (20, 1), (2, 2), (1, 2), (5, 2)):
            self.travel(days=days)
            self.run_warnings()
            self.assertEqual(len(self.warnings(lot)), expected, self.today())

    def test_the_mail_says_how_many_until_when(self):
        lot = self.expiring(20)
        self.run_warnings()
        mail = self.warnings(lot)
        self.assertEqual(mail.recipient_ids, self.patient)
        self.assertIn("10", mail.body_html)
        self.assertIn("03/31/2026", mail.body_html)

    def test_a_lot_that_is_warned_late_gets_the_nearer_warning_only(self):
        lot = self.expiring(5)
        self.run_warnings()
        self.run_warnings()
        self.assertEqual((len(self.warnings(lot)), lot.expiry_warned), (1, 7))

    def test_an_extended_lot_is_warned_anew(self):
        lot = self.expiring(5)
        self.run_warnings()
        lot._extend(TODAY + timedelta(days=60), "Illness")
        self.travel(days=40)
        self.run_warnings()
        self.assertEqual(len(self.warnings(lot)), 2)

    def test_nothing_available_nothing_to_warn_of(self):
        lot = self.expiring(5, quantity=0.1)
        self.plan()
        self.run_warnings()
        self.assertFalse(self.warnings(lot))

    def test_a_patient_without_address_leaves_a_note(self):
        lot = self.expiring(5)
        self.patient.email = False
        self.run_warnings()
        self.assertFalse(self.warnings(lot))
        self.assertIn("no e-mail address", lot.message_ids[0].body)

    def test_a_company_can_switch_warnings_off(self):
        lot = self.expiring(5)
        self.company.practice_expiry_warning = False
        self.run_warnings()
        self.assertFalse(self.warnings(lot))
