"""Credits are paid by money or by the customer's credit, not by writing them off; unpaid ones are taken back."""

from ast import literal_eval

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import PracticeCase


class UnpaidCase(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loss = cls.make_account("expense", "PB bad debts")

    def receivable(self, *moves):
        lines = self.env["account.move.line"].union(*[move.line_ids for move in moves])
        return lines.filtered(lambda line: line.account_type == "asset_receivable")

    def settle(self, invoice, *items):
        """Settle an invoice by an entry of ``(account, amount)``; return the entry."""
        receivable = self.receivable(invoice)
        lines = [{"account_id": account.id, "balance": amount} for account, amount in items]
        total = sum(amount for _account, amount in items)
        lines.append({"account_id": receivable.account_id.id, "partner_id": invoice.partner_id.id, "balance": -total})
        entry = self.env["account.move"].create(
            {"journal_id": self.misc.id, "date": self.today(), "line_ids": [Command.create(line) for line in lines]}
        )
        entry.action_post()
        lines = self.receivable(invoice, entry)
        lines.filtered(lambda line: line.account_id == receivable.account_id).reconcile()
        return entry

    def write_off(self, invoice):
        return self.settle(invoice, (self.loss, invoice.amount_residual))

    def pay_part(self, invoice, amount):
        """Pay an amount in the payment window and write off the rest there."""
        return self.pay(invoice, amount, payment_difference_handling="reconcile", writeoff_account_id=self.loss.id)

    def take_back(self, lots, **vals):
        """Take credits back as the dialog does; return the documents."""
        before = self.env["account.move"].search([])
        wizard = self.env["practice.credit.take.back"].with_context(default_lot_ids=lots.ids).create(vals)
        self.assertIn(str(sum(lots.mapped("credits_available"))), wizard.consequence)
        wizard.action_take_back()
        return self.env["account.move"].search([]) - before

    def assertPost(self, balance):
        self.assertEqual(-self.balance(self.liability), balance)
        self.assertBooksAgree()
        self.assertFalse(self.env["practice.credit.proof"]._get_keys_with_difference())


@tagged("post_install", "-at_install")
class TestPaid(UnpaidCase):
    def test_a_small_write_off_is_paid(self):
        for paid, state in ((1188.0, "active"), (1187.99, "pending"), (0.01, "pending")):
            with self.subTest(paid):
                invoice = self.invoice()
                self.pay_part(invoice, paid)
                self.assertIn(invoice.payment_state, ("paid", "in_payment"))
                self.assertEqual(self.lot_of(invoice).state, state)
        self.assertPost(3600.0)

    def test_the_practice_says_what_is_small(self):
        self.company.practice_writeoff_percent = 5.0
        invoice = self.invoice()
        self.pay_part(invoice, 1140.0)
        self.assertEqual(self.lot_of(invoice).state, "active")

    def test_an_accountant_is_told_once_and_until_it_is_paid(self):
        self.make_staff()
        invoice = self.invoice()
        self.pay_part(invoice, 0.01)
        self.assertEqual(invoice.activity_ids.user_id, self.accountant)
        self.assertIn("1,199.99", invoice.activity_ids.note.replace("\N{NO-BREAK SPACE}", " "))
        self.unpay(invoice)
        self.pay(invoice)
        self.assertEqual(self.lot_of(invoice).state, "active")
        self.assertFalse(invoice.activity_ids)

    def test_a_bad_debt_pays_nothing(self):
        invoice = self.invoice()
        self.write_off(invoice)
        self.assertEqual(invoice.payment_state, "paid")
        lot = self.lot_of(invoice)
        self.assertEqual((lot.state, lot.amount_due, lot.amount_written_off), ("pending", 0.0, 1200.0))
        self.assertTrue(invoice.activity_ids)
        with self.assertRaises(UserError):
            self.plan()

    def test_with_its_tax(self):
        tax = self.make_tax(21.0)
        product = self.make_product(self.package, name="Taxed", list_price=1210.0, taxes_id=[Command.set(tax.ids)])
        invoice = self.invoice(product=product)
        tax_account = tax.invoice_repartition_line_ids.account_id
        self.settle(invoice, (self.loss, 1000.0), (tax_account, 210.0))
        self.assertEqual(self.lot_of(invoice).state, "pending")

    def test_money_in_an_entry_pays(self):
        cash = self.make_account("asset_cash", "PB till")
        insurer = self.make_account("asset_receivable", "PB insurers", reconcile=True)
        for account in (cash, insurer, self.outstanding):
            invoice = self.invoice()
            self.settle(invoice, (account, 1200.0))
            self.assertEqual(self.lot_of(invoice).state, "active")

    def test_a_discount_for_paying_early_was_agreed(self):
        self.company.account_journal_early_pay_discount_loss_account_id = self.make_account("expense", "PB early")
        term = self.env["account.payment.term"].create(
            {
                "name": "PB 2 % in 8 days",
                "early_discount": True,
                "discount_percentage": 2.0,
                "discount_days": 8,
                "early_pay_discount_computation": "included",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100.0, "nb_days": 30})],
            }
        )
        invoice = self.invoice(invoice_payment_term_id=term.id)
        self.pay(invoice)
        self.assertEqual(sum(invoice.matched_payment_ids.mapped("amount")), 1176.0)
        self.assertEqual(self.lot_of(invoice).state, "active")

    def test_the_credit_of_another_invoice_pays(self):
        first = self.invoice()
        self.pay(first)
        note = self.env["account.move"].browse(self.lot_of(first).action_refund_rest()["res_id"])
        note.action_post()
        second = self.invoice()
        self.receivable(note, second).reconcile()
        self.assertEqual((second.payment_state, second.amount_residual), ("reversed", 0.0))
        self.assertEqual(self.lot_of(second).state, "active")
        self.visit()
        self.release()
        self.assertPost(1080.0)


@tagged("post_install", "-at_install")
class TestTakenBack(UnpaidCase):
    def test_what_was_written_off_leaves_the_balance_post(self):
        invoice = self.invoice()
        self.write_off(invoice)
        lot = self.lot_of(invoice)
        entry = self.take_back(lot)
        self.assertEqual(entry.move_type, "entry")
        self.assertLot(lot, available=0, refunded=10, value=0.0, state="cancelled")
        self.assertPost(0.0)
        self.assertEqual((self.balance(self.loss), self.balance(self.income)), (0.0, 0.0))
        with self.assertRaisesRegex(UserError, "sell them again"):
            entry.button_draft()
        with self.assertRaisesRegex(UserError, "sell them again"):
            entry._reverse_moves()

    def test_what_is_owed_is_credited_and_settled(self):
        invoice = self.invoice()
        lot = self.lot_of(invoice)
        note = self.take_back(lot)
        self.assertEqual((note.move_type, note.amount_total, note.amount_residual), ("out_refund", 1200.0, 0.0))
        self.assertEqual((invoice.payment_state, invoice.amount_residual), ("reversed", 0.0))
        self.assertLot(lot, refunded=10, value=0.0, state="cancelled")
        self.assertPost(0.0)

    def test_two_packages_of_one_invoice_have_one_credit_note(self):
        lines = [Command.create({"product_id": self.product.id}) for _line in range(2)]
        invoice = self.invoice(invoice_line_ids=lines)
        note = self.take_back(self.lot_of(invoice))
        self.assertEqual((len(note), note.amount_total, invoice.amount_residual), (1, 2400.0, 0.0))
        self.assertPost(0.0)

    def test_many_at_once_each_in_its_way(self):
        owed, lost = self.invoice(), self.invoice()
        self.write_off(lost)
        moves = self.take_back(self.lot_of(owed) + self.lot_of(lost))
        self.assertEqual(sorted(moves.mapped("move_type")), ["entry", "out_refund"])
        self.assertPost(0.0)

    def test_the_visits_that_were_had_stay_owed(self):
        invoice = self.invoice()
        self.pay(invoice)
        self.visit()
        self.visit()
        self.unpay(invoice)
        self.release()
        self.take_back(self.lot_of(invoice))
        self.assertEqual(invoice.amount_residual, 240.0)
        self.assertLot(self.lot_of(invoice), used=2, refunded=8, value=0.0, state="used_up")
        self.assertPost(0.0)

    def test_after_a_discount_line(self):
        lines = [
            Command.create({"product_id": self.product.id}),
            Command.create({"name": "Discount", "price_unit": -120.0, "tax_ids": [Command.clear()]}),
        ]
        for lose in (False, True):
            invoice = self.invoice(invoice_line_ids=lines)
            if lose:
                self.write_off(invoice)
            self.take_back(self.lot_of(invoice))
            self.assertEqual(invoice.amount_residual, 0.0)
            self.assertPost(0.0)

    def test_paid_and_reserved_credits_are_refused(self):
        invoice = self.invoice()
        self.pay(invoice)
        with self.assertRaisesRegex(UserError, "Refund what is paid"):
            self.lot_of(invoice)._take_back_unpaid(self.today(), self.loss)
        self.plan()
        self.unpay(invoice)
        with self.assertRaisesRegex(UserError, "Cancel those first"):
            self.lot_of(invoice)._take_back_unpaid(self.today(), self.loss)

    def test_the_loss_account_is_asked_for(self):
        invoice = self.invoice()
        self.write_off(invoice)
        with self.assertRaisesRegex(UserError, "Choose the account"):
            self.lot_of(invoice)._take_back_unpaid(self.today(), self.loss.browse())

    def test_the_list_is_by_age(self):
        old = self.invoice(invoice_date_due="2026-01-31")
        self.invoice()
        self.assertEqual(self.lot_of(old).days_overdue, 39)
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action_unpaid")
        self.assertIn(self.lot_of(old), self.env["practice.credit.lot"].search(literal_eval(action["domain"])))
        old.invoice_date_due = "2026-02-15"
        self.assertEqual(str(self.lot_of(old).due_date), "2026-02-15")
