"""What the tests of Stripe share: Odoo's own ``payment_stripe``, pointed at localstripe, and its webhooks."""

import unittest
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.fields import Command, Datetime
from odoo.tools import mute_logger

from .stripe_server import GOOD_CARD, SECRET_KEY, WEBHOOK_SECRET, Stripe, sign_event

#: Where Odoo's own code would ask.
STRIPE = "https://api.stripe.com"

#: Speaks of what is refused and of webhooks for nobody, which is wanted here.
TALK = "odoo.addons.payment_stripe"


class StripeMixin:
    """Stripe as the payment provider of the tests' company, with cards and SEPA debit.

    Requests of Odoo go to a proxy before localstripe, over HTTP: only their address is changed.
    """

    @classmethod
    def setup_provider(cls):
        """Enable Stripe, whose requests go to this machine."""
        if "stripe_secret_key" not in cls.env["payment.provider"]._fields:
            raise unittest.SkipTest("payment_stripe is not installed")
        cls.stripe = cls.enterClassContext(Stripe())
        cls.enterClassContext(redirected(cls.env, cls.stripe.url))
        cls.enterClassContext(mute_logger(TALK))
        cls.provider = cls.env.ref("payment.payment_provider_stripe").copy(
            {
                "company_id": cls.company.id,
                "stripe_publishable_key": "pk_test_of_the_tests",
                "stripe_secret_key": SECRET_KEY,
                "stripe_webhook_secret": WEBHOOK_SECRET,
            }
        )
        cls.method = cls.env.ref("payment.payment_method_card")
        cls.debit = cls.env.ref("payment.payment_method_sepa_direct_debit")
        cls.provider.write(
            {
                "state": "test",
                "allow_tokenization": True,
                "is_published": True,
                "journal_id": cls.bank.id,
                "payment_method_ids": [Command.set((cls.method | cls.debit).ids)],
            }
        )
        (cls.method | cls.debit).active = True  # only those of a provider that is enabled
        cls.bank.inbound_payment_method_line_ids.payment_account_id = cls.outstanding

    def setUp(self):
        super().setUp()
        self.stripe.forget_requests()
        self.charged_before = len(self.stripe.charged())

    def charged(self):
        """Return the amounts, in euros, that Stripe really took during this test."""
        return [amount / 100 for amount in self.stripe.charged()[self.charged_before :]]

    @classmethod
    def make_token(cls, partner, card=GOOD_CARD, iban=None):
        """Save a card or account of ``partner`` at Stripe, as if it had been entered without authentication."""
        customer = cls.stripe.call("POST", "customers", {"name": partner.name})[1]["id"]
        method = cls.stripe.save_method(customer, None if iban else card, iban)[1]
        return cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": (cls.debit if iban else cls.method).id,
                "partner_id": partner.id,
                "payment_details": (iban or card)[-4:],
                "provider_ref": customer,
                "stripe_payment_method": method["id"],
                "stripe_mandate": f"mandate_{method['id']}" if iban else False,
            }
        )

    def follow_payments(self):
        """Let Odoo's own run follow what happened to payments."""
        transactions = self.env["payment.transaction"].search([("is_post_processed", "=", False)])
        transactions._post_process()
        self.env.flush_all()

    # === OVER HTTP === #

    def tell(self, kind, thing, secret=WEBHOOK_SECRET, follow=True):
        """Send an event to Odoo's webhook as Stripe does, then let Odoo's own run follow it; return the answer."""
        now = Datetime.now().timestamp()
        body, headers = sign_event(kind, thing, int(now), secret)
        self.env.flush_all()
        answer = self.url_open("/payment/stripe/webhook", data=body, headers=headers)
        self.env.invalidate_all()
        if follow:
            self.follow_payments()
        return answer

    def tell_settled(self, transaction, **options):
        """Let the bank answer a SEPA debit, and Stripe tell Odoo."""
        return self.tell(*self.stripe.settle(transaction.provider_reference), **options)

    def begin_invoice(self, move, **params):
        """Open the page of an invoice with its link, without a login, and press *Pay*; return what the page gets."""
        self.assertIn("o_stripe_element_container", self.page(move.get_portal_url()))
        defaults = {
            "access_token": move.access_token,
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": move.amount_residual,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": move.get_portal_url(),
        }
        return self.rpc(f"/invoice/transaction/{move.id}", **{**defaults, **params})["result"]

    def pay_at_stripe(self, values, **entered):
        """Do what the page does after Odoo's answer ``values``: enter a method, confirm, come back.

        :param entered: of ``Stripe.confirm``
        :return: the payment
        """
        self.assertTrue(values["client_secret"], values["state_message"])
        intent = self.stripe.confirm(values["client_secret"], **entered)
        transaction = self.env["payment.transaction"].search([("reference", "=", values["reference"])])
        if "error" in intent:
            return transaction
        back, kind = urlsplit(values["return_url"]), intent["object"]
        self.env.flush_all()
        self.url_open(f"{back.path}?{back.query}&{kind}={intent['id']}", allow_redirects=False)
        self.env.invalidate_all()
        self.follow_payments()
        return transaction


def redirected(env, url):
    """Return a patch with which Odoo asks ``url`` instead of Stripe."""
    providers = env.registry["payment.provider"]
    build = providers._build_request_url

    def _build_request_url(provider, *args, **kwargs):
        return build(provider, *args, **kwargs).replace(STRIPE, url)

    return patch.object(providers, "_build_request_url", _build_request_url)
