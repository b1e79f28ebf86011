"""Who pays for a patient, and what they are told: each visit once, as it was, corrected by what becomes of it later."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common.pages import FamilyMixin
from ..common.practice import PracticeCase, PracticeMixin
from ..common.races import RaceCase, done, refused

MARCH_31, APRIL_30 = date(2026, 3, 31), date(2026, 4, 30)


class PayerMixin:
    """An insurer that pays three quarters, a practitioner with a number, and a patient with one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.katrien = new_test_user(cls.env, "pb_katrien", "practice_billing.group_user", name="Katrien")
        cls.katrien.partner_id.practice_registration_number = "7-61234-55"
        cls.insurer = cls.env["res.partner"].create(
            {"name": "PB insurer", "is_company": True, "email": "i@example.com"}
        )
        cls.patient.practice_insurance_number = "85.07.30-033.28"

    def arrange(self, patient=None, **vals):
        defaults = {"percentage": 75.0, "date_from": "2026-01-01"}
        if vals.get("amount"):
            defaults.pop("percentage")
        people = {"patient_id": (patient or self.patient).id, "payer_id": self.insurer.id}
        return self.env["practice.payer.arrangement"].create({**people, **defaults, **vals})

    def treat(self, patient=None, **vals):
        return self.visit(**{"patient": patient or self.patient, "user_id": self.katrien.id, **vals})

    def make_until(self, arrangement, last=APRIL_30):
        return arrangement._make_until(last)

    def run_statements(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_make_care_statements").method_direct_trigger()
        self.env.invalidate_all()

    def lines(self, statements, *names):
        names = names or ("price", "share", "is_correction")
        return [tuple(line[name] for name in names) for line in statements.line_ids.sorted("id")]

    def assertSums(self, statements):
        for statement in statements:
            self.assertEqual(statement.price, round(sum(statement.line_ids.mapped("price")), 2))
            self.assertEqual(statement.share, round(sum(statement.line_ids.mapped("share")), 2))


@tagged("post_install", "-at_install")
class TestWhatIsStated(PayerMixin, PracticeCase):
    def test_a_statement_holds_what_is_known_when_it_is_issued(self):
        self.patient.write({"street": "Kerkstraat 1", "city": "Gent"})
        self.sell()
        arrangement = self.arrange(reference="P-17")
        event = self.treat()
        statement = self.make_until(arrangement)
        self.assertEqual(self.lines(statement), [(120.0, 90.0, False)])
        self.assertSums(statement)
        self.assertEqual(
            (statement.patient_name, statement.payer_name, statement.insurance_number, statement.reference),
            ("An Peeters", "PB insurer", "85.07.30-033.28", "P-17"),
        )
        self.assertEqual(statement.patient_address.splitlines()[:2], ["Kerkstraat 1", "Gent"])
        line = statement.line_ids
        self.assertEqual((line.date, line.event_id), (date(2026, 3, 12), event))
        self.assertEqual(
            (line.type_name, line.practitioner_name, line.registration_number), ("Session", "Katrien", "7-61234-55")
        )

    def test_master_data_that_changes_later_changes_no_statement(self):
        self.sell()
        arrangement = self.arrange()
        self.treat()
        statement = self.make_until(arrangement)
        before = (statement.read(), statement.line_ids.read())
        self.patient.write({"name": "An Claes", "street": "Elsewhere 2", "practice_insurance_number": "1"})
        self.katrien.partner_id.write({"name": "Kathy", "practice_registration_number": "2"})
        self.insurer.name = "Merged insurer"
        self.type.name = "Talk"
        self.env.flush_all()
        self.env.invalidate_all()
        after = (statement.read(), statement.line_ids.read())
        linked = {"patient_id", "payer_id", "arrangement_id", "user_id", "appointment_type_id", "event_id"}
        for was, now in zip(before, after, strict=True):
            for row, then in zip(now, was, strict=True):
                self.assertEqual(row | dict.fromkeys(linked), then | dict.fromkeys(linked))
        self.assertFalse(self.make_until(arrangement), "a name is no other visit")

    def test_words_are_in_the_patients_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.patient.lang = "nl_NL"
        self.type.with_context(lang="nl_NL").name = "Sessie"
        self.sell()
        arrangement = self.arrange()
        self.treat()
        self.assertEqual(self.make_until(arrangement).line_ids.type_name, "Sessie")

    def test_the_price_is_what_was_paid_with_tax(self):
        tax = self.make_tax()
        self.product.write({"taxes_id": [Command.set(tax.ids)], "list_price": 1210.0})
        self.sell(line={"discount": 10.0})
        arrangement = self.arrange()
        self.treat()
        self.assertEqual(self.lines(self.make_until(arrangement)), [(108.9, 81.68, False)])

    def test_tax_goes_along_with_credits_that_another_patient_gave(self):
        self.product.write({"taxes_id": [Command.set(self.make_tax().ids)], "list_price": 1210.0})
        giver = self.make_patient("Giver")
        lot = self.sell(giver)
        lot._transfer(self.patient, 2, receiver_pays=True, day=self.today(), expiry_date=False, reason="Friends")
        arrangement = self.arrange()
        self.treat()
        self.assertEqual(self.lines(self.make_until(arrangement)), [(121.0, 90.75, False)])

    def test_credits_that_were_given_away_cost_nothing(self):
        self.give(self.patient)
        arrangement = self.arrange(amount=11.5)
        self.treat()
        self.assertEqual(self.lines(self.make_until(arrangement)), [(0.0, 0.0, False)])

    def test_credits_on_no_balance_post_cost_their_price(self):
        plain = self.make_package("Plain", deferred_account_id=False)
        self.sell(product=self.make_product(plain))
        arrangement = self.arrange(amount=11.5)
        self.treat(appointment_type=self.make_type(plain, name="Other", package_credits=2))
        self.assertEqual(self.lines(self.make_until(arrangement)), [(240.0, 11.5, False)])

    def test_several_lots_pay_one_visit(self):
        self.sell(product=self.make_product(self.package, package_credits=1, list_price=80.0))
        self.sell()
        arrangement = self.arrange()
        self.treat(appointment_type=self.make_type(self.package, name="Double", package_credits=2))
        self.assertEqual(self.lines(self.make_until(arrangement)), [(200.0, 150.0, False)])

    def test_only_visits_that_took_place_are_stated(self):
        self.sell()
        arrangement = self.arrange()
        missed = self.plan(user_id=self.katrien.id)
        self.travel(missed.stop)
        missed.attendance = "no_show"
        self.plan(user_id=self.katrien.id)
        free = self.env["practice.appointment.type"].create({"name": "Free of charge"})
        self.treat(appointment_type=free)
        self.assertFalse(self.make_until(arrangement))

    def test_dates_and_types_of_the_arrangement(self):
        other = self.make_type(self.package, name="Other")
        self.sell()
        arrangement = self.arrange(
            date_from="2026-03-13", date_to="2026-03-14", appointment_type_ids=[Command.set(self.type.ids)]
        )
        for _number in range(4):  # the 12th, 13th, 14th and 15th
            self.treat()
        self.treat(appointment_type=other, start=self.at(days=-2))
        statement = self.make_until(arrangement)
        self.assertEqual(self.lines(statement, "date"), [(date(2026, 3, 13),), (date(2026, 3, 14),)])

    def test_a_visit_at_midnight_has_the_day_of_the_practice(self):
        self.sell()
        arrangement = self.arrange(documents="visit")
        # 23:30 in Greenwich, half past midnight of the 13th in Brussels.
        self.treat(start=datetime(2026, 3, 12, 23, 30))
        self.assertFalse(self.make_until(arrangement, date(2026, 3, 12)))
        self.assertEqual(self.make_until(arrangement, date(2026, 3, 13)).line_ids.date, date(2026, 3, 13))

    def test_a_member_of_the_household_has_the_credits_of_another_one_and_statements_of_their_own(self):
        lot = self.sell()
        child = self.make_patient("Child", practice_insurance_number="C-1")
        lot.beneficiary_ids = child
        mine, theirs = self.arrange(), self.arrange(child)
        self.treat(child)
        self.assertFalse(self.make_until(mine))
        self.assertEqual(self.make_until(theirs).patient_id, child)

    def test_whoever_takes_part_in_a_group_has_their_own_visit(self):
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
        line = self.make_until(self.arrange()).line_ids
        self.assertEqual((line.type_name, line.practitioner_name, line.price), ("Course", "Katrien", 120.0))

    def test_several_payers_each_get_their_own(self):
        self.sell()
        employer = self.make_patient("Employer")
        first, second = self.arrange(), self.arrange(payer_id=employer.id, percentage=20.0, documents="visit")
        self.treat()
        self.treat()
        statements = self.make_until(first | second)
        self.assertEqual(sorted(statements.mapped("share")), [24.0, 24.0, 180.0])

    def test_numbers_that_are_missing_are_named_and_nothing_is_issued(self):
        self.sell()
        self.patient.practice_insurance_number = False
        self.katrien.partner_id.practice_registration_number = False
        arrangement = self.arrange()
        self.treat()
        self.treat(user_id=False)
        self.assertFalse(self.make_until(arrangement))
        for words in (
            "insurance number of An Peeters",
            "registration number of Katrien",
            "An Peeters, 03/13/2026: nobody is named",
        ):
            self.assertIn(words, arrangement.error)
        self.assertEqual(len(arrangement.activity_ids), 1)
        arrangement.needs_numbers = False
        self.assertEqual(len(self.make_until(arrangement).line_ids), 2)
        self.assertFalse(arrangement.error or arrangement.activity_ids)

    def test_one_bad_arrangement_does_not_stop_the_others(self):
        bert = self.make_patient()
        self.sell(bert)
        self.sell()
        bad, good = self.arrange(bert), self.arrange()
        self.treat(bert)
        self.treat()
        self.assertEqual(self.make_until(bad | good).arrangement_id, good)
        self.assertTrue(bad.error)

    def test_numbers_run_per_company_without_gaps(self):
        self.sell()
        arrangement = self.arrange(documents="visit")
        self.treat()
        self.treat()
        first, second = self.make_until(arrangement).sorted("name")
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            self.treat()
            self.make_until(arrangement)
            raise ZeroDivisionError
        self.treat()
        third = self.make_until(arrangement)
        numbers = [int(it.name.rsplit("/", 1)[1]) for it in (first, second, third)]
        self.assertEqual(numbers, [1, 2, 3])
        other = self.env["res.company"].create({"name": "PB other"})
        self.assertTrue(self.env["practice.care.statement"]._take_number(other).endswith("/00001"))
        self.assertEqual(self.env["practice.care.statement"]._get_sequence(other).company_id, other)

    def test_nothing_is_booked(self):
        self.sell()
        arrangement = self.arrange()
        self.treat()
        entries = self.env["account.move"].search_count([])
        self.make_until(arrangement)
        self.assertEqual(self.env["account.move"].search_count([]), entries)
        self.assertBooksAgree()

    def test_the_queries_do_not_grow_with_visits(self):
        arrangement = self.arrange()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.make_until(arrangement)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        self.sell()
        self.treat()
        self.make_until(arrangement)  # makes the sequence
        self.treat()
        few = count()
        for _number in range(5):
            self.treat()
        self.assertLessEqual(count(), few)


@tagged("post_install", "-at_install")
class TestWhatBecomesOfIt(PayerMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.sell()

    def test_made_twice_it_stands_once(self):
        arrangement = self.arrange()
        self.treat()
        self.assertTrue(self.make_until(arrangement))
        self.assertFalse(self.make_until(arrangement))

    def test_the_database_states_a_visit_once(self):
        arrangement = self.arrange()
        self.treat()
        line = self.make_until(arrangement).line_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            line.copy()
            self.env.flush_all()

    def test_a_visit_that_was_a_no_show_is_taken_back_on_the_next_statement(self):
        arrangement = self.arrange()
        event = self.treat()
        march = self.make_until(arrangement)
        self.travel("2026-04-14 09:00:00")
        event.attendance = "no_show"
        self.treat()
        april = self.make_until(arrangement)
        self.assertEqual(self.lines(march), [(120.0, 90.0, False)])
        self.assertEqual(self.lines(april), [(-120.0, -90.0, True), (120.0, 90.0, False)])
        self.assertSums(march | april)
        self.assertEqual(april.line_ids.takes_back_id, march.line_ids)
        self.assertFalse(self.make_until(arrangement))

    def test_a_correction_alone_is_a_statement_too(self):
        for documents in ("visit", "month"):
            with self.subTest(documents=documents), self.cr.savepoint() as savepoint:
                arrangement = self.arrange(documents=documents)
                event = self.treat()
                self.make_until(arrangement)
                event.attendance = "no_show"
                statement = self.make_until(arrangement)
                self.assertEqual(self.lines(statement), [(-120.0, -90.0, True)])
                self.assertEqual(statement.share, -90.0)
                savepoint.rollback()
                self.env.invalidate_all()
                self.travel(self.now)

    def test_forth_and_back_as_often_as_one_likes(self):
        arrangement = self.arrange()
        event = self.treat()
        total, mark = 0.0, event.attendance
        for mark in ("attended", "no_show", "attended", "no_show", "attended"):
            event.attendance = mark
            total += sum(self.make_until(arrangement).mapped("share"))
            self.assertEqual(total, 90.0 if mark == "attended" else 0.0)
        stated = arrangement.statement_ids.line_ids.filtered(lambda it: not it.is_correction)
        self.assertEqual(sorted(stated.mapped("turn")), [0, 1, 2])

    def test_a_mistake_that_was_mended_before_anything_was_made_says_nothing(self):
        arrangement = self.arrange()
        event = self.treat()
        self.make_until(arrangement)
        event.attendance = "no_show"
        event.attendance = "attended"
        self.assertFalse(self.make_until(arrangement))

    def test_somebody_else_gave_the_visit_or_it_was_of_another_type(self):
        arrangement = self.arrange(documents="visit")
        event = self.treat()
        self.make_until(arrangement)
        pieter = new_test_user(self.env, "pb_pieter", "practice_billing.group_user", name="Pieter")
        pieter.partner_id.practice_registration_number = "5-1"
        event.user_id = pieter
        event.practice_appointment_type_id = self.make_type(self.package, name="Double", package_credits=2)
        statement = self.make_until(arrangement)
        self.assertEqual(
            self.lines(statement, "practitioner_name", "type_name", "price"),
            [("Katrien", "Session", -120.0), ("Pieter", "Double", 240.0)],
        )

    def test_it_was_another_patient(self):
        bert = self.make_patient(practice_insurance_number="B-1")
        self.sell(bert)
        mine, his = self.arrange(), self.arrange(bert)
        event = self.treat()
        self.make_until(mine | his)
        event.patient_id = bert
        statements = self.make_until(mine | his)
        self.assertEqual({(it.patient_id, it.share) for it in statements}, {(self.patient, -90.0), (bert, 90.0)})

    def test_an_appointment_that_is_deleted_has_taken_place_all_the_same(self):
        """One whose credits have a history is archived instead."""
        arrangement = self.arrange()
        event = self.treat()
        self.make_until(arrangement)
        event.unlink()
        self.assertFalse(self.make_until(arrangement))

    def test_other_terms_change_nothing_that_was_stated(self):
        arrangement = self.arrange()
        self.treat()
        self.make_until(arrangement)
        arrangement.appointment_type_ids = self.make_type(self.package, name="Other")
        arrangement.write({"documents": "visit", "reference": "New", "active": False})
        self.assertFalse(self.make_until(arrangement))

    def test_what_was_wrong_is_corrected_after_the_arrangement_has_ended_or_is_archived(self):
        arrangement = self.arrange(date_to="2026-03-20")
        event = self.treat()
        self.make_until(arrangement)
        arrangement.active = False
        self.travel("2026-05-01 09:00:00")
        event.attendance = "no_show"
        self.treat()
        self.run_statements()
        self.assertEqual(self.lines(arrangement.statement_ids[:1]), [(-120.0, -90.0, True)])

    def test_a_statement_is_not_deleted(self):
        arrangement = self.arrange()
        self.treat()
        with self.assertRefused("stays"):
            self.make_until(arrangement).unlink()


@tagged("post_install", "-at_install")
class TestRun(PayerMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.sell()

    def test_a_visit_is_stated_the_day_after(self):
        arrangement = self.arrange(documents="visit")
        self.treat()  # on the 12th
        self.run_statements()
        self.assertFalse(arrangement.statement_ids, "the day is not over")
        self.travel("2026-03-12 22:59:00")
        self.run_statements()
        self.assertFalse(arrangement.statement_ids, "one minute to midnight in Brussels")
        self.travel("2026-03-12 23:01:00")
        self.run_statements()
        self.assertEqual(arrangement.statement_ids.date, date(2026, 3, 13))
        self.run_statements()
        self.assertEqual(len(arrangement.statement_ids), 1)

    def test_a_month_is_stated_on_the_first_day_of_the_next_one(self):
        arrangement = self.arrange()
        self.treat()
        self.treat()
        self.run_statements()
        self.travel("2026-03-31 21:59:00")
        self.run_statements()
        self.assertFalse(arrangement.statement_ids)
        self.travel("2026-03-31 22:01:00")
        self.run_statements()
        self.assertEqual(len(arrangement.statement_ids.line_ids), 2)
        self.assertEqual(arrangement.next_date, date(2026, 5, 1))

    def test_months_that_were_missed_are_caught_up_one_by_one(self):
        arrangement = self.arrange()
        self.treat()
        self.travel("2026-04-14 09:00:00")
        self.treat()
        self.travel("2026-06-02 09:00:00")
        self.run_statements()
        statements = arrangement.statement_ids.sorted("name")
        self.assertEqual(statements.mapped("date_to"), [date(2026, 3, 12), date(2026, 4, 15)])

    def test_what_is_marked_late_stands_on_the_next_one(self):
        arrangement = self.arrange()
        self.treat()
        self.travel("2026-04-01 09:00:00")
        self.run_statements()
        self.visit(start=self.at(days=-5), user_id=self.katrien.id)
        self.run_statements()
        self.assertEqual(len(arrangement.statement_ids), 1)
        self.travel("2026-05-01 09:00:00")
        self.run_statements()
        self.assertEqual(len(arrangement.statement_ids), 2)

    def test_who_changes_an_arrangement_need_not_wait_for_the_next_month(self):
        arrangement = self.arrange(date_from="2026-03-20")
        self.treat()
        self.travel("2026-04-01 09:00:00")
        self.run_statements()
        self.assertFalse(arrangement.statement_ids)
        arrangement.date_from = "2026-03-01"
        self.run_statements()
        self.assertTrue(arrangement.statement_ids)

    def test_the_dialog_makes_them_until_a_day_and_says_so(self):
        arrangement = self.arrange()
        self.treat()
        self.treat()
        dialog = self.env["practice.care.statement.make"].create({"date_to": "2026-03-12"})
        self.assertTrue(dialog.consequence)
        self.assertIn("made: 1.", dialog.action_make()["params"]["message"])
        self.assertEqual(len(arrangement.statement_ids.line_ids), 1)
        self.assertIn("made: 0.", dialog.action_make()["params"]["message"])
        dialog.date_to = "2026-02-28"
        self.assertFalse(dialog.consequence, "a whole month is what the run makes too")
        dialog.date_to = "2026-03-25"
        with self.assertRefused("still to come"):
            dialog.action_make()

    def test_the_dialog_says_what_is_missing(self):
        self.patient.practice_insurance_number = False
        arrangement = self.arrange()
        self.treat()
        dialog = self.env["practice.care.statement.make"].create({"arrangement_ids": [Command.set(arrangement.ids)]})
        dialog.date_to = self.today()
        with self.assertRefused("insurance number of An Peeters"):
            dialog.action_make()


@tagged("post_install", "-at_install")
class TestArrangements(PayerMixin, PracticeCase):
    @contextmanager
    def assertUnsound(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            yield
            self.env.flush_all()

    def test_a_share_is_a_percentage_or_an_amount(self):
        for percentage, amount in ((0, 0), (75, 10), (-1, 0), (101, 0), (0, -1), (75, -1)):
            with self.subTest(percentage=percentage, amount=amount), self.assertUnsound():
                self.arrange(percentage=percentage, amount=amount)
        with self.assertUnsound():
            self.arrange(date_to="2025-12-31")
        self.arrange(percentage=0.5)
        self.arrange(payer_id=self.make_patient("Other").id, amount=0.01)

    def test_in_a_form_one_takes_the_place_of_the_other(self):
        arrangement = self.arrange()
        arrangement.percentage = 75.0
        arrangement.amount = 10.0
        arrangement._onchange_amount()
        self.assertEqual((arrangement.percentage, arrangement.amount), (0.0, 10.0))
        arrangement.percentage = 50.0
        arrangement._onchange_percentage()
        self.assertEqual((arrangement.percentage, arrangement.amount), (50.0, 0.0))

    def test_two_of_one_patient_and_payer_do_not_overlap(self):
        other = self.make_type(self.package, name="Other")
        self.arrange(date_to="2026-06-30", appointment_type_ids=[Command.set(self.type.ids)])
        for vals in (
            {"date_from": "2026-06-30"},
            {"date_from": "2025-01-01", "date_to": "2026-01-01"},
            {"appointment_type_ids": [Command.set((other | self.type).ids)]},
        ):
            with self.subTest(vals=vals), self.assertRefused("from 01/01/2026 already", ValidationError):
                self.arrange(**vals)
        later = self.arrange(date_from="2026-07-01")
        self.arrange(appointment_type_ids=[Command.set(other.ids)], date_to="2026-06-30")
        self.arrange(self.make_patient())
        with self.assertRefused("already", ValidationError):
            later.date_from = "2026-06-30"
        archived = self.arrange(active=False)
        with self.assertRefused("already", ValidationError):
            archived.active = True

    def test_nobody_pays_for_themselves(self):
        with self.assertRefused("both the patient and the payer", ValidationError):
            self.arrange(payer_id=self.patient.id)

    def test_what_statements_were_issued_by_is_ended_and_not_changed(self):
        self.sell()
        arrangement = self.arrange()
        self.treat()
        self.make_until(arrangement)
        for vals in (
            {"percentage": 80.0},
            {"payer_id": self.make_patient("Other").id},
            {"patient_id": self.make_patient("Third").id},
            {"date_from": "2026-02-01"},
        ):
            with self.subTest(vals=vals), self.assertRefused("End it, and make another"):
                arrangement.write(vals)
        with self.assertRefused("03/12/2026"):
            arrangement.date_to = "2026-03-11"
        with self.assertRefused("End the arrangement"):
            arrangement.unlink()
        arrangement.write({"date_to": "2026-03-12", "percentage": 75.0})
        self.arrange(date_from="2026-03-13", percentage=80.0)

    def test_contacts_that_are_merged_keep_their_statements_and_one_arrangement(self):
        self.sell()
        double = self.make_patient("An Peters", practice_insurance_number="85.07.30-033.28")
        self.sell(double)
        kept, other = self.arrange(), self.arrange(double)
        free = self.arrange(double, payer_id=self.make_patient("Employer").id)
        events = self.treat(), self.treat(double)
        made = self.make_until(kept | other)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.patient | double).ids, self.patient)
        self.env.invalidate_all()
        self.assertEqual(made.patient_id, self.patient)
        self.assertEqual((kept.active, other.active, free.active), (True, False, True))
        self.assertEqual((kept | other | free).patient_id, self.patient)
        self.assertEqual(made.arrangement_id, kept | other)
        everything = kept | other
        self.assertFalse(self.make_until(everything), "what another one stated to the same payer stays there")
        events[1].attendance = "no_show"
        self.assertEqual(self.make_until(everything).arrangement_id, other)

    def test_payers_that_are_merged(self):
        self.sell()
        second = self.insurer.copy()
        first, other = self.arrange(), self.arrange(payer_id=second.id)
        self.treat()
        self.make_until(first | other)
        self.env["base.partner.merge.automatic.wizard"]._merge((self.insurer | second).ids, self.insurer)
        self.env.invalidate_all()
        self.assertEqual((first.active, other.active), (True, False))
        self.assertEqual(len((first | other).statement_ids), 2)


@tagged("post_install", "-at_install")
class TestSelling(PayerMixin, PracticeCase):
    def open_dialog(self, **vals):
        form = Form(self.env["practice.package.sale"].with_context(default_partner_id=self.patient.id))
        form.product_id = self.product
        for name, value in vals.items():
            form[name] = value
        return form

    def test_who_pays_all_is_the_customer_and_their_reference_stands_on_the_invoice(self):
        self.arrange(percentage=100.0, reference="Case 14")
        form = self.open_dialog()
        self.assertEqual(form.payer_id, self.insurer)
        self.assertEqual(form.payer_note, "PB insurer pays all of it: the invoice goes to them.")
        action = form.save().action_sell()
        invoice = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((invoice.partner_id, invoice.ref), (self.insurer, "Case 14"))
        self.assertEqual(invoice.invoice_line_ids._practice_get_named_patient(), self.patient)

    def test_who_pays_a_part_is_named(self):
        self.arrange()
        form = self.open_dialog()
        self.assertEqual(form.payer_id, self.patient)
        self.assertIn("PB insurer pays 75 % of each visit", form.payer_note)
        invoice = self.env["account.move"].browse(form.save().action_sell()["res_id"])
        self.assertFalse(invoice.ref)

    def test_what_is_over_or_is_about_other_visits_says_nothing(self):
        other = self.make_package("Other")
        self.arrange(percentage=100.0, date_to="2026-03-10")
        self.arrange(
            percentage=100.0,
            date_from="2026-03-11",
            appointment_type_ids=[Command.set(self.make_type(other, name="Other").ids)],
        )
        form = self.open_dialog()
        self.assertEqual((form.payer_id, form.payer_note), (self.patient, False))
        form.product_id = self.make_product(other)
        self.assertEqual(form.payer_id, self.insurer)
        form.product_id = self.product
        self.assertEqual(form.payer_id, self.patient)

    def test_a_customer_who_was_chosen_by_hand_stays(self):
        self.arrange(percentage=100.0)
        mother = self.make_patient("Mother")
        form = self.open_dialog(payer_id=mother)
        form.product_id = self.make_product(self.package)
        self.assertEqual(form.payer_id, mother)


@tagged("post_install", "-at_install")
class TestPrintAndSend(PayerMixin, PracticeCase):
    def setUp(self):
        super().setUp()
        self.make_staff()
        self.sell()
        self.arrangement = self.arrange(reference="P-17")
        self.treat()
        self.statement = self.make_until(self.arrangement)

    def print_as(self, user):
        report = self.env["ir.actions.report"].with_user(user)
        html, _type = report._render_qweb_html("practice_billing.report_care_statement", self.statement.ids)
        return html.decode()

    def test_the_print_says_everything_that_an_insurer_asks_for(self):
        text = self.print_as(self.front_desk)
        for words in (
            *(self.statement.name, "An Peeters", "85.07.30-033.28", "PB insurer", "P-17"),
            *("Session", "Katrien", "7-61234-55", "03/12/2026", "120.00", "90.00", self.company.name),
        ):
            self.assertIn(words, text)

    def test_the_print_is_in_the_patients_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.patient.lang = "nl_NL"
        self.assertIn("12-03-2026", self.print_as(self.front_desk))

    def test_who_may_not_read_the_number_does_not_print_it(self):
        for user in (self.accountant, self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.print_as(user)
        self.assertTrue(self.statement.with_user(self.accountant).read(["share", "patient_name"]))
        with self.assertRaises(AccessError):
            self.statement.with_user(self.accountant).read(["insurance_number"])

    def test_it_goes_to_the_patient_or_to_who_represents_them(self):
        self.statement.with_user(self.front_desk).action_send()
        mail = self.env["mail.mail"].search([("model", "=", "practice.care.statement")])
        self.assertEqual(mail.recipient_ids, self.patient)
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertIn(self.statement.name, mail.subject)
        self.assertEqual(self.statement.sent_to, "An Peeters")
        parent = self.make_patient("Parent")
        self.patient.write({"email": False, "practice_representative_ids": [Command.set(parent.ids)]})
        self.statement.action_send()
        self.assertEqual(self.statement.sent_to, "Parent")

    def test_it_goes_to_the_payer_where_the_arrangement_says_so(self):
        self.arrangement.send_to = "payer"
        self.statement.action_send()
        self.assertEqual(self.statement.sent_to, "PB insurer")

    def test_nobody_to_send_to(self):
        self.patient.email = False
        with self.assertRefused("no e-mail address for An Peeters"):
            self.statement.action_send()
        bert = self.make_patient(practice_insurance_number="B-1")
        self.sell(bert)
        self.treat(bert)
        other = self.make_until(self.arrange(bert))
        message = (self.statement | other).action_send()["params"]["message"]
        self.assertIn("sent: 1.", message)
        self.assertIn("An Peeters", message)

    def test_another_company_sees_nothing_and_makes_nothing(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other, "practice_billing.group_manager")
        for record in (self.arrangement, self.statement, self.statement.line_ids):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(stranger).read(["id"])
        with self.assertRaises(AccessError):
            self.arrangement.with_user(stranger)._make_until(MARCH_31)
        with self.assertRaises(AccessError):
            self.statement.with_user(stranger).action_send()
        self.assertFalse(self.env["practice.care.statement"].with_user(stranger).search([]))

    def test_visits_in_another_company_are_not_for_this_arrangement(self):
        other = self.env["res.company"].create({"name": "PB other"})
        elsewhere = self.arrange(company_id=other.id)
        self.assertFalse(self.make_until(elsewhere))

    def test_only_staff_makes_and_sends(self):
        for user in (self.accountant, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.arrangement.with_user(user)._make_until(MARCH_31)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.statement.with_user(user).action_send()
        self.arrangement.with_user(self.front_desk)._make_until(MARCH_31)


@tagged("post_install", "-at_install")
class TestStatementsOnThePortal(PayerMixin, FamilyMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.give(self.child)
        arrangement = self.arrange(self.child, needs_numbers=False, date_from=self.at(days=-30).date())
        event = self.plan(self.child, self.at(days=-1), user_id=self.katrien.id)
        event.attendance = "attended"
        self.statement = self.make_until(arrangement, self.today())

    def test_a_parent_sees_and_downloads_those_of_the_child(self):
        self.authenticate("pb_parent", "pb_parent")
        page = self.page("/my/statements")
        self.assertIn(self.statement.name, page)
        self.assertIn("PB insurer", page)
        answer = self.url_open(f"/my/statements/{self.statement.id}")
        self.assertEqual(answer.status_code, 200)
        self.assertIn(self.statement.name.replace("/", "-"), answer.headers["Content-Disposition"])

    def test_somebody_else_sees_nothing(self):
        self.authenticate("pb_stranger", "pb_stranger")
        self.assertNotIn(self.statement.name, self.page("/my/statements"))
        self.page(f"/my/statements/{self.statement.id}", status=404)
        self.page("/my/statements/999999999", status=404)

    def test_my_account_counts_them(self):
        self.authenticate("pb_parent", "pb_parent")
        counters = ["practice_statement_count"]
        self.assertEqual(self.rpc("/my/counters", counters=counters)["result"], {"practice_statement_count": 1})


@tagged("post_install", "-at_install")
class TestRaces(PayerMixin, PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.racer = self.make_patient("Racing Rita", practice_insurance_number="R-1")
        self.give(self.racer)

    def test_of_two_who_make_statements_at_once_one_states_the_visit(self):
        arrangement = self.arrange(self.racer, documents="visit", date_from=self.at(days=-30).date())
        for days in (1, 2):
            event = self.plan(self.racer, self.at(days=-days), user_id=self.katrien.id)
            event.attendance = "attended"
        self.cr.commit()
        today = self.today()
        makers = [lambda env: env["practice.payer.arrangement"].browse(arrangement.id)._make_until(today).ids] * 4
        outcomes = self.race(makers, users=self.front_desk.id)
        self.assertEqual(refused(outcomes), [])
        self.assertEqual(sorted(len(it) for it in outcomes), [0, 0, 0, 2])
        self.assertEqual(len(arrangement.statement_ids.line_ids), 2)

    def test_patients_whose_statements_are_made_at_once_get_numbers_without_gaps(self):
        arrangements = self.env["practice.payer.arrangement"]
        for number in range(4):
            patient = self.make_patient(f"Rita {number}", practice_insurance_number=f"R-{number}")
            self.give(patient)
            event = self.plan(patient, self.at(days=-1), user_id=self.katrien.id, practice_overrule_reason="Race")
            event.attendance = "attended"
            arrangements |= self.arrange(patient, documents="visit", date_from=self.at(days=-30).date())
        self.cr.commit()
        today, ids = self.today(), arrangements.ids
        makers = [
            partial(lambda env, it: env["practice.payer.arrangement"].browse(it)._make_until(today).ids, it=it)
            for it in ids
        ]
        self.assertEqual(refused(self.race(makers, users=self.front_desk.id)), [])
        numbers = sorted(int(name.rsplit("/", 1)[1]) for name in arrangements.statement_ids.mapped("name"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 4)))

    def test_of_two_overlapping_arrangements_made_at_once_one_is_refused(self):
        vals = {"patient_id": self.racer.id, "payer_id": self.insurer.id, "percentage": 50.0}
        self.cr.commit()
        makers = [lambda env: env["practice.payer.arrangement"].create(dict(vals)).id] * 3
        outcomes = self.race(makers, users=self.front_desk.id)
        self.assertEqual(len(done(outcomes)), 1)
        for loser in refused(outcomes):
            self.assertIsInstance(loser, UserError)
            self.assertIn("already", str(loser))
