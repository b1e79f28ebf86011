from datetime import timedelta

from odoo import models


class PracticePlanUsagePrice(models.Model):
    """Usage costs what its period began with."""

    _inherit = "practice.plan.usage.price"

    def _get_first_day(self):
        """Return today, or tomorrow when periods of the plan began today: what is used in them has its price."""
        today = super()._get_first_day()
        # sudo: only whether there is one
        begun_sudo = self.env["practice.subscription.period"].sudo()
        if begun_sudo.search_count([("plan_id", "=", self.plan_id.id), ("date_from", "=", today)], limit=1):
            return today + timedelta(days=1)
        return today
