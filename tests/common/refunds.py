"""What the tests of refunds share: credits that were paid online, the dialog, and the run that returns money."""

from odoo.fields import Command

from .payments import PaymentMixin
from .practice import PracticeMixin


class RefundMixin(PaymentMixin):
    """Credits that were paid through the provider, and what the dialog and the run do with them."""

    def pay_online(self, invoice, amount=None, **vals):
        """Pay an invoice through the provider, as on the portal; return the transaction."""
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"{invoice.name}-{len(invoice.transaction_ids)}",
                "amount": amount or invoice.amount_residual,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(invoice.ids)],
                **vals,
            }
        )
        self.notify(transaction, "done")
        return transaction

    def sell_online(self, **vals):
        invoice = self.invoice(**vals)
        self.pay_online(invoice)
        return self.lot_of(invoice)

    def dialog(self, lot, **vals):
        return self.env["practice.credit.refund"].create({"lot_id": lot.id, **vals})

    def ask_refund(self, lot, **vals):
        """Refund as the dialog does; return the credit note, whose money waits for the run."""
        return self.env["account.move"].browse(self.dialog(lot, **vals).action_refund()["res_id"])

    def refund(self, lot, **vals):
        """Refund, and let the run return the money; return the credit note."""
        note = self.ask_refund(lot, **vals)
        self.return_money()
        return note

    def return_money(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_return_money").method_direct_trigger()
        self.env.invalidate_all()
        self.env["account.move"]._get_sequence_cache().clear()  # the run took numbers of entries

    def returns(self, note):
        return note.practice_refund_transaction_ids.sorted("id")

    def entry(self, note):
        """Return ``{account: balance}`` of a credit note."""
        lines = note.line_ids.grouped("account_id")
        return {account: self.currency.round(sum(of.mapped("balance"))) for account, of in lines.items()}


class RefundPracticeMixin(RefundMixin, PracticeMixin):
    """A practice whose patients pay through the provider."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.setup_provider()
        return result
