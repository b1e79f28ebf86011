"""The day board: who sees what of a day, how it is counted, and how appointments are moved on it."""

import json
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.bus.models import ir_websocket
from odoo.addons.bus.tests.common import WebsocketCase
from odoo.addons.practice_billing.models.packages.appointments.calendar_event import COPIED_FIELDS
from odoo.addons.practice_billing.models.packages.board.calendar_event import BOARD_FIELDS
from odoo.addons.practice_billing.models.packages.board.calendar_event_live import SHOWN_FIELDS

from ..common.booking import BookingMixin, make_rooms

#: A week of twelve practitioners with 600 appointments is read with at most so many queries.
MOST_QUERIES = 15


class BoardMixin(BookingMixin):
    """Katrien and Pieter, who work from nine to twelve and from one to five; the front desk looks."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.make_staff()
        cls.lot = cls.give(cls, cls.patient, credits=10)
        return result

    @classmethod
    def today(cls):
        return cls.company._practice_day()

    def board(self, first=None, last=None, user=None, **options):
        """Return what ``user`` sees, as in a request of its own."""
        self.env.flush_all()
        self.env.invalidate_all()
        first = first or self.today()
        events = self.env["calendar.event"].with_user(user or self.front_desk)
        return events.practice_get_board(str(first), str(last or first), **options)

    def column(self, board, record):
        """Return the column of a practitioner or a room."""
        kind = "room" if record._name == "practice.room" else "practitioner"
        return next(it for it in board["columns"] if it["key"] == f"{kind}-{record.id}")

    def block(self, board, event):
        return next((it for it in board["appointments"] if it["id"] == event.id), None)

    def signs(self, event):
        return self.block(self.board(event.start.date()), event)["signs"]

    def meet(self, user, hour=15, **vals):
        """Make an ordinary meeting of ``user`` today."""
        start = self.local(self.today(), hour)
        return (
            self.env["calendar.event"]
            .with_user(user)
            .create({"name": "Budget", "start": start, "stop": start + timedelta(hours=1), **vals})
        )


@tagged("post_install", "-at_install")
class TestBoard(BoardMixin, TransactionCase):
    # === WHAT STANDS WHERE === #

    def test_a_group_stands_once_with_who_takes_part(self):
        yoga = self.make_type(self.package, name="Yoga", places=3)
        poor = self.make_patient("Bert Claes")
        self.give(poor, credits=1)
        start = self.local(self.today() + timedelta(days=1), 10)
        group = self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": yoga.id,
                "user_id": self.katrien.id,
                "start": start,
                "practice_patient_ids": [Command.set((self.patient | poor).ids)],
            }
        )
        board = self.board(self.today() + timedelta(days=1))
        [block] = board["appointments"]
        self.assertEqual((block["id"], block["taken"], block["places"]), (group.id, 2, 3))
        signs = {it["name"]: it["signs"] for it in block["participants"]}
        self.assertIn("last_credit", signs["Bert Claes"])
        self.assertNotIn("last_credit", signs[self.patient.name])
        column = self.column(board, self.katrien)
        self.assertEqual(column["totals"][str(start.date())], {"visits": 2, "booked": 60, "worked": 420})
        self.assertFalse(any(column["busy"].values()), "it is not busy with its own participants")

    def test_whoever_gives_a_type_has_a_column_with_the_hours_that_they_work(self):
        board = self.board()
        self.assertEqual(board["days"], ["2026-03-11"])
        column = self.column(board, self.katrien)
        self.assertEqual((column["key"], column["kind"]), (f"practitioner-{self.katrien.id}", "practitioner"))
        self.assertEqual(column["hours"], {"2026-03-11": [(540, 720), (780, 1020)]})
        self.assertEqual(column["totals"], {"2026-03-11": {"visits": 0, "booked": 0, "worked": 420}})
        self.assertNotIn(self.front_desk.id, [it["res_id"] for it in board["columns"]])

    def test_whoever_gives_one_appointment_has_a_column_that_day_only(self):
        self.plan(start=self.at(hours=4), user_id=self.manager.id)
        self.assertIn(self.manager.id, [it["res_id"] for it in self.board()["columns"]])
        tomorrow = self.today() + timedelta(days=1)
        self.assertNotIn(self.manager.id, [it["res_id"] for it in self.board(tomorrow)["columns"]])

    def test_an_appointment_stands_in_the_column_of_who_gives_it_at_the_practices_time(self):
        event = self.plan(start=self.local(self.today(), 14, 15), user_id=self.pieter.id)
        board = self.board()
        block = self.block(board, event)
        self.assertEqual(block["columns"], [self.column(board, self.pieter)["key"]])
        self.assertEqual((block["day"], block["begins"], block["ends"]), ("2026-03-11", 855, 915))
        self.assertEqual(block["patient"]["name"], "An Peeters")
        totals = self.column(board, self.pieter)["totals"]["2026-03-11"]
        self.assertEqual(totals, {"visits": 1, "booked": 60, "worked": 420})

    def test_the_clock_on_the_wall_counts_on_the_day_of_a_clock_change(self):
        for day in (date(2026, 3, 29), date(2026, 10, 25)):
            self.travel(datetime.combine(day - timedelta(days=2), datetime.min.time()))
            self.front_desk.tz = "Asia/Tokyo"
            event = self.plan(start=self.local(day, 10), user_id=self.katrien.id)
            board = self.board(day - timedelta(days=1), day + timedelta(days=1))
            self.assertEqual(
                [self.block(board, event)[name] for name in ("day", "begins", "ends")], [str(day), 600, 660]
            )
            for hours in self.column(board, self.katrien)["hours"].values():
                self.assertEqual(hours, [(540, 720), (780, 1020)])

    # === ROOMS === #

    def test_a_room_has_a_column_with_the_hours_of_its_own_or_of_the_practice(self):
        garden, street = make_rooms(self, "Garden", "Street")
        garden.calendar_id = self.make_calendar(((8, 10),))
        event = self.plan(start=self.local(self.today(), 14), user_id=self.pieter.id, practice_room_id=street.id)
        self.assertNotIn("room", [it["kind"] for it in self.board()["columns"]])
        board = self.board(with_rooms=True)
        self.assertEqual(self.column(board, garden)["hours"], {"2026-03-11": [(480, 600)]})
        column = self.column(board, street)
        self.assertEqual(column["hours"], {"2026-03-11": [(540, 720), (780, 1020)]})
        self.assertEqual(column["totals"]["2026-03-11"], {"visits": 1, "booked": 60, "worked": 420})
        self.assertEqual(self.block(board, event)["columns"], [f"practitioner-{self.pieter.id}", column["key"]])
        self.assertFalse(any(column["busy"].values()), "it is not busy with what it shows")

    def test_a_room_is_busy_with_what_the_user_does_not_see(self):
        [garden] = make_rooms(self, "Garden")
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.katrien.company_ids |= branch
        self.plan(start=self.local(self.today(), 14), user_id=self.pieter.id, practice_room_id=garden.id)
        elsewhere = self.make_type(self.env["practice.package"], name="Talk", company_id=branch.id)
        self.plan(
            start=self.local(self.today(), 16),
            appointment_type=elsewhere,
            user_id=self.katrien.id,
            practice_room_id=garden.id,
        )
        column = self.column(self.board(with_rooms=True), garden)
        self.assertEqual(column["busy"], {"2026-03-11": [(960, 1020, False)]})

    def test_who_comes_at_once_is_counted_once(self):
        start = self.local(self.today(), 14)
        bert = self.make_patient("Bert Claes")
        free = self.make_type(self.env["practice.package"], name="Back School")
        reason = {"practice_overrule_reason": "Together", "user_id": self.katrien.id}
        self.plan(start=start, appointment_type=free, user_id=self.katrien.id)
        self.plan(bert, start=start + timedelta(minutes=30), appointment_type=free, **reason)
        totals = self.column(self.board(), self.katrien)["totals"]["2026-03-11"]
        self.assertEqual((totals["visits"], totals["booked"]), (2, 90))

    def test_a_cancelled_one_is_there_marked_and_not_counted(self):
        event = self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        event._practice_cancel_planned(notify=False)
        board = self.board()
        self.assertTrue(self.block(board, event)["is_cancelled"])
        self.assertEqual(self.column(board, self.katrien)["totals"]["2026-03-11"]["visits"], 0)

    def test_a_search_dims_what_does_not_match(self):
        event = self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        other = self.plan(start=self.at(hours=6), user_id=self.pieter.id)
        board = self.board(domain=[("user_id", "=", self.pieter.id)])
        self.assertTrue(self.block(board, event)["dimmed"])
        self.assertFalse(self.block(board, other)["dimmed"])
        other._practice_cancel_planned(notify=False)
        board = self.board(domain=[("user_id", "=", self.pieter.id)])
        self.assertFalse(self.block(board, other)["dimmed"], "what was cancelled is found, too")

    def test_a_board_is_for_a_day_or_a_week(self):
        for first, last in (
            ("2026-03-11", "2026-03-25"),
            ("2026-03-11", "2026-03-10"),
            ("soon", "later"),
            (None, None),
        ):
            with self.assertRaises(UserError):
                self.env["calendar.event"].with_user(self.front_desk).practice_get_board(first, last)

    # === SIGNS === #

    def test_the_first_visit_of_a_patient_has_a_sign(self):
        first = self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        second = self.plan(start=self.at(hours=6), user_id=self.katrien.id)
        self.assertIn("first_visit", self.signs(first))
        self.assertNotIn("first_visit", self.signs(second))
        self.travel(hours=5)
        first.attendance = "no_show"
        self.assertNotIn("first_visit", self.signs(first))
        self.assertIn("first_visit", self.signs(second), "who did not come was not here")

    def test_the_last_credit_has_a_sign_and_so_have_none(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert, credits=2)
        first = self.plan(bert, start=self.at(hours=4), user_id=self.katrien.id)
        self.assertNotIn("last_credit", self.signs(first))
        second = self.plan(bert, start=self.at(hours=6), user_id=self.katrien.id)
        self.assertNotIn("last_credit", self.signs(second), "another one is planned and paid for")
        first._practice_cancel_by_practice("Ill", notify=False)
        self.assertNotIn("last_credit", self.signs(second))
        lot = self.env["practice.credit.lot"].search([("partner_id", "=", bert.id)])
        self.assertEqual(lot.credits_available, 1)
        self.plan(bert, start=self.at(hours=4), user_id=self.katrien.id)
        self.travel(hours=5, minutes=1)
        self.happen(self.env["calendar.event"].search([("patient_id", "=", bert.id)], order="start")[0])
        self.assertIn("last_credit", self.signs(second))
        self.happen(second)
        self.assertIn("last_credit", self.signs(second), "the patient can still be asked at the desk")
        self.travel(days=1)
        self.assertNotIn("last_credit", self.signs(second))

    def test_what_is_not_paid_has_a_sign(self):
        bert = self.make_patient("Bert Claes")
        invoice = self.invoice(bert)
        self.pay(invoice)
        event = self.plan(bert, start=self.at(hours=4), user_id=self.katrien.id)
        self.assertFalse({"unpaid", "invoice"} & set(self.signs(event)))
        self.unpay(invoice)
        self.assertLessEqual({"unpaid", "invoice"}, set(self.signs(event)))

    def test_what_others_owe_for_a_patient_has_a_sign(self):
        employer = self.make_patient("Big Company")
        self.invoice(employer, line={"practice_patient_id": self.patient.id})
        event = self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        self.assertIn("invoice", self.signs(event))

    def test_it_says_what_cancelling_and_not_coming_cost(self):
        late = self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        free = self.plan(start=self.at(days=2), user_id=self.katrien.id)
        self.assertEqual([self.block(self.board(), late)[name] for name in ("cost", "lost")], [1, 1])
        board = self.board(self.today() + timedelta(days=2))
        self.assertEqual([self.block(board, free)[name] for name in ("cost", "lost")], [0, 1])

    # === WHO SEES WHAT === #

    def test_only_staff_sees_a_board(self):
        for user in (self.employee, self.portal, self.env.ref("base.public_user"), self.accountant):
            with self.assertRaises(AccessError):
                self.board(user=user)

    def test_a_meeting_is_busy_time_with_its_name(self):
        self.meet(self.katrien)
        column = self.column(self.board(), self.katrien)
        self.assertEqual(column["busy"], {"2026-03-11": [(900, 960, "Budget")]})

    def test_a_private_meeting_of_somebody_else_has_no_name(self):
        self.meet(self.katrien, privacy="private", name="Dentist")
        busy = self.column(self.board(), self.katrien)["busy"]
        self.assertEqual(busy, {"2026-03-11": [(900, 960, False)]})
        busy = self.column(self.board(user=self.katrien), self.katrien)["busy"]
        self.assertEqual(busy, {"2026-03-11": [(900, 960, "Dentist")]})

    def test_whoever_declined_is_not_busy(self):
        meeting = self.meet(self.pieter, partner_ids=[Command.set((self.pieter | self.katrien).partner_id.ids)])
        self.assertTrue(self.column(self.board(), self.katrien)["busy"])
        meeting.attendee_ids.filtered(lambda it: it.partner_id == self.katrien.partner_id).state = "declined"
        self.assertFalse(self.column(self.board(), self.katrien)["busy"])

    def test_a_day_long_absence_covers_the_day(self):
        self.meet(self.katrien, allday=True, start_date="2026-03-11", stop_date="2026-03-12", name="Leave")
        busy = self.column(self.board(), self.katrien)["busy"]
        self.assertEqual(busy, {"2026-03-11": [(0, 1440, "Leave")]})

    def test_an_appointment_of_another_company_is_busy_time_without_a_name(self):
        other = self.env["res.company"].create({"name": "PB other"})
        self.katrien.company_ids += other
        elsewhere = self.env["practice.appointment.type"].create({"name": "Elsewhere", "company_id": other.id})
        event = self.plan(start=self.local(self.today(), 15), appointment_type=elsewhere, user_id=self.katrien.id)
        board = self.board()
        self.assertIsNone(self.block(board, event))
        self.assertEqual(self.column(board, self.katrien)["busy"], {"2026-03-11": [(900, 960, False)]})
        # Who works for both sees those of the companies that are chosen.
        katrien = self.env["calendar.event"].with_user(self.katrien)
        for companies, seen in ((self.company, False), (self.company + other, True)):
            board = katrien.with_context(allowed_company_ids=companies.ids).practice_get_board(*["2026-03-11"] * 2)
            self.assertEqual(bool(self.block(board, event)), seen)

    def test_a_stranger_sees_nothing_of_this_practice(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other, "practice_billing.group_user")
        self.plan(start=self.at(hours=4), user_id=self.katrien.id)
        board = self.board(user=stranger)
        self.assertEqual((board["columns"], board["appointments"]), ([], []))

    # === SPEED === #

    def test_hours_that_are_kept_follow_their_changes(self):
        calendar = self.make_calendar(((8, 10),))
        resource = self.make_resource(self.katrien, calendar)

        def hours():
            return self.column(self.board(), self.katrien)["hours"].get("2026-03-11")

        self.assertEqual(hours(), [(480, 600)])
        calendar.attendance_ids.hour_to = 11
        self.assertEqual(hours(), [(480, 660)])
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Dentist",
                "resource_id": resource.id,
                "calendar_id": calendar.id,
                "date_from": self.local(self.today(), 9),
                "date_to": self.local(self.today(), 18),
            }
        )
        self.assertEqual(hours(), [(480, 540)])
        leave.unlink()
        resource.calendar_id = self.make_calendar(((13, 14),))
        self.assertEqual(hours(), [(780, 840)])
        resource.unlink()
        self.assertEqual(hours(), [(540, 720), (780, 1020)])
        self.company.resource_calendar_id = calendar
        self.assertEqual(hours(), [(480, 660)])

    def test_what_is_planned_at_a_time_ends_after_it(self):
        planning = self.env["calendar.event"].with_context(practice_planning=True, default_start="2026-05-04 12:00:00")
        self.assertEqual(planning.default_get(["start", "stop"])["stop"], datetime(2026, 5, 4, 13, 0))
        chosen = planning.with_context(default_stop="2026-05-04 12:20:00").default_get(["stop"])
        self.assertEqual(Datetime.to_datetime(chosen["stop"]), datetime(2026, 5, 4, 12, 20))

    def test_a_week_of_twelve_practitioners_takes_few_queries(self):
        calendars = [self.make_calendar(((8, 18),)), self.make_calendar(((7, 20),))]
        team = self.env["res.users"].union(
            *(self.make_practitioner(f"team_{number}", calendars[number % 2]) for number in range(12))
        )
        self.type.practitioner_ids = team
        patients = self.env["res.partner"].create([{"name": f"Patient {number}"} for number in range(150)])
        for patient in patients:
            self.give(patient, credits=4)
        monday = date(2026, 3, 16)
        quiet = self.env["calendar.event"].with_context(dont_notify=True, practice_planning=True)
        quiet.sudo().create(
            [
                {
                    "practice_appointment_type_id": self.type.id,
                    "patient_id": patients[number % 150].id,
                    "user_id": team[number % 12].id,
                    "start": self.local(monday + timedelta(days=number // 120), 8 + number // 12 % 10),
                }
                for number in range(600)
            ]
        )
        for user in team:
            self.meet(user, name="Team", start=self.local(monday, 19), stop=self.local(monday, 20), privacy="private")
        self.env.flush_all()
        self.env.invalidate_all()
        self.board(monday, monday + timedelta(days=6))  # what is kept of users, rights, rules and working hours
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        board = self.board(monday, monday + timedelta(days=6))
        taken = self.env.cr.sql_log_count - before
        self.assertEqual((len(board["appointments"]), len(board["columns"])), (600, 12))
        self.assertLessEqual(taken, MOST_QUERIES)


@tagged("post_install", "-at_install")
class TestMovingOnBoard(BoardMixin, TransactionCase):
    """What is dragged."""

    def setUp(self):
        super().setUp()
        self.event = self.plan(start=self.at(days=2), user_id=self.katrien.id)

    def move(self, event=None, start=None, practitioner=None, user=None, **options):
        event = (event or self.event).with_user(user or self.front_desk)
        start = start or event.sudo().start
        stop = options.pop("stop", start + timedelta(hours=1))
        return event.practice_move_on_board(str(start), str(stop), practitioner and practitioner.id, **options)

    def test_it_is_moved_and_keeps_its_credits(self):
        start = self.at(days=2, hours=3)
        self.assertEqual(self.move(start=start), {"conflicts": [], "costs": []})
        self.assertEqual((self.event.start, self.event.credit_state), (start, "reserved"))
        self.assertEqual(self.event.user_id, self.katrien)

    def test_it_is_resized(self):
        self.move(stop=self.event.start + timedelta(minutes=90))
        self.assertEqual(self.event.duration, 1.5)

    def test_another_practitioner_takes_part_instead(self):
        self.move(practitioner=self.pieter)
        self.assertEqual(self.event.user_id, self.pieter)
        self.assertEqual(self.event.partner_ids, self.pieter.partner_id | self.patient)

    def test_the_practitioner_who_gives_it_no_more_is_told(self):
        self.env["mail.mail"].search([]).unlink()
        self.move(practitioner=self.pieter)
        told = self.env["mail.mail"].search([("model", "=", "calendar.event"), ("res_id", "=", self.event.id)])
        self.assertIn(self.katrien.partner_id, told.recipient_ids)
        self.assertNotIn(self.patient, told.recipient_ids)

    def test_it_gets_the_room_to_which_it_is_dragged(self):
        garden, street = make_rooms(self, "Garden", "Street")
        self.move(room_id=street.id)
        self.assertEqual((self.event.practice_room_id, self.event.user_id), (street, self.katrien))
        bert = self.make_patient("Bert Claes")
        self.give(bert)
        start = self.at(days=2, hours=3)
        self.plan(bert, start=start, user_id=self.pieter.id, practice_room_id=garden.id)
        answer = self.move(start=start, room_id=garden.id)
        self.assertEqual(answer["conflicts"], ["Garden is not free at this time."])
        self.assertEqual(self.event.practice_room_id, street)
        self.move(start=start, room_id=garden.id, reason="They share it")
        self.assertEqual(self.event.practice_room_id, garden)

    def test_where_somebody_is_busy_it_is_asked_why_and_nothing_moves(self):
        bert = self.make_patient("Bert Claes")
        self.give(bert)
        self.plan(bert, start=self.at(days=2, hours=3), user_id=self.pieter.id)
        start = self.event.start
        answer = self.move(start=self.at(days=2, hours=3), practitioner=self.pieter)
        self.assertEqual(answer["conflicts"], ["PB pieter has something else at this time."])
        self.assertEqual((self.event.start, self.event.user_id), (start, self.katrien))
        self.move(start=self.at(days=2, hours=3), practitioner=self.pieter, reason="They share the hour")
        self.assertEqual(self.event.user_id, self.pieter)
        self.assertEqual(self.event.practice_overrule_reason, "They share the hour")

    def test_what_cancelling_would_cost_then_is_confirmed(self):
        start = self.at(hours=4)
        answer = self.move(start=start)
        self.assertEqual(len(answer["costs"]), 1)
        self.assertIn("1 credit.", answer["costs"][0])
        self.assertNotEqual(self.event.start, start)
        self.move(start=start, confirmed=True)
        self.assertEqual(self.event.start, start)
        self.assertEqual(self.move(start=self.at(hours=5))["costs"], [], "it was late before")

    def test_a_day_on_which_the_credits_are_not_valid_is_refused(self):
        self.lot.expiry_date = self.event.start.date()
        with self.assertRaises(UserError):
            self.move(start=self.at(days=5))
        self.assertEqual(self.event.start, self.at(days=2))

    def test_of_a_series_moves_what_was_chosen(self):
        events = self.plan_series(3, start=self.at(days=3), user_id=self.katrien.id)
        self.move(events[1], start=events[1].start + timedelta(hours=3), scope="self_only")
        self.assertEqual([event.start.hour for event in events], [9, 12, 9])
        self.assertEqual(events[1].credit_state, "reserved")

    def test_only_staff_moves(self):
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                self.move(user=user)


@tagged("post_install", "-at_install")
class TestLiveBoard(BoardMixin, TransactionCase):
    """What one plans appears at the others'."""

    def sent(self, work):
        """Return what the boards are told of ``work`` when it is committed."""
        self.env.cr.precommit.run()
        known = self.env["bus.bus"].search([])
        work()
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([]) - known
        return [json.loads(it.message)["payload"] for it in messages if "practice_board" in it.channel]

    def days(self, *days):
        """Return the message of the days that lie so far from today."""
        first, last = (str(self.today() + timedelta(days=number)) for number in (days[0], days[-1]))
        return [{"company_id": self.company.id, "first_day": first, "last_day": last}]

    def test_planning_moving_marking_and_deleting_are_told_without_a_name(self):
        self.assertEqual(self.sent(lambda: self.plan(user_id=self.katrien.id)), self.days(1))
        event = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(self.sent(lambda: event.write({"start": self.at(days=3)})), self.days(1, 3))
        self.assertEqual(self.sent(lambda: event._practice_cancel_planned(notify=False)), self.days(3))
        free = self.make_type(self.env["practice.package"], name="Talk")
        other = self.plan(start=self.at(days=2), appointment_type=free, user_id=self.pieter.id)
        self.assertEqual(self.sent(other.unlink), self.days(2))

    def test_every_field_that_a_board_reads_is_told(self):
        fields = self.env["calendar.event"]._fields
        kept = {name for name in BOARD_FIELDS if fields[name].store and not fields[name].compute}
        # The name comes from patient and type, what is frozen changes with the type, places are taken by participants.
        self.assertEqual(kept - SHOWN_FIELDS - set(COPIED_FIELDS), {"name", "practice_places_taken"})

    def test_many_changes_are_one_message(self):
        def work():
            for number in (1, 2, 4):
                self.plan(start=self.at(days=number), user_id=self.katrien.id)

        self.assertEqual(self.sent(work), self.days(1, 4))

    def test_meetings_and_notes_are_told_nobody(self):
        event = self.plan(user_id=self.katrien.id)
        self.assertEqual(self.sent(lambda: self.meet(self.katrien)), [])
        self.assertEqual(self.sent(lambda: event.write({"description": "Knee"})), [])

    def test_only_staff_of_the_company_hears_of_it(self):
        other = self.env["res.company"].create({"name": "PB other"})
        stranger = self.make_stranger(other, "practice_billing.group_user")
        branch = self.env["res.company"].create({"name": "PB branch", "parent_id": self.company.id})
        of_branch = new_test_user(
            self.env,
            "pb_board_branch",
            "practice_billing.group_user",
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        public = self.env.ref("base.public_user")
        heard = (
            (self.front_desk, True),
            (self.manager, True),
            (of_branch, True),
            (self.accountant, False),
            (self.employee, False),
            (self.portal, False),
            (public, False),
            (stranger, False),
        )
        for user, hears in heard:
            with self.subTest(user=user.name):
                self.assertEqual(self.company in self.companies_heard(user), hears)
        # A browser can only ask for a text, which is another channel.
        asked = ["practice_board", f"res.company,{self.company.id},practice_board"]
        self.assertFalse(self.companies_heard(self.employee, asked))

    def companies_heard(self, user, asked=()):
        """Return of which companies the browser of ``user`` hears, which asks for some channels itself."""
        request = SimpleNamespace(session=SimpleNamespace(uid=user.id))
        with patch.object(ir_websocket, "request", request):
            channels = self.env["ir.websocket"].with_user(user)._build_bus_channel_list(list(asked))
        return [it[0] for it in channels if isinstance(it, tuple) and it[1] == "practice_board"]


@tagged("post_install", "-at_install")
class TestBoardOverWebsocket(BoardMixin, WebsocketCase):
    """Browsers that listen, with real connections."""

    now = None

    def listen(self, user):
        """Return a connection of ``user`` that hears of what comes from now on."""
        session = self.authenticate(user.login, user.login)
        connection = self.websocket_connect(cookie=f"session_id={session.sid};")
        self.subscribe(connection, ["practice_board"], self.env["bus.bus"]._bus_last_id())
        return connection

    def test_staff_hears_of_it_and_others_do_not(self):
        self.employee.password = self.employee.login
        tomorrow = self.today() + timedelta(days=1)
        news = {"company_id": self.company.id, "first_day": str(tomorrow), "last_day": str(tomorrow)}
        for hour, user, expected in ((10, self.front_desk, [news]), (14, self.employee, [])):
            with self.subTest(user=user.name):
                connection = self.listen(user)
                self.plan(start=self.local(tomorrow, hour), user_id=self.katrien.id)
                self.env.cr.precommit.run()
                self.env["bus.bus"]._sendone("broadcast", "the end", {})
                self.trigger_notification_dispatching([(self.company, "practice_board"), "broadcast"])
                self.assertEqual(self.hear(connection), expected)

    def hear(self, connection):
        """Return what a connection heard of boards until the end."""
        payloads = []
        while True:
            for notification in json.loads(connection.recv()):
                message = notification["message"]
                if message["type"] == "the end":
                    return payloads
                if message["type"] == "practice_board":
                    payloads.append(message["payload"])
