from odoo import models


class PaymentTransaction(models.Model):
    """A payment notices that it is done, and tells the purchase on the portal."""

    _inherit = "payment.transaction"

    def _post_process(self):
        """Let late payments find their purchase, and tell of those that came twice; Odoo posts and pays the rest."""
        transactions_sudo = self.sudo()  # sudo: whoever may process a payment
        new = transactions_sudo.filtered(
            lambda tx: tx.state == "done" and tx.operation != "refund" and not tx.payment_id
        )
        orders = new.invoice_ids.filtered("practice_buyer_id")
        orders._practice_revive_orders()
        paid_before = orders.filtered(lambda order: order._practice_get_order_state() == "paid")
        result = super()._post_process()
        paid_before._practice_report_paid_twice()
        return result
