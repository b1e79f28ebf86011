from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.subscriptions.catalog.plan import INTERVALS


class PracticeSubscriptionChange(models.TransientModel):
    """Change plan or interval, with the very lines of the invoice before it is confirmed."""

    _name = "practice.subscription.change"
    _description = "Change Plan"

    subscription_id = fields.Many2one("practice.subscription", required=True, readonly=True)
    company_id = fields.Many2one(related="subscription_id.company_id")
    plan_id = fields.Many2one(
        "practice.plan",
        string="New Plan",
        required=True,
        domain="[('company_id', '=', company_id)]",
        compute="_compute_choice",
        store=True,
        readonly=False,
    )
    interval = fields.Selection(
        INTERVALS, string="Billing", required=True, compute="_compute_choice", store=True, readonly=False
    )
    code = fields.Char(string="Discount Code")
    when = fields.Selection(
        [("free", "At once"), ("now", "Today"), ("period_end", "With the next period")], compute="_compute_preview"
    )
    effect = fields.Char(compute="_compute_preview")
    problem = fields.Text(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("subscription_id")
    def _compute_choice(self):
        for wizard in self:
            wizard.plan_id = wizard.subscription_id.plan_id
            wizard.interval = wizard.subscription_id.interval or "month"

    @api.depends("subscription_id", "plan_id", "interval", "code")
    def _compute_preview(self):
        for wizard in self:
            wizard.when = wizard.effect = wizard.problem = wizard.preview = False
            subscription = wizard.subscription_id
            same = (wizard.plan_id, wizard.interval) == (subscription.plan_id, subscription.interval)
            if not wizard.plan_id or not wizard.interval or same:
                continue
            try:
                when, invoice = subscription._get_change_preview(wizard.plan_id, wizard.interval, wizard._find_code())
            except UserError as error:
                wizard.problem = str(error)
                continue
            wizard.when = when
            wizard.effect = wizard._describe(when)
            if invoice:
                preview = subscription.sudo()._get_preview(invoice)  # sudo: an invoice the user is about to order
                wizard.preview = subscription._render_preview(preview)

    def _find_code(self):
        if not (self.code or "").strip():
            return None
        codes_sudo = self.env["practice.discount.code"].sudo()  # sudo: whoever knows a code may use it
        return codes_sudo._find(self.code, self.company_id)

    def _describe(self, when):
        if when == "now":
            return self.env._("Takes effect today; this invoice is made at once:")
        if when == "free":
            return self.env._("Takes effect at once; nothing is paid yet.")
        day = format_date(self.env, self.subscription_id.next_invoice_date)
        return self.env._("Takes effect on %s, when the paid period is over. The invoice of that day as of now:", day)

    def action_change(self):
        """Change the plan as previewed."""
        self.ensure_one()
        self.subscription_id._check_may_bill()
        move = self.subscription_id._change_plan(self.plan_id, self.interval, self._find_code())
        if move:
            return move.get_formview_action()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
