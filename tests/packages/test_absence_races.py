"""Undo while the e-mails go, booking while the time is blocked: real sessions, real commits."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.absences import AbsenceMixin
from ..common.races import RaceCase, done, refused


@tagged("post_install", "-at_install")
class TestAbsenceRaces(AbsenceMixin, RaceCase):
    now = None

    def setUp(self):
        # What the tests before committed.
        self.env["calendar.event"].search([("user_id", "=", self.katrien.id)]).write({"active": False})
        super().setUp()
        self.absence = self.confirm()
        self.absence.sudo().told_from = self.at(minutes=-1)
        self.cr.commit()

    def undo(self, env):
        self.absence.with_env(env).action_undo()
        return "undone"

    def tell_all(self, env):
        """Do what the run does, in one transaction."""
        lines = env["practice.absence.line"]
        while line := lines.search(lines._get_to_tell_domain(), order="start, id", limit=1):
            line._tell()
        return "told"

    def queued(self):
        return self.env["mail.mail"].search_count([("model", "=", "practice.absence.line")])

    def test_either_all_are_told_once_or_all_are_planned_again(self):
        outcomes = self.race([self.undo, self.tell_all, self.undo, self.tell_all])
        undone = self.absence.state == "draft"
        self.assertEqual(bool(refused(outcomes)), not undone)
        self.assertTrue(all(isinstance(it, (str, UserError)) for it in outcomes), outcomes)
        self.assertEqual(self.queued(), 0 if undone else 2)
        wanted = "planned" if undone else "cancelled"
        self.assertEqual(set(self.events.mapped("attendance")), {wanted})
        self.assertEqual(self.absence.state, "draft" if undone else "told")
        self.assertEqual(self.lot_problems(), [])

    def test_of_many_runs_each_patient_gets_one_mail(self):
        outcomes = self.race([self.tell_all] * 4)
        self.assertEqual(outcomes, ["told"] * 4)
        self.assertEqual(self.queued(), 2)
        self.assertEqual(set(self.absence.line_ids.mapped("told")), {"sent"})

    def test_of_many_who_press_the_button_one_cancels(self):
        self.absence.action_undo()
        self.cr.commit()

        def press(env):
            return self.absence.with_env(env).action_cancel_appointments()

        self.race([press] * 4)
        self.assertEqual(self.absence.state, "cancelled")
        blocking = [("user_id", "=", self.katrien.id), ("practice_appointment_type_id", "=", False)]
        self.assertEqual(self.env["calendar.event"].search(blocking), self.absence.event_id)
        back = self.events.credit_move_ids.filtered(lambda move: move.kind == "unreserve")
        self.assertEqual(len(back), 6, "three before it was undone, three now")

    def test_nobody_books_the_time_that_is_being_blocked(self):
        self.absence.action_undo()
        day = self.today() + timedelta(days=5)
        start = self.local(day, 9)
        absence = self.make_absence(date_from=self.local(day, 8), date_to=self.local(day, 18))
        self.cr.commit()

        def book(env):
            katrien, bert = self.katrien.with_env(env), self.bert.with_env(env)
            return self.type.with_env(env)._book(katrien, bert, start, bert).id

        def confirm(env):
            absence.with_env(env).action_cancel_appointments()

        outcomes = self.race([book, confirm])
        booked = self.env["calendar.event"].browse([it for it in done(outcomes) if it])
        if absence.state == "draft":
            self.assertEqual(absence.line_ids.event_id, booked, "it is in the list, to be looked at")
        else:
            self.assertFalse(booked)
            self.assertEqual(len(refused(outcomes)), 1)
