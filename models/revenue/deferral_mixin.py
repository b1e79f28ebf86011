from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PracticeDeferralMixin(models.AbstractModel):
    """Something sold in advance: its money waits on a balance post until the service is given.

    Who inherits it has a ``company_id``.
    """

    _name = "practice.deferral.mixin"
    _description = "Sold in Advance"

    income_account_id = fields.Many2one(
        "account.account",
        string="Ledger Account",
        domain="[('account_type', 'in', ('income', 'income_other')), ('company_ids', 'parent_of', company_id)]",
        ondelete="restrict",
        check_company=True,
        help="Revenue: where the money goes once the service is given.",
    )
    deferred_account_id = fields.Many2one(
        "account.account",
        string="Balance Post",
        domain="[('account_type', 'in', ('liability_current', 'liability_non_current')), "
        "('reconcile', '=', False), ('company_ids', 'parent_of', company_id)]",
        ondelete="restrict",
        check_company=True,
        help="Liability: where the money waits until the service is given. "
        "Without a balance post the sale is revenue at once.",
    )
    breakage_account_id = fields.Many2one(
        "account.account",
        domain="[('account_type', 'in', ('income', 'income_other')), ('company_ids', 'parent_of', company_id)]",
        ondelete="restrict",
        check_company=True,
        help="Revenue of what is paid and never used: expired credits, no-shows, late cancellations. "
        "Empty means the ledger account.",
    )

    @api.constrains("income_account_id", "breakage_account_id")
    def _check_revenue_accounts(self):
        """Refuse what the forms do not offer: money that is released to another debt would never be revenue."""
        for record in self:
            for account in record.income_account_id | record.breakage_account_id:
                if account.internal_group != "income":
                    raise ValidationError(
                        self.env._(
                            "%(account)s cannot be the revenue of %(name)s: choose an account of the type income.",
                            account=account.display_name,
                            name=record.display_name,
                        )
                    )

    @api.constrains("income_account_id", "deferred_account_id")
    def _check_accounts(self):
        for record in self:
            if not record.deferred_account_id:
                continue
            if not record.income_account_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s has a balance post but no ledger account: its money could never become revenue. "
                        "Choose the ledger account as well.",
                        name=record.display_name,
                    )
                )
            if record.deferred_account_id.internal_group != "liability":
                raise ValidationError(
                    self.env._(
                        "The balance post of %(name)s has to be a liability; %(account)s is not.",
                        name=record.display_name,
                        account=record.deferred_account_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._remember_balance_posts()
        return records

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"deferred_account_id", "company_id"}:
            self._remember_balance_posts()
        return result

    def _remember_balance_posts(self):
        """Keep the balance posts of these records in the proof, also when they get others."""
        self.env["practice.balance.post"]._remember(
            (record.company_id, record.deferred_account_id) for record in self if record.deferred_account_id
        )

    # === BUSINESS METHODS === #

    def _get_breakage_account(self):
        """Return the account that takes the value of what is never used."""
        return self.breakage_account_id or self.income_account_id
