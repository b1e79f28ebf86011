from odoo import models


class AccountMove(models.Model):
    """Whoever has paid a checkout has paid the invoice that is about to be made of it."""

    _inherit = "account.move"

    def _practice_is_being_paid(self):
        paid = [("subscription_id", "=", self.practice_subscription_id.id), ("state", "=", "paid")]
        return bool(self.env["practice.subscription.checkout"].search_count(paid)) or super()._practice_is_being_paid()
