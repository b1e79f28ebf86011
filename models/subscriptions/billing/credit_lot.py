from odoo import fields, models
from odoo.exceptions import UserError


class PracticeCreditLot(models.Model):
    """Credits that a membership gives: they come with its invoice, and can be used when that is paid."""

    _inherit = "practice.credit.lot"

    origin = fields.Selection(selection_add=[("plan", "Plan")], ondelete={"plan": "cascade"})

    def _is_invoiced(self):
        return self.origin == "plan" or super()._is_invoiced()

    def _check_transferable(self, receiver, payer):
        if self.origin == "plan":
            raise UserError(
                self.env._(
                    "%s are credits of a membership: they come with it, and go with it. Share them with the other "
                    "patient instead.",
                    self.display_name,
                )
            )
        return super()._check_transferable(receiver, payer)
