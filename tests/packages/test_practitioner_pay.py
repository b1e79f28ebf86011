"""What practitioners get: each movement once, to the cent, and corrected by what becomes of it later."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
import io
from contextlib import contextmanager
from datetime import date

import openpyxl
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.practice import PracticeCase, PracticeMixin
from ..common.races import RaceCase, done, refused

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


class PayMixin:
    """Two practitioners, and a rule for everybody: half of what was paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.katrien = new_test_user(cls.env, "pb_katrien", "practice_billing.group_user", name="Katrien")
        cls.pieter = new_test_user(cls.env, "pb_pieter", "practice_billing.group_user", name="Pieter")

    def make_rule(self, percentage=50.0, **vals):
        vals = {"percentage": percentage, "date_from": "2026-01-01", **vals}
        return self.env["practice.pay.rule"].create(vals)

    def make_statements(self, month=MARCH, company=None):
        return self.env["practice.pay.statement"]._make(company or self.company, month)

    def statement_of(self, user, month=MARCH):
        return self.env["practice.pay.statement"].search([("user_id", "=", user.id), ("month", "=", month)])

    def confirm(self, month=MARCH):
        """Make and confirm the statements of a month on the first day of the next one."""
        next_month = date(month.year, month.month + 1, 1)
        if self.today() < next_month:
            self.travel(f"{next_month} 09:00:00")
        statements = self.make_statements(month)
        statements.action_confirm()
        return statements

    def treat(self, practitioner=None, **vals):
        return self.visit(user_id=(practitioner or self.katrien).id, **vals)

    def lines(self, statement, *names):
        names = names or ("credits", "basis_amount", "percentage", "amount")
        return [tuple(line[name] for name in names) for line in statement.line_ids.sorted("id")]

    def assertStated(self, statement, *amounts):
        """Check the amounts of the lines, that they come to the totals, and that every movement stands once."""
        self.assertEqual([line.amount for line in statement.line_ids.sorted("id")], list(amounts))
        self.assertEqual(statement.amount, round(sum(amounts), 2))
        self.assertEqual(statement.credits, sum(statement.line_ids.mapped("credits")))
        self.assertEqual(statement.basis_amount, round(sum(statement.line_ids.mapped("basis_amount")), 2))


@tagged("post_install", "-at_install")
class TestWhatIsPaid(PayMixin, PracticeCase):
    def test_the_share_of_what_was_paid(self):
        self.make_rule()
        self.sell()
        self.treat()
        [statement] = self.make_statements()
        self.assertEqual(statement.user_id, self.katrien)
        self.assertEqual(self.lines(statement), [(1, 120.0, 50.0, 60.0)])
        self.assertEqual(statement.line_ids.partner_id, self.patient)
        self.assertStated(statement, 60.0)

    def test_the_basis_is_without_tax(self):
        self.make_rule()
        self.product.write({"taxes_id": [Command.set(self.make_tax().ids)], "list_price": 1210.0})
        self.sell()
        self.treat()
        self.assertEqual(self.lines(self.make_statements()), [(1, 100.0, 50.0, 50.0)])

    def test_a_discount_lowers_what_was_paid(self):
        self.make_rule()
        self.sell(line={"discount": 25.0})
        self.treat()
        self.assertEqual(self.lines(self.make_statements()), [(1, 90.0, 50.0, 45.0)])

    def test_three_credits_for_a_hundred_are_shared_to_the_cent(self):
        self.make_rule(33.33)
        product = self.make_product(self.package, package_credits=3, list_price=100.0)
        self.sell(product=product)
        for _number in range(3):
            self.treat()
        statement = self.make_statements()
        self.assertEqual([line[1] for line in self.lines(statement)], [33.33, 33.34, 33.33])
        self.assertStated(statement, 11.11, 11.11, 11.11)

    def test_the_internal_rate_pays_what_was_given_away(self):
        for basis, expected in (("paid", 0.0), ("internal_rate", 50.0)):
            with self.subTest(basis=basis), self.cr.savepoint() as savepoint:
                self.make_rule(basis=basis)
                self.give(self.patient)
                self.treat()
                self.assertStated(self.make_statements(), expected)
                savepoint.rollback()
                self.env.invalidate_all()
                self.travel(self.now)

    def test_imported_credits_are_worth_what_their_balance_post_holds(self):
        self.make_rule()
        for booking, expected in (("none", 0.0), ("opening", 37.5)):
            with self.subTest(booking=booking), self.cr.savepoint() as savepoint:
                self.import_credits(booking=booking)
                self.treat()
                self.assertStated(self.make_statements(), expected)
                savepoint.rollback()
                self.env.invalidate_all()
                self.travel(self.now)

    def test_credits_on_no_balance_post_are_worth_their_price(self):
        self.make_rule()
        plain = self.make_package("Plain", deferred_account_id=False)
        tax = self.make_tax()
        product = self.make_product(plain, list_price=1210.0, taxes_id=[Command.set(tax.ids)])
        lot = self.sell(product=product)
        self.assertFalse(lot.value_total)
        self.treat(appointment_type=self.make_type(plain, name="Other", package_credits=2))
        self.assertEqual(self.lines(self.make_statements()), [(2, 200.0, 50.0, 100.0)])

    def test_a_release_at_the_internal_rate_does_not_make_the_last_visit_dear(self):
        self.make_rule()
        package = self.make_package("By rate", release_method="internal_rate")
        lot = self.sell(product=self.make_product(package, package_credits=2, list_price=300.0))
        appointment_type = self.make_type(package, name="By rate")
        for _number in range(2):
            self.treat(appointment_type=appointment_type)
        used = lot.move_ids.filtered(lambda it: it.kind == "use").sorted("id")
        self.assertEqual(used.mapped("value"), [-100.0, -200.0])
        self.assertStated(self.make_statements(), 75.0, 75.0)

    def test_several_lots_pay_one_visit(self):
        self.make_rule()
        self.sell(product=self.make_product(self.package, package_credits=1, list_price=80.0))
        self.sell()
        self.treat(appointment_type=self.make_type(self.package, name="Double", package_credits=2))
        self.assertStated(self.make_statements(), 40.0, 60.0)

    def test_what_is_missed_pays_only_when_the_rule_says_so(self):
        self.sell()
        for missed, expected in ((0.0, []), (25.0, [30.0])):
            with self.subTest(missed=missed), self.cr.savepoint() as savepoint:
                self.make_rule(missed_percentage=missed)
                event = self.plan(user_id=self.katrien.id)
                self.travel(event.stop)
                event.attendance = "no_show"
                self.assertEqual([it.amount for it in self.make_statements().line_ids], expected)
                savepoint.rollback()
                self.env.invalidate_all()
                self.travel(self.now)

    def test_of_what_is_half_lost_half_is_paid(self):
        self.make_rule(missed_percentage=50.0)
        self.sell()
        half = self.make_type(self.package, name="Long", package_credits=3, late_policy="half")
        event = self.plan(appointment_type=half, user_id=self.katrien.id)
        self.travel(event.stop)
        event.attendance = "no_show"
        statement = self.make_statements()
        self.assertEqual(self.lines(statement, "kind", "credits", "amount"), [("forfeit", 1, 60.0)])

    def test_each_rule_pays_its_own(self):
        other = self.make_type(self.package, name="Other")
        self.make_rule(10.0)
        self.make_rule(20.0, appointment_type_id=self.type.id)
        self.make_rule(30.0, user_id=self.katrien.id)
        self.make_rule(40.0, user_id=self.katrien.id, appointment_type_id=self.type.id)
        self.sell()
        for practitioner, kind in ((self.katrien, self.type), (self.katrien, other), (self.pieter, self.type),
                                   (self.pieter, other)):  # fmt: skip
            self.treat(practitioner, appointment_type=kind)
        self.make_statements()
        self.assertStated(self.statement_of(self.katrien), 48.0, 36.0)
        self.assertStated(self.statement_of(self.pieter), 24.0, 12.0)

    def test_the_rule_of_the_day_of_the_visit_counts(self):
        self.make_rule(50.0, date_to="2026-03-12")
        self.make_rule(60.0, date_from="2026-03-13")
        self.sell()
        self.treat()  # on the 12th
        self.treat()
        self.assertStated(self.make_statements(), 60.0, 72.0)

    def test_who_has_no_rule_has_no_statement(self):
        self.make_rule(user_id=self.pieter.id)
        self.sell()
        self.treat()
        self.assertFalse(self.make_statements())

    def test_a_group_pays_for_each_participant(self):
        self.make_rule()
        course = self.make_type(self.package, name="Course", places=4)
        bert = self.make_patient()
        self.sell()
        self.sell(bert)
        group = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": course.id,
                "practice_patient_ids": [Command.set((self.patient | bert).ids)],
                "start": self.at(days=1),
                "user_id": self.katrien.id,
            }
        )
        self.travel(group.stop)
        group.practice_participant_ids.attendance = "attended"
        self.assertStated(self.make_statements(), 60.0, 60.0)


@tagged("post_install", "-at_install")
class TestWhatBecomesOfIt(PayMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.make_rule()
        self.sell()

    def test_made_twice_it_stands_once(self):
        self.treat()
        statement = self.make_statements()
        again = self.make_statements()
        self.assertEqual(again, statement)
        self.assertStated(statement, 60.0)

    def test_a_draft_follows_what_happens(self):
        event = self.treat()
        statement = self.make_statements()
        self.treat()
        event.user_id = self.pieter
        statement.action_recompute()
        self.assertStated(statement, 60.0)  # Pieter has no draft yet
        self.make_statements()
        self.assertStated(self.statement_of(self.pieter), 60.0)
        event.attendance = "cancelled"
        self.make_statements()
        self.assertStated(self.statement_of(self.pieter), 60.0, -60.0)

    def test_a_visit_corrected_later_stands_in_the_next_statement_with_a_minus(self):
        event = self.treat()
        march = self.confirm()
        rule = self.env["practice.pay.rule"].search([])
        rule.date_to = "2026-03-31"
        self.make_rule(80.0, date_from="2026-04-01")
        self.travel("2026-05-05 09:00:00")
        event.attendance = "cancelled"
        self.assertFalse(self.make_statements() - march)
        self.assertStated(march, 60.0)
        may = self.make_statements(MAY)
        self.assertStated(may, -60.0)
        line = may.line_ids
        self.assertEqual((line.percentage, line.rule_id, line.is_correction, line.credits), (50.0, rule, True, -1))
        self.assertEqual(line.date, march.line_ids.date)

    def test_a_no_show_that_was_a_visit(self):
        event = self.plan(user_id=self.katrien.id)
        self.travel(event.stop)
        event.attendance = "no_show"
        self.assertFalse(self.confirm())
        event.attendance = "attended"
        self.assertStated(self.make_statements(), 60.0)

    def test_a_visit_that_was_a_no_show(self):
        event = self.treat()
        self.confirm()
        event.attendance = "no_show"
        self.assertStated(self.make_statements(APRIL), -60.0)

    def test_a_type_corrected_later(self):
        event = self.treat()
        self.confirm()
        event.practice_appointment_type_id = self.make_type(self.package, name="Double", package_credits=2)
        april = self.make_statements(APRIL)
        self.assertEqual(sorted(self.lines(april, "amount", "appointment_type_id")), sorted(
            [(-60.0, self.type), (120.0, event.practice_appointment_type_id)]
        ))  # fmt: skip

    def test_somebody_else_gave_the_visit(self):
        self.make_rule(30.0, user_id=self.pieter.id)
        event = self.treat()
        self.confirm()
        event.user_id = self.pieter
        self.confirm(APRIL)
        self.assertStated(self.statement_of(self.katrien, APRIL), -60.0)
        self.assertStated(self.statement_of(self.pieter, APRIL), 36.0)
        self.assertFalse(self.make_statements(MAY))
        # And it was Katrien after all; then it did not take place.
        event.user_id = self.katrien
        self.make_statements(MAY)
        self.assertStated(self.statement_of(self.pieter, MAY), -36.0)
        self.assertStated(self.statement_of(self.katrien, MAY), 60.0)
        event.attendance = "cancelled"
        self.make_statements(MAY)
        self.assertStated(self.statement_of(self.pieter, MAY), -36.0)
        self.assertStated(self.statement_of(self.katrien, MAY), 60.0, -60.0)

    def test_what_comes_late_stands_in_the_next_draft(self):
        self.treat()
        self.confirm()
        self.visit(start=self.at(days=-3), user_id=self.katrien.id)
        self.assertEqual(len(self.make_statements().line_ids), 1)
        self.assertStated(self.make_statements(APRIL), 60.0)

    def test_months_made_in_any_order_share_what_happened(self):
        self.treat()
        self.travel("2026-04-10 09:00:00")
        self.treat()
        april = self.make_statements(APRIL)
        self.assertStated(april, 60.0, 60.0)
        self.assertStated(self.make_statements(), 60.0)
        self.assertStated(april, 60.0)
        self.statement_of(self.katrien).unlink()
        april.action_recompute()
        self.assertStated(april, 60.0, 60.0)

    def test_the_database_states_a_movement_once(self):
        self.treat()
        line = self.confirm().line_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            line.copy()
            self.env.flush_all()

    def test_a_confirmed_statement_stays(self):
        self.treat()
        statement = self.confirm()
        with self.assertRaisesRegex(UserError, "confirmed and stays"):
            statement.unlink()
        self.env["practice.pay.rule"].search([]).date_to = "2026-04-30"
        self.treat()
        self.make_statements(APRIL)
        self.assertStated(statement, 60.0)

    def test_a_month_is_confirmed_when_it_is_over(self):
        self.treat()
        statement = self.make_statements()
        with self.assertRaisesRegex(UserError, "03/31/2026"):
            statement.action_confirm()
        with self.assertRaisesRegex(UserError, "not begun"):
            self.make_statements(MAY)

    def test_without_a_rule_nothing_can_be_made(self):
        self.env["practice.pay.rule"].search([]).unlink()
        with self.assertRaisesRegex(UserError, "Make a pay rule"):
            self.make_statements()

    def test_the_books_know_nothing_of_pay(self):
        entries = self.env["account.move"].search_count([])
        self.treat()
        self.confirm()
        self.assertEqual(self.env["account.move"].search_count([]), entries)
        self.assertBooksAgree()

    def test_the_dialog_says_what_was_made(self):
        self.treat()
        self.travel("2026-04-02 09:00:00")
        dialog = self.env["practice.pay.make"].create({})
        self.assertEqual(dialog.month, MARCH)
        action = dialog.action_make()
        self.assertIn("statements 1, of which drafts 1", action["params"]["message"])
        self.assertIn("60.00", action["params"]["message"])
        self.assertNotIn("no statement", action["params"]["message"])
        dialog.month = "2026-02-14"
        self.assertIn("nothing is to be stated", dialog.action_make()["params"]["message"])

    def test_the_dialog_makes_statements_of_a_company_that_is_not_shown(self):
        self.treat()
        self.travel("2026-04-02 09:00:00")
        other = self.env["res.company"].create({"name": "PB other"})
        dialog = self.env["practice.pay.make"].with_context(allowed_company_ids=other.ids)
        dialog = dialog.create({"company_id": self.company.id})
        self.assertIn("statements 1", dialog.action_make()["params"]["message"])

    def test_the_dialog_counts_visits_that_nothing_pays(self):
        self.treat()
        undone = self.treat()
        undone.attendance = "cancelled"
        self.env["practice.pay.rule"].search([]).user_id = self.pieter
        self.travel("2026-04-02 09:00:00")
        message = self.env["practice.pay.make"].create({}).action_make()["params"]["message"]
        self.assertIn("Visits on no statement: 1.", message)

    def test_the_queries_do_not_grow_with_visits_or_practitioners(self):
        self.treat()
        self.make_statements()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["practice.pay.statement"]._refresh(self.company, MARCH)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        few = count()
        for number in range(5):
            user = new_test_user(self.env, f"pb_more_{number}", "practice_billing.group_user")
            for _number in range(2):
                self.sell()
                self.treat(user)
        self.make_statements()
        self.assertLessEqual(count(), few)


@tagged("post_install", "-at_install")
class TestRules(PayMixin, PracticeCase):
    def test_two_rules_of_one_scope_do_not_overlap(self):
        for vals in ({}, {"user_id": self.katrien.id}, {"appointment_type_id": self.type.id}):
            self.make_rule(date_to="2026-06-30", **vals)
            for overlap in (
                {"date_from": "2026-06-30"},
                {"date_from": "2025-01-01"},
                {"date_from": "2026-02-01", "date_to": "2026-02-02"},
            ):
                with (
                    self.subTest(vals=vals, overlap=overlap),
                    self.assertRaises(IntegrityError) as caught,
                    mute_logger("odoo.sql_db"),
                    self.cr.savepoint(),
                ):
                    self.make_rule(**vals, **overlap)
                words = self.env["practice.pay.rule"]._sql_error_to_message(caught.exception)
                self.assertIn("cannot hold on the same day", words)
            self.make_rule(date_from="2026-07-01", **vals)

    @mute_logger("odoo.sql_db")
    def test_a_share_is_a_percentage(self):
        for vals in ({"percentage": 0.0}, {"percentage": 100.01}, {"missed_percentage": -1.0},
                     {"missed_percentage": 101.0}, {"date_to": "2025-12-31"}):  # fmt: skip
            with self.subTest(vals=vals), self.assertRaises(IntegrityError), self.cr.savepoint():
                self.make_rule(**vals)
                self.env.flush_all()

    def test_a_rule_follows_into_drafts_until_somebody_was_paid_by_it(self):
        rule = self.make_rule()
        self.sell()
        self.treat()
        statement = self.make_statements()
        rule.percentage = 40.0
        self.assertStated(statement, 48.0)
        own = self.make_rule(10.0, user_id=self.katrien.id)
        self.assertStated(statement, 12.0)
        own.unlink()
        self.assertStated(statement, 48.0)
        self.confirm()
        self.assertTrue(rule.is_used)
        with self.assertRaisesRegex(UserError, "End it, and make another"):
            rule.percentage = 45.0
        with self.assertRaisesRegex(UserError, "End it instead"):
            rule.unlink()
        with self.assertRaisesRegex(UserError, "03/12/2026"):
            rule.date_to = "2026-03-11"
        rule.date_to = "2026-03-12"

    def test_a_practitioner_works_for_the_company(self):
        other = self.env["res.company"].create({"name": "PB other"})
        with self.assertRaisesRegex(UserError, "does not work for PB other"):
            self.make_rule(company_id=other.id, user_id=self.katrien.id)


@tagged("post_install", "-at_install")
class TestWhoSeesPay(PayMixin, PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def setUp(self):
        super().setUp()
        self.make_rule()
        self.sell()
        self.treat()
        self.treat(self.pieter)
        self.make_statements()
        self.mine, self.other = self.statement_of(self.katrien), self.statement_of(self.pieter)

    @contextmanager
    def refused(self):
        with self.assertRaises(AccessError):
            yield
        self.env.invalidate_all()

    def test_a_practitioner_sees_the_own_confirmed_statement_only(self):
        statements = self.env["practice.pay.statement"].with_user(self.katrien)
        lines = self.env["practice.pay.line"].with_user(self.katrien)
        self.assertFalse(statements.search([]) or lines.search([]))
        self.travel("2026-04-01 09:00:00")
        (self.mine | self.other).action_confirm()
        self.assertEqual(statements.search([]), self.mine)
        self.assertEqual(lines.search([]), self.mine.line_ids)
        self.assertEqual(lines.search([]).partner_id.name, "An Peeters")
        for record in (self.other, self.other.line_ids):
            with self.refused():
                record.with_user(self.katrien).read(["amount"])
        with self.refused():
            self.env["practice.pay.rule"].with_user(self.katrien).search([])

    def test_administrators_and_accountants_see_make_and_confirm(self):
        self.travel("2026-04-01 09:00:00")
        for user, statement in ((self.manager, self.mine), (self.accountant, self.other)):
            dialog = self.env["practice.pay.make"].with_user(user).create({})
            dialog.action_make()
            self.assertEqual(statement.with_user(user).search_count([]), 2)
            self.assertTrue(statement.with_user(user).line_ids.partner_id)
            statement.with_user(user).action_confirm()
            self.assertEqual((statement.state, statement.confirmed_by_id), ("confirmed", user))

    def test_nobody_else_makes_or_confirms(self):
        self.travel("2026-04-01 09:00:00")
        for user in (self.front_desk, self.employee, self.portal):
            statements = self.mine.with_user(user)
            for call in (
                lambda it: it._make(self.company, MARCH),
                lambda it: it.action_confirm(),
                lambda it: it.action_recompute(),
                lambda it: it.unlink(),
            ):
                with self.subTest(user=user.login), self.refused():
                    call(statements)
        for user in (self.manager, self.accountant):
            with self.refused():
                self.mine.with_user(user).write({"amount": 1.0})

    def test_another_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other)
        self.assertFalse(self.env["practice.pay.statement"].with_user(stranger).search([]))
        with self.refused():
            self.env["practice.pay.statement"].with_user(stranger)._make(self.company, MARCH)
        self.make_rule(company_id=other.id)
        self.assertFalse(self.make_statements(company=other))

    def test_pay_is_not_handed_out_to_patients(self):
        self.travel("2026-04-01 09:00:00")
        dialog = self.env["practice.patient.forget"].with_user(self.manager).create({"partner_id": self.patient.id})
        found = dialog._find_records()
        self.assertIn("practice.credit.move", found)
        self.assertNotIn("practice.pay.line", found)

    def test_a_forgotten_patient_has_no_name_on_statements(self):
        self.patient.name = "Patient 7, anonymised"
        self.assertEqual(set(self.mine.line_ids.mapped("partner_id.name")), {"Patient 7, anonymised"})


@tagged("post_install", "-at_install")
class TestOnPaper(PayMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.make_rule()
        self.sell()
        for practitioner in (self.katrien, self.pieter, self.pieter):
            self.treat(practitioner)
        self.statements = self.make_statements()

    def test_the_sheet_has_every_visit_and_the_total(self):
        lines = self.env["practice.pay.line"]
        content = lines._get_report_xlsx(self.company, MARCH, date(2026, 3, 31))
        rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]
        self.assertEqual(rows[0][0], "Practitioners' Pay")
        self.assertEqual([row[0] for row in rows[6:]], ["Katrien", "Pieter", "Pieter", "Total"])
        self.assertEqual([row[-1] for row in rows[6:]], [60.0, 60.0, 60.0, 180.0])
        self.assertEqual(rows[6][4], "An Peeters")

    def test_the_sheet_has_what_the_user_may_see(self):
        self.travel("2026-04-01 09:00:00")
        self.statements.action_confirm()
        lines = self.env["practice.pay.line"].with_user(self.katrien)
        table = lines._get_report_table(self.company, MARCH, date(2026, 3, 31))
        self.assertEqual({row["practitioner"] for row in table.rows}, {"Katrien"})

    def test_the_print_is_in_the_practitioners_language_and_adds_up(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.pieter.lang = "nl_NL"
        report = self.env["ir.actions.report"]
        statement = self.statement_of(self.pieter)
        html, _type = report._render_qweb_html("practice_billing.report_pay_statement", statement.ids)
        text = html.decode()
        self.assertIn("Maart 2026", text)
        self.assertIn("An Peeters", text)
        self.assertIn("120,00", text)

    def test_a_stranger_prints_nothing(self):
        report = self.env["ir.actions.report"].with_user(self.katrien)
        with self.assertRaises(AccessError):
            report._render_qweb_html("practice_billing.report_pay_statement", self.statement_of(self.pieter).ids)

    def test_closing_a_month_freezes_books_not_pay(self):
        reports = self.env["practice.books.report"]._get_books_reports()
        pay = [it for it in reports if it._name == "practice.pay.line"]
        self.assertEqual([it._report_is_frozen for it in pay], [False])


@tagged("post_install", "-at_install")
class TestAtOnce(PayMixin, PracticeMixin, RaceCase):
    def test_two_people_make_the_same_month_at_once(self):
        self.make_rule()
        self.sell()
        self.treat()
        self.treat(self.pieter)
        self.env.cr.commit()

        def make(env):
            return env["practice.pay.statement"]._make(env["res.company"].browse(self.company.id), MARCH).ids

        outcomes = self.race([make, make])
        self.assertEqual(refused(outcomes), [])
        self.assertEqual({tuple(sorted(it)) for it in done(outcomes)}, {tuple(sorted(done(outcomes)[0]))})
        self.env.invalidate_all()
        self.assertEqual(self.query("SELECT COUNT(*), COUNT(DISTINCT move_id) FROM practice_pay_line"), [(2, 2)])
