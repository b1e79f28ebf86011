from odoo import api, models

from ...common.retry_mixin import Step


class PracticeSubscription(models.Model):
    """Paid checkouts are tried again with what is followed every hour."""

    _inherit = "practice.subscription"

    @api.model
    def _get_time_steps(self):
        # Who has paid comes first.
        checkouts = self.env["practice.subscription.checkout"]
        me = type(checkouts)
        retry = Step(checkouts, checkouts._get_paid_domain(), me._complete, me._keep_failure, order="id")
        return [retry, *super()._get_time_steps()]
