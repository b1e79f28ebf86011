from odoo import api, fields, models
from odoo.exceptions import UserError


class PracticePackage(models.Model):
    """What a practice sells in advance: credits that appointments take, and the accounts that hold their money."""

    _name = "practice.package"
    _description = "Package"
    _inherit = ["practice.deferral.mixin", "mail.thread", "mail.activity.mixin"]
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
        [("sale_value", "What was paid"), ("internal_rate", "Internal rate")],
        string="Release",
        required=True,
        default="sale_value",
        tracking=True,
        help="What one credit moves to revenue when it is used: its share of what was paid, or the internal rate "
        "(the difference goes out with the last credit).",
    )
    validity_months = fields.Integer(
        string="Validity",
        help="Months that credits can be used, from the day they are paid. 0: they do not expire. 24 is customary.",
    )
    appointment_type_ids = fields.One2many("practice.appointment.type", "package_id", string="Appointment Types")
    product_ids = fields.One2many("product.template", "package_id", string="Products")

    _internal_rate_not_negative = models.Constraint(
        "CHECK (internal_rate >= 0)", "The internal rate of a package cannot be negative."
    )
    _validity_not_negative = models.Constraint(
        "CHECK (validity_months >= 0)", "The validity of a package cannot be negative; 0 means no expiry."
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

    def _describe_uses(self):
        """Return in words what keeps this package from being deleted, a part for each kind of use."""
        self.ensure_one()
        uses = []
        if self.appointment_type_ids:
            uses.append(self.env._("appointment types: %s", ", ".join(self.appointment_type_ids.mapped("name"))))
        if self.product_ids:
            uses.append(self.env._("products: %s", ", ".join(self.product_ids.mapped("name"))))
        return uses

    def _get_released_account(self, breakage=False):
        """Return the account that takes what leaves the balance post: revenue, or breakage when nobody was served."""
        return self._get_breakage_account() if breakage else self.income_account_id
