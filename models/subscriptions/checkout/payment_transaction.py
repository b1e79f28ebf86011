from odoo import api, fields, models


class PaymentTransaction(models.Model):
    """A payment notices that its state was followed, and tells the checkout or the subscription it is for."""

    _inherit = "payment.transaction"

    practice_checkout_id = fields.Many2one(
        "practice.subscription.checkout", index="btree_not_null", ondelete="restrict", readonly=True
    )
    practice_method_subscription_id = fields.Many2one(
        "practice.subscription",
        string="Saves the Method of",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Its saved method becomes that of this subscription.",
    )

    @api.model
    def _practice_begin(self, vals):
        if checkout_id := vals.get("practice_checkout_id"):
            self.env["practice.subscription.checkout"].browse(checkout_id)._count_payment()
        return super()._practice_begin(vals)

    def _post_process(self):
        # Before Odoo registers the payment: it reconciles the payment with the invoices that are linked by then.
        self._practice_follow_checkout()
        return super()._post_process()

    def _practice_follow_checkout(self):
        """Tell the checkouts, and the subscriptions that wait for a method, how their transactions stand."""
        for transaction in self:
            if checkout := transaction.practice_checkout_id:
                checkout._follow_transaction(transaction)
            subscription, token = transaction.practice_method_subscription_id, transaction.token_id
            if subscription and transaction.state == "done" and token.active and not transaction.is_post_processed:
                subscription._set_payment_token(token)
