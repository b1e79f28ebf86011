from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class PracticeSubscriptionCancel(models.TransientModel):
    """Cancel a subscription: when, why, and what it means, before it is confirmed."""

    _name = "practice.subscription.cancel"
    _description = "Cancel Subscription"

    subscription_id = fields.Many2one("practice.subscription", required=True, readonly=True)
    when = fields.Selection(
        [("period_end", "When the paid period ends"), ("now", "Today")],
        required=True,
        compute="_compute_when",
        store=True,
        precompute=True,
        readonly=False,
    )
    can_wait = fields.Boolean(compute="_compute_can_wait")
    credit_unused = fields.Boolean(string="Credit the Unused Days")
    can_credit = fields.Boolean(compute="_compute_consequence")
    reason = fields.Selection(
        lambda self: self.env["practice.subscription"]._fields["cancel_reason"]._description_selection(self.env),
        required=True,
    )
    note = fields.Char(string="Comment")
    consequence = fields.Text(compute="_compute_consequence")

    @api.depends("subscription_id")
    def _compute_can_wait(self):
        for wizard in self:
            subscription = wizard.subscription_id
            wizard.can_wait = subscription.state in ("active", "past_due", "suspended") and bool(subscription.period_id)

    @api.depends("can_wait")
    def _compute_when(self):
        for wizard in self:
            wizard.when = "period_end" if wizard.can_wait else "now"

    @api.depends("subscription_id", "when", "credit_unused")
    def _compute_consequence(self):
        for wizard in self:
            subscription = wizard.subscription_id
            if not subscription:
                wizard.can_credit = wizard.consequence = False
                continue
            today = subscription.company_id._practice_day()
            paid = subscription.period_id
            wizard.can_credit = bool(wizard.when == "now" and paid and paid.date_to > today and not paid.is_membership)
            if wizard.when == "period_end":
                wizard.consequence = self.env._(
                    "Everything goes on until %s. Additions and usage until then are billed on the day after. Until "
                    "then it can be undone.",
                    format_date(self.env, subscription._get_period_end()),
                )
            elif subscription.state == "trial":
                wizard.consequence = self.env._("The trial ends today. Nothing is billed.")
            else:
                credit = wizard.credit_unused and wizard.can_credit
                wizard.consequence = subscription._describe_cancel_now(credit)

    def action_cancel_subscription(self):
        """Cancel as chosen."""
        self.ensure_one()
        subscription = self.subscription_id
        subscription._check_may_bill()
        if self.when == "period_end":
            if not self.can_wait:
                raise UserError(self.env._("Nothing is paid yet: the subscription can only end today."))
            subscription._cancel_at_period_end(self.reason, self.note)
        else:
            subscription._cancel_now(self.reason, self.note, self.credit_unused and self.can_credit)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
