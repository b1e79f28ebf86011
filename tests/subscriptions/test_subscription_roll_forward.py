"""The roll-forward of plans, in money: billed, released and given back, tied to the account, plan by plan."""

from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common.reports import CHANGES, ReportsMixin
from ..common.sold import SoldCase


@tagged("post_install", "-at_install")
class TestSubscriptionRollForward(ReportsMixin, SoldCase):
    def assertPlansAgree(self, first, last, account=None):
        """Check the rows of plans against journal items: what the account holds, and what came and went on it."""
        account = account or self.waiting
        rows = [
            row
            for row in self.env["practice.roll.forward"]._report_rows(self.company, self.day(first), self.day(last))
            if row["account_id"] == account.id
        ]
        for row in rows:
            self.assertAddsUp(row)
            self.assertEqual(row["difference"], 0.0, row["name"])
        [[opening, closing]] = self.query(
            """SELECT COALESCE(-SUM(balance) FILTER (WHERE date < %s), 0), COALESCE(-SUM(balance), 0)
                 FROM account_move_line WHERE account_id = %s AND parent_state = 'posted' AND date <= %s""",
            first,
            account.id,
            last,
        )
        self.assertEqual(round(sum(row["opening_value"] for row in rows), 2), round(float(opening), 2))
        self.assertEqual(round(sum(row["closing_value"] for row in rows), 2), round(float(closing), 2))
        self.assertEqual(round(sum(row["balance"] for row in rows), 2), round(float(closing), 2))
        return {row["name"]: row for row in rows}

    def test_a_year_that_is_cancelled_in_july(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-01-31")
        rows = self.assertPlansAgree("2026-01-01", "2026-01-31")
        self.assertCells(rows["Standard"], sold=(0, 390.0), used=(0, -33.12), closing_value=356.88, balance=356.88)
        self.go_on("2026-06-30")
        self.go_to("2026-07-01")
        self.end(subscription)
        rows = self.assertPlansAgree("2026-07-01", "2026-07-31")
        # Six months are released to the cent (390.00 - 193.38); 1 July was served, and is released with its month.
        self.assertCells(rows["Standard"], opening_value=196.62, refunded=(0, -195.53), closing=(0, 1.09), balance=1.09)
        self.go_on("2026-07-31")
        rows = self.assertPlansAgree("2026-07-01", "2026-07-31")
        self.assertCells(rows["Standard"], used=(0, -1.09), closing=(0, 0.0), balance=0.0)

    def test_an_upgrade_moves_money_from_one_plan_to_the_other(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-06-30")
        self.go_to("2026-07-01")
        self.change(subscription)
        rows = self.assertPlansAgree("2026-07-01", "2026-07-31")
        # 184 of 365 days are given back; what six months were rounded is released on the last day served.
        self.assertCells(rows["Standard"], opening_value=196.62, refunded=(0, -196.6), closing_value=0.02)
        self.assertEqual(rows["Blended"]["sold_value"], rows["Blended"]["closing_value"])
        self.go_on("2026-09-30")
        self.assertPlansAgree("2026-07-01", "2026-09-30")

    def test_two_plans_in_one_entry_are_told_apart(self):
        self.begin()
        self.subscribe(
            self.blended, self.make_organisation("De Kade"), ("Els",), interval="year", date_start=date(2026, 1, 1)
        )._bill_now()
        self.go_on("2026-02-28")
        rows = self.assertPlansAgree("2026-02-01", "2026-02-28")
        self.assertEqual(set(rows), {"Standard", "Blended"})
        # 28 of 365 days.
        self.assertCells(rows["Standard"], used=(0, -29.92))
        self.assertCells(rows["Blended"], used=(0, -45.26))

    def test_a_discount_makes_the_sale_smaller(self):
        self.begin(code=self.make_code())
        rows = self.assertPlansAgree("2026-01-01", "2026-01-31")
        self.assertCells(rows["Standard"], sold=(0, 312.0), refunded=(0, 0.0))

    def test_too_much_released_comes_back_as_a_correction(self):
        _subscription, invoice = self.begin()
        self.go_on("2026-06-30")
        self.go_to("2026-07-01")
        self.credit(invoice)
        self.release()
        rows = self.assertPlansAgree("2026-07-01", "2026-07-31")
        self.assertCells(rows["Standard"], refunded=(0, -390.0), corrected=(0, 193.38), closing_value=0.0)

    def test_a_plan_that_shares_its_balance_post_with_a_package(self):
        self.standard.deferred_account_id = self.liability
        self.begin()
        self.sell()
        rows = self.assertPlansAgree("2026-01-01", "2026-01-31", self.liability)
        self.assertCells(rows["Ten sessions"], sold=(10, 1200.0), balance=1200.0)
        self.assertCells(rows["Standard"], sold=(0, 390.0), balance=390.0)

    def test_a_membership_is_a_package(self):
        product = self.make_product(self.package, name="Membership", package_credits=2)
        plan = self.make_plan(
            "Member",
            {"month": {"standard": 100.0}},
            product_id=product.id,
            deferred_account_id=False,
        )
        self.begin(plan, interval="month")
        rows = self.roll("2026-01-01", "2026-01-31")
        self.assertCells(rows["Ten sessions"], sold=(2, 100.0), balance=100.0, difference=0.0)
        self.assertNotIn("Member", rows)

    def test_each_cell_opens_what_it_is_the_sum_of(self):
        subscription, _invoice = self.begin()
        self.go_on("2026-06-30")
        self.go_to("2026-07-01")
        self.change(subscription)
        for line in self.show("2026-07-01", "2026-07-31"):
            for cell in ("opening", *CHANGES, "closing"):
                steps = self.cell(line, f"{cell}_value")
                self.assertEqual(round(sum(steps.mapped("value")), 2), line[f"{cell}_value"], cell)
            self.assertEqual(round(sum(self.cell(line, "balance").mapped("balance")), 2), line.balance)
            for step in self.cell(line, "sold_value") + self.cell(line, "used_value"):
                self.assertEqual(step.action_open_source()["res_model"], "account.move")

    def test_a_plan_in_a_foreign_currency_stands_in_the_companys(self):
        dollar = self.env["res.currency"].create(
            {"name": "PBD", "symbol": "P", "rate_ids": [Command.create({"name": "2026-01-01", "rate": 1.2})]}
        )
        plan = self.make_plan("Dollars", {"year": {"standard": 480.0}}, currency_id=dollar.id)
        self.begin(plan)
        rows = self.assertPlansAgree("2026-01-01", "2026-01-31")
        self.assertCells(rows["Dollars"], sold=(0, 400.0))

    def test_a_closed_month_says_that_a_plan_was_credited_in_it(self):
        _subscription, invoice = self.begin()
        self.go_on("2026-01-31")
        self.go_to("2026-02-02")
        accountant = new_test_user(self.env, "pb_closer", "practice_billing.group_accountant")
        closing = self.env["practice.month.closing"].with_user(accountant).create({"month": "2026-01-01"})
        closing._close()
        self.assertFalse(closing.is_changed_now)
        note = self.credit_note(invoice, invoice_date="2026-01-20", date="2026-01-20")
        self.assertEqual(note.date, date(2026, 1, 20))
        closing.invalidate_recordset()
        said = str(closing.changes)
        self.assertTrue(closing.is_changed_now)
        for words in ("PB licences in advance, Standard", "Refunded", "-390.00", note.name):
            self.assertIn(words, said)
