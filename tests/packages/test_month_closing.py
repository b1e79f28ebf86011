"""Closing a month: what is checked, what is frozen, and what later corrections change."""

import json
from datetime import date, datetime

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.proof import ProofCase
from ..common.reports import ReportsMixin
from ..common.vat import VatMixin


class ClosingCase(VatMixin, ReportsMixin, ProofCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.closings = cls.env["practice.month.closing"].with_user(cls.accountant)

    def setUp(self):
        super().setUp()
        self.lot = self.sell()
        self.used = self.visit()
        self.release()
        self.travel(datetime(2026, 4, 2, 9, 0))

    def make(self, month="2026-03-01", **vals):
        return self.closings.create({"month": month, **vals})

    def close(self, reason=None):
        """Close March; return the closing."""
        closing = self.make()
        closing._close(reason)
        return closing

    def found(self, closing):
        """Return ``{name of a check: count}`` of those that found something, as they are now."""
        closing.invalidate_recordset()
        return {check.name: check.count for check in closing._get_failed_checks()}

    def changes(self, closing):
        closing.invalidate_recordset()
        return closing.changes and str(closing.changes).replace("\N{NO-BREAK SPACE}", " ")

    def money(self, closing, label, before, now):
        """Return how a change of an amount is said."""
        before, now = (closing._format(amount).replace("\N{NO-BREAK SPACE}", " ") for amount in (before, now))
        return f"{label} {before}, now {now}"

    def run_compare(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_compare_closings").method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestChecks(ClosingCase):
    def opened(self, action):
        """Return the records that an action shows."""
        return self.env[action["res_model"]].with_context(**action["context"]).search(action["domain"])

    def test_a_month_in_order_has_nothing_to_mend(self):
        self.assertEqual(self.found(self.make()), {})

    def test_a_difference(self):
        self.travel(datetime(2026, 3, 20, 9, 0))
        stray = self.entry((self.liability, 12.5, self.package, self.bert))
        self.travel(datetime(2026, 4, 2, 9, 0))
        closing = self.make()
        self.assertEqual((self.found(closing), closing.difference_count), ({"difference": 1}, 1))
        self.assertEqual(self.opened(closing.action_open_differences()).line_id.move_id, stray)
        self.assertEqual(self.found(self.make("2026-02-01")), {})

    def test_visits_that_are_not_released(self):
        self.visit(start=datetime(2026, 3, 30, 9, 0))
        closing = self.make()
        self.assertEqual((self.found(closing), closing.release_count), ({"release": 1}, 1))
        self.assertEqual(self.opened(closing.action_open_releases()).amount, 120.0)
        self.assertIn("120.00", str(closing.checks))
        self.release()
        self.assertEqual(self.found(closing), {})

    def test_visits_that_nobody_marked(self):
        for start in (datetime(2026, 3, 31, 21, 0), datetime(2026, 3, 31, 22, 0)):
            event = self.plan(start=start)
            event.stop = start.replace(minute=30)  # in Brussels: 23:30 of the last day, and 0:30 of the next
        closing = self.make()
        self.assertEqual((self.found(closing), closing.unmarked_count), ({"unmarked": 1}, 1))
        action = closing.action_open_unmarked()
        found = self.env["calendar.event"].with_user(self.front_desk).search(action["domain"])
        self.assertEqual(found.start, datetime(2026, 3, 31, 21, 0))

    def test_credits_that_are_unpaid_for_months(self):
        invoice = self.invoice(self.bert)
        closing = self.make()
        self.assertEqual(self.found(closing), {})
        self.travel(datetime(2026, 8, 1, 9, 0))
        july = self.make("2026-07-01")
        self.assertEqual((self.found(july), july.unpaid_count), ({"unpaid": 1}, 1))
        action = july.action_open_unpaid()
        self.assertEqual(action["context"]["search_default_pending"], 1)
        rows = self.opened(action).filtered("is_pending")
        self.assertEqual((rows.invoice_id, rows.value_unpaid), (invoice, 1200.0))
        self.pay(invoice)
        self.assertEqual(self.found(july), {"unpaid": 1}, "it was not paid at the end of July")
        self.assertEqual(self.found(self.make("2026-08-01")), {})

    def test_drafts_of_the_month(self):
        draft = self.invoice(post=False, invoice_date="2026-03-31")
        self.invoice(post=False, invoice_date="2026-04-01")
        plain = self.env["product.product"].create({"name": "Plain"})
        self.invoice(product=plain, price=10.0, post=False, invoice_date="2026-03-31")
        note = self.credit_note(self.lot.invoice_id, 0.1, post=False, invoice_date="2026-03-31", date="2026-03-31")
        closing = self.make()
        self.assertEqual((self.found(closing), closing.draft_count), ({"draft": 2}, 2))
        self.assertEqual(self.opened(closing.action_open_drafts()), draft + note)

    def test_vat_of_visits_that_is_not_invoiced_or_not_on_its_account(self):
        self.setup_vat()
        lot = {"origin": "import", "partner_id": self.patient.id, "payer_id": self.patient.id, "credits": 1}
        lot |= {"package_id": self.card.id, "company_id": self.company.id, "date": date(2026, 3, 1), "value": 120.0}
        self.env["practice.credit.lot"]._grant([{**lot, "deferred_account_id": self.liability.id}])
        closing = self.make()
        self.assertNotIn("vat", self.found(closing))
        self.plan(appointment_type=self.fitness, start=self.at(days=-5)).attendance = "attended"
        self.release()
        self.assertEqual(self.found(closing)["vat"], 1)
        self.assertIn("20.83", str(closing.checks))
        self.invoice_visits()
        self.assertNotIn("vat", self.found(closing))
        self.assertIn("are invoiced", str(closing.checks))
        self.query("UPDATE practice_revenue_release SET tax_amount = 20.82 WHERE tax_amount = 20.83 RETURNING id")
        self.query("UPDATE account_move SET practice_vat_document_id = NULL RETURNING id")
        self.env.invalidate_all()
        self.assertEqual(self.found(closing)["vat"], 1)
        self.assertIn("holds", str(closing.checks))
        self.assertEqual(closing.action_open_vat()["res_model"], "account.move.line")

    def test_another_company_is_not_looked_at(self):
        self.invoice(post=False, invoice_date="2026-03-31")
        other = self.env["res.company"].create({"name": "PB other"})
        self.accountant.company_ids += other
        closing = self.closings.with_context(allowed_company_ids=[other.id]).create({"month": "2026-03-01"})
        self.assertEqual(closing.company_id, other)
        self.assertEqual(self.found(closing), {})


@tagged("post_install", "-at_install")
class TestClosing(ClosingCase):
    def test_closing_freezes_each_report_as_pdf_and_xlsx(self):
        closing = self.close()
        self.assertEqual((closing.state, closing.closed_by_id), ("closed", self.accountant))
        reports = [it for it in self.env["practice.books.report"]._get_books_reports() if it._report_is_frozen]
        self.assertGreaterEqual(len(reports), 2)
        self.assertEqual(
            set(closing.file_ids.mapped("name")),
            {
                report._get_report_filename(self.company, date(2026, 3, 1), date(2026, 3, 31), extension)
                for report in reports
                for extension in ("pdf", "xlsx")
            },
        )
        [roll] = closing.file_ids.filtered(lambda it: it.name.startswith("Roll") and it.name.endswith("xlsx"))
        rows = self.sheet(roll.raw)
        [line] = [dict(zip(rows[5], row, strict=True)) for row in rows[6:] if row[1] == "Ten sessions"]
        self.assertEqual((line["Sold or given"], line["Used"], line["Closing"]), (1200, -120, 1080))
        self.assertEqual(closing.message_ids[:1].attachment_ids, closing.file_ids)

    def test_a_failed_check_asks_first_and_is_named(self):
        self.invoice(post=False, invoice_date="2026-03-31")
        closing = self.make()
        action = closing.action_close()
        self.assertEqual(closing.state, "open")
        dialog = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        dialog = dialog.create({"reason": "It is of April"})
        self.assertIn("drafts", str(dialog.failed))
        dialog.action_close()
        self.assertEqual(closing.state, "closed")
        said = str(closing.message_ids[:1].body)
        self.assertIn("It is of April", said)
        self.assertIn("Invoices and credit notes of the month that are drafts: 1.", said)

    def test_it_is_never_closed_silently_with_a_failed_check(self):
        self.invoice(post=False, invoice_date="2026-03-31")
        closing = self.make()
        for reason in (None, "", "  "):
            with self.assertRaisesRegex(UserError, "that are drafts"):
                closing._close(reason)

    def test_without_failed_checks_it_is_closed_at_once(self):
        closing = self.make()
        self.assertFalse(closing.action_close())
        self.assertEqual(closing.state, "closed")

    def test_a_month_that_is_not_over_stays_open(self):
        with self.assertRaisesRegex(UserError, "is not over"):
            self.make("2026-04-15").action_close()

    def test_a_month_has_one_closing(self):
        self.make("2026-03-31")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.make("2026-03-01")

    def test_the_next_month_that_is_over_is_proposed(self):
        self.assertEqual(self.closings.create({}).month, date(2026, 3, 1))
        self.assertFalse(self.closings.new().month)
        self.travel(datetime(2026, 6, 10, 9, 0))
        self.assertEqual(self.closings.create({}).month, date(2026, 4, 1))
        self.assertEqual(self.closings.create({}).month, date(2026, 5, 1))
        self.assertFalse(self.closings.new().month)

    def test_reopening_wants_a_reason_and_keeps_what_was_frozen(self):
        closing = self.close()
        files = closing.file_ids
        action = closing.action_reopen()
        dialog = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        with self.assertRaises(UserError):
            closing._reopen(" ")
        dialog.create({"reason": "Forgot a visit"}).action_reopen()
        self.assertEqual(closing.state, "open")
        self.assertIn("Forgot a visit", str(closing.message_ids[:1].body))
        closing._close()
        self.assertEqual(closing.file_ids & files, files)
        self.assertEqual(len(closing.file_ids), 2 * len(files))
        self.assertEqual(len(set(closing.file_ids.mapped("name"))), 2 * len(files))

    def test_frozen_reports_are_not_changed_nor_deleted(self):
        closing = self.close()
        for files in (closing.file_ids[:1], closing.file_ids[:1].with_user(self.accountant).sudo()):
            with self.assertRaisesRegex(UserError, "was frozen"):
                files.unlink()
            with self.assertRaisesRegex(UserError, "was frozen"):
                files.raw = b"other"
        with self.assertRaises(UserError):
            closing.unlink()
        with self.assertRaises(UserError):
            closing.month = "2026-02-01"
        note = self.env["ir.attachment"].create(
            {"name": "note", "raw": b"x", "res_model": closing._name, "res_id": closing.id}
        )
        note.unlink()

    def test_who_may_close(self):
        closing = self.make()
        for user in (self.manager, self.front_desk, self.employee):
            with self.assertRaises(AccessError):
                closing.with_user(user).action_close()
            with self.assertRaises(AccessError):
                self.env["practice.month.closing"].with_user(user).create({"month": "2026-01-01"})
        for name, value in (("state", "closed"), ("frozen", {}), ("is_changed", True), ("closed_checks", "fine")):
            with self.assertRaises(AccessError):
                closing[name] = value
            with self.assertRaises(AccessError):
                self.closings.create({"month": "2026-01-01", name: value})
        self.assertEqual(closing.with_user(self.manager).name, "March 2026")
        self.assertTrue(closing.with_user(self.manager).checks)
        reader = new_test_user(self.env, "pb_reader", "account.group_account_readonly")
        self.assertTrue(closing.with_user(reader).checks)
        with self.assertRaises(AccessError):
            closing.with_user(reader).action_close()

    def test_another_company_does_not_see_it(self):
        closing = self.close()
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other)
        with self.assertRaises(AccessError):
            closing.with_user(stranger).read(["state"])
        with self.assertRaises(AccessError):
            closing.file_ids[:1].with_user(stranger).read(["raw"])

    def test_lock_dates_are_offered_only_where_they_are(self):
        closing = self.make()
        dialogs = [model for model in ("account.change.lock.date", "account.update.lock_date") if model in self.env]
        self.assertEqual(closing.can_lock, bool(dialogs))


@tagged("post_install", "-at_install")
class TestChanges(ClosingCase):
    def test_what_happens_later_changes_nothing(self):
        closing = self.close()
        self.visit()
        self.sell(self.bert)
        self.release()
        self.assertFalse(self.changes(closing))
        self.assertFalse(closing.is_changed_now)

    def test_a_visit_of_the_month_that_is_corrected_in_it(self):
        closing = self.close()
        self.travel(days=1)
        self.used.attendance = "cancelled"
        self.release()
        said = self.changes(closing)
        self.assertTrue(closing.is_changed_now)
        for words in (
            "Ten sessions",
            "Corrected (credits) 0, now 1",
            self.money(closing, "Closing", 1080.0, 1200.0),
            self.money(closing, "Balance of account", 1080.0, 1200.0),
            "new in the month",
        ):
            self.assertIn(words, said)
        entry = self.lot.move_ids.release_ids.sorted("id")[-1:].move_id
        self.assertIn(entry.name, said)
        action = closing.action_open_changes()
        steps = self.env["practice.roll.step"].search(action["domain"])
        self.assertIn("corrected", steps.mapped("cell"))

    def test_a_correction_in_the_open_month_does_not_change_the_closed_one(self):
        closing = self.close()
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        self.used.attendance = "cancelled"
        self.release()
        self.assertFalse(self.changes(closing))

    def test_an_invoice_that_is_undone_is_gone(self):
        invoice = self.invoice(self.bert, invoice_date="2026-03-20")
        closing = self.close()
        invoice.button_draft()
        said = self.changes(closing)
        self.assertIn(self.money(closing, "Sold or given", 2400.0, 1200.0), said)
        self.assertIn("no longer in the month", said)
        self.assertIn(invoice.name, said)
        invoice.action_post()
        self.assertFalse(self.changes(closing), "as it was")

    def test_a_package_of_which_nothing_was_known(self):
        closing = self.close()
        account = self.make_account("liability_current", "PB late")
        late = self.make_package("Late", deferred_account_id=account.id)
        self.invoice(product=self.make_product(late), invoice_date="2026-03-30")
        said = self.changes(closing)
        self.assertIn("Late", said)
        self.assertIn("Sold or given (credits) 0, now 10", said)
        self.assertNotIn("Ten sessions", said)

    def test_a_correction_before_the_month_is_said_so(self):
        closing = self.close()
        self.invoice(self.bert, invoice_date="2026-02-20")
        said = self.changes(closing)
        self.assertIn("something of before it was corrected", said)
        steps = self.env["practice.roll.step"].search(closing.action_open_changes()["domain"])
        self.assertEqual(set(steps.mapped("cell")), {"sold", "account"})
        self.assertEqual(set(steps.mapped("date")), {date(2026, 2, 20)})

    def test_what_was_frozen_is_plain_json(self):
        closing = self.close()
        self.assertEqual(json.loads(json.dumps(closing.frozen)), closing.frozen)
        [row] = [row for row in closing.frozen["practice.roll.forward"]["rows"] if "Ten sessions" in row["name"]]
        self.assertEqual(row["numbers"]["closing_value"], 1080.0)

    def test_each_night_the_accountant_is_told_of_a_change_until_it_is_mended(self):
        closing = self.close()
        closing.user_id = self.accountant
        self.travel(days=1)
        self.run_compare()
        self.assertEqual((closing.is_changed, closing.compare_date), (False, self.today()))
        self.assertFalse(closing.activity_ids)
        late = self.invoice(self.bert, invoice_date="2026-03-20")
        self.travel(days=1)
        self.run_compare()
        activity = closing.activity_ids
        self.assertEqual((closing.is_changed, activity.user_id), (True, self.accountant))
        self.assertIn(late.name, activity.note)
        self.travel(days=1)
        self.run_compare()
        self.assertEqual(closing.activity_ids, activity, "once")
        late.button_draft()
        self.travel(days=1)
        self.run_compare()
        self.assertFalse(closing.is_changed or closing.activity_ids)

    def test_reopening_takes_the_activity_away(self):
        closing = self.close()
        self.invoice(self.bert, invoice_date="2026-03-20")
        self.run_compare()
        self.assertTrue(closing.activity_ids)
        closing._reopen("It belongs to March")
        self.assertFalse(closing.activity_ids or closing.is_changed)
        closing._close()
        self.assertFalse(self.changes(closing))
