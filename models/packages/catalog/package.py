from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


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
    lot_count = fields.Integer(compute="_compute_credits", string="Purchases")
    credits_open = fields.Integer(compute="_compute_credits", help="Credits sold or given and not yet used.")
    value_open = fields.Monetary(
        compute="_compute_credits",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What the balance post holds for these credits.",
    )

    _internal_rate_not_negative = models.Constraint(
        "CHECK (internal_rate >= 0)", "The internal rate of a package cannot be negative."
    )
    _validity_not_negative = models.Constraint(
        "CHECK (validity_months >= 0)", "The validity of a package cannot be negative; 0 means no expiry."
    )

    def _compute_credits(self):
        # sudo: totals only; who may read the package may know how many of its credits are open.
        groups = (
            self.env["practice.credit.lot"]
            .sudo()
            ._read_group(
                [("package_id", "in", self.ids)],
                ["package_id"],
                ["__count", "credits_available:sum", "credits_reserved:sum", "value_open:sum"],
            )
        )
        totals = {package.id: values for package, *values in groups}
        for package in self:
            count, available, reserved, value = totals.get(package.id, (0, 0, 0, 0.0))
            package.lot_count = count
            package.credits_open = available + reserved
            package.value_open = value

    @api.constrains("company_id")
    def _check_company_unchanged(self):
        if self.env["practice.credit.lot"].sudo().search_count([("package_id", "in", self.ids)], limit=1):
            raise ValidationError(self.env._("A package with credits stays in its company. Make another one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        for package in self.with_context(active_test=False):
            uses = []
            if package.lot_count:
                uses.append(self.env._("%s purchases of credits", package.lot_count))
            if package.appointment_type_ids:
                uses.append(self.env._("appointment types: %s", ", ".join(package.appointment_type_ids.mapped("name"))))
            if package.product_ids:
                uses.append(self.env._("products: %s", ", ".join(package.product_ids.mapped("name"))))
            if uses:
                raise UserError(
                    self.env._(
                        "%(name)s is in use and cannot be deleted (%(uses)s). Archive it instead: it can then no "
                        "longer be sold, and credits already given can still be used.",
                        name=package.name,
                        uses="; ".join(uses),
                    )
                )

    # === ACTIONS === #

    def action_open_lots(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_lot_action")
        return {**action, "domain": [("package_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    def _get_released_account(self, breakage=False):
        """Return the account that takes what leaves the balance post: revenue, or breakage when nobody was served."""
        return self._get_breakage_account() if breakage else self.income_account_id

    def _get_responsible(self):
        """Return who is told when the books of this package need attention: an administrator of its company."""
        self.ensure_one()
        managers = self.env.ref("practice_billing.group_manager").sudo().all_user_ids  # sudo: asked by crons
        return managers.filtered(lambda user: user.active and self.company_id in user.company_ids)[:1] or self.env.user
