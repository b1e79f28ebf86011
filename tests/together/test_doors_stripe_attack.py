"""Charging with Stripe when processes die, run at once or hear of it too early: one key, one charge."""

# Other processes see only what is committed; pylint: disable=invalid-commit
import threading
import time

import requests

from odoo.tests import tagged

from ..common.attacks import AttackCase
from ..common.databases import server
from ..common.stripe import STRIPE, StripeMixin
from ..common.stripe_server import sign_event

#: The run that charges, in a process that asks the proxy instead of Stripe.
RUN = """
providers = type(env["payment.provider"])
build = providers._build_request_url
providers._build_request_url = lambda *args, **kwargs: build(*args, **kwargs).replace({stripe!r}, {url!r})
print("BEGIN", flush=True)
env["account.move"]._cron_collect()
print("END", flush=True)
"""
#: Seconds after which what does not happen counts as broken.
PATIENCE = 60


@tagged("post_install", "-at_install")
class TestStripeUnderAttack(StripeMixin, AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_provider()
        cls.cr.commit()

    def bill(self):
        """Return the posted invoice of a subscription with a saved card."""
        subscription = self.subscribe(1)
        subscription._set_payment_token(self.make_token(subscription.organisation_id))
        self.env["practice.subscription"]._cron_bill()
        move = self.env["account.move"].search([("practice_subscription_id", "=", subscription.id)])
        self.assertEqual(move.practice_collection, "scheduled")
        self.cr.commit()
        return move

    def run_here(self):
        self.env["account.move"]._cron_collect()
        self.cr.commit()

    def assertChargedOnce(self, move, requests):
        """Check that an invoice is paid by one payment, after so many ``requests`` with one key."""
        self.cr.rollback()
        self.env.invalidate_all()
        self.env["payment.transaction"]._cron_post_process()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertEqual(len(move.practice_attempt_ids), 1)
        payments = self.env["account.payment"].search([("payment_transaction_id", "in", move.transaction_ids.ids)])
        self.assertEqual(payments.mapped("amount"), [move.amount_total])
        self.assertEqual(self.charged(), [move.amount_total])
        self.assertEqual((len(self.stripe.asked), len(set(self.stripe.asked))), (requests, 1))

    def test_a_run_that_dies_while_stripe_charges_and_one_beside_it(self):
        move = self.bill()
        has_charged, may_answer = threading.Event(), threading.Event()

        def hold():
            has_charged.set()
            may_answer.wait(PATIENCE)

        self.stripe.before_answer = hold
        process = self.start(RUN.format(stripe=STRIPE, url=self.stripe.url))
        self.assertTrue(has_charged.wait(PATIENCE))
        self.run_here()
        self.assertEqual(len(self.stripe.asked), 1, "while somebody asks, nobody else does")
        process.kill()
        self.finish(process)
        may_answer.set()
        self.wait_until_dead()
        self.run_here()
        self.assertChargedOnce(move, requests=2)

    def test_a_webhook_that_comes_before_the_answer_is_committed(self):
        move, heard = self.bill(), []

        def tell():
            body, headers = sign_event("payment_intent.succeeded", self.stripe.answered[-1], int(time.time()))
            address = f"http://127.0.0.1:{port}/payment/stripe/webhook"
            heard.append(requests.post(address, body, headers=headers, timeout=PATIENCE).status_code)

        def tell_before_the_answer():
            teller.start()
            time.sleep(1)  # it waits for the row that the run holds

        with server(self.database) as port:
            teller = threading.Thread(target=tell)
            self.stripe.before_answer = tell_before_the_answer
            self.run_here()
            teller.join(PATIENCE)
        self.assertEqual(heard, [200])
        self.assertChargedOnce(move, requests=1)
