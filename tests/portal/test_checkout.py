"""An organisation selects a plan and pays: whatever the provider says, late, twice or in the wrong order."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.checkouts import OrganisationMixin
from ..common.subscriptions import SubscriptionCase, day


@tagged("post_install", "-at_install")
class TestCheckout(OrganisationMixin, SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()

    def assertActive(self, subscription, amount=78.0, total=94.38, paid=True):
        """Check that a subscription runs with its first invoice, that it is paid, and that the books agree."""
        self.assertEqual(subscription.state, "active")
        move = self.last_invoice(subscription)
        self.assertEqual((move.state, move.amount_untaxed, move.amount_total), ("posted", amount, total))
        if paid:
            self.assertIn(move.payment_state, ("paid", "in_payment"))
            self.assertEqual(move.amount_residual, 0.0)
        self.assertWaiting(amount)
        return move

    def assertNothingHappened(self):
        self.assertEqual(self.subscription.state, "trial")
        self.assertFalse(self.subscription.period_ids)
        self.assertWaiting(0.0)

    # === THE GOOD DAY === #

    def test_paying_begins_the_subscription_bills_it_and_saves_the_method(self):
        checkout = self.checkout()
        self.assertEqual(checkout.amount_total, 94.38)
        transaction = self.pay_checkout(checkout)
        move = self.assertActive(self.subscription)
        self.assertEqual(checkout.state, "done")
        self.assertEqual((checkout.move_id, transaction.invoice_ids), (move, move))
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.assertEqual(transaction.token_id.partner_id, self.organisation)
        self.assertEqual(self.balance(self.outstanding), 94.38)
        self.assertFalse(move.invoice_user_id._is_portal())

    def test_what_was_previewed_is_what_is_invoiced_with_a_code(self):
        self.make_code()
        checkout = self.checkout(self.blended, "year", "welcome")
        preview = checkout._get_preview()
        self.assertEqual(preview["total"], round(2 * 590 * 0.8 * 1.21, 2))
        self.pay_checkout(checkout)
        move = self.assertActive(self.subscription, 944.0, preview["total"])
        self.assertPreviewed(preview["due"], move)
        self.assertEqual((self.subscription.plan_id, self.subscription.interval), (self.blended, "year"))

    def test_a_preview_leaves_nothing_behind(self):
        sequence = self.env["ir.sequence"].search([("code", "=", "practice.subscription")], limit=1)
        before = sequence.number_next_actual
        code = self.make_code()
        checkout = self.checkout(code=code.name)
        checkout._get_preview()
        self.assertNothingHappened()
        self.assertFalse(code.redemption_ids)
        newcomer = self.checkout(organisation=self.other, user=self.rival)
        newcomer._get_preview()
        self.assertFalse(self.other.practice_subscription_ids)
        sequence.invalidate_recordset()
        self.assertEqual(sequence.number_next_actual, before)

    def test_an_organisation_without_a_subscription_gets_one(self):
        checkout = self.checkout(organisation=self.other, user=self.rival)
        self.assertEqual(checkout.amount_total, 0.0)
        transaction = self.begin(checkout)
        self.assertEqual(transaction.operation, "validation")
        self.notify(transaction, "done")
        subscription = self.other.practice_subscription_ids
        self.assertEqual((subscription.state, len(subscription.period_ids)), ("active", 1))
        self.assertEqual(subscription.payment_token_id, transaction.token_id)
        self.assertFalse(transaction.payment_id)
        self.assertTrue(subscription.name.startswith("SUB"))

    def test_an_expired_and_a_cancelled_subscription_begin_again(self):
        self.subscription._enter("expired")
        self.pay_checkout(self.checkout())
        self.assertActive(self.subscription)
        self.subscription._cancel_now("other", credit_unused=True)
        self.go_to(day(1, 20))
        self.pay_checkout(self.checkout(self.starter))
        self.assertEqual((self.subscription.state, self.subscription.plan_id), ("active", self.starter))
        self.assertEqual(self.last_invoice(self.subscription).amount_untaxed, 30.0)

    def test_who_comes_back_within_what_was_paid_pays_nothing_now(self):
        self.pay_checkout(self.checkout())
        self.subscription._cancel_now("other")
        checkout = self.checkout()
        preview = checkout._get_preview()
        self.assertEqual((preview["due"], preview["total"], preview["first_day"]), (None, 0.0, day(2, 15)))
        checkout._finish_without_payment(self.subscription.payment_token_id)
        self.assertEqual((checkout.state, self.subscription.state), ("done", "active"))
        self.assertEqual(len(self.subscription.period_ids), 1)

    def test_nothing_is_made_or_sent_in_the_name_of_the_customer(self):
        self.make_code(percentage=100.0)
        checkout = self.checkout(code="WELCOME")
        checkout._finish_without_payment(self.make_token(self.organisation))
        move = self.last_invoice(self.subscription)
        self.assertEqual(self.subscription.state, "active")
        self.assertNotEqual(move.create_uid, self.boss)
        self.assertNotEqual((move.sending_data or {}).get("author_user_id"), self.boss.id)
        self.assertNotIn(self.boss.partner_id, checkout.message_partner_ids)

    def test_a_free_first_invoice_saves_the_method_without_a_payment(self):
        self.make_code(percentage=100.0)
        checkout = self.checkout(code="WELCOME")
        transaction = self.begin(checkout)
        self.assertEqual((transaction.operation, transaction.amount), ("validation", 0.0))
        self.notify(transaction, "done")
        move = self.last_invoice(self.subscription)
        self.assertEqual((self.subscription.state, move.amount_total, move.payment_state), ("active", 0.0, "paid"))
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.assertFalse(self.env["account.payment"].search([("payment_transaction_id", "=", transaction.id)]))

    def test_something_to_pay_is_never_begun_without_payment(self):
        token = self.make_token(self.organisation)
        with self.assertRefused("Something is to be paid"):
            self.checkout()._finish_without_payment(token)
        self.assertNothingHappened()

    # === OTHER OUTCOMES === #

    def test_a_failed_or_cancelled_payment_changes_nothing_and_can_be_tried_again(self):
        checkout = self.checkout()
        for outcome in ("error", "cancel"):
            self.pay_checkout(checkout, outcome)
            self.assertEqual(checkout.state, "draft")
            self.assertTrue(checkout._get_failure())
            self.assertNothingHappened()
        self.assertEqual(self.checkout(), checkout)
        self.pay_checkout(checkout)
        self.assertActive(self.subscription)

    def test_while_a_payment_is_pending_nothing_else_is_paid_or_chosen(self):
        checkout = self.checkout()
        transaction = self.pay_checkout(checkout, "pending")
        self.assertNothingHappened()
        self.assertTrue(checkout._is_under_way())
        for work in (
            lambda: self.begin(checkout),
            lambda: self.checkout(self.blended),
            lambda: checkout._set_code(""),
        ):
            with self.assertRefused("being processed"):
                work()
        [banner] = self.boss.partner_id.with_user(self.boss)._practice_get_portal_banners()
        self.assertEqual((banner["level"], banner["button"]), ("info", None))
        # Days later, nobody looks.
        self.go_to(day(1, 18))
        self.notify(transaction, "done", follow=False)
        [banner] = self.boss.partner_id.with_user(self.boss)._practice_get_portal_banners()
        self.assertEqual(banner["level"], "info")
        with self.enter_registry_test_mode():
            self.env.ref("payment.cron_post_process_payment_tx").method_direct_trigger()
        self.env.invalidate_all()
        self.assertActive(self.subscription)
        self.assertEqual(self.subscription.date_start, day(1, 18))

    def test_pending_and_then_failed_can_be_paid_again(self):
        checkout = self.checkout()
        transaction = self.pay_checkout(checkout, "pending")
        self.notify(transaction, "error")
        self.assertNothingHappened()
        self.pay_checkout(checkout)
        self.assertActive(self.subscription)

    def test_the_same_notification_twice_bills_once(self):
        transaction = self.pay_checkout(self.checkout())
        for _again in range(3):
            self.notify(transaction, "done")
        self.assertActive(self.subscription)
        self.assertEqual(len(self.subscription.period_ids), 1)
        self.assertEqual(self.env["account.payment"].search_count([("payment_transaction_id", "=", transaction.id)]), 1)

    @mute_logger("odoo.addons.payment.models.payment_transaction")
    def test_an_error_after_done_changes_nothing(self):
        transaction = self.pay_checkout(self.checkout())
        for outcome in ("error", "cancel", "pending"):
            self.notify(transaction, outcome)
        self.assertActive(self.subscription)

    def test_done_after_an_error_counts(self):
        checkout = self.checkout()
        transaction = self.pay_checkout(checkout, "error")
        self.notify(transaction, "done")
        self.assertActive(self.subscription)
        self.assertEqual(checkout.state, "done")

    def test_what_was_paid_in_another_window_counts_as_it_was_shown_there(self):
        first = self.checkout(self.standard)
        transaction = self.begin(first)
        second = self.checkout(self.blended)
        self.assertNotEqual(first, second)
        self.assertEqual((first.state, second.state), ("cancelled", "draft"))
        self.notify(transaction, "done")
        self.assertEqual((first.state, second.state), ("done", "cancelled"))
        self.assertActive(self.subscription)
        self.assertEqual(self.subscription.plan_id, self.standard)

    def test_two_payments_that_both_arrive_begin_one_subscription_and_staff_is_told(self):
        checkout = self.checkout()
        first = self.begin(checkout)
        checkout._start_over()
        second = self.begin(checkout)
        self.notify(first, "done")
        self.notify(second, "done")
        self.assertActive(self.subscription)
        self.assertEqual(len(self.subscription.period_ids), 1)
        self.assertIn("Paid twice", checkout.activity_ids.mapped("summary"))
        self.assertEqual(self.balance(self.outstanding), 2 * 94.38)
        self.assertFalse(second.invoice_ids)

    def test_a_late_payment_of_a_withdrawn_checkout_does_not_begin_it_twice(self):
        first = self.checkout(self.standard)
        late = self.begin(first)
        second = self.checkout(self.blended)
        second._start_over()
        self.pay_checkout(second)
        self.notify(late, "done")
        self.assertEqual((self.subscription.plan_id, len(self.subscription.period_ids)), (self.blended, 1))
        self.assertEqual(first.state, "cancelled")
        self.assertIn("Paid twice", first.activity_ids.mapped("summary"))

    # === WHAT GOES WRONG AFTERWARDS === #

    def test_locked_books_keep_the_payment_and_an_hourly_run_completes_it(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.company.sale_lock_date = day(1, 31)
        self.notify(transaction, "done")
        self.assertEqual(checkout.state, "paid")
        self.assertIn("locked", checkout.error)
        self.assertTrue(transaction.payment_id.move_id)
        self.assertFalse(self.subscription.period_ids)
        self.assertTrue(self.activities(self.subscription))
        self.follow_time()
        self.assertEqual(checkout.state, "paid")
        self.assertFalse(self.subscription.payment_token_id, "what was paid is not collected on top")
        self.company.sale_lock_date = False
        self.follow_time()
        self.env.invalidate_all()
        self.assertEqual((checkout.state, checkout.error), ("done", False))
        move = self.assertActive(self.subscription)
        self.assertEqual(transaction.invoice_ids, move)
        self.assertEqual(self.subscription.payment_token_id, transaction.token_id)
        self.follow_time()
        self.run_billing()
        self.assertEqual(len(self.subscription.period_ids), 1)

    def test_the_billing_run_may_be_first_and_the_checkout_finds_its_invoice(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.company.sale_lock_date = day(1, 31)
        self.notify(transaction, "done")
        self.company.sale_lock_date = False
        self.subscription._bill_now()
        checkout.action_complete()
        self.assertEqual(checkout.state, "done")
        self.assertActive(self.subscription)

    def test_a_plan_that_lost_its_price_waits_for_people(self):
        checkout = self.checkout(interval="year")
        transaction = self.begin(checkout)
        self.standard.price_ids.filtered(lambda it: it.interval == "year").unlink()
        self.notify(transaction, "done")
        self.assertEqual((checkout.state, self.subscription.state), ("paid", "trial"))
        self.assertIn("no price", checkout.error)
        self.assertEqual(len(checkout.activity_ids), 1)
        checkout._try_complete()
        self.assertEqual(len(checkout.activity_ids), 1, "the same reason is told once")
        [banner] = self.boss.partner_id.with_user(self.boss)._practice_get_portal_banners()
        self.assertEqual(banner["level"], "info")
        self.make_plan_price()
        checkout.action_complete()
        self.assertEqual(checkout.state, "done")
        self.assertFalse(checkout.activity_ids)
        self.assertActive(self.subscription, 780.0, 943.8)

    def make_plan_price(self):
        self.env["practice.plan.price"].create(
            {"plan_id": self.standard.id, "interval": "year", "kind": "standard", "amount": 390.0}
        )

    def test_a_crash_between_the_steps_is_repeated_from_the_start(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.notify(transaction, "done", follow=False)
        moves = type(self.env["payment.transaction"])
        with (
            patch.object(moves, "_create_payment", side_effect=MemoryError),
            self.assertRaises(MemoryError),
            self.env.cr.savepoint(),
        ):
            transaction._post_process()
        self.env.invalidate_all()
        self.assertNothingHappened()
        self.assertEqual(checkout.state, "draft")
        transaction._post_process()
        self.assertActive(self.subscription)

    def test_somebody_added_meanwhile_leaves_the_rest_open(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.seat(self.subscription, "Cas")
        self.notify(transaction, "done")
        move = self.assertActive(self.subscription, 117.0, 141.57, paid=False)
        self.assertEqual((move.payment_state, move.amount_residual), ("partial", 47.19))

    def test_somebody_who_left_meanwhile_leaves_a_credit(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.subscription.seat_ids[:1].unlink()
        self.notify(transaction, "done")
        move = self.assertActive(self.subscription, 39.0, 47.19)
        receivable = move.line_ids.account_id.filtered(lambda it: it.account_type == "asset_receivable")
        self.assertEqual(self.balance(receivable), -47.19)

    def test_a_code_that_is_used_up_meanwhile_is_told_and_the_rest_is_open(self):
        code = self.make_code(max_redemptions=1)
        checkout = self.checkout(code=code.name)
        transaction = self.begin(checkout)
        code._redeem(self.subscribe(organisation=self.other))
        self.notify(transaction, "done")
        move = self.last_invoice(self.subscription)
        self.assertEqual((checkout.state, move.amount_total, move.amount_residual), ("done", 94.38, 18.88))
        self.assertIn("refused", checkout.activity_ids.summary)

    def test_people_may_begin_it_while_the_payment_is_on_its_way(self):
        checkout = self.checkout()
        transaction = self.begin(checkout)
        self.subscription._begin_billing()
        self.notify(transaction, "done")
        self.assertEqual(checkout.state, "done")
        self.assertActive(self.subscription)

    # === ONE AT A TIME === #

    def test_a_payment_that_was_begun_keeps_every_other_one_out(self):
        checkout = self.checkout()
        first = self.begin(checkout)
        other_plan = self.checkout(self.blended)
        for operation in ("online_direct", "online_redirect", "online_token", "offline"):
            for which in (checkout, other_plan):
                vals = {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "reference": f"{which.id} {operation}",
                    "amount": 1.0,
                    "currency_id": which.currency_id.id,
                    "partner_id": self.organisation.id,
                    "operation": operation,
                    "practice_checkout_id": which.id,
                }
                with self.subTest(operation=operation), self.assertRefused("was begun at .* start over"):
                    self.env["payment.transaction"].create(vals)
        with self.assertRefused("was begun at"):
            other_plan._begin_payment()
        other_plan._start_over()
        self.assertEqual((first.state, first.practice_given_up), ("error", True))
        self.assertFalse(other_plan._get_failure(), "nobody is told that nothing was charged: it may be after all")
        self.pay_checkout(other_plan)
        self.assertActive(self.subscription, 118.0, 142.78)

    def test_a_payment_that_was_left_long_ago_is_given_up(self):
        checkout = self.checkout()
        left = self.begin(checkout)
        left.flush_recordset()
        long_ago = Datetime.now() - timedelta(minutes=61)
        self.env.cr.execute("UPDATE payment_transaction SET create_date = %s WHERE id = %s", (long_ago, left.id))
        left.invalidate_recordset()
        self.pay_checkout(checkout)
        self.assertActive(self.subscription)
        self.assertEqual((left.state, left.practice_given_up), ("error", True))

    # === REFUSALS === #

    def test_the_amount_that_was_shown_is_paid_or_nothing(self):
        checkout = self.checkout()
        self.seat(self.subscription, "Cas")
        with self.assertRefused("has changed from .*94.38.* to .*141.57"):
            self.begin(checkout)

    def test_only_published_plans_of_the_company_with_a_price_can_be_chosen(self):
        self.blended.published = False
        self.assertFalse(self.starter._get_price("year", "standard", self.today()))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        accounts = {"income_account_id": False, "deferred_account_id": False}
        foreign = self.standard.copy({"company_id": elsewhere.id, "published": True, **accounts})
        for plan, interval, words in (
            (self.blended, "month", "not offered"),
            (foreign, "month", "not offered"),
            (self.starter, "year", "no price"),
        ):
            with self.subTest(plan=plan.name, interval=interval), self.assertRefused(words):
                self.checkout(plan, interval)
        checkout = self.checkout(self.standard)
        self.standard.published = False
        with self.assertRefused("not offered any more"):
            self.begin(checkout)

    def test_an_incomplete_address_is_asked_for_before_the_payment(self):
        self.organisation.street = False
        checkout = self.checkout()
        with self.assertRefused("no complete address"):
            self.begin(checkout)

    def test_all_refusals_of_a_code_look_alike_to_who_does_not_have_it(self):
        self.make_refused_codes()
        checkout = self.checkout()
        for name in ("NONE", "LATER", "PAST", "OTHERS", "FULL"):
            with self.subTest(code=name), self.assertRefused(f"^The discount code {name} cannot be used here. Check"):
                checkout._set_code(name)

    def test_who_has_a_code_is_told_which_rule_refuses_it(self):
        checkout = self.checkout()
        rules = ("begins on", "expired on", "for Blended only", r"used up \(1 of 1\)")
        for code, words in zip(self.make_refused_codes(), rules, strict=True):
            checkout.code_id = code
            with self.subTest(code=code.name), self.assertRefused(words):
                checkout._set_code(code.name)

    def make_refused_codes(self):
        codes = [
            self.make_code("LATER", date_from=self.today() + timedelta(days=1)),
            self.make_code("PAST", date_to=self.today() - timedelta(days=1)),
            self.make_code("OTHERS", plan_ids=self.blended.ids),
            self.make_code("FULL", max_redemptions=1),
        ]
        codes[-1]._redeem(self.subscribe(organisation=self.other))
        return codes

    def test_a_running_subscription_is_changed_and_not_bought(self):
        self.subscription._begin_billing()
        with self.assertRefused("change its plan instead"):
            self.checkout()

    def test_only_administrators_choose_and_pay(self):
        checkout = self.checkout()
        for user in (self.an, self.rival):
            with self.subTest(user=user.login):
                organisation, theirs = self.organisation.with_user(user).sudo(), checkout.with_user(user).sudo()
                self.assertRaises(AccessError, theirs._start_sudo, organisation, self.company, self.standard, "month")
                self.assertRaises(AccessError, theirs._begin_payment)
                self.assertRaises(AccessError, theirs._set_code, "X")
                self.assertRaises(AccessError, theirs._finish_without_payment, self.env["payment.token"])

    def test_staff_who_may_not_bill_do_not_complete(self):
        self.make_staff()
        checkout = self.checkout()
        with self.assertRaises(AccessError):
            checkout.with_user(self.front_desk).sudo(False).action_complete()
        self.assertRaises(UserError, self.subscription._portal_undo_cancel)
