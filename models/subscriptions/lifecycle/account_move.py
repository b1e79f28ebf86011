from odoo import models


class AccountMove(models.Model):
    """An invoice notices that it is paid, and lets its subscription go on."""

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # sudo: whoever registers a payment need not read subscriptions
        self.sudo().practice_subscription_id._follow_paid()
        return result
