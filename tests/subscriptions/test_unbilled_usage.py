"""The value of unbilled usage: what billing will charge, at a cost that follows what is asked."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.sql_db import Cursor, Savepoint
from odoo.tests import tagged
from odoo.tools import SQL

from ...tools import pricing
from ..common.practice import dose
from ..common.proof import assert_sums
from ..common.subscriptions import SubscriptionCase, day


@tagged("post_install", "-at_install")
class TestUnbilledUsage(SubscriptionCase):
    def rows(self, subscription):
        rows = self.env["practice.unbilled.usage"].search([("subscription_id", "=", subscription.id)], order="date, id")
        return [(row.quantity, row.quantity_charged, row.amount) for row in rows]

    def test_what_is_free_because_it_was_before_the_first_day_is_not_there(self):
        subscription = self.subscribe(self.starter)
        self.use(subscription, 2, day=self.today() - timedelta(days=1))
        self.assertFalse(self.rows(subscription))

    def test_what_is_included_goes_to_who_came_first(self):
        self.starter.usage_price_ids.included = 3
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-02-10")
        for quantity, used_on in ((4, "2026-02-02"), (2, "2026-01-20"), (1.5, "2026-02-09")):
            self.use(subscription, quantity, day=used_on)
        self.use(subscription, 5, kind="questionnaire", day="2026-02-01")
        self.assertEqual(
            self.rows(subscription),
            [(2.0, 0.0, 0.0), (5.0, 0.0, 0.0), (4.0, 3.0, 15.0), (1.5, 1.5, 7.5)],
        )
        invoice = self.bill(subscription, "2026-02-15")
        self.assertEqual(sum(self.amounts(invoice)["Usage"]), 22.5)
        self.assertFalse(self.rows(subscription))

    def test_shares_add_up_to_the_cent(self):
        self.starter.usage_price_ids.unit_price = 0.333
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-02-10")
        for _time in range(7):
            self.use(subscription)
        amounts = [amount for _quantity, _charged, amount in self.rows(subscription)]
        self.assertEqual(self.currency.round(sum(amounts)), 2.33)
        [billed] = self.amounts(self.bill(subscription, "2026-02-15"))["Usage"]
        self.assertEqual(billed, 2.33)

    def test_late_usage_is_valued_at_the_price_of_its_period(self):
        self.starter.usage_price_ids.included = 3
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 2)
        self.bill(subscription, "2026-02-15")
        self.use(subscription, 4, day="2026-02-14")
        self.use(subscription, 4, day="2026-02-15")
        self.assertEqual(self.rows(subscription), [(4.0, 3.0, 15.0), (4.0, 1.0, 5.0)])

    # === WHAT IT COSTS TO ASK === #

    def usage_of_two(self):
        """Return two subscriptions with unbilled usage, five times and forty times."""
        subscriptions = self.env["practice.subscription"]
        for name, times in (("De Brug", 5), ("De Kade", 40)):
            subscription = self.subscribe(self.starter, self.make_organisation(name))
            self.bill(subscription)
            for _time in range(times):
                self.use(subscription)
            subscriptions += subscription
        self.env.flush_all()
        return subscriptions

    @contextmanager
    def reading(self):
        """Yield the numbers of rows that amounts are computed of meanwhile, one for each window of each query."""
        computed, execute, asking = [], Cursor.execute, []

        def windows(node):
            own = [node["Actual Rows"]] if node["Node Type"] == "WindowAgg" else []
            return own + [rows for part in node.get("Plans", ()) for rows in windows(part)]

        def watched(cr, query, *args, **kwargs):
            if isinstance(query, SQL) and "practice_unbilled_usage" in query.code and not asking:
                asking.append(True)
                execute(cr, SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query))
                computed.extend(windows(cr.fetchone()[0][0]["Plan"]))
                asking.clear()
            return execute(cr, query, *args, **kwargs)

        with patch.object(Cursor, "execute", watched):
            yield computed

    def test_of_one_subscription_the_usage_of_others_is_not_read(self):
        few, many = self.usage_of_two()
        rows = self.env["practice.unbilled.usage"]
        for domain, rows_read in (
            # The five are of one day, which is added up first where nothing asks for each.
            ([("subscription_id", "=", few.id)], 1),
            ([("organisation_id", "=", few.organisation_id.id)], 1),
            ([("subscription_id", "=", few.id), ("amount", ">", 0)], 5),
        ):
            with self.subTest(domain), self.reading() as computed:
                self.assertEqual(rows._read_group(domain, aggregates=["amount:sum"]), [(25.0,)])
            self.assertEqual(set(computed), {rows_read})
        with self.reading() as computed:
            groups = rows._read_group([], ["subscription_id"], ["amount:sum", "quantity_charged:sum"])
        self.assertEqual(sorted(groups, key=lambda it: -it[1]), [(many, 200.0, 40.0), (few, 25.0, 5.0)])
        self.assertEqual(set(computed), {2}, "a day of each")

    def test_of_a_page_only_the_usage_of_its_subscriptions_is_read(self):
        few, _many = self.usage_of_two()
        rows, names = self.env["practice.unbilled.usage"], ["amount", "quantity_charged", "plan_id"]
        with self.reading() as computed:
            page = rows.search_fetch([], names, limit=3, order="date, id")
            self.assertEqual(page.mapped("amount"), [5.0] * 3)
        self.assertEqual(page.subscription_id, few)
        self.assertEqual(set(computed), {5})
        # As the client opens a row by its address.
        self.env.invalidate_all()
        with self.reading() as computed:
            self.assertEqual(rows.browse(page.ids).read(["amount"])[0]["amount"], 5.0)
        self.assertEqual(set(computed), {5})

    def test_amounts_that_nobody_asks_for_are_not_computed(self):
        few, many = self.usage_of_two()
        rows = self.env["practice.unbilled.usage"]
        with self.reading() as computed:
            self.assertEqual(rows.search_count([]), 45)
            self.assertEqual(rows._read_group([], ["plan_id"], ["quantity:sum"]), [(self.starter, 45.0)])
            self.assertEqual(len(rows.search([], limit=10, order="next_invoice_date, plan_id")), 10)
            rows.search_fetch([], ["date", "organisation_id", "quantity"], limit=10)
        self.assertEqual(computed, [])
        self.assertEqual(rows.search([]).subscription_id, few + many)

    def test_sorted_by_amount_grouped_and_filtered_it_is_what_the_rows_say(self):
        self.starter.usage_price_ids.included = 3
        self.usage_of_two()
        rows = self.env["practice.unbilled.usage"]
        dearest = rows.search([], order="amount desc, id")
        self.assertEqual(dearest.mapped("amount"), sorted(rows.search([]).mapped("amount"), reverse=True))
        self.assertEqual(rows.search_count([("amount", "!=", 0)]), 45 - 2 * 3)
        self.assertEqual(rows.search_count([("quantity_charged", "=", 0)]), 2 * 3)
        self.assertEqual(rows.search_count([("plan_id", "=", self.starter.id)]), 45)
        assert_sums(self)
        for field in ("organisation_id", "kind_id", "plan_id", "user_id", "date:month", "next_invoice_date:month"):
            groups = rows._read_group([], [field], ["amount:sum", "__count"])
            self.assertEqual(sum(amount for _group, amount, _count in groups), 5.0 * 39, field)
            self.assertEqual(sum(count for _group, _amount, count in groups), 45, field)

    # === THE SAME AS BILLING === #

    def test_whatever_the_prices_the_shares_are_those_of_billing(self):
        dollars = self.env.ref("base.USD")
        dollars.active = True
        dollars.rate_ids.unlink()
        abroad = self.make_plan(
            "Starter", currency_id=dollars.id, product_id=self.make_service("Abroad", taxes_id=False).id
        )
        units = st.sampled_from((1.0, 2.0, 0.25, 0.01, 3.33, 100.0)) | st.integers(1, 99_999).map(lambda it: it / 100)
        prices = st.sampled_from((0.0, 5.0, 0.333, 0.005, 1.237)) | st.integers(0, 99_999).map(lambda it: it / 1000)
        included = st.sampled_from((0.0, 0.0, 1.0, 3.0)) | units
        price = st.tuples(st.none() | st.integers(-45, 45), prices, included)
        usage = st.tuples(st.sampled_from(("file", "questionnaire")), st.integers(0, 70), units, st.booleans())

        @settings(
            max_examples=dose(25, 500),
            deadline=None,
            derandomize=dose(True, False),
            phases=dose((Phase.generate,), (Phase.generate, Phase.shrink)),
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.sampled_from((self.starter, abroad)),
            st.lists(price, max_size=3, unique_by=lambda it: it[0]),
            st.lists(usage, min_size=1, max_size=12),
            st.sampled_from((1.0, 0.8, 1.0837, 133.7)),
            st.sampled_from((0.01, 0.05, 1.0)),
        )
        def check(plan, prices, usages, rate, rounding):
            savepoint = Savepoint(self.cr)
            self.clock.move_to(self.now)
            try:
                self.compare(plan, prices, usages, rate, rounding)
            finally:
                savepoint.rollback()
                savepoint.close()
                self.env.transaction.clear()

        check()

    def compare(self, plan, prices, usages, rate, rounding):
        """Use a plan for a while, bill some of it in between, and compare the estimate of the rest with billing."""
        today = self.today()
        foreign = plan.currency_id - self.currency
        foreign.rate_ids = [Command.create({"name": "2026-01-01", "rate": rate})]
        foreign.rounding = rounding
        plan.usage_price_ids.unlink()
        plan.usage_price_ids = [
            Command.create(
                {
                    "kind_id": kind.id,
                    "date_from": days is not None and today + timedelta(days=days),
                    "unit_price": unit_price + number,
                    "included": included,
                }
            )
            for days, unit_price, included in prices
            for number, kind in enumerate(self.file + self.questionnaire)
        ]
        subscription = self.subscribe(plan)
        self.go_to(today + timedelta(days=75))
        for _kind, days, quantity, _late in (row for row in usages if not row[3]):
            self.use(subscription, quantity, kind=_kind, day=today + timedelta(days=days))
        self.bill(subscription)
        for kind, days, quantity, _late in (row for row in usages if row[3]):
            self.use(subscription, quantity, kind=kind, day=today + timedelta(days=days))
        expected = self.unbilled_shares(subscription)
        rows = self.env["practice.unbilled.usage"].search([("subscription_id", "=", subscription.id)])
        found = {row.usage_id: round(row.quantity_charged, 6) for row in rows}
        self.assertEqual(found, {usage: charged for usage, (charged, _amount) in expected.items()})
        own, convert = self.currency, plan.currency_id._convert
        for row in rows:
            amount = convert(expected[row.usage_id][1], own, self.company, self.company._practice_day())
            self.assertEqual(row.amount, own.round(amount))
        lines = pricing.usage_lines(subscription._get_usage_to_bill(date.max), plan.currency_id.rounding)
        if not foreign:
            self.assertEqual(own.round(sum(rows.mapped("amount"))), own.round(sum(line.amount for line in lines)))

    def test_usage_in_no_period_costs_what_it_costs_on_its_day(self):
        subscription = self.subscribe(self.starter)
        self.starter.usage_price_ids = [
            Command.create({"kind_id": self.file.id, "unit_price": 7.0, "date_from": day(1, 25)})
        ]
        self.go_to("2026-01-30")
        for date_of_use in ("2026-01-20", "2026-01-30"):
            self.use(subscription, day=date_of_use)
        self.assertEqual([amount for _quantity, _charged, amount in self.rows(subscription)], [5.0, 7.0])
        lines = pricing.usage_lines(subscription._get_usage_to_bill(self.today()))
        self.assertEqual([(line.amount, line.date_from) for line in lines], [(5.0, day(1, 20)), (7.0, day(1, 30))])

    def test_a_row_opens_its_usage(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        usage = self.use(subscription)
        [row] = self.env["practice.unbilled.usage"].search([("subscription_id", "=", subscription.id)])
        action = row.action_open_source()
        self.assertEqual((action["res_model"], action["res_id"]), (usage._name, usage.id))
