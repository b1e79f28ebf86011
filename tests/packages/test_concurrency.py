"""Two bookings at once never spend the same credit: real sessions, real commits, in a database of their own."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
import json
from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import tagged

from ..common.databases import post_json, server
from ..common.practice import PracticeMixin
from ..common.races import RaceCase, done, refused

SESSIONS = 20
CREDITS = 5


@tagged("post_install", "-at_install")
class TestRace(PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.front_desk.email = "front.desk@example.com"
        cls.key = cls.make_key(cls.front_desk)
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.patient = self.make_patient("Racing Patient")
        self.lot = self.give(self.patient, CREDITS)
        self.cr.commit()

    def race_at_the_desk(self, work):
        """Let twenty sessions of the front desk do ``work(number, env)`` at once; return the outcomes."""
        works = [partial(work, number) for number in range(SESSIONS)]
        return self.race(works, users=self.front_desk.id, context={"no_mail_to_attendees": True})

    def plan_one(self, number, env):
        return env["calendar.event"].create(self.appointment_vals(number)).id

    def appointment_vals(self, number):
        start = self.at(days=1 + number)
        return {
            "practice_appointment_type_id": self.type.id,
            "patient_id": self.patient.id,
            "start": Datetime.to_string(start),
            "stop": Datetime.to_string(start + timedelta(hours=1)),
            "practice_overrule_reason": "All tests plan at these times",
        }

    def assertCreditsSpentOnce(self, winners):
        events = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(winners, CREDITS)
        self.assertEqual(len(events), CREDITS)
        self.assertEqual(set(events.mapped("credit_state")), {"reserved"})
        self.assertLot(self.lot, total=CREDITS, available=0, reserved=CREDITS)
        self.assertEqual(self.lot_problems(), [])

    def test_twenty_sessions_that_race_for_five_credits_make_five_appointments(self):
        results = self.race_at_the_desk(self.plan_one)
        for loser in refused(results):
            self.assertIsInstance(loser, UserError)
            self.assertIn("needed, 0 available", str(loser))
        self.assertCreditsSpentOnce(len(done(results)))

    def test_twenty_sessions_that_race_for_one_time_make_one_appointment(self):
        start = self.at(days=200)

        def plan_then(number, env):
            vals = {**self.appointment_vals(number), "start": start, "stop": start + timedelta(hours=1)}
            return env["calendar.event"].create({**vals, "practice_overrule_reason": False}).id

        results = self.race_at_the_desk(plan_then)
        self.assertEqual(len(done(results)), 1)
        for loser in refused(results):
            self.assertIn("has something else at this time", str(loser))
        self.assertEqual(self.env["calendar.event"].search_count([("patient_id", "=", self.patient.id)]), 1)

    def test_twenty_requests_over_http_make_five_appointments(self):
        with server(self.database) as port:
            results = self.at_once([partial(self.request, port, number) for number in range(SESSIONS)])
        won = [body for status, body in results if status == 200]
        for status, body in results:
            if status != 200:
                self.assertIn("needed, 0 available", body)
        self.assertCreditsSpentOnce(len(won))

    def request(self, port, number):
        """Plan over Odoo's JSON API; return status and body."""
        body = {"vals_list": [self.appointment_vals(number)], "context": {"no_mail_to_attendees": True}}
        return post_json(port, "/json/2/calendar.event/create", self.key, json.dumps(body))

    def test_a_credit_note_and_a_booking_never_both_get_the_last_credit(self):
        invoice = self.invoice(quantity=0.5)
        self.pay(invoice)
        self.cr.commit()
        lot = self.lot_of(invoice)
        self.lot._extend(self.today(), "so that it is spent first and cannot serve these days")
        self.cr.commit()
        today = self.today()

        def work(number, env):
            return self.plan_one(number, env) if number % 4 else self.credit_one(invoice.id, today, env)

        results = self.race_at_the_desk(work)
        for result in refused(results):
            if not isinstance(result, UserError):
                raise result  # with where it comes from
        self.assertLot(lot, total=5, available=0)
        self.assertEqual(lot.credits_reserved + lot.credits_refunded, 5)
        self.assertEqual(sum(isinstance(result, int) for result in results), 5)
        self.assertBooksAgree()

    def credit_one(self, invoice_id, today, env):
        invoice = env["account.move"].sudo().browse(invoice_id)
        refund = invoice._reverse_moves([{"invoice_date": today, "date": today}])
        refund.invoice_line_ids = [Command.update(refund.invoice_line_ids.id, {"quantity": 0.1})]
        refund.action_post()
        return refund.id

    def test_two_runs_at_once_release_every_credit_once(self):
        for name in ("Ann", "Bob", "Cor"):
            patient = self.make_patient(name)
            self.sell(patient)
            self.plan(patient, start=self.at(days=-1)).attendance = "attended"
        self.cr.commit()
        due = self.env["practice.revenue.release"].search([("state", "=", "due")])
        total = sum(due.mapped("amount"))
        self.assertEqual(total, 360.0)
        before = self.balance(self.income)

        def post(_number, env):
            return len(env["practice.revenue.release"].sudo().browse(due.ids)._post_due())

        results = self.race_at_the_desk(post)
        self.assertEqual(set(due.mapped("state")), {"posted"})
        self.assertEqual(self.currency.round(before - self.balance(self.income)), total, results)
        self.assertBooksAgree()
