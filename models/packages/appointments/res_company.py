from odoo import fields, models


class ResCompany(models.Model):
    """Who marks what has taken place."""

    _inherit = "res.company"

    practice_auto_attend = fields.Boolean(
        string="Attended Automatically",
        default=True,
        help="An appointment counts as attended once it has ended, unless staff marked it otherwise.",
    )
