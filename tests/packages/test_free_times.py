"""Which times patients can choose: working hours, leaves, everything that keeps a practitioner busy, and the bounds."""

from datetime import date, datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common.booking import BookingMixin

#: Friday; the clock of the tests stands on Wednesday 11 March, 10:00 in Brussels.
FRIDAY = date(2026, 3, 13)
MORNING = ["09:00", "09:30", "10:00", "10:30", "11:00"]
AFTERNOON = ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]


@tagged("post_install", "-at_install")
class TestFreeTimes(BookingMixin, TransactionCase):
    # === WORKING HOURS === #

    def test_the_hours_of_the_company_are_those_of_who_has_none(self):
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_own_hours_win(self):
        self.make_resource(self.katrien, self.make_calendar(hours=[(18, 20)]))
        self.assertEqual(self.free_on(FRIDAY), ["18:00", "18:30", "19:00"])
        self.assertEqual(self.free_on(FRIDAY, self.pieter), MORNING + AFTERNOON)

    def test_a_resource_without_hours_does_not_work_day_and_night(self):
        resource = self.make_resource(self.katrien, self.env["resource.calendar"])
        self.assertFalse(resource.calendar_id)
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_hours_with_another_company_are_not_hours_here(self):
        other = self.env["res.company"].create({"name": "PB Other"})
        calendar = self.make_calendar(hours=[(18, 20)], company_id=False)
        self.make_resource(self.katrien, calendar, company_id=other.id)
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_a_company_without_hours_has_no_free_times(self):
        self.company.resource_calendar_id = False
        self.assertEqual(self.free_on(FRIDAY), [])

    def test_weeks_that_alternate(self):
        calendar = self.make_calendar(two_weeks_calendar=True)
        week = self.env["resource.calendar.attendance"].get_week_type(FRIDAY)
        calendar.attendance_ids = [
            Command.clear(),
            Command.create(self.attendance(4, 9, 11, week_type=str(week))),
            Command.create(self.attendance(4, 14, 15, week_type=str(1 - week))),
        ]
        self.make_resource(self.katrien, calendar)
        self.assertEqual(self.free_on(FRIDAY), ["09:00", "09:30", "10:00"])
        self.assertEqual(self.free_on(FRIDAY + timedelta(days=7)), ["14:00"])

    def test_leaves_of_the_practitioner_and_of_everybody(self):
        calendar = self.make_calendar()
        resource = self.make_resource(self.katrien, calendar)
        leave = {"name": "Leave", "date_from": self.local(FRIDAY, 9), "date_to": self.local(FRIDAY, 12)}
        own = self.env["resource.calendar.leaves"].create(
            {**leave, "resource_id": resource.id, "calendar_id": calendar.id}
        )
        self.assertEqual(self.free_on(FRIDAY), AFTERNOON)
        self.assertEqual(self.free_on(FRIDAY, self.pieter), MORNING + AFTERNOON)
        own.unlink()
        self.env["resource.calendar.leaves"].create({**leave, "calendar_id": False, "company_id": self.company.id})
        self.assertEqual(self.free_on(FRIDAY), AFTERNOON)
        self.assertEqual(self.free_on(FRIDAY, self.pieter), AFTERNOON)

    def test_a_holiday_of_another_company_is_none_here(self):
        other = self.env["res.company"].create({"name": "PB Other"})
        leave = (
            self.env["resource.calendar.leaves"]
            .with_company(other)
            .create(
                {
                    "name": "Holiday there",
                    "date_from": self.local(FRIDAY, 0),
                    "date_to": self.local(FRIDAY, 23),
                    "calendar_id": False,
                    "company_id": other.id,
                }
            )
        )
        self.assertEqual(leave.company_id, other)
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_hours_stay_those_of_the_clock_when_it_changes(self):
        for sunday, monday_utc in ((date(2026, 3, 29), 7), (date(2026, 10, 25), 8)):
            self.travel(datetime.combine(sunday - timedelta(days=5), self.now.time()))
            monday = sunday + timedelta(days=1)
            for day in (sunday, monday):
                self.assertEqual(self.free_on(day), MORNING + AFTERNOON)
            self.assertEqual(
                self.free(first=self.local(monday, 9))[0], datetime(monday.year, monday.month, monday.day, monday_utc)
            )

    # === BUSY === #

    def busy_morning(self, **vals):
        return self.block(self.local(FRIDAY, 9), self.local(FRIDAY, 12), **vals)

    def test_an_event_takes_its_time_and_another_practitioner_stays_free(self):
        self.busy_morning()
        self.assertEqual(self.free_on(FRIDAY), AFTERNOON)
        self.assertEqual(self.free_on(FRIDAY, self.pieter), MORNING + AFTERNOON)

    def test_whoever_attends_or_organises_is_busy_until_he_declines(self):
        nobody = [Command.clear()]
        event = self.busy_morning(user=self.pieter)
        event.partner_ids |= self.katrien.partner_id
        self.assertEqual(self.free_on(FRIDAY), AFTERNOON)
        event.attendee_ids.filtered(lambda it: it.partner_id == self.katrien.partner_id).do_decline()
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)
        self.assertEqual(self.free_on(FRIDAY, self.pieter), AFTERNOON)
        event.partner_ids = nobody
        self.assertEqual(self.free_on(FRIDAY, self.pieter), AFTERNOON, "he organises it")

    def test_what_is_free_archived_or_cancelled_does_not_count(self):
        self.busy_morning(show_as="free")
        self.busy_morning().active = False
        self.give(self.patient)
        self.plan(start=self.local(FRIDAY, 9), user_id=self.katrien.id).active = False
        declined = self.plan(start=self.local(FRIDAY, 10), user_id=self.katrien.id)
        declined.attendee_ids.filtered(lambda it: it.partner_id == self.patient).do_decline()
        self.assertEqual(declined.attendance, "cancelled")
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_appointments_and_private_events_count(self):
        self.give(self.patient)
        self.plan(
            start=self.local(FRIDAY, 9), user_id=self.katrien.id, partner_ids=[Command.set(self.katrien.partner_id.ids)]
        )
        self.block(self.local(FRIDAY, 13), self.local(FRIDAY, 17), privacy="private")
        self.assertEqual(self.free_on(FRIDAY, patient=self.make_patient()), ["10:00", "10:30", "11:00"])

    def test_a_day_long_event_takes_the_days_of_the_practice(self):
        day_long = {"allday": True, "start_date": FRIDAY, "stop_date": FRIDAY + timedelta(days=1)}
        # Odoo keeps them from eight to six, in no time zone.
        self.block(datetime(2026, 3, 13, 8), datetime(2026, 3, 14, 18), **day_long, show_as="busy")
        calendar = self.make_calendar(hours=[(0, 2), (22, 24)])
        self.make_resource(self.katrien, calendar)
        self.assertEqual(self.free_on(FRIDAY - timedelta(days=1))[-1:], ["23:00"])
        self.assertEqual(self.free_on(FRIDAY), [])
        self.assertEqual(self.free_on(FRIDAY + timedelta(days=1)), [])
        self.assertEqual(self.free_on(FRIDAY + timedelta(days=2))[:1], ["00:00"])

    def test_an_event_of_many_days_takes_those_in_between(self):
        self.block(self.local(date(2026, 3, 9), 9), self.local(date(2026, 3, 20), 12))
        self.assertEqual(self.free_on(FRIDAY), [])
        self.assertEqual(self.free_on(date(2026, 3, 20)), AFTERNOON)

    def test_a_buffer_is_kept_from_other_events(self):
        self.block(self.local(FRIDAY, 10), self.local(FRIDAY, 11))
        self.assertEqual(self.free_on(FRIDAY), ["09:00", "11:00", *AFTERNOON])
        self.type.buffer_before = 15
        self.assertEqual(self.free_on(FRIDAY), ["09:00", *AFTERNOON])
        self.type.buffer_after = 15
        self.assertEqual(self.free_on(FRIDAY), AFTERNOON)

    def test_an_appointment_keeps_the_buffers_of_its_type_from_other_types(self):
        long = self.type.copy({"name": "Long", "buffer_after": 90})
        self.give(self.patient)
        self.plan(start=self.local(FRIDAY, 13), user_id=self.katrien.id, appointment_type=long)
        self.assertEqual(self.free_on(FRIDAY, patient=self.make_patient()), [*MORNING, "15:30", "16:00"])
        self.assertEqual(self.free_on(FRIDAY, self.pieter), [*MORNING, *AFTERNOON[2:]], "the patient needs no buffer")

    def test_a_break_that_is_a_row_of_the_hours_is_free_of_appointments(self):
        calendar = self.make_calendar()
        lunch = [self.attendance(day, 12, 13, day_period="lunch") for day in range(7)]
        calendar.attendance_ids = [Command.create(row) for row in lunch]
        self.make_resource(self.katrien, calendar)
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)

    def test_a_patient_is_at_one_place_at_a_time(self):
        self.give(self.patient)
        self.plan(start=self.local(FRIDAY, 9, 30), user_id=self.pieter.id)
        self.assertEqual(self.free_on(FRIDAY), ["10:30", "11:00", *AFTERNOON])
        self.assertEqual(self.free_on(FRIDAY, patient=self.make_patient()), MORNING + AFTERNOON)

    # === BOUNDS === #

    def test_notice_and_horizon(self):
        thursday = date(2026, 3, 12)
        self.assertEqual(self.free_on(thursday)[0], "10:00", "24 hours from now, included")
        self.type.booking_notice = 25.25
        self.assertEqual(self.free_on(thursday)[0], "13:00")
        self.type.booking_horizon = 2
        self.assertEqual(self.free_on(FRIDAY), MORNING + AFTERNOON)
        self.assertEqual(self.free_on(FRIDAY + timedelta(days=1)), [])

    def test_length_and_step(self):
        self.type.write({"duration": 1.5, "booking_step": 60})
        self.assertEqual(self.free_on(FRIDAY), ["09:00", "10:00", "13:00", "14:00", "15:00"])

    def test_queries_do_not_grow_with_days_appointments_or_practitioners(self):
        def count(practitioners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.type._get_free_times(practitioners, self.patient)
            return self.env.cr.sql_log_count - before

        for user in self.katrien | self.pieter:
            self.make_resource(user, self.company.resource_calendar_id)
        self.type.booking_horizon = 7
        few = count(self.katrien)
        self.block(self.local(FRIDAY, 9), self.local(FRIDAY, 12))
        self.env["calendar.event"].create(
            [
                {"name": str(number), "start": self.at(days=number % 40), "stop": self.at(days=number % 40, hours=1)}
                for number in range(300)
            ]
        ).partner_ids = self.katrien.partner_id | self.pieter.partner_id
        self.type.booking_horizon = 60
        self.assertLessEqual(count(self.katrien | self.pieter), few + 2)

    # === THE FORM === #

    def test_an_open_type_needs_a_practitioner_and_sensible_numbers(self):
        with self.assertRaisesRegex(ValidationError, "choose at least one practitioner"):
            self.type.practitioner_ids = [Command.clear()]
        wrong = {
            "booking_step": (0, 7, 245),
            "booking_horizon": (0, 366),
            "buffer_before": (-5, 241),
            "buffer_after": (-5, 241),
            "booking_notice": (-1,),
            "booking_limit": (0,),
        }
        for field, value in [(field, value) for field, values in wrong.items() for value in values]:
            with (
                self.subTest(field=field, value=value),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.type[field] = value
                self.type.flush_recordset()

    def test_the_administrator_opens_a_type(self):
        manager = new_test_user(self.env, "pb_boss", "practice_billing.group_manager")
        intake = self.env["practice.appointment.type"].create({"name": "Intake"})
        with Form(intake.with_user(manager)) as form:
            form.online_booking = True
            form.practitioner_ids.add(self.pieter)
        self.assertEqual(self.env["practice.appointment.type"].search([("online_booking", "=", True)]) & intake, intake)

    def test_the_administrator_says_when_practitioners_work(self):
        manager = new_test_user(self.env, "pb_boss", "practice_billing.group_manager")
        calendar = self.make_calendar(hours=[(7, 8)]).with_user(manager)
        view = "practice_billing.resource_resource_view_list_practitioner"
        with Form(self.env["resource.resource"].with_user(manager), view) as form:
            form.user_id = self.katrien
            form.name = "Katrien"
            form.calendar_id = calendar
            form.tz = "Europe/Brussels"
        calendar.attendance_ids[0].hour_to = 9
        self.assertEqual(self.free_on(date(2026, 3, 16)), ["07:00", "07:30", "08:00"])
        for user in (self.pieter, new_test_user(self.env, "pb_clerk", "base.group_user")):
            with self.assertRaises(AccessError):
                self.env["resource.resource"].with_user(user).create({"name": "x", "user_id": user.id})

    def test_a_practitioner_belongs_to_the_company(self):
        other = self.env["res.company"].create({"name": "PB Other"})
        stranger = self.make_practitioner("far")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        with self.assertRaisesRegex(UserError, "PB Other|compan"):
            self.type.practitioner_ids |= stranger
