from odoo import models


class PracticeCreditLot(models.Model):
    """Refund credits in one step: the credit note, and the money."""

    _inherit = "practice.credit.lot"

    def action_practice_refund(self):
        """Open the dialog that shows what goes back before it does."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_refund_action")
        return {**action, "context": {"default_lot_id": self.id}}

    def _get_payments_sudo(self):
        """Return the payments through a provider by which the invoice of these credits was paid, newest first."""
        # sudo: money of an invoice that the user may read
        transactions_sudo = self.sudo().invoice_id.transaction_ids
        return transactions_sudo.filtered(lambda it: it._practice_get_returnable() > 0).sorted("id", reverse=True)
