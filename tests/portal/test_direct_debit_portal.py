"""Debtors sign and revoke mandates on the portal, over the pages."""

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..common.checkouts import OrganisationMixin
from ..common.direct_debit import DEBTOR_IBANS, DirectDebitMixin
from ..common.pages import PagesMixin
from ..common.subscriptions import SubscriptionCase


@tagged("post_install", "-at_install")
class TestDirectDebitPortal(DirectDebitMixin, OrganisationMixin, PagesMixin, SubscriptionCase, HttpCase):
    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_direct_debit()
        return result

    def setUp(self):
        super().setUp()
        self.log_in(self.boss)

    def begin_saving(self, subscription):
        """Begin to save a method as the page does; return what its script gets."""
        return self.rpc(
            f"/my/subscription/method/{subscription.id}/transaction",
            provider_id=self.debits.id,
            payment_method_id=self.debit_method.id,
            flow="direct",
        )

    def sign_on_page(self, values, **changes):
        """Sign as the page does; return the answer."""
        mandates = self.env["practice.sepa.mandate"]
        return self.rpc(
            "/practice/direct_debit/sign",
            **{
                "reference": values["reference"],
                "access_token": values["sepa_access_token"],
                "holder": "De Brug",
                "iban": "be68 5390 0754 7034",
                "version": mandates._get_text_version(),
                "consent": True,
                **changes,
            },
        )

    def get_mandates(self):
        self.env.invalidate_all()
        return self.env["practice.sepa.mandate"].search([("partner_id", "child_of", self.organisation.id)])

    def test_a_mandate_is_signed_where_methods_are_saved_and_removed_there(self):
        subscription = self.make_trial()
        page = self.page("/my/subscription/method")
        self.assertIn("practice_mandate", page)
        self.assertIn("you authorise", page)
        values = self.begin_saving(subscription)["result"]
        self.assertNotIn("error", self.sign_on_page(values))
        self.follow_payments()
        mandate = self.get_mandates()
        self.assertEqual((mandate.state, mandate.iban), ("active", DEBTOR_IBANS[0]))
        self.assertEqual((mandate.signed_by, mandate.lang), (self.boss.login, "en_US"))
        self.assertTrue(mandate.signed_address and mandate.text)
        self.assertEqual(subscription.payment_token_id, mandate.token_id)
        page = self.page("/my/subscription/method")
        self.assertIn("7034", page)
        self.assertNotIn(DEBTOR_IBANS[0], page)
        self.send_form(f"/my/subscription/method/{mandate.token_id.id}/remove")
        self.assertEqual(self.get_mandates().state, "revoked")
        self.assertFalse(subscription.payment_token_id)

    def test_what_was_not_begun_here_is_not_signed(self):
        values = self.begin_saving(self.make_trial())["result"]
        with mute_logger("odoo.http"):
            for changes in (
                {"access_token": "x"},
                {"access_token": None},
                {"reference": "other"},
                {"consent": False},
                {"consent": "yes"},
                {"iban": "BE00"},
                {"holder": ""},
                {"version": "old"},
            ):
                self.assertIn("error", self.sign_on_page(values, **changes), changes)
            self.assertFalse(self.get_mandates())
            self.sign_on_page(values)
            self.assertIn("error", self.sign_on_page(values, iban=DEBTOR_IBANS[1]), "it has ended")
        self.assertEqual(len(self.get_mandates()), 1)

    def test_a_plan_that_is_paid_by_mandate_begins_once_the_bank_has_collected(self):
        subscription = self.make_trial()
        checkout = self.checkout()
        transaction = self.begin(checkout, provider_id=self.debits.id, payment_method_id=self.debit_method.id)
        mandate = transaction._practice_sign_mandate_sudo(
            {"holder": "De Brug", "iban": DEBTOR_IBANS[1], "address": "::1"}
        )
        self.follow_payments()
        self.assertEqual((transaction.state, subscription.state), ("pending", "trial"))
        batch = self.make_files()
        self.assertEqual([it["name"] for it in self.read_file(batch)], [transaction.sepa_end_to_end])
        batch.action_mark_uploaded()
        batch.action_settle()
        self.follow_payments()
        self.assertEqual((transaction.state, subscription.state), ("done", "active"))
        self.assertEqual(subscription.payment_token_id, mandate.token_id)

    def test_the_general_page_of_methods_shows_the_form(self):
        page = self.page("/my/payment_method")
        self.assertIn("practice_mandate", page)
