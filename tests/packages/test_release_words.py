"""Entries of releases explain themselves, and cannot be reversed or changed behind the back of their visits."""

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.releases import ReleaseCase


@tagged("post_install", "-at_install")
class TestWords(ReleaseCase):
    def labels(self, entry, account=None):
        lines = entry.line_ids.filtered(lambda it: it.account_id == (account or self.income))
        return sorted(lines.mapped("name"))

    def test_the_reference_names_the_month(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        self.assertEqual(release.move_id.ref, "Revenue release, March 2026")

    def test_a_line_says_what_when_and_how_much(self):
        self.sell()
        release = self.past_visit()
        self.past_visit()
        self.run_release()
        self.assertEqual(self.labels(release.move_id), ["Ten sessions, 03/10/2026: visits 2, credits used 2"])
        self.assertEqual(self.labels(release.move_id, self.liability), self.labels(release.move_id))

    def test_what_was_used_and_what_was_lost_are_on_lines_of_their_own(self):
        self.sell()
        release = self.past_visit()
        event = self.plan(start=self.at(days=-1))
        event.attendance = "no_show"
        self.run_release()
        self.assertEqual(self.labels(release.move_id), ["Ten sessions, 03/10/2026: visits 1, credits used 1"])
        self.assertEqual(
            self.labels(release.move_id, self.breakage),
            ["Ten sessions, 03/10/2026: no-show or late 1, credits lost 1"],
        )

    def test_they_share_a_line_when_they_share_an_account(self):
        self.package.breakage_account_id = False
        self.sell()
        release = self.past_visit()
        self.plan(start=self.at(days=-1)).attendance = "no_show"
        self.run_release()
        self.assertEqual(len(release.move_id.line_ids), 2)
        self.assertEqual(
            self.labels(release.move_id),
            ["Ten sessions, 03/10/2026: visits 1, credits used 1; no-show or late 1, credits lost 1"],
        )

    def test_each_customer_has_a_label_of_their_own_copied_or_not(self):
        bert = self.make_patient("Bert Claes")
        self.sell()
        self.sell(bert)
        release = self.past_visit()
        self.past_visit(bert)
        self.past_visit(bert)
        self.run_release()
        self.assertEqual(
            self.labels(release.move_id),
            [f"Ten sessions, 03/10/2026: visits {n}, credits used {n}" for n in (1, 2)],
        )

    def test_locked_days_are_named_from_the_first_to_the_last(self):
        self.sell()
        release = self.past_visit(days=3)
        self.past_visit(days=2)
        self.company.fiscalyear_lock_date = date(2026, 3, 9)
        self.run_release()
        self.assertEqual(
            self.labels(release.move_id), ["Ten sessions, 03/08/2026 to 03/09/2026: visits 2, credits used 2"]
        )

    def test_a_correction_is_one_less(self):
        self.sell()
        release = self.past_visit()
        self.run_release()
        release.event_id.attendance = "cancelled"
        self.run_release()
        correction = release.event_id.credit_move_ids.release_ids - release
        self.assertEqual(self.labels(correction.move_id), ["Ten sessions, 03/10/2026: visits -1, credits used -1"])

    def test_it_speaks_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.package.with_context(lang="nl_NL").name = "Tien sessies"
        self.company.partner_id.lang = "nl_NL"
        self.sell()
        release = self.past_visit()
        self.run_release()
        self.assertIn("maart 2026", release.move_id.ref)
        self.assertTrue(self.labels(release.move_id)[0].startswith("Tien sessies, 10-03-2026"))


@tagged("post_install", "-at_install")
class TestKept(ReleaseCase):
    def setUp(self):
        super().setUp()
        self.sell()
        self.release_ = self.past_visit()
        self.run_release()
        self.move = self.release_.move_id
        self.line = self.move.line_ids.filtered(lambda it: it.account_id == self.income)

    def test_its_items_are_not_changed(self):
        bert = self.make_patient("Bert Claes")
        for vals in (
            {"account_id": self.breakage.id},
            {"partner_id": bert.id},
            {"partner_id": False},
            {"practice_package_id": self.make_package("Other").id},
            {"credit": 100.0},
            {"balance": -100.0},
            {"amount_currency": -100.0},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "is a revenue release"):
                self.line.write(vals)

    def test_what_is_no_part_of_it_may_be_changed(self):
        self.line.write({"name": "Explained by hand", "account_id": self.income.id})
        self.assertEqual(self.line.name, "Explained by hand")

    def test_items_of_other_entries_are_left_to_odoo(self):
        invoice = self.invoice()
        invoice.invoice_line_ids.partner_id = self.make_patient("Bert Claes")

    def test_it_is_not_reversed_by_any_door(self):
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=self.move.ids)
        for reverse in (
            self.move.action_reverse,
            self.move._reverse_moves,
            lambda: wizard.create({"journal_id": self.misc.id}).reverse_moves(),
        ):
            with self.assertRaisesRegex(UserError, "Correct the visit"), self.cr.savepoint():
                reverse()

    def test_who_corrects_the_visit_gets_what_the_message_promises(self):
        self.release_.event_id.attendance = "cancelled"
        self.run_release()
        correction = (self.release_.event_id.credit_move_ids.release_ids - self.release_).move_id
        self.assertEntry(correction, (self.liability, -120.0), (self.income, 120.0), partner=self.patient)
        self.assertEqual((self.balance(self.income), self.balance(self.liability)), (0.0, -1200.0))
        self.assertBooksAgree()
        self.assertFalse(self.env["practice.credit.proof"]._get_keys_with_difference())

    def test_who_marks_it_as_a_no_show_gets_breakage_instead(self):
        self.release_.event_id.attendance = "no_show"
        self.run_release()
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (0.0, -120.0))
        self.assertBooksAgree()

    def test_the_reversal_of_an_invoice_is_left_to_odoo(self):
        self.assertEqual(self.credit_note(self.invoice()).state, "posted")
