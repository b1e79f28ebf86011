"""Open credits at a date: per purchase, with age and what is not paid; in total what the roll-forward closes with."""

from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import PracticeCase
from ..common.reports import ReportsMixin


@tagged("post_install", "-at_install")
class TestOpenCredits(ReportsMixin, PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.bert = cls.make_patient("Bert Claes")

    def open(self, day, *domain):
        """Return the rows at a date."""
        at_date = self.env["practice.open.credit"].with_context(practice_open_date=day)
        at_date.invalidate_model()  # as a new request reads it
        return at_date.search([("company_id", "=", self.company.id), ("package_id", "=", self.package.id), *domain])

    def assertTotalIsTheClosing(self, *days):
        for day in days:
            rows = self.open(day)
            closing = self.roll(day[:8] + "01", day).get("Ten sessions", {"closing_credits": 0, "closing_value": 0.0})
            self.assertEqual(sum(rows.mapped("credits")), closing["closing_credits"], day)
            self.assertEqual(round(sum(rows.mapped("value")), 2), closing["closing_value"], day)

    def test_what_was_open_on_each_day_can_be_asked_later(self):
        lot = self.sell()
        self.visit(start=datetime(2026, 3, 12, 9, 0))
        self.sell(self.bert)
        self.visit(start=datetime(2026, 4, 7, 9, 0))
        self.credit_note(lot.invoice_id, 0.4)
        self.travel(datetime(2027, 5, 1, 9, 0))
        found = {
            day: [(row.credits, row.value, row.used_date, row.age) for row in self.open(day, ("lot_id", "=", lot.id))]
            for day in ("2026-03-10", "2026-03-11", "2026-03-12", "2026-04-07", "2026-09-11", "2027-04-30")
        }
        self.assertEqual(
            found,
            {
                "2026-03-10": [],
                "2026-03-11": [(10, 1200.0, False, "0_3")],
                "2026-03-12": [(9, 1080.0, date(2026, 3, 12), "0_3")],
                "2026-04-07": [(4, 480.0, date(2026, 4, 7), "0_3")],
                "2026-09-11": [(4, 480.0, date(2026, 4, 7), "6_12")],
                "2027-04-30": [(4, 480.0, date(2026, 4, 7), "12_24")],
            },
        )
        self.assertTotalIsTheClosing("2026-03-11", "2026-03-31", "2026-04-07", "2027-04-30")

    def test_ages_end_on_the_day_of_the_month(self):
        self.sell()
        days = {"2026-06-10": "0_3", "2026-06-11": "3_6", "2026-09-10": "3_6", "2027-03-10": "6_12"}
        days |= {"2027-03-11": "12_24", "2028-03-10": "12_24", "2028-03-11": "24_"}
        self.assertEqual({day: self.open(day).age for day in days}, days)

    def test_what_is_used_up_is_not_open(self):
        lot = self.give(self.patient, credits=1)
        self.visit()
        self.assertFalse(self.open("2026-03-31", ("lot_id", "=", lot.id)))
        self.assertEqual(self.open("2026-03-11", ("lot_id", "=", lot.id)).credits, 1)

    def unpaid(self, day, invoice):
        row = self.open(day, ("invoice_id", "=", invoice.id))
        return row.value, row.value_unpaid, row.is_pending

    def test_what_is_not_paid_at_the_date(self):
        invoice = self.invoice()
        self.travel(datetime(2026, 3, 20, 9, 0))
        self.pay(invoice, 400.0)
        self.travel(datetime(2026, 4, 2, 9, 0))
        self.pay(invoice)
        self.assertEqual(self.unpaid("2026-03-19", invoice), (1200.0, 1200.0, True))
        self.assertEqual(self.unpaid("2026-03-31", invoice), (1200.0, 800.0, True))
        self.assertEqual(self.unpaid("2026-04-02", invoice), (1200.0, 0.0, False))

    def test_what_is_not_paid_has_no_tax_in_it_and_never_more_than_is_open(self):
        self.product.taxes_id = self.make_tax()
        invoice = self.invoice(price=1210.0)
        self.assertEqual(self.unpaid("2026-03-11", invoice), (1000.0, 1000.0, True))
        self.pay(invoice, 605.0)
        self.assertEqual(self.unpaid("2026-03-11", invoice), (1000.0, 500.0, True))
        self.credit_note(invoice, 0.8)
        self.assertEqual(self.unpaid("2026-03-11", invoice)[0], 200.0)
        self.assertLessEqual(self.unpaid("2026-03-11", invoice)[1], 200.0)

    def test_a_credit_note_on_an_unpaid_invoice_leaves_the_rest_unpaid(self):
        invoice = self.invoice()
        note = self.credit_note(invoice, 0.4)
        owed = (invoice + note).line_ids.filtered(lambda it: it.account_type == "asset_receivable")
        owed.reconcile()
        self.assertEqual(self.unpaid("2026-03-11", invoice), (720.0, 720.0, True))

    def test_credits_in_a_foreign_currency_are_half_paid(self):
        dollar = self.env["res.currency"].create(
            {"name": "PBD", "symbol": "P", "rate_ids": [Command.create({"name": "2026-01-01", "rate": 1.2})]}
        )
        invoice = self.invoice(price=1200.0, currency_id=dollar.id)
        self.pay(invoice, 600.0, currency_id=dollar.id)
        self.assertEqual(self.unpaid("2026-03-11", invoice), (1000.0, 500.0, True))

    def test_imported_credits_are_never_unpaid(self):
        lot = self.give(self.patient, value=375.0, deferred_account_id=self.liability.id, origin="import")
        row = self.open("2026-03-11", ("lot_id", "=", lot.id))
        self.assertEqual((row.value, row.value_unpaid, row.is_pending), (375.0, 0.0, False))

    def test_two_dates_do_not_mix_in_one_request(self):
        self.sell()
        march, april = self.open("2026-03-31"), self.open("2026-04-30")
        self.visit(start=datetime(2026, 4, 7, 9, 0))
        (march + april).invalidate_recordset()
        self.assertNotEqual(march, april)
        self.assertEqual((self.open("2026-03-31").credits, self.open("2026-04-30").credits), (10, 9))

    def test_the_number_of_queries_does_not_grow_with_purchases(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["practice.open.credit"]._report_rows(self.company, None, date(2026, 3, 31))
            return self.env.cr.sql_log_count - before

        self.sell()
        self.sell(self.bert)
        few = count()
        for _number in range(8):
            self.sell(self.make_patient("Carla Maes"))
        self.assertEqual(count(), few)

    def test_the_dialog_opens_the_date(self):
        self.sell()
        dialog = self.env["practice.open.credit.date"].with_user(self.accountant).create({"date": "2026-03-31"})
        action = dialog.action_open()
        rows = dialog.env[action["res_model"]].with_context(**action["context"]).search(action["domain"])
        self.assertEqual(set(rows.mapped("date")), {date(2026, 3, 31)})
        self.assertIn("03/31/2026", action["display_name"])
        self.assertEqual(rows[0].action_open_source()["res_id"], rows[0].lot_id.id)

    def test_the_xlsx_file_has_days_and_numbers(self):
        self.sell()
        content = self.env["practice.open.credit"]._get_report_xlsx(self.company, None, date(2026, 3, 31))
        rows = self.sheet(content)
        [line] = [row for row in rows[6:] if row[0] == "An Peeters"]
        found = dict(zip(rows[5], line, strict=True))
        self.assertEqual((found["Sold On"], found["Open Credits"], found["Not Paid"]), (datetime(2026, 3, 11), 10, 0))

    def test_accountants_and_administrators_read_it_of_their_companies(self):
        lot = self.sell()
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other)
        rows = self.env["practice.open.credit"]
        for user in (self.accountant, self.manager):
            self.assertTrue(rows.with_user(user).search([("lot_id", "=", lot.id)]).value)
        self.assertFalse(rows.with_user(stranger).search([("lot_id", "=", lot.id)]))
        for user in (self.front_desk, self.employee, self.portal):
            with self.assertRaises(AccessError):
                rows.with_user(user).search([])
