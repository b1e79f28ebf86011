"""Two bookings at once never spend the same credit: real sessions, real commits, in a database of their own."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
import json
import threading
from contextlib import closing
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.databases import CopyCase, server
from ..common.practice import PracticeMixin

SESSIONS = 20
CREDITS = 5


@tagged("post_install", "-at_install")
class TestRace(PracticeMixin, CopyCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.front_desk.email = "front.desk@example.com"
        keys = cls.env["res.users.apikeys"].with_user(cls.front_desk).sudo()
        cls.key = keys._generate("rpc", "race", Datetime.now() + timedelta(hours=1))
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.patient = self.make_patient("Racing Patient")
        self.lot = self.env["practice.credit.lot"]._grant(
            [
                {
                    "partner_id": self.patient.id,
                    "payer_id": self.patient.id,
                    "package_id": self.package.id,
                    "company_id": self.company.id,
                    "origin": "gift",
                    "date": self.today(),
                    "credits": CREDITS,
                }
            ]
        )
        self.cr.commit()

    def race(self, run):
        """Let all sessions ``run(number)`` at the same moment; return what each returned or raised."""
        barrier, results = threading.Barrier(SESSIONS), [None] * SESSIONS

        def session(number):
            barrier.wait()
            try:
                results[number] = run(number)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results[number] = error

        threads = [threading.Thread(target=session, args=(number,)) for number in range(SESSIONS)]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.cr.rollback()
        self.env.invalidate_all()
        return results

    def in_session(self, work):
        """Run ``work(env)`` in a transaction of its own, repeated on conflicts as Odoo repeats a request."""
        with closing(self.copy.cursor()) as cr:
            env = Environment(cr, self.front_desk.id, {"no_mail_to_attendees": True})
            return retrying(partial(work, env), env)

    def appointment_vals(self, number):
        start = self.at(days=1 + number)
        return {
            "practice_appointment_type_id": self.type.id,
            "patient_id": self.patient.id,
            "start": Datetime.to_string(start),
            "stop": Datetime.to_string(start + timedelta(hours=1)),
        }

    def assertCreditsSpentOnce(self, winners):
        events = self.env["calendar.event"].search([("patient_id", "=", self.patient.id)])
        self.assertEqual(winners, CREDITS)
        self.assertEqual(len(events), CREDITS)
        self.assertEqual(set(events.mapped("credit_state")), {"reserved"})
        self.assertLot(self.lot, total=CREDITS, available=0, reserved=CREDITS)
        self.assertEqual(self.lot_problems(), [])

    def test_twenty_sessions_that_race_for_five_credits_make_five_appointments(self):
        def plan(number):
            return self.in_session(lambda env: env["calendar.event"].create(self.appointment_vals(number)).id)

        results = self.race(plan)
        losers = [result for result in results if not isinstance(result, int)]
        for loser in losers:
            self.assertIsInstance(loser, UserError)
            self.assertIn("credits are needed, 0 are available", str(loser))
        self.assertCreditsSpentOnce(SESSIONS - len(losers))

    def test_twenty_requests_over_http_make_five_appointments(self):
        with server(self.database) as port:
            results = self.race(lambda number: self.request(port, number))
        won = [body for status, body in results if status == 200]
        for status, body in results:
            if status != 200:
                self.assertIn("credits are needed, 0 are available", body)
        self.assertCreditsSpentOnce(len(won))

    def request(self, port, number):
        """Plan over Odoo's JSON API; return status and body."""
        headers = {"Authorization": f"bearer {self.key}", "Content-Type": "application/json"}
        body = {"vals_list": [self.appointment_vals(number)], "context": {"no_mail_to_attendees": True}}
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as http:
            http.request("POST", "/json/2/calendar.event/create", json.dumps(body), headers)
            response = http.getresponse()
            return response.status, response.read().decode()

    def test_a_credit_note_and_a_booking_never_both_get_the_last_credit(self):
        invoice = self.invoice(quantity=0.5)
        self.pay(invoice)
        self.cr.commit()
        lot = self.lot_of(invoice)
        self.lot._extend(self.today(), "so that it is spent first and cannot serve these days")
        self.cr.commit()

        def work(number):
            if number % 4:
                return self.in_session(lambda env: env["calendar.event"].create(self.appointment_vals(number)).id)
            return self.in_session(partial(self.credit_one, invoice.id))

        results = self.race(work)
        for result in results:
            self.assertIsInstance(result, (int, UserError))
        self.assertLot(lot, total=5, available=0)
        self.assertEqual(lot.credits_reserved + lot.credits_refunded, 5)
        self.assertEqual(sum(isinstance(result, int) for result in results), 5)
        self.assertBooksAgree()

    def credit_one(self, invoice_id, env):
        invoice = env["account.move"].sudo().browse(invoice_id)
        refund = invoice._reverse_moves([{"invoice_date": self.today(), "date": self.today()}])
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

        def post(_number):
            return self.in_session(lambda env: len(env["practice.revenue.release"].sudo().browse(due.ids)._post_due()))

        results = self.race(post)
        self.assertEqual(set(due.mapped("state")), {"posted"})
        self.assertEqual(self.currency.round(before - self.balance(self.income)), total, results)
        self.assertBooksAgree()
