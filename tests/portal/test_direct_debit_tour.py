"""A direct debit from the mandate on the phone to the money, by the ways people take, in a real browser."""

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from ..common.checkouts import OrganisationMixin
from ..common.direct_debit import DEBTOR_IBANS, DirectDebitMixin
from ..common.pages import PagesMixin
from ..common.subscriptions import SubscriptionCase


@tagged("post_install", "-at_install")
class TestDirectDebitTour(DirectDebitMixin, OrganisationMixin, PagesMixin, SubscriptionCase, HttpCase):
    """The customer has a phone, the accountant a desk. The clock runs: what has to be long ago is written so."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_direct_debit()
        cls.provider.state = "disabled"
        cls.debits.write(
            {"sepa_return_fee_product_id": cls.make_service("Returned direct debit").id, "sepa_return_fee": 5.0}
        )
        cls.make_staff()
        cls.accountant.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})
        return result

    # === WHO DOES WHAT === #

    def on_the_phone(self, tour):
        self.browser_size, self.touch_enabled = "390x844", True
        self.start_tour("/my", tour, login=self.boss.login)
        self.env.invalidate_all()

    def at_the_desk(self, tour, action):
        self.browser_size, self.touch_enabled = "1366x768", False
        self.start_tour(f"/odoo/action-practice_billing.{action}", tour, login=self.accountant.login)
        self.env.invalidate_all()

    def make_file(self):
        """Let the accountant make a file and upload it; return it."""
        before = self.env["practice.sepa.batch"].search([])
        self.at_the_desk("practice_debit_upload", "practice_sepa_batch_action")
        batch = self.env["practice.sepa.batch"].search([]) - before
        self.assertEqual((len(batch), batch.state, batch.uploaded_by_id), (1, "uploaded", self.accountant))
        return batch

    def load_at_the_desk(self, xml):
        """Let the accountant load what the bank says; return the message."""
        data = self.env["ir.model.data"].search([("name", "=", "tour_bank_answer")])
        data.unlink()
        file = self.env["ir.attachment"].create({"name": "answer.xml", "raw": xml.encode(), "public": True})
        self.env["ir.model.data"].create(
            {"module": "practice_billing", "name": "tour_bank_answer", "model": file._name, "res_id": file.id}
        )
        before = self.env["practice.sepa.message"].search([])
        self.at_the_desk("practice_debit_load_answer", "practice_sepa_message_action")
        return self.env["practice.sepa.message"].search([]) - before

    # === THE STORY === #

    def test_from_the_mandate_to_the_money(self):
        subscription = self.make_trial()
        self.on_the_phone("practice_debit_sign")
        first = subscription.payment_token_id._practice_get_mandate_sudo()
        self.assertEqual((first.state, first.iban, first.signed_by), ("active", DEBTOR_IBANS[0], self.boss.login))

        subscription._begin_billing()
        invoice = self.bill(subscription).sudo()
        self.run_cron("ir_cron_collect")
        self.assertEqual((invoice.amount_total, invoice.practice_collection), (94.38, "collecting"))
        collection = invoice.practice_attempt_ids
        batch = self.make_file()
        self.assertEqual([it["name"] for it in self.read_file(batch)], [collection.sepa_end_to_end])

        batch.requested_day = self.today()
        self.run_cron("ir_cron_direct_debit")
        self.assertEqual((batch.state, collection.state), ("settled", "done"))
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))

        message = self.load_at_the_desk(self.say_returned(collection, "AC04"))
        self.assertEqual(message.line_ids.outcome, "followed")
        self.assertEqual((invoice.payment_state, invoice.practice_collection), ("not_paid", "refused"))
        self.assertEqual((first.state, subscription.state), ("revoked", "past_due"))

        long_ago = self.today() - timedelta(days=3)
        invoice.invoice_date_due = subscription.past_due_since = long_ago
        self.run_cron("ir_cron_subscription_time")
        reminder = subscription.reminder_ids.filtered("is_sent")
        self.assertEqual((reminder.move_id, reminder.step_id.days), (invoice, 3))

        self.on_the_phone("practice_debit_sign_again")
        second = subscription.payment_token_id._practice_get_mandate_sudo()
        self.assertEqual((second.state, second.iban), ("active", DEBTOR_IBANS[1]))
        self.assertEqual(subscription.state, "past_due", "a mandate is no payment yet")
        self.on_the_phone("practice_debit_pay_all")
        fee = self.env["account.move"].search([("practice_fee_origin_id", "=", invoice.id)])
        payment = fee.transaction_ids
        self.assertEqual((payment.state, payment.amount, payment.token_id), ("pending", 100.43, second.token_id))
        self.run_cron("ir_cron_collect")
        self.assertEqual(invoice.practice_attempt_ids, collection, "nobody collects it twice")

        batch = self.make_file()
        self.assertEqual([it["iban"] for it in self.read_file(batch)], [DEBTOR_IBANS[1]])
        message = self.load_at_the_desk(self.say_arrived(batch))
        self.assertEqual(message.line_ids.outcome, "settled")
        self.follow_payments()
        self.run_cron("ir_cron_subscription_time")
        self.assertEqual({*invoice.mapped("amount_residual"), *fee.mapped("amount_residual")}, {0.0})
        self.assertEqual((payment.state, subscription.state), ("done", "active"))
        self.assertEqual(subscription.payment_token_id, second.token_id)
        self.assertBooksAgree()
        proof = self.env["practice.credit.proof"]._read_group([], ["account_id"], ["difference:sum"])
        self.assertEqual([round(gap, 2) for _account, gap in proof if round(gap, 2)], [], "the proof is 0.00")
