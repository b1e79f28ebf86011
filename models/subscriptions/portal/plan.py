from odoo import models
from odoo.tools import format_amount


class PracticePlan(models.Model):
    """What organisations can choose by themselves."""

    _inherit = "practice.plan"

    def _prepare_portal_cards(self, interval, day):
        """Return what a card shows of each plan for periods that begin on ``day``, without tax."""
        return [
            {
                "plan": plan,
                "price": plan._get_price(interval, "standard", day),
                "student": plan._get_price(interval, "student", day),
                "usage": plan._prepare_portal_usage_prices(day),
            }
            for plan in self
        ]

    def _prepare_portal_usage_prices(self, day):
        """Return ``[(kind, unit price, included)]`` of what this plan charges beyond the licence."""
        self.ensure_one()
        rows = []
        for kind in self.usage_price_ids.kind_id.sorted(lambda it: (it.sequence, it.id)):
            price, included = self._get_usage_price(kind, day)
            rows.append((kind.name, format_amount(self.env, price, self.currency_id), f"{included:g}"))
        return rows
