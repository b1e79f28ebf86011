from odoo import models


class PracticeCreditLot(models.Model):
    """Refund credits in one step: the credit note, and the money."""

    _inherit = "practice.credit.lot"

    def action_practice_refund(self):
        """Open the dialog that shows what goes back before it does."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_refund_action")
        return {**action, "context": {"default_lot_id": self.id}}
