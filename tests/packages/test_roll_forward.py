"""The roll-forward of packages: every cell against movements and journal items, and what each of them opens."""

import io
from datetime import date, datetime, timedelta

from pypdf import PdfReader

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..common.practice import PracticeCase, PracticeMixin
from ..common.proof import assert_sums
from ..common.reports import CHANGES, ReportsMixin

MARCH, APRIL, MAY = (
    ("2026-03-01", "2026-03-31"),
    ("2026-04-01", "2026-04-30"),
    ("2026-05-01", "2026-05-31"),
)


class RollMixin(ReportsMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def live(self):
        """Let a spring pass: sold, used, missed, credited, expired; nothing is released of the last visit."""
        self.travel(datetime(2026, 3, 2, 9, 0))
        self.package.validity_months = 2
        lot = self.sell()
        self.visit()
        self.visit()
        self.release()
        self.travel(datetime(2026, 4, 6, 9, 0))
        missed = self.plan()
        self.travel(missed.stop + timedelta(minutes=1))
        missed.attendance = "no_show"
        self.release()
        self.credit_note(lot.invoice_id, 0.4)
        self.travel(datetime(2026, 5, 4, 9, 0))
        lot._expire()
        return lot


@tagged("post_install", "-at_install")
class TestRollForward(RollMixin, PracticeCase):
    def test_a_spring(self):
        self.live()
        self.assertCells(
            self.roll(*MARCH)["Ten sessions"],
            opening=(0, 0.0),
            sold=(10, 1200.0),
            used=(-2, -240.0),
            closing=(8, 960.0),
            to_release=0.0,
            balance=960.0,
            difference=0.0,
        )
        self.assertCells(
            self.roll(*APRIL)["Ten sessions"],
            opening=(8, 960.0),
            lost=(-1, -120.0),
            refunded=(-4, -480.0),
            closing=(3, 360.0),
            balance=360.0,
        )
        # The expiry is booked by the next release: until then the account holds it.
        self.assertCells(
            self.roll(*MAY)["Ten sessions"],
            opening=(3, 360.0),
            expired=(-3, -360.0),
            closing=(0, 0.0),
            to_release=360.0,
            balance=360.0,
            difference=0.0,
        )
        self.release()
        self.assertCells(self.roll(*MAY)["Ten sessions"], to_release=0.0, balance=0.0, difference=0.0)
        for month in (MARCH, APRIL, MAY, ("2026-03-05", "2026-04-20")):
            self.assertRollAgrees(*month, self.package, self.liability)

    def test_what_is_used_and_corrected_later_is_a_correction_on_its_day(self):
        self.sell()
        event = self.visit()
        self.release()
        self.travel(datetime(2026, 4, 6, 9, 0))
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        event.attendance = "cancelled"
        self.release()
        self.assertCells(self.roll(*MARCH)["Ten sessions"], used=(-1, -120.0), corrected=(0, 0.0), closing=(9, 1080.0))
        self.assertCells(
            self.roll(*APRIL)["Ten sessions"], opening=(9, 1080.0), corrected=(1, 120.0), closing=(10, 1200.0)
        )
        for month in (MARCH, APRIL):
            self.assertRollAgrees(*month, self.package, self.liability)

    def test_an_invoice_that_is_undone_leaves_nothing(self):
        invoice = self.invoice()
        invoice.button_draft()
        self.assertNotIn("Ten sessions", self.roll(*MARCH))
        invoice.invoice_line_ids.price_unit = 1000.0
        invoice.action_post()
        self.assertCells(self.roll(*MARCH)["Ten sessions"], sold=(10, 1000.0), corrected=(0, 0.0))
        self.assertRollAgrees(*MARCH, self.package, self.liability)

    def test_a_price_reduction_and_a_kept_fee(self):
        lot = self.sell()
        reduction = self.credit_note(lot.invoice_id, post=False)
        reduction.invoice_line_ids.write({"price_unit": 200.0, "practice_credits": 0})
        reduction.action_post()
        self.assertCells(self.roll(*MARCH)["Ten sessions"], refunded=(0, -200.0), closing=(10, 1000.0))
        rest = self.credit_note(lot.invoice_id, post=False)
        rest.invoice_line_ids.price_unit = 500.0
        rest.action_post()
        self.release()
        self.assertCells(
            self.roll(*MARCH)["Ten sessions"], refunded=(-10, -700.0), corrected=(0, -500.0), closing=(0, 0.0)
        )
        self.assertRollAgrees(*MARCH, self.package, self.liability)

    def test_credits_in_a_foreign_currency_stand_in_the_companys(self):
        dollar = self.env["res.currency"].create(
            {"name": "PBD", "symbol": "P", "rate_ids": [Command.create({"name": "2026-01-01", "rate": 1.2})]}
        )
        self.sell(price=1200.0, currency_id=dollar.id)
        self.visit()
        self.release()
        self.assertCells(
            self.roll(*MARCH)["Ten sessions"],
            sold=(10, 1000.0),
            used=(-1, -100.0),
            closing=(9, 900.0),
            balance=900.0,
            difference=0.0,
        )
        self.assertRollAgrees(*MARCH, self.package, self.liability)

    def test_money_that_no_credit_stands_for_is_a_difference(self):
        self.sell()
        self.env["account.move"].create(
            {
                "journal_id": self.misc.id,
                "date": self.today(),
                "line_ids": [
                    Command.create({"account_id": self.liability.id, "balance": -50.0}),
                    Command.create({"account_id": self.income.id, "balance": 50.0}),
                ],
            }
        ).action_post()
        self.assertCells(self.roll(*MARCH)["Ten sessions"], closing=(10, 1200.0), balance=1250.0, difference=-50.0)
        self.assertCells(self.roll("2026-02-01", "2026-02-28").get("Ten sessions", {"difference": 0.0}), difference=0.0)

    def test_credits_without_balance_post_are_counted(self):
        free = self.make_package("Free", deferred_account_id=False, income_account_id=self.income.id)
        self.sell(product=self.make_product(free, name="Free"))
        rows = self.env["practice.roll.forward"]._report_rows(self.company, date(2026, 3, 1), date(2026, 3, 31))
        [row] = [row for row in rows if row["name"] == "Free"]
        self.assertCells(row, sold=(10, 0.0), closing=(10, 0.0), balance=0.0, difference=0.0)

    def test_its_sums_are_those_of_the_proof(self):
        self.live()
        assert_sums(self)
        for day in (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)):
            [(value, waiting, balance)] = self.env["practice.credit.proof"]._read_group(
                [("date", "<=", day), ("account_id", "=", self.liability.id)],
                [],
                ["value_credits:sum", "to_release:sum", "balance:sum"],
            )
            row = self.roll(day.replace(day=1), day)["Ten sessions"]
            self.assertCells(row, closing_value=value, to_release=waiting, balance=balance)

    def test_each_cell_opens_what_it_is_the_sum_of(self):
        self.live()
        for month in (MARCH, APRIL, MAY):
            line = self.show(*month).filtered(lambda it: it.package_id == self.package)
            for cell in ("opening", *CHANGES, "closing"):
                for unit in self.units(cell):
                    steps = self.cell(line, f"{cell}_{unit}")
                    self.assertEqual(round(sum(steps.mapped(unit)), 2), line[f"{cell}_{unit}"], (month, cell))
            self.assertEqual(sum(self.cell(line, "balance").mapped("balance")), line.balance)
            self.assertEqual(sum(self.cell(line, "to_release").mapped("to_release")), line.to_release)
            self.assertEqual(sum(self.cell(line, "difference").mapped("difference")), line.difference)

    def test_each_movement_opens_the_entry_behind_it(self):
        lot = self.live()
        [march, april] = [
            self.show(*month).filtered(lambda it: it.package_id == self.package) for month in (MARCH, APRIL)
        ]
        used = self.cell(march, "used_value")
        self.assertEqual(
            [step.action_open_source()["res_id"] for step in used],
            used.credit_move_id.release_ids.mapped("move_id").ids,
        )
        sold = self.cell(march, "sold_value")
        self.assertEqual(sold.action_open_source()["res_id"], lot.invoice_id.id)
        refunded = self.cell(april, "refunded_value")
        self.assertEqual(refunded.action_open_source()["res_id"], lot.invoice_id.reversal_move_ids.id)
        self.assertEqual(refunded.patient_id, self.patient)

    def test_the_number_of_queries_does_not_grow_with_packages(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.roll(*MARCH)
            return self.env.cr.sql_log_count - before

        def sell_others(numbers):
            for number in numbers:
                account = self.make_account("liability_current", f"PB {number}")
                package = self.make_package(f"Package {number}", deferred_account_id=account.id)
                self.sell(product=self.make_product(package))

        self.sell()
        sell_others(range(1))
        few = count()
        sell_others(range(1, 9))
        self.assertEqual(count(), few)

    def test_another_company_has_its_own(self):
        self.sell()
        other = self.env["res.company"].create({"name": "PB other"})
        self.assertEqual(self.roll(*MARCH, company=other), {})
        stranger = self.make_stranger(other)
        self.assertEqual(self.roll(*MARCH, user=stranger), {})
        report = self.env["practice.roll.forward"].with_user(stranger)
        with self.assertRaises(AccessError):
            report._get_report_table(self.company, date(2026, 3, 1), date(2026, 3, 31))
        self.assertFalse(
            self.env["practice.roll.step"].with_user(stranger).search([("company_id", "=", self.company.id)])
        )

    def test_accountants_and_administrators_read_it_and_nobody_else(self):
        self.live()
        for user in (self.accountant, self.manager):
            lines = self.show(*MARCH, user=user)
            self.assertTrue(self.cell(lines.filtered(lambda it: it.package_id == self.package), "used_value"))
        for user in (self.front_desk, self.employee, self.portal):
            for model in ("practice.roll.forward", "practice.roll.forward.line", "practice.roll.step"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["practice.roll.forward"].with_user(user)._get_report_xlsx(
                    self.company, date(2026, 3, 1), date(2026, 3, 31)
                )

    def test_a_period_cannot_end_before_it_begins(self):
        with self.assertRaises(ValidationError):
            self.env["practice.roll.forward"].create({"date_from": "2026-03-31", "date_to": "2026-03-01"})

    def test_the_xlsx_file_says_the_same_in_numbers(self):
        self.live()
        content = (
            self.env["practice.roll.forward"]
            .with_user(self.accountant)
            ._get_report_xlsx(self.company, date(2026, 4, 1), date(2026, 4, 30))
        )
        rows = self.sheet(content)
        self.assertEqual([rows[0][0], rows[1][0]], ["Roll-Forward", self.company.name])
        head = rows[5]
        [line] = [row for row in rows[6:] if row[1] == "Ten sessions"]
        found = dict(zip(head, line, strict=True))
        self.assertEqual(
            {name: found[name] for name in ("Opening", "No-show or late", "Refunded", "Closing", "Difference")},
            {"Opening": 960, "No-show or late": -120, "Refunded": -480, "Closing": 360, "Difference": 0},
        )
        self.assertEqual(found["Closing (credits)"], 3)
        total = dict(zip(head, rows[-1], strict=True))
        self.assertEqual(total["Difference"], 0)

    def test_the_printed_report_names_company_and_days(self):
        self.live()
        report = self.env["practice.roll.forward"].with_user(self.accountant)
        html = report._get_report_pdf(self.company, date(2026, 4, 1), date(2026, 4, 30)).decode()
        html = html.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
        for words in (self.company.name, "04/01/2026", "04/30/2026", "Ten sessions", "960.00", "-480.00", "Total"):
            self.assertIn(words, html)


@tagged("post_install", "-at_install")
class TestDownloads(RollMixin, PracticeMixin, HttpCase):
    """What comes out of the buttons, as the browser gets it."""

    def setUp(self):
        super().setUp()
        self.live()
        self.accountant.password = "pb_accountant"
        self.roll_forward = (
            self.env["practice.roll.forward"]
            .with_user(self.accountant)
            .create({"company_id": self.company.id, "date_from": "2026-04-01", "date_to": "2026-04-30"})
        )

    def test_an_accountant_downloads_the_xlsx_file(self):
        self.authenticate("pb_accountant", "pb_accountant")
        response = self.url_open(self.roll_forward.action_xlsx()["url"])
        self.assertEqual(response.status_code, 200)
        self.assertIn("Roll-Forward", response.headers["Content-Disposition"])
        [line] = [row for row in self.sheet(response.content) if row[1] == "Ten sessions"]
        self.assertIn(360, line)

    def test_nobody_else_does(self):
        url = self.roll_forward.action_xlsx()["url"]
        self.front_desk.password = "pb_front_desk"
        self.authenticate("pb_front_desk", "pb_front_desk")
        self.assertEqual(self.url_open(url).status_code, 403)
        self.authenticate("pb_accountant", "pb_accountant")
        self.assertEqual(self.url_open(url.replace("practice.roll.forward", "res.partner")).status_code, 404)
        for junk in (
            "company_id=x&date_to=2026-04-30",
            "company_id=0&date_to=2026-04-30",
            "company_id=1&date_to=x",
            "",
        ):
            self.assertEqual(self.url_open(f"{url.split('?')[0]}?{junk}").status_code, 404)

    def test_the_pdf_has_pages_with_numbers(self):
        report = self.env["practice.roll.forward"].with_context(force_report_rendering=True)
        content = report._get_report_pdf(self.company, date(2026, 4, 1), date(2026, 4, 30))
        pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
        self.assertEqual(len(pages), 2, "credits, and money on a page of its own")
        for words in ("Roll-Forward", self.company.name, "04/30/2026", "Ten sessions", "Page 1 / 2"):
            self.assertIn(words, pages[0])
        for words in ("960.00", "120.00", "480.00", "360.00", "Page 2 / 2"):
            self.assertIn(words, pages[1])
