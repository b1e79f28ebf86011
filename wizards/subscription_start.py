from odoo import api, fields, models

from ..models.subscriptions.catalog.plan import INTERVALS


class PracticeSubscriptionStart(models.TransientModel):
    """Begin a subscription after its trial, or begin again."""

    _name = "practice.subscription.start"
    _description = "Start Subscription"

    subscription_id = fields.Many2one("practice.subscription", required=True, readonly=True)
    company_id = fields.Many2one(related="subscription_id.company_id")
    plan_id = fields.Many2one(
        "practice.plan",
        required=True,
        domain="[('company_id', '=', company_id)]",
        compute="_compute_plan_id",
        store=True,
        precompute=True,
        readonly=False,
    )
    interval = fields.Selection(
        INTERVALS,
        string="Billing",
        required=True,
        compute="_compute_interval",
        store=True,
        precompute=True,
        readonly=False,
    )
    date_start = fields.Date(
        string="First Day",
        required=True,
        compute="_compute_date_start",
        store=True,
        precompute=True,
        readonly=False,
    )
    code = fields.Char(string="Discount Code")

    @api.depends("subscription_id")
    def _compute_plan_id(self):
        for wizard in self:
            wizard.plan_id = wizard.subscription_id.plan_id

    @api.depends("subscription_id")
    def _compute_interval(self):
        for wizard in self:
            wizard.interval = wizard.subscription_id.interval or "month"

    @api.depends("subscription_id")
    def _compute_date_start(self):
        for wizard in self:
            wizard.date_start = (wizard.subscription_id.company_id or self.env.company)._practice_day()

    def action_start(self):
        """Begin billing; the first invoice is made by the next run, or at once with *Bill Now*."""
        self.ensure_one()
        self.subscription_id._check_may_bill()
        codes_sudo = self.env["practice.discount.code"].sudo()  # sudo: whoever knows a code may use it
        code = codes_sudo._find(self.code, self.company_id) if self.code else None
        self.subscription_id._begin_billing(self.plan_id, self.interval, self.date_start, code)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
