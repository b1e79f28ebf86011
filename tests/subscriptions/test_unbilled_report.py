"""The report of what is not billed at a date, and the entry on request with its reversal."""

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, RedirectWarning, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common.reports import ReportsMixin
from ..common.subscriptions import SubscriptionCase, day

JANUARY = day(1, 31)


@tagged("post_install", "-at_install")
class TestUnbilledReport(ReportsMixin, SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.owed = cls.make_account("asset_current", "PB invoices to be made")

    def setUp(self):
        super().setUp()
        # An addition of 26.42 of which 8.81 are given on 31 January, and usage of 15.00.
        self.bridge, self.quay = self.make_organisation("De Brug"), self.make_organisation("De Kade")
        self.first = self.subscribe(organisation=self.bridge, students=["Carla"])
        self.second = self.subscribe(self.starter, self.quay)
        (self.first | self.second)._bill_now()
        self.go_to("2026-01-25")
        self.seat(self.first, "Dirk")
        self.use(self.second, 3)
        self.go_to("2026-02-02")

    def report(self, user=None, on=JANUARY):
        return self.env["practice.unbilled.report"].with_user(user or self.accountant).create({"date": on})

    def show(self, user=None, on=JANUARY):
        action = self.report(user, on).action_show()
        return self.env[action["res_model"]].with_user(user or self.accountant).search(action["domain"])

    def entry(self, on=JANUARY, user=None, **vals):
        report = self.report(user, on)
        entries = self.env["practice.unbilled.entry"].with_user(user or self.accountant)
        return entries.with_context(practice_unbilled_id=report.id).create({"account_id": self.owed.id, **vals})

    def moves(self, action):
        return self.env["account.move"].search(action["domain"], order="date")

    # === REPORT === #

    def test_the_list_says_who_what_and_how_much_and_opens_it(self):
        seat, usage = self.show()
        self.assertRecordValues(
            seat + usage,
            [
                {"organisation_id": self.bridge.id, "what": "addition", "name": "Dirk", "amount": 26.42, "given": 8.81},
                {"organisation_id": self.quay.id, "what": "usage", "name": "New file", "amount": 15.0, "given": 15.0},
            ],
        )
        dirk = self.first.seat_ids.filtered(lambda it: it.practitioner_id.name == "Dirk")
        for line, found in ((seat, dirk), (usage, self.second.usage_ids)):
            action = line.action_open_source()
            self.assertEqual(self.env[action["res_model"]].search(action["domain"]), found)
            self.assertEqual(line.action_open_subscription()["res_id"], line.subscription_id.id)
        groups = self.env["practice.unbilled.line"]._read_group(
            [("report_id", "=", seat.report_id.id)], ["what"], ["amount:sum"]
        )
        self.assertEqual(dict(groups), {"addition": 26.42, "usage": 15.0})

    def test_what_was_invoiced_later_opens_its_invoice(self):
        invoice = self.bill(self.first, "2026-02-15")
        seat, _usage = self.show()
        self.assertEqual((seat.reason, seat.action_open_source()["res_id"]), ("later", invoice.id))

    def test_what_is_frozen_stays_when_it_is_invoiced_later(self):
        report = self.env["practice.unbilled.report"]
        names = [column.name for column in report._report_columns()]

        def rows():
            found = report._report_rows(self.company, None, day(1, 31))
            return [(row["key"], [row[name] for name in names]) for row in found]

        before = rows()
        self.bill(self.first, "2026-02-15")
        self.bill(self.second)
        self.assertEqual(rows(), before)

    def test_xlsx_and_pdf_say_the_same(self):
        report = self.env["practice.unbilled.report"].with_user(self.accountant)
        rows = self.sheet(report._get_report_xlsx(self.company, None, day(1, 31)))
        self.assertEqual([row[-2:] for row in rows[-3:]], [[26.42, 8.81], [15, 15], [41.42, 23.81]])
        html = report._get_report_pdf(self.company, None, day(1, 31)).decode()
        for words in ("Not Billed", "De Kade", "New file", "23.81"):
            self.assertIn(words, html)

    def test_it_is_frozen_with_the_other_reports_when_the_month_is_closed(self):
        closing = self.env["practice.month.closing"].with_user(self.accountant).create({"month": day(1, 1)})
        names = closing._freeze_reports().mapped("name")
        self.assertEqual(len([name for name in names if name.startswith("Not Billed")]), 2)

    def test_a_day_to_come_is_refused(self):
        with self.assertRefused("still to come", ValidationError):
            self.report(on=day(2, 3))

    def test_only_those_who_see_the_books_ask_and_only_of_their_companies(self):
        for user in (self.front_desk, self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.report(user)
        self.assertTrue(self.show(self.manager))
        with self.assertRaises(AccessError):
            self.entry(user=self.manager)
        other = self.env["res.company"].create({"name": "Other"})
        report = self.env["practice.unbilled.report"].with_user(self.accountant)
        with self.assertRaises(AccessError):
            report.create({"company_id": other.id})
        with self.assertRaises(AccessError):
            report._get_report_xlsx(other, None, day(1, 31))

    # === ENTRY === #

    def test_the_entry_books_what_was_given_and_the_next_day_takes_it_back(self):
        proof = self.env["practice.credit.proof"]
        before = proof._read_group([], ["account_id"], ["balance:sum", "difference:sum"])
        entry, reversal = self.moves(self.entry().action_post())
        self.assertEqual([entry.state, reversal.state], ["posted", "posted"])
        self.assertEqual([entry.date, reversal.date], [day(1, 31), day(2, 1)])
        self.assertCountEqual(
            [(line.partner_id, line.account_id, line.balance) for line in entry.line_ids],
            [
                (self.bridge, self.owed, 8.81),
                (self.bridge, self.licences, -8.81),
                (self.quay, self.owed, 15.0),
                (self.quay, self.extras, -15.0),
            ],
        )
        self.assertFalse(entry.line_ids.practice_period_id)
        self.assertFalse(entry.line_ids.practice_package_id)
        self.assertEqual(reversal.reversed_entry_id, entry)
        self.assertEqual(self.balance(self.owed), 0.0)
        self.assertEqual(proof._read_group([], ["account_id"], ["balance:sum", "difference:sum"]), before)
        self.assertWaiting()

    def test_revenue_of_a_month_is_what_was_given_in_it(self):
        self.entry().action_post()
        self.bill(self.first, "2026-02-15")
        self.release_until("2026-03-31")
        [[january]] = self.query(
            "SELECT -SUM(balance) FROM account_move_line WHERE account_id = %s AND date <= '2026-01-31'"
            " AND parent_state = 'posted'",
            self.licences.id,
        )
        # 17 of 31 days of 97.00 and of 30.00, and 7 of the 21 days that Dirk is charged for.
        self.assertEqual(float(january), 53.19 + 16.45 + 8.81)

    def test_a_reversal_of_a_day_to_come_is_posted_by_itself(self):
        entry, reversal = self.moves(self.entry(self.today()).action_post())
        self.assertEqual((entry.state, reversal.state, reversal.auto_post), ("posted", "draft", "at_date"))
        self.go_to(reversal.date)
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_auto_post_draft_entry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(reversal.state, "posted")

    def test_drafts_stay_drafts(self):
        entry, reversal = self.moves(self.entry().action_draft())
        self.assertEqual((entry.state, reversal.state, reversal.auto_post), ("draft", "draft", "no"))
        (entry + reversal).action_post()
        self.assertEqual(self.balance(self.owed), 0.0)

    def test_once_for_a_company_and_a_date(self):
        first, reversal = self.moves(self.entry().action_post())
        with self.assertRaises(RedirectWarning) as refused:
            self.entry().action_post()
        self.assertIn(first.name, refused.exception.args[0])
        self.assertEqual(refused.exception.args[1]["res_id"], first.id)
        self.entry(day(1, 30)).action_post()
        for move in (reversal, first):
            move.button_draft()
            move.button_cancel()
        self.entry().action_post()

    def test_two_at_once_make_one(self):
        self.entry().action_draft()
        vals = {"move_type": "entry", "journal_id": self.misc.id, "practice_unbilled_date": day(1, 31)}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["account.move"].create(vals).flush_recordset()

    def test_the_company_remembers_the_account(self):
        self.entry().action_draft()
        report = self.report(on=day(1, 30))
        entries = self.env["practice.unbilled.entry"].with_user(self.accountant)
        form = Form(entries.with_context(practice_unbilled_id=report.id))
        self.assertEqual((form.account_id, form.journal_id, form.amount), (self.owed, self.misc, 22.55))

    def test_cancelled_and_impossible_ones_are_told_and_not_booked(self):
        self.cancel_invoice(self.first.period_id.move_id)
        self.second.sudo().write({"interval": "year", "next_invoice_date": "2026-01-28"})
        entry = self.entry()
        self.assertEqual((entry.cancelled, entry.failed), (97.0, 1))
        move, _reversal = self.moves(entry.action_post())
        owed = move.line_ids.filtered(lambda it: it.account_id == self.owed)
        self.assertEqual(owed.mapped("balance"), [8.81, 15.0])

    def test_it_is_refused_when_there_is_nothing_or_the_day_is_locked(self):
        with self.assertRefused("no entry is needed"):
            self.entry(day(1, 20)).action_post()
        self.company.fiscalyear_lock_date = day(1, 31)
        with self.assertRefused("locked until"):
            self.entry().action_post()

    def test_a_plan_without_ledger_account_is_named(self):
        self.standard.write({"deferred_account_id": False, "income_account_id": False})
        self.licence_product.property_account_income_id = False
        self.env["ir.default"].set("product.category", "property_account_income_categ_id", False)
        self.company.income_account_id = False
        with self.assertRefused("Standard has no ledger account"):
            self.entry().action_post()

    def test_a_fiscal_position_maps_the_revenue(self):
        other = self.make_account("income", "PB abroad")
        self.bridge.property_account_position_id = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [Command.create({"account_src_id": self.licences.id, "account_dest_id": other.id})],
            }
        )
        entry, _reversal = self.moves(self.entry().action_post())
        self.assertIn((other, -8.81), [(line.account_id, line.balance) for line in entry.line_ids])
