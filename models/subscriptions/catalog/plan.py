from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ....tools.pricing import SEAT_KINDS, Tariff, next_price, price_on

INTERVALS = [("month", "Monthly"), ("year", "Yearly")]
KINDS = [("standard", "Standard"), ("student", "Student")]
VALIDITIES = [("past", "Past"), ("current", "In Force"), ("planned", "Planned")]


class PracticePlan(models.Model):
    """What a subscription costs: prices of seats and of usage, and the accounts that hold what is paid in advance.

    A plan whose product sells credits of a package is a membership: each seat gets the product's credits each period.
    """

    _name = "practice.plan"
    _description = "Plan"
    _inherit = ["practice.deferral.mixin", "mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    description = fields.Text(translate=True, help="What is in the plan, in the words of who buys it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    published = fields.Boolean(
        string="On the Portal",
        tracking=True,
        help="Organisations can choose this plan by themselves. Running subscriptions go on when it is taken off.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    lacks_tax = fields.Boolean(
        compute="_compute_lacks_tax",
        help="Its product has no tax: an e-invoice needs one on every line, also where it is 0 %.",
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('type', '=', 'service')]",
        tracking=True,
        help="Gives the invoice lines their taxes and, when the plan has none, their account.",
    )
    income_account_id = fields.Many2one(tracking=True)
    deferred_account_id = fields.Many2one(tracking=True)
    trial_days = fields.Integer(help="Days, the first and the last included, that a new subscription costs nothing.")
    price_ids = fields.One2many("practice.plan.price", "plan_id", copy=True)
    usage_price_ids = fields.One2many("practice.plan.usage.price", "plan_id", string="Usage Prices", copy=True)
    package_id = fields.Many2one(related="product_id.package_id")
    package_credits = fields.Integer(related="product_id.package_credits", string="Credits per Period")
    lacks_accounts = fields.Boolean(
        compute="_compute_lacks_accounts", help="What is paid for a period is revenue on the day of its invoice."
    )
    rollover = fields.Boolean(
        string="Keep Unused Credits",
        help="Credits of a period stay valid as the package says. Otherwise they expire when the period ends.",
    )
    price_month = fields.Monetary(compute="_compute_prices", string="Monthly Price", help="Per practitioner, today.")
    price_year = fields.Monetary(compute="_compute_prices", string="Yearly Price", help="Per practitioner, today.")

    _trial_days_not_negative = models.Constraint("CHECK (trial_days >= 0)", "A trial cannot have a negative length.")

    # === COMPUTE METHODS === #

    @api.depends("price_ids.amount", "price_ids.date_from", "price_ids.interval", "price_ids.kind")
    def _compute_prices(self):
        for plan in self:
            day = (plan.company_id or self.env.company)._practice_day()
            plan.price_month = plan._get_price("month", "standard", day) or 0.0
            plan.price_year = plan._get_price("year", "standard", day) or 0.0

    @api.depends("product_id.taxes_id", "company_id")
    def _compute_lacks_tax(self):
        for plan in self:
            taxes = plan.product_id.taxes_id._filter_taxes_by_company(plan.company_id or self.env.company)
            plan.lacks_tax = bool(plan.product_id) and not taxes

    @api.depends("deferred_account_id", "package_id.deferred_account_id", "package_id.income_account_id")
    def _compute_lacks_accounts(self):
        for plan in self:
            package_sudo = plan.sudo().package_id  # sudo: whoever reads the plan need not be able to read packages
            plan.lacks_accounts = package_sudo._lacks_accounts() if package_sudo else not plan.deferred_account_id

    # === ONCHANGE METHODS === #

    @api.onchange("product_id")
    def _onchange_product_accounts(self):
        """Propose no balance post for a membership: its money waits on that of its package."""
        if self.package_id and not self._origin:
            self.deferred_account_id = False

    def _propose_deferred_account(self):
        return self.env["account.account"] if self.package_id else super()._propose_deferred_account()

    @api.onchange("name")
    def _onchange_name(self):
        if not self._has_namesake():
            return None
        message = self.env._("There is another plan called %s. People will not know which one to choose.", self.name)
        return {"warning": {"title": self.env._("Two plans of one name"), "message": message}}

    # === CONSTRAINTS === #

    @api.constrains("product_id", "deferred_account_id")
    def _check_membership(self):
        self.sudo().package_id._check_vat()  # sudo: whoever makes plans need not be able to read packages
        for plan in self:
            if plan.package_id and plan.deferred_account_id:
                raise ValidationError(
                    self.env._(
                        "%(plan)s gives credits of %(package)s: its money waits on the balance post of the package. "
                        "Leave the balance post of the plan empty.",
                        plan=plan.name,
                        package=plan.package_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Make the product of a plan that names none: a service of its name, with the usual tax of sales."""
        lacking = [vals for vals in vals_list if not vals.get("product_id") and vals.get("name")]
        products = self.env["product.product"].create([self._prepare_product_vals(vals) for vals in lacking])
        made = {id(vals): product.id for vals, product in zip(lacking, products, strict=True)}
        return super().create(
            [{**vals, "product_id": made[id(vals)]} if id(vals) in made else vals for vals in vals_list]
        )

    @api.model
    def _prepare_product_vals(self, vals):
        return {"name": vals["name"], "type": "service", "purchase_ok": False, "list_price": 0.0}

    # === BUSINESS METHODS === #

    @api.model
    def _get_published_sudo(self, company):
        """Return the plans that ``company`` offers on the portal, in their order."""
        # sudo: offered to everybody who may choose
        return self.sudo().search([("published", "=", True), ("company_id", "=", company.id)])

    def _get_price(self, interval, kind, day):
        """Return the price of a seat for a period that begins on ``day``, or ``None`` when the plan has none."""
        return price_on(self._get_prices(interval, kind), day)

    def _get_coming_price(self, interval, kind, day):
        """Return ``(first day, price)`` of the next other price of a seat after ``day``, or ``None``.

        It is what periods cost that begin on the first day or later.
        """
        return next_price(self._get_prices(interval, kind), day)

    def _get_prices(self, interval, kind):
        """Return all prices of a seat as ``[(first day or False, price)]``."""
        self.ensure_one()
        return [
            (price.date_from, price.amount)
            for price in self.price_ids
            if price.interval == interval and price.kind == kind
        ]

    def _get_validity(self, price, prices):
        """Return whether ``price`` is past, current or planned today; it is one of ``prices`` of the same thing."""
        day = (self.company_id or self.env.company)._practice_day()
        if price.date_from and price.date_from > day:
            return "planned"
        starts = [(it.date_from, it.date_from) for it in prices]
        return "current" if price_on(starts, day) == price.date_from else "past"

    def _get_usage_price(self, kind, day):
        """Return ``(unit price, included quantity)`` of a kind in a period that begins on ``day``; free without one."""
        self.ensure_one()
        prices = self.usage_price_ids.filtered(lambda price: price.kind_id == kind)
        return price_on([(price.date_from, (price.unit_price, price.included)) for price in prices], day) or (0.0, 0.0)

    def _get_tariff(self, interval, day):
        """Return the :class:`~.pricing.Tariff` of a period that begins on ``day``.

        Students pay as everybody when the plan has no price for them.

        :raises UserError: when the plan has no price for the interval
        """
        self.ensure_one()
        prices = {kind: self._get_price(interval, kind, day) for kind in SEAT_KINDS}
        if prices["standard"] is None:
            raise UserError(self._describe_missing_price(interval, format_date(self.env, day)))
        if prices["student"] is None:
            prices["student"] = prices["standard"]
        return self._make_tariff(interval, prices)

    def _describe_missing_price(self, interval, day):
        if interval == "month":
            return self.env._(
                "%(plan)s has no price for monthly billing on %(day)s. Add one to the plan, or choose another plan or "
                "interval.",
                plan=self.name,
                day=day,
            )
        return self.env._(
            "%(plan)s has no price for yearly billing on %(day)s. Add one to the plan, or choose another plan or "
            "interval.",
            plan=self.name,
            day=day,
        )

    def _make_tariff(self, interval, prices):
        membership = bool(self.package_id)
        return Tariff(self.id, interval, prices, by_days=not membership, inline_discount=membership)

    # === ACCOUNTS === #

    def _get_licence_account(self):
        """Return the account that licences are booked to: the balance post when the plan has one.

        :raises UserError: when neither the plan nor its product has an account
        """
        self.ensure_one()
        if self.package_id:
            # A membership's money waits on the balance post of its package, for the visits.
            account = self.product_id.product_tmpl_id._practice_get_sale_account()
        else:
            account = self.deferred_account_id or self._get_income_account()
        if not account or not account.active:
            raise UserError(
                self.env._("%s has no ledger account. Choose one on the plan or on its product.", self.name)
            )
        return account

    def _get_income_account(self):
        """Return the ledger account of the plan, else the one of its product."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id.with_company(self.company_id)
        return self.income_account_id or template._practice_get_sale_account()

    def _get_usage_account(self, kind):
        """Return where usage is booked to: revenue at once, for it has been used."""
        self.ensure_one()
        if kind.product_id:
            template = kind.product_id.product_tmpl_id.with_company(self.company_id)
            return template._practice_get_sale_account() or self._get_income_account()
        return self._get_income_account()
