from odoo import api, models


class PracticeCreditLot(models.Model):
    """Credits of a sale order follow the payment of its down payments too."""

    _inherit = "practice.credit.lot"

    @api.model
    def _get_down_payment_paths(self, name):
        """Return the path to a field of the down payments of the order, when Sales is there."""
        order_fields = self.env["account.move.line"]._practice_get_order_fields()
        return [f"invoice_id.invoice_line_ids.{field}.invoice_lines.move_id.{name}" for field in order_fields]

    @api.depends(lambda self: self._get_down_payment_paths("payment_state"))
    def _compute_is_paid(self):
        return super()._compute_is_paid()

    @api.depends(lambda self: self._get_down_payment_paths("amount_residual"))
    def _compute_credits_paid(self):
        return super()._compute_credits_paid()

    @api.depends(lambda self: ["state", *self._get_down_payment_paths("amount_residual_signed")])
    def _compute_payment(self):
        return super()._compute_payment()
