from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..agreement.subscription import BILLED


class PracticePlan(models.Model):
    """Who is touched by the prices of a plan that are to come."""

    _inherit = "practice.plan"

    def action_open_price_announcements(self):
        """Look now whom the prices to come touch, and show who was told and who will be.

        :raises AccessError: for anybody but an administrator
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("practice_billing.group_manager"):
            raise AccessError(self.env._("Only an administrator can look whom a price touches."))
        domain = Domain("plan_id", "=", self.id) & Domain("state", "in", BILLED)
        for subscription in self.env["practice.subscription"].search(domain):
            subscription._plan_announcement(subscription.company_id._practice_day())
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_price_announcement_action")
        return {**action, "domain": list(Domain("plan_id", "=", self.id))}
