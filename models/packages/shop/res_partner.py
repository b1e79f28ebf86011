from odoo import fields, models


class ResPartner(models.Model):
    """Purchases of one login follow each other."""

    _inherit = "res.partner"

    practice_last_order = fields.Datetime(
        string="Last Purchase on the Portal", readonly=True, copy=False, groups="practice_billing.group_user"
    )
