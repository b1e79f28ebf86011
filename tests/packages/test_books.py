"""Every row of the worked examples about packages, to the cent: the entry, and the lot afterwards."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import TODAY, PracticeCase


@tagged("post_install", "-at_install")
class TestBooks(PracticeCase):
    def spend(self, times, lot, **vals):
        """Let ``times`` visits happen; return what each took out of the lot."""
        values = []
        for _number in range(times):
            before = lot.value_open
            self.visit(**vals)
            values.append(self.currency.round(before - lot.value_open))
        return values

    def sell_and_spend(self):
        """Sell ten credits, of which three are used and one is lost; return the paid invoice."""
        invoice = self.invoice()
        self.pay(invoice)
        self.spend(3, self.lot_of(invoice))
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        return invoice

    def entry_of(self, event):
        """Post what is due and return the entry of this appointment's last release."""
        self.release()
        return event.credit_move_ids.release_ids.sorted("id")[-1:].move_id

    # === SELLING === #

    def test_a_sale_books_to_the_balance_post(self):
        invoice = self.invoice()
        self.assertEntry(invoice, (self.receivable(), 1200.0), (self.liability, -1200.0), date=TODAY)
        self.assertLot(self.lot_of(invoice), total=10, available=10, value=1200.0, value_total=1200.0, state="pending")
        self.assertBooksAgree()

    def test_tax_inside_the_price_is_no_value(self):
        tax = self.make_tax(21.0)
        invoice = self.invoice(price=121.0, line={"tax_ids": [Command.set(tax.ids)]})
        [tax_account] = invoice.line_ids.filtered("tax_line_id").account_id
        self.assertEntry(invoice, (self.receivable(), 121.0), (self.liability, -100.0), (tax_account, -21.0))
        self.assertLot(self.lot_of(invoice), value=100.0)
        self.assertBooksAgree()

    def test_payment_makes_the_credits_available_and_touches_no_value(self):
        lot = self.sell()
        self.assertLot(lot, available=10, reserved=0, value=1200.0, state="active", activation_date=TODAY)
        self.assertBooksAgree()

    def test_planning_reserves_and_books_nothing(self):
        lot = self.sell()
        event = self.plan()
        self.assertLot(lot, available=9, reserved=1, value=1200.0)
        self.assertEqual(event.credit_state, "reserved")
        self.assertFalse(self.env["practice.revenue.release"].search([("credit_move_id.lot_id", "=", lot.id)]))
        self.assertBooksAgree()

    # === USING === #

    def test_a_visit_releases_its_share_on_its_day(self):
        lot = self.sell()
        event = self.visit()
        self.assertLot(lot, available=9, reserved=0, used=1, value=1080.0)
        entry = self.entry_of(event)
        self.assertEntry(
            entry, (self.liability, 120.0), (self.income, -120.0), date=date(2026, 3, 12), partner=self.patient
        )
        self.assertEqual(entry.journal_id, self.misc)
        self.assertBooksAgree()

    def test_a_type_of_two_credits_releases_two_shares(self):
        lot = self.sell()
        self.visit()
        long_type = self.make_type(self.package, package_credits=2)
        event = self.visit(appointment_type=long_type)
        self.assertLot(lot, available=7, used=3, value=840.0)
        self.assertEntry(self.entry_of(event), (self.liability, 240.0), (self.income, -240.0))
        self.assertBooksAgree()

    def test_a_no_show_goes_to_breakage(self):
        lot = self.sell()
        self.spend(3, lot)
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        self.assertLot(lot, available=6, used=3, lost=1, value=720.0)
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.breakage, -120.0))
        self.assertBooksAgree()

    def test_a_late_cancellation_goes_to_breakage_on_the_day_it_is_decided(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=23))
        event.active = False
        self.assertEqual(event.attendance, "late_cancelled")
        self.assertLot(lot, available=9, lost=1, value=1080.0)
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.breakage, -120.0), date=TODAY)
        self.assertBooksAgree()

    def test_a_package_without_breakage_account_uses_the_ledger_account(self):
        self.package.breakage_account_id = False
        self.sell()
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.income, -120.0))

    def test_cancelling_in_time_gives_the_credit_back_and_books_nothing(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=2))
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("cancelled", "returned"))
        self.assertLot(lot, available=10, reserved=0, value=1200.0)
        self.assertBooksAgree()

    # === CREDIT NOTES === #

    def test_a_credit_note_for_four_takes_their_value_back(self):
        invoice = self.sell_and_spend()
        refund = self.credit_note(invoice, quantity=0.4)
        self.assertEntry(refund, (self.liability, 480.0), (self.receivable(), -480.0))
        self.assertLot(self.lot_of(invoice), available=2, used=3, lost=1, refunded=4, value=240.0)
        self.assertBooksAgree()

    def test_a_credit_note_for_more_than_is_unreserved_is_refused_with_the_numbers(self):
        invoice = self.sell_and_spend()
        self.credit_note(invoice, quantity=0.4)
        self.plan()
        with self.assertRaises(UserError) as refused:
            self.credit_note(invoice, quantity=0.3)
        for words in (
            "asks back: 3",
            "Only 1 can go back",
            "of 10, 3 are used",
            "1 lost",
            "4 refunded",
            "1 reserved",
        ):
            self.assertIn(words, str(refused.exception))
        lot = self.lot_of(invoice)
        self.assertLot(lot, available=1, reserved=1, used=3, lost=1, refunded=4, value=240.0)
        self.assertBooksAgree()

    # === EXPIRY === #

    def test_expiry_of_the_rest_goes_to_breakage(self):
        lot = self.sell()
        self.spend(8, lot)
        lot._extend(self.today(), "test")
        self.travel(days=1)
        lot._expire()
        self.assertLot(lot, available=0, used=8, lost=2, value=0.0, state="expired")
        [release] = lot.move_ids.filtered(lambda move: move.kind == "expire").release_ids
        self.release()
        entry = release.move_id
        self.assertEqual(
            sum(entry.line_ids.filtered(lambda line: line.account_id == self.breakage).mapped("balance")), -240.0
        )
        self.assertBooksAgree()

    # === VALUE === #

    def test_three_credits_for_100_end_at_zero(self):
        lot = self.sell(product=self.make_product(self.package, package_credits=3, list_price=100.0))
        self.assertEqual(self.spend(3, lot), [33.33, 33.34, 33.33])
        self.assertLot(lot, value=0.0, used=3, state="used_up")
        self.assertBooksAgree()

    def test_release_at_internal_rate_leaves_the_difference_to_the_last_credit(self):
        self.package.release_method = "internal_rate"
        lot = self.sell()
        self.assertEqual(self.spend(10, lot), [100.0] * 9 + [300.0])
        self.assertBooksAgree()

    def test_release_at_internal_rate_never_goes_below_zero(self):
        self.package.release_method = "internal_rate"
        lot = self.sell(price=800.0)
        self.assertEqual(self.spend(10, lot), [100.0] * 8 + [0.0, 0.0])
        self.assertBooksAgree()

    def test_free_credits_release_nothing(self):
        lot = self.sell(line={"discount": 100.0})
        self.assertLot(lot, value=0.0, available=10, state="active")
        self.assertEqual(self.spend(2, lot), [0.0, 0.0])
        self.assertFalse(lot.move_ids.release_ids)
        self.assertBooksAgree()

    def test_an_invoice_in_dollars_has_its_value_in_euros(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"name": TODAY, "currency_id": dollar.id, "rate": 1.2})
        lot = self.sell(currency_id=dollar.id, price=1200.0)
        self.assertLot(lot, value=1000.0, value_total=1000.0, state="active")
        self.assertEqual(self.spend(1, lot), [100.0])
        self.assertBooksAgree()

    def test_a_line_discount_lowers_the_value(self):
        lot = self.sell(line={"discount": 10.0})
        self.assertLot(lot, value=1080.0)
        self.assertEqual(self.spend(1, lot), [108.0])

    def test_a_package_without_balance_post_is_revenue_at_the_sale(self):
        package = self.make_package("At once", deferred_account_id=False)
        invoice = self.invoice(product=self.make_product(package))
        self.assertEntry(invoice, (self.receivable(), 1200.0), (self.income, -1200.0))
        self.pay(invoice)
        lot = self.lot_of(invoice)
        self.assertLot(lot, available=10, value=0.0, state="active")
        self.visit(appointment_type=self.make_type(package))
        self.assertLot(lot, used=1, value=0.0)
        self.assertFalse(lot.move_ids.release_ids)
        self.assertBooksAgree()

    def test_a_package_without_accounts_books_as_odoo_does(self):
        package = self.make_package(
            "Plain", deferred_account_id=False, income_account_id=False, breakage_account_id=False
        )
        invoice = self.invoice(product=self.make_product(package))
        self.assertEqual(invoice.invoice_line_ids.account_id.internal_group, "income")
        self.assertLot(self.lot_of(invoice), total=10, value=0.0)

    # === IMPORT === #

    def grant(self, value, **vals):
        return self.give(self.patient, origin="import", internal_rate=75.0, value=value, **vals)

    def test_imported_credits_without_entry_have_no_value(self):
        lot = self.grant(0.0)
        self.assertLot(lot, total=5, available=5, value=0.0, state="active", activation_date=TODAY)
        event = self.visit()
        self.assertEqual(event.credit_move_ids.filtered(lambda move: move.kind == "use").production, 75.0)
        self.assertFalse(lot.move_ids.release_ids)
        self.assertBooksAgree()

    def test_imported_credits_with_an_entry_release_their_own_rate(self):
        opening = self.make_account("equity", "PB opening")
        entry = self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "line_ids": [
                    Command.create({"account_id": opening.id, "balance": 375.0}),
                    Command.create({"account_id": self.liability.id, "balance": -375.0}),
                ],
            }
        )
        entry.action_post()
        lot = self.grant(375.0, deferred_account_id=self.liability.id, entry_id=entry.id)
        self.assertLot(lot, available=5, value=375.0)
        self.assertBooksAgree()
        event = self.visit()
        self.assertLot(lot, value=300.0)
        self.assertEntry(self.entry_of(event), (self.liability, 75.0), (self.income, -75.0))
        self.assertBooksAgree()

    # === UNDOING === #

    def test_a_payment_undone_after_two_visits_leaves_value_and_releases(self):
        invoice = self.invoice()
        self.pay(invoice)
        lot = self.lot_of(invoice)
        self.spend(2, lot)
        self.release()
        self.unpay(invoice)
        self.assertLot(lot, available=8, used=2, value=960.0, state="pending")
        self.assertEqual(self.balance(self.income), -240.0)
        with self.assertRaises(UserError):
            self.plan()
        self.assertBooksAgree()

    def test_a_visit_corrected_after_its_release_is_reversed_on_its_day(self):
        lot = self.sell()
        event = self.visit()
        self.release()
        self.travel(days=3)
        event.attendance = "cancelled"
        self.assertLot(lot, available=10, used=0, value=1200.0)
        reversal = self.entry_of(event)
        self.assertEntry(reversal, (self.liability, -120.0), (self.income, 120.0), date=date(2026, 3, 12))
        self.assertBooksAgree()

    def test_a_visit_corrected_on_a_locked_day_is_reversed_today(self):
        lot = self.sell()
        event = self.visit()
        self.release()
        self.travel(days=3)
        self.company.fiscalyear_lock_date = event._practice_get_visit_day() + timedelta(days=1)
        event.attendance = "cancelled"
        self.assertLot(lot, available=10, used=0, value=1200.0)
        self.assertEntry(self.entry_of(event), (self.liability, -120.0), (self.income, 120.0), date=date(2026, 3, 15))
        self.assertBooksAgree()

    def test_a_reversal_takes_back_what_was_booked_and_not_todays_share(self):
        product = self.make_product(self.package, package_credits=3, list_price=100.0)
        lot = self.sell(product=product)
        first = self.visit()
        self.visit()
        first.attendance = "cancelled"
        self.assertLot(lot, available=2, used=1, value=66.66)
        self.assertBooksAgree()

    def test_a_reversal_returns_to_the_account_that_was_booked(self):
        self.sell()
        event = self.visit()
        self.release()
        other = self.make_account("income", "PB other ledger account")
        self.package.income_account_id = other
        event.attendance = "cancelled"
        self.assertEntry(self.entry_of(event), (self.liability, -120.0), (self.income, 120.0))
        self.assertBooksAgree()

    def test_a_changed_balance_post_leaves_sold_credits_where_their_money_is(self):
        self.sell()
        self.package.deferred_account_id = self.make_account("liability_current", "PB new balance post")
        event = self.visit()
        self.assertEntry(self.entry_of(event), (self.liability, 120.0), (self.income, -120.0))
        self.assertBooksAgree()

    def test_the_payer_stands_in_the_ledger_and_the_patient_on_the_release(self):
        employer = self.make_patient("Employer nv", is_company=True)
        self.sell(employer, line={"practice_patient_id": self.patient.id})
        event = self.visit()
        entry = self.entry_of(event)
        self.assertEqual(entry.line_ids.partner_id, employer)
        self.assertEqual(entry.practice_release_ids.patient_id, self.patient)
