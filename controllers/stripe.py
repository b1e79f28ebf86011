"""Disputes that Stripe tells of. Odoo's payment_stripe does not follow them, and need not be installed."""

from odoo.http import request, route

from odoo.addons.payment.utils import to_major_currency_units

try:
    # Odoo serves a controller only where the module of the one that it extends is installed.
    from odoo.addons.payment_stripe.controllers.main import StripeController
except ImportError:
    StripeController = None

#: What is told of disputes, and what their states mean; all others are open.
EVENTS = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")
OUTCOMES = {"won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost"}

if StripeController:

    class StripeDisputes(StripeController):
        @route()
        def stripe_webhook(self):
            event = request.get_json_data()
            if event["type"] in EVENTS:
                self._practice_follow_dispute(event["data"]["object"])
            return super().stripe_webhook()

        def _practice_follow_dispute(self, dispute):
            """Follow a dispute, as Stripe describes it, of a payment of ours.

            :raises Forbidden: when it is not signed with the secret of the webhook
            """
            transactions_sudo = request.env["payment.transaction"].sudo()  # sudo: the signature is checked below
            domain = [
                ("provider_code", "=", "stripe"),
                ("provider_reference", "=", dispute.get("payment_intent") or ""),
                ("operation", "not in", ("refund", "validation")),
            ]
            transaction_sudo = transactions_sudo.search(domain, limit=1)
            # Without a secret Odoo believes anybody: too little to take money out of the books.
            if not transaction_sudo or not transaction_sudo.provider_id.stripe_webhook_secret:
                return
            self._verify_signature(transaction_sudo)
            transaction_sudo._practice_follow_dispute(
                OUTCOMES.get(dispute["status"], "open"),
                to_major_currency_units(dispute["amount"], transaction_sudo.currency_id),
                dispute.get("reason") or "",
            )
