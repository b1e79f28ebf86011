"""Every door by which an invoice is posted, paid, unpaid, credited or withdrawn, and what the credits make of it."""

from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common.practice import TODAY, PracticeCase


@tagged("post_install", "-at_install")
class TestPosting(PracticeCase):
    def test_a_draft_gives_no_credits(self):
        self.assertFalse(self.lot_of(self.invoice(post=False)))

    def test_posting_gives_pending_credits(self):
        lot = self.lot_of(self.invoice())
        self.assertLot(lot, total=10, available=10, state="pending", origin="invoice", partner_id=self.patient)
        self.assertFalse(lot.activation_date)

    def test_two_units_give_twice_the_credits(self):
        self.assertLot(self.lot_of(self.invoice(quantity=2)), total=20, value=2400.0)

    def test_two_lines_give_two_lots(self):
        invoice = self.invoice(post=False)
        invoice.invoice_line_ids = [Command.create({"product_id": self.product.id, "quantity": 0.5})]
        invoice.action_post()
        self.assertEqual(sorted(self.lot_of(invoice).mapped("credits_total")), [5, 10])
        self.assertBooksAgree()

    def test_pending_credits_cannot_be_planned(self):
        self.invoice()
        with self.assertRaisesRegex(UserError, "1 credit needed, 0 available .*10 waiting for payment"):
            self.plan()

    def test_without_a_date_it_is_of_the_day_of_the_practice_and_not_due_before(self):
        """Whoever posts it has a time zone of their own, or none: a patient on the portal, a run."""
        for zone, moment, day in (
            ("Europe/Brussels", "2026-03-11 23:30:00", date(2026, 3, 12)),
            ("America/Curacao", "2026-03-12 01:30:00", date(2026, 3, 11)),
        ):
            self.company.practice_tz = zone
            self.travel("2026-03-10 09:00:00")
            draft = self.invoice(post=False, invoice_date=False).with_context(tz="UTC")
            self.travel(moment)
            for invoice in (draft, self.invoice(post=False, invoice_date=False).with_context(tz="UTC")):
                with self.subTest(zone, drafted=invoice.create_date):
                    self.assertEqual(invoice._post(), invoice)
                    self.assertEqual((invoice.invoice_date, invoice.date, invoice.state), (day, day, "posted"))
                    self.assertGreaterEqual(invoice.invoice_date_due, day)
                    due = invoice.line_ids.filtered("date_maturity").date_maturity
                    self.assertEqual(due, invoice.invoice_date_due)

    def test_the_terms_of_the_customer_say_when_it_is_due(self):
        self.patient.property_payment_term_id = self.env.ref("account.account_payment_term_30days")
        self.travel("2026-03-11 23:30:00")
        invoice = self.invoice(post=False, invoice_date=False)
        invoice.with_context(tz="UTC").action_post()
        self.assertEqual(invoice.invoice_date_due, date(2026, 4, 11))

    def test_the_form_of_an_invoice_sells_a_package(self):
        with Form(self.env["account.move"].with_context(default_move_type="out_invoice")) as form:
            form.partner_id = self.patient
            with form.invoice_line_ids.new() as line:
                line.product_id = self.product
        invoice = form.save()
        self.assertEqual(invoice.invoice_line_ids.account_id, self.liability)
        invoice.action_post()
        self.assertLot(self.lot_of(invoice), total=10, value=1200.0)

    def test_a_copied_invoice_gives_credits_of_its_own(self):
        invoice = self.invoice()
        copy = invoice.copy({"invoice_date": TODAY})
        self.assertFalse(self.lot_of(copy))
        copy.action_post()
        self.assertNotEqual(self.lot_of(copy), self.lot_of(invoice))
        self.assertLot(self.lot_of(copy), total=10)
        self.assertBooksAgree()

    def test_invoices_posted_together_each_give_their_credits(self):
        invoices = self.invoice(post=False) + self.invoice(post=False, quantity=2)
        invoices.action_post()
        self.assertEqual(invoices.practice_lot_ids.mapped("credits_total"), [10, 20])

    def test_a_receipt_sells_like_an_invoice(self):
        receipt = self.invoice(move_type="out_receipt")
        self.pay(receipt)
        self.assertLot(self.lot_of(receipt), total=10, state="active", value=1200.0)
        self.assertBooksAgree()

    def test_a_vendor_bill_of_a_package_product_gives_no_credits(self):
        purchases = self.env["account.journal"].search([("type", "=", "purchase")], limit=1)
        bill = self.invoice(move_type="in_invoice", journal_id=purchases.id)
        self.assertFalse(self.lot_of(bill))

    def test_the_invoice_lists_its_credits(self):
        invoice = self.invoice()
        self.assertEqual(invoice.practice_lot_count, 1)

    # === WHO GETS THEM === #

    def test_the_patient_of_the_line_gets_the_credits_and_not_the_payer(self):
        employer = self.make_patient("Employer nv", is_company=True)
        lot = self.sell(employer, line={"practice_patient_id": self.patient.id})
        self.assertLot(lot, partner_id=self.patient, payer_id=employer)
        self.assertTrue(self.plan())

    def test_by_default_the_contact_itself_gets_the_credits_and_not_its_company(self):
        employer = self.make_patient("Employer nv", is_company=True)
        worker = self.make_patient("Worker", parent_id=employer.id)
        self.assertLot(self.sell(worker), partner_id=worker, payer_id=employer)

    # === HOW MANY === #

    def test_a_quantity_that_gives_no_whole_credits_is_refused_with_the_numbers(self):
        with self.assertRaisesRegex(UserError, "0.25 x .* gives 2.5 credits.*multiple of 1/10"):
            self.invoice(quantity=0.25)

    def test_half_a_unit_of_ten_gives_five(self):
        self.assertLot(self.sell(quantity=0.5), total=5, value=600.0)

    def test_a_third_of_three_gives_one(self):
        product = self.make_product(self.package, package_credits=3, list_price=300.0)
        lot = self.sell(product=product, quantity=1 / 3)
        self.assertLot(lot, total=1)
        self.assertBooksAgree()

    def test_a_pack_of_six_gives_six_times_the_credits(self):
        pack = self.env.ref("uom.product_uom_pack_6")
        self.assertLot(self.sell(line={"product_uom_id": pack.id}), total=60)

    def test_a_negative_quantity_on_an_invoice_takes_credits_back(self):
        lot = self.sell()
        correction = self.invoice(post=False)
        correction.invoice_line_ids = [
            Command.create({"product_id": self.product.id, "quantity": -0.3, "price_unit": 1200.0})
        ]
        correction.action_post()
        self.pay(correction)
        self.assertEqual(sum((lot + self.lot_of(correction)).mapped("credits_available")), 17)
        self.assertBooksAgree()

    # === REFUSALS === #

    def test_a_negative_price_is_refused(self):
        invoice = self.invoice(price=-100.0, post=False)
        invoice.invoice_line_ids = [Command.create({"name": "More", "quantity": 1, "price_unit": 500.0})]
        with self.assertRaisesRegex(UserError, "negative price"):
            invoice.action_post()

    def test_an_archived_package_cannot_be_sold(self):
        invoice = self.invoice(post=False)
        self.product.active = False
        self.package.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            invoice.action_post()

    def test_a_package_of_another_company_cannot_be_sold(self):
        other = self.env["res.company"].create({"name": "PB other"})
        package = self.env["practice.package"].create({"name": "Theirs", "internal_rate": 1.0, "company_id": other.id})
        invoice = self.invoice(product=self.make_product(package), post=False)
        with self.assertRaisesRegex(UserError, "Theirs is a package of PB other"):
            invoice.action_post()

    def test_a_tax_that_would_land_on_the_balance_post_is_refused(self):
        tax = self.make_tax(21.0, account=False)
        with self.assertRaisesRegex(UserError, "PB 21.*no account"):
            self.invoice(line={"tax_ids": [Command.set(tax.ids)]})

    def test_one_bad_line_leaves_nothing_of_the_invoice(self):
        invoice = self.invoice(post=False)
        invoice.invoice_line_ids = [Command.create({"product_id": self.product.id, "quantity": 0.25})]
        with self.assertRaises(UserError), self.cr.savepoint():
            invoice.action_post()
        self.env.invalidate_all()
        self.assertEqual(invoice.state, "draft")
        self.assertFalse(self.lot_of(invoice))

    def test_a_product_of_zero_or_negative_credits_is_refused(self):
        for credits in (0, -1):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
                self.make_product(self.package, package_credits=credits)
                self.env.flush_all()

    def test_a_product_cannot_sell_an_archived_package(self):
        package = self.make_package("Old", active=False)
        with self.assertRaises(ValidationError):
            self.make_product(package)


@tagged("post_install", "-at_install")
class TestPaying(PracticeCase):
    def assertPaid(self, invoice):
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertLot(self.lot_of(invoice), state="active", available=10, activation_date=TODAY)
        self.assertTrue(self.plan())
        self.assertBooksAgree()

    def assertUnpaid(self, invoice):
        self.assertLot(self.lot_of(invoice), state="pending")
        with self.assertRaises(UserError):
            self.plan()
        self.assertBooksAgree()

    def bank_line(self, amount=1200.0):
        return self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": TODAY, "payment_ref": "PB", "amount": amount}
        )

    def reconcile_with(self, line, invoice):
        """Reconcile a bank statement line with an invoice, as the bank's screen does."""
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = self.receivable()
        suspense.partner_id = self.patient
        (suspense + invoice.line_ids.filtered(lambda item: item.account_id == self.receivable())).reconcile()

    # === DOORS IN === #

    def test_paid_by_hand(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.assertPaid(invoice)

    def pay_without_entry(self, invoice):
        """Register a payment that waits for the bank statement, as where an accounting app reconciles it."""
        self.patch(type(self.env["account.move"]), "_get_invoice_in_payment_state", lambda move: "in_payment")
        self.bank.inbound_payment_method_line_ids.payment_account_id = False
        return self.pay(invoice)

    def test_paid_by_hand_without_outstanding_account(self):
        invoice = self.invoice()
        payment = self.pay_without_entry(invoice)
        self.assertFalse(payment.move_id)
        self.assertPaid(invoice)

    def test_paid_by_bank_reconciliation(self):
        invoice = self.invoice()
        self.reconcile_with(self.bank_line(), invoice)
        self.assertPaid(invoice)

    def test_paid_online(self):
        invoice = self.invoice()
        self.pay_online(invoice)
        self.assertPaid(invoice)

    def pay_online(self, invoice):
        provider = self.env["payment.provider"].search([("code", "=", "demo")], limit=1)
        provider.write({"state": "test", "journal_id": self.bank.id})
        method = self.env["payment.method"].search([("code", "=", "demo")], limit=1)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"PB {invoice.name}",
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        transaction._set_done()
        transaction._post_process()
        return transaction

    def test_a_draft_paid_online_is_posted_and_gives_credits(self):
        invoice = self.invoice(post=False)
        self.pay_online(invoice)
        self.assertPaid(invoice)

    def test_an_invoice_of_zero_is_paid_when_it_is_posted(self):
        invoice = self.invoice(price=0.0)
        self.assertPaid(invoice)

    def test_paid_with_a_credit_that_the_patient_had(self):
        advance = self.env["account.payment"].create(
            {"partner_id": self.patient.id, "amount": 1200.0, "journal_id": self.bank.id, "payment_type": "inbound"}
        )
        advance.action_post()
        invoice = self.invoice()
        open_line = advance.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        invoice.js_assign_outstanding_line(open_line.id)
        self.assertPaid(invoice)

    def test_paid_with_a_write_off(self):
        invoice = self.invoice()
        self.pay(
            invoice,
            amount=1190.0,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.make_account("expense", "PB write-off").id,
        )
        self.assertPaid(invoice)

    def test_two_invoices_paid_at_once(self):
        invoices = self.invoice() + self.invoice()
        self.pay(invoices, group_payment=True)
        self.assertEqual(invoices.practice_lot_ids.mapped("state"), ["active", "active"])

    def test_part_of_the_money_leaves_the_credits_pending(self):
        invoice = self.invoice()
        self.pay(invoice, amount=600.0)
        self.assertEqual(invoice.payment_state, "partial")
        self.assertUnpaid(invoice)

    def test_the_second_half_of_the_money_makes_them_available(self):
        invoice = self.invoice()
        self.pay(invoice, amount=600.0)
        self.pay(invoice)
        self.assertPaid(invoice)

    # === DOORS OUT === #

    def test_unreconciling_takes_the_credits_back_to_pending(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.unpay(invoice)
        self.assertUnpaid(invoice)

    def test_cancelling_the_payment_takes_the_credits_back_to_pending(self):
        invoice = self.invoice()
        payment = self.pay(invoice)
        payment.action_draft()
        payment.action_cancel()
        self.assertUnpaid(invoice)

    def test_deleting_the_payment_takes_the_credits_back_to_pending(self):
        invoice = self.invoice()
        payment = self.pay(invoice)
        payment.action_draft()
        payment.unlink()
        self.assertUnpaid(invoice)

    def test_rejecting_a_payment_without_entry_takes_the_credits_back_to_pending(self):
        invoice = self.invoice()
        self.pay_without_entry(invoice).action_reject()
        self.assertUnpaid(invoice)

    def test_undoing_the_bank_reconciliation_takes_the_credits_back_to_pending(self):
        invoice = self.invoice()
        line = self.bank_line()
        self.reconcile_with(line, invoice)
        line.action_undo_reconciliation()
        self.assertUnpaid(invoice)

    def test_a_payment_registered_again_keeps_the_first_day_of_activation(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.unpay(invoice)
        self.travel(days=2)
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), state="active", activation_date=TODAY)

    def test_appointments_planned_before_the_chargeback_stay_and_are_flagged(self):
        invoice = self.invoice()
        self.pay(invoice)
        event = self.plan()
        self.assertFalse(self.is_unpaid(event))
        self.unpay(invoice)
        self.assertTrue(self.is_unpaid(event))
        self.assertEqual(event.credit_state, "reserved")
        self.assertLot(self.lot_of(invoice), reserved=1, available=9)
        self.pay(invoice)
        self.assertFalse(self.is_unpaid(event))


@tagged("post_install", "-at_install")
class TestCreditNotes(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold = cls.env["account.move"]

    def setUp(self):
        super().setUp()
        self.sold = self.invoice()
        self.pay(self.sold)
        self.lot = self.lot_of(self.sold)

    def test_the_whole_invoice(self):
        self.credit_note(self.sold)
        self.assertLot(self.lot, available=0, refunded=10, value=0.0, state="cancelled")
        self.assertBooksAgree()

    def test_an_unpaid_invoice(self):
        unpaid = self.invoice()
        self.credit_note(unpaid)
        self.assertLot(self.lot_of(unpaid), refunded=10, value=0.0, state="cancelled")
        self.assertBooksAgree()

    def test_a_part_without_reservations(self):
        self.credit_note(self.sold, quantity=0.4)
        self.assertLot(self.lot, available=6, refunded=4, value=720.0, state="active")
        self.assertBooksAgree()

    def test_reserved_credits_cannot_go_back(self):
        for days in range(1, 10):
            self.plan(start=self.at(days=days))
        with self.assertRaisesRegex(UserError, "Only 1 can go back.*9 reserved"):
            self.credit_note(self.sold, quantity=0.2)
        self.assertLot(self.lot, available=1, reserved=9, value=1200.0)

    def test_cancelling_the_appointment_first_makes_room(self):
        event = self.plan(start=self.at(days=3))
        event.active = False
        self.credit_note(self.sold)
        self.assertLot(self.lot, refunded=10)

    def test_without_a_link_to_the_invoice_the_newest_lots_are_taken_first(self):
        newer = self.sell()
        refund = self.invoice(move_type="out_refund", quantity=1.2)
        self.assertFalse(refund.reversed_entry_id)
        self.assertLot(newer, refunded=10, available=0, value=0.0)
        self.assertLot(self.lot, refunded=2, available=8, value=960.0)
        self.assertBooksAgree()

    def test_without_a_link_more_than_the_patient_has_is_refused(self):
        with self.assertRaisesRegex(UserError, "asks back: 12.*Only 10 can go back"):
            self.invoice(move_type="out_refund", quantity=1.2)

    def test_a_credit_note_at_another_price_leaves_the_difference_with_what_is_open(self):
        refund = self.credit_note(self.sold, quantity=0.5, post=False)
        refund.invoice_line_ids.price_unit = 1000.0
        refund.action_post()
        self.assertLot(self.lot, available=5, refunded=5, value=700.0)
        self.assertBooksAgree()

    def test_a_credit_note_above_the_value_is_booked_against_revenue(self):
        self.visit()
        refund = self.credit_note(self.sold, quantity=0.9, post=False)
        refund.invoice_line_ids.write({"quantity": 0.9, "price_unit": 1400.0})
        refund.action_post()
        self.assertLot(self.lot, available=0, used=1, refunded=9, value=0.0)
        self.assertBooksAgree()

    def test_a_whole_credit_note_at_a_lower_price_leaves_nothing_on_the_balance_post(self):
        refund = self.credit_note(self.sold, post=False)
        refund.invoice_line_ids.price_unit = 1000.0
        refund.action_post()
        self.assertLot(self.lot, refunded=10, value=0.0)
        self.assertBooksAgree()
        self.release()
        self.assertEqual(self.balance(self.liability), 0.0)

    def test_reset_to_draft_gives_the_credits_back(self):
        refund = self.credit_note(self.sold, quantity=0.4)
        refund.button_draft()
        self.assertLot(self.lot, available=10, refunded=0, value=1200.0, state="active")
        self.assertBooksAgree()

    def test_reset_to_draft_and_posted_for_more(self):
        refund = self.credit_note(self.sold, quantity=0.4)
        refund.button_draft()
        refund.invoice_line_ids.quantity = 0.5
        refund.action_post()
        self.assertLot(self.lot, available=5, refunded=5, value=600.0)
        self.assertBooksAgree()

    def test_cancelled_gives_the_credits_back(self):
        refund = self.credit_note(self.sold)
        refund.button_draft()
        refund.button_cancel()
        self.assertLot(self.lot, available=10, refunded=0, value=1200.0)
        self.assertBooksAgree()

    def test_a_credit_note_without_credits_cannot_bring_the_value_below_zero(self):
        self.credit_note(self.sold, quantity=0.4)
        with self.assertRaises(UserError):
            self.credit_note(self.sold, quantity=0.7)
        self.assertBooksAgree()

    def test_the_reversal_wizard_that_makes_a_new_invoice_gives_new_credits(self):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.sold.ids)
            .create({"journal_id": self.sales.id, "date": TODAY})
        )
        wizard.modify_moves()
        self.assertLot(self.lot, refunded=10, state="cancelled")
        new = self.env["account.move"].browse(wizard.new_move_ids.filtered(lambda m: m.move_type == "out_invoice").ids)
        new.invoice_date = TODAY
        new.action_post()
        self.assertLot(self.lot_of(new), total=10, state="pending")
        self.assertBooksAgree()

    def test_a_credit_note_after_expiry_is_refused_with_the_numbers(self):
        self.lot._extend(TODAY, "test")
        self.travel(days=1)
        self.lot._expire()
        with self.assertRaisesRegex(UserError, "10 lost"):
            self.credit_note(self.sold)


@tagged("post_install", "-at_install")
class TestWithdrawing(PracticeCase):
    def test_reset_to_draft_takes_the_credits(self):
        invoice = self.invoice()
        invoice.button_draft()
        self.assertLot(self.lot_of(invoice), total=0, available=0, value=0.0, value_total=0.0, state="cancelled")
        self.assertBooksAgree()

    def test_a_draft_can_be_changed_and_posted_again(self):
        invoice = self.invoice()
        invoice.button_draft()
        invoice.invoice_line_ids.write({"quantity": 2.0, "price_unit": 1000.0})
        invoice.action_post()
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), total=20, available=20, value=2000.0, value_total=2000.0, state="active")
        self.assertBooksAgree()

    def test_a_draft_can_be_posted_again_for_another_patient(self):
        invoice = self.invoice()
        invoice.button_draft()
        other = self.make_patient("Other")
        invoice.partner_id = other
        invoice.action_post()
        self.assertLot(self.lot_of(invoice), partner_id=other, payer_id=other, available=10)
        self.assertBooksAgree()

    def test_a_draft_can_be_posted_again_for_another_package(self):
        invoice = self.invoice()
        self.pay(invoice)
        invoice.button_draft()
        package = self.make_package("Other package", validity_months=12)
        invoice.invoice_line_ids.product_id = self.make_product(package)
        invoice.action_post()  # Odoo reconciles the payment again
        lot = self.env["practice.credit.lot"].search([("package_id", "=", package.id)])
        self.assertLot(lot, available=10, state="active", expiry_date=date(2027, 3, 11))
        given = lot.move_ids.grouped("package_id")
        self.assertEqual(sum(given[self.package].mapped("credits")), 0)
        self.assertEqual(sum(given[package].mapped("credits")), 10)
        self.assertBooksAgree()

    def test_the_line_of_a_draft_can_be_replaced(self):
        invoice = self.invoice()
        invoice.button_draft()
        invoice.invoice_line_ids = [
            Command.delete(invoice.invoice_line_ids.id),
            Command.create({"product_id": self.product.id, "quantity": 3}),
        ]
        invoice.action_post()
        self.assertEqual(sorted(self.lot_of(invoice).mapped("credits_total")), [0, 30])
        self.assertBooksAgree()

    def test_a_draft_can_be_cancelled(self):
        invoice = self.invoice()
        invoice.button_draft()
        invoice.button_cancel()
        self.assertLot(self.lot_of(invoice), total=0, state="cancelled")
        self.assertBooksAgree()

    def test_a_draft_can_be_deleted(self):
        invoice = self.invoice()
        lot = self.lot_of(invoice)
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertLot(lot, total=0, state="cancelled")
        self.assertBooksAgree()

    def test_a_paid_invoice_can_be_withdrawn_while_nothing_is_used(self):
        invoice = self.invoice()
        self.pay(invoice)
        invoice.button_draft()
        self.assertLot(self.lot_of(invoice), total=0, available=0, value=0.0)
        self.assertBooksAgree()

    def test_an_invoice_with_a_reservation_cannot_be_withdrawn(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.plan()
        with self.assertRaisesRegex(UserError, "invoice gave: 10.*Only 9 can go back.*1 reserved"):
            invoice.button_draft()

    def test_an_invoice_with_a_used_credit_cannot_be_withdrawn(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.visit()
        with self.assertRaisesRegex(UserError, "1 are used"):
            invoice.button_draft()
        with self.assertRaises(UserError):
            invoice.button_cancel()

    def test_an_invoice_with_a_credit_note_cannot_be_withdrawn(self):
        invoice = self.invoice()
        self.credit_note(invoice, quantity=0.4)
        with self.assertRaisesRegex(UserError, "4 refunded"):
            invoice.button_draft()

    def test_marking_an_invoice_as_blocked_makes_its_credits_unusable(self):
        invoice = self.invoice()
        invoice.action_toggle_block_payment()
        self.assertEqual(self.lot_of(invoice).state, "pending")


@tagged("post_install", "-at_install")
class TestInvoiceMail(PracticeCase):
    context = {"no_reset_password": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["mail.template"].create(
            {
                "name": "PB package mail",
                "model_id": cls.env["ir.model"]._get_id("account.move"),
                "subject": "PB your package {{ object.name }}",
                "body_html": "<p>Welcome to the practice</p>",
                "email_from": "practice@example.com",
                "partner_to": "{{ object.partner_id.id }}",
                "report_template_ids": [Command.set(cls.env.ref("account.account_invoices").ids)],
            }
        )
        cls.product.email_template_id = cls.template

    def send(self, invoice):
        """Let the queue send; return the e-mails."""
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        return self.mails(invoice)

    def mails(self, invoice):
        return self.env["mail.mail"].search([("model", "=", "account.move"), ("res_id", "=", invoice.id)])

    def test_posting_queues_and_sends_nothing_at_once(self):
        invoice = self.invoice()
        self.assertTrue(invoice.sending_data)
        self.assertFalse(self.mails(invoice))
        self.assertFalse(invoice.message_ids.filtered(lambda message: "Welcome" in (message.body or "")))

    def test_the_queue_sends_one_mail_with_the_template_of_the_product_and_the_pdf(self):
        invoice = self.invoice()
        self.send(invoice)
        messages = invoice.message_ids.filtered(lambda message: "Welcome to the practice" in (message.body or ""))
        self.assertEqual(len(messages), 1)
        self.assertEqual(messages.subject, f"PB your package {invoice.name}")
        self.assertIn(self.patient, messages.partner_ids | messages.notified_partner_ids)
        self.assertTrue(
            messages.attachment_ids.filtered(
                lambda file: file.mimetype == "application/pdf" or file.name.endswith(".pdf")
            )
        )

    def test_it_is_sent_once(self):
        invoice = self.invoice()
        self.send(invoice)
        self.send(invoice)
        messages = invoice.message_ids.filtered(lambda message: "Welcome to the practice" in (message.body or ""))
        self.assertEqual(len(messages), 1)

    def test_posting_again_after_a_correction_does_not_send_again(self):
        invoice = self.invoice()
        self.send(invoice)
        invoice.button_draft()
        invoice.action_post()
        self.assertFalse(invoice.sending_data)

    def test_a_patient_without_an_address_gets_a_note_on_the_invoice_instead(self):
        self.patient.email = False
        invoice = self.invoice()
        self.assertFalse(invoice.sending_data)
        self.assertIn("no e-mail address", invoice.message_ids[0].body)

    def test_a_product_without_a_template_sends_nothing(self):
        self.product.email_template_id = False
        self.assertFalse(self.invoice().sending_data)

    def test_another_product_with_a_template_is_left_to_odoo(self):
        plain = self.env["product.product"].create({"name": "PB book", "email_template_id": self.template.id})
        invoice = self.invoice(product=plain)
        self.assertFalse(invoice.sending_data)
        self.assertTrue(invoice.message_ids.filtered(lambda message: "Welcome" in (message.body or "")))
