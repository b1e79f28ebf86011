"""Who gives an appointment, and times at which somebody is busy: planned on purpose only, with a reason."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..common.conflicts import ConflictCase


@tagged("post_install", "-at_install")
class TestConflicts(ConflictCase):
    def test_a_practitioner_is_not_booked_twice_without_a_reason(self):
        self.plan_at_desk()
        with self.assertBusy("Ilse"), self.cr.savepoint():
            self.plan_at_desk(self.bert)
        with self.assertBusy("Ilse"), self.cr.savepoint():
            self.plan_at_desk(self.bert, start=self.at(days=3, minutes=30))
        self.assertTrue(self.plan_at_desk(self.bert, start=self.at(days=3, hours=1)), "one after the other")
        both = self.plan_at_desk(self.bert, practice_overrule_reason="Couple")
        self.assertEqual(both.practice_overrule_reason, "Couple")

    def test_what_is_no_appointment_needs_no_reason(self):
        self.plan_at_desk()
        start = self.at(days=3)
        vals = {"name": "Lunch", "user_id": self.ilse.id, "start": start, "stop": start + timedelta(hours=1)}
        for make in (self.env["calendar.event"].new, self.env["calendar.event"].create):
            event = make(dict(vals))
            self.assertFalse(event.practice_conflict)
            self.assertFalse(event.practice_asks_reason)

    def test_buffers_are_planned_into_with_a_reason_only(self):
        self.type.write({"buffer_before": 10, "buffer_after": 20})
        self.plan_at_desk()
        close = self.assertRaisesRegex(UserError, "Ilse has something else too close to it: 20 minutes stay free")
        with close, self.cr.savepoint():
            self.plan_at_desk(self.bert, start=self.at(days=3, hours=1))
        with close, self.cr.savepoint():
            self.plan_at_desk(self.bert, start=self.at(days=3, hours=-1, minutes=-10))
        self.assertTrue(self.plan_at_desk(self.bert, start=self.at(days=3, hours=1, minutes=20)))
        reason = self.plan_at_desk(self.bert, start=self.at(days=3, hours=-1), practice_overrule_reason="Short one")
        self.assertTrue(reason)
        self.assertTrue(self.plan_at_desk(start=self.at(days=3, hours=1), user=self.jan), "a patient needs none")

    def test_the_form_says_that_it_is_too_close(self):
        self.type.buffer_after = 15
        self.plan_at_desk(self.bert)
        form = self.open_form()
        form.user_id = self.ilse
        form.start = self.at(days=3, hours=1)
        self.assertIn("15 minutes stay free in between", form.practice_conflict)
        form.start = self.at(days=3, hours=1, minutes=15)
        self.assertFalse(form.practice_conflict)

    def test_nothing_goes_on_over_the_break_of_who_gives_it(self):
        rows = (("morning", 8, 12), ("lunch", 12, 13), ("afternoon", 13, 17))
        hours = self.env["resource.calendar"].create(
            {
                "name": "Thursday",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {"name": name, "dayofweek": "3", "hour_from": begins, "hour_to": ends, "day_period": name}
                    )
                    for name, begins, ends in rows
                ],
            }
        )
        self.env["resource.resource"].create(
            {"name": "Ilse", "user_id": self.ilse.id, "calendar_id": hours.id, "tz": "UTC"}
        )
        thursday = self.at(days=1).replace(hour=11)
        self.assertTrue(self.plan_at_desk(start=thursday))
        for later in (30, 60):
            start = thursday + timedelta(minutes=later)
            with (
                self.subTest(start=start),
                self.assertRaisesRegex(UserError, "Ilse does not work at this time"),
                self.cr.savepoint(),
            ):
                self.plan_at_desk(self.bert, start=start)

    def test_a_patient_is_not_in_two_places(self):
        self.plan_at_desk()
        with self.assertBusy("An Peeters"), self.cr.savepoint():
            self.plan_at_desk(user=self.jan)

    def test_what_is_cancelled_or_another_day_is_in_nobodys_way(self):
        event = self.plan_at_desk()
        event._practice_cancel_planned(reason="x", notify=False)
        self.plan_at_desk(self.bert)
        self.plan_at_desk(self.bert, days=4)

    def test_a_meeting_of_odoo_counts_too(self):
        start = self.at(days=3)
        self.env["calendar.event"].create(
            {
                "name": "Team",
                "start": start,
                "stop": start + timedelta(hours=2),
                "user_id": self.jan.id,
                "partner_ids": [Command.set((self.ilse + self.jan).partner_id.ids)],
            }
        )
        with self.assertBusy("Ilse"):
            self.plan_at_desk()

    def test_moving_into_something_says_so_and_an_old_reason_does_not_count(self):
        self.plan_at_desk()
        event = self.plan_at_desk(self.bert, practice_overrule_reason="Couple")
        later = {"start": self.at(days=5), "stop": self.at(days=5, hours=1)}
        event.write(later)
        self.assertFalse(event.practice_overrule_reason)
        back = {"start": self.at(days=3), "stop": self.at(days=3, hours=1)}
        with self.assertBusy("Ilse"), self.cr.savepoint():
            event.write(back)
        event.write({**back, "practice_overrule_reason": "Couple again"})
        self.assertEqual(event.start, self.at(days=3))

    def test_a_series_names_the_days(self):
        self.plan_at_desk(days=10)
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, "end_type": "count", "count": 3}
        weekday = f"{self.at(days=3):%a}".lower()
        with self.assertBusy("Ilse") as refused, self.cr.savepoint():
            self.plan_at_desk(self.bert, **weekly, **{weekday: True})
        self.assertEqual(str(refused.exception).count("Ilse has"), 1)

    def plan_weekly(self, **vals):
        """Plan two weekly appointments of Bert, from the third day on."""
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, "end_type": "count", "count": 2}
        event = self.plan_at_desk(self.bert, **weekly, **{f"{self.at(days=3):%a}".lower(): True}, **vals)
        return event.recurrence_id.calendar_event_ids.sorted("start")

    def test_what_is_said_of_a_series_is_kept_where_it_collides(self):
        self.plan_at_desk(days=10)
        series = self.plan_weekly(practice_overrule_reason="Both agreed")
        self.assertEqual(series.mapped("practice_overrule_reason"), ["Both agreed", "Both agreed"])

    def test_a_series_that_is_moved_into_something_says_why_too(self):
        self.plan_at_desk(days=11)
        series = self.plan_weekly()
        later = {"start": self.at(days=4), "stop": self.at(days=4, hours=1), "recurrence_update": "all_events"}
        with self.assertBusy("Ilse"), self.cr.savepoint():
            series[0].write(later)
        series[0].write({**later, "practice_overrule_reason": "Both agreed"})
        moved = self.env["calendar.event"].search([("patient_id", "=", self.bert.id)], order="start")
        self.assertEqual(moved.mapped("start"), [self.at(days=number) for number in (4, 11)])
        self.assertEqual(moved[1].practice_overrule_reason, "Both agreed")

    def test_one_of_a_series_does_not_speak_for_the_others(self):
        self.plan_at_desk(days=3)
        self.plan_at_desk(days=11)
        series = self.plan_weekly(practice_overrule_reason="Both agreed")
        later = {"start": self.at(days=11), "stop": self.at(days=11, hours=1), "recurrence_update": "self_only"}
        with self.assertBusy("Ilse"), self.cr.savepoint():
            series[1].write(later)
        series[1].write({**later, "practice_overrule_reason": "Once more"})
        self.assertEqual(series.mapped("practice_overrule_reason"), ["Both agreed", "Once more"])

    def test_the_form_shows_what_is_in_the_way_of_a_series(self):
        self.plan_at_desk(self.bert, days=10)
        form = Form(self.desk["calendar.event"], "calendar.view_calendar_event_form")
        form.start, form.stop = self.at(days=3), self.at(days=3, hours=1)
        form.practice_appointment_type_id = self.type
        form.patient_id = self.patient
        form.user_id = self.ilse
        self.assertFalse(form.practice_conflict)
        form.recurrency = True
        form.rrule_type_ui, form.end_type, form.count = "daily", "count", 9
        self.assertEqual(form.practice_conflict.count("Ilse has something else"), 1)
        form.practice_overrule_reason = "Both agreed"
        self.assertEqual(len(form.save().recurrence_id.calendar_event_ids), 9)

    def test_the_form_says_it_and_asks_why(self):
        self.plan_at_desk(self.bert)
        form = self.open_form()
        form.user_id = self.ilse
        self.assertIn("Ilse has something else", form.practice_conflict)
        with self.assertRaisesRegex(AssertionError, "practice_overrule_reason is a required field"):
            form.save()
        form.practice_overrule_reason = "Both agreed"
        form.user_id = self.jan
        self.assertFalse(form.practice_conflict or form.practice_overrule_reason)
        self.assertFalse(form.save().practice_overrule_reason)

    def test_what_came_too_close_later_keeps_nobody_from_working_with_it(self):
        event = self.plan_at_desk()
        start = self.at(days=3)
        self.env["calendar.event"].create(
            {
                "name": "Team",
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": self.ilse.id,
                "partner_ids": [Command.set(self.ilse.partner_id.ids)],
            }
        )
        self.env.invalidate_all()  # as another request finds it
        with Form(event.with_user(self.front_desk), "calendar.view_calendar_event_form") as form:
            self.assertIn("Ilse has something else", form.practice_conflict)
            self.assertFalse(form.practice_asks_reason)
            form.practice_next_note = "Bring the brace"
        form = Form(event.with_user(self.front_desk), "calendar.view_calendar_event_form")
        form.start = self.at(days=3, minutes=30)
        with self.assertRaisesRegex(AssertionError, "practice_overrule_reason is a required field"):
            form.save()
        event.with_user(self.front_desk)._practice_cancel_planned(reason="x", notify=False)
        self.assertEqual(event.attendance, "cancelled")

    def test_the_past_is_written_down_as_it_was(self):
        self.plan_at_desk()
        self.travel(days=10)
        self.assertTrue(self.plan_at_desk(self.bert, days=-7))

    def test_marks_and_notes_ask_for_nothing(self):
        self.plan_at_desk()
        event = self.plan_at_desk(self.bert, practice_overrule_reason="Couple")
        event.write({"location": "Room 2"})
        self.assertEqual(event.practice_overrule_reason, "Couple")
        self.travel(event.start)
        event.action_practice_mark_attended()
        self.assertEqual(event.attendance, "attended")

    def test_own_working_hours_are_kept(self):
        hours = self.env["resource.calendar"].create(
            {
                "name": "Thursday",
                "tz": "Europe/Brussels",
                "attendance_ids": [
                    Command.create(
                        {"name": "x", "dayofweek": "3", "hour_from": 8, "hour_to": 12, "day_period": "morning"}
                    )
                ],
            }
        )
        self.env["resource.resource"].create({"name": "Ilse", "user_id": self.ilse.id, "calendar_id": hours.id})
        thursday = self.at(days=1)
        self.assertEqual(thursday.weekday(), 3)
        self.plan_at_desk(start=thursday)
        with self.assertRaisesRegex(UserError, "Ilse does not work at this time"), self.cr.savepoint():
            self.plan_at_desk(start=thursday + timedelta(hours=8))
        with self.assertRaisesRegex(UserError, "Ilse does not work at this time"), self.cr.savepoint():
            self.plan_at_desk(start=thursday + timedelta(days=2))
        self.assertTrue(
            self.plan_at_desk(start=thursday + timedelta(days=2), user=self.jan), "has no hours of their own"
        )


@tagged("post_install", "-at_install")
class TestPractitioner(ConflictCase):
    def test_the_only_practitioner_of_the_type_gives_it(self):
        self.type.practitioner_ids = self.ilse
        form = self.open_form()
        self.assertEqual(form.user_id, self.ilse)
        event = form.save()
        self.assertEqual(event.user_id, self.ilse)
        self.assertEqual(event.partner_ids, self.ilse.partner_id | self.patient)
        event = self.desk["calendar.event"].create(
            {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id, "start": self.at(days=4)}
        )
        self.assertEqual(event.user_id, self.ilse)

    def test_a_form_that_opens_with_an_end_is_of_who_gives_it_too(self):
        self.type.practitioner_ids = self.ilse
        start = self.at(days=3)
        end = start + timedelta(minutes=30)
        context = {"default_practice_appointment_type_id": self.type.id, "default_start": start, "default_stop": end}
        events = self.desk["calendar.event"].with_context(**context)
        self.assertEqual((Form(events).user_id, Form(events).stop), (self.ilse, end))
        chosen = Form(events.with_context(default_user_id=self.jan.id))
        self.assertEqual(chosen.user_id, self.jan, "somebody chose them before")

    def test_of_several_one_is_chosen(self):
        self.type.practitioner_ids = self.ilse | self.jan
        form = self.open_form()
        self.assertFalse(form.user_id)
        with self.assertRaisesRegex(AssertionError, "user_id is a required field"):
            form.save()
        form.user_id = self.jan
        self.assertEqual(form.save().partner_ids, self.jan.partner_id | self.patient)

    def test_who_gives_it_and_types_stays(self):
        self.type.practitioner_ids = self.ilse | self.front_desk
        self.assertEqual(self.open_form().user_id, self.front_desk)

    def test_those_who_give_it_are_named_first(self):
        self.type.practitioner_ids = self.jan
        users = self.desk["res.users"].with_context(practice_type_id=self.type.id)
        names = [name for _id, name in users.name_search("", [("share", "=", False)], limit=3)]
        self.assertEqual((names[0], len(names)), ("Jan", 3))
        self.assertEqual([it for it, _name in users.name_search("ilse")], self.ilse.ids)
        outsider = self.env(user=self.employee)["res.users"].with_context(practice_type_id=self.type.id)
        self.assertEqual(outsider.name_search("ilse"), self.env(user=self.employee)["res.users"].name_search("ilse"))

    def test_nobody_of_another_company_or_the_portal(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other)
        for user in (stranger, self.portal):
            refused = self.assertRaisesRegex(ValidationError, "does not work for")
            with self.subTest(user=user.name), refused, self.cr.savepoint():
                self.plan(user_id=user.id)

    def test_planning_at_short_notice_says_what_cancelling_costs(self):
        form = self.open_form(days=0)
        form.start = self.at(hours=3)
        self.assertIn("it costs 1 credit.", form.practice_late_note)
        form.start = self.at(days=3)
        self.assertFalse(form.practice_late_note)
        self.assertFalse(form.save().practice_late_note)
