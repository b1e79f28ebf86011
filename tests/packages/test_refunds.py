"""Credits are refunded in one step: the credit note, the entries of docs/books.md, and the money, once."""

from unittest.mock import patch

import requests

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.payment_demo.models.payment_transaction import PaymentTransaction as DemoTransaction

from ..common.refunds import RefundPracticeMixin


@tagged("post_install", "-at_install")
class TestRefunds(RefundPracticeMixin, TransactionCase):
    # === WHAT THE DIALOG SAYS === #

    def test_it_proposes_all_that_is_available_and_the_way_it_was_paid(self):
        lot = self.sell_online()
        self.visit()
        self.plan(start=self.at(days=5))
        dialog = self.dialog(lot)
        self.assertEqual((dialog.credits, dialog.amount_paid, dialog.amount_back), (8, 960.0, 960.0))
        self.assertEqual((dialog.method, dialog.amount_returnable), ("provider", 960.0))
        self.assertIn("960.00", dialog.consequence.splitlines()[0])
        self.assertIn("goes back to where it was paid from", dialog.consequence)

    def test_paid_by_hand_it_proposes_a_payment(self):
        dialog = self.dialog(self.sell())
        self.assertEqual((dialog.method, dialog.amount_returnable), ("payment", 0.0))
        self.assertIn(f"from {dialog.journal_id.name} is entered", dialog.consequence)

    def test_the_form_follows_what_is_typed(self):
        lot = self.sell_online()
        form = Form(self.env["practice.credit.refund"].with_context(default_lot_id=lot.id))
        form.credits = 4
        self.assertEqual(form.amount_back, 480.0)
        form.fee = 30
        self.assertEqual((form.amount_total, form.amount_back), (450.0, 450.0))
        form.method = "open"
        self.assertIn("stays open", form.consequence)

    def test_numbers_that_do_not_fit_are_refused(self):
        lot = self.sell_online()
        for vals, words in (
            ({"credits": 0}, "Refund 1 to 10"),
            ({"credits": 11}, "Refund 1 to 10"),
            ({"credits": 2, "fee": 240}, "less than what was paid"),
            ({"credits": 2, "fee": -1}, "less than what was paid"),
            ({"method": "payment", "journal_id": False}, "Choose the bank account"),
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, words):
                self.dialog(lot, **vals).action_refund()
        self.assertLot(lot, available=10, value=1200.0)

    def test_it_is_dated_on_the_day_of_the_practice_in_any_time_zone(self):
        lot = self.sell()
        self.clock.move_to("2026-03-20 23:30:00")  # 00:30 of the 21st in Brussels
        dialog = self.dialog(lot, method="open").with_context(tz="UTC")
        note = self.env["account.move"].browse(dialog.action_refund()["res_id"])
        self.assertEqual(note.date.isoformat(), "2026-03-21")

    # === THE BOOKS === #

    def test_four_of_ten(self):
        lot = self.sell_online()
        note = self.refund(lot, credits=4)
        self.assertEqual(self.entry(note), {self.liability: 480.0, self.receivable(): -480.0})
        self.assertLot(lot, available=6, refunded=4, value=720.0)
        self.assertBooksAgree()

    def test_a_fee_is_revenue_and_the_credits_that_stay_keep_their_value(self):
        lot = self.sell_online()
        note = self.refund(lot, credits=4, fee=25)
        self.assertEqual(self.entry(note), {self.liability: 480.0, self.receivable(): -455.0, self.breakage: -25.0})
        self.assertLot(lot, available=6, refunded=4, value=720.0)
        self.assertEqual(self.returns(note).amount, -455.0)
        self.assertBooksAgree()

    def test_a_fee_is_taxed_like_what_was_sold_and_right_to_the_cent(self):
        for number, included in enumerate(("tax_excluded", "tax_included"), start=1):
            tax = self.make_tax(name=included, price_include_override=included)
            lot = self.sell_online(line={"tax_ids": [Command.set(tax.ids)]})
            note = self.refund(lot, fee=25)
            self.assertEqual(note.amount_total, self.currency.round(lot.invoice_id.amount_total - 25), included)
            self.assertEqual(self.balance(self.breakage), self.currency.round(-20.66 * number))
            self.assertLot(lot, refunded=10, value=0.0)
            self.assertBooksAgree()

    def test_what_is_owed_comes_first(self):
        invoice = self.invoice()
        self.pay_online(invoice, 700.0)
        lot = self.lot_of(invoice)
        dialog = self.dialog(lot)
        self.assertEqual((dialog.amount_total, dialog.amount_settled, dialog.amount_back), (1200.0, 500.0, 700.0))
        note = self.refund(lot)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual((note.amount_residual, self.returns(note).amount), (0.0, -700.0))
        self.assertLot(lot, available=0, refunded=10, value=0.0)
        self.assertBooksAgree()

    def test_a_payment_is_entered(self):
        lot = self.sell()
        note = self.refund(lot, credits=5, journal_id=self.bank.id)
        payment = note.matched_payment_ids
        self.assertEqual((payment.payment_type, payment.amount, payment.journal_id), ("outbound", 600.0, self.bank))
        self.assertIn(note.payment_state, ("paid", "in_payment"))
        self.assertFalse(note.practice_refund_state)
        self.assertBooksAgree()

    def test_the_credit_note_is_e_mailed_unless_somebody_says_no(self):
        lot = self.sell_online()
        self.patient.email = "an@example.com"
        self.assertTrue(self.ask_refund(lot, credits=1).sending_data)
        self.assertFalse(self.ask_refund(lot, credits=1, notify=False).sending_data)

    def test_what_stays_open_pays_the_next_invoice(self):
        note = self.refund(self.sell_online(), method="open", reason="Moves to Ghent")
        self.assertEqual(note.amount_residual, 1200.0)
        self.assertIn("Moves to Ghent", note.ref)
        self.assertFalse(self.returns(note))

    # === THE MONEY === #

    def test_it_goes_back_once(self):
        lot = self.sell_online()
        note = self.refund(lot, credits=4)
        self.assertRecordValues(self.returns(note), [{"amount": -480.0, "state": "done", "operation": "refund"}])
        self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 0.0))
        self.return_money()
        self.assertEqual(len(self.returns(note)), 1)
        with self.assertRaisesRegex(UserError, "was returned"):
            note.action_practice_return_money()
        second = self.refund(lot, credits=6)
        self.assertEqual(self.returns(second).amount, -720.0)
        self.assertEqual(lot.invoice_id.transaction_ids.filtered("amount")[0]._practice_get_returnable(), 0.0)

    def test_it_goes_back_to_a_method_that_was_removed_since(self):
        invoice = self.invoice()
        payment = self.pay_online(invoice, token_id=self.make_token(self.patient).id)
        payment.token_id.active = False
        note = self.refund(self.lot_of(invoice))
        self.assertEqual((note.practice_refund_state, self.returns(note).amount), ("done", -1200.0))

    def test_it_goes_back_to_each_payment(self):
        invoice = self.invoice()
        first, second = self.pay_online(invoice, 500.0), self.pay_online(invoice)
        note = self.refund(self.lot_of(invoice))
        self.assertEqual(
            {it.source_transaction_id: it.amount for it in self.returns(note)}, {first: -500.0, second: -700.0}
        )
        self.assertEqual(note.amount_residual, 0.0)

    def test_what_was_paid_by_hand_cannot_go_back_and_the_dialog_says_it(self):
        invoice = self.invoice()
        self.pay(invoice, 200.0)
        self.pay_online(invoice)
        lot = self.lot_of(invoice)
        self.assertRegex(self.dialog(lot).consequence, r"200\.00\s€ cannot, and stays open")
        note = self.refund(lot)
        self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 200.0))

    def test_a_provider_that_returns_all_or_nothing(self):
        self.method.support_refund = "full_only"
        lot = self.sell_online()
        self.assertEqual(self.dialog(lot, credits=4).amount_returnable, 0.0)
        self.assertEqual(self.dialog(lot).amount_returnable, 1200.0)
        with self.assertRaisesRegex(UserError, "No payment provider"):
            self.dialog(lot, credits=4, method="provider").action_refund()

    def test_a_failure_is_shown_and_tried_again(self):
        lot = self.sell_online()
        note = self.ask_refund(lot)
        self.assertEqual(note.practice_refund_state, "queued")
        self.provider.state = "disabled"
        self.return_money()
        self.assertEqual(note.practice_refund_state, "failed")
        self.assertIn("No payment", note.practice_refund_reason)
        self.assertTrue(note.activity_ids)
        self.assertFalse(self.returns(note))
        self.provider.state = "test"
        note.action_practice_return_money()
        self.return_money()
        self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 0.0))
        self.assertFalse(note.activity_ids)

    def test_what_was_settled_or_withdrawn_meanwhile_is_not_returned(self):
        lot = self.sell_online()
        paid, withdrawn = self.ask_refund(lot, credits=2), self.ask_refund(lot, credits=3)
        self.pay(paid)
        withdrawn.button_draft()
        self.return_money()
        self.assertFalse(self.returns(paid) | self.returns(withdrawn))
        self.assertEqual((paid.practice_refund_state, paid.practice_refund_date), ("done", False))
        withdrawn.action_post()
        self.return_money()
        self.assertEqual((withdrawn.practice_refund_state, self.returns(withdrawn).amount), ("done", -360.0))

    def refuse(self, error):
        """Let the request for the money end in ``error``."""

        def send(transaction):
            raise error

        return patch.object(DemoTransaction, "_send_refund_request", send)

    def test_what_the_provider_refuses_is_kept_in_its_words(self):
        with self.refuse(ValidationError("The card was closed")):
            note = self.refund(self.sell_online())
        self.assertEqual((note.practice_refund_state, note.practice_refund_reason), ("failed", "The card was closed"))
        note.action_practice_return_money()
        self.return_money()
        self.assertEqual(note.practice_refund_state, "done")
        self.assertEqual(self.returns(note).mapped("state"), ["error", "done"])

    def test_without_an_answer_nobody_is_asked_again_by_itself(self):
        error = ValidationError("Could not establish the connection")
        error.__cause__ = requests.exceptions.Timeout()
        for seen in (True, False):
            with self.subTest(seen=seen):
                with self.refuse(error):
                    note = self.refund(self.sell_online())
                self.return_money()
                self.assertEqual(note.practice_refund_state, "unanswered")
                self.assertEqual(self.returns(note).mapped("state"), ["draft"])
                self.assertTrue(note.activity_ids)
                if seen:
                    note.action_practice_money_returned()
                else:
                    note.action_practice_return_money()
                    self.return_money()
                self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 0.0))
                self.assertFalse(note.activity_ids)
                self.assertEqual(self.returns(note).mapped("state"), ["done"] if seen else ["error", "done"])

    # === WHO === #

    def test_who_makes_credit_notes_refunds_and_nobody_else(self):
        lot = self.sell_online()
        for user in (self.employee, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["practice.credit.refund"].with_user(user).create({"lot_id": lot.id})
        note = self.refund(lot)
        for method in ("action_practice_return_money", "action_practice_money_returned"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(note.with_user(self.employee), method)()
