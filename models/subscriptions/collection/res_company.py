from odoo import fields, models


class ResCompany(models.Model):
    """What pays the invoices of subscriptions first."""

    _inherit = "res.company"

    practice_use_open_credit = fields.Boolean(
        string="Open Credit First",
        default=True,
        help="What an organisation has open in its favour, an overpayment or a credit note, pays the next invoice of "
        "its subscription; only the rest is charged or asked for.",
    )
