"""What accountants, administrators and patients get to read: releases, analysis and the statement of credits."""

from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common.practice import PracticeCase

ACTIONS = (
    "practice_credit_move_action",
    "practice_credit_move_action_analysis",
    "practice_credit_move_action_production",
    "practice_revenue_release_action",
    "practice_credit_proof_action",
)


@tagged("post_install", "-at_install")
class TestReports(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def views_of(self, action_name, user):
        """Return the views of an action as the web client gets them: ``{type: arch}``."""
        action = self.env.ref(f"practice_billing.{action_name}")
        views = self.env[action.res_model].with_user(user).get_views([*action.views, (False, "search")])["views"]
        return {view_type: view["arch"] for view_type, view in views.items()}

    # === VIEWS === #

    def test_everybody_gets_views_without_what_is_hidden_from_him(self):
        money = {"front_desk": False, "manager": True, "accountant": True}
        for name, sees_money in money.items():
            views = self.views_of("practice_credit_move_action", getattr(self, name))
            self.assertEqual('name="value"' in views["list"], sees_money, name)
            views = self.views_of("practice_credit_move_action_production", getattr(self, name))
            self.assertEqual('name="production"' in views["graph"], sees_money, name)
        appointments = self.views_of("practice_credit_move_action", self.accountant)["list"]
        self.assertNotIn('name="event_id"', appointments)

    def test_accountants_open_every_report(self):
        for action in ACTIONS:
            self.assertIn("list", self.views_of(action, self.accountant), action)

    def test_a_movement_is_called_by_what_happened(self):
        move = self.give(self.patient, 1).move_ids
        self.assertEqual(move.display_name, "Given")

    def test_production_counts_visits_at_the_internal_rate(self):
        self.sell()
        self.visit(user_id=self.manager.id)
        corrected = self.visit(user_id=self.manager.id)
        corrected.attendance = "cancelled"
        action = self.env.ref("practice_billing.practice_credit_move_action_production")
        domain = [("kind", "=", "use"), ("package_id", "=", self.package.id)]
        self.assertEqual(action.domain, "[('kind', '=', 'use')]")
        groups = (
            self.env["practice.credit.move"]
            .with_user(self.accountant)
            ._read_group(domain, ["user_id"], ["credits:sum", "production:sum"])
        )
        self.assertEqual(groups, [(self.manager, 1, 100.0)])
        with self.assertRaises(AccessError):
            self.env["practice.credit.move"].with_user(self.front_desk)._read_group(domain, [], ["production:sum"])

    # === RELEASES === #

    def test_release_now_posts_what_is_due_or_only_what_is_selected(self):
        self.sell(quantity=2.0)
        first, second = self.visit(), self.visit()
        releases = self.env["practice.revenue.release"].with_user(self.accountant)
        mine = (first + second).credit_move_ids.release_ids
        chosen = first.credit_move_ids.release_ids
        chosen.with_user(self.accountant).action_release()
        self.assertEqual(mine.mapped("state"), [("posted" if one in chosen else "due") for one in mine])
        releases.action_release()
        self.assertEqual(set(mine.mapped("state")), {"posted"})

    def test_only_accountants_release(self):
        self.sell()
        release = self.visit().credit_move_ids.release_ids
        for user in (self.front_desk, self.manager):
            with self.assertRaises(AccessError):
                release.with_user(user).action_release()
        self.assertEqual(release.state, "due")
        self.assertNotIn("action_release", self.views_of("practice_revenue_release_action", self.manager)["list"])
        self.assertIn("action_release", self.views_of("practice_revenue_release_action", self.accountant)["list"])

    def test_the_entry_opens_its_visits(self):
        self.sell()
        release = self.visit().credit_move_ids.release_ids
        self.release()
        entry = release.move_id.with_user(self.accountant)
        self.assertEqual(entry.practice_release_count, 1)
        action = entry.action_open_practice_releases()
        found = self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])
        self.assertEqual(found, release)
        arch = self.env["account.move"].with_user(self.accountant).get_view(view_type="form")["arch"]
        self.assertIn("action_open_practice_releases", arch)

    # === STATEMENT === #

    def statement(self, partner=None, lot=None, user=None):
        name = "report_credit_statement_lot" if lot else "report_credit_statement"
        report = self.env[f"report.practice_billing.{name}"].with_user(user or self.front_desk)
        [statement] = report._get_report_values((lot or partner or self.patient).ids)["statements"]
        return statement

    def html(self, partner, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.front_desk)
        content, _type = report._render_qweb_html("practice_billing.action_report_credit_statement", partner.ids)
        return content.decode()

    def history(self, entry):
        return [(row["what"], row["outcome"], row["change"], row["left"]) for row in entry["rows"]]

    def test_the_statement_tells_what_happened_to_each_credit(self):
        lot = self.sell()
        self.visit(start=datetime(2026, 3, 12, 9, 0))
        missed = self.plan(start=datetime(2026, 3, 13, 9, 0))
        cancelled = self.plan(start=datetime(2026, 3, 20, 9, 0))
        self.travel(datetime(2026, 3, 14, 9, 0))
        missed.attendance = "no_show"
        cancelled.active = False
        self.credit_note(lot.invoice_id, 0.2)
        self.plan(start=datetime(2026, 3, 30, 9, 0))  # after the clock change
        [entry] = self.statement()["lots"]
        self.assertEqual(
            self.history(entry),
            [
                ("", "Bought", 10, 10),
                ("Session", "Attended", -1, 9),
                ("Session", "Missed, credits lost", -1, 8),
                ("", f"Refunded, {lot.invoice_id.reversal_move_ids.name}", -2, 6),
                ("Session", "Cancelled, credits given back", 0, 6),
                ("Session", "Planned", -1, 5),
            ],
        )
        self.assertEqual(lot.credits_available, 5)
        self.assertEqual(entry["rows"][1]["date"], "Thu 12 Mar 2026, 10:00")
        self.assertEqual(entry["rows"][5]["date"], "Mon 30 Mar 2026, 11:00")

    def test_the_statement_says_whether_credits_are_paid(self):
        invoice = self.invoice()
        facts = dict(self.statement()["lots"][0]["facts"])
        self.assertEqual((facts["Invoice"], facts["Payment"]), (invoice.name, "Waiting for payment"))
        self.assertIn("1,200.00", facts["Price"])
        self.pay(invoice)
        self.assertEqual(dict(self.statement()["lots"][0]["facts"])["Payment"], "Paid")

    def test_what_somebody_else_paid_is_not_on_the_statement(self):
        employer = self.make_patient("Employer", is_company=True)
        self.sell(partner_id=employer.id, line={"practice_patient_id": self.patient.id})
        [entry] = self.statement()["lots"]
        self.assertNotIn("Price", dict(entry["facts"]))
        self.assertNotIn("1,200.00", self.html(self.patient))

    def test_shared_credits_show_their_numbers_only(self):
        child = self.make_patient("Lena Peeters")
        lot = self.sell()
        lot.beneficiary_ids = child
        self.visit()
        self.visit(patient=child)
        statement = self.statement(child)
        self.assertFalse(statement["lots"])
        self.assertEqual([entry["lot"] for entry in statement["shared"]], [lot])
        html = self.html(child)
        self.assertIn(self.patient.name, html)
        for hidden in ("1,200.00", lot.invoice_id.name, "Attended", self.type.name):
            self.assertNotIn(hidden, html)

    def test_the_owner_sees_who_used_credits_and_not_for_what(self):
        child = self.make_patient("Lena Peeters")
        lot = self.sell()
        lot.beneficiary_ids = child
        self.visit(patient=child)
        [entry] = self.statement()["lots"]
        self.assertEqual(self.history(entry)[1], ("Lena Peeters", "Attended", -1, 9))

    def test_notes_of_staff_are_not_on_the_statement(self):
        self.sell()
        event = self.plan(name="Secret title", start=self.at(hours=2))
        event.with_context(practice_reason="Secret reason").attendance = "late_cancelled"
        self.assertTrue(event.credit_move_ids.filtered("reason"))
        html = self.html(self.patient)
        self.assertIn("Cancelled late, credits lost", html)
        self.assertNotIn("Secret", html)

    def test_chosen_credits_have_a_statement_of_their_own(self):
        first, _second = self.sell(), self.sell()
        statement = self.statement(lot=first)
        self.assertEqual([entry["lot"] for entry in statement["lots"]], [first])
        self.assertEqual(statement["partner"], self.patient)

    def test_a_patient_without_credits_gets_a_statement_that_says_so(self):
        self.assertIn("There are no credits.", self.html(self.make_patient("Nobody")))

    def test_the_statement_speaks_the_language_of_the_patient(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.package.with_context(lang="nl_BE").name = "Tien sessies"
        self.patient.lang = "nl_BE"
        self.sell()
        statement = self.statement()
        self.assertEqual(statement["lots"][0]["lot"].package_id.name, "Tien sessies")
        self.assertEqual(statement["lots"][0]["rows"][0]["date"], "wo 11 mrt 2026")
        self.assertIn("Tien sessies", self.html(self.patient))

    def test_imported_credits_say_where_they_come_from(self):
        self.env["practice.credit.import"].create(
            {"partner_id": self.patient.id, "package_id": self.package.id, "credits": 3, "reference": "Old system"}
        ).action_confirm()
        [entry] = self.statement()["lots"]
        self.assertEqual(dict(entry["facts"])["Origin"], "Old system")
        self.assertEqual(self.history(entry), [("", "Received", 3, 3)])

    def test_only_the_front_desk_prints(self):
        self.sell()
        report = self.env.ref("practice_billing.action_report_credit_statement")
        self.assertEqual(report.group_ids, self.env.ref("practice_billing.group_user"))
        for user in (self.employee, self.portal, self.accountant):
            with self.assertRaises(AccessError):
                self.statement(user=user)
