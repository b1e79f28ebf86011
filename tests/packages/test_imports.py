"""Files of another system: checked row by row, imported once, whatever happens to the run."""

import base64
import io
from datetime import datetime, timedelta
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common.imports import ImportCase, ImportMixin
from ..common.practice import PracticeMixin

PEOPLE = (
    ("P-1", "Zoë Maes", "zoe@example.com", "+32 470 11 22 33", "Kerkstraat 1", "9000", "Gent", "BE", "en"),
    ("P-2", "Karel Wouters", "karel@example.com"),
    ("P-3", "Lies Wouters", "", "", "", "", "", "nl"),
)


@tagged("post_install", "-at_install")
class TestPatients(ImportCase):
    def find(self, **vals):
        return self.env["res.partner"].search([(name, "=", value) for name, value in vals.items()])

    def test_a_check_says_what_would_happen_and_imports_nothing(self):
        before = self.env["res.partner"].search_count([])
        keys = self.env["practice.import.key"].search_count([])
        data_import = self.check("patient", [*PEOPLE, ("P-4", "", "x")])
        self.assertResult(data_import, "checked", created=3, refused=1)
        self.assertEqual(data_import.rows_total, 4)
        self.assertProblem(data_import, 5, "Name", "fill it in")
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        self.assertEqual(self.env["practice.import.key"].search_count([]), keys)

    def test_all_that_is_known_of_a_patient_is_kept(self):
        data_import = self.bring("patient", PEOPLE)
        self.assertResult(data_import, created=3)
        zoe = self.find(name="Zoë Maes")
        self.assertEqual((zoe.email, zoe.phone, zoe.street), ("zoe@example.com", "+32 470 11 22 33", "Kerkstraat 1"))
        self.assertEqual((zoe.zip, zoe.city, zoe.country_id.code, zoe.lang), ("9000", "Gent", "BE", "en_US"))
        self.assertFalse(zoe.is_company or zoe.message_ids)
        self.assertEqual(
            data_import.action_open_created()["domain"][0][2],
            self.find(name="Zoë Maes").ids + [self.find(name=name).id for _number, name, *_rest in PEOPLE[1:]],
        )

    def test_the_same_file_twice_changes_nothing(self):
        self.bring("patient", PEOPLE)
        zoe = self.find(name="Zoë Maes")
        zoe.phone = "+32 2 000 00 00"
        again = self.check("patient", PEOPLE)
        self.assertResult(again, "checked", unchanged=3)
        again.action_import()
        self.run_import()
        self.assertResult(again, unchanged=3)
        self.assertEqual(self.find(name="Zoë Maes"), zoe)
        self.assertEqual(zoe.phone, "+32 2 000 00 00")

    def test_rows_that_were_mended_are_imported_and_the_others_left_alone(self):
        first = self.bring("patient", [*PEOPLE[:2], ("P-3", "Lies Wouters", "no address")])
        self.assertResult(first, created=2, refused=1)
        self.assertResult(self.bring("patient", PEOPLE), created=1, unchanged=2)

    def test_who_has_the_same_address_and_name_is_used(self):
        data_import = self.bring("patient", [("P-9", "an peeters", "An.Peeters@Example.com", "+32 1")])
        self.assertResult(data_import, unchanged=1)
        self.assertFalse(self.patient.phone)
        # From now on the number of the old system names them.
        self.assertResult(self.bring("credit", [("C-1", "P-9", "Ten sessions", "3")]), created=1)
        self.assertEqual(self.lots().credits_available, 3)

    def test_the_same_address_with_another_name_is_a_warning(self):
        data_import = self.bring("patient", [("P-9", "Jan Peeters", "an.peeters@example.com")])
        self.assertResult(data_import, created=1)
        [(number, column, words)] = self.problems(data_import, "warning")
        self.assertEqual((number, column), (2, "E-Mail"))
        self.assertIn("An Peeters has this e-mail address too", words)

    def test_two_rows_with_one_address_are_a_family_or_the_same_patient(self):
        data_import = self.bring(
            "patient",
            [
                ("P-1", "Zoë Maes", "zoe@example.com"),
                ("P-2", "Karel Maes", "Zoe@example.com"),
                ("P-3", "zoe maes", "zoe@example.com"),
            ],
        )
        self.assertResult(data_import, created=2, refused=1)
        self.assertProblem(data_import, 4, "E-Mail", "Row 2 is the same patient")
        self.assertEqual([number for number, *_rest in self.problems(data_import, "warning")], [3])

    def test_a_row_without_number_is_known_by_its_address_and_name(self):
        rows = [("", "Zoë Maes", "zoe@example.com"), ("", "Karel Maes", "zoe@example.com")]
        self.assertResult(self.bring("patient", rows), created=2)
        self.assertResult(self.bring("patient", rows), unchanged=2)
        self.assertProblem(self.check("patient", [("", "Zoë Maes")]), 2, "Reference", "add one")

    def test_what_is_unknown_is_refused_with_the_row(self):
        data_import = self.check(
            "patient",
            [
                ("P-1", "Zoë Maes", "zoe"),
                ("P-2", "Zoë Maes", "", "", "", "", "", "XX"),
                ("P-3", "Zoë Maes", "", "", "", "", "", "", "zz"),
                ("P-4", "Zoë Maes"),
                ("P-4", "Karel Maes"),
                ("P-5", "x" * 600),
                ("P-0001", "Anna Example", "anna@example.com"),
            ],
        )
        self.assertResult(data_import, "checked", created=1, refused=6)
        for number, column, words in (
            *((2, "E-Mail", "no e-mail"), (3, "Country", "two letters"), (4, "Language", "en_US")),
            *((6, "Reference", "Row 5 has the same"), (7, "Name", "at most 500"), (8, "", "example of the template")),
        ):
            with self.subTest(number=number):
                self.assertProblem(data_import, number, column, words)

    def test_an_archived_patient_is_not_doubled(self):
        self.patient.active = False
        data_import = self.check("patient", [("P-9", "An Peeters", "an.peeters@example.com")])
        self.assertProblem(data_import, 2, "E-Mail", "archived")

    def test_titles_in_dutch_and_columns_that_nobody_knows(self):
        content = self.make_file(
            "patient",
            [("K1", "Zoë Maes", "01/02/1990", "0470")],
            titles=("Klantnummer", "NAAM", "Geboortedatum", "Gsm"),
            encoding="cp1252",
        )
        data_import = self.bring("patient", content=content)
        self.assertResult(data_import, created=1)
        self.assertEqual(data_import.ignored_columns, "Geboortedatum")
        self.assertEqual(self.find(name="Zoë Maes").phone, "0470")

    def test_cells_that_look_like_formulas_stay_text(self):
        self.bring("patient", [("P-1", "=cmd|' /C calc'!A0", "x@example.com", "@SUM(1)")])
        self.assertEqual(self.find(email="x@example.com").name, "=cmd|' /C calc'!A0")


@tagged("post_install", "-at_install")
class TestFiles(ImportCase):
    def assertUnreadable(self, content, words, kind="patient"):
        data_import = self.check(kind, content=content)
        with self.subTest(content=content[:20]):
            self.assertEqual(data_import.state, "draft")
            self.assertIn(words, data_import.error)
            self.assertTrue(data_import.message_ids.filtered(lambda it: words in it.body))

    def test_nonsense_is_refused_in_words(self):
        self.assertUnreadable(b"\n", "empty")
        self.assertUnreadable(b"\x89PNG\r\n\x1a\n\0\0", "no text")
        self.assertUnreadable(b"PK\x03\x04nothing", "cannot be read")
        self.assertUnreadable(b"\xd0\xcf\x11\xe0nothing", "before 2007")
        self.assertUnreadable(b"Reference\n1\n2\n", "Missing: Name")
        self.assertUnreadable(b"Name;Naam\nx;y\n", "Two columns mean the same")
        self.assertUnreadable(b"Name;Reference\n", "no rows")
        self.assertUnreadable(b"Name;Reference\n" + b"x;y\n" * 5001, "at most 5000")
        self.assertUnreadable(b"Name\n", "Missing: Reference, Patient, Package, Credits", kind="credit")

    def test_another_file_is_chosen_after_one_that_cannot_be_read(self):
        data_import = self.check("patient", content=b"Foo\nbar\n")
        data_import.file = base64.b64encode(self.make_file("patient", PEOPLE))
        self.assertFalse(data_import.error)
        data_import.action_check()
        self.run_import()
        self.assertResult(data_import, "checked", created=3)

    def test_without_a_file_nothing_begins(self):
        data_import = self.upload("patient")
        data_import.file = False
        with self.assertRaisesRegex(UserError, "Choose a file"):
            data_import.action_check()

    def test_a_workbook_under_any_name_is_read(self):
        book = openpyxl.Workbook()
        for row in (
            ("Reference", "Name", "Zip"),
            (12.0, "Zoë Maes", 9000),
            (None, None, None),
            ("13", "An Maes", "0900"),
        ):
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        self.assertResult(self.bring("patient", content=stream.getvalue(), filename="x.csv"), created=2)
        keys = self.env["practice.import.key"].search([("kind", "=", "patient")])
        self.assertEqual(set(keys.mapped("reference")), {"12", "13"})
        self.assertEqual(keys.partner_id.mapped("zip"), ["9000", "0900"])

    def test_a_template_can_be_read_and_holds_an_example_that_is_not_imported(self):
        for kind in ("patient", "credit", "appointment"):
            content = self.env["practice.data.import"]._make_template(kind)
            with self.subTest(kind=kind):
                data_import = self.check(kind, content=content)
                self.assertResult(data_import, "checked", refused=1)
                self.assertProblem(data_import, 2, "", "example of the template")
                columns = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
                self.assertTrue(all(row[2].value for row in columns.iter_rows(min_row=2)))

    def test_another_choice_has_to_be_checked_anew(self):
        data_import = self.check("patient", PEOPLE)
        data_import.kind = "credit"
        self.assertEqual((data_import.state, data_import.created_count), ("draft", 0))
        data_import.action_import()
        self.assertEqual(data_import.state, "draft")

    def test_what_was_imported_stays(self):
        data_import = self.bring("patient", PEOPLE)
        with self.assertRaisesRegex(UserError, "make a new import"):
            data_import.file = False
        data_import.action_check()
        data_import.action_import_good()
        data_import.action_start_over()
        self.assertEqual(data_import.state, "done")

    def test_nothing_is_imported_while_there_are_problems_unless_it_is_said(self):
        data_import = self.check("patient", [*PEOPLE, ("P-4", "")])
        with self.assertRaisesRegex(UserError, "1 of the 4 rows"):
            data_import.action_import()
        data_import.action_import_good()
        self.run_import()
        self.assertResult(data_import, created=3, refused=1)
        self.assertEqual(len(data_import.problem_ids), 1)

    def test_what_is_left_when_the_time_of_the_run_is_over_goes_on_at_once(self):
        rows = [(f"P-{number}", f"Patient {number}") for number in range(40)]
        data_import = self.check("patient", rows)
        data_import.action_import()
        cron = self.registry["ir.cron"]
        with (
            patch("odoo.addons.practice_billing.models.packages.imports.data_import_run.BATCH", 15),
            patch.object(cron, "_commit_progress", side_effect=[1.0, 1.0, 0.0]) as progress,
            patch.object(cron, "_trigger") as trigger,
        ):
            self.env["practice.data.import"]._cron_import()
        self.assertEqual((data_import.state, data_import.rows_done), ("importing", 30))
        progress.assert_called_with(1, remaining=1)
        trigger.assert_called_once_with()
        self.run_import()
        self.assertResult(data_import, created=40)

    def test_a_check_tells_who_asked_how_far_it_is(self):
        rows = [(f"P-{number}", f"Patient {number}") for number in range(450)]
        # What the check sends is undone with it here, where it has no connection of its own.
        with patch.object(self.registry["res.users"], "_bus_send", autospec=True) as send:
            data_import = self.check("patient", rows)
        told = [call.args for call in send.call_args_list if call.args[1] == "practice_billing.import_progress"]
        self.assertEqual({user for user, _kind, _message in told}, {self.manager})
        self.assertEqual(
            [message for *_rest, message in told],
            [{"import_id": data_import.id, "rows_done": done, "rows_total": 450} for done in (0, 200, 400)],
        )

    def test_files_are_emptied_after_some_days(self):
        data_import = self.bring("patient", [*PEOPLE, ("P-4", "")])
        draft = self.upload("patient", PEOPLE)
        running = self.upload("patient", PEOPLE)
        running.action_check()
        imports = data_import | draft | running
        self.query("UPDATE practice_data_import SET write_date = '2026-02-10' RETURNING id")
        imports._gc_files()
        self.assertTrue(all(it.file for it in imports))
        self.query("UPDATE practice_data_import SET write_date = '2026-02-08' RETURNING id")
        self.env.invalidate_all()
        imports._gc_files()
        self.assertFalse(data_import.file or draft.file or data_import.problem_ids)
        self.assertTrue(running.file)
        self.assertEqual((data_import.state, data_import.created_count), ("done", 3))
        old = (data_import | draft).ids
        files = [("res_model", "=", imports._name), ("res_id", "in", old), ("res_field", "=", "file")]
        self.assertFalse(self.env["ir.attachment"].search(files))


@tagged("post_install", "-at_install")
class TestCredits(ImportCase):
    def credits(self, *row, titles=None, **vals):
        return self.bring("credit", [row], **vals)

    def test_they_are_booked_in_each_of_the_three_ways(self):
        counterpart = self.make_account("equity", "PB take-over")
        for number, (booking, value, balance) in enumerate(
            (("none", 0.0, 0.0), ("opening", 135.0, 0.0), ("entry", 135.0, -135.0))
        ):
            before = self.balance(self.liability)
            data_import = self.credits(
                *(f"C-{number}", "an.peeters@example.com", "ten sessions", "3", "45,00", "31-12-2026", "1/3/2026"),
                booking=booking,
                counterpart_account_id=counterpart.id,
            )
            self.assertResult(data_import, created=1)
            row = self.env["practice.credit.import"].search([("reference", "=", f"C-{number}")])
            with self.subTest(booking=booking):
                self.assertEqual((row.state, row.booking, str(row.date)), ("done", booking, "2026-03-01"))
                self.assertEqual((row.lot_id.partner_id, row.lot_id.package_id), (self.patient, self.package))
                self.assertEqual((row.lot_id.credits_available, row.lot_id.value_open), (3, value))
                self.assertEqual(str(row.lot_id.expiry_date), "2026-12-31")
                self.assertEqual(row.lot_id.internal_rate, 45.0)
                self.assertEqual(self.balance(self.liability) - before, balance)

    def test_without_rate_and_dates_the_package_and_the_file_say_it(self):
        self.credits("C-1", "An Peeters", "Ten sessions", 4, date="2026-02-01")
        row = self.env["practice.credit.import"].search([("reference", "=", "C-1")])
        self.assertEqual((row.internal_rate, str(row.date), row.lot_id.expiry_date), (100.0, "2026-02-01", False))

    def test_the_same_file_twice_gives_them_once(self):
        rows = [("C-1", "An Peeters", "Ten sessions", 4), ("C-2", "An Peeters", "Ten sessions", 2)]
        self.assertResult(self.bring("credit", rows, booking="opening"), created=2)
        self.assertResult(self.bring("credit", rows, booking="opening"), unchanged=2)
        self.assertEqual(sum(self.lots().mapped("credits_available")), 6)

    def test_credits_whose_import_was_undone_can_be_imported_again(self):
        self.credits("C-1", "An Peeters", "Ten sessions", 4)
        row = self.env["practice.credit.import"].search([("reference", "=", "C-1")])
        row.with_user(self.manager).action_undo()
        self.assertResult(self.credits("C-1", "An Peeters", "Ten sessions", 3), created=1)

    def test_what_does_not_fit_is_refused_with_the_row(self):
        other = self.env["res.company"].create({"name": "PB other"})
        income = self.env["account.account"].with_company(other)
        income = income.create({"name": "Theirs", "code": "7X", "account_type": "income", "company_ids": other.ids})
        accounts = {"income_account_id": income.id, "deferred_account_id": False, "breakage_account_id": False}
        self.make_package("Theirs", company_id=other.id, **accounts)
        self.make_package("Old").active = False
        self.make_package("Twice"), self.make_package("twice")
        self.make_package("No post", deferred_account_id=False)
        self.make_patient("Double", email="a@example.com"), self.make_patient("Double", email="b@example.com")
        self.make_patient("Gone").active = False
        an, ten = "An Peeters", "Ten sessions"
        cases = {
            ("Credits", "at least one"): (an, ten, 0),
            ("Credits", "no whole"): (an, ten, "2,5"),
            ("Credits", "no number"): (an, ten, "many"),
            ("Rate", "negative"): (an, ten, 1, "-5"),
            ("Rate", "thousand or a fraction"): (an, ten, 1, "1.234"),
            ("Expiry Date", "expired"): (an, ten, 1, "", "10/03/2026"),
            ("Expiry Date", "no day"): (an, ten, 1, "", "12/31/2026"),
            ("Date", "still to come"): (an, ten, 1, "", "", "12/03/2026"),
            ("Patient", "Nobody has"): ("An Peters", ten, 1),
            ("Patient", "2 patients"): ("Double", ten, 1),
            ("Patient", "archived"): ("Gone", ten, 1),
            ("Package", "none of this name"): (an, "Theirs", 1),
            ("Package", "Old is archived"): (an, "Old", 1),
            ("Package", "2 have this name"): (an, "Twice", 1),
            ("Package", "no balance post"): (an, "No post", 1),
        }
        rows = [(f"C-{number}", *case) for number, case in enumerate(cases.values())]
        rows += [("", an, ten, 1), ("C-x", an, ten, 1, "", "11/03/2026")]
        data_import = self.check("credit", rows, booking="opening")
        self.assertResult(data_import, "checked", created=1, refused=len(cases) + 1)
        for number, (column, words) in enumerate(cases, start=2):
            with self.subTest(case=(column, words)):
                self.assertProblem(data_import, number, column, words)
        self.assertProblem(data_import, len(cases) + 2, "Reference", "fill it in")

    def test_a_row_that_the_books_refuse_stops_no_other(self):
        self.company.fiscalyear_lock_date = "2026-01-31"
        rows = [(f"C-{day}", "An Peeters", "Ten sessions", 1, "", "", day) for day in ("2026-03-01", "2026-03-02")]
        bad = self.make_package("Bad")
        rows.insert(1, ("C-bad", "An Peeters", "Bad", 1))
        account = self.make_account("liability_current", "PB closed")
        bad.deferred_account_id = account
        self.query("UPDATE account_account SET active = false WHERE id = %s RETURNING id", account.id)
        self.env.invalidate_all()
        counterpart = self.make_account("equity", "PB take-over")
        with mute_logger("odoo.addons.practice_billing.models.common.retry_mixin"):
            data_import = self.bring("credit", rows, booking="entry", counterpart_account_id=counterpart.id)
        self.assertResult(data_import, created=2, refused=1)
        self.assertEqual([number for number, *_rest in self.problems(data_import)], [3])

    def test_an_entry_needs_its_account(self):
        with self.assertRaisesRegex(UserError, "account that is debited"):
            self.check("credit", [("C-1", "An Peeters", "Ten sessions", 4)], booking="entry")


@tagged("post_install", "-at_install")
class TestAppointments(ImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ilse = new_test_user(cls.env, "pb_ilse", "base.group_user", name="Ilse", email="ilse@example.com")
        cls.jan = new_test_user(cls.env, "pb_jan", "base.group_user", name="Jan")

    def setUp(self):
        super().setUp()
        # As people work: nothing is muted from outside.
        self.env = self.env(context={"lang": "en_US"})
        self.lot = self.give(self.patient, 5)

    def appointments(self, *rows, **vals):
        return self.bring("appointment", [(f"A-{number}", *row) for number, row in enumerate(rows)], **vals)

    def test_they_are_planned_by_the_clock_of_the_practice(self):
        data_import = self.appointments(
            ("an.peeters@example.com", "session", "pb_ilse", "20/03/2026 14:30", "45", "Left knee"),
            ("An Peeters", "Session", "Jan", "2026-04-01 9:00"),
        )
        self.assertResult(data_import, created=2)
        first, second = self.env["practice.import.key"].search([("kind", "=", "appointment")]).event_id.sorted("start")
        # Winter time, then summer time.
        self.assertEqual((first.start, first.stop), (datetime(2026, 3, 20, 13, 30), datetime(2026, 3, 20, 14, 15)))
        self.assertEqual((second.start, second.stop), (datetime(2026, 4, 1, 7), datetime(2026, 4, 1, 8)))
        self.assertEqual((first.user_id, second.user_id), (self.ilse, self.jan))
        self.assertEqual(first.partner_ids, self.ilse.partner_id | self.patient)
        self.assertEqual((first.attendance, first.credit_state), ("planned", "reserved"))
        self.assertLot(self.lot, available=3, reserved=2)
        # A note is for the practice: a patient's calendar file would have the description.
        self.assertIn("Left knee", first.message_ids.body)
        self.assertTrue(first.message_ids.is_internal)
        self.assertNotIn("Left knee", str(first.description))

    def test_nobody_is_told_and_reminders_come_later(self):
        mails, messages = self.env["mail.mail"].search([]), self.env["practice.appointment.notice"].search([])
        self.appointments(("An Peeters", "Session", "Ilse", "20/03/2026 14:30"))
        event = (
            self.patient.with_context(active_test=False)
            .env["calendar.event"]
            .search([("patient_id", "=", self.patient.id)])
        )
        self.assertFalse(event.practice_notice_ids)
        self.assertFalse(self.env["practice.appointment.notice"].search([]) - messages)
        new = self.env["mail.mail"].search([]) - mails
        self.assertFalse(new.filtered(lambda it: (self.patient | self.ilse.partner_id) & it.recipient_ids))
        self.type.reminder_hours = "48"
        self.travel(event.start - timedelta(hours=40))
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_send_notices").method_direct_trigger()
        self.assertEqual(event.practice_notice_ids.mapped("kind"), ["reminder"])

    def test_the_same_file_twice_plans_them_once(self):
        row = ("An Peeters", "Session", "Ilse", "20/03/2026 14:30")
        self.assertResult(self.appointments(row), created=1)
        self.assertResult(self.appointments(row), unchanged=1)
        # Also one that was cancelled meanwhile.
        event = self.env["practice.import.key"].search([("kind", "=", "appointment")]).event_id
        event.attendance = "cancelled"
        self.assertResult(self.appointments(row), unchanged=1)
        self.assertLot(self.lot, available=5)

    def test_what_does_not_fit_is_refused_with_the_row(self):
        self.make_type(self.package, name="Class", places=6)
        self.make_type(self.package, name="Old").active = False
        self.give(self.make_patient("Bert Claes"), 1)
        self.env["calendar.event"].create(
            {
                "name": "Busy",
                "start": "2026-03-20 08:00:00",
                "stop": "2026-03-20 09:00:00",
                "partner_ids": self.jan.partner_id.ids,
            }
        )
        self.make_patient("Nobody's Credits")
        an = "An Peeters"
        cases = (
            ((an, "Session", "Ilse", "10/03/2026 14:30"), "Start", "is over"),
            ((an, "Session", "Ilse", "11/03/2026 10:00"), "Start", "is over"),
            ((an, "Session", "Ilse", "29/03/2026 02:30"), "Start", "clocks change"),
            ((an, "Session", "Ilse", "20/03/2026"), "Start", "no time"),
            ((an, "Session", "Ilse", "20/03/2026 14:30", "0"), "Duration", "no duration"),
            ((an, "Class", "Ilse", "20/03/2026 14:30"), "Type", "several patients"),
            ((an, "Old", "Ilse", "20/03/2026 14:30"), "Type", "archived"),
            ((an, "Session", "Piet", "20/03/2026 14:30"), "Practitioner", "Nobody in"),
            ((an, "Session", "", "20/03/2026 14:30"), "Practitioner", "write who"),
            ((an, "Session", "pb_portal", "20/03/2026 14:30"), "Practitioner", "Nobody in"),
            ((an, "Session", "Jan", "20/03/2026 9:30"), "Start", "Jan has something else"),
            (("Nobody's Credits", "Session", "Ilse", "20/03/2026 14:30"), "Patient", "lacks credits of Ten sessions"),
        )
        data_import = self.appointments(*(row for row, _column, _words in cases))
        self.assertResult(data_import, refused=len(cases))
        for number, (_row, column, words) in enumerate(cases, start=2):
            with self.subTest(number=number):
                self.assertProblem(data_import, number, column, words)
        self.assertLot(self.lot, available=5)

    def test_rows_of_one_file_are_in_one_anothers_way(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert, 5)
        data_import = self.check(
            "appointment",
            [
                ("A-1", "An Peeters", "Session", "Ilse", "20/03/2026 14:00"),
                ("A-2", "Bert Claes", "Session", "Ilse", "20/03/2026 14:30"),
                ("A-3", "An Peeters", "Session", "Jan", "20/03/2026 14:59"),
                ("A-4", "Bert Claes", "Session", "Ilse", "20/03/2026 15:00"),
                ("A-5", "Bert Claes", "Session", "Jan", "20/03/2026 14:00"),
            ],
        )
        self.assertResult(data_import, "checked", created=3, refused=2)
        self.assertProblem(data_import, 3, "Start", "Ilse has something else")
        self.assertProblem(data_import, 4, "Start", "An Peeters has something else")

    def test_a_patient_gets_as_many_as_they_have_credits_for(self):
        rows = [("An Peeters", "Session", "Ilse", f"{day}/03/2026 14:00") for day in range(20, 28)]
        data_import = self.appointments(*rows)
        self.assertResult(data_import, created=5, refused=3)
        self.assertEqual([number for number, *_rest in self.problems(data_import)], [7, 8, 9])
        self.assertLot(self.lot, available=0, reserved=5)

    def test_a_check_counts_credits_over_all_batches(self):
        self.give(self.patient, 200)
        start = datetime(2026, 4, 1, 8)
        rows = [
            (f"A-{number}", "An Peeters", "Session", "Ilse", f"{start + timedelta(hours=number):%d/%m/%Y %H:%M}")
            for number in range(210)
        ]
        data_import = self.check("appointment", rows)
        self.assertResult(data_import, "checked", created=205, refused=5)

    def test_a_week_takes_as_many_visits_as_the_package_allows(self):
        self.package.weekly_visits = 2
        data_import = self.appointments(
            *(("An Peeters", "Session", "Ilse", f"{day}/03/2026 14:00") for day in (16, 17, 18, 23))
        )
        self.assertResult(data_import, created=3, refused=1)
        self.assertEqual([number for number, *_rest in self.problems(data_import)], [4])

    def test_rooms_are_shared_by_as_many_as_there_are(self):
        self.type.room_ids = self.env["practice.room"].create([{"name": "Room 1"}, {"name": "Room 2"}])
        for name in ("Bert Claes", "Carla Maes"):
            self.give(self.make_patient(name), 1)
        piet = new_test_user(self.env, "pb_piet", "base.group_user", name="Piet")
        data_import = self.appointments(
            ("An Peeters", "Session", "Ilse", "20/03/2026 14:00"),
            ("Bert Claes", "Session", "Jan", "20/03/2026 14:30"),
            ("Carla Maes", "Session", piet.name, "20/03/2026 14:30"),
        )
        self.assertResult(data_import, created=2, refused=1)
        events = self.env["practice.import.key"].search([("kind", "=", "appointment")]).event_id
        self.assertEqual(set(events.practice_room_id.mapped("name")), {"Room 1", "Room 2"})

    def test_the_only_one_who_gives_the_type_gives_it(self):
        self.type.practitioner_ids = self.jan
        self.assertResult(self.appointments(("An Peeters", "Session", "", "20/03/2026 14:30")), created=1)
        event = self.env["practice.import.key"].search([("kind", "=", "appointment")]).event_id
        self.assertEqual(event.user_id, self.jan)


@tagged("post_install", "-at_install")
class TestWho(ImportCase):
    def test_only_administrators_import(self):
        data_import = self.upload("patient", PEOPLE)
        for user in (self.front_desk, self.accountant, self.employee, self.portal):
            with self.subTest(user=user.login):
                for action in ("action_check", "action_import", "action_import_good", "action_start_over"):
                    with self.assertRaises(AccessError):
                        getattr(data_import.with_user(user), action)()
                with self.assertRaises(AccessError):
                    data_import.with_user(user).read(["file"])
        self.assertEqual(data_import.state, "draft")

    def test_another_company_sees_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other, "practice_billing.group_manager")
        data_import = self.bring("patient", [*PEOPLE, ("P-4", "")])
        key = self.env["practice.import.key"].search([("import_id", "=", data_import.id)])[0]
        for record in (data_import, data_import.problem_ids, key):
            with self.subTest(record=record), self.assertRaises(AccessError):
                record.with_user(stranger).read(["company_id"])
            self.assertFalse(record.with_user(stranger).search([]))

    def test_numbers_of_another_company_are_others(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.manager.company_ids |= other
        self.bring("patient", PEOPLE[:1])
        theirs = self.bring("patient", [("P-1", "Somebody Else", "else@example.com")], company_id=other.id)
        self.assertResult(theirs, created=1)

    def test_who_lost_the_role_imports_nothing(self):
        data_import = self.check("patient", PEOPLE)
        data_import.action_import()
        data_import = data_import.sudo()
        self.manager.group_ids = self.env.ref("practice_billing.group_user")
        self.run_import()
        self.assertEqual((data_import.state, data_import.created_count), ("importing", 0))
        self.assertIn("may not import any more", data_import.error)
        self.manager.group_ids = self.env.ref("practice_billing.group_manager")
        data_import.with_user(self.manager).action_try_again()
        self.run_import()
        self.assertResult(data_import, created=3)

    def test_nobody_imports_as_somebody_else(self):
        data_import = (
            self.env["practice.data.import"]
            .with_user(self.manager)
            .create(
                {
                    "kind": "patient",
                    "state": "importing",
                    "user_id": self.env.ref("base.user_admin").id,
                    "created_count": 9,
                }
            )
        )
        self.assertEqual((data_import.state, data_import.created_count), ("draft", 0))
        self.assertFalse(data_import.user_id)

    def test_who_asked_is_told_when_it_is_done(self):
        self.manager.notification_type = "inbox"
        data_import = self.bring("patient", [*PEOPLE, ("P-4", "")])
        message = data_import.message_ids.filtered(lambda it: self.manager.partner_id in it.notified_partner_ids)
        self.assertEqual(len(message), 1)
        self.assertIn("New: 3, already there: 0, left out: 1", message.body)
        for name in ("Zoë", "zoe@example.com"):
            self.assertNotIn(name, "".join(data_import.message_ids.mapped("body")))


@tagged("post_install", "-at_install")
class TestTemplatePage(ImportMixin, PracticeMixin, HttpCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def test_administrators_download_templates_and_nobody_else(self):
        for login, status in (("pb_manager", 200), ("pb_front_desk", 403), ("pb_portal", 403)):
            self.authenticate(login, login)
            with self.subTest(login=login), mute_logger("odoo.http"):
                self.assertEqual(self.url_open("/practice_billing/imports/credit.xlsx").status_code, status)
        self.authenticate("pb_manager", "pb_manager")
        self.assertEqual(self.url_open("/practice_billing/imports/x.xlsx").status_code, 404)


@tagged("post_install", "-at_install")
class TestImportTour(ImportMixin, PracticeMixin, HttpCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def test_patients_are_imported_from_the_template_on(self):
        imports = self.registry["practice.data.import"]
        self.upload("patient").unlink()  # files in the database
        # What the scheduler does a moment later.
        with patch.object(imports, "_trigger_run", lambda model: model.env[imports._name].sudo()._cron_import()):
            self.start_tour("/odoo/imports", "practice_import_patients", login="pb_manager")
        people = self.env["res.partner"].search([("name", "in", ("Tour Zoë", "Tour Karel"))])
        self.assertEqual(set(people.mapped("email")), {"zoe@example.com", "karel@example.com"})
        self.assertEqual(len(people), 2)
