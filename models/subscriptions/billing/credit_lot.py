from odoo import fields, models


class PracticeCreditLot(models.Model):
    """Credits that a membership gives: they come with its invoice, and can be used when that is paid."""

    _inherit = "practice.credit.lot"

    origin = fields.Selection(selection_add=[("plan", "Plan")], ondelete={"plan": "cascade"})

    def _is_invoiced(self):
        return self.origin == "plan" or super()._is_invoiced()
