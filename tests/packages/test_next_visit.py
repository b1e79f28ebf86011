"""The next visit: planned from this one at the same time of the clock, and what was noted for it."""

from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common.conflicts import ConflictCase
from ..common.notices import NoticesMixin


class NextVisitCase(NoticesMixin, ConflictCase):
    def dialog(self, event):
        return Form(self.desk["practice.next.visit"].with_context(default_event_id=event.id))

    def plan_next(self, event, **values):
        """Plan the next visit by the dialog, and return it."""
        before = self.env["calendar.event"].search([])
        form = self.dialog(event)
        for name, value in values.items():
            form[name] = value
        form.save().action_plan()
        return self.env["calendar.event"].search([]) - before


@tagged("post_install", "-at_install")
class TestNextVisit(NextVisitCase):
    def test_in_two_weeks_at_the_same_time_with_everything_kept(self):
        event = self.plan_at_desk(start=self.at(days=1), stop=self.at(days=1, minutes=50), location="Room 2")
        form = self.dialog(event)
        self.assertEqual((form.distance, form.day), ("2", event.start.date() + timedelta(days=14)))
        self.assertIn("It takes 1 credit. Left after it: 8, and 2 reserved", form.consequence)
        new = self.plan_next(event)
        self.assertRecordValues(
            new,
            [
                {
                    "start": event.start + timedelta(days=14),
                    "stop": event.stop + timedelta(days=14),
                    "practice_appointment_type_id": self.type.id,
                    "patient_id": self.patient.id,
                    "user_id": self.ilse.id,
                    "location": "Room 2",
                    "attendance": "planned",
                    "credit_state": "reserved",
                }
            ],
        )
        self.assertEqual(new.partner_ids, self.ilse.partner_id | self.patient)

    def test_the_rhythm_of_the_last_visits_is_proposed(self):
        first = self.plan_at_desk(start=self.at(days=1))
        week = self.plan_at_desk(start=self.at(days=8))
        ten_days = self.plan_at_desk(start=self.at(days=18))
        self.assertEqual(self.dialog(first).distance, "2", "none before")
        self.assertEqual(self.dialog(week).distance, "1")
        form = self.dialog(ten_days)
        self.assertEqual((form.distance, form.day), ("day", ten_days.start.date() + timedelta(days=10)))
        ten_days.with_context(practice_reason="x").write({"attendance": "cancelled"})
        later = self.plan_at_desk(start=self.at(days=22))
        self.assertEqual(self.dialog(later).distance, "2", "what was cancelled is no visit")

    def test_the_clock_on_the_wall_stays_when_it_is_changed(self):
        """Clocks change on 29 March."""
        event = self.plan_at_desk(start=datetime(2026, 3, 20, 13))
        self.assertEqual(self.plan_next(event, distance="2").start, datetime(2026, 4, 3, 12))
        self.assertEqual(self.plan_next(event, distance="1").start, datetime(2026, 3, 27, 13))

    def test_any_day_can_be_chosen_but_one_that_is_over(self):
        event = self.plan_at_desk()
        new = self.plan_next(event, distance="day", day=date(2026, 5, 4))
        self.assertEqual(new.start.date(), date(2026, 5, 4))
        with self.assertRaisesRegex(UserError, "is over: choose a later day"):
            self.plan_next(event, distance="day", day=self.today() - timedelta(days=1))

    def test_what_is_in_the_way_needs_a_reason(self):
        event = self.plan_at_desk()
        self.plan_at_desk(self.bert, days=17)
        form = self.dialog(event)
        self.assertIn("Ilse has something else", form.conflict)
        with self.assertRaisesRegex(AssertionError, "reason is a required field"):
            form.save()
        form.reason = "Both agreed"
        new = self.plan_next(event, reason="Both agreed")
        self.assertEqual(new.practice_overrule_reason, "Both agreed")
        wizard = self.desk["practice.next.visit"].create({"event_id": event.id, "distance": "2"})
        with self.assertBusy("Ilse"):
            wizard.action_plan()

    def test_missing_credits_are_said_and_refused(self):
        poor = self.make_patient("Poor")
        self.give(poor, 1)
        event = self.plan_at_desk(poor)
        form = self.dialog(event)
        self.assertEqual(form.credits_missing, 1)
        self.assertIn("missing on that day: 1", form.consequence)
        with self.assertRaisesRegex(UserError, "1 credit needed, 0 available"):
            form.save().action_plan()

    def test_a_type_without_package_says_that_it_is_free(self):
        free = self.env["practice.appointment.type"].create({"name": "Free"})
        event = self.plan_at_desk(practice_appointment_type_id=free.id)
        self.assertEqual(self.dialog(event).consequence, "It takes no credits.")
        self.assertTrue(self.plan_next(event))

    def test_only_staff(self):
        event = self.plan_at_desk()
        with self.assertRaises(AccessError):
            self.env["practice.next.visit"].with_user(self.employee).create({"event_id": event.id})


@tagged("post_install", "-at_install")
class TestNotes(NextVisitCase):
    def note_of(self, event):
        event.invalidate_recordset(["practice_note"])
        return event.with_user(self.front_desk).practice_note

    def setUp(self):
        super().setUp()
        self.before = self.plan_at_desk()
        self.before.with_user(self.front_desk).practice_next_note = "Bring the knee brace"

    def test_it_is_shown_at_the_next_visit_only(self):
        later, next_one = self.plan_at_desk(days=20), self.plan_at_desk(days=10)
        other = self.plan_at_desk(self.bert, days=12)
        notes = [self.note_of(event) for event in (self.before, next_one, later, other)]
        self.assertEqual(notes, [False, "Bring the knee brace", False, False])

    def test_who_misses_or_cancels_gets_it_the_time_after(self):
        missed, called_off, came = (self.plan_at_desk(days=days) for days in (10, 12, 14))
        called_off.practice_next_note = "Ask about work"
        called_off.with_context(practice_reason="x").write({"attendance": "cancelled", "active": False})
        self.travel(days=10, hours=2)
        missed.attendance = "no_show"
        self.assertEqual(self.note_of(came), "Bring the knee brace\nAsk about work")

    def test_the_form_shows_it_while_the_visit_is_being_planned(self):
        form = self.open_form(days=10)
        event = self.env["calendar.event"].new(
            {
                "practice_appointment_type_id": self.type.id,
                "patient_id": self.patient.id,
                "start": form.start,
            }
        )
        self.assertEqual(event.practice_note, "Bring the knee brace")

    def test_another_company_does_not_see_it(self):
        other = self.env["res.company"].create({"name": "PB other"})
        abroad = self.env["practice.appointment.type"].create({"name": "There", "company_id": other.id})
        event = self.plan(start=self.at(days=10), appointment_type=abroad)
        self.assertFalse(event.practice_note)

    def test_copies_and_series_do_not_take_it_along(self):
        later = {"start": self.at(days=30), "stop": self.at(days=30, hours=1)}
        self.assertFalse(self.before.copy(later).practice_next_note)
        series = self.plan_series(3, start=self.at(days=40), practice_next_note="Once")
        self.assertEqual(series.mapped("practice_next_note"), ["Once", False, False])

    def test_it_leaves_the_practice_over_no_door(self):
        self.run_notices()
        self.before.write({"start": self.at(days=5), "stop": self.at(days=5, hours=1)})
        self.run_notices()
        next_one = self.plan_at_desk(days=10)
        self.run_notices()
        mails = self.all_mails()
        self.assertTrue(mails)
        said = mails.mapped("body_html")
        said += [str(it.raw) for it in mails.attachment_ids]
        said += [str(self.env["calendar.event"].browse(it.id)._practice_prepare_portal_values()) for it in next_one]
        said += [(self.before | next_one)._practice_get_portal_ics().decode()]
        said += [ics.decode() for ics in (self.before | next_one)._get_ics_file().values()]
        said += self.before.message_ids.mapped("body")
        self.assertFalse([text for text in said if "knee brace" in text])
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                self.before.with_user(user).read(["practice_next_note"])

    def test_a_calendar_asks_once_for_all(self):
        events = self.before.browse()
        for number in range(6):
            events += self.plan_at_desk(days=20 + number)
        self.env.flush_all()
        self.env.invalidate_all()
        events.mapped("start")
        before = self.env.cr.sql_log_count
        events[:2].mapped("practice_note")
        few = self.env.cr.sql_log_count - before
        self.env.invalidate_all()
        events.mapped("start")
        before = self.env.cr.sql_log_count
        events.mapped("practice_note")
        self.assertLessEqual(self.env.cr.sql_log_count - before, few)
