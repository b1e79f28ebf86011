from odoo import fields, models


class ResCompany(models.Model):
    """How long before another price organisations are told of it."""

    _inherit = "res.company"

    practice_price_notice_days = fields.Integer(
        string="Announce New Prices",
        default=30,
        help="Days before the first invoice at another price, at which the organisation is told. 0: nobody is told.",
    )
    _practice_price_notice_not_negative = models.Constraint(
        "CHECK (practice_price_notice_days >= 0)", "A price cannot be announced after it holds."
    )
