from odoo import fields, models


class PaymentTransaction(models.Model):
    """Payments of subscriptions: their attempts say whose they are, and a method saved while paying is adopted."""

    _inherit = "payment.transaction"

    practice_subscription_id = fields.Many2one(
        related="practice_invoice_id.practice_subscription_id", string="Practice Subscription"
    )

    def _practice_adopt_token(self):
        """Let the method that was saved with a payment collect what comes, when there is none or the one there failed.

        Only when those paid who run the subscription, or for whom the invoice is.
        """
        self.ensure_one()
        for invoice in self.invoice_ids.filtered("practice_subscription_id"):
            subscription = invoice.practice_subscription_id
            organisation = subscription.organisation_id
            may = organisation.commercial_partner_id | invoice.partner_id | organisation.practice_administrator_ids
            failed = invoice._practice_get_last_attempt().state in ("error", "cancel")
            if self.partner_id in may and (failed or not subscription.payment_token_id):
                subscription._set_payment_token(self.token_id)
        return super()._practice_adopt_token()
