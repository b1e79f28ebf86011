"""What the software house reads: recurring revenue, the proof of the balance post, the overview."""

from ast import literal_eval

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..common.proof import assert_sums
from ..common.subscriptions import SubscriptionCase, SubscriptionMixin, day

MEASURES = ("mrr", "new_mrr", "reactivation", "expansion", "contraction", "churn", "seats_standard", "seats_student")


@tagged("post_install", "-at_install")
class TestRecurringRevenue(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mrr_model = cls.env["practice.subscription.mrr"]

    def months(self, subscription, *measures):
        """Return ``{month: (kind, mrr, *measures)}`` of a subscription, as a new request reads it."""
        self.mrr_model.invalidate_model()
        rows = self.mrr_model.search([("subscription_id", "=", subscription.id)], order="date")
        return {f"{row.date:%m}": (row.kind, row.mrr, *(row[name] for name in measures)) for row in rows}

    def assertAddsUp(self):
        """Check that kinds add up to changes, changes to MRR, and ARR and seats are what they say."""
        total = {}
        for row in self.mrr_model.search([("company_id", "=", self.company.id)], order="date"):
            kinds = row.new_mrr + row.reactivation + row.expansion + row.contraction + row.churn
            self.assertEqual(self.currency.round(kinds), row.change)
            total[row.subscription_id] = total.get(row.subscription_id, 0.0) + row.change
            self.assertEqual(self.currency.round(total[row.subscription_id]), row.mrr)
            self.assertEqual(self.currency.round(12 * row.mrr), row.arr)
            self.assertEqual(row.seats, row.seats_standard + row.seats_student)
        assert_sums(self)

    # === MOVEMENTS === #

    def test_a_worked_history(self):
        brug = self.subscribe(students=["Carla"])
        self.bill(brug)
        self.assertEqual(self.months(brug, "seats", "seats_student"), {"01": ("new", 97.0, 3, 1)})
        self.bill(brug, "2026-02-15")
        self.seat(brug, "Dirk", date_from="2026-03-01")
        self.bill(brug, "2026-03-15")
        self.leave(brug, "An")
        self.leave(brug, "Dirk")
        self.bill(brug, "2026-04-15")
        self.bill(brug, "2026-05-15")
        brug._cancel_at_period_end("price")
        self.go_to("2026-07-20")
        self.assertEqual(
            self.months(brug, "change", "seats_standard", "seats_student"),
            {
                "01": ("new", 97.0, 97.0, 2, 1),
                "02": ("same", 97.0, 0.0, 2, 1),
                "03": ("expansion", 136.0, 39.0, 3, 1),
                "04": ("contraction", 58.0, -78.0, 1, 1),
                "05": ("same", 58.0, 0.0, 1, 1),
                "06": ("churn", 0.0, -58.0, 0, 0),
            },
        )
        self.assertAddsUp()

    def test_measures_of_a_month_add_up_over_subscriptions(self):
        first = self.subscribe(seats=["An"])
        second = self.subscribe(organisation=self.make_organisation("De Kade"), seats=["Bert"])
        self.bill(first)
        self.bill(second)
        second._cancel_at_period_end("closed")
        third = self.subscribe(self.starter, self.make_organisation("Het Veer"), ["Els"], date_start="2026-02-20")
        self.seat(first, "Fien", date_from="2026-02-15")
        self.bill(first, "2026-02-15")
        self.bill(third, "2026-02-20")
        rows = self.mrr_model._read_group(
            [("company_id", "=", self.company.id)],
            ["date:month"],
            [f"{name}:sum" for name in MEASURES],
            order="date:month",
        )
        self.assertEqual(
            rows,
            [
                (day(1, 1), 78.0, 78.0, 0.0, 0.0, 0.0, 0.0, 2, 0),
                (day(2, 1), 93.0, 15.0, 0.0, 39.0, 0.0, -39.0, 3, 0),
            ],
        )

    def test_a_practitioner_who_was_added_counts_from_his_first_day(self):
        yearly = self.subscribe(interval="year", seats=["An"])
        self.bill(yearly)
        self.seat(yearly, "Bert", date_from="2026-03-10")
        self.seat(yearly, "Carla", kind="student", date_from="2026-05-01")
        self.go_to("2026-06-15")
        self.assertEqual(self.months(yearly, "seats")["06"], ("same", 32.5, 1))
        yearly._bill_extras()
        self.assertEqual(
            self.months(yearly, "seats", "seats_student"),
            {
                "01": ("new", 32.5, 1, 0),
                "02": ("same", 32.5, 1, 0),
                "03": ("expansion", 65.0, 2, 0),
                "04": ("same", 65.0, 2, 0),
                "05": ("expansion", 80.83, 3, 1),
                "06": ("same", 80.83, 3, 1),
            },
        )
        self.assertAddsUp()

    def test_a_dearer_plan_is_an_expansion_and_a_cheaper_one_a_contraction(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-01-25")
        subscription._change_plan(self.blended, "month")
        self.assertEqual(self.months(subscription), {"01": ("new", 118.0)})
        self.bill(subscription, "2026-02-15")
        subscription._change_plan(self.standard, "month")
        self.bill(subscription, "2026-03-15")
        rows = self.mrr_model.search([("subscription_id", "=", subscription.id)], order="date")
        self.assertEqual(rows.mapped("kind"), ["new", "same", "contraction"])
        self.assertEqual(rows.plan_id, self.blended | self.standard)
        self.assertEqual(rows[-1].plan_id, self.standard)
        self.assertEqual(rows[-1].contraction, -40.0)

    def test_the_day_of_a_change_counts_once(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-01-31")
        subscription._change_plan(self.standard, "month")
        self.assertEqual(self.months(subscription), {"01": ("new", 78.0)})
        self.assertAddsUp()

    def test_who_begins_again_on_the_day_he_left_counts_once(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-01-31")
        subscription._cancel_now("price", credit_unused=True)
        self.assertEqual(self.months(subscription), {"01": ("new", 78.0)})
        subscription._begin_billing(self.blended)
        self.bill(subscription, "2026-02-01")
        self.assertEqual(self.months(subscription), {"01": ("new", 78.0), "02": ("expansion", 118.0)})
        self.assertAddsUp()

    def test_who_comes_back_is_a_reactivation(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-02-03")
        subscription._cancel_now("price")
        self.go_to("2026-04-10")
        subscription._begin_billing()
        self.bill(subscription)
        self.assertEqual(
            self.months(subscription, "reactivation", "churn"),
            {
                "01": ("new", 78.0, 0.0, 0.0),
                "02": ("churn", 0.0, 0.0, -78.0),
                "04": ("reactivation", 78.0, 78.0, 0.0),
            },
        )

    def test_a_pause_ends_with_the_paid_period(self):
        subscription = self.subscribe()
        self.bill(subscription)
        subscription.action_pause()
        self.go_to("2026-05-04")
        subscription._resume()
        self.bill(subscription)
        self.assertEqual(
            self.months(subscription),
            {"01": ("new", 78.0), "02": ("churn", 0.0), "05": ("reactivation", 78.0)},
        )
        self.assertAddsUp()

    def test_a_discount_that_lasts_lowers_it_and_one_that_does_not_leaves_it(self):
        once = self.subscribe(code=self.make_code())
        lasting = self.make_code("THREE", duration="periods", periods=1)
        other = self.subscribe(organisation=self.make_organisation("De Kade"), seats=["Els"], code=lasting)
        for date in ("2026-01-15", "2026-02-15"):
            self.bill(once, date)
            self.bill(other)
        self.assertEqual(self.months(once), {"01": ("new", 78.0), "02": ("same", 78.0)})
        self.assertEqual(self.months(other), {"01": ("new", 31.2), "02": ("expansion", 39.0)})

    def test_states_of_several_months_are_an_average_and_changes_a_sum(self):
        subscription = self.subscribe(seats=["An"])
        self.bill(subscription)
        self.seat(subscription, "Bert", date_from="2026-02-15")
        self.bill(subscription, "2026-02-15")
        [row] = self.mrr_model._read_group(
            [("subscription_id", "=", subscription.id)], [], ["mrr:sum", "arr:sum", "seats:sum", "change:sum"]
        )
        self.assertEqual(row, (58.5, 702.0, 1.5, 78.0))

    # === WHAT COUNTS === #

    def test_what_is_due_but_not_billed_goes_on_and_is_no_churn(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-04-02")
        unchanged = {"01": ("new", 78.0), **dict.fromkeys(("02", "03", "04"), ("same", 78.0))}
        self.assertEqual(self.months(subscription), unchanged)
        self.bill(subscription)
        self.assertEqual(self.months(subscription), unchanged)

    def test_nothing_counts_before_the_first_invoice_or_in_a_trial(self):
        self.standard.trial_days = 10
        trial = self.subscribe()
        self.standard.trial_days = 0
        waiting = self.subscribe(organisation=self.make_organisation("De Kade"))
        self.assertFalse(self.months(trial) | self.months(waiting))

    def test_a_cancelled_or_credited_invoice_counts_nothing(self):
        for undo in (self.cancel_invoice, self.credit):
            with self.subTest(undo=undo.__name__):
                self.go_to("2026-01-15")
                subscription = self.subscribe(organisation=self.make_organisation(undo.__name__))
                invoice = self.bill(subscription)
                undo(invoice)
                self.assertFalse(self.months(subscription))
                self.bill(subscription, "2026-02-15")
                self.assertEqual(self.months(subscription), {"02": ("new", 78.0)})

    def test_an_invoice_that_is_reconciled_with_the_credit_of_another_period_counts(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-01-20")
        subscription._cancel_now("price", credit_unused=True)
        self.go_to("2026-02-03")
        subscription._begin_billing(self.starter)
        invoice = self.bill(subscription)
        credit = subscription.period_ids.move_id.filtered(lambda move: move.move_type == "out_refund")
        lines = (invoice | credit).line_ids
        lines.filtered(lambda line: line.account_id == self.receivable(invoice.partner_id)).reconcile()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(subscription.period_id.state, "billed")
        self.assertEqual(self.months(subscription), {"02": ("new", 30.0)})
        self.credit(self.bill(subscription, "2026-03-03"))
        self.assertEqual(subscription.period_id.state, "credited")

    def test_a_draft_counts(self):
        subscription = self.subscribe()
        self.bill(subscription).button_draft()
        self.assertEqual(self.months(subscription), {"01": ("new", 78.0)})

    def test_extras_are_not_recurring(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 10)
        subscription._bill_extras()
        self.assertEqual(self.months(subscription), {"01": ("new", 30.0)})

    def test_the_running_month_is_that_of_the_companys_time_zone(self):
        subscription = self.subscribe(date_start="2026-01-01")
        self.bill(subscription)
        self.clock.move_to("2026-01-31 22:59:00")
        self.assertEqual(set(self.months(subscription)), {"01"})
        self.clock.move_to("2026-01-31 23:01:00")
        self.assertEqual(set(self.months(subscription)), {"01", "02"})
        [now] = self.mrr_model.search([("subscription_id", "=", subscription.id), ("is_current", "=", True)])
        self.assertEqual((now.date, now.mrr), (day(2, 1), 78.0))

    def test_other_currencies_are_converted_at_the_rate_of_today_in_all_months(self):
        dollar = self.env.ref("base.USD") if self.currency != self.env.ref("base.USD") else self.env.ref("base.EUR")
        dollar.active = True
        dollar.rate_ids.unlink()
        for when, rate in (("2026-01-01", 2.0), ("2026-02-01", 4.0)):
            self.env["res.currency.rate"].create({"name": when, "rate": rate, "currency_id": dollar.id})
        plan = self.make_plan("Dollars", {"month": {"standard": 40.0}}, currency_id=dollar.id)
        subscription = self.subscribe(plan, seats=["An"])
        self.bill(subscription)
        self.assertEqual(self.months(subscription), {"01": ("new", 20.0)})
        self.bill(subscription, "2026-02-15")
        self.assertEqual(self.months(subscription), {"01": ("new", 10.0), "02": ("same", 10.0)})
        self.assertEqual(self.mrr_model.search([("subscription_id", "=", subscription.id)]).currency_id, self.currency)

    # === WHO MAY SEE IT === #

    def test_accountants_and_administrators_open_every_report_with_its_filters(self):
        self.make_staff()
        actions = (
            "practice_subscription_mrr_action",
            "practice_subscription_mrr_action_movement",
            "practice_subscription_mrr_action_seats",
            "practice_unbilled_usage_action",
        )
        for name in actions:
            action = self.env.ref(f"practice_billing.{name}")
            filters = {key[15:] for key in literal_eval(action.context) if key.startswith("search_default_")}
            for user in (self.accountant, self.manager):
                model = self.env[action.res_model].with_user(user)
                views = model.get_views([*action.views, (False, "search")])["views"]
                self.assertLessEqual({"graph", "pivot", "list", "search"}, set(views))
                arch = etree.fromstring(views["search"]["arch"])
                self.assertLessEqual(filters, {node.get("name") for node in arch.iter("filter")})
                for node in arch.iter("filter"):
                    if node.get("domain"):
                        model.search(safe_eval(node.get("domain"), {"uid": user.id}))

    def test_accountants_and_administrators_read_it_and_nobody_else(self):
        self.make_staff()
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 2)
        domain = [("subscription_id", "=", subscription.id)]
        for name in ("practice.subscription.mrr", "practice.unbilled.usage"):
            for user in (self.accountant, self.manager):
                self.assertTrue(self.env[name].with_user(user).search(domain))
            for user in (self.front_desk, self.employee, self.portal):
                with self.assertRaises(AccessError):
                    self.env[name].with_user(user).search(domain)

    def test_another_company_is_out_of_sight(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 2)
        other = self.env["res.company"].create({"name": "PB elsewhere"})
        stranger = new_test_user(
            self.env,
            "pb_stranger",
            "practice_billing.group_manager,practice_billing.group_accountant",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for name in ("practice.subscription.mrr", "practice.unbilled.usage"):
            self.assertFalse(self.env[name].with_user(stranger).search([]))


@tagged("post_install", "-at_install")
class TestSubscriptionProof(SubscriptionCase):
    """On any date and for each account, what subscriptions paid in advance is what the balance post holds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proof_model = cls.env["practice.credit.proof"]

    def sums(self, day=None, account=None):
        """Return ``(paid in advance, credits + to release, balance, difference)`` at the end of ``day``."""
        domain = [("account_id", "=", (account or self.waiting).id)]
        names = ("value_subscriptions", "value_credits", "to_release", "balance", "difference")
        [amounts] = self.proof_model._read_group(
            domain + ([("date", "<=", day)] if day else []), [], [f"{name}:sum" for name in names]
        )
        advance, value, release, *rest = (self.currency.round(amount or 0.0) for amount in amounts)
        return advance, self.currency.round(value + release), *rest

    def assertProved(self, account=None):
        """Check on every date that nothing differs and that the balance is that of the ledger; return the dates."""
        assert_sums(self)
        account = account or self.waiting
        days = sorted(set(self.proof_model.search([("account_id", "=", account.id)]).mapped("date")))
        for when in days:
            advance, credits, balance, difference = self.sums(when, account)
            [[ledger]] = self.query(
                "SELECT -SUM(balance) FROM account_move_line"
                " WHERE account_id = %s AND parent_state = 'posted' AND date <= %s",
                account.id,
                when,
            )
            self.assertEqual(difference, 0.0, f"on {when}")
            self.assertEqual(self.currency.round(advance + credits), balance)
            self.assertEqual(balance, self.currency.round(float(ledger)))
        return days

    def entry(self, amount):
        """Make a manual entry that brings ``amount`` to the balance post."""
        lines = [{"account_id": self.waiting.id, "balance": -amount}, {"account_id": self.income.id, "balance": amount}]
        move = self.env["account.move"].create(
            {"journal_id": self.misc.id, "date": self.today(), "line_ids": [Command.create(line) for line in lines]}
        )
        move.action_post()

    # === IT AGREES === #

    def test_a_year_that_is_released_month_by_month(self):
        subscription = self.subscribe(interval="year", seats=["An"])
        self.bill(subscription)
        self.assertEqual(self.sums(), (390.0, 0.0, 390.0, 0.0))
        self.release_until("2026-01-31")
        self.release_until("2026-02-28")
        self.assertEqual(self.sums(day(1, 30)), (390.0, 0.0, 390.0, 0.0))
        self.assertEqual(self.sums(day(1, 31)), (371.84, 0.0, 371.84, 0.0))
        self.assertEqual(self.sums(day(2, 28)), (341.92, 0.0, 341.92, 0.0))
        self.assertEqual(len(self.assertProved()), 3)
        self.release_until("2027-01-31")
        self.assertEqual(self.sums(), (0.0, 0.0, 0.0, 0.0))
        self.assertProved()

    def test_a_whole_life_agrees_on_every_date(self):
        subscription = self.subscribe(self.starter, code=self.make_code())
        self.bill(subscription)
        self.go_to("2026-01-20")
        self.seat(subscription, "Dirk")
        self.use(subscription, 7)
        self.release_until("2026-01-31")
        self.go_to("2026-02-03")
        subscription._change_plan(self.blended, "month")
        self.bill(subscription, "2026-02-15")
        self.release_until("2026-02-28")
        subscription._change_plan(self.blended, "year")
        self.release_until("2026-04-30")
        self.go_to("2026-05-05")
        self.credit(subscription.period_id.move_id)
        self.assertProved()
        self.release_until("2026-05-06")
        self.assertProved()
        self.go_to("2026-05-10")
        subscription._cancel_now("price", credit_unused=True)
        self.release_until("2026-05-31")
        self.assertEqual(self.sums(), (0.0, 0.0, 0.0, 0.0))
        self.assertEqual(len(self.assertProved()), 8)

    def test_unused_days_that_are_given_back(self):
        subscription = self.subscribe(interval="year")
        self.bill(subscription)
        self.release_until("2026-03-31")
        self.go_to("2026-04-10")
        subscription._cancel_now("price", credit_unused=True)
        self.assertProved()
        self.release_until("2026-04-30")
        self.assertEqual(self.sums(), (0.0, 0.0, 0.0, 0.0))
        self.assertProved()

    def test_an_invoice_that_is_withdrawn_after_a_release(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.release_until("2026-01-31")
        invoice.button_draft()
        self.assertEqual(self.sums()[3], 0.0)
        invoice.action_post()
        self.assertProved()
        self.cancel_invoice(invoice)
        self.release_until("2026-02-01")
        self.assertEqual(self.sums(), (0.0, 0.0, 0.0, 0.0))

    def test_a_release_of_a_locked_day_counts_on_the_day_of_its_entry(self):
        self.bill(self.subscribe())
        self.go_to("2026-02-05")
        self.company.fiscalyear_lock_date = day(1, 31)
        self.release()
        self.assertEqual(self.sums(day(1, 31)), (78.0, 0.0, 78.0, 0.0))
        self.assertEqual(self.sums(day(2, 1)), (35.23, 0.0, 35.23, 0.0))

    def test_releases_that_take_each_other_back_need_no_entry(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.release_until("2026-01-31")
        self.go_to("2026-02-20")
        releases = self.env["practice.revenue.release"]
        [due] = releases.search([("period_id", "=", subscription.period_id.id), ("state", "=", "due")])
        due.copy({"date": self.today(), "amount": 5.0})
        due.copy({"date": self.today(), "amount": -5.0})
        self.release()
        self.assertProved()
        self.assertEqual(invoice.payment_state, "not_paid")

    def test_an_account_that_packages_share(self):
        plan = self.make_plan("Shared", {"month": {"standard": 31.0}}, deferred_account_id=self.liability.id)
        self.bill(self.subscribe(plan, seats=["An"]))
        lot = self.sell()
        self.visit()
        self.assertEqual(self.sums(account=self.liability), (31.0, 1200.0, 1231.0, 0.0))
        self.release_until("2026-01-31")
        self.assertEqual(self.sums(account=self.liability), (14.0, 1080.0, 1094.0, 0.0))
        self.assertProved(self.liability)
        groups = self.proof_model._read_group(
            [("account_id", "=", self.liability.id)], ["package_id"], ["balance:sum", "difference:sum"]
        )
        nobody = self.env["practice.package"]
        self.assertEqual(set(groups), {(lot.package_id, 1080.0, 0.0), (nobody, 14.0, 0.0)})

    def test_a_membership_waits_with_its_package(self):
        plan = self.make_plan(
            "Membership", {"month": {"standard": 100.0}}, product_id=self.product.id, deferred_account_id=False
        )
        invoice = self.bill(self.subscribe(plan, seats=["An"]))
        self.pay(invoice)
        self.assertEqual(self.sums(account=self.liability), (0.0, 100.0, 100.0, 0.0))
        self.assertProved(self.liability)

    def test_a_period_that_was_billed_to_an_account_the_plan_has_no_more(self):
        subscription = self.subscribe()
        self.bill(subscription)
        other = self.make_account("liability_current", "PB other")
        self.standard.deferred_account_id = other
        self.seat(subscription, "Dirk")
        self.bill(subscription, "2026-02-15")
        self.release_until("2026-02-28")
        for account in (self.waiting, other):
            self.assertProved(account)
        self.assertEqual(self.sums(), (0.0, 0.0, 0.0, 0.0))

    # === IT DOES NOT AGREE === #

    def wrong(self):
        rows = self.proof_model.search([("has_difference", "=", True), ("account_id", "=", self.waiting.id)])
        return {(row.account_id, row.package_id) for row in rows}

    def test_a_stray_entry_is_a_difference(self):
        self.bill(self.subscribe())
        self.assertFalse(self.wrong())
        self.entry(12.5)
        self.assertEqual(self.sums(), (78.0, 0.0, 90.5, -12.5))
        self.assertEqual(self.wrong(), {(self.waiting, self.env["practice.package"])})

    def test_money_that_nobody_plans_to_release_is_a_difference(self):
        subscription = self.subscribe()
        self.bill(subscription)
        due = self.env["practice.revenue.release"].search([("period_id", "=", subscription.period_id.id)], order="date")
        lost = due[-1].amount
        due[-1].unlink()
        self.assertEqual(self.sums(), (78.0 - lost, 0.0, 78.0, -lost))
        [row] = self.proof_model.search([("kind", "=", "unplanned"), ("account_id", "=", self.waiting.id)])
        self.assertEqual((row.name, row.value_subscriptions), (f"{subscription.name}/1", -lost))

    def test_a_release_that_no_money_waits_for_is_a_difference(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.query(
            "UPDATE practice_revenue_release SET amount = amount + 1 WHERE period_id = %s RETURNING id",
            subscription.period_id.id,
        )
        self.assertEqual(self.sums(), (80.0, 0.0, 78.0, 2.0))

    def test_a_release_whose_entry_is_gone_is_a_difference(self):
        self.bill(self.subscribe())
        entry = self.release_until("2026-01-31")
        self.query("UPDATE account_move SET state = 'cancel' WHERE id = %s RETURNING id", entry.id)
        self.query("UPDATE account_move_line SET parent_state = 'cancel' WHERE move_id = %s RETURNING id", entry.id)
        self.env.invalidate_all()
        self.assertEqual(self.sums(), (35.23, 0.0, 78.0, -42.77))

    # === CUSTOMERS, AND ACCOUNTS THAT NOBODY NAMES === #

    def wrong_customers(self, account=None):
        keys = self.proof_model._get_keys_with_difference().items()
        return {
            customer: self.currency.round(difference)
            for (_company, of_account, _package, customer), difference in keys
            if of_account == (account or self.waiting)
        }

    def test_releases_of_another_customer_than_the_invoice_are_found_before_and_after_they_are_posted(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.assertFalse(self.wrong_customers())
        other = self.make_organisation("PB other")
        subscription.period_id.release_ids.sudo().partner_id = other
        expected = {invoice.partner_id: -78.0, other: 78.0}
        self.assertEqual(self.wrong_customers(), expected)
        self.release_until("2026-02-28")
        self.assertEqual(self.balance(self.waiting), 0.0)
        self.assertEqual(self.wrong_customers(), expected)

    def test_an_organisation_that_gets_a_parent_changes_nothing(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.release_until("2026-01-31")
        subscription.organisation_id.parent_id = self.make_organisation("PB group")
        self.env.flush_all()
        self.assertFalse(self.wrong_customers())
        self.release_until("2026-02-28")
        self.assertFalse(self.wrong_customers())

    def test_a_line_of_a_period_on_another_liability_is_found_there(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        other = self.make_account("liability_current", "PB other")
        line = invoice.invoice_line_ids.filtered(lambda it: it.account_id == self.waiting)[:1]
        self.query("UPDATE account_move_line SET account_id = %s WHERE id = %s RETURNING id", other.id, line.id)
        self.env.invalidate_all()
        self.assertEqual(self.wrong_customers(other), {invoice.partner_id: -78.0})

    def test_the_balance_post_that_a_plan_had_stays(self):
        self.entry(500.0)
        self.env["practice.plan"].search(
            [("deferred_account_id", "=", self.waiting.id)]
        ).deferred_account_id = self.make_account("liability_current", "PB new")
        self.assertEqual(self.wrong_customers(), {self.env["res.partner"]: -500.0})

    def test_a_release_says_the_days_that_it_is_for(self):
        subscription = self.subscribe()
        self.bill(subscription)
        entry = self.release_until("2026-01-31")
        [label] = set(entry.line_ids.mapped("name"))
        self.assertEqual(label, f"{subscription.name} Standard, 01/15/2026 to 01/31/2026")
        self.assertEqual(entry.ref, "Revenue release, January 2026")

    # === LOOKING AT IT === #

    def test_rows_have_ids_of_their_own_and_open_what_they_come_from(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.release_until("2026-01-31")
        self.env["practice.revenue.release"].search([("state", "=", "due")])[-1:].unlink()
        rows = self.env.execute_query(self.proof_model._table_query)
        self.assertEqual(len({row[0] for row in rows}), len(rows))
        opened = {
            (action["res_model"], action["res_id"])
            for row in self.proof_model.search([("account_id", "=", self.waiting.id)])
            for action in [row.action_open_source()]
        }
        [release] = subscription.period_ids.release_ids
        self.assertEqual(
            opened,
            {
                ("account.move", invoice.id),
                ("account.move", release.move_id.id),
                ("practice.revenue.release", release.id),
                ("practice.subscription.period", subscription.period_id.id),
            },
        )


@tagged("post_install", "-at_install")
class TestOverview(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.overview = cls.env["practice.subscription.overview"]

    def cards(self, user=None, **context):
        """Return ``{key: (count, amount)}`` as ``user`` sees it, after checking that each card opens what it counts."""
        env = self.env(user=user or self.manager, context={**self.env.context, **context})
        cards = env["practice.subscription.overview"].get_cards()["cards"]
        for card in cards:
            action = card["action"]
            domain = action["domain"] or []
            if isinstance(domain, str):
                domain = literal_eval(domain)
            self.assertEqual(env[action["res_model"]].search_count(domain), card["count"], card["key"])
        return {card["key"]: (card["count"], card["amount"]) for card in cards}

    def counts(self, **context):
        return {key: count for key, (count, _amount) in self.cards(**context).items() if count}

    def test_nothing_yet_says_what_to_do_first(self):
        manager = self.overview.with_user(self.manager).get_cards()
        self.assertEqual((manager["started"], manager["plans"], manager["may_plan"]), (False, True, True))
        desk = self.overview.with_user(self.front_desk).get_cards()
        self.assertEqual((desk["may_plan"], desk["may_subscribe"], desk["money"]), (False, False, False))

    def test_what_is_due_today_late_or_failed(self):
        today = self.subscribe(organisation=self.make_organisation("Today"), date_start="2026-01-15")
        self.subscribe(organisation=self.make_organisation("Tomorrow"), date_start="2026-01-16")
        self.assertEqual(self.counts(), {"due": 1})
        self.bill(today)
        self.assertEqual(self.counts(), {})
        self.go_to("2026-01-17")
        self.assertEqual(self.counts(), {"late": 1, "not_sent": 1})
        broken = self.subscribe(organisation=self.make_organisation("Broken", street=False))
        broken._bill_now()
        self.assertTrue(broken.error)
        self.assertEqual(self.counts(), {"late": 1, "failed": 1, "due": 1, "not_sent": 1})

    def test_invoices_that_nobody_has_got(self):
        sent, waits, silent = (
            self.bill(self.subscribe(organisation=self.make_organisation(name))) for name in ("Sent", "Waits", "Silent")
        )
        silent.sending_data = False  # as after a failure that the queue has said on the invoice
        self.assertEqual(self.cards()["not_sent"], (1, self.currency.round(78 * 1.21)))
        self.go_to("2026-01-16")
        self.assertEqual(self.counts()["not_sent"], 3)
        (sent + silent).is_move_sent = True
        self.assertEqual(self.counts()["not_sent"], 1)
        self.env["account.move.send"]._generate_and_send_invoices(waits, from_cron=True)
        self.assertNotIn("not_sent", self.counts())

    def test_trials_that_end_within_a_week(self):
        for name, last in (("Yesterday", "2026-01-15"), ("Week", "2026-01-22"), ("Later", "2026-01-23")):
            self.subscribe(organisation=self.make_organisation(name), trial_end=last)
        self.assertEqual(self.counts(), {"trials": 2})

    def test_past_due_suspended_and_ending_have_amounts(self):
        late, paused, ending = (
            self.subscribe(organisation=self.make_organisation(name), interval=interval)
            for name, interval in (("Late", "month"), ("Paused", "month"), ("Ending", "year"))
        )
        invoice = self.bill(late)
        self.bill(paused)
        self.bill(ending)
        self.pay(invoice, 20.0)
        paused.action_pause()
        ending._cancel_at_period_end("price")
        self.go_to("2026-02-14")
        late._mark_past_due()
        cards = self.cards()
        self.assertEqual(cards["past_due"], (1, self.currency.round(78 * 1.21) - 20))
        self.assertEqual(cards["suspended"], (1, 78.0))
        self.assertEqual(cards["ending"], (1, 65.0))
        desk = self.cards(self.front_desk)
        self.assertEqual(
            {key: desk[key] for key in ("past_due", "suspended", "ending")},
            dict.fromkeys(("past_due", "suspended", "ending"), (1, None)),
        )

    def test_revenue_now_and_month_by_month(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 3)
        self.go_to("2026-02-20")
        subscription.seat_ids[0].date_to = self.today()
        revenue = self.overview.with_user(self.accountant).get_revenue()
        self.assertEqual(revenue["usage_amount"], 15.0)
        self.bill(subscription)
        self.bill(subscription, "2026-03-15")
        revenue = self.overview.with_user(self.accountant).get_revenue()
        self.assertEqual(
            {name: revenue[name] for name in ("mrr", "arr", "change", "seats", "usage_amount")},
            {"mrr": 15.0, "arr": 180.0, "change": -15.0, "seats": 1.0, "usage_amount": 0.0},
        )
        months = revenue["months"]
        self.assertEqual(len(months), 12)
        self.assertEqual([month["mrr"] for month in months[-4:]], [0.0, 30.0, 30.0, 15.0])
        self.assertEqual([month["new_mrr"] for month in months[-4:]], [0.0, 30.0, 0.0, 0.0])
        self.assertEqual([month["contraction"] for month in months[-4:]], [0.0, 0.0, 0.0, -15.0])
        self.assertEqual((months[0]["month"], months[-1]["month"]), ("Apr 2025", "Mar 2026"))

    def test_companies_count_by_their_own_day_and_in_one_currency(self):
        dollar = self.env.ref("base.USD") if self.currency != self.env.ref("base.USD") else self.env.ref("base.EUR")
        dollar.active = True
        dollar.rate_ids.unlink()
        self.env["res.currency.rate"].create({"name": "2026-01-01", "rate": 2.0, "currency_id": dollar.id})
        other = self.env["res.company"].create(
            {"name": "PB west", "currency_id": dollar.id, "practice_tz": "America/New_York"}
        )
        self.manager.company_ids += other
        product = self.env["product.product"].create({"name": "West", "type": "service"})
        plan = self.env["practice.plan"].create(
            {
                "name": "West",
                "company_id": other.id,
                "currency_id": dollar.id,
                "product_id": product.id,
                "price_ids": [Command.create({"interval": "month", "amount": 50.0})],
            }
        )
        here = self.subscribe(date_start="2026-02-01")
        there = self.subscribe(plan, self.make_organisation("West"), seats=["Carla"], date_start="2026-01-31")
        self.clock.move_to("2026-02-01 00:30:00")  # 31 January in New York
        both = [self.company.id, other.id]
        self.assertEqual(self.counts(allowed_company_ids=both), {"due": 2})
        self.assertEqual(self.counts(allowed_company_ids=[self.company.id]), {"due": 1})
        self.bill(here)
        self.assertEqual(self.counts(allowed_company_ids=both), {"due": 1})
        self.clock.move_to("2026-02-01 12:00:00")
        self.pretend_billed(there, "2026-01-31", "2026-02-27", price=50.0)
        overview = self.overview.with_user(self.manager)
        for companies, mrr in ((both, 103.0), (both[:1], 78.0), (both[1:], 50.0)):
            revenue = overview.with_context(allowed_company_ids=companies).get_revenue()
            self.assertEqual(revenue["mrr"], mrr, "in the currency of the first company")

    def pretend_billed(self, subscription, first, last, price):
        """Make a period as billing does, in a company that has no books."""
        period = self.env["practice.subscription.period"].create(
            {
                "subscription_id": subscription.id,
                "number": 1,
                "plan_id": subscription.plan_id.id,
                "interval": "month",
                **dict.fromkeys(("date_from", "base_from"), first),
                **dict.fromkeys(("date_to", "service_to"), last),
            }
        )
        seat = subscription.seat_ids
        self.env["practice.subscription.licence"].create(
            {
                "period_id": period.id,
                "billed_period_id": period.id,
                "seat_id": seat.id,
                "practitioner_id": seat.practitioner_id.id,
                "kind": "standard",
                "date_from": first,
                "price": price,
            }
        )
        period.state = "billed"

    def test_the_number_of_queries_does_not_grow_with_the_subscriptions(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.overview.with_user(self.manager).get_cards()
            return self.env.cr.sql_log_count - before

        self.subscribe()._cancel_at_period_end("price")
        queries()
        one = queries()
        for number in range(5):
            self.subscribe(organisation=self.make_organisation(f"Practice {number}"))._cancel_at_period_end("price")
        queries()
        self.assertEqual(queries(), one)

    def test_who_may_not_read_subscriptions_gets_nothing(self):
        for user in (self.employee, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.overview.with_user(user).get_cards()
            self.assertIs(self.overview.with_user(user).get_revenue(), False)
        self.assertIs(self.overview.with_user(self.front_desk).get_revenue(), False)


@tagged("post_install", "-at_install")
class TestOverviewInBrowser(SubscriptionMixin, HttpCase):
    now = None

    def setUp(self):
        super().setUp()
        self.make_staff()
        for name in ("Tour Brug", "Tour Kade"):
            subscription = self.subscribe(organisation=self.make_organisation(name))
        self.bill(subscription)
        subscription._cancel_at_period_end("price")

    def test_the_overview_opens_what_it_counts(self):
        self.start_tour("/odoo", "practice_subscription_overview", login="pb_manager")

    def test_the_front_desk_sees_no_revenue(self):
        self.start_tour("/odoo", "practice_subscription_overview_desk", login="pb_front_desk")
