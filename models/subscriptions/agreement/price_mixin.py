from odoo import models


class PracticePriceMixin(models.AbstractModel):
    """What was billed at a price is what subscriptions were promised."""

    _inherit = "practice.price.mixin"

    def _was_billed(self):
        # sudo: only whether there is a bill is asked
        periods_sudo = self.env["practice.subscription.period"].sudo()
        return bool(periods_sudo.search_count(self._get_billed_domain(), limit=1)) or super()._was_billed()
