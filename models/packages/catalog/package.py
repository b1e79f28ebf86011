from odoo import api, fields, models
from odoo.exceptions import UserError

#: What a credit moves to revenue when it is used.
RELEASE_METHODS = [("sale_value", "What was paid"), ("internal_rate", "Internal rate")]

#: With what the months begin that credits can be used.
VALIDITY_BEGINNINGS = [("activation", "The day they are paid"), ("first_visit", "The first visit")]


class PracticePackage(models.Model):
    """What a practice sells in advance: credits that appointments take, and the accounts that hold their money."""

    _name = "practice.package"
    _description = "Package"
    _inherit = [
        "practice.kept.mixin",
        "practice.deferral.mixin",
        "practice.terms.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "name, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    internal_rate = fields.Monetary(
        required=True,
        tracking=True,
        help="Money per credit with which the books value a credit that was not sold through an invoice.",
    )
    income_account_id = fields.Many2one(tracking=True)
    deferred_account_id = fields.Many2one(tracking=True)
    release_method = fields.Selection(
        RELEASE_METHODS,
        string="Release",
        required=True,
        default="sale_value",
        tracking=True,
        help="What one credit moves to revenue when it is used: its share of what was paid, or the internal rate "
        "(the difference goes out with the last credit).",
    )
    validity_months = fields.Integer(
        string="Validity", help="Months that credits can be used. 0: they do not expire. 24 is customary."
    )
    validity_from = fields.Selection(
        VALIDITY_BEGINNINGS,
        string="Counted From",
        required=True,
        default="activation",
        help="With the first visit: credits do not expire before the first of them is used.",
    )
    validity_date = fields.Date(
        string="Until at Most",
        help="Last day, included, on which credits can be used, whatever the months say. Credits that are paid after "
        "it do not expire by it.",
    )
    weekly_visits = fields.Integer(
        string="Visits a Week",
        tracking=True,
        help="A patient has at most so many visits with it from Monday to Sunday; staff can plan more with a reason. "
        "0: no limit. It holds for what is planned from now on, whenever it was sold.",
    )
    appointment_type_ids = fields.One2many("practice.appointment.type", "package_id", string="Appointment Types")
    product_ids = fields.One2many("product.template", "package_id", string="Products")
    terms = fields.Html(
        translate=True,
        help="What a patient agrees to when buying on the portal. Empty: nothing is asked. Purchases keep the text as "
        "it was when they were made.",
    )
    terms_number = fields.Integer(
        string="Version of Terms", readonly=True, copy=False, help="The last version that a purchase refers to."
    )
    terms_ids = fields.One2many("practice.package.terms", "package_id", string="Versions Agreed To")

    _internal_rate_not_negative = models.Constraint(
        "CHECK (internal_rate >= 0)", "The internal rate of a package cannot be negative."
    )
    _validity_not_negative = models.Constraint(
        "CHECK (validity_months >= 0)", "The validity of a package cannot be negative; 0 means no expiry."
    )

    _weekly_visits_not_negative = models.Constraint(
        "CHECK (weekly_visits >= 0)", "The visits a week cannot be negative; 0 means no limit."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        for package in self.with_context(active_test=False):
            if uses := package._describe_uses():
                raise UserError(
                    self.env._(
                        "%(name)s is in use and cannot be deleted (%(uses)s). Archive it instead: it can then no "
                        "longer be sold, and credits already given can still be used.",
                        name=package.name,
                        uses="; ".join(uses),
                    )
                )

    # === BUSINESS METHODS === #

    def _lacks_accounts(self):
        """Return whether the money of this package is revenue on the day of the sale, before anybody has come."""
        self.ensure_one()
        return not (self.deferred_account_id and self.income_account_id)

    def _describe_uses(self):
        """Return in words what keeps this package from being deleted, a part for each kind of use."""
        self.ensure_one()
        uses = []
        if self.appointment_type_ids:
            uses.append(self.env._("appointment types: %s", ", ".join(self.appointment_type_ids.mapped("name"))))
        if self.product_ids:
            uses.append(self.env._("products: %s", ", ".join(self.product_ids.mapped("name"))))
        return uses

    def _prepare_terms(self, position=None):
        """Return what credits keep of this package from the day on which they are given, as values of a lot.

        :param position: the fiscal position of the sale, which maps the accounts
        """
        self.ensure_one()
        income, breakage = self.income_account_id, self._get_breakage_account()
        if position:
            income, breakage = position.map_account(income), position.map_account(breakage)
        return {
            "package_id": self.id,
            "internal_rate": self.internal_rate,
            "release_method": self.release_method,
            "validity_months": self.validity_months,
            "validity_from": self.validity_from,
            "validity_date": self.validity_date,
            "income_account_id": income.id,
            "breakage_account_id": breakage.id,
        }

    def _is_over(self, day):
        """Return whether the fixed end of this package lies before ``day``: there is no use in selling it."""
        self.ensure_one()
        return bool(self.validity_date) and self.validity_date < day
