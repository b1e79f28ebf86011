from odoo import models


class AccountMove(models.Model):
    """The invoices of subscriptions that a mandate collects, and when that is asked for."""

    _inherit = "account.move"

    def _practice_get_debit(self):
        if not self.practice_subscription_id:
            return super()._practice_get_debit()
        return self.practice_subscription_id.payment_token_id, self.practice_collect_date
