from odoo import fields, models


class PracticePackage(models.Model):
    """A package says what is paid when credits of it become a larger purchase."""

    _inherit = "practice.package"

    upgrade_rule = fields.Selection(
        [
            ("difference", "The difference of today's prices"),
            ("unused", "The price, less what is unused"),
        ],
        string="Upgrade Costs",
        required=True,
        default="difference",
        tracking=True,
        help="When 5 credits become 10. The difference of today's prices: visits that were had count as some of the "
        "10. The price, less what is unused: 10 new ones, and what was paid for the unused ones goes off the price.",
    )
