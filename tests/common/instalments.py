"""Packages that are paid in parts: € 1,200 for ten credits, in three parts of € 400 on three days."""

from odoo.fields import Command

from .practice import PracticeCase

PARTS = ((33.333333, 0), (33.333333, 30), (33.333334, 60))


class InstalmentsMixin:
    """A payment term in three parts, and what people do with it."""

    @classmethod
    def setup_practice(cls):
        super().setup_practice()
        cls.three_parts = cls.make_term()
        cls.loss = cls.make_account("expense", "PB bad debts")

    @classmethod
    def make_term(cls, name="PB in 3 parts", parts=PARTS):
        lines = [{"value": "percent", "value_amount": percent, "nb_days": days} for percent, days in parts]
        return cls.env["account.payment.term"].create(
            {"name": name, "line_ids": [Command.create(line) for line in lines]}
        )

    def in_parts(self, paid=0, **vals):
        """Sell in three parts, of which ``paid`` are paid; return the lot."""
        invoice = self.invoice(invoice_payment_term_id=self.three_parts.id, **vals)
        lot = self.lot_of(invoice)
        for _part in range(paid):
            self.pay_part(invoice)
        return lot

    def pay_part(self, invoice):
        """Register the payment of the next part, as the dialog proposes it; return the payment."""
        payment = self.pay(invoice)
        self.env.flush_all()  # what begins with a payment begins on its day
        return payment

    def bounce(self, payment):
        """Let a payment be undone: it is reset and cancelled."""
        payment.action_draft()
        payment.action_cancel()

    def lose(self, lot, amount):
        """Write ``amount`` of the invoice of ``lot`` off, by an entry against the loss; return the entry."""
        return self.settle(lot.invoice_id, self.loss, amount)

    def settle(self, invoice, account, amount):
        debt = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled)
        items = ((account, amount), (debt.account_id, -amount))
        lines = [
            {"account_id": of_item.id, "partner_id": invoice.partner_id.id, "balance": balance}
            for of_item, balance in items
        ]
        entry = self.env["account.move"].create(
            {"journal_id": self.misc.id, "date": self.today(), "line_ids": [Command.create(line) for line in lines]}
        )
        entry.action_post()
        (debt + entry.line_ids.filtered(lambda line: line.account_type == "asset_receivable")).reconcile()
        return entry

    def take_back(self, lots, **vals):
        """Take unpaid credits back as the dialog does; return the documents."""
        before = self.env["account.move"].search([])
        self.env["practice.credit.take.back"].with_context(default_lot_ids=lots.ids).create(vals).action_take_back()
        return self.env["account.move"].search([]) - before


class InstalmentsCase(InstalmentsMixin, PracticeCase):
    """A test in one transaction."""
