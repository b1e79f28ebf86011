from odoo import fields, models


class AccountMoveLine(models.Model):
    """A line whose credits are a gift."""

    _inherit = "account.move.line"

    practice_voucher_ids = fields.One2many(
        "practice.gift.voucher",
        "invoice_line_id",
        string="Gift Voucher",
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly",
    )
