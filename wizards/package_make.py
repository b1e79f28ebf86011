from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.common.words import count_credits
from ..models.packages.catalog.res_company import CHART_TAXES


class PracticePackageMake(models.TransientModel):
    """Make what a package is sold and planned with in one go: the package, unless it is there, a product and a type."""

    _name = "practice.package.make"
    _description = "Make a Package"
    _check_company_auto = True

    package_id = fields.Many2one("practice.package", check_company=True)
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    name = fields.Char(
        string="Name of the Package", compute="_compute_name", store=True, readonly=False, precompute=True
    )
    credits = fields.Integer(default=10, required=True, help="Whole credits that one unit of the product gives.")
    price = fields.Monetary(help="Of all these credits together, as price lists of products have it.")
    price_per_credit = fields.Monetary(compute="_compute_price_per_credit")
    tax_id = fields.Many2one(
        "account.tax",
        compute="_compute_proposals",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
        help="In most countries care is exempt.",
    )
    income_account_id = fields.Many2one(
        "account.account",
        string="Ledger Account",
        compute="_compute_proposals",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('account_type', 'in', ('income', 'income_other')), ('company_ids', 'parent_of', company_id)]",
        check_company=True,
        help="Revenue: where the money goes once the service is given.",
    )
    deferred_account_id = fields.Many2one(
        "account.account",
        string="Balance Post",
        compute="_compute_proposals",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('account_type', 'in', ('liability_current', 'liability_non_current')), "
        "('reconcile', '=', False), ('company_ids', 'parent_of', company_id)]",
        check_company=True,
        help="Liability: where the money waits until the service is given.",
    )
    makes_type = fields.Boolean(
        string="Appointment Type",
        compute="_compute_makes_type",
        store=True,
        readonly=False,
        precompute=True,
        help="Make an appointment type that takes one credit.",
    )
    duration = fields.Float(default=1.0, help="Hours of an appointment.")

    # === COMPUTE METHODS === #

    @api.depends("package_id")
    def _compute_company_id(self):
        for it in self:
            it.company_id = it.package_id.company_id or it.company_id or self.env.company

    @api.depends("package_id")
    def _compute_name(self):
        for it in self:
            it.name = it.package_id.name or it.name

    @api.depends("package_id")
    def _compute_makes_type(self):
        for it in self:
            it.makes_type = not it.package_id.appointment_type_ids

    @api.depends("price", "credits")
    def _compute_price_per_credit(self):
        for it in self:
            it.price_per_credit = it.price / it.credits if it.credits > 0 else 0.0

    @api.depends("company_id", "package_id")
    def _compute_proposals(self):
        for it in self:
            package = it.package_id or it.package_id.new({"company_id": it.company_id.id})
            it.tax_id = it._get_usual_tax()
            it.income_account_id = package.income_account_id or package._propose_income_account()
            it.deferred_account_id = package.deferred_account_id or package._propose_deferred_account()

    def _get_usual_tax(self):
        """Return the tax of care, or else the one of the chart that is like it; never the usual tax of sales."""
        charts = self.env["account.chart.template"].with_company(self.company_id)
        name = CHART_TAXES.get(self.company_id.account_fiscal_country_id.code)
        alike = name and charts.ref(name, raise_if_not_found=False)
        return self.company_id.practice_care_tax_id or (alike if alike and alike.active else False)

    # === ACTIONS === #

    def action_make(self):
        """Make all of it, and show the package.

        :raises UserError: for what is missing, in words
        """
        self.ensure_one()
        missing = [label for label, value in self._get_required() if not value]
        if missing:
            raise UserError(self.env._("Fill in what is missing: %s.", ", ".join(missing)))
        package = self.package_id or self.env["practice.package"].create(self._prepare_package_vals())
        self.env["product.template"].create(self._prepare_product_vals(package))
        if self.makes_type:
            self.env["practice.appointment.type"].create(self._prepare_type_vals(package))
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_package_action")
        return {**action, "views": [(False, "form")], "res_id": package.id}

    # === BUSINESS METHODS === #

    def _get_required(self):
        required = [(self.env._("name of the package"), self.name), (self.env._("credits"), self.credits > 0)]
        required.append((self.env._("price"), self.price > 0))
        if not self.package_id:
            required.append((self.env._("ledger account"), self.income_account_id))
        if self.makes_type:
            required.append((self.env._("duration of an appointment"), self.duration > 0))
        return required

    def _prepare_package_vals(self):
        return {
            "name": self.name,
            "company_id": self.company_id.id,
            "internal_rate": self.price_per_credit,
            "income_account_id": self.income_account_id.id,
            "deferred_account_id": self.deferred_account_id.id,
        }

    def _prepare_product_vals(self, package):
        return {
            "name": f"{package.name}, {count_credits(self.env, self.credits)}",
            "type": "service",
            "purchase_ok": False,
            "list_price": self.price,
            "package_id": package.id,
            "package_credits": self.credits,
            "taxes_id": [Command.set(self.tax_id.ids)],
            "email_template_id": self.env.ref("practice_billing.mail_template_package_invoice").id,
        }

    def _prepare_type_vals(self, package):
        return {
            "name": package.name,
            "company_id": package.company_id.id,
            "duration": self.duration,
            "package_id": package.id,
            "package_credits": 1,
        }
