"""Stripe, through Odoo's own payment_stripe: saving a method, charging it, what fails, what comes back."""

import re

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..common.checkouts import OrganisationMixin
from ..common.collection import CollectionCase
from ..common.pages import PagesMixin
from ..common.refunds import RefundPracticeMixin
from ..common.stripe import StripeMixin
from ..common.stripe_server import (
    ASKS_ALWAYS,
    ASKS_UNTIL_SAVED,
    BAD_IBAN,
    DECLINED_LATER,
    GOOD_CARD,
    GOOD_IBAN,
)
from ..common.subscriptions import SubscriptionCase, day

PAID = ("paid", "in_payment")


@tagged("post_install", "-at_install")
class TestStripeOnThePortal(StripeMixin, OrganisationMixin, SubscriptionCase, PagesMixin, HttpCase):
    """An administrator of an organisation enters a card or an account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()

    def begin_checkout(self, method=None):
        """Choose the plan, and press *Pay* on its page; return what the page gets."""
        self.log_in(self.boss)
        self.send_form("/my/subscription/checkout/start", plan=self.standard.id, interval="month")
        page = self.page("/my/subscription/checkout")
        self.assertIn("o_stripe_element_container", page)
        checkout = self.env["practice.subscription.checkout"]._get_open_sudo(self.organisation, self.company)
        return self.begin_payment(f"/my/subscription/checkout/{checkout.id}/transaction", method)

    def begin_payment(self, path, method=None, **params):
        method = method or self.method
        offered = {"provider_id": self.provider.id, "payment_method_id": method.id, "flow": "direct"}
        return self.rpc(path, **offered, **params)["result"]

    def begin_method(self, method=None):
        """Press *Save* on the page of payment methods; return what the page gets."""
        self.log_in(self.boss)
        self.page("/my/subscription/method")
        return self.begin_payment(f"/my/subscription/method/{self.subscription.id}/transaction", method)

    # === AT CHECKOUT === #

    def test_a_card_pays_the_checkout_and_is_saved_for_what_comes(self):
        transaction = self.pay_at_stripe(self.begin_checkout(), card=GOOD_CARD)
        self.assertEqual((transaction.state, self.charged()), ("done", [94.38]))
        self.assertEqual(self.subscription.state, "active")
        first = self.last_invoice(self.subscription)
        self.assertIn(first.payment_state, PAID)
        token = self.subscription.payment_token_id
        self.assertEqual((token, token.partner_id), (transaction.token_id, self.organisation))
        self.assertEqual((token.payment_details, token.practice_expiry_date), ("4242", day(12, 31, 2030)))
        second = self.bill(self.subscription, day(2, 15))
        self.run_cron("ir_cron_collect")
        self.assertIn(second.payment_state, PAID)
        self.assertEqual(self.charged(), [94.38, 94.38])
        self.assertEqual(self.balance(self.outstanding), 188.76)

    def test_a_card_that_asks_is_authenticated_once_and_charged_without_anybody_afterwards(self):
        self.pay_at_stripe(self.begin_checkout(), card=ASKS_UNTIL_SAVED)
        second = self.bill(self.subscription, day(2, 15))
        self.run_cron("ir_cron_collect")
        self.assertIn(second.payment_state, PAID)
        self.assertEqual(self.charged(), [94.38, 94.38])

    def test_who_does_not_authenticate_has_not_paid_and_begins_anew(self):
        transaction = self.pay_at_stripe(self.begin_checkout(), card=ASKS_ALWAYS, authenticate=False)
        self.assertEqual((transaction.state, self.subscription.state), ("error", "trial"))
        self.assertFalse(self.subscription.payment_token_id)
        self.assertEqual(self.pay_at_stripe(self.begin_checkout(), card=GOOD_CARD).state, "done")
        self.assertEqual((self.subscription.state, self.charged()), ("active", [94.38]))

    def test_a_debit_at_checkout_begins_the_subscription_when_the_bank_has_paid(self):
        transaction = self.pay_at_stripe(self.begin_checkout(self.debit), iban=GOOD_IBAN)
        self.assertEqual((transaction.state, self.subscription.state), ("pending", "trial"))
        self.assertIn("is being processed", self.page("/my/subscription/checkout"))
        self.tell_settled(transaction)
        self.assertEqual((transaction.state, self.subscription.state), ("done", "active"))
        token = self.subscription.payment_token_id
        self.assertEqual((token.payment_method_id, token.payment_details), (self.debit, GOOD_IBAN[-4:]))
        self.assertTrue(token.stripe_mandate)
        second = self.bill(self.subscription, day(2, 15))
        self.run_cron("ir_cron_collect")
        self.assertEqual(second.practice_collection, "collecting")
        self.tell_settled(second.practice_attempt_ids)
        self.assertIn(second.payment_state, PAID)
        self.assertEqual(self.charged(), [94.38, 94.38])

    def test_a_debit_that_fails_at_checkout_begins_nothing(self):
        transaction = self.pay_at_stripe(self.begin_checkout(self.debit), iban=BAD_IBAN)
        self.tell_settled(transaction)
        self.assertEqual((transaction.state, self.subscription.state), ("error", "trial"))
        self.assertFalse(self.subscription.payment_token_id)
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))

    # === WITHOUT PAYMENT === #

    def test_a_card_is_saved_without_a_payment(self):
        self.subscription._begin_billing()
        transaction = self.pay_at_stripe(self.begin_method(), card=GOOD_CARD)
        self.assertEqual((transaction.operation, transaction.state), ("validation", "done"))
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.assertFalse(self.charged())
        self.assertFalse(transaction.payment_id)

    def test_an_account_is_saved_without_a_payment(self):
        self.subscription._begin_billing()
        self.pay_at_stripe(self.begin_method(self.debit), iban=GOOD_IBAN)
        self.assertEqual(self.subscription.payment_token_id.payment_details, GOOD_IBAN[-4:])
        move = self.bill(self.subscription)
        self.run_cron("ir_cron_collect")
        self.tell_settled(move.practice_attempt_ids)
        self.assertIn(move.payment_state, PAID)

    def test_a_window_that_was_closed_saves_the_card_by_the_webhook_once(self):
        self.subscription._begin_billing()
        values = self.begin_method()
        self.assertTrue(values["client_secret"], values["state_message"])
        intent = self.stripe.confirm(values["client_secret"], card=GOOD_CARD)
        for _time in range(2):
            self.assertEqual(self.tell("setup_intent.succeeded", intent).status_code, 200)
        tokens = self.env["payment.token"].search([("provider_id", "=", self.provider.id)])
        self.assertEqual(self.subscription.payment_token_id, tokens)
        self.assertEqual(len(tokens), 1)


class StripeCollectionCase(StripeMixin, CollectionCase, PagesMixin, HttpCase):
    """An organisation with a card or an account saved at Stripe, which is charged without anybody there."""

    def collected(self, card=GOOD_CARD, **vals):
        """Bill a subscription whose ``card`` is saved, and let the run charge it; return both."""
        subscription = self.subscribe_with(card, **vals)
        move = self.bill_one(subscription)
        self.collect()
        return subscription, move

    def debited(self, iban=GOOD_IBAN):
        """Bill a subscription whose account is saved, and have it debited; return both."""
        subscription = self.subscribe(organisation=self.organisation)
        subscription._set_payment_token(self.make_token(self.organisation, iban=iban))
        move = self.bill_one(subscription)
        self.collect()
        return subscription, move


@tagged("post_install", "-at_install")
class TestStripeCollects(StripeCollectionCase):
    # === CARDS === #

    def test_a_card_is_charged_and_the_invoice_is_paid(self):
        _subscription, move = self.collected()
        self.assertIn(move.payment_state, PAID)
        self.assertEqual(self.charged(), [move.amount_total])
        self.assertEqual(len(self.mails("mail_template_payment_receipt", move)), 1)
        [[key, description]] = self.stripe.asked
        self.assertTrue(key)
        self.assertEqual(description, move.practice_attempt_ids.reference)

    def test_a_card_that_is_declined_is_tried_again_on_the_days_with_a_new_key(self):
        subscription, move = self.collected(DECLINED_LATER)
        self.assertRecordValues(move, [{"practice_collection": "retry", "practice_collect_date": day(1, 18)}])
        self.assertIn("declined", move.practice_collection_reason)
        for date in (day(1, 18), day(1, 23), day(1, 30)):
            self.assertEqual(move.practice_collect_date, date)
            self.collect(date)
        self.assertEqual((move.practice_collection, subscription.state), ("failed", "past_due"))
        self.assertEqual(len({key for key, _description in self.stripe.asked}), 4)
        self.assertEqual(len(self.mails("mail_template_payment_failed", move)), 4)
        subscription._set_payment_token(self.make_token(self.organisation))
        self.collect()
        self.assertIn(move.payment_state, PAID)
        self.assertEqual((subscription.state, self.charged()), ("active", [move.amount_total]))

    # === DEBITS === #

    def test_a_debit_is_collecting_until_the_bank_has_paid(self):
        _subscription, move = self.debited()
        self.assertEqual(move.practice_collection, "collecting")
        for date in (day(1, 18), day(1, 25)):
            self.collect(date)
        self.assertEqual(len(self.stripe.asked), 1)
        self.tell_settled(move.practice_attempt_ids)
        self.assertIn(move.payment_state, PAID)
        self.assertEqual(self.charged(), [move.amount_total])

    def test_a_debit_that_fails_is_told_and_tried_again(self):
        _subscription, move = self.debited(BAD_IBAN)
        self.go_to(day(1, 20))
        self.tell_settled(move.practice_attempt_ids)
        self.assertRecordValues(move, [{"practice_collection": "retry", "practice_collect_date": day(1, 23)}])
        self.assertEqual(len(self.mails("mail_template_payment_failed", move)), 1)
        self.assertFalse(self.charged())

    def test_whoever_hears_twice_follows_once(self):
        subscription, move = self.debited()
        event = self.stripe.settle(move.practice_attempt_ids.provider_reference)
        for _time in range(2):
            self.assertEqual(self.tell(*event).status_code, 200)
        self.assertEqual(len(self.env["account.payment"].search([("partner_id", "=", self.organisation.id)])), 1)
        self.assertEqual(len(self.mails("mail_template_payment_receipt", move)), 1)
        self.assertFalse(self.problems(subscription))

    def test_what_is_not_signed_is_not_followed(self):
        _subscription, move = self.debited()
        event = self.stripe.settle(move.practice_attempt_ids.provider_reference)
        with mute_logger("odoo.http"):
            self.assertEqual(self.tell(*event, secret="whsec_of_somebody_else").status_code, 403)
        self.assertEqual(move.practice_collection, "collecting")

    def test_a_payment_that_nobody_knows_changes_nothing(self):
        _subscription, move = self.debited()
        kind, intent = self.stripe.settle(move.practice_attempt_ids.provider_reference)
        self.assertEqual(self.tell(kind, {**intent, "description": "INV/OF/ANOTHER/ODOO"}).status_code, 200)
        self.assertEqual(move.practice_collection, "collecting")

    def test_another_amount_is_not_taken_for_payment(self):
        _subscription, move = self.debited()
        kind, intent = self.stripe.settle(move.practice_attempt_ids.provider_reference)
        self.tell(kind, {**intent, "amount": intent["amount"] - 100})
        self.assertNotIn(move.payment_state, PAID)
        self.assertIn("amount", move.practice_collection_reason)
        self.assertFalse(self.env["account.payment"].search([("partner_id", "=", self.organisation.id)]))

    def test_an_account_that_was_removed_meanwhile_is_still_settled_by_what_it_paid(self):
        subscription, move = self.debited()
        subscription.payment_token_id.active = False
        self.tell_settled(move.practice_attempt_ids)
        self.assertIn(move.payment_state, PAID)

    def test_an_account_that_was_removed_meanwhile_and_fails_is_not_tried_again(self):
        subscription, move = self.debited(BAD_IBAN)
        subscription.payment_token_id.active = False
        self.tell_settled(move.practice_attempt_ids)
        self.assertEqual((move.practice_collection, move.practice_collect_date), ("refused", False))

    # === AUTHENTICATION === #

    def test_a_card_that_asks_has_the_organisation_pay_with_the_link_of_an_email(self):
        subscription, move = self.collected(ASKS_ALWAYS)
        self.assertRecordValues(move, [{"practice_collection": "retry", "practice_collect_date": day(1, 18)}])
        self.assertFalse(self.mails("mail_template_payment_failed", move))
        mail = self.mails("mail_template_payment_confirm", move)
        self.assertEqual(len(mail), 1)
        self.assertIn("Your bank", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.administrator | self.organisation)
        [path] = re.findall(r'href="[^"]*?(/my/invoices/[^"]+)"', mail.body_html)
        self.assertIn(move.access_token, path)
        # Nobody is logged in, on the morning on which the card is to be charged again.
        self.go_to(day(1, 18))
        values = self.begin_invoice(move, tokenization_requested=True)
        # While somebody pays there, the run keeps its hands off.
        self.collect()
        self.assertEqual(len(self.stripe.asked), 2)
        transaction = self.pay_at_stripe(values, card=ASKS_UNTIL_SAVED)
        self.assertEqual((transaction.state, self.charged()), ("done", [move.amount_total]))
        self.assertIn(move.payment_state, PAID)
        self.assertRecordValues(move, [{"practice_collection": False, "practice_collect_date": False}])
        for date in (day(1, 19), day(1, 23), day(1, 30)):
            self.collect(date)
        self.assertEqual(self.charged(), [move.amount_total])
        self.assertEqual(subscription.state, "active")
        # It was saved there, and charges what comes without asking again.
        self.assertEqual(subscription.payment_token_id, transaction.token_id)
        second = self.bill(subscription, day(2, 15))
        self.collect()
        self.assertIn(second.payment_state, PAID)

    def test_a_card_that_asks_and_is_answered_by_nobody_becomes_past_due(self):
        subscription, move = self.collected(ASKS_ALWAYS)
        for date in (day(1, 18), day(1, 23), day(1, 30)):
            self.collect(date)
        self.assertEqual((move.practice_collection, subscription.state), ("failed", "past_due"))
        self.assertEqual(len(self.mails("mail_template_payment_confirm", move)), 4)
        self.assertFalse(self.charged())

    def test_that_a_card_asks_is_also_learnt_from_the_webhook(self):
        self.stripe.troubles = ["lost"]
        _subscription, move = self.collected(ASKS_ALWAYS)
        intent = self.stripe.answered[-1]["error"]["payment_intent"]
        self.tell("payment_intent.payment_failed", {**intent, "description": move.practice_attempt_ids.reference})
        self.assertEqual(len(self.mails("mail_template_payment_confirm", move)), 1)

    # === WITHOUT AN ANSWER === #

    def test_when_the_line_breaks_the_same_key_is_sent_again_and_money_moves_once(self):
        for troubles in (["lost"], ["lost", "lost"], ["unreached", "lost"], ["unreached"], [500], [429], [409, "lost"]):
            with self.subTest(troubles=troubles):
                before = len(self.charged())
                self.stripe.forget_requests(*troubles)
                subscription = self.subscribe()
                subscription._set_payment_token(self.make_token(subscription.organisation_id))
                move = self.bill_one(subscription)
                for _time in troubles:
                    self.collect()
                    self.assertEqual(move.practice_collection, "charging")
                    self.assertFalse(self.mails("mail_template_payment_failed", move))
                self.collect()
                self.assertIn(move.payment_state, PAID)
                self.assertEqual(self.charged()[before:], [move.amount_total])
                self.assertEqual(len(move.practice_attempt_ids), 1)
                asked = self.stripe.asked
                self.assertEqual((len(asked), len(set(asked))), (len(troubles) + 1, 1))

    def test_a_webhook_answers_where_the_line_broke(self):
        self.stripe.troubles = ["lost"]
        _subscription, move = self.collected()
        self.tell("payment_intent.succeeded", self.stripe.answered[-1])
        self.assertIn(move.payment_state, PAID)
        self.collect()
        self.assertEqual((len(self.stripe.asked), self.charged()), (1, [move.amount_total]))

    def test_a_key_that_stripe_may_have_forgotten_is_not_sent_again(self):
        """Stripe keeps keys for 24 hours: afterwards the same request would be another payment."""
        self.stripe.troubles = ["lost"]
        subscription, move = self.collected()
        attempt = move.practice_attempt_ids
        attempt.flush_recordset()
        self.query("UPDATE payment_transaction SET create_date = %s WHERE id = %s RETURNING id", self.at(), attempt.id)
        attempt.invalidate_recordset()
        self.travel(hours=24)
        self.collect()
        self.assertEqual((len(self.stripe.asked), attempt.state), (1, "error"))
        self.assertIn(attempt.reference, self.problems(subscription).note)
        # Who hears of it after all has been paid, and nothing is charged again.
        self.tell("payment_intent.succeeded", self.stripe.answered[-1])
        self.assertIn(move.payment_state, PAID)
        self.collect(day(1, 30))
        self.assertEqual(self.charged(), [move.amount_total])

    # === MONEY BACK === #

    def test_a_refund_with_the_button_of_odoo_goes_to_stripe(self):
        _subscription, move = self.collected()
        attempt = move.practice_attempt_ids
        attempt.action_refund(40.0)
        refund = attempt.child_transaction_ids
        self.assertEqual((refund.state, refund.amount), ("done", -40.0))
        self.follow_payments()
        self.assertEqual(self.balance(self.outstanding), 54.38)
        charge = self.stripe.call("GET", f"payment_intents/{attempt.provider_reference}")[1]["latest_charge"]
        self.assertEqual(charge["amount_refunded"], 4000)
        # Stripe tells of it as well; it is known.
        self.tell("charge.refunded", charge)
        self.assertEqual(attempt.child_transaction_ids, refund)

    def test_a_refund_in_stripes_dashboard_is_entered_once(self):
        _subscription, move = self.collected()
        attempt = move.practice_attempt_ids
        self.stripe.call("POST", "refunds", {"payment_intent": attempt.provider_reference, "amount": 1000})
        charge = self.stripe.call("GET", f"payment_intents/{attempt.provider_reference}")[1]["latest_charge"]
        for _time in range(2):
            self.tell("charge.refunded", charge)
        self.assertEqual(attempt.child_transaction_ids.mapped("amount"), [-10.0])
        self.assertEqual(self.balance(self.outstanding), 84.38)

    # === DISPUTES === #

    def dispute(self, move, status, **vals):
        intent = move.practice_attempt_ids.provider_reference
        kind = "created" if status == "needs_response" else "closed"
        return self.tell(f"charge.dispute.{kind}", self.stripe.dispute(intent, status, **vals))

    def told(self, move):
        return move.activity_ids.filtered(lambda it: "disput" in (it.summary or ""))

    def test_a_dispute_is_told_to_an_accountant_once_and_ends_when_it_is_won(self):
        _subscription, move = self.collected()
        for _time in range(2):
            self.assertEqual(self.dispute(move, "needs_response").status_code, 200)
        self.assertEqual(len(self.told(move)), 1)
        self.assertEqual(self.told(move).user_id, self.company._practice_get_accountant())
        self.assertEqual(move.practice_attempt_ids.practice_dispute, "open")
        self.assertIn(move.payment_state, PAID)
        self.dispute(move, "won")
        self.assertFalse(self.told(move))
        self.assertIn(move.payment_state, PAID)

    def test_a_dispute_that_is_lost_opens_the_invoice_again_and_charges_nobody(self):
        subscription, move = self.collected()
        paid = self.stripe.answered[-1]
        self.dispute(move, "needs_response")
        self.go_to(day(1, 20))
        for _time in range(2):
            self.dispute(move, "lost")
        self.assertEqual((move.payment_state, move.amount_residual), ("not_paid", move.amount_total))
        self.assertEqual(self.balance(self.outstanding), 0.0)
        self.assertRecordValues(move, [{"practice_collection": "refused", "practice_collect_date": False}])
        self.assertFalse(subscription.payment_token_id)
        self.assertEqual(subscription.state, "past_due")
        self.assertEqual(len(self.mails("mail_template_payment_failed", move)), 1)
        # Told late: it was lost already.
        self.dispute(move, "needs_response")
        self.tell("payment_intent.succeeded", paid)
        self.assertEqual(move.practice_attempt_ids.practice_dispute, "lost")
        self.assertEqual((move.payment_state, len(self.mails("mail_template_payment_receipt", move))), ("not_paid", 1))
        self.collect(day(1, 30))
        self.assertEqual(self.charged(), [move.amount_total])

    def test_a_debit_that_the_bank_returns_after_it_was_paid_is_a_dispute_that_is_lost(self):
        subscription, move = self.debited()
        self.tell_settled(move.practice_attempt_ids)
        self.assertIn(move.payment_state, PAID)
        self.dispute(move, "lost", reason="insufficient_funds")
        self.assertEqual((move.payment_state, subscription.state), ("not_paid", "past_due"))

    def test_a_part_that_is_disputed_is_for_people(self):
        _subscription, move = self.collected()
        self.dispute(move, "lost", amount=1000)
        self.assertIn("10.00", self.told(move).note)
        self.assertIn(move.payment_state, PAID)

    def test_a_dispute_that_is_not_signed_or_of_nobody_changes_nothing(self):
        _subscription, move = self.collected()
        lost = self.stripe.dispute(move.practice_attempt_ids.provider_reference, "lost")
        with mute_logger("odoo.http"):
            self.assertEqual(self.tell("charge.dispute.closed", lost, secret="whsec_wrong").status_code, 403)
        self.assertEqual(self.tell("charge.dispute.closed", {**lost, "payment_intent": "pi_x"}).status_code, 200)
        self.provider.stripe_webhook_secret = False
        self.tell("charge.dispute.closed", lost)
        self.assertIn(move.payment_state, PAID)
        self.assertFalse(self.told(move))


@tagged("post_install", "-at_install")
class TestStripeRefunds(StripeMixin, RefundPracticeMixin, PagesMixin, HttpCase):
    """Credits that a patient paid by card, and whose money goes back with our dialog."""

    def pay_online(self, invoice, amount=None, **vals):
        return self.pay_at_stripe(self.begin_invoice(invoice), card=GOOD_CARD)

    def refunds(self):
        return [it.params["amount"] for it in self.stripe.requests if it.path == "refunds"]

    def test_what_is_unused_goes_back_to_the_card(self):
        note = self.refund(self.sell_online())
        self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 0.0))
        self.assertEqual(self.refunds(), ["120000"])
        self.assertEqual(self.balance(self.outstanding), 0.0)

    def test_a_dispute_that_is_lost_has_the_credits_wait_for_payment_again(self):
        lot = self.sell_online()
        invoice = lot.invoice_line_id.move_id
        lost = self.stripe.dispute(invoice.transaction_ids.provider_reference, "lost")
        self.tell("charge.dispute.closed", lost)
        self.assertEqual((invoice.payment_state, lot.state), ("not_paid", "pending"))
        self.assertTrue(invoice.activity_ids)

    def test_a_refund_without_an_answer_is_not_asked_for_again_by_itself(self):
        for trouble in ("lost", 500):
            with self.subTest(trouble=trouble):
                self.stripe.forget_requests()
                lot = self.sell_online()
                self.stripe.troubles = [trouble]
                note = self.refund(lot)
                self.return_money()
                self.assertEqual((note.practice_refund_state, self.refunds()), ("unanswered", ["120000"]))
                self.assertTrue(note.activity_ids)

    def test_a_refund_that_fails_days_later_is_told_and_made_anew(self):
        note = self.refund(self.sell_online())
        refund = self.returns(note)
        thing = self.stripe.call("GET", f"refunds/{refund.provider_reference}")[1]
        for _time in range(2):
            self.tell("charge.refund.updated", {**thing, "status": "failed"})
        self.assertEqual((refund.state, note.practice_refund_state), ("error", "failed"))
        self.assertEqual(note.amount_residual, 1200.0)
        self.assertEqual(self.balance(self.outstanding), 1200.0)
        self.assertTrue(note.activity_ids)
        note.action_practice_return_money()
        self.return_money()
        self.assertEqual((note.practice_refund_state, note.amount_residual), ("done", 0.0))
        self.assertEqual((self.balance(self.outstanding), len(self.refunds())), (0.0, 2))
