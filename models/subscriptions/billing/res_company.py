from odoo import fields, models
from odoo.exceptions import UserError


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
    practice_unbilled_account_id = fields.Many2one(
        "account.account",
        string="Invoices to Be Made",
        domain="[('account_type', '=', 'asset_current'), ('company_ids', 'parent_of', id)]",
        check_company=True,
        help="Where the entry of what is not billed at a date books what organisations owe.",
    )

    def _practice_get_subscription_journal(self):
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
