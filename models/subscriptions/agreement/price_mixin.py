from odoo import models
from odoo.fields import Domain

from .subscription import RUNNING


class PracticePriceMixin(models.AbstractModel):
    """Who has a plan was promised its prices, and who was billed at them keeps them."""

    _inherit = "practice.price.mixin"

    def _is_promised(self):
        # sudo: only whether there is one
        subscriptions_sudo = self.env["practice.subscription"].sudo()
        periods_sudo = self.env["practice.subscription.period"].sudo()
        own, pending = self._get_promised_domain(), self._get_promised_domain("pending_")
        return (
            bool(periods_sudo.search_count(own, limit=1))
            or bool(subscriptions_sudo.search_count(Domain("state", "in", RUNNING) & (own | pending), limit=1))
            or super()._is_promised()
        )
