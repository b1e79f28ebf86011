"""A patient is forgotten everywhere, and the books stay whole; what is kept can be handed out."""

import base64
import io
import json
import re
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common.direct_debit import DirectDebitMixin
from ..common.imports import ImportMixin
from ..common.practice import PracticeCase

MARK = "Vergeetmij"

#: Documents and journal items of the books keep what was written on them; files of documents lie outside the database.
KEPT = {
    *("account_move", "account_move_line", "account_payment", "account_bank_statement_line"),
    # A numbered document, as it was issued.
    "practice_care_statement",
}


@tagged("post_install", "-at_install")
class TestForget(DirectDebitMixin, ImportMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.make_staff()
        # As people work: tracked, followed, noted.
        self.env = self.env(context={"no_mail_to_attendees": True, "no_reset_password": True})
        self.paula = self.env["res.partner"].create(
            {
                "name": f"{MARK} Paula",
                "email": "vergeetmij@example.com",
                "phone": "+32 470 99 88 77",
                "street": "Vergeetmijstraat 7",
                "comment": f"<p>{MARK}: knows the owner</p>",
                "child_ids": [
                    Command.create({"name": f"{MARK} at work", "type": "invoice", "email": "vergeetmij@work.example"})
                ],
            }
        )
        self.login = new_test_user(self.env, "vergeetmij", "base.group_portal", name="x", email="x@example.com")
        self.login.partner_id = self.paula
        self.child = self.make_patient("Child", practice_representative_ids=self.paula.ids)
        self.invoice_paula = self.invoice(self.paula)
        self.pay(self.invoice_paula)
        self.lot = self.lot_of(self.invoice_paula)
        self.visit_paula()

    def visit_paula(self):
        event = self.plan(self.paula, name=f"{MARK} intake", description=f"<p>{MARK} slaapt slecht</p>", location=MARK)
        event.message_post(  # pylint: disable=translation-required
            body=f"{MARK} belt terug", attachments=[(f"{MARK}.txt", MARK.encode())], author_id=self.paula.id
        )
        self.paula.message_post(body=f"{MARK} called", subject=MARK)  # pylint: disable=translation-required
        self.invoice_paula.message_post(  # pylint: disable=translation-required
            body=f"Dear {MARK}", partner_ids=self.paula.ids, message_type="comment"
        )
        self.lot.note = f"{MARK} pays late"
        self.lot.message_post(body=f"{MARK} asked")  # pylint: disable=translation-required
        event.practice_next_note = f"{MARK} vraagt rust"
        event.practice_overrule_reason = f"{MARK} kon niet anders"
        self.happen(event)
        late = self.plan(self.paula, start=self.at(hours=1))
        late._practice_cancel_planned(reason=f"{MARK} was ill", give_back=True, notify=False)
        event.patient_id = self.paula
        self.env["payment.transaction"].create(
            {
                "provider_id": self.env["payment.provider"].search([], limit=1).id,
                "payment_method_id": self.env["payment.method"].search([], limit=1).id,
                "reference": "X-1",
                "amount": 1.0,
                "currency_id": self.currency.id,
                "partner_id": self.paula.id,
            }
        )
        self.event = event
        self.arrange()
        self.import_paula()
        self.receive_voucher()
        self.setup_direct_debit()
        self.mandate = self.sign(self.paula, holder=f"{MARK} Paula", address=MARK)
        self.mandate._document()
        self.mandate.message_post(body=f"{MARK} called the bank")  # pylint: disable=translation-required

    def arrange(self):
        """An insurer pays some of it back; the patient pays for the child."""
        self.paula.practice_insurance_number = f"{MARK} 85.07.30"
        insurer = self.env["res.partner"].create({"name": "Insurer", "is_company": True})
        vals = {"percentage": 50.0, "date_from": "2026-01-01", "needs_numbers": False, "reference": f"{MARK} policy"}
        paid, _pays = self.env["practice.payer.arrangement"].create(
            [
                {**vals, "patient_id": self.paula.id, "payer_id": insurer.id},
                {**vals, "patient_id": self.child.id, "payer_id": self.paula.id},
            ]
        )
        paid.message_post(body=f"{MARK} asked her insurer")  # pylint: disable=translation-required
        self.care_statement = paid._make_until(self.today())

    def import_paula(self):
        """Import a file that names the patient, with a problem that repeats it, and one that does not."""
        self.data_import, self.of_others = (
            self.bring("patient", rows)
            for rows in (
                [
                    (f"{MARK} 12", f"{MARK} Paula", "vergeetmij@example.com"),
                    (f"{MARK} 13", "Other", f"{MARK} has none"),
                ],
                [("P-77", "Other", "nowhere")],
            )
        )
        self.assertEqual((self.data_import.unchanged_count, self.data_import.refused_count), (1, 1))
        self.bring("credit", [(f"{MARK} c", f"{MARK} 12", "Ten sessions", 1)])

    def receive_voucher(self):
        """Redeem what somebody else gave, and give it back by a refund."""
        said = {"receiver_name": f"{MARK} P.", "receiver_email": "vergeetmij@example.com", "message": f"For {MARK}"}
        gift = self.invoice(self.child, line={"practice_voucher_ids": [Command.create(said)]})
        self.pay(gift)
        self.voucher = gift.practice_voucher_ids
        self.voucher.message_post(body=f"{MARK} lost the card")  # pylint: disable=translation-required
        self.voucher._send()
        self.voucher._redeem(self.paula, at="desk")
        self.credit_note(gift)

    def settle(self):
        """Refund what is left, so that nothing stands in the way."""
        refund = self.credit_note(self.invoice_paula, quantity=0.9)
        self.pay(refund)
        self.env["practice.credit.import"].search([("partner_id", "=", self.paula.id)]).action_undo()

    def get_facts(self):
        """Return what the books know of the patient."""
        moves = self.lot.move_ids.sorted("id")
        return [
            records.read(names, load=None)
            for records, names in (
                (self.lot, ["credits_total", "credits_used", "credits_refunded", "value_total", "value_open", "state"]),
                (moves, ["kind", "credits", "value", "date", "event_id", "partner_id"]),
                (self.invoice_paula.line_ids.sorted("id"), ["balance", "partner_id", "account_id", "date", "name"]),
                (moves.release_ids.sorted("id"), ["amount", "date", "move_id", "partner_id"]),
            )
        ]

    def open_dialog(self, user):
        return self.env["practice.patient.forget"].with_user(user).create({"partner_id": self.paula.id})

    def forget(self, user=None):
        self.env.flush_all()
        self.paula.with_user(user or self.manager)._practice_forget()
        self.env.flush_all()
        self.env.invalidate_all()

    def assertRefused(self, words):
        return self.assertRaisesRegex(UserError, re.escape(words))

    def find_mark(self):
        """Return where in the database the patient can still be read."""
        columns = self.query(
            """SELECT c.table_name, c.column_name FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                 AND c.data_type IN ('character varying', 'text', 'jsonb')"""
        )
        found = []
        for table, column in columns:
            [(count,)] = self.query(
                f"""SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE '%%vergeetmij%%'
                    OR "{column}"::text LIKE '%%99 88 77%%'"""
            )
            if count:
                found.append(f"{table}.{column}: {count}")
        return found

    def test_nothing_of_the_patient_can_be_read_any_more(self):
        self.settle()
        self.assertGreater(len(self.find_mark()), 15)
        self.forget()
        self.assertEqual([it for it in self.find_mark() if it.split(".")[0] not in KEPT], [])
        self.assertFalse(self.paula.active or self.login.active or self.child.practice_representative_ids)
        self.assertIn(str(self.paula.id), self.paula.name)
        self.assertEqual(self.event.name, self.type.name)
        self.assertFalse(self.paula.practice_insurance_number)
        self.assertFalse(self.env["practice.payer.arrangement"].search([]))

    def test_statements_for_payers_stay_as_they_were_issued(self):
        self.settle()
        self.forget()
        self.assertFalse(self.care_statement.arrangement_id)
        self.assertEqual(self.care_statement.patient_name, f"{MARK} Paula")
        self.assertIn(MARK, self.care_statement.insurance_number)

    def test_the_books_stay_whole(self):
        self.settle()
        before = self.get_facts()
        self.forget()
        self.assertEqual(self.get_facts(), before)
        self.assertBooksAgree()

    def test_invoices_keep_the_pdf_that_the_law_demands(self):
        self.settle()
        self.assertFalse(self.invoice_paula.invoice_pdf_report_id)
        self.forget()
        refund = self.invoice_paula.reversal_move_ids
        for move in self.invoice_paula | refund:
            self.assertTrue(move.invoice_pdf_report_id.raw)
        self.assertFalse(self.env["mail.mail"].search([("recipient_ids", "in", self.paula.ids)]))

    def test_it_is_refused_while_something_is_open(self):
        self.plan(self.paula, start=self.at(days=9))
        draft = self.invoice(self.paula, post=False)
        with self.assertRefused("10 (purchases: 2)"):
            self.forget()
        obstacles = "\n".join(self.paula.with_user(self.manager)._practice_find_forget_obstacles())
        self.assertIn("still planned: 1", obstacles)
        self.assertIn(draft.display_name, obstacles)
        self.assertEqual(self.paula.phone, "+32 470 99 88 77")

    def test_a_mandate_is_kept_as_long_as_a_collection_can_be_returned(self):
        self.settle()
        batch = self.make_debit(self.paula).provider_id._practice_make_sepa_files()
        with self.assertRefused(self.mandate.name):
            self.forget()
        batch.action_cancel()
        self.forget()
        self.assertEqual((self.mandate.state, self.mandate.holder), ("revoked", "Anonymised"))
        self.assertFalse(self.mandate.document_id or self.mandate.text)

    def test_only_administrators_forget(self):
        self.settle()
        for user in (self.front_desk, self.accountant, self.employee, self.login):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.forget(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.open_dialog(user).action_export()

    def test_files_that_name_the_patient_are_emptied_and_others_stay(self):
        self.settle()
        self.assertTrue(self.data_import.file)
        self.forget()
        self.assertFalse(self.data_import.file or self.data_import.problem_ids)
        self.assertEqual((self.data_import.state, self.data_import.unchanged_count), ("done", 1))
        self.assertTrue(self.of_others.file and self.of_others.problem_ids)
        self.assertFalse(self.env["practice.import.key"].search([("partner_id", "=", self.paula.id)]))

    def test_it_waits_for_a_file_that_is_being_imported(self):
        self.settle()
        again = self.upload("patient", [("P-5", f"{MARK} Paula")])
        again.action_check()
        with self.assertRaisesRegex(UserError, "is being imported"):
            self.forget()
        self.run_import()
        self.forget()
        self.assertEqual((again.state, again.file), ("draft", False))

    def test_staff_and_whoever_is_a_practitioner_are_not_forgotten(self):
        with self.assertRefused("logs in as staff"):
            self.front_desk.partner_id.with_user(self.manager)._practice_forget()

    def test_records_of_another_company_are_not_forgotten_behind_its_back(self):
        self.settle()
        other = self.env["res.company"].create({"name": "PB other"})
        income = self.env["account.account"].with_company(other)
        income = income.create({"name": "Theirs", "code": "7X", "account_type": "income", "company_ids": other.ids})
        package = self.env["practice.package"].create(
            {"name": "Theirs", "company_id": other.id, "internal_rate": 1.0, "income_account_id": income.id}
        )
        self.give(self.paula, package_id=package.id, company_id=other.id)
        with self.assertRefused("PB other"):
            self.forget()

    def test_what_is_kept_can_be_handed_out(self):
        wizard = self.open_dialog(self.manager)
        self.assertIn("Credits that are open", wizard.obstacles)
        self.assertEqual(wizard.action_export()["type"], "ir.actions.act_url")
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(wizard.export))) as archive:
            rows = json.loads(archive.read("patient.json"))
            names = archive.namelist()
        self.assertTrue({"res.partner", "calendar.event", "practice.credit.lot", "practice.credit.move"} <= set(rows))
        text = json.dumps(rows, ensure_ascii=False)
        for words in ("slaapt slecht", "belt terug", "pays late", "was ill", self.invoice_paula.name):
            self.assertIn(words, text)
        self.assertTrue(any(name.endswith(f"{MARK}.txt") for name in names))
