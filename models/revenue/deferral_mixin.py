from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

#: What charts of accounts call the account of income that is invoiced in advance, the best one first.
DEFERRED_INCOME = (
    "deferred income", "deferred revenue", "unearned", "over te dragen opbrengst", "vooruitontvangen",
    "vooruit ontvangen", "vooruit gefactureerd", "produits à reporter", "produits constatés d'avance",
    "invoiced amounts in advance", "income in advance",
)  # fmt: skip

#: Where it has a number of its own, whatever it is called: Belgium.
DEFERRED_CODES = {"BE": "493"}


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

    proposed_account = fields.Char(
        compute="_compute_proposed_account",
        help="The account that the company uses already, or that its chart has for income that is invoiced in advance.",
    )

    @api.depends("company_id", "deferred_account_id")
    def _compute_proposed_account(self):
        """Name a balance post where there is none: with its code, or else what such an account is called."""
        for record in self:
            account = not record.deferred_account_id and record._propose_deferred_account()
            name = account and account.with_context(practice_codes=True).display_name
            record.proposed_account = name or self.env._("deferred income")

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

    # === PROPOSALS === #

    @api.onchange("company_id")
    def _onchange_company_accounts(self):
        """Propose the accounts of something new; whoever fills in the form can choose others, or none."""
        if not self._origin:
            of_company = self.env["account.account"]._check_company_domain(self.company_id)
            if not self.deferred_account_id.filtered_domain(of_company):
                self.deferred_account_id = self._propose_deferred_account()
            if not self.income_account_id.filtered_domain(of_company):
                self.income_account_id = self._propose_income_account()

    def _propose_deferred_account(self):
        """Return the account that proposes itself as the balance post: what the company uses, else by its chart."""
        company = self.company_id or self.env.company
        used = Domain("company_id", "=", company.id) & Domain("deferred_account_id.active", "=", True)
        last = self.search(used, order="id desc", limit=1)
        return last.deferred_account_id or self._find_deferred_income(company)

    @api.model
    def _find_deferred_income(self, company):
        """Return the account that the chart of ``company`` has for income that is invoiced in advance, if any.

        Never one that Odoo reconciles or that taxes are booked to: what waits there would not be what was sold.
        """
        accounts = self.env["account.account"].with_company(company)
        fits = Domain("account_type", "=", "liability_current") & Domain("reconcile", "=", False)
        fits &= Domain(accounts._check_company_domain(company))
        # Odoo's own setting, where an app that is installed has it.
        if "deferred_revenue_account_id" in company._fields:
            chosen = company.sudo().deferred_revenue_account_id  # sudo: a setting of the company
            if account := chosen.sudo(False).filtered_domain(fits):
                return account
        taxes_sudo = self.env["account.tax.repartition.line"].sudo()  # sudo: which accounts hold taxes
        taxes_sudo = taxes_sudo.search([("company_id", "parent_of", company.id), ("account_id", "!=", False)])
        accounts = accounts.search(fits & Domain("id", "not in", taxes_sudo.account_id.ids), order="code, id")
        number = DEFERRED_CODES.get(company.account_fiscal_country_id.code)
        by_number = accounts.filtered(lambda it: number and (it.code or "").startswith(number))
        names = {
            account: f"{account.name} {account.with_context(lang='en_US').name}".casefold() for account in accounts
        }
        by_name = (account for word in DEFERRED_INCOME for account in accounts if word in names[account])
        return by_number[:1] or next(by_name, accounts.browse())

    def _propose_income_account(self):
        """Return the account of the last one that the company made, else the one of a new product."""
        company = self.company_id or self.env.company
        used = Domain("company_id", "=", company.id) & Domain("income_account_id.active", "=", True)
        if last := self.search(used, order="id desc", limit=1):
            return last.income_account_id
        product = self.env["product.template"].with_company(company).new()
        account = product._get_product_accounts()["income"]
        return account.filtered(lambda it: it.account_type in ("income", "income_other"))

    def _has_namesake(self):
        """Return whether something else of the kind in the company has the name that this gets."""
        self.ensure_one()
        same = Domain("name", "=ilike", escape_psql(self.name or "")) & Domain("id", "!=", self._origin.id)
        return bool(self.name and self.search_count(same & Domain("company_id", "=", self.company_id.id), limit=1))

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

    def _check_mapped_accounts(self, deferred, position):
        """Refuse a sale whose fiscal position maps the accounts of this to such that the forms would not offer.

        What waits among revenue is proved by nothing, and what is released to another debt never becomes revenue.

        :param deferred: the balance post of the sale, as ``position`` maps it
        :raises UserError: with what has to be corrected
        """
        self.ensure_one()
        revenue = [position.map_account(account) for account in self.income_account_id | self._get_breakage_account()]
        words = {"position": position.display_name, "name": self.display_name}
        if deferred.internal_group != "liability":
            raise UserError(
                self.env._(
                    "The fiscal position %(position)s lets the money of %(name)s wait on %(account)s, which is no "
                    "liability. Correct the account mapping of the fiscal position, or choose another one.",
                    account=deferred.display_name,
                    **words,
                )
            )
        for account in revenue:
            if account.internal_group != "income":
                raise UserError(
                    self.env._(
                        "The fiscal position %(position)s would release the money of %(name)s to %(account)s, which "
                        "is no revenue. Correct the account mapping of the fiscal position, or choose another one.",
                        account=account.display_name,
                        **words,
                    )
                )
