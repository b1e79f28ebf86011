"""Seats: who has one, from when to when, at which rate, and what may still change once it was billed."""

# The race needs sessions that see what others committed; pylint: disable=invalid-commit
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.races import RaceCase, refused
from ..common.subscriptions import SubscriptionCase, SubscriptionMixin, day

SESSIONS = 8


@tagged("post_install", "-at_install")
class TestSeats(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.subscription = cls.subscribe()

    # === ONCE A DAY === #

    def test_a_practitioner_has_one_seat_on_a_day(self):
        for vals in (
            {},
            {"date_from": day(1, 1)},
            {"date_from": day(5, 1)},
            {"date_from": day(1, 1), "date_to": day(1, 15)},
            {"kind": "student"},
        ):
            with self.subTest(vals=vals), self.assertRefused("An has a seat from 01/15/2026", ValidationError):
                self.seat(self.subscription, "An", **vals)

    def test_he_may_come_back_on_the_day_after_he_left(self):
        self.leave(self.subscription, "An", day(1, 20))
        with self.assertRaises(ValidationError):
            self.seat(self.subscription, "An", date_from=day(1, 20))
        self.seat(self.subscription, "An", date_from=day(1, 21))
        self.assertEqual(self.subscription.seat_count, 2)

    def test_two_organisations_have_a_seat_of_theirs_for_one_practitioner(self):
        other = self.subscribe(organisation=self.make_organisation("De Kade"), seats=("An",))
        self.assertInvoice(self.bill(other), {"Standard": [39.0]})

    def test_moving_the_end_of_a_seat_into_the_next_one_is_refused(self):
        seat = self.leave(self.subscription, "An", day(1, 20))
        self.seat(self.subscription, "An", date_from=day(2, 1))
        with self.assertRaises(ValidationError):
            seat.date_to = day(2, 1)
        seat.date_to = day(1, 31)

    def test_who_left_and_came_back_is_paid_once(self):
        self.bill(self.subscription)
        self.leave(self.subscription, "An", day(1, 20))
        self.seat(self.subscription, "An", date_from=day(1, 25))
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [78.0]})

    # === DATES === #

    def test_a_seat_does_not_end_before_it_begins(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.seat(self.subscription, "Dirk", date_to=day(1, 14))

    def test_a_proof_is_for_students_only(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.seat(self.subscription, "Dirk", student_until=day(6, 30))

    def test_a_seat_of_one_day_counts_on_that_day(self):
        self.bill(self.subscription)
        self.seat(self.subscription, "Dirk", date_from=day(2, 14), date_to=day(2, 14))
        self.assertInvoice(
            self.bill(self.subscription, "2026-02-15"), {"Standard": [78.0], "Practitioners added": [1.26]}
        )

    def test_what_was_billed_is_not_changed_by_a_seat_in_the_past(self):
        self.bill(self.subscription)
        self.bill(self.subscription, "2026-02-15")
        with self.assertRefused("The period from 02/15/2026 was billed", ValidationError):
            self.seat(self.subscription, "Dirk", date_from=day(2, 14))
        seat = self.seat(self.subscription, "Dirk", date_from=day(2, 15))
        with self.assertRaises(ValidationError):
            seat.date_from = day(2, 1)

    def test_the_first_day_of_a_billed_seat_stays(self):
        self.bill(self.subscription)
        for first in (day(1, 16), day(1, 1)):
            with self.subTest(first=first), self.assertRaises(UserError):
                self.subscription.seat_ids[0].date_from = first

    def test_a_seat_that_begins_later_counts_from_then(self):
        self.seat(self.subscription, "Dirk", date_from=day(2, 15))
        self.assertInvoice(self.bill(self.subscription), {"Standard": [78.0]})
        self.assertEqual(self.subscription.seat_count, 2)
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [117.0]})
        self.env.invalidate_all()
        self.assertEqual(self.subscription.seat_count, 3)

    # === RATES === #

    def test_a_student_with_a_plan_that_has_no_student_price_pays_as_everybody(self):
        plan = self.make_plan("Plain", {"month": {"standard": 25.0}})
        subscription = self.subscribe(plan, self.make_organisation("De Kade"), students=("Carla",))
        self.assertInvoice(self.bill(subscription), {"Plain": [50.0, 25.0]})

    def test_a_student_who_graduates_pays_as_everybody_from_the_next_period_on(self):
        seat = self.seat(self.subscription, "Carla", kind="student")
        self.bill(self.subscription)
        self.go_to("2026-02-01")
        seat.kind = "standard"
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [117.0]})

    def test_a_proof_that_is_renewed_in_time_keeps_the_rate(self):
        seat = self.seat(self.subscription, "Carla", kind="student", student_until=day(2, 14))
        self.bill(self.subscription)
        seat.student_until = day(2, 15)
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [78.0, 19.0]})
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Standard": [117.0]})

    # === WHAT STAYS === #

    def test_a_billed_seat_is_nobody_elses_and_is_not_deleted(self):
        self.bill(self.subscription)
        seat = self.subscription.seat_ids[0]
        for vals in ({"practitioner_id": self.practitioner("Dirk").id}, {"subscription_id": self.subscribe_other().id}):
            with self.subTest(vals=vals), self.assertRefused("is on an invoice"):
                seat.write(vals)
        with self.assertRefused("is on an invoice"):
            seat.unlink()

    def subscribe_other(self):
        return self.subscribe(organisation=self.make_organisation("De Kade"), seats=())

    def test_a_seat_that_was_never_billed_may_go(self):
        seat = self.seat(self.subscription, "Dirk")
        seat.with_user(self.manager).unlink()
        self.assertInvoice(self.bill(self.subscription), {"Standard": [78.0]})

    def test_a_practitioner_with_a_seat_is_not_deleted(self):
        with self.assertRefused("An has seats and cannot be deleted"):
            self.practitioner("An").unlink()

    def test_an_addition_is_billed_once_even_when_the_seat_ends(self):
        self.bill(self.subscription)
        self.go_to("2026-01-25")
        self.seat(self.subscription, "Dirk")
        self.subscription.action_bill_extras()
        self.assertInvoice(self.last_invoice(self.subscription), {"Practitioners added": [26.42]})
        self.leave(self.subscription, "Dirk")
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [78.0]})

    def test_extras_are_billed_until_today_only(self):
        self.bill(self.subscription)
        self.go_to("2026-01-25")
        self.seat(self.subscription, "Dirk", date_from=day(1, 26))
        answer = self.subscription.action_bill_extras()
        self.assertIn("no additions", answer["params"]["message"])
        self.assertInvoice(
            self.bill(self.subscription, "2026-02-15"), {"Standard": [117.0], "Practitioners added": [25.16]}
        )

    # === PEOPLE === #

    def test_the_front_desk_lets_people_join_and_leave(self):
        seats = self.env["practice.subscription.seat"].with_user(self.front_desk)
        seat = seats.create({"subscription_id": self.subscription.id, "practitioner_id": self.practitioner("Dirk").id})
        self.assertEqual(seat.date_from, day(1, 15))
        seat.date_to = day(1, 20)
        with self.assertRaises(AccessError):
            seat.unlink()

    def test_an_administrator_edits_the_list_on_the_subscription(self):
        subscription = self.subscription.with_user(self.manager)
        subscription.seat_ids = [Command.create({"practitioner_id": self.practitioner("Dirk").id})]
        self.assertEqual(subscription.seat_count, 3)

    def test_seats_in_use_are_found(self):
        ended = self.leave(self.subscription, "An", day(1, 15))
        later = self.seat(self.subscription, "Dirk", date_from=day(1, 16))
        seats = self.env["practice.subscription.seat"]
        mine = [("subscription_id", "=", self.subscription.id)]

        def found(value):
            return seats.search([*mine, ("is_active", "=", value)])

        self.assertIn(ended, found(True))
        self.assertEqual(found(False), later)
        self.go_to("2026-01-16")
        self.env.invalidate_all()
        self.assertEqual(found(False), ended)
        self.assertEqual(found(True), self.subscription.seat_ids - ended)
        self.assertTrue(later.is_active)


@tagged("post_install", "-at_install")
class TestSeatsAtOnce(SubscriptionMixin, RaceCase):
    now = None

    def test_of_many_who_give_somebody_a_seat_at_the_same_instant_one_does(self):
        self.make_staff()
        subscription, practitioner = self.subscribe(seats=()), self.practitioner("Dirk")
        self.cr.commit()
        vals = {"subscription_id": subscription.id, "practitioner_id": practitioner.id}

        def join(env):
            return env["practice.subscription.seat"].create(vals).id

        outcomes = self.race([join] * SESSIONS, users=self.front_desk.id)
        self.assertEqual(len(subscription.seat_ids), 1, outcomes)
        self.assertEqual(len(refused(outcomes)), SESSIONS - 1)
        for error in refused(outcomes):
            self.assertIsInstance(error, UserError)
            self.assertIn("A practitioner counts once", str(error))
