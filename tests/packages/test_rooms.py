"""One appointment in a room at a time, over every door."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from datetime import date, timedelta
from functools import partial

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, tagged

from ..common.booking import BookingMixin, make_rooms
from ..common.conflicts import ConflictCase
from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done, refused

SESSIONS = 20
#: Friday; the clock of the tests stands on the Wednesday before.
FRIDAY = date(2026, 3, 13)


@tagged("post_install", "-at_install")
class TestRooms(ConflictCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.garden, cls.street = make_rooms(cls, "Garden", "Street")
        cls.cora = cls.make_patient("Cora Aerts")
        cls.kim = cls.make_practitioner_user("kim")

    @classmethod
    def make_practitioner_user(cls, name):
        return cls.ilse.copy({"name": name.title(), "login": f"pb_{name}"})

    def setUp(self):
        super().setUp()
        self.sell(self.cora)

    def fill(self, days=3):
        """Let two appointments take both rooms."""
        return self.plan_at_desk(days=days), self.plan_at_desk(self.bert, self.jan, days=days)

    def assertNoRoom(self):
        return self.assertRaisesRegex(UserError, "No room is free at this time: Garden, Street")

    def test_the_first_that_is_free_is_planned(self):
        first, second = self.fill()
        self.assertEqual((first.practice_room_id, second.practice_room_id), (self.garden, self.street))
        self.assertEqual(self.plan_at_desk(days=4).practice_room_id, self.garden)

    def test_a_third_needs_a_reason(self):
        self.fill()
        with self.assertNoRoom(), self.cr.savepoint():
            self.plan_at_desk(self.cora, self.kim)
        third = self.plan_at_desk(self.cora, self.kim, practice_overrule_reason="A walk outside")
        self.assertFalse(third.practice_room_id)

    def test_a_room_that_was_chosen_stays_and_may_be_in_the_way(self):
        self.plan_at_desk(practice_room_id=self.street.id)
        with self.assertRaisesRegex(UserError, "Street is not free at this time"), self.cr.savepoint():
            self.plan_at_desk(self.bert, self.jan, practice_room_id=self.street.id)
        event = self.plan_at_desk(self.bert, self.jan)
        self.assertEqual(event.practice_room_id, self.garden)
        with self.assertRaisesRegex(UserError, "Street is not free"), self.cr.savepoint():
            event.practice_room_id = self.street
        event.write({"practice_room_id": self.street.id, "practice_overrule_reason": "Couple"})
        self.assertEqual(event.practice_room_id, self.street)

    def test_moving_keeps_the_room_while_it_is_free_and_else_takes_another(self):
        event = self.plan_at_desk()
        self.plan_at_desk(self.bert, self.jan, days=5)
        event.write({"start": self.at(days=4), "stop": self.at(days=4, hours=1)})
        self.assertEqual(event.practice_room_id, self.garden)
        event.write({"start": self.at(days=5), "stop": self.at(days=5, hours=1)})
        self.assertEqual(event.practice_room_id, self.street)
        with self.assertNoRoom(), self.cr.savepoint():
            self.plan_at_desk(self.cora, self.kim, days=5)

    def test_what_is_cancelled_leaves_its_room_and_comes_back_to_another(self):
        event, _other = self.fill()
        event._practice_cancel_planned(reason="x", notify=False)
        third = self.plan_at_desk(self.cora, self.kim)
        self.assertEqual(third.practice_room_id, self.garden)
        third.with_context(practice_reason="x").write({"attendance": "cancelled"})
        event.action_practice_mark_planned()
        self.assertEqual(event.practice_room_id, self.garden)

    def test_who_declined_does_not_come_back_into_a_room_that_is_taken(self):
        event, _other = self.fill()
        mine = event.attendee_ids.filtered(lambda it: it.partner_id == self.patient)
        mine.do_decline()
        self.plan_at_desk(self.cora, self.kim)
        with self.assertRaisesRegex(UserError, "Garden is not free"):
            mine.do_accept()

    def test_a_series_takes_a_room_each_time(self):
        self.plan_at_desk(self.bert, self.jan, days=10)
        series = self.plan_series(3, start=self.at(days=3), user_id=self.ilse.id)
        self.assertEqual([event.practice_room_id.name for event in series], ["Garden", "Street", "Garden"])
        later = {"start": series[0].start + timedelta(hours=2), "stop": series[0].stop + timedelta(hours=2)}
        series[0].write({**later, "recurrence_update": "all_events"})
        moved = series[0].recurrence_id.calendar_event_ids
        self.assertEqual(len(moved), 3)
        self.assertTrue(all(moved.mapped("practice_room_id")))

    def test_another_type_has_other_rooms(self):
        event = self.plan_at_desk()
        walk = self.make_type(self.package, name="Walk")
        event.practice_appointment_type_id = walk
        self.assertFalse(event.practice_room_id)
        event.practice_appointment_type_id = self.type
        self.assertEqual(event.practice_room_id, self.garden)

    def test_a_room_has_hours(self):
        hours = self.env["resource.calendar"].create(
            {
                "name": "Thursday",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {"name": "x", "dayofweek": "3", "hour_from": 8, "hour_to": 12, "day_period": "morning"}
                    )
                ],
            }
        )
        self.garden.calendar_id = hours
        thursday = self.at(days=1).replace(hour=9)
        self.assertEqual(self.plan_at_desk(start=thursday).practice_room_id, self.garden)
        for start in (thursday + timedelta(hours=2, minutes=30), thursday + timedelta(days=1)):
            self.assertEqual(self.plan_at_desk(self.bert, self.jan, start=start).practice_room_id, self.street)

    def test_archived_rooms_are_not_given_and_used_ones_not_deleted(self):
        event = self.plan_at_desk()
        self.garden.active = False
        self.assertEqual(self.plan_at_desk(self.bert, self.jan).practice_room_id, self.street)
        with self.assertRaisesRegex(UserError, "planned in Garden, so it cannot be deleted"):
            self.garden.unlink()
        self.assertEqual(event.practice_room_id, self.garden)

    def test_the_form_says_when_none_is_free(self):
        self.fill()
        form = self.open_form()
        form.patient_id = self.cora
        form.user_id = self.kim
        self.assertEqual(form.practice_conflict, "No room is free at this time: Garden, Street.")
        form.start = self.at(days=4)
        self.assertFalse(form.practice_conflict)
        self.assertEqual(form.save().practice_room_id, self.garden)

    def test_the_full_form_offers_rooms(self):
        event = self.plan_at_desk()
        with Form(event.with_user(self.front_desk), "calendar.view_calendar_event_form") as form:
            self.assertTrue(form.practice_needs_room)
            form.practice_room_id = self.street
        self.assertEqual(event.practice_room_id, self.street)

    def test_defaults_of_a_context_count_too(self):
        events = self.desk["calendar.event"].with_context(default_practice_appointment_type_id=self.type.id)
        vals = {"patient_id": self.patient.id, "user_id": self.ilse.id, "start": self.at(days=3)}
        self.assertEqual(events.create(vals).practice_room_id, self.garden)
        in_street = events.with_context(default_practice_room_id=self.street.id)
        event = in_street.create({**vals, "start": self.at(days=4)})
        self.assertEqual(event.practice_room_id, self.street)

    def test_a_room_of_another_company_is_refused(self):
        other = self.env["res.company"].create({"name": "PB other"})
        there = self.env["practice.room"].create({"name": "There", "company_id": other.id})
        with self.assertRaisesRegex(ValidationError, "There is no room of"):
            self.plan_at_desk(practice_room_id=there.id)

    def test_types_without_rooms_need_none(self):
        walk = self.make_type(self.package, name="Walk")
        self.fill()
        self.assertFalse(self.plan_at_desk(self.cora, self.kim, practice_appointment_type_id=walk.id).practice_room_id)


@tagged("post_install", "-at_install")
class TestOnline(BookingMixin, TransactionCase):
    def setUp(self):
        super().setUp()
        [self.room] = make_rooms(self, "Only")
        self.other = self.make_patient()
        self.give(self.patient)
        self.give(self.other)

    def test_only_times_with_a_free_room_are_offered_and_booked(self):
        self.plan(start=self.local(FRIDAY, 9), user_id=self.pieter.id)
        self.assertEqual(self.free_on(FRIDAY, patient=self.other)[:2], ["10:00", "10:30"])
        with self.assertRaisesRegex(UserError, "no longer free"), self.cr.savepoint():
            self.type._book(self.katrien, self.other, self.local(FRIDAY, 9), self.other)
        event = self.type._book(self.katrien, self.other, self.local(FRIDAY, 10), self.other)
        self.assertEqual(event.practice_room_id, self.room)
        event._practice_move_by_patient(self.katrien, self.local(FRIDAY, 10, 30), self.other)
        self.assertEqual(event.practice_room_id, self.room)
        make_rooms(self, "Second")
        self.assertIn("09:00", self.free_on(FRIDAY, patient=self.other))

    def test_queries_do_not_grow_with_rooms(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.type._get_free_times(self.katrien, self.patient)
            return self.env.cr.sql_log_count - before

        few = count()
        make_rooms(self, *map(str, range(10)))
        self.assertLessEqual(count(), few)


@tagged("post_install", "-at_install")
class TestRace(PracticeMixin, RaceCase):
    now = None

    def test_twenty_sessions_never_put_two_into_one_room(self):
        self.make_staff()
        make_rooms(self, "A", "B", "C")
        patients = [self.make_patient(f"Racer {number}") for number in range(SESSIONS)]
        for patient in patients:
            self.give(patient, 1)
        users = [self.front_desk.copy({"login": f"pb_race_{number}"}) for number in range(SESSIONS)]
        self.cr.commit()
        start = self.at(days=50)

        def plan(number, env):
            vals = {
                "practice_appointment_type_id": self.type.id,
                "patient_id": patients[number].id,
                "user_id": users[number].id,
                "start": start,
                "stop": start + timedelta(hours=1),
            }
            return env["calendar.event"].create(vals).id

        works = [partial(plan, number) for number in range(SESSIONS)]
        results = self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})
        for loser in refused(results):
            self.assertIn("No room is free at this time", str(loser))
        events = self.env["calendar.event"].search([("patient_id", "in", [it.id for it in patients])])
        self.assertEqual(len(done(results)), 3)
        self.assertEqual(sorted(events.mapped("practice_room_id.name")), ["A", "B", "C"])
        self.assertEqual(len(events), 3)
