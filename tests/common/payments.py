"""What the tests of payments share: Odoo's demo provider, and saved methods that end as they are told."""

from odoo.fields import Command


class PaymentMixin:
    """Odoo's demo payment provider for the tests' company; what it is paid goes to the tests' bank."""

    @classmethod
    def setup_provider(cls):
        """Enable the demo provider; its token says in advance what will become of a payment."""
        cls.provider = cls.env.ref("payment.payment_provider_demo").copy(
            {"company_id": cls.company.id, "state": "test", "allow_tokenization": True, "is_published": True}
        )
        cls.provider.journal_id = cls.bank
        cls.method = cls.env.ref("payment.payment_method_card")
        cls.provider.payment_method_ids = [Command.set(cls.method.ids)]
        cls.method.active = True
        cls.bank.inbound_payment_method_line_ids.payment_account_id = cls.outstanding

    @classmethod
    def make_token(cls, partner, outcome="done", **vals):
        """Save a card of ``partner`` whose payments end as ``outcome``: done, pending, error or cancel."""
        return cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.method.id,
                "partner_id": partner.id,
                "payment_details": "4242",
                "provider_ref": "card of the tests",
                "demo_simulated_state": outcome,
                **vals,
            }
        )

    def notify(self, transaction, outcome):
        """Let the provider say what became of a payment, as its notification does; then let Odoo follow it."""
        transaction._process("demo", {"reference": transaction.reference, "simulated_state": outcome})
        self.follow_payments()

    def follow_payments(self):
        """Let Odoo's own run follow what happened to payments, as often as it likes."""
        transactions = self.env["payment.transaction"].search([("is_post_processed", "=", False)])
        transactions._post_process()
        self.env.flush_all()
