from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.collection import RETRY_DAYS, parse_retry_days


class ResCompany(models.Model):
    """How patiently a company collects."""

    _inherit = "res.company"

    practice_retry_days = fields.Char(
        string="Retry Failed Payments",
        default=RETRY_DAYS,
        help="Days to wait after each failure before the saved payment method is charged again. After the last attempt "
        "a subscription is past due, and the parts of a package are not charged any more. Empty: it is charged once.",
    )
    practice_send_receipts = fields.Boolean(
        string="Payment Receipts",
        default=True,
        help="E-mail who pays when an invoice, or a part of it, was collected automatically.",
    )

    @api.constrains("practice_retry_days")
    def _check_practice_retry_days(self):
        for company in self:
            try:
                company._practice_get_retry_days()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%s is not a list of days. Write up to ten numbers from 1 to 60, for example: 3, 5, 7",
                        company.practice_retry_days,
                    )
                ) from error

    def _practice_get_retry_days(self):
        """Return the days to wait after the first failed payment, the second, and so on."""
        self.ensure_one()
        return parse_retry_days(self.practice_retry_days)
