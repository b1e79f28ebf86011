"""Changing plan or interval, prices that change on a day, and every rule of discount codes."""

# The race needs sessions that see what others committed; pylint: disable=invalid-commit
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.races import RaceCase, refused
from ..common.subscriptions import SubscriptionCase, SubscriptionMixin, day

SESSIONS = 8


class ChangeCase(SubscriptionCase):
    def wizard(self, subscription, plan=None, interval="month", code=False):
        vals = {"subscription_id": subscription.id, "plan_id": (plan or subscription.plan_id).id, "interval": interval}
        return self.env["practice.subscription.change"].create({**vals, "code": code})

    def begin(self, plan=None, first="2026-11-01", **vals):
        self.go_to(first)
        subscription = self.subscribe(plan, **vals)
        self.bill(subscription)
        return subscription


@tagged("post_install", "-at_install")
class TestChange(ChangeCase):
    def test_the_wizard_shows_the_invoice_that_is_then_made(self):
        subscription = self.begin(self.starter)
        self.use(subscription, 3)
        self.go_to("2026-11-11")
        wizard = self.wizard(subscription, self.standard)
        self.assertEqual(wizard.when, "now")
        self.assertFalse(wizard.problem)
        preview = subscription._get_preview(subscription._get_change_preview(self.standard, "month")[1])
        self.assertIn("52.00", wizard.preview)
        wizard.action_change()
        self.assertPreviewed(preview, self.last_invoice(subscription))

    def test_the_usage_of_a_change_is_that_of_the_days_before_it(self):
        subscription = self.begin(self.starter)
        self.use(subscription, 3)
        self.go_to("2026-11-11")
        subscription._change_plan(self.standard, "month")
        names = [name for name, _amount in self.lines(self.last_invoice(subscription))]
        self.assertIn("New file, 11/01/2026 – 11/10/2026", names)

    def test_the_wizard_shows_the_next_invoice_of_a_change_that_waits(self):
        subscription = self.begin(self.blended)
        wizard = self.wizard(subscription, self.starter)
        self.assertEqual(wizard.when, "period_end")
        self.assertIn("12/01/2026", wizard.effect)
        preview = subscription._get_preview(subscription._get_change_preview(self.starter, "month")[1])
        wizard.action_change()
        self.assertEqual(subscription.pending_plan_id, self.starter)
        self.assertPreviewed(preview, self.bill(subscription, "2026-12-01"))

    def test_a_change_that_waits_can_be_withdrawn(self):
        subscription = self.begin(self.blended)
        self.wizard(subscription, self.starter).action_change()
        subscription.action_withdraw_change()
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Blended": [118.0]})

    def test_a_later_change_replaces_the_one_that_waits(self):
        subscription = self.begin(self.blended)
        subscription._change_plan(self.starter, "month")
        subscription._change_plan(self.standard, "month")
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [78.0]})

    def test_a_change_to_something_dearer_forgets_the_one_that_waits(self):
        subscription = self.begin(self.standard)
        subscription._change_plan(self.starter, "month")
        subscription._change_plan(self.blended, "month")
        self.assertFalse(subscription.pending_plan_id)
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Blended": [118.0]})

    def test_what_decides_is_the_price_a_day_for_the_seats_of_today(self):
        # Two students cost 18 with Starter and 38 with Standard; in a plan without a student price 30.
        plain = self.make_plan("Plain", {"month": {"standard": 15.0}})
        subscription = self.begin(self.starter, seats=(), students=("Carla", "Eva"))
        self.assertEqual(subscription._get_change(plain, "month"), "now")
        subscription = self.begin(plain, seats=(), students=("Carla",), organisation=self.make_organisation("De Kade"))
        self.assertEqual(subscription._get_change(self.starter, "month"), "period_end")
        self.assertEqual(subscription._get_change(self.standard, "month"), "now")

    def test_a_dearer_plan_by_the_month_is_cheaper_by_the_year(self):
        subscription = self.begin(self.standard)
        # 59 a month is dearer than 39; 590 a year is dearer a day, too; 390 a year is the same plan for longer.
        self.assertEqual(subscription._get_change(self.blended, "year"), "now")
        self.assertEqual(subscription._get_change(self.standard, "year"), "now")
        yearly = self.begin(self.standard, interval="year", organisation=self.make_organisation("De Kade"))
        self.assertEqual(yearly._get_change(self.blended, "month"), "period_end")
        self.assertEqual(yearly._get_change(self.blended, "year"), "now")

    def test_students_follow(self):
        subscription = self.begin(self.standard, students=("Carla",))
        self.go_to("2026-11-11")
        invoice = subscription._change_plan(self.blended, "month")
        self.assertEqual(self.amounts(invoice), {"Credit for unused days": [-52.0, -12.67], "Blended": [78.67, 19.33]})
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Blended": [118.0, 29.0]})

    def test_who_came_before_the_change_is_charged_until_it_and_at_the_new_price_from_it(self):
        subscription = self.begin(self.starter)
        self.seat(subscription, "Dirk", date_from=day(11, 6))
        self.go_to("2026-11-11")
        invoice = subscription._change_plan(self.standard, "month")
        # Dirk: 5 of 30 days of 15, and 20 of 30 of 39.
        self.assertInvoice(
            invoice, {"Credit for unused days": [-20.0], "Standard": [78.0], "Practitioners added": [2.5]}, 60.5
        )
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [117.0]})
        self.assertWaiting(30.0 + 60.5 + 117.0)

    def test_an_addition_that_was_billed_is_credited_too(self):
        subscription = self.begin(self.starter)
        self.seat(subscription, "Dirk", date_from=day(11, 1))
        self.go_to("2026-11-02")
        subscription.action_bill_extras()
        self.go_to("2026-11-11")
        invoice = subscription._change_plan(self.standard, "month")
        self.assertEqual(sum(self.amounts(invoice)["Credit for unused days"]), -30.0)
        self.assertEqual(self.amounts(invoice)["Standard"], [78.0])
        self.assertWaiting()

    def test_on_the_first_day_everything_is_given_back(self):
        subscription = self.begin(self.starter)
        invoice = subscription._change_plan(self.standard, "month")
        self.assertInvoice(invoice, {"Credit for unused days": [-30.0], "Standard": [78.0]}, 48.0)
        self.release_until("2026-11-30")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -78.0)
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [78.0]})

    def test_on_the_last_day_one_day_is(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-11-30")
        self.assertInvoice(
            subscription._change_plan(self.standard, "month"), {"Credit for unused days": [-1.0], "Standard": [2.6]}
        )

    def test_twice_on_a_day_is_twice_a_change(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-11-11")
        subscription._change_plan(self.standard, "month")
        invoice = subscription._change_plan(self.blended, "month")
        self.assertInvoice(invoice, {"Credit for unused days": [-52.0], "Blended": [78.67]}, 26.67)
        self.release_until("2026-11-30")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -(30 - 20 + 52 - 52 + 78.67))

    def test_nothing_is_paid_yet_and_so_it_changes_at_once_without_an_invoice(self):
        subscription = self.subscribe(self.blended, date_start="2026-02-01")
        wizard = self.wizard(subscription, self.starter)
        self.assertEqual(wizard.when, "free")
        wizard.action_change()
        self.assertEqual(subscription.plan_id, self.starter)
        self.assertFalse(subscription.period_ids)

    def test_a_trial_changes_its_plan(self):
        subscription = self.subscribe(self.make_plan("Standard", trial_days=14))
        self.wizard(subscription, self.blended, "year").action_change()
        self.assertEqual((subscription.plan_id, subscription.interval), (self.blended, "year"))
        self.assertEqual(subscription.state, "trial")

    def test_what_is_due_is_billed_first(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-12-11")
        invoice = subscription._change_plan(self.standard, "month")
        self.assertEqual(self.periods(subscription)[1], (day(12, 1), day(12, 31)))
        self.assertEqual(self.amounts(invoice), {"Credit for unused days": [-20.32], "Standard": [52.84]})

    def test_what_cannot_be_billed_stops_the_change_and_says_why(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-11-11")
        subscription.organisation_id.city = False
        with self.assertRefused("no complete address"):
            self.wizard(subscription, self.standard).action_change()
        self.assertEqual(subscription.plan_id, self.starter)
        self.go_to("2026-12-01")
        with self.assertRefused("no complete address"):
            self.wizard(subscription, self.standard).action_change()

    def test_every_refusal_says_why(self):
        subscription = self.begin(self.standard)
        for words, plan, interval in (
            ("This is the plan that the subscription has", self.standard, "month"),
            ("Starter has no price for yearly billing", self.starter, "year"),
        ):
            with self.subTest(words=words), self.assertRefused(words):
                self.wizard(subscription, plan, interval).action_change()
        subscription._cancel_at_period_end("other")
        with self.assertRefused("ends on 11/30/2026. Withdraw the cancellation first"):
            self.wizard(subscription, self.blended).action_change()
        subscription.action_undo_cancel()
        subscription.action_pause()
        with self.assertRefused("Only a running subscription changes its plan"):
            self.wizard(subscription, self.blended).action_change()

    def test_the_wizard_shows_a_refusal_instead_of_a_preview(self):
        wizard = self.wizard(self.begin(self.standard), self.starter, "year")
        self.assertIn("no price for yearly billing", wizard.problem)
        self.assertFalse(wizard.preview or wizard.when)

    def test_a_plan_in_another_currency_does_not_mix_two_currencies_on_one_invoice(self):
        dollars = self.env.ref("base.USD")
        dollars.active = True
        dollars.rate_ids = [Command.create({"name": "2026-01-01", "rate": 2.0})]
        plan = self.make_plan(currency_id=dollars.id)
        subscription = self.begin(self.starter)
        with self.assertRefused("in USD"):
            subscription._change_plan(plan, "month")
        waiting = self.subscribe(self.starter, self.make_organisation("De Kade"), date_start="2026-12-01")
        waiting._change_plan(plan, "month")
        self.assertEqual(waiting.plan_id, plan)

    def test_an_invoice_that_was_credited_is_not_credited_again(self):
        subscription = self.begin(self.starter)
        self.credit(subscription.period_id.move_id)
        self.go_to("2026-11-11")
        self.assertInvoice(subscription._change_plan(self.standard, "month"), {"Standard": [52.0]})

    def test_an_invoice_that_was_paid_and_then_credited_is_not_credited_again(self):
        subscription = self.begin(self.starter)
        invoice = subscription.period_id.move_id
        self.pay(invoice)
        self.credit_note(invoice)
        self.assertEqual(subscription.period_id.state, "credited")
        self.go_to("2026-11-11")
        self.assertInvoice(subscription._change_plan(self.standard, "month"), {"Standard": [52.0]})

    def test_yearly_from_a_leap_day_keeps_its_days_after_a_change(self):
        self.go_to("2028-02-29")
        subscription = self.subscribe(self.standard, interval="year")
        self.bill(subscription)
        self.go_to("2028-06-30")
        subscription._change_plan(self.blended, "year")
        self.bill(subscription, "2032-03-01")
        starts = [first for first, _last in self.periods(subscription)]
        self.assertEqual(
            starts,
            [
                day(2, 29, 2028),
                day(6, 30, 2028),
                day(2, 28, 2029),
                day(2, 28, 2030),
                day(2, 28, 2031),
                day(2, 29, 2032),
            ],
        )


@tagged("post_install", "-at_install")
class TestBalancePosts(ChangeCase):
    """Plans that book elsewhere, or begin to: what waits for a period is released from where it waits."""

    def setUp(self):
        super().setUp()
        self.elsewhere = self.make_account("liability_current", "PB elsewhere")

    def assertReleased(self):
        """Check that everything is released in the end, from each balance post."""
        self.release_until("2027-12-31")
        self.assertEqual((self.balance(self.waiting), self.balance(self.elsewhere)), (0.0, 0.0))
        self.assertWaiting(0.0)

    def change_with_addition_and_code(self, old, new):
        """Pay two seats, add a third, get 20 % off, and go over to another plan with the next period."""
        subscription = self.begin(old)
        self.seat(subscription, "Dirk", date_from=day(11, 11))
        self.make_code(duration="forever")._redeem(subscription)
        subscription.sudo().pending_plan_id = new
        self.bill(subscription, "2026-12-01")
        self.bill(subscription, "2027-01-01")

    def test_from_one_balance_post_to_another(self):
        new = self.make_plan("Blended", deferred_account_id=self.elsewhere.id)
        self.change_with_addition_and_code(self.standard, new)
        self.assertReleased()

    def test_from_a_balance_post_to_none(self):
        self.change_with_addition_and_code(self.standard, self.make_plan("Blended", deferred_account_id=False))
        self.assertReleased()

    def test_from_none_to_a_balance_post(self):
        self.change_with_addition_and_code(self.make_plan("Standard", deferred_account_id=False), self.blended)
        self.assertReleased()

    def test_at_once_from_none_to_a_balance_post(self):
        subscription = self.begin(self.make_plan("Starter", deferred_account_id=False))
        self.go_to("2026-11-11")
        self.seat(subscription, "Dirk", date_from=day(11, 6))
        subscription._change_plan(self.make_plan("Standard", deferred_account_id=self.elsewhere.id), "month")
        self.assertReleased()
        self.assertEqual(self.balance(self.licences), -(30 - 20 + 2.5 + 78))

    def test_a_plan_that_gets_a_balance_post_keeps_what_is_for_the_time_before_out_of_it(self):
        plan = self.make_plan("Standard", deferred_account_id=False)
        subscription = self.begin(plan)
        self.seat(subscription, "Dirk", date_from=day(11, 11))
        plan.deferred_account_id = self.elsewhere
        self.bill(subscription, "2026-12-01")
        self.assertEqual(self.balance(self.elsewhere), -117.0)
        self.assertReleased()

    def test_a_plan_that_loses_its_balance_post_leaves_what_waits_where_it_is(self):
        plan = self.make_plan("Standard", deferred_account_id=self.elsewhere.id)
        subscription = self.begin(plan)
        self.seat(subscription, "Dirk", date_from=day(11, 11))
        plan.deferred_account_id = False
        invoice = self.bill(subscription, "2026-12-01")
        self.assertEqual(self.amounts(invoice)["Practitioners added"], [26.0])
        self.assertReleased()

    def test_a_plan_that_moves_to_another_balance_post_leaves_what_waits_where_it_is(self):
        plan = self.make_plan("Standard")
        subscription = self.begin(plan, code=self.make_code(duration="forever"))
        self.seat(subscription, "Dirk", date_from=day(11, 11))
        plan.deferred_account_id = self.elsewhere
        self.go_to("2026-11-20")
        subscription._change_plan(self.make_plan("Blended", deferred_account_id=self.elsewhere.id), "month")
        self.bill(subscription, "2026-12-01")
        self.assertReleased()

    def test_a_tax_without_account_does_not_land_on_the_balance_post(self):
        tax = self.make_tax(6.0, account=False, price_include_override="tax_excluded")
        plan = self.make_plan(product_id=self.make_service("Licence 6", taxes_id=[Command.set(tax.ids)]).id)
        subscription = self.subscribe(plan)
        subscription._bill_now()
        self.assertFalse(subscription.period_ids)
        self.assertIn("has no account of its own", subscription.error)
        self.assertEqual(self.balance(self.waiting), 0.0)


@tagged("post_install", "-at_install")
class TestPrices(ChangeCase):
    def test_a_new_price_holds_for_periods_that_begin_from_its_day_on(self):
        subscription = self.begin(self.standard)
        self.standard.price_ids = [Command.create({"amount": 45.0, "date_from": day(12, 15)})]
        self.seat(subscription, "Dirk", date_from=day(12, 17))
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [78.0]})
        self.assertInvoice(self.bill(subscription, "2027-01-01"), {"Standard": [135.0], "Practitioners added": [18.87]})

    def test_a_yearly_subscription_keeps_its_price_until_the_year_is_over(self):
        subscription = self.begin(self.standard, interval="year")
        self.standard.price_ids = [Command.create({"interval": "year", "amount": 450.0, "date_from": day(1, 1, 2027)})]
        self.seat(subscription, "Dirk", date_from=day(5, 1, 2027))
        self.go_to("2027-05-01")
        subscription.action_bill_extras()
        # 184 of 365 days of 390.
        self.assertInvoice(self.last_invoice(subscription), {"Practitioners added": [196.6]})
        self.assertInvoice(self.bill(subscription, "2027-11-01"), {"Standard": [1350.0]})

    def test_missed_periods_are_billed_at_the_price_of_their_first_day(self):
        subscription = self.begin(self.standard)
        self.standard.price_ids = [Command.create({"amount": 45.0, "date_from": day(1, 1, 2027)})]
        moves = self.bill(subscription, "2027-01-20").sorted("id")
        self.assertEqual(moves.mapped("amount_untaxed"), [78.0, 90.0])

    def test_a_price_that_was_billed_stays_and_one_that_is_to_come_may_change(self):
        self.begin(self.standard)
        price = self.standard.price_ids.filtered(lambda it: (it.interval, it.kind) == ("month", "standard"))
        for vals in ({"amount": 1.0}, {"date_from": day(12, 1)}, {"interval": "year"}, {"plan_id": self.starter.id}):
            with self.subTest(**vals), self.assertRefused("Add a price with a date instead"):
                price.write(vals)
        with self.assertRefused("Add a price with a date instead"):
            price.unlink()
        price.amount = 39.0
        later = price.copy({"amount": 45.0, "date_from": day(12, 1)})
        later.amount = 44.0
        later.unlink()

    def test_a_price_of_an_interval_that_nobody_has_may_change(self):
        self.begin(self.standard)
        yearly = self.standard.price_ids.filtered(lambda it: it.interval == "year")
        yearly.amount = 400.0

    def test_two_prices_from_one_day_are_refused(self):
        with mute_logger("odoo.sql_db"), self.assertRefused("price_uniq", Exception):
            self.standard.price_ids = [Command.create({"amount": 45.0})]

    def test_a_plan_that_was_billed_keeps_its_currency_and_company(self):
        self.begin(self.standard)
        with self.assertRefused("keeps its company and its currency"):
            self.standard.currency_id = self.env.ref("base.USD")

    def test_a_plan_with_subscriptions_is_archived_and_goes_on(self):
        subscription = self.begin(self.standard)
        with self.assertRefused(r"cannot be deleted \(subscriptions: 1\)"):
            self.standard.unlink()
        self.standard.active = False
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [78.0]})


@tagged("post_install", "-at_install")
class TestCodes(ChangeCase):
    def apply(self, subscription, code):
        """Apply a code as staff does on a running subscription."""
        self.env["practice.subscription.discount"].create(
            {"subscription_id": subscription.id, "code": code}
        ).action_apply()

    def test_every_refusal_names_its_rule(self):
        subscription = self.subscribe()
        other = self.subscribe(organisation=self.make_organisation("De Kade"))
        used = self.make_code("USED", max_redemptions=1)
        used._redeem(other)
        dollars = self.env.ref("base.USD")
        for words, vals in {
            "it expired on 01/14/2026": {"date_to": day(1, 14)},
            "it begins on 01/16/2026": {"date_from": day(1, 16)},
            "it is for Starter, Blended only": {"plan_ids": [Command.set((self.starter + self.blended).ids)]},
            "its amount is in USD": {"kind": "amount", "amount": 5.0, "currency_id": dollars.id},
        }.items():
            with self.subTest(words=words), self.assertRefused(f"CODE cannot be used: {words}."):
                self.make_code("CODE", **vals)
                self.apply(subscription, "CODE")
        with self.assertRefused(r"USED cannot be used: it is used up \(1 of 1\)"):
            self.apply(subscription, "USED")
        with self.assertRefused("There is no discount code NOPE"):
            self.apply(subscription, "NOPE")
        with self.assertRefused("USED cannot be used: De Kade has used it already"):
            self.apply(other, "USED")
        self.make_code("NEXT")
        with self.assertRefused("NEXT cannot be used: USED is still running. End that one first"):
            self.apply(other, "NEXT")
        self.assertFalse(subscription.redemption_ids)

    def test_a_code_is_valid_on_its_first_and_on_its_last_day(self):
        self.make_code("DAY", date_from=day(1, 15), date_to=day(1, 15))
        self.apply(self.subscribe(), "DAY")

    def test_a_code_is_found_in_any_case_and_only_as_it_is_written(self):
        self.make_code("Spring_20%")
        subscription = self.subscribe()
        for wrong in ("%", "Spring%", "Spring-20%", "S_ring_20%", "", "  ", "Spring_20", "\\"):
            with self.subTest(code=wrong), self.assertRefused("There is no discount code"):
                self.apply(subscription, wrong)
        self.apply(subscription, " SPRING_20% ")
        self.assertEqual(subscription.running_redemption_id.code_id.name, "Spring_20%")

    def test_two_codes_that_differ_in_case_only_are_refused(self):
        self.make_code("SPRING")
        with mute_logger("odoo.sql_db"), self.assertRefused("name_uniq", Exception):
            self.make_code("Spring")

    def test_a_code_of_another_company_is_not_found(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.make_code("THEIRS", company_id=other.id)
        with self.assertRefused("no discount code THEIRS"):
            self.apply(self.subscribe(), "THEIRS")

    def test_an_archived_code_is_not_found(self):
        self.make_code("OLD").active = False
        with self.assertRefused("no discount code OLD"):
            self.apply(self.subscribe(), "OLD")

    def test_a_code_at_the_start(self):
        self.make_code()
        subscription = self.subscribe(self.make_plan("Standard", trial_days=14))
        self.env["practice.subscription.start"].create(
            {"subscription_id": subscription.id, "code": "welcome"}
        ).action_start()
        self.assertInvoice(self.bill(subscription), {"Standard": [78.0], "Discount": [-15.6]})

    def test_a_code_that_is_refused_at_the_start_keeps_it_from_starting(self):
        subscription = self.subscribe(self.make_plan("Standard", trial_days=14))
        with self.assertRefused("no discount code NOPE"):
            self.env["practice.subscription.start"].create(
                {"subscription_id": subscription.id, "code": "NOPE"}
            ).action_start()
        self.assertEqual(subscription.state, "trial")

    def test_a_code_at_a_change_of_plan(self):
        code = self.make_code(plan_ids=[Command.set(self.blended.ids)])
        subscription = self.begin(self.standard)
        self.go_to("2026-11-11")
        wizard = self.wizard(subscription, self.blended, code="welcome")
        self.assertFalse(wizard.problem)
        preview = subscription._get_preview(subscription._get_change_preview(self.blended, "month", code)[1])
        wizard.action_change()
        invoice = self.last_invoice(subscription)
        self.assertInvoice(
            invoice, {"Credit for unused days": [-52.0], "Blended": [78.67], "Discount": [-15.73]}, 10.94
        )
        self.assertPreviewed(preview, invoice)

    def test_a_code_of_another_plan_is_refused_at_a_change_of_plan(self):
        self.make_code(plan_ids=[Command.set(self.starter.ids)])
        wizard = self.wizard(self.begin(self.standard), self.blended, code="WELCOME")
        self.assertIn("it is for Starter only", wizard.problem)
        with self.assertRefused("it is for Starter only"):
            wizard.action_change()

    def test_a_code_with_a_change_that_waits_is_for_the_next_invoice(self):
        self.make_code()
        subscription = self.begin(self.blended)
        wizard = self.wizard(subscription, self.starter, code="WELCOME")
        wizard.action_change()
        self.assertEqual(subscription.running_redemption_id.state, "reserved")
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Starter": [30.0], "Discount": [-6.0]})

    def test_a_code_of_one_plan_rests_while_the_subscription_has_another(self):
        code = self.make_code(duration="periods", periods=2, plan_ids=[Command.set(self.blended.ids)])
        subscription = self.begin(self.blended, code=code)
        self.assertEqual(self.amounts(subscription.period_id.move_id)["Discount"], [-23.6])
        subscription._change_plan(self.starter, "month")
        self.assertNotIn("Discount", self.amounts(self.bill(subscription, "2026-12-01")))
        subscription._change_plan(self.blended, "month")
        self.assertEqual(subscription.redemption_ids.uses, 1)

    def test_a_number_of_periods_is_a_number_of_invoices(self):
        subscription = self.begin(code=self.make_code(duration="periods", periods=2))
        redemption = subscription.redemption_ids
        self.assertEqual((redemption.state, redemption.uses), ("running", 1))
        self.assertIn("Discount", self.amounts(self.bill(subscription, "2026-12-01")))
        self.assertEqual(redemption.state, "done")
        self.assertNotIn("Discount", self.amounts(self.bill(subscription, "2027-01-01")))

    def test_a_cancelled_invoice_in_between_gives_one_period_back(self):
        subscription = self.begin(code=self.make_code(duration="periods", periods=2))
        second = self.bill(subscription, "2026-12-01")
        self.cancel_invoice(second)
        self.assertEqual(subscription.redemption_ids.uses, 1)
        self.assertIn("Discount", self.amounts(self.bill(subscription, "2027-01-01")))
        self.assertNotIn("Discount", self.amounts(self.bill(subscription, "2027-02-01")))

    def test_a_discount_can_be_ended_and_one_that_was_not_used_is_given_back(self):
        code = self.make_code(duration="forever", max_redemptions=1)
        subscription = self.begin(code=code)
        subscription.redemption_ids.action_end()
        self.assertEqual(subscription.redemption_ids.state, "done")
        self.assertNotIn("Discount", self.amounts(self.bill(subscription, "2026-12-01")))
        with self.assertRefused("has used it already"):
            self.apply(subscription, "WELCOME")

        unused = self.make_code("UNUSED", max_redemptions=1)
        self.apply(subscription, "UNUSED")
        subscription.running_redemption_id.action_end()
        self.assertEqual(unused.redemption_count, 0)
        self.apply(subscription, "UNUSED")

    def test_what_a_code_gives_does_not_change_once_somebody_has_it(self):
        code = self.make_code()
        code.percentage = 30.0
        subscription = self.subscribe(code=code)
        for vals in ({"percentage": 50.0}, {"kind": "amount", "amount": 5.0}, {"duration": "forever"}):
            with self.subTest(**vals), self.assertRefused("what it gives cannot change"):
                code.write(vals)
        with self.assertRefused("was used and stays"):
            code.unlink()
        code.write({"date_to": day(1, 20), "max_redemptions": 5})
        self.assertEqual(self.amounts(self.bill(subscription))["Discount"], [-23.4])

    def test_a_discount_on_an_invoice_is_not_deleted(self):
        subscription = self.begin(code=self.make_code())
        with self.assertRefused("is on an invoice stays"):
            subscription.redemption_ids.unlink()

    def test_an_amount_is_not_taken_off_extras_as_often_as_these_are_billed(self):
        code = self.make_code(kind="amount", amount=10.0, duration="forever")
        subscription = self.begin(code=code)
        self.go_to("2026-11-11")
        self.seat(subscription, "Dirk")
        subscription.action_bill_extras()
        self.assertInvoice(self.last_invoice(subscription), {"Practitioners added": [26.0]})

    def test_a_whole_life_with_codes_ends_at_nothing(self):
        subscription = self.begin(self.starter, code=self.make_code(percentage=33.33, duration="forever"))
        self.seat(subscription, "Dirk", date_from=day(11, 7))
        self.go_to("2026-11-11")
        subscription._change_plan(self.standard, "month")
        self.seat(subscription, "Els", date_from=day(11, 17))
        self.go_to("2026-11-20")
        subscription._change_plan(self.blended, "year")
        self.go_to("2026-12-24")
        subscription._cancel_now("other", credit_unused=True)
        self.release_until("2027-12-31")
        self.assertWaiting(0.0)
        invoiced = sum(subscription.period_ids.move_id.mapped("amount_untaxed_signed"))
        self.assertEqual(self.balance(self.licences), -self.currency.round(invoiced))


@tagged("post_install", "-at_install")
class TestLastRedemption(SubscriptionMixin, RaceCase):
    now = None

    def test_of_many_who_claim_the_last_redemption_one_gets_it(self):
        code = self.make_code("LAST", max_redemptions=3)
        subscriptions = [self.subscribe(organisation=self.make_organisation(f"De {n}")).id for n in range(SESSIONS)]
        self.cr.commit()

        def claim(subscription_id, env):
            subscription = env["practice.subscription"].browse(subscription_id)
            return env["practice.discount.code"].browse(code.id)._redeem(subscription).id

        losers = refused(self.race([partial(claim, subscription_id) for subscription_id in subscriptions]))
        self.assertEqual(code.redemption_count, 3)
        self.assertEqual({type(error) for error in losers}, {UserError})
        self.assertEqual(
            [str(error) for error in losers], ["LAST cannot be used: it is used up (3 of 3)."] * (SESSIONS - 3)
        )
