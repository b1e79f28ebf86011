from odoo import models


class PracticePlan(models.Model):
    _inherit = "practice.plan"

    def _get_prices(self, interval, kind):
        """Return ten monthly prices for a year, where the plan has no price for years."""
        prices = super()._get_prices(interval, kind)
        if interval == "year" and not prices:
            prices = [(first, 10 * amount) for first, amount in super()._get_prices("month", kind)]
        return prices
