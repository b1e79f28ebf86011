from odoo import fields, models


class ResCompany(models.Model):
    """How long a gift voucher can be redeemed."""

    _inherit = "res.company"

    practice_voucher_months = fields.Integer(
        string="Gift Vouchers Valid For",
        default=12,
        help="Months from the day of payment in which a gift voucher can be redeemed; 0: without end. Those that are "
        "sold keep what held then.",
    )

    _practice_voucher_months_range = models.Constraint(
        "CHECK (practice_voucher_months BETWEEN 0 AND 120)", "A gift voucher is valid for at most 120 months."
    )
