"""Planning and settling ask the database a known number of times: more than that is slow for everybody, every day."""

import gc
from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from ...models.packages.appointments import calendar_event_closing
from ...models.packages.appointments.placing import PLACING, Placing, get_placing, take_placing
from ...models.packages.appointments.touched import TOUCHED, Touched
from ..common.practice import PracticeCase

WEEKLY = {
    "recurrency": True,
    "rrule_type": "weekly",
    "rrule_type_ui": "weekly",
    "interval": 1,
    "end_type": "count",
    "event_tz": "Europe/Brussels",
    "fri": True,
}


class CountingCase(PracticeCase):
    # As people plan: with the chatter, but without e-mails.
    context = {"no_mail_to_attendees": True, "no_reset_password": True}

    def count(self, work):
        """Return how many queries ``work`` takes when nothing is cached but what a server keeps."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def count_undone(self, work):
        """The same, once a server is warm, and without what it did."""
        for _time in range(2):
            with self.cr.savepoint() as savepoint:
                taken = self.count(work)
                savepoint.rollback()
                self.env.invalidate_all()
        return taken


@tagged("post_install", "-at_install")
class TestPlanningQueries(CountingCase):
    def setUp(self):
        super().setUp()
        self.make_staff()
        self.events = self.env["calendar.event"].with_user(self.front_desk)
        view = self.events.get_view(self.env.ref("calendar.view_calendar_event_form").id, "form")
        self.shown = {name: {} for name in view["models"]["calendar.event"]}

    def save(self, appointment=True, muted=True, **vals):
        """Return what saves a new event as the form does, and reads back what it shows."""
        start = self.at(days=9)
        people = self.front_desk.partner_id + self.patient
        vals = {
            "name": "Session",
            "start": start,
            "stop": start + timedelta(hours=1),
            "user_id": self.front_desk.id,
            "partner_ids": [Command.set(people.ids)],
            **vals,
        }
        if appointment:
            vals |= {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id}
        events = self.events.with_context(no_mail_to_attendees=muted)
        return lambda: events.web_save(dict(vals), self.shown)

    def count_more(self, **vals):
        """Return how many queries more an appointment takes than the same plain event."""
        return self.count_undone(self.save(**vals)) - self.count_undone(self.save(appointment=False, **vals))

    def test_an_appointment_takes_five_queries_more_than_a_plain_event(self):
        self.sell()
        self.assertLessEqual(self.count_more(), 5)

    def test_with_mails_it_takes_fewer_than_a_plain_event_with_its_invitation(self):
        self.sell()
        self.assertLessEqual(self.count_more(muted=False), 0)

    def test_purchases_and_appointments_of_many_years_ask_nothing_more(self):
        self.sell()
        few = self.count_undone(self.save())
        for _number in range(6):
            self.visit()
            self.sell()
        self.assertLessEqual(self.count_undone(self.save()), few)

    def test_a_series_takes_no_more_whatever_its_length(self):
        self.sell(quantity=3.0)
        self.assertLessEqual(self.count_more(count=5, **WEEKLY), 5)
        few, many = (self.count_undone(self.save(count=count, **WEEKLY)) for count in (5, 25))
        self.assertLessEqual(many, few)

    def test_all_that_decides_who_pays_is_known(self):
        """Of a series the first one is asked who pays it; the others are paid alike when these fields are."""
        self.sell()
        event = self.plan(start=self.at(days=-1))._practice_hidden_sudo()
        known = {"id", *event._practice_get_paying_fields()}
        for attendance, _label in event._fields["attendance"].selection:
            with self.subTest(attendance), self.cr.savepoint() as savepoint:
                event.attendance = attendance
                self.env.flush_all()
                self.env.invalidate_all()
                event._practice_get_wanted_credits()
                self.env["practice.credit.lot"]._get_owner(event)
                fields = [field for field in event._fields.values() if field.store]
                read = {field.name for field in fields if event.id in field._get_cache(event.env)}
                self.assertIn("patient_id", read)
                self.assertLessEqual(read, known)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_has_a_note_is_asked_for_it(self):
        self.sell()
        usual = self.count_undone(self.save())
        self.plan(start=self.at(days=1)).practice_next_note = "Bring the form."
        self.assertGreater(self.count_undone(self.save()), usual)
        self.assertEqual(self.save()()[0]["practice_note"], "Bring the form.")

    def test_a_plain_event_asks_nothing_about_conflicts(self):
        with patch.object(type(self.events), "_practice_get_busy_events", side_effect=AssertionError):
            self.save(appointment=False)()


@tagged("post_install", "-at_install")
class TestSettlingQueries(CountingCase):
    def plan_ended(self, count):
        """Let ``count`` appointments of as many patients end."""
        patients = self.env["res.partner"].create([{"name": f"Patient {number}"} for number in range(count)])
        for patient in patients:
            self.give(patient)
        events = self.env["calendar.event"].create(
            [
                {
                    "practice_appointment_type_id": self.type.id,
                    "patient_id": patient.id,
                    "start": self.at(hours=1 + number),
                }
                for number, patient in enumerate(patients)
            ]
        )
        self.travel(days=30)
        return events

    def settle(self):
        """Run the scheduled action; return how many queries it took."""
        with self.enter_registry_test_mode():
            return self.count(self.env.ref("practice_billing.ir_cron_close_appointments").method_direct_trigger)

    def test_a_batch_asks_no_more_whatever_its_size(self):
        self.plan_ended(2)
        self.settle()
        self.plan_ended(10)
        few = self.settle()
        events = self.plan_ended(60)
        self.assertLessEqual(self.settle(), few)
        self.assertEqual(set(events.mapped("attendance")), {"attended"})
        self.assertEqual(set(events.mapped("credit_state")), {"used"})
        self.assertBooksAgree()

    def test_each_batch_asks_the_same(self):
        self.plan_ended(2)
        self.settle()
        with patch.object(calendar_event_closing, "CLOSE_BATCH", 10):
            self.plan_ended(10)
            one = self.settle()
            events = self.plan_ended(40)
            self.assertLessEqual(self.settle(), 4 * one)
        self.assertEqual(set(events.mapped("attendance")), {"attended"})
        self.assertLessEqual(one, 60)

    def test_a_run_that_is_stopped_goes_on_with_the_next_batch(self):
        events = self.plan_ended(30)
        cron = type(self.env["ir.cron"])
        with patch.object(calendar_event_closing, "CLOSE_BATCH", 10):
            # No time is left once a batch is done; then all the time.
            with patch.object(cron, "_commit_progress", lambda _cron, processed=0, remaining=None: not processed):
                self.env["calendar.event"]._cron_close_appointments()
            self.assertEqual(events.mapped("attendance"), ["attended"] * 10 + ["planned"] * 20)
            self.settle()
        self.assertEqual(set(events.mapped("attendance")), {"attended"})
        self.assertBooksAgree()

    def test_one_that_fails_in_the_middle_of_a_batch_leaves_the_others_alone(self):
        events = self.plan_ended(20)
        bad = events[7]
        bad.patient_id.active = False
        self.settle()
        self.assertEqual(set((events - bad).mapped("attendance")), {"attended"})
        self.assertEqual(bad.attendance, "planned")
        self.assertIn("is archived", bad.credit_error)
        self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestEnvironments(PracticeCase):
    """Odoo looks through all environments that a transaction has met: what is done often may not make new ones."""

    def setUp(self):
        super().setUp()
        self.sell(quantity=10)
        gc.disable()  # what keeps itself alive stays until Python looks for it, which takes many operations
        self.addCleanup(gc.enable)

    def live(self):
        """Plan, move, cancel, plan again, mark and delete visits, one of them of a series."""
        event = self.plan()
        event.start += timedelta(hours=1)
        event.attendance = "cancelled"
        event.action_practice_mark_planned()
        event.attendee_ids.filtered(lambda it: it.partner_id == self.patient).do_decline()
        event.unlink()
        self.plan_series(3).unlink()
        self.plan(start=self.at(days=-1)).attendance = "attended"
        self.env.flush_all()

    def count(self):
        """Return how many there are, but for those of Odoo's own when it copies an event of a series."""
        return sum("__copy_data_seen" not in env.context for env in self.env.transaction.envs)

    def test_operations_leave_none_behind(self):
        self.live()
        before = self.count()
        for _number in range(3):
            self.live()
        self.assertLessEqual(self.count(), before)
        self.assertNothingCarried(Touched, Placing)

    def test_what_is_changed_after_an_operation_is_settled_all_the_same(self):
        event = self.plan()
        with event._practice_settling() as settling:
            kept = event.with_env(settling.env)
        for attendance, state in (("cancelled", "returned"), ("planned", "reserved")):
            kept.with_context(practice_reason="Test").attendance = attendance
            self.assertEqual(event.credit_state, state)

    def test_what_was_placed_before_is_nothing_for_those_who_kept_its_context(self):
        with take_placing(self.env) as placing:
            kept = self.env(context={PLACING: placing})
            self.assertIs(get_placing(kept), placing)
        self.assertIsNot(get_placing(kept), placing)
        with take_placing(kept) as another:
            self.assertTrue(another.is_open)
        self.assertNothingCarried(Placing)

    def test_an_operation_that_fails_leaves_nothing_for_the_next(self):
        event, other = self.plan(), self.plan(start=self.at(days=3))
        with self.assertRaisesRegex(ValueError, "stop"), event._practice_settling() as settling:
            settling._practice_touch(event)
            raise ValueError("stop")
        with other._practice_settling() as settling:
            self.assertFalse(settling.env.context[TOUCHED])
            settling._practice_touch(other)
            self.assertEqual(list(settling.env.context[TOUCHED]), [other])
