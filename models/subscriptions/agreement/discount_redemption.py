from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import escape_psql, format_date

from ....tools import pricing


class PracticeDiscountCode(models.Model):
    """A code that takes something off licences, additions and changes of plan; usage is never discounted."""

    _name = "practice.discount.code"
    _description = "Discount Code"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(string="Code", required=True, copy=False, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    kind = fields.Selection(
        [("percentage", "Percentage"), ("amount", "Amount")], required=True, default="percentage", tracking=True
    )
    percentage = fields.Float(tracking=True)
    amount = fields.Monetary(
        tracking=True, help="For each invoice, at most what its licences come to. The rest is not carried over."
    )
    duration = fields.Selection(
        [("once", "The first invoice"), ("periods", "A number of periods"), ("forever", "For good")],
        required=True,
        default="once",
        tracking=True,
    )
    periods = fields.Integer(string="Number of Periods", default=3)
    date_from = fields.Date(string="Valid From")
    date_to = fields.Date(string="Valid Until", help="Last day on which the code can be applied.")
    max_redemptions = fields.Integer(
        string="Maximum", help="How many organisations can use the code. 0: as many as want."
    )
    plan_ids = fields.Many2many("practice.plan", string="Plans", check_company=True, help="Empty: all plans.")
    redemption_ids = fields.One2many("practice.discount.redemption", "code_id", string="Redemptions")
    redemption_count = fields.Integer(compute="_compute_redemption_count", string="Redeemed")
    claims = fields.Integer(readonly=True, copy=False, default=0, required=True)

    _name_uniq = models.UniqueIndex("(company_id, UPPER(name))", "There is a code of this name already.")
    _percentage_sound = models.Constraint(
        "CHECK (kind <> 'percentage' OR (percentage > 0 AND percentage <= 100))",
        "A percentage lies above 0 and is at most 100.",
    )
    _amount_positive = models.Constraint("CHECK (kind <> 'amount' OR amount > 0)", "The amount has to be positive.")
    _periods_positive = models.Constraint(
        "CHECK (duration <> 'periods' OR periods > 0)", "The number of periods has to be positive."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)", "A code cannot end before it begins."
    )

    @api.depends("redemption_ids")
    def _compute_redemption_count(self):
        # sudo: a number
        redemptions = self.env["practice.discount.redemption"].sudo()
        groups = redemptions._read_group([("code_id", "in", self.ids)], ["code_id"], ["__count"])
        counts = {code.id: count for code, count in groups}
        for code in self:
            code.redemption_count = counts.get(code.id, 0)

    @api.constrains("kind", "percentage", "amount", "duration", "periods")
    def _check_unused(self):
        for code in self:
            if code.redemption_ids:
                raise ValidationError(
                    self.env._(
                        "%s was given to organisations; what it gives cannot change. Make another code.", code.name
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        used = self.filtered("redemption_ids")
        if used:
            raise UserError(self.env._("%s was used and stays. Archive it instead.", used[0].name))

    def action_open_redemptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_discount_redemption_action")
        return {**action, "domain": [("code_id", "=", self.id)], "context": {"create": False}}

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, name, company):
        """Return the code called ``name`` (in any case).

        :raises UserError: when there is none
        """
        name = (name or "").strip()
        code = self.search([("name", "=ilike", escape_psql(name)), ("company_id", "=", company.id)], limit=1)
        if not code:
            raise UserError(self.env._("There is no discount code %s.", name))
        return code

    def _check_for(self, subscription, plan):
        """Refuse the code for a subscription on ``plan``, naming the rule.

        :raises UserError: when it is not valid today, used up, for other plans or in another currency, was used by the
            organisation before, or when another code is still running
        """
        self.ensure_one()
        today = subscription.company_id._practice_day()
        reason = None
        if not self.active or (self.date_to and today > self.date_to):
            reason = self.env._("it expired on %s", format_date(self.env, self.date_to or today))
        elif self.date_from and today < self.date_from:
            reason = self.env._("it begins on %s", format_date(self.env, self.date_from))
        elif self.plan_ids and plan not in self.plan_ids:
            reason = self.env._("it is for %s only", ", ".join(self.plan_ids.mapped("name")))
        elif self.kind == "amount" and self.currency_id != plan.currency_id:
            reason = self.env._("its amount is in %s", self.currency_id.name)
        elif self.redemption_ids.filtered(lambda it: it.organisation_id == subscription.organisation_id):
            reason = self.env._("%s has used it already", subscription.organisation_id.name)
        elif self.max_redemptions and self.redemption_count >= self.max_redemptions:
            reason = self.env._(
                "it is used up: %(used)s of %(maximum)s", used=self.redemption_count, maximum=self.max_redemptions
            )
        elif running := subscription._get_running_redemption():
            reason = self.env._("%s is still running; end it first", running.code_id.name)
        if reason:
            raise UserError(self.env._("%(code)s cannot be used: %(reason)s.", code=self.name, reason=reason))

    def _redeem(self, subscription, plan=None):
        """Give the code to a subscription; its next invoice carries the discount.

        The row of the code is updated, so that of two organisations that claim the last one, one is refused.

        :return: the redemption
        :raises UserError: see :meth:`_check_for`
        """
        code = self.sudo()  # sudo: an organisation may use a code it knows, and need not read the others
        code._check_for(subscription, plan or subscription.plan_id)
        code.claims += 1
        return code.env["practice.discount.redemption"].create(
            {"code_id": code.id, "subscription_id": subscription.id, "date": subscription.company_id._practice_day()}
        )


class PracticeDiscountRedemption(models.Model):
    """A code that an organisation uses. What it was used for follows from its invoices, so cancelling gives it back."""

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
    ended_on = fields.Date(readonly=True, help="Day on which staff ended it.")
    period_ids = fields.One2many("practice.subscription.period", "redemption_id", string="Periods")
    uses = fields.Integer(compute="_compute_uses", store=True, help="Invoices that count for its duration.")
    state = fields.Selection(
        [("reserved", "Waiting for an Invoice"), ("running", "Running"), ("done", "Done")],
        compute="_compute_uses",
        store=True,
    )

    _once_uniq = models.Constraint(
        "UNIQUE (code_id, organisation_id)", "This organisation has used this discount code already."
    )

    @api.depends("period_ids.state", "period_ids.kind", "ended_on", "code_id.duration", "code_id.periods")
    def _compute_uses(self):
        for redemption in self:
            code = redemption.code_id
            met = redemption.period_ids.filtered(lambda it: it.state != "missing")
            # An invoice of a change of plan carries the discount but is no regular period.
            counted = met if code.duration == "once" else met.filtered(lambda it: it.kind == "regular")
            limit = {"once": 1, "periods": code.periods}.get(code.duration)
            redemption.uses = len(counted)
            if redemption.ended_on or (limit and redemption.uses >= limit):
                redemption.state = "done"
            else:
                redemption.state = "running" if met else "reserved"

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        if any(redemption.period_ids for redemption in self):
            raise UserError(self.env._("A discount that is on an invoice stays; end it instead."))

    def action_end(self):
        """End a discount: later invoices do not carry it. One that no invoice carries is given back."""
        self.subscription_id._check_may_bill()
        unused = self.filtered(lambda it: not it.period_ids)
        for redemption in self - unused:
            redemption.sudo().ended_on = redemption.company_id._practice_day()  # sudo: checked above
        unused.sudo().unlink()  # sudo: checked above

    def _to_rules(self):
        """Return the discount as the pure rules know it."""
        self.ensure_one()
        code = self.code_id
        value = code.percentage if code.kind == "percentage" else code.amount
        return pricing.Discount(code.kind, value, code.name)


class PracticeSubscription(models.Model):
    """The code that a subscription uses now."""

    _inherit = "practice.subscription"

    running_redemption_id = fields.Many2one(
        "practice.discount.redemption", string="Discount", compute="_compute_running_redemption_id"
    )

    @api.depends("redemption_ids.state")
    def _compute_running_redemption_id(self):
        for subscription in self:
            subscription.running_redemption_id = subscription._get_running_redemption()

    def _get_running_redemption(self, plan=None):
        """Return the redemption that the next invoice carries; with ``plan``, only when its code is for that plan."""
        self.ensure_one()
        redemptions = self.sudo().redemption_ids  # sudo: the code decides the price, whoever asks for it
        return redemptions.filtered(
            lambda it: it.state != "done" and (not plan or not it.code_id.plan_ids or plan in it.code_id.plan_ids)
        )[:1]
