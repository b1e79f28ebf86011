import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ....tools.collection import RETRY_DAYS, parse_retry_days


class ResCompany(models.Model):
    """Where a company books its subscriptions, and how patient it is."""

    _inherit = "res.company"

    practice_subscription_journal_id = fields.Many2one(
        "account.journal",
        string="Subscription Journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        check_company=True,
        help="Where invoices of subscriptions are numbered. Empty means the company's first sales journal.",
    )
    practice_grace_days = fields.Integer(
        string="Days of Grace",
        default=14,
        help="Days after which a subscription with an overdue invoice is suspended.",
    )

    practice_trial_warning_days = fields.Integer(
        string="Trial Reminder",
        default=7,
        help="Days before the end of a trial from which the organisation is told, by e-mail and on the portal.",
    )
    practice_retry_days = fields.Char(
        string="Retry Failed Payments",
        default=RETRY_DAYS,
        help="Days to wait after each failure before the saved payment method is charged again. After the last attempt "
        "the subscription is past due. Empty: it is charged once.",
    )
    practice_send_receipts = fields.Boolean(
        string="Payment Receipts",
        default=True,
        help="E-mail the organisation when an invoice was collected automatically.",
    )
    practice_webhook_url = fields.Char(
        string="Webhook",
        groups="base.group_system",
        help="Address that is told when the state of a subscription changes, with a signed POST that is repeated until "
        "it is taken.",
    )
    practice_webhook_secret = fields.Char(
        string="Webhook Secret",
        groups="base.group_system",
        copy=False,
        help="The receiver checks with it that a message comes from here: X-Practice-Signature is the HMAC-SHA256 of "
        "the body.",
    )

    _practice_trial_warning_not_negative = models.Constraint(
        "CHECK (practice_trial_warning_days >= 0)", "The reminder of a trial cannot come after its end."
    )

    @api.constrains("practice_retry_days")
    def _check_practice_retry_days(self):
        for company in self:
            try:
                company._get_retry_days()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%s is not a list of days. Write up to ten numbers from 1 to 60, for example: 3, 5, 7",
                        company.practice_retry_days,
                    )
                ) from error

    @api.constrains("practice_webhook_url", "practice_webhook_secret")
    def _check_practice_webhook(self):
        for company in self.sudo():  # sudo: whoever may write them
            url = company.practice_webhook_url
            if url and not re.match(r"https?://[^\s/]+", url):
                raise ValidationError(self.env._("%s is not an address: it begins with https://", url))
            if url and len(company.practice_webhook_secret or "") < 16:
                raise ValidationError(
                    self.env._("The webhook needs a secret of at least 16 characters, which its receiver knows too.")
                )

    def _get_retry_days(self):
        """Return the days to wait after the first failed payment, the second, and so on."""
        self.ensure_one()
        return parse_retry_days(self.practice_retry_days)

    def _get_subscription_journal(self):
        """Return the journal of subscription invoices.

        :raises UserError: when the company has no sales journal
        """
        self.ensure_one()
        journal = self.practice_subscription_journal_id or self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self), ("type", "=", "sale")], limit=1
        )
        if not journal:
            raise UserError(
                self.env._("%s has no sales journal for subscriptions. Choose one in the settings.", self.name)
            )
        return journal
