"""The states of a subscription: every door into each of them, and every door that stays shut."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.subscriptions import SubscriptionCase, day

#: Where each door leads from each state; what is not named is refused. Written down once more on purpose.
DOORS = {
    "start": {"trial": "active", "cancelled": "active", "expired": "active"},
    "cancel_now": {
        "trial": "cancelled",
        "active": "cancelled",
        "past_due": "cancelled",
        "suspended": "cancelled",
        "paused": "cancelled",
    },
    "cancel_later": {"active": "active", "past_due": "past_due", "suspended": "suspended", "paused": "suspended"},
    "pause": {"active": "suspended", "past_due": "suspended"},
    "resume": {"suspended": "active", "paused": "active"},
    "undo_cancel": {},
    "withdraw_change": dict.fromkeys(("trial", "active", "past_due"), None),
}
STATES = ("trial", "active", "past_due", "suspended", "paused", "cancelled", "expired")


class StatesCase(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trying = cls.make_plan(trial_days=14)

    # === GETTING THERE === #

    def get_trial(self):
        return self.subscribe(self.trying)

    def get_expired(self):
        subscription = self.get_trial()
        self.follow_time("2026-01-29")
        return subscription

    def get_active(self, **vals):
        subscription = self.subscribe(**vals)
        self.bill(subscription)
        return subscription

    def get_past_due(self):
        subscription = self.get_active()
        self.follow_time("2026-01-16")
        return subscription

    def get_suspended(self):
        subscription = self.get_past_due()
        self.follow_time("2026-01-30")
        return subscription

    def get_paused(self):
        subscription = self.get_active()
        subscription.action_pause()
        return subscription

    def get_cancelled(self):
        subscription = self.get_active()
        subscription._cancel_now("other")
        return subscription

    # === DOORS === #

    def start(self, subscription, **vals):
        self.env["practice.subscription.start"].create({"subscription_id": subscription.id, **vals}).action_start()

    def cancel(self, subscription, when, reason="price", **vals):
        vals = {"subscription_id": subscription.id, "when": when, "reason": reason, **vals}
        self.env["practice.subscription.cancel"].create(vals).action_cancel_subscription()

    def go_through(self, door, subscription):
        if door == "start":
            self.start(subscription)
        elif door == "cancel_now":
            self.cancel(subscription, "now")
        elif door == "cancel_later":
            self.cancel(subscription, "period_end")
        else:
            getattr(subscription, f"action_{door}")()


@tagged("post_install", "-at_install")
class TestDoors(StatesCase):
    def test_each_state_is_reached(self):
        for state in STATES:
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                expected = "suspended" if state == "paused" else state
                self.assertEqual(getattr(self, f"get_{state}")().state, expected)
                savepoint.rollback()
                self.clock.move_to(self.now)

    def test_each_door_leads_where_it_should_or_says_why_not(self):
        for door, targets in DOORS.items():
            if door == "withdraw_change":
                continue
            for state in STATES:
                with self.subTest(door=door, state=state), self.env.cr.savepoint() as savepoint:
                    subscription = getattr(self, f"get_{state}")()
                    before = subscription.state
                    if state in targets:
                        self.go_through(door, subscription)
                        self.assertEqual(subscription.state, targets[state])
                    else:
                        with self.assertRaises(UserError):
                            self.go_through(door, subscription)
                        self.assertEqual(subscription.state, before)
                    savepoint.rollback()
                self.clock.move_to(self.now)

    def test_nobody_enters_a_state_by_writing(self):
        subscription = self.get_active()
        self.make_staff()
        for role in ("manager", "accountant", "front_desk"):
            for name, value in (
                ("state", "cancelled"),
                ("next_invoice_date", "2030-01-01"),
                ("anchor_date", "2025-01-01"),
                ("period_id", False),
                ("end_date", "2026-01-31"),
                ("plan_id", self.starter.id),
                ("next_number", 1),
                ("pending_plan_id", self.starter.id),
                ("retry_date", "2030-01-01"),
            ):
                with self.subTest(role=role, field=name), self.assertRaises(AccessError):
                    subscription.with_user(getattr(self, role)).write({name: value})

    def test_the_front_desk_opens_no_door(self):
        self.make_staff()
        subscription = self.get_active().with_user(self.front_desk)
        for door in ("pause", "resume", "undo_cancel", "withdraw_change", "bill", "bill_extras"):
            with self.subTest(door=door), self.assertRaises(AccessError):
                getattr(subscription, f"action_{door}")()
        for model in ("start", "cancel", "change", "discount"):
            with self.subTest(wizard=model), self.assertRaises(AccessError):
                self.env[f"practice.subscription.{model}"].with_user(self.front_desk).create(
                    {"subscription_id": subscription.id}
                )

    def test_administrator_and_accountant_open_every_door(self):
        self.make_staff()
        for role in ("manager", "accountant"):
            with self.subTest(role=role), self.env.cr.savepoint() as savepoint:
                user = getattr(self, role)
                subscription = self.subscribe().with_user(user)
                subscription.action_bill()
                self.assertTrue(subscription.period_id)
                subscription.action_pause()
                subscription.action_resume()
                cancel = self.env["practice.subscription.cancel"].with_user(user)
                cancel.create(
                    {"subscription_id": subscription.id, "when": "period_end", "reason": "price"}
                ).action_cancel_subscription()
                subscription.action_undo_cancel()
                change = self.env["practice.subscription.change"].with_user(user)
                change.create(
                    {"subscription_id": subscription.id, "plan_id": self.blended.id, "interval": "month"}
                ).action_change()
                cancel.create(
                    {"subscription_id": subscription.id, "when": "now", "reason": "price", "credit_unused": True}
                ).action_cancel_subscription()
                start = self.env["practice.subscription.start"].with_user(user)
                start.create({"subscription_id": subscription.id}).action_start()
                self.assertEqual(subscription.state, "active")
                savepoint.rollback()


@tagged("post_install", "-at_install")
class TestOneRunning(StatesCase):
    def refuse(self, work, *args, **kwargs):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            work(*args, **kwargs)
            self.env.flush_all()

    def test_the_database_refuses_a_second_running_subscription(self):
        for state in ("trial", "active", "past_due", "suspended"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                subscription = getattr(self, f"get_{state}")()
                self.refuse(self.subscribe, self.starter, subscription.organisation_id, seats=())
                savepoint.rollback()
            self.clock.move_to(self.now)

    def test_after_the_end_another_one_may_begin_and_then_the_old_one_stays_closed(self):
        for state in ("cancelled", "expired"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                old = getattr(self, f"get_{state}")()
                new = self.subscribe(self.starter, old.organisation_id, seats=())
                self.assertEqual(new.state, "active")
                self.refuse(old._begin_billing)
                savepoint.rollback()
            self.clock.move_to(self.now)

    def test_another_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "PB other", "country_id": self.env.ref("base.be").id})
        plan = self.make_plan(
            company_id=other.id,
            deferred_account_id=False,
            income_account_id=False,
            product_id=self.make_service("Other", taxes_id=False).id,
        )
        subscription = self.get_active()
        self.assertEqual(self.subscribe(plan, subscription.organisation_id, seats=()).state, "active")


@tagged("post_install", "-at_install")
class TestTrial(StatesCase):
    def test_a_trial_lasts_its_days_and_is_not_billed(self):
        subscription = self.get_trial()
        self.assertEqual((subscription.state, subscription.trial_end), ("trial", day(1, 28)))
        self.follow_time("2026-01-28")
        self.assertFalse(self.run_billing())
        self.assertEqual(subscription.state, "trial")
        self.follow_time("2026-01-29")
        self.assertEqual(subscription.state, "expired")
        self.assertFalse(self.run_billing())

    def test_a_trial_may_go_over_into_billing_by_itself(self):
        subscription = self.get_trial()
        subscription.activate_after_trial = True
        self.follow_time("2026-02-03")
        self.assertEqual((subscription.state, subscription.date_start), ("active", day(1, 29)))
        [invoice] = self.run_billing()
        self.assertInvoice(invoice, {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 29), day(2, 27))])

    def test_a_trial_of_a_plan_that_lost_its_price_says_so_and_is_tried_again(self):
        subscription = self.get_trial()
        subscription.activate_after_trial = True
        self.trying.price_ids.filtered(lambda it: it.interval == "year").unlink()
        subscription.interval = "year"
        self.follow_time("2026-01-29")
        self.assertEqual(subscription.state, "trial")
        self.assertIn("has no price for yearly billing", subscription.error)
        self.assertEqual(len(self.activities(subscription)), 1)
        self.trying.price_ids = [Command.create({"interval": "year", "amount": 390.0})]
        self.follow_time("2026-01-30")
        self.assertEqual((subscription.state, subscription.date_start), ("active", day(1, 29)))
        self.assertTrue(self.run_billing())
        self.assertFalse(subscription.error or subscription.retry_date or self.activities(subscription))

    def test_what_kept_a_trial_from_going_over_is_forgotten_when_it_is_started(self):
        subscription = self.get_trial()
        subscription.activate_after_trial = True
        self.trying.price_ids.filtered(lambda it: it.interval == "year").unlink()
        subscription.interval = "year"
        self.follow_time("2026-01-29")
        self.assertTrue(self.activities(subscription))
        self.start(subscription, plan_id=self.standard.id)
        self.assertFalse(subscription.error or subscription.retry_date or self.activities(subscription))

    def test_a_trial_can_be_started_before_its_end_or_after(self):
        subscription = self.get_trial()
        self.go_to("2026-01-20")
        self.start(subscription, interval="year")
        self.assertInvoice(self.bill(subscription), {"Standard": [780.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 20), day(1, 19, 2027))])

        late = self.subscribe(self.trying, self.make_organisation("De Kade"))
        self.follow_time("2026-03-01")
        self.assertEqual(late.state, "expired")
        self.start(late, date_start="2026-03-05")
        self.assertFalse(self.bill(late))
        self.assertInvoice(self.bill(late, "2026-03-05"), {"Standard": [78.0]})

    def test_a_subscription_does_not_begin_in_the_past(self):
        with self.assertRefused("cannot begin in the past"):
            self.start(self.get_trial(), date_start="2026-01-14")

    def test_a_trial_that_is_cancelled_costs_nothing(self):
        subscription = self.get_trial()
        self.use(subscription, 3)
        self.cancel(subscription, "now")
        self.assertEqual((subscription.state, subscription.end_date), ("cancelled", day(1, 15)))
        self.assertFalse(subscription.period_ids)

    def test_usage_of_a_trial_stays_free_after_it(self):
        self.trying.usage_price_ids = [Command.create({"kind_id": self.file.id, "unit_price": 5.0})]
        subscription = self.get_trial()
        free = self.use(subscription, 3)
        self.go_to("2026-01-20")
        self.start(subscription)
        self.bill(subscription)
        late = self.use(subscription, 2, day="2026-01-19")
        self.use(subscription, 1)
        self.assertEqual((free + late).mapped("state"), ["trial", "trial"])
        self.assertInvoice(self.bill(subscription, "2026-02-20"), {"Standard": [78.0], "Usage": [5.0]})


@tagged("post_install", "-at_install")
class TestPastDue(StatesCase):
    def test_an_overdue_invoice_makes_it_past_due_and_billing_goes_on(self):
        subscription = self.get_active()
        self.follow_time("2026-01-15")
        self.assertEqual(subscription.state, "active")
        self.follow_time("2026-01-16")
        self.assertEqual((subscription.state, subscription.past_due_since), ("past_due", day(1, 16)))
        self.assertTrue(self.run_billing("2026-02-15"))

    def test_after_the_days_of_grace_it_is_suspended_and_billed_no_more(self):
        subscription = self.get_past_due()
        self.follow_time("2026-01-29")
        self.assertEqual(subscription.state, "past_due")
        self.follow_time("2026-01-30")
        self.assertEqual((subscription.state, subscription.suspended_reason), ("suspended", "unpaid"))
        self.assertFalse(self.run_billing("2026-02-15"))

    def test_a_payment_makes_it_active_again(self):
        for state in ("past_due", "suspended"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                subscription = getattr(self, f"get_{state}")()
                self.pay(subscription.period_id.move_id)
                self.assertEqual(subscription.state, "active")
                self.assertFalse(subscription.past_due_since or subscription.suspended_reason)
                self.assertEqual(subscription.next_invoice_date, day(2, 15))
                savepoint.rollback()
            self.clock.move_to(self.now)

    def test_half_a_payment_is_not_enough(self):
        subscription = self.get_past_due()
        self.pay(subscription.period_id.move_id, amount=50.0)
        self.assertEqual(subscription.state, "past_due")
        self.pay(subscription.period_id.move_id)
        self.assertEqual(subscription.state, "active")

    def test_all_overdue_invoices_have_to_be_paid(self):
        subscription = self.get_past_due()
        first = subscription.period_id.move_id
        self.run_billing("2026-02-15")
        self.follow_time("2026-02-16")
        self.assertEqual(subscription.state, "suspended")
        self.pay(first)
        self.assertEqual(subscription.state, "suspended")
        self.pay(subscription.period_id.move_id)
        self.assertEqual(subscription.state, "active")

    def test_a_bank_statement_that_is_reconciled_makes_it_active_again(self):
        subscription = self.get_suspended()
        invoice = subscription.period_id.move_id
        statement = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": self.today(), "payment_ref": "x", "amount": invoice.amount_total}
        )
        receivable = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        _liquidity, suspense, _other = statement._seek_for_lines()
        suspense.account_id = receivable.account_id
        (receivable + suspense).reconcile()
        self.assertEqual(subscription.state, "active")

    def test_a_credit_note_makes_it_active_again(self):
        subscription = self.get_suspended()
        self.credit(subscription.period_id.move_id)
        self.follow_time()
        self.assertEqual(subscription.state, "active")

    def test_an_invoice_that_is_cancelled_makes_it_active_again(self):
        subscription = self.get_past_due()
        self.cancel_invoice(subscription.period_id.move_id)
        self.follow_time()
        self.assertEqual(subscription.state, "active")

    def test_a_later_due_date_makes_it_active_again(self):
        subscription = self.get_past_due()
        subscription.period_id.move_id.invoice_date_due = day(2, 28)
        self.follow_time()
        self.assertEqual(subscription.state, "active")

    def test_a_payment_that_is_undone_makes_it_past_due_again(self):
        subscription = self.get_past_due()
        invoice = subscription.period_id.move_id
        self.pay(invoice)
        self.unpay(invoice)
        self.follow_time()
        self.assertEqual(subscription.state, "past_due")

    def write_off(self, invoice, paid):
        """Register a payment that writes off the rest, as the payment window does."""
        loss = self.make_account("expense", "PB bad debts")
        self.pay(invoice, paid, payment_difference_handling="reconcile", writeoff_account_id=loss.id)

    def get_written_off(self):
        subscription = self.get_past_due()
        self.write_off(subscription.period_id.move_id, 0.01)
        return subscription

    def test_a_bad_debt_that_is_written_off_does_not_make_it_active_again(self):
        for state in ("past_due", "suspended"):
            with self.subTest(state=state), self.env.cr.savepoint() as savepoint:
                subscription = getattr(self, f"get_{state}")()
                self.write_off(subscription.period_id.move_id, 0.01)
                self.follow_time()
                self.assertEqual((subscription.state, subscription.suspended_reason), ("suspended", "written_off"))
                self.assertIn("written off", subscription.activity_ids.note)
                self.assertFalse(subscription._has_access())
                self.assertFalse(self.run_billing("2026-02-15"))
                savepoint.rollback()
            self.clock.move_to(self.now)

    def test_what_is_written_off_at_night_is_of_the_day_of_the_practice(self):
        subscription = self.get_written_off()
        subscription.past_due_since = "2026-01-16"
        for moment, lost in (("2026-01-15 22:30:00", False), ("2026-01-15 23:30:00", True)):
            self.env.flush_all()
            self.env.cr.execute("UPDATE account_partial_reconcile SET create_date = %s", [moment])
            self.env.invalidate_all()
            with self.subTest(moment):
                self.assertEqual(bool(subscription._filter_written_off()), lost)

    def test_a_small_write_off_makes_it_active_again(self):
        subscription = self.get_suspended()
        invoice = subscription.period_id.move_id
        self.write_off(invoice, invoice.currency_id.round(invoice.amount_total * 0.995))
        self.assertEqual((invoice.payment_state in ("paid", "in_payment"), subscription.state), (True, "active"))

    def test_a_person_resumes_it_after_a_write_off_and_is_not_asked_again(self):
        subscription = self.get_written_off()
        subscription.action_resume()
        self.assertEqual((subscription.state, subscription.activity_ids.ids), ("active", []))
        self.follow_time()
        self.assertEqual(subscription.state, "active")
        # The loss was taken long before the next arrears began.
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_partial_reconcile SET create_date = '2026-01-16'")
        self.env.invalidate_all()
        self.run_billing("2026-02-15")
        self.follow_time("2026-02-16")
        self.assertEqual(subscription.state, "past_due")
        self.pay(subscription.period_id.move_id)
        self.assertEqual(subscription.state, "active")

    def test_the_days_of_an_invoice_that_was_written_off_are_not_given_back(self):
        subscription = self.get_written_off()
        with self.assertRaisesRegex(UserError, "written off, not paid"), self.env.cr.savepoint():
            subscription._cancel_now("unpaid", credit_unused=True)
        subscription._cancel_now("unpaid")
        self.assertEqual(subscription.state, "cancelled")
        self.assertFalse(subscription.period_ids.move_ids.filtered(lambda move: move.move_type == "out_refund"))

    def test_the_payment_of_a_paused_subscription_does_not_resume_it(self):
        subscription = self.get_paused()
        self.pay(subscription.period_id.move_id)
        self.follow_time("2026-01-20")
        self.assertEqual(subscription.state, "suspended")

    def test_paid_after_the_paid_period_it_begins_a_new_one_on_that_day(self):
        subscription = self.get_suspended()
        self.go_to("2026-03-03")
        self.pay(subscription.period_id.move_id)
        self.assertEqual((subscription.state, subscription.anchor_date), ("active", day(3, 3)))
        self.bill(subscription)
        self.assertEqual(self.periods(subscription)[-1], (day(3, 3), day(4, 2)))

    def test_a_payment_term_gives_time(self):
        organisation = self.make_organisation(
            property_payment_term_id=self.env.ref("account.account_payment_term_30days").id
        )
        subscription = self.get_active(organisation=organisation)
        self.follow_time("2026-02-14")
        self.assertEqual(subscription.state, "active")
        self.follow_time("2026-02-15")
        self.assertEqual(subscription.state, "past_due")


@tagged("post_install", "-at_install")
class TestPause(StatesCase):
    def test_while_it_is_paused_nothing_is_billed(self):
        self.get_paused()
        self.assertFalse(self.run_billing("2026-04-20"))

    def test_resumed_in_the_paid_period_it_goes_on_as_before(self):
        subscription = self.get_paused()
        self.go_to("2026-02-10")
        subscription.action_resume()
        self.assertEqual((subscription.state, subscription.next_invoice_date), ("active", day(2, 15)))
        self.bill(subscription, "2026-02-15")
        self.assertEqual(self.periods(subscription)[-1], (day(2, 15), day(3, 14)))

    def test_resumed_after_the_paid_period_it_begins_a_new_one(self):
        subscription = self.get_paused()
        self.go_to("2026-04-20")
        subscription.action_resume()
        self.assertInvoice(self.bill(subscription), {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 15), day(2, 14)), (day(4, 20), day(5, 19))])

    def test_what_was_added_before_the_pause_is_billed_when_it_goes_on(self):
        subscription = self.get_active()
        self.seat(subscription, "Dirk", date_from=day(1, 25))
        self.go_to("2026-01-26")
        subscription.action_pause()
        self.go_to("2026-04-20")
        subscription.action_resume()
        self.assertInvoice(self.bill(subscription), {"Standard": [117.0], "Practitioners added": [26.42]})


@tagged("post_install", "-at_install")
class TestCancel(StatesCase):
    def test_at_the_end_of_the_period_it_goes_on_until_then(self):
        subscription = self.get_active()
        self.go_to("2026-01-20")
        self.cancel(subscription, "period_end", "switched", note="To another one")
        self.assertEqual((subscription.state, subscription.end_date), ("active", day(2, 14)))
        self.assertEqual((subscription.cancel_reason, subscription.cancel_note), ("switched", "To another one"))
        self.assertFalse(self.run_billing("2026-02-14"))
        self.assertEqual(subscription.state, "active")
        self.assertFalse(self.run_billing("2026-02-15"))
        self.assertEqual((subscription.state, subscription.end_date), ("cancelled", day(2, 14)))
        self.assertFalse(subscription.next_invoice_date)

    def test_the_closing_invoice_has_usage_and_additions_until_the_end(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.cancel(subscription, "period_end")
        self.use(subscription, 3)
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        self.go_to("2026-02-14")
        self.use(subscription, 1)
        [invoice] = self.run_billing("2026-02-15")
        self.assertInvoice(invoice, {"Practitioners added": [10.16], "Usage": [20.0]}, 30.16, 6.33, 36.49)
        self.assertEqual(subscription.state, "cancelled")
        self.assertFalse(self.run_billing("2026-03-15"))

    def test_until_then_it_can_be_undone(self):
        subscription = self.get_active()
        self.cancel(subscription, "period_end")
        self.go_to("2026-02-14")
        subscription.action_undo_cancel()
        self.assertFalse(subscription.end_date or subscription.cancel_reason)
        self.assertInvoice(self.run_billing("2026-02-15"), {"Standard": [78.0]})

    def test_once_it_has_ended_it_cannot_be_undone(self):
        subscription = self.get_active()
        self.cancel(subscription, "period_end")
        self.run_billing("2026-02-15")
        with self.assertRefused("not about to end"):
            subscription.action_undo_cancel()

    def test_a_subscription_that_was_never_billed_ends_today_only(self):
        subscription = self.subscribe()
        with self.assertRefused("can only end today"):
            self.cancel(subscription, "period_end")
        self.cancel(subscription, "now")
        self.assertEqual(subscription.state, "cancelled")
        self.assertFalse(self.run_billing("2026-02-15"))

    def test_a_cancelled_subscription_does_not_end_a_second_time(self):
        subscription = self.get_cancelled()
        self.go_to("2026-01-20")
        with self.assertRaises(UserError):
            subscription._cancel_now("price", credit_unused=True)
        self.assertEqual((subscription.end_date, subscription.cancel_reason), (day(1, 15), "other"))

    def test_now_bills_what_is_left_and_gives_nothing_back(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 2)
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        self.cancel(subscription, "now", "closed")
        closing = subscription.period_ids.filtered(lambda it: it.kind == "extras").move_id
        self.assertInvoice(closing, {"Practitioners added": [10.16], "Usage": [10.0]}, 20.16)
        self.assertEqual((subscription.state, subscription.end_date), ("cancelled", day(1, 25)))
        self.release_until("2026-01-31")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -40.16)

    def test_now_can_give_the_unused_days_back(self):
        subscription = self.get_active()
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        self.cancel(subscription, "now", credit_unused=True)
        closing = subscription.period_ids.filtered(lambda it: it.kind == "extras").move_id
        # Used: 11 of 31 days; of Dirk's, one day.
        self.assertInvoice(
            closing,
            {"Credit for unused days": [50.32], "Practitioners added": [-1.26]},
            49.06,
            10.3,
            59.36,
            "out_refund",
        )
        self.release_until("2026-01-31")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -28.94)

    def test_the_wizard_says_what_ending_today_means(self):
        subscription = self.get_active()
        self.go_to("2026-01-25")
        cancel = self.env["practice.subscription.cancel"].create(
            {"subscription_id": subscription.id, "when": "now", "reason": "price"}
        )
        self.assertIn("nothing left to bill", cancel.consequence)
        self.assertIn("What is paid until 02/14/2026 is not given back", cancel.consequence)
        cancel.credit_unused = True
        self.assertIn("A credit note of 50.32", cancel.consequence)
        cancel.when = "period_end"
        self.assertIn("Everything goes on until 02/14/2026", cancel.consequence)

    def test_what_cannot_be_billed_at_the_end_stays_on_it_with_an_activity(self):
        self.make_staff()
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 2)
        subscription.organisation_id.street = False
        self.env["practice.subscription.cancel"].with_user(self.accountant).create(
            {"subscription_id": subscription.id, "when": "now", "reason": "price"}
        ).action_cancel_subscription()
        self.assertEqual(subscription.state, "cancelled")
        self.assertIn("no complete address", subscription.error)
        self.assertEqual(len(self.activities(subscription)), 1)
        subscription.organisation_id.street = "Kerkstraat 1"
        subscription.with_user(self.accountant).action_bill_extras()
        self.assertInvoice(self.last_invoice(subscription), {"Usage": [10.0]})
        self.assertFalse(subscription.error or self.activities(subscription))
        self.assertEqual(subscription.state, "cancelled")

    def test_usage_that_is_told_after_the_end_can_still_be_billed(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-01-20")
        self.cancel(subscription, "now")
        self.go_to("2026-01-25")
        usage = self.use(subscription, 2, day="2026-01-18")
        self.assertEqual(usage.state, "unbilled")
        subscription.action_bill_extras()
        self.assertInvoice(usage.move_id, {"Usage": [10.0]})
        self.assertEqual(subscription.state, "cancelled")
        with self.assertRefused("ended on 01/20/2026"):
            self.use(subscription, 1, day="2026-01-21")

    def test_free_usage_of_a_subscription_that_ended_is_not_left_to_bill(self):
        for when in ("now", "period_end"):
            with self.subTest(when=when):
                subscription = self.get_active(organisation=self.make_organisation(f"De {when}"))
                usage = self.use(subscription, 2)
                self.cancel(subscription, when)
                self.run_billing("2026-02-15")
                self.assertEqual(subscription.state, "cancelled")
                self.assertEqual(usage.state, "included")
            self.clock.move_to(self.now)

    def test_a_paused_subscription_ends_on_its_day_too(self):
        subscription = self.get_paused()
        self.cancel(subscription, "period_end")
        self.follow_time("2026-02-14")
        self.assertEqual(subscription.state, "suspended")
        self.follow_time("2026-02-15")
        self.assertEqual(subscription.state, "cancelled")

    def test_a_change_that_waits_is_forgotten_when_it_ends(self):
        subscription = self.get_active(plan=self.blended)
        subscription._change_plan(self.starter, "month")
        self.cancel(subscription, "period_end")
        subscription.action_undo_cancel()
        self.assertInvoice(self.run_billing("2026-02-15"), {"Blended": [118.0]})

    def test_a_period_that_has_begun_is_billed_before_it_is_the_last_one(self):
        subscription = self.get_active()
        self.go_to("2026-02-20")
        cancel = self.env["practice.subscription.cancel"].create(
            {"subscription_id": subscription.id, "when": "period_end", "reason": "price"}
        )
        self.assertIn("Everything goes on until 03/14/2026", cancel.consequence)
        cancel.action_cancel_subscription()
        self.assertEqual(self.periods(subscription)[-1], (day(2, 15), day(3, 14)))
        self.assertEqual(subscription.end_date, day(3, 14))
        self.assertFalse(self.run_billing("2026-03-15"))
        self.assertEqual(subscription.state, "cancelled")

    def test_it_does_not_end_with_a_period_that_cannot_be_billed(self):
        subscription = self.get_active()
        subscription.organisation_id.street = False
        self.go_to("2026-02-20")
        with self.assertRefused("no complete address"):
            self.cancel(subscription, "period_end")
        self.assertFalse(subscription.end_date)


@tagged("post_install", "-at_install")
class TestReactivate(StatesCase):
    def test_within_the_paid_period_it_goes_on(self):
        subscription = self.get_active()
        self.go_to("2026-01-20")
        self.cancel(subscription, "now")
        self.release_until("2026-01-31")
        self.go_to("2026-02-10")
        self.start(subscription)
        self.assertEqual((subscription.state, subscription.next_invoice_date), ("active", day(2, 15)))
        self.assertFalse(self.bill(subscription))
        self.assertInvoice(self.bill(subscription, "2026-02-15"), {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 15), day(2, 14)), (day(2, 15), day(3, 14))])
        self.assertWaiting(78.0)

    def test_before_anything_was_released_it_is_released_by_days_again(self):
        subscription = self.get_active()
        self.cancel(subscription, "now")
        self.start(subscription)
        releases = subscription.period_id.release_ids.sorted("date")
        self.assertEqual(releases.mapped("date"), [day(1, 31), day(2, 28)])
        self.assertEqual(sum(releases.mapped("amount")), 78.0)

    def test_after_the_paid_period_it_begins_anew(self):
        subscription = self.get_active()
        self.cancel(subscription, "now")
        self.go_to("2026-04-01")
        self.start(subscription, plan_id=self.starter.id)
        self.assertInvoice(self.bill(subscription), {"Starter": [30.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 15), day(2, 14)), (day(4, 1), day(4, 30))])
        self.assertFalse(subscription.end_date or subscription.cancel_reason)

    def test_what_was_given_back_is_paid_again(self):
        subscription = self.get_active()
        self.go_to("2026-01-20")
        self.cancel(subscription, "now", credit_unused=True)
        self.go_to("2026-01-25")
        self.start(subscription)
        self.assertInvoice(self.bill(subscription), {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription), [(day(1, 15), day(2, 14)), (day(1, 25), day(2, 24))])

    def test_no_day_is_paid_twice_when_it_begins_again_on_the_day_of_its_end(self):
        for number, on in enumerate(("2026-01-15", "2026-01-20")):
            with self.subTest(day=on):
                subscription = self.get_active(organisation=self.make_organisation(f"De {number}"))
                self.go_to(on)
                self.cancel(subscription, "now", credit_unused=True)
                self.start(subscription)
                self.run_billing("2026-01-21")
                self.assertFalse(subscription.error)
                served = subscription.period_ids.filtered(lambda it: it.kind == "regular").sorted("number")
                self.assertEqual(len(served), 2)
                self.assertLess(served[0].service_to, served[1].date_from)
            self.clock.move_to(self.now)

    def test_with_another_plan_it_begins_anew_and_the_paid_days_are_gone(self):
        subscription = self.get_active()
        self.go_to("2026-01-20")
        self.cancel(subscription, "now")
        self.go_to("2026-01-25")
        self.start(subscription, plan_id=self.blended.id)
        self.assertInvoice(self.bill(subscription), {"Blended": [118.0]})
        self.assertWaiting()

    def test_whoever_got_his_money_back_by_a_credit_note_does_not_go_on_for_nothing(self):
        subscription = self.get_cancelled()
        self.credit(subscription.period_id.move_id)
        self.go_to("2026-01-20")
        self.start(subscription)
        self.assertInvoice(self.bill(subscription), {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription)[-1], (day(1, 20), day(2, 19)))

    def test_what_has_begun_again_does_not_begin_once_more(self):
        subscription = self.get_cancelled()
        self.start(subscription)
        with self.assertRefused("is “Active”; it cannot become “Active”"):
            self.start(subscription)

    def test_dates_of_a_subscription_that_was_billed_before_are_not_free_to_write(self):
        subscription = self.get_active()
        self.cancel(subscription, "now", credit_unused=True)
        self.go_to("2026-03-01")
        self.start(subscription)
        self.make_staff()
        with self.assertRaises(AccessError):
            subscription.with_user(self.manager).date_start = day(1, 1)
