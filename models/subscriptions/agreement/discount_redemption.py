from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ....tools import pricing
from ..catalog.discount_code import DURATIONS, KINDS


class PracticeDiscountRedemption(models.Model):
    """A code that an organisation uses. What it was used for follows from its invoices, so cancelling gives it back.

    It keeps the terms that the code had when it was given: a code may be for other plans afterwards, and who has it
    already goes on.
    """

    _name = "practice.discount.redemption"
    _description = "Discount"
    _order = "id desc"
    _rec_name = "code_id"

    code_id = fields.Many2one("practice.discount.code", required=True, index=True, ondelete="restrict", readonly=True)
    subscription_id = fields.Many2one(
        "practice.subscription", required=True, index=True, ondelete="cascade", readonly=True
    )
    organisation_id = fields.Many2one(related="subscription_id.organisation_id", store=True, index=True)
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    date = fields.Date(required=True, readonly=True)
    kind = fields.Selection(KINDS, compute="_compute_terms", store=True, precompute=True, readonly=True)
    value = fields.Float(
        compute="_compute_terms",
        store=True,
        precompute=True,
        readonly=True,
        help="Percentage, or amount for each invoice in the currency.",
    )
    duration = fields.Selection(DURATIONS, compute="_compute_terms", store=True, precompute=True, readonly=True)
    periods = fields.Integer(
        string="Number of Periods", compute="_compute_terms", store=True, precompute=True, readonly=True
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_terms", store=True, precompute=True, readonly=True, ondelete="restrict"
    )
    plan_ids = fields.Many2many(
        "practice.plan",
        "practice_discount_redemption_plan_rel",
        "redemption_id",
        "plan_id",
        string="Plans",
        compute="_compute_terms",
        store=True,
        precompute=True,
        readonly=True,
        help="Empty: all plans.",
    )
    ended_on = fields.Date(readonly=True, help="Day on which staff ended it.")
    period_ids = fields.One2many("practice.subscription.period", "redemption_id", string="Periods")
    uses = fields.Integer(compute="_compute_uses", store=True, help="Invoices that count for its duration.")
    state = fields.Selection(
        [("reserved", "Waiting for an Invoice"), ("running", "Running"), ("done", "Done")],
        compute="_compute_uses",
        store=True,
    )

    # Not by organisation: two that each had the code may turn out to be one, and are merged.
    _once_uniq = models.Constraint(
        "UNIQUE (code_id, subscription_id)", "This organisation has used this discount code already."
    )

    @api.depends("code_id")
    def _compute_terms(self):
        """Take the terms of the code as they are now; later changes of the code are not followed."""
        for redemption in self:
            code = redemption.code_id
            redemption.kind = code.kind
            redemption.value = code.percentage if code.kind == "percentage" else code.amount
            redemption.duration = code.duration
            redemption.periods = code.periods
            redemption.currency_id = code.currency_id
            redemption.plan_ids = code.plan_ids

    @api.depends("period_ids.state", "period_ids.kind", "ended_on", "duration", "periods")
    def _compute_uses(self):
        for redemption in self:
            met = redemption.period_ids.filtered(lambda it: it.state != "missing")
            # An invoice of a change of plan carries the discount but is no regular period.
            counted = met if redemption.duration == "once" else met.filtered(lambda it: it.kind == "regular")
            redemption.uses = len(counted)
            if redemption.ended_on or not redemption._has_left():
                redemption.state = "done"
            else:
                redemption.state = "running" if met else "reserved"

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        if any(redemption.period_ids for redemption in self):
            raise UserError(self.env._("A discount that is on an invoice stays; end it instead."))

    def action_end(self):
        """End a discount: later invoices do not carry it. One that no invoice carries is given back."""
        self.check_access("read")
        self.subscription_id._check_may_bill()
        unused = self.filtered(lambda it: not it.period_ids)
        for redemption in self - unused:
            redemption.sudo().ended_on = redemption.company_id._practice_day()  # sudo: checked above
        unused.sudo().unlink()  # sudo: checked above

    def _describe(self):
        """Return what the code takes off, and for how long, in words."""
        self.ensure_one()
        if self.kind == "percentage":
            value = self.env._("%s %%", f"{self.value:g}")
        else:
            value = format_amount(self.env, self.value, self.currency_id)
        if self.duration == "once":
            return self.env._("%s, once", value)
        if self.duration == "forever":
            return self.env._("%s, for good", value)
        if self.periods == 1:
            return self.env._("%s, 1 period", value)
        return self.env._("%(value)s, %(periods)s periods", value=value, periods=self.periods)

    def _to_rules(self):
        """Return the discount as the pure rules know it."""
        self.ensure_one()
        return pricing.Discount(self.kind, self.value, self.code_id.name)

    def _has_left(self, more=0):
        """Return whether another invoice carries the discount, once ``more`` regular ones do that are not made yet."""
        self.ensure_one()
        limit = {"once": 1, "periods": self.periods}.get(self.duration)
        return not limit or self.uses + more < limit

    def _is_for(self, plan):
        """Return whether an invoice of ``plan`` carries the discount: its plans and its currency say so."""
        self.ensure_one()
        return (not self.plan_ids or plan in self.plan_ids) and (
            self.kind == "percentage" or self.currency_id == plan.currency_id
        )
