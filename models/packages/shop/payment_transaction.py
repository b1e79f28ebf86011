from odoo import api, fields, models


class PaymentTransaction(models.Model):
    """A payment notices that it begins and that it is done, and tells the purchase on the portal."""

    _inherit = "payment.transaction"

    @api.model
    def _practice_begin(self, vals):
        # sudo: whoever may begin a payment
        invoices_sudo = self.sudo().new({"invoice_ids": vals.get("invoice_ids")}).invoice_ids._origin
        for order_sudo in invoices_sudo.filtered("practice_buyer_id"):
            # Here the loser of two requests is sent back, before a provider is asked.
            order_sudo.practice_payment_started = fields.Datetime.now()
            order_sudo.flush_recordset()
            order_sudo.transaction_ids._practice_check_none_is_live()
        return super()._practice_begin(vals)

    def _post_process(self):
        # Before Odoo posts and pays the invoices, those of late payments have to be open; after it, all look paid.
        paid_before = self._practice_get_paid_orders_sudo()._practice_expect_payment()
        result = super()._post_process()
        paid_before._practice_report_paid_twice()
        return result

    def _practice_get_paid_orders_sudo(self):
        """Return the purchases that these transactions pay, and that Odoo has not paid with them yet."""
        transactions_sudo = self.sudo()  # sudo: whoever may process a payment
        new = transactions_sudo.filtered(
            lambda tx: tx.state == "done" and tx.operation != "refund" and not tx.payment_id
        )
        return new.invoice_ids.filtered("practice_buyer_id")
