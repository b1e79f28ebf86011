"""The billing run: what is due is billed once, oldest first, and nothing that is broken stops the others."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.subscriptions import SubscriptionCase, day

BILLING = "odoo.addons.practice_billing.models.subscriptions.billing.subscription_billing"
RETRY = "odoo.addons.practice_billing.models.common.retry_mixin"


class RunCase(SubscriptionCase):
    @classmethod
    def make_other_company(cls):
        """Make a company in New York with what it takes to bill; return it and its plan."""
        company = cls.env["res.company"].create(
            {
                "name": "PB New York",
                "country_id": cls.env.ref("base.us").id,
                "currency_id": cls.currency.id,
                "practice_tz": "America/New_York",
            }
        )
        cls.env.user.company_ids += company
        of_company = {"company_ids": [Command.set(company.ids)]}
        income = cls.make_account("income", "NY licences", **of_company)
        waiting = cls.make_account("liability_current", "NY in advance", **of_company)
        receivable = cls.make_account("asset_receivable", "NY receivable", reconcile=True, **of_company)
        cls.env["ir.default"].set("res.partner", "property_account_receivable_id", receivable.id, company_id=company.id)
        journals = cls.env["account.journal"].with_company(company)
        journals.create({"name": "NY sales", "code": "NYS", "type": "sale", "default_account_id": income.id})
        journals.create({"name": "NY misc", "code": "NYM", "type": "general"})
        plan = cls.make_plan(
            company_id=company.id,
            product_id=cls.make_service("NY licence", taxes_id=False).id,
            income_account_id=income.id,
            deferred_account_id=waiting.id,
        )
        return company, plan


@tagged("post_install", "-at_install")
class TestDue(RunCase):
    def test_missed_periods_are_billed_in_one_run_oldest_first(self):
        subscription = self.subscribe(self.starter, date_start="2026-01-31")
        self.use(subscription, 1)
        self.go_to("2026-02-10")
        self.use(subscription, 2)
        moves = self.run_billing("2026-05-15")
        self.assertEqual(
            self.periods(subscription),
            [
                (day(1, 31), day(2, 27)),
                (day(2, 28), day(3, 30)),
                (day(3, 31), day(4, 29)),
                (day(4, 30), day(5, 30)),
            ],
        )
        periods = subscription.period_ids.sorted("number")
        self.assertEqual(periods.move_id, moves)
        self.assertEqual(sorted(moves.mapped("name")), moves.mapped("name"))
        self.assertEqual(set(moves.mapped("invoice_date")), {day(5, 15)})
        self.assertEqual([self.amounts(move).get("Usage") for move in moves], [None, [10.0], None, None])
        self.assertEqual(subscription.next_invoice_date, day(5, 31))

    def test_nothing_is_due_before_its_day(self):
        subscription = self.subscribe(date_start="2026-01-20")
        self.assertFalse(self.run_billing("2026-01-19"))
        self.assertEqual(len(self.run_billing("2026-01-20")), 1)
        self.assertFalse(self.run_billing("2026-01-20"))
        self.assertEqual(len(subscription.period_ids), 1)

    def test_a_month_that_begins_on_the_31st_does_not_drift(self):
        subscription = self.subscribe(date_start="2025-12-31")
        self.run_billing("2027-03-01")
        starts = [first for first, _last in self.periods(subscription)]
        self.assertEqual([first.day for first in starts], [31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28])

    def test_a_year_from_a_leap_day_does_not_drift(self):
        subscription = self.subscribe(interval="year", date_start="2024-02-29")
        self.run_billing("2028-03-01")
        self.assertEqual(
            [first for first, _last in self.periods(subscription)],
            [day(2, 29, 2024), day(2, 28, 2025), day(2, 28, 2026), day(2, 28, 2027), day(2, 29, 2028)],
        )

    def test_due_but_not_billed_is_found(self):
        subscription = self.subscribe()
        late = [("is_overdue_to_bill", "=", True), ("id", "=", subscription.id)]
        self.assertTrue(subscription.search(late))
        self.assertTrue(subscription.is_overdue_to_bill)
        self.run_billing()
        self.assertFalse(subscription.search(late))
        self.assertFalse(subscription.is_overdue_to_bill)

    def test_the_invoice_says_where_it_comes_from_and_is_handed_to_the_send_queue(self):
        subscription = self.subscribe()
        [move] = self.run_billing()
        self.assertTrue(move.sending_data)
        self.assertEqual(move.invoice_origin, subscription.name)
        self.assertIn(subscription.name, " ".join(move.message_ids.mapped("body")))
        self.assertEqual(move.practice_subscription_id, subscription)

    def test_every_run_has_sent_what_waits_although_nobody_calls_any_more(self):
        calls = self.env["ir.cron.trigger"]
        queue = self.env.ref("account.ir_cron_account_move_send")
        invoice = self.bill(self.subscribe())
        calls.search([]).unlink()
        self.run_billing()
        self.assertIn(queue, calls.search([]).cron_id)
        invoice.sending_data = False
        calls.search([]).unlink()
        self.run_billing()
        self.assertNotIn(queue, calls.search([]).cron_id)

    def test_whoever_has_no_address_for_mail_is_billed_and_the_invoice_says_so(self):
        self.subscribe(organisation=self.make_organisation(email=False))
        [move] = self.run_billing()
        self.assertFalse(move.sending_data)
        self.assertIn("no e-mail address", " ".join(move.message_ids.mapped("body")))

    def test_the_invoice_goes_to_the_address_for_invoices(self):
        organisation = self.make_organisation()
        address = self.make_organisation("Books", type="invoice", parent_id=organisation.id, is_company=False)
        self.subscribe(organisation=organisation)
        [move] = self.run_billing()
        self.assertEqual((move.partner_id, move.commercial_partner_id), (address, organisation))


@tagged("post_install", "-at_install")
class TestOnce(RunCase):
    def test_a_double_click_bills_once(self):
        subscription = self.subscribe()
        first = subscription.action_bill()
        self.assertEqual(first["params"]["type"], "success")
        [link] = first["params"]["links"]
        move = subscription.period_id.move_id
        self.assertEqual((link["label"], link["url"].split("/")[-1]), (move.name, str(move.id)))
        second = subscription.action_bill()
        self.assertIn("Nothing is due; the next invoice is of 02/15/2026", second["params"]["message"])
        self.assertEqual(len(subscription.period_ids), 1)

    def test_the_button_bills_missed_periods_too(self):
        subscriptions = self.subscribe(date_start="2025-11-15") + self.subscribe(
            organisation=self.make_organisation("De Kade")
        )
        answer = subscriptions.action_bill()
        self.assertEqual(len(subscriptions.period_ids), 4)
        progress = self.env[answer["res_model"]].browse(answer["res_id"])
        self.assertEqual((progress.total_count, progress.left_count, progress.invoice_count), (2, 0, 4))
        self.assertEqual(
            self.env["account.move"].search(progress.action_open_invoices()["domain"]), subscriptions.period_ids.move_id
        )

    def test_the_button_bills_what_waits_for_tomorrow_after_a_failure(self):
        subscription = self.subscribe(organisation=self.make_organisation(street=False))
        answer = subscription.action_bill()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertIn("no complete address", answer["params"]["message"])
        subscription.organisation_id.street = "Kerkstraat 1"
        self.assertFalse(self.run_billing())
        self.assertEqual(subscription.action_bill()["params"]["type"], "success")

    def test_the_database_refuses_a_period_twice(self):
        subscription = self.subscribe()
        self.bill(subscription)
        subscription.sudo().write({"next_invoice_date": day(1, 15), "period_id": False})
        with mute_logger("odoo.sql_db", RETRY):
            self.assertFalse(subscription._bill_now())
        self.assertIn("regular_uniq", subscription.error)
        self.assertEqual(len(subscription.period_ids), 1)

    def test_a_credited_period_is_not_billed_again_by_itself(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.credit(invoice)
        self.assertEqual(subscription.period_id.state, "credited")
        self.assertFalse(self.run_billing("2026-02-14"))
        with self.assertRefused("a credited invoice stays credited"):
            subscription.period_id.action_bill_again()
        self.assertEqual(len(self.run_billing("2026-02-15")), 1)

    def test_a_cancelled_period_is_billed_again_on_purpose_with_the_same_lines(self):
        subscription = self.subscribe(self.starter, code=self.make_code())
        self.bill(subscription)
        self.seat(subscription, "Dirk", date_from=day(1, 25))
        usage = self.use(subscription, 2)
        invoice = self.bill(subscription, "2026-02-15")
        before, amounts = subscription.period_id, self.amounts(invoice)
        self.cancel_invoice(invoice)
        self.assertEqual(before.state, "missing")
        self.assertFalse(self.run_billing("2026-02-16"))

        before.action_bill_again()
        self.assertEqual(before.state, "draft")
        self.assertNotEqual(before.move_id, invoice)
        self.assertFalse(before.move_id.invoice_date)
        before.move_id.action_post()
        self.assertInvoice(before.move_id, amounts)
        self.assertEqual(usage.move_id, before.move_id)
        self.assertEqual(before.state, "billed")
        self.assertWaiting()
        with self.assertRefused("Cancel the invoice first"):
            before.action_bill_again()
        self.assertEqual(len(self.run_billing("2026-03-15")), 1)

    def test_a_period_can_be_billed_again_more_than_once(self):
        subscription = self.subscribe()
        self.cancel_invoice(self.bill(subscription))
        period = subscription.period_id
        for _time in range(2):
            period.action_bill_again()
            period.move_id.action_post()
            self.assertEqual(period.state, "billed")
            self.cancel_invoice(period.move_id)
        self.assertEqual(period.state, "missing")
        self.assertWaiting(0.0)

    def test_a_copy_of_an_invoice_is_no_invoice_of_the_period(self):
        subscription = self.subscribe()
        copy = self.bill(subscription).copy()
        self.assertFalse(copy.practice_period_id or copy.invoice_line_ids.practice_period_id)

    def test_the_invoice_of_a_period_is_cancelled_and_not_deleted(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        invoice.button_draft()
        with self.assertRefused("[Cc]ancel"):
            invoice.unlink()
        invoice.button_cancel()
        subscription.period_id.action_bill_again()
        with self.assertRefused("[Cc]ancel"):
            subscription.period_id.move_id.unlink()
        self.assertEqual(subscription.period_id.state, "draft")

    def test_at_night_an_invoice_is_of_the_day_of_the_practice_and_due_then(self):
        for terms, due in ((False, "2026-01-25"), ("account.account_payment_term_30days", "2026-02-24")):
            organisation = self.make_organisation("De Nacht")
            organisation.property_payment_term_id = terms and self.env.ref(terms)
            self.clock.move_to("2026-01-24 23:30:00")  # half past midnight on the 25th in Brussels
            subscription = self.subscribe(organisation=organisation, date_start="2026-01-25")
            move = self.bill(subscription.with_context(tz="UTC"))
            with self.subTest(terms=terms):
                self.assertEqual((str(move.invoice_date), str(move.invoice_date_due)), ("2026-01-25", due))
                self.assertEqual(str(move.line_ids.filtered("date_maturity").date_maturity), due)

    def test_many_are_left_to_the_background(self):
        subscription = self.subscribe()
        with patch(f"{BILLING}.INTERACTIVE", 0):
            answer = subscription.action_bill()
        self.assertIn("in the background", answer["params"]["message"])
        self.assertFalse(subscription.period_ids)
        self.assertEqual(len(self.run_billing()), 1)

    def test_many_show_how_far_the_run_is_and_end_with_what_it_made(self):
        broken = self.subscribe(organisation=self.make_organisation("No Street", street=False))
        self.run_billing()
        later = self.subscribe(organisation=self.make_organisation("Later"))
        many = later | broken
        with patch(f"{BILLING}.INTERACTIVE", 1):
            answer = many.action_bill()
        progress = self.env[answer["res_model"]].browse(answer["res_id"])
        counts = ["total_count", "left_count", "failed_count", "invoice_count"]
        # What failed before is tried again, so nothing has failed yet.
        self.assertRecordValues(progress, [dict(zip(counts, (2, 2, 0, 0), strict=True))])
        self.run_billing()
        progress.invalidate_recordset()
        self.assertRecordValues(progress, [dict(zip(counts, (2, 0, 1, 1), strict=True))])
        self.assertIn("no complete address", progress.error)
        made = self.env["account.move"].search(progress.action_open_invoices()["domain"])
        self.assertEqual(made, later.period_id.move_id)
        failed = self.env["practice.subscription"].search(progress.action_open_failed()["domain"])
        self.assertEqual(failed, broken)


@tagged("post_install", "-at_install")
class TestBroken(RunCase):
    """Each kind of trouble: (what breaks it, the reason that is shown, what mends it)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollars = cls.env.ref("base.USD")
        cls.dollars.active = True
        cls.dollars.rate_ids.unlink()

    def alone(self, name, **vals):
        """Return a subscription with a plan and a product of its own."""
        product = self.make_service(f"Licence {name}")
        plan = self.make_plan(product_id=product.id, **vals)
        return self.subscribe(plan, self.make_organisation(name), seats=("An",))

    def break_account(self):
        subscription = self.alone("no account", income_account_id=False, deferred_account_id=False)
        category = self.env["product.category"].create({"name": "None"})
        category.property_account_income_categ_id = False
        subscription.plan_id.product_id.categ_id = category
        self.company.income_account_id = False
        return (
            subscription,
            "has no ledger account",
            lambda: subscription.plan_id.write({"income_account_id": self.licences.id}),
        )

    def break_product(self):
        subscription = self.alone("archived product")
        product = subscription.plan_id.product_id
        product.active = False
        return subscription, "is archived. Choose another one", lambda: product.write({"active": True})

    def break_usage_product(self):
        subscription = self.alone("archived usage product", trial_days=0)
        product = self.make_service("Old extra")
        kind = self.env["practice.usage.kind"].create({"name": "Old", "code": "old", "product_id": product.id})
        price = {"kind_id": kind.id, "unit_price": 1.0, "date_from": self.today()}
        subscription.plan_id.usage_price_ids = [Command.create(price)]
        self.use(subscription, 1, kind="old")
        self.bill(subscription)
        product.active = False
        return subscription, "Old extra is archived", lambda: product.write({"active": True})

    def break_rate(self):
        subscription = self.alone("no rate", currency_id=self.dollars.id)
        return (
            subscription,
            "There is no rate of USD",
            lambda: self.dollars.write({"rate_ids": [Command.create({"name": "2026-01-01", "rate": 2.0})]}),
        )

    def break_address(self):
        subscription = self.alone("no address")
        subscription.organisation_id.write({"street": False, "city": False, "country_id": False})
        return (
            subscription,
            r"no complete address \(Street, City, Country\)",
            lambda: subscription.organisation_id.write(
                {"street": "Kade 1", "city": "Gent", "country_id": self.env.ref("base.be").id}
            ),
        )

    def break_price(self):
        subscription = self.alone("no price", prices={"year": {"standard": 390.0}})
        return (
            subscription,
            "has no price for monthly billing",
            lambda: subscription.plan_id.write({"price_ids": [Command.create({"amount": 39.0})]}),
        )

    def break_tax(self):
        subscription = self.alone("tax without account")
        tax = self.make_tax(6.0, account=False)
        subscription.plan_id.product_id.taxes_id = tax
        lines = (tax.invoice_repartition_line_ids + tax.refund_repartition_line_ids).filtered(
            lambda line: line.repartition_type == "tax"
        )
        account = self.tax.invoice_repartition_line_ids.account_id
        return subscription, "has no account of its own", lambda: lines.write({"account_id": account.id})

    def break_lock(self):
        company, plan = self.make_other_company()
        company.hard_lock_date = False
        company.fiscalyear_lock_date = day(3, 31)
        subscription = self.subscribe(plan, self.make_organisation("locked"), seats=("An",))
        return subscription, "are locked until 03/31/2026", lambda: company.write({"fiscalyear_lock_date": False})

    def break_posting(self):
        """Let Odoo itself refuse to post."""
        pounds = self.env.ref("base.GBP")
        pounds.active = True
        pounds.rate_ids = [Command.create({"name": "2026-01-01", "rate": 2.0})]
        subscription = self.alone("sleeping currency", currency_id=pounds.id)
        pounds.active = False
        return subscription, "currency", lambda: pounds.write({"active": True})

    BREAKS = (
        "account",
        "product",
        "usage_product",
        "rate",
        "address",
        "price",
        "tax",
        "lock",
        "posting",
    )

    def test_one_of_every_broken_kind_stops_nobody_and_shows_its_reason(self):
        broken = {name: getattr(self, f"break_{name}")() for name in self.BREAKS}
        sound = [self.subscribe(organisation=self.make_organisation(f"De {n}")) for n in range(4)]
        self.go_to("2026-02-15")
        self.use(broken["usage_product"][0], 1, kind="old")
        with mute_logger(RETRY, "odoo.sql_db"):
            moves = self.run_billing()
        self.assertEqual(
            moves.practice_subscription_id, sound[0].union(*sound), "the others are billed, and nobody else"
        )
        for name, (subscription, reason, _mend) in broken.items():
            with self.subTest(name):
                self.assertRegex(subscription.error, reason)
                self.assertEqual(len(self.activities(subscription)), 1)
                self.assertRegex(self.activities(subscription).note, reason)
                self.assertEqual(subscription.retry_date, day(2, 16))
                self.assertEqual(len(subscription.period_ids), 1 if name == "usage_product" else 0)
                self.assertEqual(len(subscription.period_ids.move_ids), len(subscription.period_ids))

        # Not again the same day, but the next: then it has still one activity.
        with mute_logger(RETRY, "odoo.sql_db"):
            self.assertFalse(self.run_billing())
            self.assertFalse(self.run_billing("2026-02-16"))
        for name, (subscription, _reason, mend) in broken.items():
            with self.subTest(name):
                self.assertEqual(subscription.retry_date, day(2, 17))
                self.assertEqual(len(self.activities(subscription)), 1)
            mend()
        moves = self.run_billing("2026-02-17")
        self.assertEqual(len(moves), 1 + 2 * (len(broken) - 1))
        for name, (subscription, _reason, _mend) in broken.items():
            with self.subTest(name):
                self.assertFalse(subscription.error or subscription.retry_date or self.activities(subscription))
                self.assertEqual(len(subscription.period_ids), 2)

    def test_a_company_without_sales_journal_stops_its_own_subscriptions_only(self):
        company, plan = self.make_other_company()
        theirs = self.subscribe(plan, self.make_organisation("De Kade"))
        self.env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "sale")]).active = False
        self.subscribe()
        self.go_to("2026-01-15", hour=18)
        with mute_logger(RETRY):
            self.assertEqual(len(self.run_billing()), 1)
        self.assertIn("has no sales journal", theirs.error)

    def test_whatever_else_goes_wrong_with_one_is_told_and_stops_nobody(self):
        bad, good = self.subscribe(), self.subscribe(organisation=self.make_organisation("De Kade"))
        original = type(bad)._make_next_invoice

        def stumble(subscription, *args):
            if subscription == bad:
                raise ValueError("out of luck")
            return original(subscription, *args)

        with patch.object(type(bad), "_make_next_invoice", stumble), mute_logger(RETRY):
            [move] = self.run_billing()
        self.assertEqual(move.practice_subscription_id, good)
        self.assertIn("out of luck", bad.error)
        self.assertEqual(len(self.activities(bad)), 1)

    def test_the_responsible_is_told_or_else_an_administrator(self):
        self.make_staff()
        subscription = self.subscribe(organisation=self.make_organisation(street=False), user_id=self.manager.id)
        with mute_logger(RETRY):
            self.run_billing()
        self.assertEqual(self.activities(subscription).user_id, self.manager)
        self.manager.active = False
        with mute_logger(RETRY):
            self.run_billing("2026-01-16")
        told = self.activities(subscription).user_id
        self.assertTrue(told.has_group("practice_billing.group_manager"))
        self.assertNotEqual(told, self.manager)


@tagged("post_install", "-at_install")
class TestClock(RunCase):
    def test_past_midnight_in_brussels_and_not_in_utc_it_is_the_new_day(self):
        subscription = self.subscribe(date_start="2026-01-16")
        self.clock.move_to("2026-01-15 22:59:00")
        self.assertFalse(self.run_billing())
        self.clock.move_to("2026-01-15 23:00:00")
        [move] = self.run_billing()
        self.assertEqual(move.invoice_date, day(1, 16))
        self.assertEqual(subscription.next_invoice_date, day(2, 16))

    def test_each_company_has_its_own_midnight(self):
        company, plan = self.make_other_company()
        here = self.subscribe(date_start="2026-01-16")
        there = self.subscribe(plan, self.make_organisation("De Kade"), date_start="2026-01-16")
        self.clock.move_to("2026-01-16 04:59:00")  # 23:59 in New York, 5:59 in Brussels
        [move] = self.run_billing()
        self.assertEqual(move.practice_subscription_id, here)
        self.clock.move_to("2026-01-16 05:00:00")
        [move] = self.run_billing()
        self.assertEqual((move.practice_subscription_id, move.company_id), (there, company))
        self.assertEqual(move.invoice_date, day(1, 16))

    def test_on_the_days_of_clock_changes_a_period_has_its_days(self):
        for before, start, last in (
            ("2026-03-28 22:59:00", "2026-03-29", day(4, 28)),
            ("2026-10-24 21:59:00", "2026-10-25", day(11, 24)),
        ):
            with self.subTest(start=start):
                self.clock.move_to("2026-03-01 09:00:00")
                subscription = self.subscribe(
                    organisation=self.make_organisation(f"De {start}"), date_start=start, seats=()
                )
                self.clock.move_to(before)
                self.assertFalse(self.run_billing())
                self.clock.move_to(f"{start} 21:59:00")
                self.assertIn(subscription, self.run_billing().practice_subscription_id)
                self.assertEqual(subscription.paid_until, last)
                subscription._cancel_now("other")

    def test_a_seat_of_tonight_begins_today(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.clock.move_to("2026-01-24 23:30:00")  # half past midnight on the 25th in Brussels
        self.seat(subscription, "Dirk")
        self.assertEqual(self.amounts(self.bill(subscription, "2026-02-15"))["Practitioners added"], [26.42])

    def test_overdue_is_a_matter_of_the_companys_day(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.clock.move_to("2026-01-15 22:59:00")
        self.follow_time()
        self.assertEqual(subscription.state, "active")
        self.clock.move_to("2026-01-15 23:01:00")
        self.follow_time()
        self.assertEqual(subscription.state, "past_due")


@tagged("post_install", "-at_install")
class TestCompanies(RunCase):
    def test_a_run_bills_all_companies_each_in_its_own_books(self):
        company, plan = self.make_other_company()
        organisation = self.make_organisation()
        self.subscribe(organisation=organisation)
        theirs = self.subscribe(plan, organisation)
        moves = self.run_billing("2026-01-16")
        self.assertEqual(moves.company_id, self.company + company)
        move = moves.filtered(lambda it: it.company_id == company)
        self.assertInvoice(move, {"Standard": [78.0]}, 78.0, 0.0, 78.0)
        self.assertEqual(move.journal_id.code, "NYS")
        self.assertEqual(move.line_ids.account_id.company_ids, company)
        self.assertEqual(theirs.period_id.release_ids.company_id, company)
        self.assertEqual(theirs.period_id.deferred_account_id, plan.deferred_account_id)
        self.go_to("2026-02-28")
        self.env["practice.revenue.release"].search([("company_id", "=", company.id)])._post_due()
        self.assertEqual(self.balance(plan.deferred_account_id), 0.0)
        self.assertEqual(self.balance(plan.income_account_id), -78.0)

    def test_a_plan_of_another_company_is_refused(self):
        _company, plan = self.make_other_company()
        with self.assertRaises(UserError):
            self.env["practice.subscription"].create(
                {"organisation_id": self.make_organisation().id, "plan_id": plan.id, "company_id": self.company.id}
            )
        subscription = self.subscribe()
        with self.assertRaises(UserError):
            subscription._change_plan(plan, "month")
