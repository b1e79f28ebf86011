"""Appointments spend credits: planned, moved, repeated, cancelled, missed, corrected, by every door of the calendar."""

from datetime import date, datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common.practice import TODAY, PracticeCase


class AppointmentCase(PracticeCase):
    def close(self):
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_close_appointments").method_direct_trigger()

    def expiring(self, days, quantity=1.0):
        """Sell a lot that expires in this many days."""
        lot = self.sell(quantity=quantity)
        lot._extend(TODAY + timedelta(days=days), "test")
        return lot


@tagged("post_install", "-at_install")
class TestPlanning(AppointmentCase):
    def test_planning_takes_a_credit(self):
        lot = self.sell()
        event = self.plan()
        self.assertLot(lot, available=9, reserved=1)
        self.assertEqual((event.credit_state, event.attendance, event.practice_credits), ("reserved", "planned", 1))

    def test_without_credits_it_is_refused_with_the_numbers_and_what_to_do(self):
        with self.assertRaisesRegex(
            UserError, "Ten sessions for An Peeters: 1 credit needed, 0 available.*Sell a package"
        ):
            self.plan()

    def test_credits_that_expire_before_the_visit_are_told_apart(self):
        old, fresh = self.sell(), self.sell(quantity=0.1)
        old._extend(self.today() + timedelta(days=5), "Test")
        fresh._extend(self.today() + timedelta(days=30), "Test")
        self.plan(start=self.at(days=10))
        with self.assertRaisesRegex(
            UserError,
            r"1 credit needed, 0 available .*Credits that expire before 0?3/2./2026: 10, the last.*16",
        ):
            self.plan(start=self.at(days=11))

    def test_a_refused_appointment_leaves_nothing(self):
        count = self.env["calendar.event"].search_count([])
        with self.assertRaises(UserError), self.cr.savepoint():
            self.plan()
        self.assertEqual(self.env["calendar.event"].search_count([]), count)

    def test_the_type_gives_title_and_length_and_the_patient_is_invited(self):
        self.sell()
        long_type = self.make_type(self.package, name="Long", duration=1.5)
        event = self.plan(appointment_type=long_type)
        self.assertEqual((event.name, event.stop - event.start), ("Long", timedelta(minutes=90)))
        self.assertEqual(event.with_context(active_test=False).partner_ids, self.patient + self.env.user.partner_id)

    def test_a_type_without_package_takes_no_credit(self):
        free = self.env["practice.appointment.type"].create({"name": "Intake"})
        event = self.plan(appointment_type=free)
        self.assertFalse(event.credit_state)
        self.happen(event)
        self.assertFalse(event.credit_move_ids)

    def test_a_type_without_package_needs_no_patient(self):
        free = self.env["practice.appointment.type"].create({"name": "Team meeting"})
        self.assertTrue(
            self.env["calendar.event"].create({"practice_appointment_type_id": free.id, "start": self.at()})
        )

    def test_a_plain_event_is_left_alone(self):
        event = self.env["calendar.event"].create({"name": "Lunch", "start": self.at(), "stop": self.at(hours=1)})
        self.assertFalse(event.attendance)
        event.active = False
        self.assertFalse(event.attendance)

    def test_an_appointment_that_takes_credits_needs_a_patient(self):
        with self.assertRaisesRegex(ValidationError, "choose the patient"):
            self.env["calendar.event"].create({"practice_appointment_type_id": self.type.id, "start": self.at()})

    def test_several_appointments_at_once(self):
        lot = self.sell()
        self.plan_daily(3)
        self.assertLot(lot, available=7, reserved=3)

    def test_several_at_once_are_planned_all_or_not_at_all(self):
        lot = self.sell(quantity=0.2)
        with self.assertRaises(UserError), self.cr.savepoint():
            self.plan_daily(3)
        self.assertLot(lot, available=2, reserved=0)

    def test_the_form_plans_like_everybody_else(self):
        lot = self.sell()
        with Form(self.env["calendar.event"]) as form:
            form.practice_appointment_type_id = self.type
            form.patient_id = self.patient
            form.start = self.at(days=1)
            self.assertEqual(form.credit_balance, "session 1 of 10; 10 left, 0 reserved")
        event = form.save()
        self.assertLot(lot, available=9, reserved=1)
        self.assertEqual(event.credit_balance, "session 1 of 10; 9 left, 1 reserved")

    def test_the_number_of_a_session_is_the_same_when_it_is_saved(self):
        self.make_staff()
        self.sell()
        self.plan(start=self.at(days=5))
        form = Form(self.env["calendar.event"].with_user(self.front_desk))
        form.practice_appointment_type_id = self.type
        form.patient_id = self.patient
        form.start = self.at(days=2)
        self.assertEqual(form.credit_balance, "session 1 of 10; 9 left, 1 reserved")
        self.assertIn("session 1 of 10", form.save().credit_balance)

    def test_a_form_says_what_all_of_a_series_takes(self):
        self.make_staff()
        self.sell()
        form = Form(self.env["calendar.event"].with_user(self.front_desk))
        form.practice_appointment_type_id = self.type
        form.patient_id = self.patient
        form.start = self.at(days=1)
        form.recurrency = True
        form.rrule_type_ui = "weekly"
        form.end_type = "count"
        for count, short in ((10, False), (12, True)):
            form.count = count
            self.assertEqual(form.credit_balance, f"{count} appointments take {count} credits; 10 left, 0 reserved")
            self.assertEqual(form.credit_short, short)

    def test_the_form_says_when_credits_are_short(self):
        event = self.env["calendar.event"].new(
            {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id, "start": self.at()}
        )
        self.assertTrue(event.credit_short)
        self.assertEqual(event.credit_balance, "0 left, 0 reserved")

    def test_the_balance_says_what_waits_for_payment(self):
        self.invoice()
        event = self.env["calendar.event"].new(
            {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id, "start": self.at()}
        )
        self.assertEqual(event.credit_balance, "0 left, 0 reserved, 10 waiting for payment")

    def test_the_session_is_counted_by_date(self):
        self.sell()
        last = self.plan(start=self.at(days=9))
        first = self.plan(start=self.at(days=1))
        self.assertIn("session 1 of 10", first.credit_balance)
        self.assertIn("session 2 of 10", last.credit_balance)

    def test_a_copied_appointment_takes_a_credit_of_its_own(self):
        lot = self.sell()
        copy = self.plan().copy()
        self.assertEqual((copy.attendance, copy.credit_state), ("planned", "reserved"))
        self.assertLot(lot, available=8, reserved=2)

    def test_a_copy_of_a_past_appointment_is_planned(self):
        lot = self.sell()
        event = self.visit()
        copy = event.copy({"start": self.at(days=7), "stop": self.at(days=7, hours=1)})
        self.assertEqual(copy.attendance, "planned")
        self.assertLot(lot, used=1, reserved=1)

    def test_an_archived_package_can_still_be_spent(self):
        lot = self.sell()
        self.product.active = False
        self.package.active = False
        self.plan()
        self.assertLot(lot, reserved=1)

    def test_no_field_has_the_name_that_breaks_the_mails_of_the_calendar(self):
        self.assertNotIn("appointment_type_id", self.env["calendar.event"]._fields)


@tagged("post_install", "-at_install")
class TestOrderOfSpending(AppointmentCase):
    def test_the_lot_that_expires_first_is_spent_first(self):
        later, sooner = self.expiring(60), self.expiring(30)
        self.plan()
        self.assertLot(sooner, reserved=1)
        self.assertLot(later, reserved=0)

    def test_a_lot_without_expiry_is_spent_last(self):
        never, some_day = self.sell(), self.expiring(300)
        self.plan()
        self.assertLot(some_day, reserved=1)
        self.assertLot(never, reserved=0)

    def test_of_two_without_expiry_the_older_is_spent_first(self):
        older, newer = self.sell(), self.sell()
        self.plan()
        self.assertLot(older, reserved=1)
        self.assertLot(newer, reserved=0)

    def test_a_lot_is_valid_on_its_last_day(self):
        lot = self.expiring(1)
        self.plan(start=self.at(days=1))
        self.assertLot(lot, reserved=1)

    def test_a_lot_is_not_valid_after_its_last_day(self):
        lot = self.expiring(1)
        with self.assertRaises(UserError):
            self.plan(start=self.at(days=2))
        self.assertLot(lot, reserved=0)

    def test_a_visit_after_the_expiry_of_the_first_lot_takes_the_next(self):
        sooner, later = self.expiring(5), self.expiring(60)
        self.plan(start=self.at(days=6))
        self.assertLot(sooner, reserved=0)
        self.assertLot(later, reserved=1)

    def test_two_credits_can_come_from_two_lots(self):
        first = self.sell(quantity=0.1, price=1000.0)
        second = self.sell()
        event = self.plan(appointment_type=self.make_type(self.package, package_credits=2))
        self.assertLot(first, reserved=1, available=0)
        self.assertLot(second, reserved=1, available=9)
        self.happen(event)
        self.assertLot(first, used=1, value=0.0)
        self.assertLot(second, used=1, value=1080.0)
        self.assertBooksAgree()

    def test_two_credits_over_two_lots_go_back_to_where_they_came_from(self):
        first, second = self.sell(quantity=0.1), self.sell()
        event = self.plan(start=self.at(days=3), appointment_type=self.make_type(self.package, package_credits=2))
        event.active = False
        self.assertLot(first, available=1, reserved=0)
        self.assertLot(second, available=10, reserved=0)

    def test_a_series_spends_each_lot_only_while_it_is_valid(self):
        sooner, later = self.expiring(10), self.sell()
        self.plan_series(4)  # in 1, 8, 15 and 22 days
        self.assertLot(sooner, reserved=2)
        self.assertLot(later, reserved=2)


@tagged("post_install", "-at_install")
class TestHousehold(AppointmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.child = cls.make_patient("Child Peeters")

    def test_a_beneficiary_spends_the_credits_of_the_owner(self):
        lot = self.sell()
        lot.beneficiary_ids = self.child
        event = self.plan(self.child)
        self.assertLot(lot, reserved=1)
        self.assertEqual(event.credit_move_ids.partner_id, self.child)

    def test_nobody_else_spends_them(self):
        self.sell()
        with self.assertRaises(UserError):
            self.plan(self.child)

    def test_members_of_a_household_never_spend_the_same_credit(self):
        lot = self.sell(quantity=0.1)
        lot.beneficiary_ids = self.child
        vals = {"practice_appointment_type_id": self.type.id, "start": self.at(days=1)}
        with self.assertRaises(UserError), self.cr.savepoint():
            self.env["calendar.event"].create(
                [{**vals, "patient_id": patient.id} for patient in (self.patient, self.child)]
            )
        self.assertLot(lot, available=1, reserved=0)

    def test_a_beneficiary_removed_keeps_what_is_planned(self):
        lot = self.sell()
        lot.beneficiary_ids = self.child
        event = self.plan(self.child)
        lot.beneficiary_ids = False
        self.assertEqual(event.credit_state, "reserved")
        with self.assertRaises(UserError):
            self.plan(self.child, start=self.at(days=2))

    def test_a_removed_beneficiarys_visit_can_still_happen(self):
        lot = self.sell()
        lot.beneficiary_ids = self.child
        event = self.plan(self.child)
        lot.beneficiary_ids = False
        self.happen(event)
        self.assertLot(lot, used=1, reserved=0)


@tagged("post_install", "-at_install")
class TestMoving(AppointmentCase):
    def test_moving_keeps_the_reservation(self):
        lot = self.sell()
        event = self.plan()
        moves = event.credit_move_ids
        event.write({"start": self.at(days=5), "stop": self.at(days=5, hours=1)})
        self.assertEqual(event.credit_move_ids, moves)
        self.assertLot(lot, available=9, reserved=1)

    def test_moving_past_the_expiry_takes_another_lot(self):
        sooner, later = self.expiring(5), self.sell()
        event = self.plan()
        event.write({"start": self.at(days=6), "stop": self.at(days=6, hours=1)})
        self.assertLot(sooner, reserved=0, available=10)
        self.assertLot(later, reserved=1)

    def test_moving_past_the_last_expiry_is_refused_and_changes_nothing(self):
        lot = self.expiring(5)
        event = self.plan()
        start = event.start
        with self.assertRaises(UserError), self.cr.savepoint():
            event.write({"start": self.at(days=6), "stop": self.at(days=6, hours=1)})
        self.env.invalidate_all()
        self.assertEqual(event.start, start)
        self.assertLot(lot, reserved=1)

    def test_another_type_takes_its_own_number_of_credits(self):
        lot = self.sell()
        event = self.plan()
        event.practice_appointment_type_id = self.make_type(self.package, package_credits=3)
        self.assertEqual(event.practice_credits, 3)
        self.assertLot(lot, available=7, reserved=3)

    def test_a_type_of_another_package_takes_from_that_package(self):
        lot = self.sell()
        package = self.make_package("Other")
        other = self.sell(product=self.make_product(package))
        event = self.plan()
        event.practice_appointment_type_id = self.make_type(package)
        self.assertLot(lot, available=10, reserved=0)
        self.assertLot(other, available=9, reserved=1)

    def test_taking_the_type_away_gives_the_credit_back(self):
        lot = self.sell()
        event = self.plan()
        event.practice_appointment_type_id = False
        self.assertLot(lot, available=10, reserved=0)

    def test_an_event_that_becomes_an_appointment_takes_its_credit(self):
        lot = self.sell()
        event = self.env["calendar.event"].create({"name": "Lunch", "start": self.at(days=1), "stop": self.at(days=2)})
        event.write({"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id})
        self.assertEqual(event.attendance, "planned")
        self.assertLot(lot, reserved=1)

    def test_another_patient_pays_and_is_invited_instead(self):
        lot = self.sell()
        bert = self.make_patient("Bert Claes")
        other = self.sell(bert)
        event = self.plan()
        event.patient_id = bert
        self.assertLot(lot, available=10, reserved=0)
        self.assertLot(other, available=9, reserved=1)
        self.assertIn(bert, event.partner_ids)
        self.assertNotIn(self.patient, event.partner_ids)

    def test_a_type_that_changes_later_leaves_what_is_planned(self):
        lot = self.sell()
        event = self.plan()
        self.type.package_credits = 2
        event.write({"start": self.at(days=5), "stop": self.at(days=5, hours=1)})
        self.assertLot(lot, reserved=1)
        self.assertEqual(event.practice_credits, 1)

    def test_moving_by_dragging_in_the_calendar_is_a_plain_write(self):
        self.make_staff()
        lot = self.sell()
        event = self.plan()
        event.with_user(self.front_desk).write({"start": self.at(days=2), "stop": self.at(days=2, hours=1)})
        self.assertLot(lot, reserved=1)


@tagged("post_install", "-at_install")
class TestCancelling(AppointmentCase):
    def test_archiving_in_time_gives_back(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=24))
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("cancelled", "returned"))
        self.assertLot(lot, available=10)

    def test_archiving_one_second_too_late_costs_the_credit(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=24))
        self.travel(seconds=1)
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("late_cancelled", "forfeited"))
        self.assertLot(lot, available=9, lost=1)
        self.assertBooksAgree()

    def test_a_type_that_gives_back_costs_nothing_even_late(self):
        lot = self.sell()
        self.type.late_policy = "return"
        event = self.plan(start=self.at(hours=1))
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("late_cancelled", "returned"))
        self.assertLot(lot, available=10)

    def test_what_was_promised_when_it_was_planned_holds_whatever_the_type_says_later(self):
        lot = self.sell()
        strict = self.plan(start=self.at(hours=30))
        self.type.write({"late_policy": "return", "cancel_hours": 48})
        lenient = self.plan(start=self.at(hours=31))
        self.assertEqual(strict.cancel_free_until, strict.start - timedelta(hours=24))
        self.assertEqual(lenient.cancel_free_until, lenient.start - timedelta(hours=48))
        self.travel(hours=10)
        self.type.write({"late_policy": "forfeit", "cancel_hours": 0})
        self.assertEqual((strict._practice_get_cancel_cost(), lenient._practice_get_cancel_cost()), (1, 0))
        (strict + lenient).write({"active": False})
        self.assertEqual((strict + lenient).mapped("attendance"), ["late_cancelled", "late_cancelled"])
        self.assertLot(lot, available=9, lost=1)
        self.assertBooksAgree()

    def test_a_series_that_is_moved_keeps_what_was_promised(self):
        self.sell()
        events = self.plan_series(3, start=self.at(days=2))
        self.type.late_policy = "return"
        first = events[0]
        later = {"start": first.start + timedelta(hours=2), "stop": first.stop + timedelta(hours=2)}
        first.write({**later, "recurrence_update": "all_events"})
        moved = self.env["calendar.event"].search(
            [("patient_id", "=", self.patient.id), ("attendance", "=", "planned")]
        )
        self.assertEqual(moved.mapped("practice_late_policy"), ["forfeit"] * 3)

    def test_another_type_brings_its_own_promise(self):
        self.sell()
        event = self.plan(start=self.at(days=2))
        event.practice_appointment_type_id = self.make_type(self.package, late_policy="return", cancel_hours=4)
        self.assertEqual((event.practice_late_policy, event.practice_cancel_hours), ("return", 4))

    def test_cancelling_late_loses_the_credits_it_holds_although_the_type_has_another_package_by_now(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=30))
        self.type.package_id = self.make_package("Another")
        self.travel(hours=10)
        event.active = False
        self.assertEqual((event.attendance, event.credit_state), ("late_cancelled", "forfeited"))
        self.assertLot(lot, available=9, lost=1)

    def test_a_visit_that_was_keeps_its_credits_whatever_package_its_type_has_by_now(self):
        lot = self.sell(invoice_date=date(2026, 3, 1))
        self.sell(product=self.make_product(other := self.make_package("Another")))
        for package in (other, other.browse()):
            with self.subTest(package.name):
                self.type.package_id = self.package
                event = self.plan(start=self.at(hours=-30))
                event.attendance = "attended"
                self.type.package_id = package
                before = event.credit_move_ids
                event.write({"start": event.start + timedelta(hours=1), "stop": event.stop + timedelta(hours=1)})
                event.attendance = "no_show"
                event.attendance = "attended"
                self.assertEqual((event.credit_move_ids.lot_id, event.credit_state), (lot, "used"))
                self.assertNotIn("unreserve", (event.credit_move_ids - before).mapped("kind"))
        self.assertLot(lot, used=2, value=960.0)

    def test_a_planned_appointment_is_moved_with_the_package_it_was_planned_with(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=2))
        series = self.plan_series(3, start=self.at(days=3))
        self.type.package_id = False
        event.write({"start": self.at(days=4), "stop": self.at(days=4, hours=1)})
        first = series[0]
        later = {"start": first.start + timedelta(hours=2), "stop": first.stop + timedelta(hours=2)}
        first.write({**later, "recurrence_update": "all_events"})
        self.assertLot(lot, available=6, reserved=4)
        new = self.plan(start=self.at(days=9))
        self.assertFalse(new.practice_package_id or new.credit_state)

    def test_a_policy_that_nobody_knows_gives_nothing_away(self):
        self.sell()
        event = self.plan(start=self.at(hours=30))
        self.env.flush_all()
        self.env.cr.execute("UPDATE calendar_event SET practice_late_policy = 'third' WHERE id = %s", [event.id])
        event.invalidate_recordset(["practice_late_policy"])
        with self.assertRaisesRegex(ValueError, "third"):
            event._practice_get_late_cost()

    def test_a_type_without_notice_can_be_cancelled_until_the_start(self):
        lot = self.sell()
        self.type.cancel_hours = 0
        event = self.plan(start=self.at(minutes=1))
        event.active = False
        self.assertLot(lot, available=10)

    def test_restoring_plans_again(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        event.active = False
        event.active = True
        self.assertEqual((event.attendance, event.credit_state), ("planned", "reserved"))
        self.assertLot(lot, available=9, reserved=1)

    def test_restoring_needs_a_credit(self):
        lot = self.sell(quantity=0.1)
        event = self.plan(start=self.at(days=3))
        event.active = False
        self.plan(start=self.at(days=4))
        with self.assertRaises(UserError), self.cr.savepoint():
            event.active = True
        self.assertLot(lot, available=0, reserved=1)

    def test_archiving_and_restoring_for_ever_never_loses_a_credit(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        for _round in range(5):
            event.active = False
            event.active = True
        self.assertLot(lot, available=9, reserved=1)
        self.assertEqual(self.lot_problems(), [])

    def test_deleting_gives_back_and_keeps_the_history(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        event.unlink()
        self.assertTrue(event.exists())
        self.assertFalse(event.active)
        self.assertEqual(lot.move_ids.filtered("event_id").event_id, event)
        self.assertLot(lot, available=10)

    def test_deleting_late_costs_the_credit(self):
        lot = self.sell()
        self.plan(start=self.at(hours=1)).unlink()
        self.assertLot(lot, available=9, lost=1)

    def test_deleting_a_past_visit_leaves_it_used(self):
        lot = self.sell()
        event = self.visit()
        event.unlink()
        self.assertTrue(event.exists())
        self.assertEqual(event.attendance, "attended")
        self.assertLot(lot, used=1)
        self.assertBooksAgree()

    def test_deleting_together_with_a_plain_event(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        lunch = self.env["calendar.event"].create({"name": "Lunch", "start": self.at(), "stop": self.at(hours=1)})
        (event + lunch).unlink()
        self.assertFalse(lunch.exists())
        self.assertLot(lot, available=10)

    def test_an_appointment_that_never_took_a_credit_is_really_deleted(self):
        free = self.env["practice.appointment.type"].create({"name": "Intake"})
        event = self.plan(appointment_type=free)
        event.unlink()
        self.assertFalse(event.exists())

    def attendee(self, event):
        return event.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.patient)

    def test_a_patient_who_declines_in_time_cancels(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        self.attendee(event).do_decline()
        self.assertEqual(event.attendance, "cancelled")
        self.assertLot(lot, available=10)

    def test_a_patient_who_declines_late_loses_the_credit(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=3))
        self.attendee(event).do_decline()
        self.assertEqual(event.attendance, "late_cancelled")
        self.assertLot(lot, lost=1)

    def test_a_patient_who_accepts_after_all_plans_again(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        self.attendee(event).do_decline()
        self.attendee(event).do_accept()
        self.assertEqual(event.attendance, "planned")
        self.assertLot(lot, available=9, reserved=1)

    def test_accepting_changes_nothing(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        self.attendee(event).do_accept()
        self.assertLot(lot, available=9, reserved=1)

    def test_a_practitioner_who_declines_does_not_cancel(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        event.attendee_ids.filtered(lambda attendee: attendee.partner_id != self.patient).do_decline()
        self.assertEqual(event.attendance, "planned")
        self.assertLot(lot, reserved=1)

    def test_a_cancelled_appointment_that_is_archived_stays_as_it_was(self):
        lot = self.sell()
        event = self.plan(start=self.at(days=3))
        event.attendance = "cancelled"
        self.travel(event.start)
        event.active = False
        self.assertEqual(event.attendance, "cancelled")
        self.assertLot(lot, available=10, lost=0)

    def test_a_reason_is_kept_with_the_movement(self):
        self.sell()
        event = self.plan(start=self.at(days=3))
        event.with_context(practice_reason="Flu").active = False
        self.assertEqual(event.credit_move_ids.sorted("id")[-1:].reason, "Flu")


@tagged("post_install", "-at_install")
class TestAttendance(AppointmentCase):
    POSITIONS = {
        "planned": "reserved",
        "attended": "used",
        "no_show": "lost",
        "late_cancelled": "lost",
        "cancelled": "available",
    }

    def test_attendance_can_be_corrected_in_every_direction(self):
        lot = self.sell()
        event = self.visit()
        for before in self.POSITIONS:
            for after in self.POSITIONS:
                with self.subTest(before=before, after=after):
                    event.attendance = before
                    event.attendance = after
                    expected = dict.fromkeys(("reserved", "used", "lost"), 0) | {"available": 9}
                    expected[self.POSITIONS[after]] += 1
                    self.assertLot(lot, **expected)
                    self.assertEqual(
                        lot.value_open, 1080.0 if after in ("attended", "no_show", "late_cancelled") else 1200.0
                    )
                    self.assertBooksAgree()

    def test_corrections_after_every_release_still_agree(self):
        self.sell()
        event = self.visit()
        for attendance in ("no_show", "attended", "cancelled", "attended", "planned", "no_show"):
            self.release()
            event.attendance = attendance
            self.assertBooksAgree()
        self.release()
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (0.0, -120.0))

    def test_the_last_credit_corrected_reopens_the_lot(self):
        lot = self.sell(quantity=0.1)
        event = self.visit()
        self.assertLot(lot, state="used_up", value=0.0)
        event.attendance = "cancelled"
        self.assertLot(lot, state="active", available=1, value=120.0)
        self.assertBooksAgree()

    def test_attended_is_refused_before_it_begins(self):
        lot = self.sell()
        for start in (self.at(days=1), self.at(hours=2)):
            event = self.plan(start=start)
            for mark in ("attended", "no_show"):
                refused = self.assertRaisesRegex(ValidationError, "begins on")
                with self.subTest(start=start, mark=mark), refused, self.cr.savepoint():
                    event.attendance = mark
        self.travel(event.start)
        event.attendance = "attended"
        self.assertLot(lot, used=1)

    def test_one_of_a_whole_day_is_attended_on_its_day(self):
        lot = self.sell()
        event = self.plan(allday=True, start_date=self.today(), stop_date=self.today())
        event.attendance = "attended"
        self.assertLot(lot, used=1)

    def test_a_missed_visit_is_planned_again_before_it_is_moved(self):
        self.sell()
        event = self.visit()
        event.attendance = "no_show"
        later = {"start": self.at(days=3), "stop": self.at(days=3, hours=1)}
        with self.assertRaisesRegex(ValidationError, "Plan Again"), self.cr.savepoint():
            event.write(later)
        event.action_practice_mark_planned()
        event.write(later)
        self.assertEqual((event.attendance, event.credit_state), ("planned", "reserved"))

    def test_giving_back_a_no_show(self):
        lot = self.sell()
        event = self.plan()
        self.travel(event.stop)
        event.attendance = "no_show"
        event.with_context(practice_reason="Hospital").credit_waived = True
        self.assertEqual(event.credit_state, "returned")
        self.assertLot(lot, available=10, lost=0, value=1200.0)
        self.assertEqual(event.credit_move_ids.sorted("id")[-1:].reason, "Hospital")
        self.assertBooksAgree()

    def test_planning_again_ends_the_giving_back(self):
        lot = self.sell()
        event = self.plan(start=self.at(hours=3))
        event.active = False
        event.with_context(practice_reason="Ill").credit_waived = True
        event.active = True
        self.assertFalse(event.credit_waived)
        self.assertLot(lot, reserved=1, available=9)

    def test_two_credits_over_two_lots_are_corrected_exactly(self):
        first = self.sell(quantity=0.1, price=1000.0)
        second = self.sell()
        event = self.visit(appointment_type=self.make_type(self.package, package_credits=2))
        self.assertEqual((first.value_open, second.value_open), (0.0, 1080.0))
        event.attendance = "planned"
        self.assertLot(first, reserved=1, value=100.0)
        self.assertLot(second, reserved=1, value=1200.0)
        self.assertBooksAgree()

    def test_a_visit_of_another_patient_after_all(self):
        lot = self.sell()
        bert = self.make_patient("Bert Claes")
        other = self.sell(bert, price=800.0)
        event = self.visit()
        self.release()
        event.patient_id = bert
        self.assertLot(lot, available=10, used=0, value=1200.0)
        self.assertLot(other, available=9, used=1, value=720.0)
        self.assertBooksAgree()

    def test_a_visit_of_another_type_after_all(self):
        lot = self.sell()
        event = self.visit()
        event.practice_appointment_type_id = self.make_type(self.package, package_credits=2)
        self.assertLot(lot, available=8, used=2, value=960.0)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestSeries(AppointmentCase):
    def shift(self, event, which, **delta):
        """Shift ``which`` of a series, as a person does who drags this appointment."""
        delta = timedelta(**delta)
        event.write({"start": event.start + delta, "stop": event.stop + delta, "recurrence_update": which})

    def series_of(self, lot):
        return self.env["calendar.event"].search([("credit_move_ids.lot_id", "=", lot.id), ("active", "=", True)])

    def test_every_occurrence_takes_its_credit(self):
        lot = self.sell()
        events = self.plan_series(5)
        self.assertEqual(len(events), 5)
        self.assertEqual(set(events.mapped("credit_state")), {"reserved"})
        self.assertLot(lot, available=5, reserved=5)

    def test_a_series_that_is_not_covered_is_refused_as_a_whole_with_numbers_and_dates(self):
        lot = self.sell(quantity=0.3)
        with self.assertRaises(UserError) as refused, self.cr.savepoint():
            self.plan_series(5)
        message = str(refused.exception)
        self.assertIn("5 credits needed, 3 available", message)
        self.assertIn("That covers 3 of the 5 appointments", message)
        self.assertIn("04/02/2026, 04/09/2026. Nothing was planned", message)
        self.assertLot(lot, available=3, reserved=0)

    def test_moving_one_occurrence(self):
        lot = self.sell()
        events = self.plan_series(5)
        event = events[2]
        event.write({"start": event.start + timedelta(hours=2), "stop": event.stop + timedelta(hours=2)})
        self.assertLot(lot, available=5, reserved=5)

    def test_shifting_the_whole_series(self):
        lot = self.sell()
        event = self.plan_series(5)[0]
        self.shift(event, "all_events", hours=2)
        self.assertLot(lot, available=5, reserved=5, lost=0)
        self.assertEqual(len(self.series_of(lot)), 5)

    def test_shifting_this_and_the_following(self):
        lot = self.sell()
        event = self.plan_series(5)[2]
        self.shift(event, "future_events", days=1)
        self.assertLot(lot, available=5, reserved=5, lost=0)
        self.assertEqual(len(self.series_of(lot)), 5)

    def test_shifting_a_series_within_the_notice_costs_nothing(self):
        lot = self.sell()
        events = self.plan_series(5, start=self.at(hours=3))
        self.shift(events[0], "all_events", hours=2)
        self.assertLot(lot, available=5, reserved=5, lost=0)

    def test_shifting_the_whole_series_keeps_what_has_taken_place(self):
        lot = self.sell()
        events = self.plan_series(5)
        self.happen(events[0])
        self.happen(events[1])
        self.shift(events[3], "all_events", hours=2)
        self.assertLot(lot, used=2, reserved=3, available=5, lost=0)
        self.assertBooksAgree()

    def test_shifting_the_following_keeps_what_has_taken_place(self):
        lot = self.sell()
        events = self.plan_series(5)
        self.happen(events[0])
        self.happen(events[1])
        self.shift(events[2], "future_events", hours=2)
        self.assertLot(lot, used=2, reserved=3, available=5, lost=0)
        self.assertBooksAgree()

    def test_a_longer_series_takes_more(self):
        lot = self.sell()
        events = self.plan_series(3)
        events[0].write({"recurrence_update": "all_events", "count": 5})
        self.assertLot(lot, available=5, reserved=5)

    def test_a_shorter_series_gives_back(self):
        lot = self.sell()
        events = self.plan_series(5)
        events[0].write({"recurrence_update": "all_events", "count": 3})
        self.assertLot(lot, available=7, reserved=3)

    def test_a_series_made_longer_than_the_credits_is_refused_and_stays(self):
        lot = self.sell(quantity=0.5)
        events = self.plan_series(5)
        with self.assertRaises(UserError), self.cr.savepoint():
            events[0].write({"recurrence_update": "all_events", "count": 6})
        self.env.invalidate_all()
        self.assertEqual(events.exists().filtered("active"), events)
        self.assertLot(lot, available=0, reserved=5)

    def test_another_patient_for_the_whole_series(self):
        lot = self.sell()
        bert = self.make_patient("Bert Claes")
        other = self.sell(bert)
        events = self.plan_series(5)
        events[0].write({"recurrence_update": "all_events", "patient_id": bert.id})
        self.assertLot(lot, available=10, reserved=0)
        self.assertLot(other, available=5, reserved=5)

    def test_another_type_for_this_and_the_following(self):
        lot = self.sell()
        two = self.make_type(self.package, name="Double", package_credits=2)
        events = self.plan_series(5)
        events[3].write({"recurrence_update": "future_events", "practice_appointment_type_id": two.id})
        self.assertLot(lot, available=3, reserved=7)

    def test_an_event_that_becomes_a_series(self):
        lot = self.sell()
        event = self.plan()
        event.write({"recurrency": True, "rrule_type": "weekly", "thu": True, "end_type": "count", "count": 4})
        self.assertEqual(len(event.recurrence_id.calendar_event_ids), 4)
        self.assertLot(lot, available=6, reserved=4)

    def test_breaking_the_series_up_after_one(self):
        lot = self.sell()
        events = self.plan_series(5)
        events[2].write({"recurrence_update": "future_events", "recurrency": False})
        kept = len(self.series_of(lot).filtered(lambda event: event.credit_state == "reserved"))
        self.assertLot(lot, reserved=kept, available=10 - kept, lost=0)

    def test_deleting_the_following(self):
        lot = self.sell()
        events = self.plan_series(5)
        events[2].action_mass_deletion("future_events")
        self.assertLot(lot, available=8, reserved=2)
        self.assertEqual(self.series_of(lot), events[:2])

    def test_deleting_the_whole_series(self):
        lot = self.sell()
        self.plan_series(5, start=self.at(days=2))[0].action_mass_deletion("all_events")
        self.assertLot(lot, available=10, reserved=0)
        self.assertFalse(self.series_of(lot))

    def test_archiving_the_whole_series(self):
        lot = self.sell()
        events = self.plan_series(5, start=self.at(days=2))
        events[0].action_mass_archive("all_events")
        self.assertEqual(set(events.mapped("attendance")), {"cancelled"})
        self.assertLot(lot, available=10, reserved=0)

    def test_archiving_the_whole_series_within_the_notice_costs_only_the_first(self):
        lot = self.sell()
        events = self.plan_series(5, start=self.at(hours=3))
        events[0].action_mass_archive("all_events")
        self.assertLot(lot, available=9, reserved=0, lost=1)

    def test_archiving_one_occurrence(self):
        lot = self.sell()
        events = self.plan_series(5, start=self.at(days=2))
        events[1].action_mass_archive("self_only")
        self.assertLot(lot, available=6, reserved=4)

    def test_deleting_the_series_keeps_what_has_taken_place(self):
        lot = self.sell()
        events = self.plan_series(5)
        self.happen(events[0])
        events[0].action_mass_deletion("all_events")
        self.assertLot(lot, used=1, available=9, reserved=0, lost=0)
        self.assertBooksAgree()

    def test_a_series_of_two_credits_over_two_lots(self):
        first, second = self.sell(quantity=0.3), self.sell(quantity=0.3)
        two = self.make_type(self.package, package_credits=2)
        self.plan_series(3, appointment_type=two)
        self.assertLot(first, reserved=3)
        self.assertLot(second, reserved=3)

    def test_a_renamed_series_keeps_its_credits(self):
        lot = self.sell()
        events = self.plan_series(5)
        moves = lot.move_ids
        events[0].write({"recurrence_update": "all_events", "name": "Other"})
        self.assertEqual(lot.move_ids, moves)


@tagged("post_install", "-at_install")
class TestDays(AppointmentCase):
    def use_day(self, event):
        return event.credit_move_ids.filtered(lambda move: move.kind == "use").date

    def test_an_all_day_appointment_is_used_on_its_day(self):
        self.sell()
        event = self.plan(allday=True, start=False, start_date=date(2026, 3, 11), stop_date=date(2026, 3, 11))
        event.attendance = "attended"
        self.assertEqual(self.use_day(event), date(2026, 3, 11))

    def test_an_appointment_across_midnight_is_used_on_the_day_it_starts(self):
        self.sell()
        event = self.plan(start=datetime(2026, 3, 11, 22, 30))  # 23:30 in Brussels
        self.happen(event)
        self.assertEqual(self.use_day(event), date(2026, 3, 11))

    def test_an_appointment_after_midnight_in_brussels_is_the_next_day(self):
        self.sell()
        event = self.plan(start=datetime(2026, 3, 11, 23, 30))  # 00:30 in Brussels
        self.happen(event)
        self.assertEqual(self.use_day(event), date(2026, 3, 12))

    def test_an_appointment_in_the_night_of_the_clock_change(self):
        self.sell()
        event = self.plan(start=datetime(2026, 3, 28, 23, 30))  # 00:30 on the 29th
        self.happen(event)
        self.assertEqual(self.use_day(event), date(2026, 3, 29))
        self.assertBooksAgree()

    def test_a_weekly_series_across_the_clock_change_keeps_its_hour_and_its_credits(self):
        lot = self.sell()
        events = self.plan_series(4, event_tz="Europe/Brussels")
        self.assertEqual(events.mapped(lambda event: event.start.hour), [9, 9, 9, 8])
        self.assertLot(lot, reserved=4)

    def test_a_past_appointment_can_be_planned_and_marked(self):
        lot = self.sell(invoice_date=date(2026, 3, 1))
        event = self.plan(start=self.at(days=-3))
        self.assertLot(lot, reserved=1)
        event.attendance = "attended"
        self.assertEqual(self.use_day(event), date(2026, 3, 8))
        self.assertBooksAgree()

    def test_a_late_cancellation_is_booked_on_the_day_it_is_decided(self):
        self.sell()
        event = self.plan(start=self.at(hours=20))  # tomorrow
        event.active = False
        self.assertEqual(event.credit_move_ids.filtered(lambda move: move.kind == "forfeit").date, TODAY)


@tagged("post_install", "-at_install")
class TestPeople(AppointmentCase):
    def merge(self, *partners):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([partner.id for partner in partners], partners[0], extra_checks=False)

    def test_merged_patients_end_on_the_one_that_is_kept(self):
        kept, double = self.make_patient("An P"), self.make_patient("An Peeters (double)")
        lot = self.sell(double)
        own = self.sell(kept, quantity=0.1)
        event = self.plan(double)
        done = self.visit(patient=double)
        self.merge(kept, double)
        self.env.invalidate_all()
        self.assertFalse(double.exists())
        self.assertEqual((lot.partner_id, lot.payer_id), (kept, kept))
        self.assertEqual((event.patient_id, done.patient_id), (kept, kept))
        self.assertEqual(kept.practice_credits_available, 9)
        self.assertLot(lot, available=8, reserved=1, used=1)
        self.assertLot(own, available=1)
        self.assertBooksAgree()
        event.attendance = "cancelled"
        done.attendance = "cancelled"
        self.env.invalidate_all()
        self.assertEqual(kept.practice_credits_available, 11)
        self.assertBooksAgree()

    def test_merging_the_owner_with_a_beneficiary(self):
        kept, double = self.make_patient("An P"), self.make_patient("An Peeters (double)")
        lot = self.sell(kept)
        lot.beneficiary_ids = double
        self.plan(double)
        self.merge(kept, double)
        self.env.invalidate_all()
        self.assertEqual(kept.practice_credits_available, 9)
        self.assertLot(lot, available=9, reserved=1)

    def test_a_patient_with_credits_cannot_be_deleted(self):
        friend = self.make_patient("Friend")
        lot = self.sell()
        lot.sudo().partner_id = friend
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            friend.unlink()
            self.env.flush_all()

    def test_a_deleted_practitioner_leaves_the_visit_and_its_credit(self):
        self.make_staff()
        lot = self.sell()
        event = self.plan(user_id=self.manager.id)
        self.happen(event)
        self.assertEqual(event.credit_move_ids.user_id, self.manager)
        event.user_id = False
        self.manager.unlink()
        self.env.invalidate_all()
        self.assertTrue(event.exists())
        self.assertLot(lot, used=1)
        event.attendance = "cancelled"
        self.assertLot(lot, available=10)
        self.assertBooksAgree()

    def test_the_patients_numbers_on_the_contact(self):
        self.sell()
        self.plan()
        child = self.make_patient("Child")
        self.lot_of(self.env["account.move"])
        self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]).beneficiary_ids = child
        self.assertEqual((self.patient.practice_credits_available, self.patient.practice_appointment_count), (9, 1))
        self.assertEqual((child.practice_credits_available, child.practice_lot_count), (9, 1))


@tagged("post_install", "-at_install")
class TestUnpaid(AppointmentCase):
    def test_a_visit_on_credits_whose_payment_was_undone_still_happens(self):
        invoice = self.invoice()
        self.pay(invoice)
        event = self.plan()
        self.unpay(invoice)
        self.happen(event)
        self.assertLot(self.lot_of(invoice), used=1, reserved=0, value=1080.0, state="pending")
        self.assertFalse(self.is_unpaid(event))
        self.assertBooksAgree()

    def test_it_can_be_moved_and_cancelled(self):
        invoice = self.invoice()
        self.pay(invoice)
        event = self.plan(start=self.at(days=3))
        self.unpay(invoice)
        event.write({"start": self.at(days=4), "stop": self.at(days=4, hours=1)})
        self.assertTrue(self.is_unpaid(event))
        event.active = False
        self.assertFalse(self.is_unpaid(event))
        self.assertLot(self.lot_of(invoice), available=10, reserved=0)

    def test_a_cancelled_one_cannot_be_restored_before_it_is_paid(self):
        invoice = self.invoice()
        self.pay(invoice)
        event = self.plan(start=self.at(days=3))
        event.active = False
        self.unpay(invoice)
        with self.assertRaises(UserError):
            event.active = True


@tagged("post_install", "-at_install")
class TestClosing(AppointmentCase):
    def test_what_has_ended_is_attended(self):
        lot = self.sell()
        event = self.plan()
        self.travel(event.stop + timedelta(seconds=1))
        self.close()
        self.assertEqual(event.attendance, "attended")
        self.assertLot(lot, used=1)

    def test_what_still_lasts_is_not(self):
        self.sell()
        event = self.plan()
        self.travel(event.stop - timedelta(seconds=1))
        self.close()
        self.assertEqual(event.attendance, "planned")

    def test_what_staff_marked_stays(self):
        self.sell()
        missed, cancelled = self.plan(), self.plan(start=self.at(days=1, hours=2))
        cancelled.active = False
        self.travel(days=3)
        missed.attendance = "no_show"
        self.close()
        self.assertEqual((missed.attendance, cancelled.attendance), ("no_show", "cancelled"))

    def test_a_company_can_switch_it_off(self):
        self.sell()
        event = self.plan()
        self.company.practice_auto_attend = False
        self.travel(days=3)
        self.close()
        self.assertEqual(event.attendance, "planned")

    def test_one_that_fails_is_set_aside_with_its_reason_and_the_others_are_closed(self):
        self.sell()
        good, bad = self.plan(), self.plan(start=self.at(days=1, hours=2))
        self.travel(days=3)
        reason_to_fail = "PB broken"
        lot_class = type(self.env["practice.credit.lot"])
        original = lot_class._settle

        def settle(lots, events, **options):
            if bad in events:
                raise UserError(reason_to_fail)
            return original(lots, events, **options)

        self.patch(lot_class, "_settle", settle)
        self.close()
        self.assertEqual(good.attendance, "attended")
        self.assertEqual((bad.attendance, bad.credit_error), ("planned", "PB broken"))
        self.assertEqual(bad.credit_retry_date, self.today() + timedelta(days=1))

    def test_one_that_was_set_aside_is_tried_again_the_next_day(self):
        self.sell()
        event = self.plan()
        self.travel(days=3)
        event.write({"credit_error": "PB broken", "credit_retry_date": self.today() + timedelta(days=1)})
        self.close()
        self.assertEqual(event.attendance, "planned")
        self.travel(days=1)
        self.close()
        self.assertEqual((event.attendance, event.credit_error), ("attended", False))

    def test_an_error_of_the_program_does_not_stop_the_others_either(self):
        self.sell()
        good, bad = self.plan(), self.plan(start=self.at(days=1, hours=2))
        self.travel(days=3)
        lot_class = type(self.env["practice.credit.lot"])
        original = lot_class._settle

        def settle(lots, events, **options):
            if bad in events:
                raise KeyError("PB broken")
            return original(lots, events, **options)

        self.patch(lot_class, "_settle", settle)
        self.close()
        self.assertEqual(good.attendance, "attended")
        self.assertIn("PB broken", bad.credit_error)

    def test_an_appointment_without_company_clock_is_closed_in_its_own_time_zone(self):
        lot = self.sell()
        self.company.practice_tz = "Pacific/Auckland"
        event = self.plan(start=datetime(2026, 3, 11, 12, 0))  # the 12th there
        self.happen(event)
        self.assertEqual(lot.move_ids.filtered(lambda move: move.kind == "use").date, date(2026, 3, 12))


@tagged("post_install", "-at_install")
class TestFrontDesk(AppointmentCase):
    """What people do, as the people who do it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def test_the_front_desk_plans_moves_and_cancels(self):
        lot = self.sell()
        event = (
            self.env["calendar.event"]
            .with_user(self.front_desk)
            .create(
                {
                    "practice_appointment_type_id": self.type.id,
                    "patient_id": self.patient.id,
                    "start": self.at(days=3),
                    "user_id": self.manager.id,
                }
            )
        )
        event.write({"start": self.at(days=4), "stop": self.at(days=4, hours=1)})
        self.assertLot(lot, reserved=1)
        event.active = False
        self.assertLot(lot, available=10)

    def test_the_front_desk_plans_in_the_calendar_of_a_private_practitioner(self):
        self.manager.with_user(self.manager).calendar_default_privacy = "private"
        self.sell()
        event = self.plan(user_id=self.manager.id)
        event.with_user(self.front_desk).write({"attendance": "cancelled"})
        self.assertEqual(event.with_user(self.front_desk).display_name, "An Peeters · Session")

    def test_the_front_desk_sells_and_takes_the_money(self):
        invoice = (
            self.env["account.move"]
            .with_user(self.front_desk)
            .create(
                {
                    "move_type": "out_invoice",
                    "journal_id": self.sales.id,
                    "partner_id": self.patient.id,
                    "invoice_date": TODAY,
                    "invoice_line_ids": [Command.create({"product_id": self.product.id})],
                }
            )
        )
        invoice.action_post()
        self.env["account.payment.register"].with_user(self.front_desk).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": self.bank.id})._create_payments()
        self.assertLot(self.lot_of(invoice), available=10, state="active")

    def test_the_front_desk_marks_a_no_show_and_gives_it_back(self):
        lot = self.sell()
        event = self.plan().with_user(self.front_desk)
        self.travel(event.stop)
        event.attendance = "no_show"
        self.assertLot(lot, lost=1)
        with self.assertRaisesRegex(UserError, "Say why"):
            event.write({"credit_waived": True})
        event.with_context(practice_reason="Snow").write({"credit_waived": True})
        self.assertLot(lot, available=10)
        self.assertBooksAgree()

    def test_an_employee_invited_to_an_appointment_can_move_it(self):
        lot = self.sell()
        event = self.plan(
            partner_ids=[Command.set([self.employee.partner_id.id, self.patient.id])], user_id=self.employee.id
        )
        event.with_user(self.employee).write({"start": self.at(days=4), "stop": self.at(days=4, hours=1)})
        self.assertLot(lot, reserved=1)


@tagged("post_install", "-at_install")
class TestCalendarMail(AppointmentCase):
    """Who takes part besides the patient is invited by Odoo's calendar; the patient's mails: ``test_notices.py``."""

    context = {"no_reset_password": True}

    def setUp(self):
        super().setUp()
        self.make_staff()
        self.employee.email = "employee@example.com"

    def plan(self, **vals):
        people = self.patient | self.employee.partner_id
        return super().plan(partner_ids=[Command.set(people.ids)], **vals)

    def invitations(self, event):
        return self.env["mail.message"].search(
            [("model", "=", "calendar.event"), ("res_id", "=", event.id), ("partner_ids", "!=", False)]
        )

    def test_others_are_invited_by_mail(self):
        self.sell()
        self.assertEqual(self.invitations(self.plan()).partner_ids, self.employee.partner_id)

    def test_a_location_does_not_break_the_mail(self):
        self.sell()
        event = self.plan(location="Kerkstraat 1, Gent")
        self.assertIn("Kerkstraat 1, Gent", self.invitations(event)[:1].body)

    def test_moving_tells_others(self):
        self.sell()
        event = self.plan()
        before = self.invitations(event)
        event.write({"start": self.at(days=5), "stop": self.at(days=5, hours=1)})
        self.assertEqual((self.invitations(event) - before).partner_ids, self.employee.partner_id)


@tagged("post_install", "-at_install")
class TestArchivedPeople(AppointmentCase):
    """Whoever is archived does not attend by themselves, and staff hears what is planned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def setUp(self):
        super().setUp()
        self.lot = self.sell()
        self.event = self.plan(user_id=self.manager.id)

    def told(self):
        return self.type.activity_ids.filtered(lambda it: "Archived" in (it.summary or ""))

    def test_their_visits_are_left_to_a_person(self):
        for person in (self.patient, self.manager):
            with self.subTest(person=person.name), self.cr.savepoint() as savepoint:
                person.active = False
                self.travel(self.event.stop + timedelta(minutes=1))
                self.close()
                self.assertEqual((self.event.attendance, self.event.credit_state), ("planned", "reserved"))
                self.assertIn(person.name, self.event.credit_error)
                self.event.attendance = "attended"
                self.assertFalse(self.event.credit_error)
                savepoint.rollback()
            self.env.invalidate_all()
            self.clock.move_to(self.now)

    def test_staff_sees_what_is_planned(self):
        action = self.patient.with_user(self.manager).action_archive()
        self.assertEqual(self.env["calendar.event"].search(action["domain"]), self.event)
        self.assertFalse(self.make_patient("Nobody").with_user(self.manager).action_archive())

    def test_who_is_no_staff_learns_nothing_and_the_practice_does(self):
        self.employee.group_ids += self.env.ref("base.group_partner_manager")
        self.assertFalse(self.patient.with_user(self.employee).action_archive())
        self.assertFalse(self.patient.activity_ids)
        [activity] = self.told()
        self.assertIn("An Peeters", activity.note)
        self.assertIn("planned: 1", activity.note)
        with self.assertRaises(AccessError):
            activity.with_user(self.employee).read(["note"])

    def test_nothing_is_said_of_what_is_over(self):
        self.travel(self.event.stop + timedelta(minutes=1))
        self.event.attendance = "attended"
        self.patient.active = False
        self.assertFalse(self.told())
