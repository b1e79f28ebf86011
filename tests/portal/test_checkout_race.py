"""Two windows, two administrators, a browser and a cron at once: real sessions and commits, in their own database."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from functools import partial
from uuid import uuid4

from odoo.api import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.checkouts import OrganisationMixin
from ..common.databases import server
from ..common.pages import Browser
from ..common.races import RaceCase, done, refused

SESSIONS = 6


@tagged("post_install", "-at_install")
class TestCheckoutRace(OrganisationMixin, RaceCase):
    now = None
    muted = (*RaceCase.muted, "odoo.addons.payment.models.payment_transaction")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.organisation = self.make_organisation("Racing Practice")
        self.organisation.practice_administrator_ids = self.boss.partner_id | self.an.partner_id
        self.subscription = self.make_trial(organisation=self.organisation)
        self.cr.commit()

    def race_to_pay(self, works, users=None):
        """Let sessions of the administrator (or of ``users``) do ``works`` at once; return the outcomes."""
        return self.race(works, users or self.boss.id, {"tracking_disable": True})

    def assertRefusedOrDone(self, results, expected):
        """Check that as many as expected came through, and that the others were refused in words."""
        for error in refused(results):
            self.assertIsInstance(error, UserError, repr(error))
        self.assertEqual(len(done(results)), expected, results)

    def in_env(self, env):
        return env["res.partner"].sudo().browse(self.organisation.id)

    def test_two_windows_that_choose_at_once_leave_one_open_checkout(self):
        plans = [self.standard, self.starter, self.blended] * 2

        def choose(plan_id, env):
            company = env["res.company"].sudo().browse(self.company.id)
            plan = env["practice.plan"].sudo().browse(plan_id)
            return env["practice.subscription.checkout"]._start_sudo(self.in_env(env), company, plan, "month").id

        results = self.race_to_pay([partial(choose, plan.id) for plan in plans])
        self.assertRefusedOrDone(results, len(plans))
        checkouts = self.env["practice.subscription.checkout"].search([("organisation_id", "=", self.organisation.id)])
        self.assertEqual(len(checkouts.filtered(lambda it: it.state == "draft")), 1)

    def test_two_windows_that_pay_at_once_pay_once(self):
        checkout = self.checkout()
        token = self.make_token(self.organisation)
        self.cr.commit()

        def pay(env):
            mine = env["practice.subscription.checkout"].sudo().browse(checkout.id)
            amount = mine._begin_payment()
            transaction = (
                env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.method.id,
                        # Nothing but the checkout itself is to say no.
                        "reference": str(uuid4()),
                        "amount": amount,
                        "currency_id": mine.currency_id.id,
                        "partner_id": self.organisation.id,
                        "token_id": token.id,
                        "operation": "online_token",
                        "practice_checkout_id": mine.id,
                    }
                )
            )
            transaction._charge_with_token()
            return transaction.id

        results = self.race_to_pay([pay] * SESSIONS)
        self.assertRefusedOrDone(results, 1)
        self.assertEqual(checkout.transaction_ids.mapped("state"), ["done"])

    def test_eight_windows_that_pay_with_the_real_form_are_charged_once(self):
        for flow in ("direct", "token"):
            with self.subTest(flow=flow):
                self.assertChargedOnce(flow)

    def assertChargedOnce(self, flow):
        """Let eight windows of an administrator pay the same checkout at once, through a server."""
        self.organisation = self.make_organisation(f"Racing With {flow}")
        self.organisation.practice_administrator_ids = self.boss.partner_id
        # The login runs this one only.
        self.make_trial(organisation=self.organisation)
        checkout = self.checkout()
        token = self.make_token(self.organisation)
        self.cr.commit()
        form = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": token.id if flow == "token" else None,
            "flow": flow,
        }
        address = f"/my/subscription/checkout/{checkout.id}/transaction"
        with server(self.database) as port, Browser(port, "pb_boss") as browser:
            work = browser.call if flow == "token" else browser.pay_with_demo
            calls = [partial(work, address, **form) if flow == "token" else partial(work, address, form)] * 8
            outcomes = self.at_once(calls)
        self.assertEqual(len(done(outcomes)), 1, outcomes)
        self.assertEqual(checkout.transaction_ids.mapped("state"), ["done"])

    def test_a_browser_and_a_cron_that_follow_a_payment_at_once_bill_once(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.notify(transaction, "done", follow=False)
        self.cr.commit()

        def follow(env):
            env["payment.transaction"].sudo().browse(transaction.id)._post_process()
            return True

        results = self.race_to_pay([follow] * 6, users=[self.boss.id, SUPERUSER_ID] * 3)
        self.assertRefusedOrDone(results, len(results))
        self.assertEqual(len(self.subscription.period_ids), 1)
        self.assertEqual(self.subscription.period_ids.move_id.amount_residual, 0.0)
        payments = self.env["account.payment"].search([("payment_transaction_id", "=", transaction.id)])
        self.assertEqual(len(payments), 1)
        self.assertWaiting()

    def test_two_administrators_that_remove_each_other_leave_one(self):
        def remove(person, env):
            self.in_env(env)._practice_remove_administrator(env["res.partner"].browse(person))
            return True

        pairs = ((self.boss, self.an), (self.an, self.boss))
        results = self.race_to_pay(
            [partial(remove, other.partner_id.id) for _user, other in pairs], users=[user.id for user, _other in pairs]
        )
        self.assertRefusedOrDone(results, 1)
        self.assertEqual(len(self.organisation.practice_administrator_ids), 1)

    def test_a_practitioner_who_is_added_twice_at_once_has_one_seat(self):
        def add(env):
            mine = env["practice.subscription"].sudo().browse(self.subscription.id)
            return mine._portal_add_practitioner_sudo("Cas", "cas@example.com").id

        results = self.race_to_pay([add] * SESSIONS)
        self.assertRefusedOrDone(results, 1)
        people = self.env["res.partner"].search([("parent_id", "=", self.organisation.id), ("name", "=", "Cas")])
        self.assertEqual(len(people), 1)
        self.assertEqual(len(self.subscription.seat_ids), 3)
