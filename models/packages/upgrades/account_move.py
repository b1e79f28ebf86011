from odoo import models


class AccountMove(models.Model):
    """An invoice that upgrades a purchase was paid in part before: by the unused credits that it takes back."""

    _inherit = "account.move"

    def _practice_is_paid_in_parts(self):
        """What the unused credits bring along can be planned with at once, the rest when it is paid."""
        return (self.state == "posted" and self._practice_is_upgrade()) or super()._practice_is_paid_in_parts()

    def _practice_get_prepaid(self):
        before, unpaid = super()._practice_get_prepaid()
        if self._practice_is_upgrade():
            taken_back = self.invoice_line_ids.filtered(lambda line: line.practice_sold_line_id and line.quantity < 0)
            before -= sum(taken_back.mapped("price_total"))
        return before, unpaid

    def _practice_is_upgrade(self):
        self.ensure_one()
        return self.move_type == "out_invoice" and bool(self.invoice_line_ids.practice_upgraded_line_id)
