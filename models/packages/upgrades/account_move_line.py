from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """A line that upgrades a purchase gives what was agreed then, not what its product gives."""

    _inherit = "account.move.line"

    practice_upgraded_line_id = fields.Many2one(
        "account.move.line",
        string="Upgrades",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line of the purchase whose unused credits and value go into this one.",
    )
    practice_upgraded_credits = fields.Integer(
        string="Credits After the Upgrade",
        readonly=True,
        copy=False,
        help="Whole credits that this line gives, with those that were unused.",
    )
    practice_upgraded_had = fields.Integer(
        string="Credits Had Before",
        readonly=True,
        copy=False,
        help="Whole credits of what this line sells that were used, or planned, of the purchase that it upgrades.",
    )

    @api.depends("practice_upgraded_credits")
    def _compute_practice_sale(self):
        result = super()._compute_practice_sale()
        # Asked of lines that sell something only: each journal item that anybody makes comes by here.
        for line in self.filtered("practice_package_id").filtered("practice_upgraded_credits"):
            line.practice_credits_per_unit = line.practice_upgraded_credits
        return result

    def write(self, vals):
        """Refuse to change what an upgrade agreed to: it is written once, when it is made."""
        agreed = {"practice_upgraded_line_id", "practice_upgraded_credits", "practice_upgraded_had"}
        if agreed & vals.keys() and not self.env.su:
            raise UserError(self.env._("What an upgrade gives was agreed to when it was made, and stays."))
        return super().write(vals)

    def _practice_is_agreed(self):
        """An upgrade stays what was agreed to, whatever the product sells when it is posted again."""
        return bool(self.practice_upgraded_line_id) or super()._practice_is_agreed()
