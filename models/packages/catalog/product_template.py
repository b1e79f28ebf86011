from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class ProductTemplate(models.Model):
    """A product that sells credits of a package."""

    _inherit = "product.template"

    package_id = fields.Many2one(
        "practice.package",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Selling this product gives credits of this package.",
    )
    package_credits = fields.Integer(
        string="Credits per Unit",
        default=10,
        tracking=True,
        help="Whole credits that one unit gives: 10 credits at 1,200 make 120 a credit; 2 units give 20.",
    )
    price_per_credit = fields.Monetary(
        compute="_compute_practice_price_per_credit", help="Sales price of one unit divided by its credits."
    )
    practice_lacks_accounts = fields.Boolean(
        compute="_compute_practice_lacks_accounts",
        help="Its package has no balance post or no ledger account: what is sold is revenue at once.",
    )

    practice_lacks_tax = fields.Boolean(
        compute="_compute_practice_lacks_tax",
        help="It sells credits and has no tax: an e-invoice needs one on every line, also where it is 0 %.",
    )

    _package_credits_positive = models.Constraint(
        "CHECK (package_id IS NULL OR package_credits > 0)", "A package product gives at least one credit per unit."
    )

    @api.depends("list_price", "package_credits", "package_id")
    def _compute_practice_price_per_credit(self):
        for product in self:
            credits = product.package_id and product.package_credits
            product.price_per_credit = product.list_price / credits if credits else 0.0

    @api.depends("package_id.deferred_account_id", "package_id.income_account_id")
    def _compute_practice_lacks_accounts(self):
        for product in self:
            package_sudo = product.sudo().package_id  # sudo: whoever sells it need not be able to read packages
            product.practice_lacks_accounts = bool(package_sudo) and package_sudo._lacks_accounts()

    @api.depends("package_id", "taxes_id")
    @api.depends_context("company")
    def _compute_practice_lacks_tax(self):
        for product in self:
            taxes = product.taxes_id._filter_taxes_by_company(self.env.company)
            product.practice_lacks_tax = bool(product.sudo().package_id) and not taxes  # sudo: as above

    @api.constrains("package_id", "company_id")
    def _check_practice_package_company(self):
        for product in self.sudo():  # sudo: whoever makes products need not be able to read packages
            if product.company_id and product.package_id and product.company_id != product.package_id.company_id:
                raise ValidationError(
                    self.env._(
                        "%(product)s belongs to %(company)s and cannot sell %(package)s of %(owner)s.",
                        product=product.name,
                        company=product.company_id.name,
                        package=product.package_id.name,
                        owner=product.package_id.company_id.name,
                    )
                )

    @api.constrains("package_id", "active")
    def _check_practice_package_active(self):
        for product in self.sudo():  # sudo: as above
            package = product.package_id
            if product.active and package and not package.active:
                raise ValidationError(
                    self.env._("%s is archived and can no longer be sold. Choose another package.", package.name)
                )

    @api.constrains(lambda self: self._practice_get_till_fields())
    def _check_practice_point_of_sale(self):
        """Refuse to sell a package at the till, which makes no invoice: nobody would get its credits."""
        if "available_in_pos" not in self._fields:
            return
        for product in self.sudo():  # sudo: whoever makes products need not be able to read packages
            if product.package_id and product.available_in_pos:
                raise ValidationError(
                    self.env._(
                        "%(product)s sells credits of %(package)s, and credits come with an invoice: the Point of Sale "
                        "makes none, so the patient would pay and get no credits. Make it unavailable in the Point of "
                        "Sale and sell it by invoice, which can be paid at the desk.",
                        product=product.name,
                        package=product.package_id.name,
                    )
                )

    @api.model
    def _practice_get_till_fields(self):
        """Return the fields that put a package product into the Point of Sale, whose app is no dependency."""
        return [name for name in ("package_id", "available_in_pos") if name in self._fields]

    # === TAX === #

    @api.onchange("package_id")
    def _onchange_practice_care_tax(self):
        """A new product gets the tax of care; one that is sold already keeps its own."""
        care_sudo = self.sudo().package_id.company_id.practice_care_tax_id  # sudo: as above
        if care_sudo and not self._origin:
            self.taxes_id = care_sudo.sudo(False)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._practice_add_care_tax(vals) for vals in vals_list])

    @api.model
    def _practice_add_care_tax(self, vals):
        """Return ``vals`` with the tax of care, when they make a product that sells credits and name no tax."""
        if not vals.get("package_id") or "taxes_id" in vals:
            return vals
        # sudo: whoever makes products need not be able to read packages
        care_sudo = self.env["practice.package"].sudo().browse(vals["package_id"]).company_id.practice_care_tax_id
        return {**vals, "taxes_id": [Command.set(care_sudo.ids)]} if care_sudo else vals

    # === ACCOUNTS === #

    def _get_product_accounts(self):
        """Answer whoever asks where a package is booked: to its ledger account, and down payments to its balance post.

        The balance post itself is for the lines that give credits (``account.move.line._compute_account_id``). Others
        ask as well: the closing of the Point of Sale, accrued orders. Nothing would ever release what they book there.
        A down payment waits on the balance post until the final invoice deducts it, unless the company has an account
        for down payments.
        """
        accounts = super()._get_product_accounts()
        package_sudo = self.sudo().package_id  # sudo: a salesman books an invoice without rights on packages
        own = {"income": package_sudo.income_account_id, "downpayment": package_sudo.deferred_account_id}
        return {**accounts, **{name: account for name, account in own.items() if account}}

    def _practice_get_sale_account(self):
        """Return where an invoice books this product: a package to its balance post, else as others are booked."""
        self.ensure_one()
        package_sudo = self.sudo().package_id  # sudo: as above
        return package_sudo.deferred_account_id or self._get_product_accounts()["income"]
