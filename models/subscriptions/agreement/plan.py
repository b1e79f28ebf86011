from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .subscription import RUNNING


class PracticePlan(models.Model):
    """A plan knows the subscriptions that have it, and stays as they were promised."""

    _inherit = "practice.plan"

    subscription_ids = fields.One2many("practice.subscription", "plan_id")
    subscription_count = fields.Integer(compute="_compute_subscription_count", string="Subscriptions")

    @api.depends("subscription_ids.state")
    def _compute_subscription_count(self):
        counts = dict(
            self.env["practice.subscription"]._read_group(
                [("plan_id", "in", self.ids), ("is_running", "=", True)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.subscription_count = counts.get(plan, 0)

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Say before it is saved whose next period becomes a membership, or stops being one."""
        before, plan = bool(self._origin.package_id), self._origin
        if not plan.subscription_count or before == bool(self.product_id.package_id):
            return None
        names = {"plan": plan.name, "count": plan.subscription_count, "product": self.product_id.display_name}
        if before:
            message = self.env._(
                "%(product)s sells no credits: running subscriptions of %(plan)s (%(count)s) are charged by days from "
                "their next period on. Visits that were billed stay.",
                **names,
            )
        else:
            message = self.env._(
                "%(product)s sells credits: running subscriptions of %(plan)s (%(count)s) become memberships with "
                "their next period. Days that were billed stay.",
                **names,
            )
        return {"warning": {"title": self.env._("Running subscriptions"), "message": message}}

    @api.constrains("company_id", "currency_id")
    def _check_unchanged(self):
        # sudo: only whether there are any
        if self.env["practice.subscription.period"].sudo().search_count([("plan_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._("A plan that was billed keeps its company and its currency. Make another plan.")
            )
        theirs = Domain("plan_id", "in", self.ids) | Domain("pending_plan_id", "in", self.ids)
        subscriptions_sudo = self.env["practice.subscription"].sudo()  # sudo: only how many
        count = subscriptions_sudo.search_count(theirs & Domain("state", "in", RUNNING))
        if count:
            raise ValidationError(
                self.env._(
                    "A plan that organisations have keeps its company and its currency, because its prices were "
                    "promised (subscriptions: %s). Make another plan.",
                    count,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        # sudo: only how many, in whatever company
        subscriptions_sudo = self.env["practice.subscription"].sudo().with_context(active_test=False)
        for plan in self:
            count = subscriptions_sudo.search_count([("plan_id", "=", plan.id)])
            if count:
                raise UserError(
                    self.env._(
                        "%(plan)s is in use and cannot be deleted (subscriptions: %(count)s). Archive it instead: it "
                        "can then no longer be chosen, and running subscriptions go on.",
                        plan=plan.name,
                        count=count,
                    )
                )

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_action")
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {"default_plan_id": self.id}}
