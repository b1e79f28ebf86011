"""Invoices are charged to the saved payment method: once per attempt, tried again, given up, and paid after all."""

from datetime import timedelta
from unittest.mock import patch

import requests

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.collection import CollectionCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestCharging(CollectionCase):
    def test_a_renewal_is_posted_then_charged_and_paid(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.assertRecordValues(move, [{"practice_collection": "scheduled", "practice_collect_date": day(1, 15)}])
        self.collect()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertFalse(move.practice_collection)
        [attempt] = move.practice_attempt_ids
        self.assertRecordValues(
            attempt,
            [{"state": "done", "amount": move.amount_total, "operation": "offline", "practice_attempt": 1}],
        )
        self.assertEqual(attempt.payment_id.amount, move.amount_total)
        self.assertEqual(subscription.state, "active")
        self.assertTrue(self.mails("mail_template_payment_receipt", move))

    def test_what_is_paid_is_not_charged_again(self):
        move = self.bill_one(self.subscribe_with("done"))
        for _run in range(3):
            self.collect()
        self.assertEqual(len(move.practice_attempt_ids), 1)
        self.assertEqual(len(self.env["account.payment"].search([("partner_id", "=", self.organisation.id)])), 1)

    def test_without_a_saved_method_nothing_is_charged(self):
        subscription = self.subscribe(organisation=self.organisation)
        move = self.bill_one(subscription)
        self.collect()
        self.assertFalse(move.practice_collection)
        self.assertFalse(move.transaction_ids)

    def test_an_invoice_of_nothing_and_a_credit_note_are_not_charged(self):
        free = self.make_code(percentage=100.0, duration="forever")
        subscription = self.subscribe_with("done")
        free._redeem(subscription)
        move = self.bill_one(subscription)
        refund = self.credit(move)
        self.collect()
        self.assertEqual(move.amount_total, 0.0)
        self.assertFalse((move + refund).transaction_ids)
        self.assertFalse(any((move + refund).mapped("practice_collection")))

    def test_only_what_is_open_is_charged(self):
        move = self.bill_one(self.subscribe_with("done"))
        self.pay(move, amount=50.0)
        self.collect()
        self.assertEqual(move.practice_attempt_ids.amount, self.currency.round(move.amount_total - 50.0))
        self.assertIn(move.payment_state, ("paid", "in_payment"))

    def test_paid_by_transfer_before_its_day_it_is_not_charged(self):
        move = self.bill_one(self.subscribe_with("done"))
        self.pay(move)
        self.collect()
        self.assertFalse(move.practice_attempt_ids)

    def test_a_transfer_that_is_taken_back_is_not_charged_instead(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.pay(move)
        self.unpay(move)
        self.collect(day(3, 1))
        self.assertFalse(move.practice_attempt_ids)
        self.follow_time()
        self.assertEqual(subscription.state, "past_due")

    def test_while_somebody_pays_on_the_page_it_is_not_charged_as_well(self):
        move = self.bill_one(self.subscribe_with("done"))
        online = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "amount": move.amount_total,
                "currency_id": move.currency_id.id,
                "partner_id": self.administrator.id,
                "operation": "online_redirect",
                "invoice_ids": [Command.set(move.ids)],
            }
        )
        online.flush_recordset()
        self.query("UPDATE payment_transaction SET create_date = %s WHERE id = %s RETURNING id", self.at(), online.id)
        online.invalidate_recordset()
        self.collect()
        self.assertFalse(move.practice_attempt_ids)
        # He went away.
        self.travel(hours=2)
        self.collect()
        self.assertEqual(move.practice_attempt_ids.state, "done")

    def test_each_company_charges_on_its_own_day(self):
        subscription = self.subscribe_with("done")
        self.company.practice_tz = "Pacific/Auckland"
        move = self.bill_one(subscription)
        self.company.practice_tz = "America/Los_Angeles"
        self.go_to(day(1, 15), hour=1)
        move.practice_collect_date = day(1, 15)
        self.collect()
        self.assertFalse(move.practice_attempt_ids, "it is the 14th there")
        self.collect(day(1, 16))
        self.assertEqual(move.practice_attempt_ids.state, "done")

    def test_the_queries_of_looking_for_work_do_not_grow(self):
        for number in range(5):
            organisation = self.make_organisation(f"Organisation {number}")
            subscription = self.subscribe(organisation=organisation)
            subscription._set_payment_token(self.make_token(organisation))
            self.bill(subscription)
        self.collect()
        self.env.flush_all()
        self.env.invalidate_all()
        domain = self.env["account.move"]._practice_get_collect_domain()
        with self.assertQueryCount(1):
            self.assertFalse(self.env["account.move"].search(domain))


@tagged("post_install", "-at_install")
class TestFailing(CollectionCase):
    def test_three_retries_each_with_a_mail_then_past_due_then_suspended(self):
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.collect()
        days = [day(1, 18), day(1, 23), day(1, 30)]
        for number, retry in enumerate(days, start=1):
            self.assertRecordValues(move, [{"practice_collection": "retry", "practice_collect_date": retry}])
            self.assertEqual(subscription.state, "active")
            self.assertEqual(len(self.mails("mail_template_payment_failed", move)), number)
            self.follow_time(retry - timedelta(days=1))
            self.collect()
            self.assertEqual(len(move.practice_attempt_ids), number, "the day before nothing happens")
            self.collect(retry)
        self.assertRecordValues(move, [{"practice_collection": "failed", "practice_collect_date": False}])
        self.assertRecordValues(subscription, [{"state": "past_due", "past_due_since": day(1, 30)}])
        self.assertEqual(len(self.mails("mail_template_payment_failed", move)), 4)
        self.assertIn(move.name, self.problems(subscription).note)
        self.follow_time(day(2, 12))
        self.assertEqual(subscription.state, "past_due")
        self.follow_time(day(2, 13))
        self.assertRecordValues(subscription, [{"state": "suspended", "suspended_reason": "unpaid"}])
        self.assertFalse(subscription._has_access())
        self.collect(day(3, 20))
        self.assertEqual(len(move.practice_attempt_ids), 4, "nobody is asked for ever")

    def test_a_retry_that_succeeds_ends_it(self):
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.collect()
        subscription.payment_token_id.demo_simulated_state = "done"
        self.collect(day(1, 18))
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertEqual(subscription.state, "active")
        self.assertEqual(move.practice_attempt_ids.mapped("state"), ["done", "error"])

    def test_a_refusal_is_not_tried_again_until_there_is_a_new_method(self):
        subscription = self.subscribe_with("cancel")
        move = self.bill_one(subscription)
        self.collect()
        self.assertRecordValues(move, [{"practice_collection": "refused", "practice_collect_date": False}])
        self.assertEqual(subscription.state, "past_due")
        with self.assertRefused("was refused"):
            move.action_practice_collect()
        self.collect(day(1, 30))
        self.assertEqual(len(move.practice_attempt_ids), 1)
        subscription._set_payment_token(self.make_token(self.organisation, "done"))
        self.assertEqual(move.practice_collection, "retry")
        self.assertEqual(subscription.state, "past_due", "a new card is no payment yet")
        self.follow_time()
        self.assertEqual(subscription.state, "past_due")
        self.collect()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertEqual(subscription.state, "active")
        self.assertFalse(self.problems(subscription))

    def test_a_new_method_has_all_retries_before_it(self):
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.collect()
        self.collect(day(1, 18))
        subscription._set_payment_token(self.make_token(self.organisation, "error"))
        self.collect(day(1, 19))
        self.assertEqual(move.practice_collect_date, day(1, 22))

    def test_a_company_that_does_not_retry(self):
        self.company.practice_retry_days = False
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.collect()
        self.assertEqual(move.practice_collection, "failed")
        self.assertEqual(subscription.state, "past_due")

    def test_days_that_are_none_are_refused(self):
        with self.assertRefused("not a list of days", ValidationError):
            self.company.practice_retry_days = "soon"

    def test_the_reason_is_on_the_invoice_and_the_attempt(self):
        move = self.bill_one(self.subscribe_with("error"))
        self.collect()
        self.assertIn("error", move.practice_collection_reason)
        self.assertEqual(move.practice_attempt_ids.practice_reason, move.practice_collection_reason)

    def test_overdue_while_it_is_tried_again_is_not_past_due(self):
        self.organisation.property_payment_term_id = self.env.ref("account.account_payment_term_immediate")
        subscription = self.subscribe_with("error")
        self.bill_one(subscription)
        self.collect()
        self.follow_time(day(1, 17))
        self.assertEqual(subscription.state, "active")

    def test_who_suspended_pays_by_any_door_and_goes_on(self):
        subscription = self.subscribe_with("cancel")
        move = self.bill_one(subscription)
        self.collect()
        self.follow_time(day(1, 29))
        self.assertEqual(subscription.state, "suspended")
        self.pay(move)
        self.assertEqual(subscription.state, "active")
        self.assertFalse(self.problems(subscription))
        self.assertFalse(move.practice_collection)

    def test_nobody_to_write_to_is_noted(self):
        self.organisation.email = self.administrator.email = False
        subscription = self.subscribe_with("error")
        self.bill_one(subscription)
        self.collect()
        self.assertIn("nobody has an e-mail address", str(subscription.message_ids.mapped("body")))

    def test_mails_go_to_those_who_run_the_subscription(self):
        colleague = self.make_patient("Colleague", parent_id=self.organisation.id)
        move = self.bill_one(self.subscribe_with("error"))
        self.collect()
        recipients = self.mails("mail_template_payment_failed", move).recipient_ids
        self.assertEqual(recipients, self.organisation | self.administrator)
        self.assertNotIn(colleague, recipients)

    def test_one_invoice_that_cannot_be_charged_does_not_stop_the_others(self):
        broken = self.subscribe_with("done")
        other = self.make_organisation("Other")
        sound = self.subscribe(organisation=other, seats=("Dirk",))
        sound._set_payment_token(self.make_token(other))
        broken_move, sound_move = self.bill_one(broken), self.bill_one(sound)
        broken.payment_token_id.flush_recordset()
        self.query("UPDATE payment_token SET active = FALSE WHERE id = %s RETURNING id", broken.payment_token_id.id)
        self.env.invalidate_all()
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"):
            self.collect()
        self.assertIn(sound_move.payment_state, ("paid", "in_payment"))
        self.assertFalse(broken_move.practice_attempt_ids)
        self.assertEqual(broken_move.practice_collect_date, day(1, 16))
        self.assertIn("archived token", self.problems(broken).note)


@tagged("post_install", "-at_install")
class TestDirectDebit(CollectionCase):
    def test_pending_is_neither_paid_nor_failed(self):
        self.organisation.property_payment_term_id = self.env.ref("account.account_payment_term_immediate")
        subscription = self.subscribe_with("pending")
        move = self.bill_one(subscription)
        self.collect()
        self.assertEqual(move.practice_collection, "collecting")
        self.collect(day(2, 10))
        self.follow_time()
        self.assertEqual(len(move.practice_attempt_ids), 1)
        self.assertEqual(subscription.state, "active")
        self.assertFalse(self.mails("mail_template_payment_failed", move))
        self.notify(move.practice_attempt_ids, "done")
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertFalse(move.practice_collection)

    def test_a_late_failure_opens_it_again(self):
        subscription = self.subscribe_with("pending")
        move = self.bill_one(subscription)
        self.collect()
        self.go_to(day(1, 22))
        self.notify(move.practice_attempt_ids, "error")
        self.assertRecordValues(move, [{"practice_collection": "retry", "practice_collect_date": day(1, 25)}])
        self.assertEqual(subscription.state, "active")

    def test_money_taken_back_makes_it_past_due_and_is_not_charged_again(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.collect()
        self.go_to(day(2, 1))
        self.unpay(move)
        self.assertEqual(move.practice_collection, "returned")
        self.follow_time()
        self.assertEqual(subscription.state, "past_due")
        self.collect()
        self.assertEqual(len(move.practice_attempt_ids), 1)
        self.pay(move)
        self.assertEqual(subscription.state, "active")

    def test_a_second_debit_on_its_way_ends_no_suspension_and_begins_none(self):
        subscription = self.subscribe_with("cancel")
        move = self.bill_one(subscription)
        self.collect()
        subscription._set_payment_token(self.make_token(self.organisation, "pending"))
        self.collect(day(1, 16))
        self.assertEqual(move.practice_collection, "collecting")
        self.follow_time(day(1, 30))
        self.assertEqual(subscription.state, "past_due", "the bank is working on it")
        self.notify(move._practice_get_last_attempt(), "done")
        self.assertEqual(subscription.state, "active")

    def test_notifications_that_come_twice_or_in_the_wrong_order(self):
        for outcomes in (("done", "done"), ("done", "error"), ("error", "done"), ("error", "error", "done", "cancel")):
            with self.subTest(outcomes=outcomes):
                organisation = self.make_organisation(" ".join(outcomes))
                subscription = self.subscribe(organisation=organisation)
                subscription._set_payment_token(self.make_token(organisation, "pending"))
                move = self.bill_one(subscription)
                self.collect()
                with mute_logger("odoo.addons.payment.models.payment_transaction"):
                    for outcome in outcomes:
                        self.notify(move.practice_attempt_ids, outcome)
                        self.follow_payments()
                self.assertIn(move.payment_state, ("paid", "in_payment"))
                self.assertEqual(subscription.state, "active")
                payments = self.env["account.payment"].search([("partner_id", "=", organisation.id)])
                self.assertEqual(payments.mapped("amount"), [move.amount_total])
                self.assertLessEqual(len(self.mails("mail_template_payment_failed", move)), 1)
                self.assertEqual(len(self.mails("mail_template_payment_receipt", move)), 1)

    def test_what_is_paid_twice_is_told(self):
        subscription = self.subscribe_with("pending")
        move = self.bill_one(subscription)
        self.collect()
        self.pay(move)
        self.notify(move.practice_attempt_ids, "done")
        self.assertIn("may have been paid twice", self.problems(subscription).note or "")


@tagged("post_install", "-at_install")
class TestNoAnswer(CollectionCase):
    """The provider is outside: what it does when the line breaks is simulated where the demo provider would answer."""

    def silent(self, error):
        """Let the provider take the request and the answer get lost."""
        asked = []

        def send(transaction):
            asked.append(transaction.reference)
            try:
                raise error
            except requests.exceptions.RequestException:
                # As Odoo's own provider code does it.
                raise ValidationError(self.env._("Could not establish the connection."))  # noqa: B904

        return asked, patch.object(type(self.env["payment.transaction"]), "_send_payment_request", send)

    def test_a_request_without_answer_is_repeated_with_its_key(self):
        move = self.bill_one(self.subscribe_with("done"))
        for error in (requests.exceptions.ConnectionError(), requests.exceptions.ReadTimeout()):
            asked, silence = self.silent(error)
            with silence:
                self.collect()
                self.collect()
            self.assertEqual(len(asked), 2)
            self.assertEqual(set(asked), {move.practice_attempt_ids.reference})
        self.assertEqual(move.practice_collection, "charging")
        self.collect()
        self.assertEqual(len(move.practice_attempt_ids), 1)
        self.assertIn(move.payment_state, ("paid", "in_payment"))

    def test_a_bug_of_the_provider_is_no_answer_either(self):
        move = self.bill_one(self.subscribe_with("done"))
        with (
            patch.object(type(self.env["payment.transaction"]), "_send_payment_request", side_effect=KeyError("id")),
            mute_logger("odoo.addons.practice_billing.models.collecting.payment_transaction"),
        ):
            self.collect()
        self.assertEqual(move.practice_collection, "charging")
        self.collect()
        self.assertEqual(len(move.practice_attempt_ids), 1)

    def test_a_refusal_in_words_is_an_answer(self):
        move = self.bill_one(self.subscribe_with("done"))
        refusal = ValidationError("Insufficient funds")
        with patch.object(type(self.env["payment.transaction"]), "_send_payment_request", side_effect=refusal):
            self.collect()
        self.assertRecordValues(
            move, [{"practice_collection": "retry", "practice_collection_reason": "Insufficient funds"}]
        )

    def test_after_days_without_answer_it_failed_and_a_late_confirmation_still_counts(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        _asked, silence = self.silent(requests.exceptions.ConnectTimeout())
        with silence:
            self.collect()
            attempt = move.practice_attempt_ids
            attempt.flush_recordset()
            self.query(
                "UPDATE payment_transaction SET create_date = %s WHERE id = %s RETURNING id", self.at(), attempt.id
            )
            attempt.invalidate_recordset()
            self.collect(day(1, 19))
        self.assertEqual(move.practice_collection, "retry")
        self.notify(attempt, "done")
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.collect(day(1, 30))
        self.assertEqual(len(move.practice_attempt_ids), 1)

    def test_paid_in_another_way_meanwhile_it_is_not_asked_for_again(self):
        move = self.bill_one(self.subscribe_with("done"))
        _asked, silence = self.silent(requests.exceptions.ConnectTimeout())
        with silence:
            self.collect()
        self.pay(move)
        self.collect()
        self.assertEqual(move.practice_attempt_ids.state, "error")
        self.assertFalse(self.mails("mail_template_payment_failed", move))

    def test_a_payment_that_cannot_be_entered_is_told_and_entered_later(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.outstanding.active = False
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin", "odoo.sql_db"):
            self.collect()
        self.assertEqual(move.practice_attempt_ids.state, "done")
        self.assertEqual(move.practice_collection, "charging")
        self.assertIn("could not be entered", self.problems(subscription).note or "")
        self.outstanding.active = True
        self.follow_payments()
        self.assertIn(move.payment_state, ("paid", "in_payment"))


@tagged("post_install", "-at_install")
class TestPaymentMethod(CollectionCase):
    def test_only_a_method_of_the_organisation_with_the_company(self):
        subscription = self.subscribe(organisation=self.organisation)
        stranger = self.make_organisation("Stranger")
        with self.assertRefused("cannot be used"):
            subscription._set_payment_token(self.make_token(stranger))
        archived = self.make_token(self.organisation)
        archived.active = False
        with self.assertRefused("cannot be used"):
            subscription._set_payment_token(archived)
        subscription._set_payment_token(self.make_token(self.administrator))
        self.assertTrue(subscription.payment_token_id)

    def test_who_removes_the_card_is_charged_no_more(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        subscription.payment_token_id.active = False
        self.assertFalse(subscription.payment_token_id)
        self.assertFalse(move.practice_collection)
        self.collect()
        self.assertFalse(move.practice_attempt_ids)

    def test_a_first_card_pays_open_invoices_on_their_due_date(self):
        subscription = self.subscribe(organisation=self.organisation)
        self.organisation.property_payment_term_id = self.env.ref("account.account_payment_term_30days")
        move = self.bill_one(subscription)
        subscription._set_payment_token(self.make_token(self.organisation))
        self.assertRecordValues(
            move, [{"practice_collection": "scheduled", "practice_collect_date": move.invoice_date_due}]
        )
        self.assertGreater(move.invoice_date_due, move.invoice_date)

    def test_a_card_saved_while_paying_becomes_the_method_of_who_had_none(self):
        subscription = self.subscribe(organisation=self.organisation)
        move = self.bill_one(subscription)
        for partner, adopted in (
            (self.make_patient("Colleague", parent_id=self.organisation.id), False),
            (self.administrator, True),
        ):
            transaction = self.env["payment.transaction"].create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "amount": 1.0,
                    "currency_id": move.currency_id.id,
                    "partner_id": partner.id,
                    "operation": "online_direct",
                    "tokenize": True,
                    "invoice_ids": [Command.set(move.ids)],
                }
            )
            transaction._process(
                "demo",
                {"reference": transaction.reference, "simulated_state": "done", "payment_details": "1234"},
            )
            self.follow_payments()
            self.assertTrue(transaction.token_id)
            self.assertEqual(subscription.payment_token_id == transaction.token_id, adopted)

    def test_charge_now(self):
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.collect()
        subscription.payment_token_id.demo_simulated_state = "done"
        move.action_practice_collect()
        self.collect()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        with self.assertRefused("nothing to charge"):
            move.action_practice_collect()

    def test_only_administrators_and_accountants_charge(self):
        self.make_staff()
        move = self.bill_one(self.subscribe_with("error"))
        self.collect()
        with self.assertRaises(AccessError):
            move.with_user(self.front_desk).action_practice_collect()
        with self.assertRaises(AccessError):
            move.with_user(self.employee).action_practice_collect()
        move.with_user(self.accountant).action_practice_collect()

    def test_the_attempts_of_a_company_that_is_not_ones_own_are_not_seen(self):
        self.make_staff()
        self.bill_one(self.subscribe_with("done"))
        self.collect()
        attempts = self.env["payment.transaction"].search([("practice_invoice_id", "!=", False)])
        self.assertTrue(attempts.with_user(self.accountant).mapped("reference"))
        other = self.env["res.company"].create({"name": "Other"})
        self.accountant.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        found = self.env["payment.transaction"].with_user(self.accountant).search([])
        self.assertFalse(found & attempts)


@tagged("post_install", "-at_install")
class TestReminders(CollectionCase):
    def test_a_trial_that_ends_is_told_once(self):
        self.standard.trial_days = 30
        subscription = self.subscribe(organisation=self.organisation)
        self.assertEqual(subscription.trial_end, day(2, 13))
        self.follow_time(day(2, 6))
        self.assertFalse(self.mails("mail_template_trial_ends", subscription))
        for number in (7, 8, 9):
            self.follow_time(day(2, number))
        self.assertEqual(len(self.mails("mail_template_trial_ends", subscription)), 1)

    def test_a_card_that_expires_is_told_once(self):
        subscription = self.subscribe_with("done")
        token = subscription.payment_token_id
        token.practice_expiry_date = day(2, 28)
        self.follow_time(day(1, 28))
        self.assertFalse(self.mails("mail_template_card_expires", subscription))
        for number in (29, 30, 31):
            self.follow_time(day(1, number))
        [mail] = self.mails("mail_template_card_expires", subscription)
        self.assertIn("4242", mail.body_html)

    def test_a_method_is_named_with_its_last_digits_and_its_last_month(self):
        # The demo provider writes no dots before the digits; others do.
        token = self.subscribe_with("done").payment_token_id
        self.assertEqual(token.browse()._practice_describe(), "")
        self.assertEqual(token._practice_describe(), "Card 4242")
        token.practice_expiry_date = day(1, 31)
        self.assertEqual(token._practice_describe(), "Card 4242, until 01/26")
        self.go_to(day(2, 1))
        self.assertEqual(token._practice_describe(), "Card 4242, expired 01/26")

    def test_who_pays_reads_why_it_could_not_be_collected(self):
        subscription = self.subscribe_with("error")
        move = self.bill_one(subscription)
        self.assertEqual(subscription._describe_portal_collection(move), "Charged on 01/15/2026")
        self.collect()
        move.practice_attempt_ids.state_message = "Your card was declined."
        self.assertEqual(
            subscription._describe_portal_collection(move),
            "Not collected: Your card was declined. It is tried again on 01/18/2026.",
        )
        self.assertIn("could not be collected: Your card was declined. It", subscription._get_portal_banner()["text"])
        for retry in ((1, 18), (1, 23), (1, 30)):
            self.collect(day(*retry))
        self.assertTrue(subscription._describe_portal_collection(move).startswith("Not collected: "))
        self.assertTrue(self.mails("mail_template_payment_failed", move))
        self.pay(move)
        self.assertEqual(subscription._describe_portal_collection(move), "")

    def test_receipts_can_be_switched_off(self):
        self.company.practice_send_receipts = False
        move = self.bill_one(self.subscribe_with("done"))
        self.collect()
        self.assertIn(move.payment_state, ("paid", "in_payment"))
        self.assertFalse(self.mails("mail_template_payment_receipt", move))
