"""The billing run is killed, run by several processes at once, and fed broken records: each period is billed once."""

# Other processes see only what is committed; pylint: disable=invalid-commit
from collections import Counter

from dateutil.relativedelta import relativedelta

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..common.attacks import AttackCase
from ..common.practice import dose

#: Periods that each subscription has missed when the run begins.
MISSED = 3

#: What a process of the run executes. It says when it begins, so that it can be killed while it works.
RUN = """
print("BEGIN", flush=True)
env["practice.subscription"]._cron_bill(batch_size={batch_size})
print("END", flush=True)
"""


@tagged("post_install", "-at_install")
class TestRunUnderAttack(AttackCase):
    def assertBilledOnce(self, subscriptions, periods=1):
        """Check that each subscription has each period once, with one posted invoice, and numbers without holes."""
        self.cr.rollback()
        self.env.invalidate_all()
        found = self.env["practice.subscription.period"].search([("subscription_id", "in", subscriptions.ids)])
        counts = Counter(period.subscription_id.id for period in found)
        self.assertEqual(counts, dict.fromkeys(subscriptions.ids, periods))
        self.assertEqual(set(found.mapped("state")), {"billed"})
        moves = self.env["account.move"].search([("practice_subscription_id", "in", subscriptions.ids)])
        self.assertEqual(moves, moves & found.move_id)
        self.assertEqual(len(moves), len(found))
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertEqual(set(moves.mapped("amount_untaxed")), {78.0})
        numbers = self.query(
            "SELECT sequence_prefix, MIN(sequence_number), MAX(sequence_number), COUNT(*) FROM account_move"
            " WHERE journal_id = %s AND name <> '/' GROUP BY 1",
            self.sales.id,
        )
        for prefix, first, last, count in numbers:
            self.assertEqual((first, last), (1, count), f"{prefix} has holes")
        self.assertFalse(self.env["account.move"].search([("journal_id", "=", self.sales.id), ("state", "=", "draft")]))
        held = sum(self.env["practice.revenue.release"].search([("state", "=", "due")]).mapped("amount"))
        self.assertEqual(self.currency.round(held), -self.balance(self.liability))

    def test_a_run_that_is_killed_again_and_again_bills_each_period_once(self):
        subscriptions = self.subscribe(dose(60, 300), months=MISSED)
        cut = self.kill_again_and_again(RUN.format(batch_size=15), dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(RUN.format(batch_size=200))))
        self.assertBilledOnce(subscriptions, MISSED)

    def test_two_and_four_processes_at_once_share_the_work(self):
        for workers in (2, 4):
            with self.subTest(workers=workers):
                subscriptions = self.subscribe(dose(60, 300), months=MISSED)
                processes = [self.start(RUN.format(batch_size=20)) for _number in range(workers)]
                self.assertEqual([self.finish(process) for process in processes], [True] * workers)
                # What one held while the other looked is left to the next run.
                self.finish(self.start(RUN.format(batch_size=200)))
                self.assertBilledOnce(subscriptions, MISSED)

    def test_finding_what_is_due_among_100000_reads_only_what_is_due(self):
        due = self.subscribe(3)
        self.query(
            """WITH partner AS (
                   INSERT INTO res_partner (name, complete_name, active, is_company, autopost_bills)
                   SELECT 'Many ' || n, 'Many ' || n, TRUE, TRUE, 'ask' FROM generate_series(1, 100000) n RETURNING id
               )
               INSERT INTO practice_subscription (name, organisation_id, company_id, plan_id, interval, state,
                                                  anchor_date, date_start, next_invoice_date, next_number, seat_changes)
               SELECT 'MANY' || id, id, %s, %s, 'month', 'active', %s, %s, %s::date + 1 + (id %% 28)::int, 1, 0
                 FROM partner RETURNING 1""",
            self.company.id,
            self.plan.id,
            *[self.today()] * 3,
        )
        self.cr.commit()
        self.cr.execute("ANALYZE practice_subscription")
        subscriptions = self.env["practice.subscription"]
        domain = subscriptions._get_due_domain(self.company, self.today())
        found = subscriptions._search(domain, order="next_invoice_date, id", limit=200)
        self.cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s FOR NO KEY UPDATE SKIP LOCKED", found.select()))
        [[[explained]]] = self.cr.fetchall()
        node = explained["Plan"]
        while "Plans" in node:
            [node] = node["Plans"]
        self.assertEqual(node["Index Name"], "practice_subscription_due_idx", explained)
        self.assertEqual(node["Actual Rows"], len(due), explained)
        # Those that another test broke are due as well, and wait until tomorrow.
        waiting = subscriptions.search_count(subscriptions._get_due_domain(self.company, self.today(), retry=True))
        self.assertEqual(node.get("Rows Removed by Filter", 0), waiting - len(due), explained)
        self.assertEqual(subscriptions._claim_due_sudo(200), due)

    def test_broken_records_among_many_are_set_aside_and_the_others_billed(self):
        sound = self.subscribe(dose(40, 200))
        broken = self.subscribe(len(BROKEN))
        for subscription, (break_it, _reason) in zip(broken, BROKEN, strict=True):
            break_it(self, subscription)
        self.env.flush_all()
        self.cr.commit()
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"):
            self.env["practice.subscription"]._cron_bill()
        self.env.invalidate_all()
        for subscription, (_break, reason) in zip(broken, BROKEN, strict=True):
            with self.subTest(reason):
                self.assertIn(reason, subscription.error or "")
                self.assertEqual(len(subscription.activity_ids), 1)
                self.assertFalse(subscription.period_ids)
        self.assertBilledOnce(sound)

    def plan_like(self, **vals):
        """Return a plan of its own, which can be broken without the others."""
        return self.plan.copy(vals)

    def other_company(self):
        """Return a company whose books are locked until far away."""
        company = self.env["res.company"].create({"name": f"Locked {self.plan.id}", "currency_id": self.currency.id})
        self.env["account.chart.template"]._load("generic_coa", company, install_demo=False)
        company.currency_id = self.currency
        company.hard_lock_date = self.today() + relativedelta(days=10)
        return company

    def break_account(self, subscription):
        product = self.plan.product_id.copy({"categ_id": self.env["product.category"].create({"name": "None"}).id})
        product.categ_id.property_account_income_categ_id = False
        subscription.plan_id = self.plan_like(product_id=product.id, income_account_id=False, deferred_account_id=False)
        self.company.income_account_id = False

    def break_product(self, subscription):
        product = self.plan.product_id.copy()
        subscription.plan_id = self.plan_like(product_id=product.id)
        product.active = False

    def break_rate(self, subscription):
        currency = self.env["res.currency"].create({"name": "PBX", "symbol": "¤"})
        subscription.plan_id = self.plan_like(currency_id=currency.id)

    def break_address(self, subscription):
        subscription.organisation_id.street = False

    def break_price(self, subscription):
        subscription.interval = "year"

    def break_lock(self, subscription):
        company = self.other_company()
        account = (
            self.env["account.account"]
            .with_company(company)
            .search([("account_type", "=", "income"), ("company_ids", "in", company.ids)], limit=1)
        )
        product = self.plan.product_id.copy({"taxes_id": [Command.clear()]})
        plan = self.plan_like(
            company_id=company.id, product_id=product.id, income_account_id=account.id, deferred_account_id=False
        )
        subscription.sudo().write({"company_id": company.id, "plan_id": plan.id})


#: How a subscription is broken, and what its error says.
BROKEN = [
    (TestRunUnderAttack.break_account, "has no ledger account"),
    (TestRunUnderAttack.break_product, "is archived"),
    (TestRunUnderAttack.break_rate, "no rate"),
    (TestRunUnderAttack.break_address, "no complete address (Street)"),
    (TestRunUnderAttack.break_price, "no price for yearly billing"),
    (TestRunUnderAttack.break_lock, "are locked until"),
]
