"""Occupancy of practitioners, no-shows and first visits."""

from datetime import date, datetime

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from ..common.booking import BookingMixin

#: Friday; the clock of the tests stands on the Wednesday before.
FRIDAY = date(2026, 3, 13)


@tagged("post_install", "-at_install")
class TestVisitReports(BookingMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.bert = cls.make_patient()

    def setUp(self):
        super().setUp()
        self.give(self.patient, 10)
        self.give(self.bert, 10)

    def visit_on(self, day, hour, patient=None, attendance="attended", user=None):
        event = self.plan(patient, self.local(day, hour), user_id=(user or self.katrien).id)
        self.travel(max(self.clock(), event.stop))
        event.attendance = attendance
        return event

    # === NO-SHOWS AND FIRST VISITS === #

    def visits(self, *domain, user=None):
        self.env.flush_all()
        visits = self.env["practice.visit"].with_user(user or self.front_desk)
        return visits.search([("appointment_type_id", "=", self.type.id), *domain])

    def test_days_are_those_of_the_practice_and_rates_count_who_should_have_come(self):
        self.visit_on(FRIDAY, 9)
        self.visit_on(FRIDAY, 10, self.bert, "no_show")
        late = self.plan(start=datetime(2026, 3, 15, 23, 30), user_id=self.katrien.id)  # Monday in Brussels
        late._practice_cancel_planned(reason="x", notify=False)
        rows = {row.event_id: row for row in self.visits()}
        self.assertEqual((rows[late].date, rows[late].weekday), (date(2026, 3, 16), "1"))
        [(weekday, count, rate), *_rest] = self.env["practice.visit"]._read_group(
            [("id", "in", [row.id for row in rows.values()])],
            ["weekday"],
            ["__count", "no_show_rate:avg"],
            order="weekday desc",
        )
        self.assertEqual((weekday, count, rate), ("5", 2, 50.0))
        self.assertEqual(rows[late].attendance, "cancelled")

    def test_the_first_visit_of_each_patient(self):
        missed = self.visit_on(FRIDAY, 9, attendance="no_show")
        first = self.visit_on(FRIDAY, 10)
        self.visit_on(FRIDAY, 11)
        of_bert = self.visit_on(FRIDAY, 14, self.bert)
        self.assertEqual(self.visits(("is_first", "=", True)).event_id, first | of_bert)
        self.assertTrue(self.visits(("event_id", "=", missed.id)))
        self.assertEqual(self.visits(("event_id", "=", first.id)).action_open_source()["res_id"], first.id)

    def test_only_staff_of_the_company_sees_them(self):
        self.visit_on(FRIDAY, 9)
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                self.visits(user=user)
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other, "practice_billing.group_user")
        self.assertFalse(self.visits(user=stranger))

    # === OCCUPANCY === #

    def open(self, first, last, user=None):
        report = self.env["practice.occupancy"].with_user(user or self.manager)
        report = report.create({"date_from": first, "date_to": last, "company_id": self.company.id})
        action = report.action_show()
        return self.env["practice.occupancy.line"].with_user(user or self.manager).search(action["domain"])

    def test_hours_worked_booked_and_attended(self):
        self.visit_on(FRIDAY, 9)
        self.visit_on(FRIDAY, 10, self.bert, "no_show")
        couple = self.plan(start=self.local(FRIDAY, 14), user_id=self.katrien.id)
        self.plan(self.bert, self.local(FRIDAY, 14, 30), user_id=self.katrien.id)
        called_off = self.plan(start=self.local(FRIDAY, 16), user_id=self.katrien.id)
        called_off._practice_cancel_planned(reason="x", notify=False, give_back=True)
        lines = self.open(FRIDAY, date(2026, 3, 14))
        self.assertTrue(couple)
        of_katrien = lines.filtered(lambda line: line.user_id == self.katrien).sorted("date")
        hours = [(line.hours_worked, line.hours_booked, line.hours_attended) for line in of_katrien]
        self.assertEqual(hours, [(7.0, 3.5, 1.0), (7.0, 0.0, 0.0)])
        self.assertEqual(of_katrien.mapped("occupancy"), [50.0, 0.0])

    def test_a_class_takes_its_hour_once_and_each_participant_is_a_visit(self):
        self.type.places = 3
        group = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": self.type.id,
                "user_id": self.katrien.id,
                "start": self.local(FRIDAY, 9),
                "practice_patient_ids": [Command.set((self.patient | self.bert).ids)],
            }
        )
        self.travel(group.stop)
        group.action_practice_mark_attended()
        rows = self.visits()
        self.assertEqual(rows.event_id, group.practice_participant_ids)
        self.assertEqual(rows.mapped("is_first"), [True, True])
        line = self.open(FRIDAY, FRIDAY).filtered(lambda line: line.user_id == self.katrien)
        self.assertEqual((line.hours_booked, line.hours_attended), (1.0, 1.0))

    def test_days_together_weigh_by_their_hours(self):
        calendar = self.make_calendar(hours=[(9, 11)], days=[4])
        calendar.attendance_ids = [Command.create(self.attendance(5, 9, 15))]
        self.make_resource(self.katrien, calendar)
        self.visit_on(FRIDAY, 9)
        lines = self.open(FRIDAY, date(2026, 3, 14))
        [(user, rate, worked)] = lines._read_group(
            [("id", "in", lines.ids), ("user_id", "=", self.katrien.id)],
            ["user_id"],
            ["occupancy:avg", "hours_worked:sum"],
        )
        self.assertEqual((user, rate, worked), (self.katrien, 12.5, 8.0))

    def test_leaves_are_no_working_hours(self):
        calendar = self.make_calendar()
        resource = self.make_resource(self.katrien, calendar)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Leave",
                "date_from": self.local(FRIDAY, 9),
                "date_to": self.local(FRIDAY, 12),
                "resource_id": resource.id,
                "calendar_id": calendar.id,
            }
        )
        [line] = self.open(FRIDAY, FRIDAY).filtered(lambda line: line.user_id == self.katrien)
        self.assertEqual(line.hours_worked, 4.0)

    def test_a_line_opens_its_appointments(self):
        event = self.visit_on(FRIDAY, 9)
        [line] = self.open(FRIDAY, FRIDAY).filtered(lambda line: line.user_id == self.katrien)
        self.assertEqual(self.env["practice.visit"].search(line.action_open_appointments()["domain"]).event_id, event)

    def test_periods_have_a_length_and_only_administrators_see_it(self):
        for last in (date(2026, 3, 12), date(2030, 1, 1)):
            with self.assertRaisesRegex(ValidationError, "choose from 1 to 750"):
                self.open(FRIDAY, last)
        with self.assertRaises(AccessError):
            self.open(FRIDAY, FRIDAY, self.front_desk)

    def test_queries_do_not_grow_with_days_and_appointments(self):
        def count(last):
            self.env.flush_all()
            self.env.invalidate_all()
            report = self.env["practice.occupancy"].new(
                {"date_from": FRIDAY, "date_to": last, "company_id": self.company}
            )
            before = self.env.cr.sql_log_count
            report._prepare_lines()
            return self.env.cr.sql_log_count - before

        few = count(FRIDAY)
        for number in range(8):
            self.plan(start=self.at(days=number + 1), user_id=self.katrien.id)
        self.assertLessEqual(count(date(2026, 4, 30)), few + 2)
