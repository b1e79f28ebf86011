"""Whatever people do, in whatever order: the counters follow the ledger and the balance post holds the open value."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import tagged

from ..common.lives import Life, lives, undone
from ..common.practice import PracticeCase

QUANTITIES = (0.1, 0.2, 0.3, 0.5, 1.0)
PRICES = (1200.0, 99.99, 100.0, 0.0, 33.34)
ATTENDANCES = ("planned", "attended", "no_show", "late_cancelled", "cancelled")

#: What can happen, as often as it stands here.
STEPS = (
    *("sell", "sell", "sell_unpaid", "pay", "unpay", "credit", "credit", "redraft", "withdraw", "grant"),
    *("book", "book", "book", "series", "series_shift", "move", "cancel", "delete", "restore", "decline", "waive"),
    *("mark", "mark", "no_show", "retype", "hand_over", "share", "pass_time", "pass_time", "close"),
    *("expire", "extend", "post", "post", "change_type"),
)

#: Steps that only call off what is planned; nothing that was planned may keep anybody from it.
CANCELLING = ("cancel", "delete", "decline")


class PracticeLife(Life):
    """A practice to which things happen."""

    def __init__(self, case):
        super().__init__(case)
        #: What happened and may never happen, in words.
        self.wrong = []

    def step(self, name, number):
        planned = self.events(("attendance", "=", "planned"), ("active", "=", True))
        held = {event: self.lots_held(event) for event in planned} if name in CANCELLING else {}
        last = self.last_move()
        error = super().step(name, number)
        if error and name in CANCELLING and self.chosen in planned:
            self.wrong.append(f"{name} was refused: {error}")
        self.check_cancelled(name, held, last)
        return error

    def lots_held(self, event):
        """Return the lots that hold credits of an appointment, from the ledger."""
        sums = {}
        for move in event.credit_move_ids.filtered(lambda move: move.kind in ("reserve", "unreserve")):
            sums[move.lot_id] = sums.get(move.lot_id, 0) + move.credits * (1 if move.kind == "reserve" else -1)
        return {lot for lot, number in sums.items() if number}

    def last_move(self):
        return self.env["practice.credit.move"].search([], order="id desc", limit=1).id

    def check_cancelled(self, name, held, last):
        """Note when calling something off touched credits that the appointment did not hold."""
        for event, lots in held.items():
            if event.exists() and event.attendance in ("cancelled", "late_cancelled"):
                touched = set(event.credit_move_ids.filtered(lambda move: move.id > last).lot_id)
                if touched - lots:
                    self.wrong.append(f"{name} touched {touched - lots}, which {event} did not hold")

    # === CHOOSING === #

    def patient(self, number):
        return self.one(self.case.patients, number)

    def lots(self):
        return self.env["practice.credit.lot"].search([("package_id", "in", self.case.packages.ids)], order="id")

    def events(self, *domain):
        events = self.env["calendar.event"].with_context(active_test=False)
        types = ("practice_appointment_type_id", "in", self.case.types.ids)
        return events.search([types, *domain], order="id").with_context(active_test=True)

    def invoices(self, *domain):
        journal = ("journal_id", "=", self.case.sales.id)
        return self.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("state", "=", "posted"), journal, *domain], order="id"
        )

    # === INVOICES === #

    def sell_unpaid(self, number):
        product = self.one(self.case.products, number)
        quantity = 1.0 if product.package_credits == 3 else QUANTITIES[number // 3 % len(QUANTITIES)]
        return self.case.invoice(self.patient(number), product, quantity, price=PRICES[number // 7 % len(PRICES)])

    def sell(self, number):
        invoice = self.sell_unpaid(number)
        if invoice.amount_residual:
            self.case.pay(invoice)

    def pay(self, number):
        if invoice := self.one(self.invoices(("payment_state", "in", ("not_paid", "partial"))), number):
            self.case.pay(invoice, amount=invoice.amount_residual / (1 + number % 2))

    def unpay(self, number):
        if invoice := self.one(self.invoices(("payment_state", "in", ("paid", "in_payment"))), number):
            self.case.unpay(invoice)

    def credit(self, number):
        if invoice := self.one(self.invoices(), number):
            sold = invoice.invoice_line_ids[:1].quantity
            quantity = sold if number % 2 else sold * (1 + number // 2 % 4) / 5
            refund = self.case.credit_note(invoice, quantity=quantity, post=False)
            if number % 5 == 0:
                refund.invoice_line_ids.price_unit += 11.11 - number % 3 * 20
            refund.action_post()
            if number % 7 == 0:
                refund.button_draft()

    def redraft(self, number):
        if invoice := self.one(self.invoices(), number):
            invoice.button_draft()
            if number % 2:
                invoice.invoice_line_ids.price_unit = PRICES[number % len(PRICES)]
            invoice.action_post()

    def withdraw(self, number):
        if invoice := self.one(self.invoices(), number):
            invoice.button_draft()
            invoice.button_cancel()

    def grant(self, number):
        """Import credits, with an entry on the balance post or without."""
        case, value = self.case, number % 2 * 75.0
        entry = self.env["account.move"]
        if value:
            entry = entry.create(
                {
                    "journal_id": case.misc.id,
                    "line_ids": [
                        Command.create({"account_id": case.outstanding.id, "balance": value}),
                        Command.create({"account_id": case.liability.id, "balance": -value}),
                    ],
                }
            )
            entry.action_post()
        case.give(
            self.patient(number),
            1 + number % 5,
            package_id=self.one(case.packages, number).id,
            origin="import",
            internal_rate=15.0,
            deferred_account_id=case.liability.id if value else False,
            entry_id=entry.id,
            value=value,
        )

    # === APPOINTMENTS === #

    def book(self, number):
        start = self.case.at(days=number % 12 - 2, hours=number % 5)
        self.case.plan(self.patient(number), start, self.one(self.case.types, number // 2))

    def series(self, number):
        self.case.plan_series(2 + number % 3, self.patient(number), self.case.at(days=number % 5 - 1))

    def series_shift(self, number):
        if event := self.one(self.events(("recurrence_id", "!=", False), ("active", "=", True)), number):
            shift = timedelta(hours=1 + number % 30)
            scope = ("all_events", "future_events")[number % 2]
            event.write({"start": event.start + shift, "stop": event.stop + shift, "recurrence_update": scope})

    def move(self, number):
        if event := self.one(self.events(("active", "=", True)), number):
            start = self.case.at(days=number % 20 - 3)
            event.write({"start": start, "stop": start + timedelta(hours=1)})

    def cancel(self, number):
        if event := self.one(self.events(("active", "=", True)), number):
            event.active = False

    def restore(self, number):
        if event := self.one(self.events(("active", "=", False)), number):
            event.active = True

    def delete(self, number):
        if event := self.one(self.events(), number):
            event.unlink()

    def decline(self, number):
        coming = self.events(("active", "=", True), ("start", ">", self.case.at()))
        if event := self.one(coming, number):
            attendee = event.attendee_ids.filtered(lambda attendee: attendee.partner_id == event.patient_id)
            if number % 3:
                attendee.do_decline()
            else:
                attendee.do_accept()

    def waive(self, number):
        if event := self.one(self.events(), number):
            event.with_context(practice_reason="test").credit_waived = True

    def mark(self, number):
        if event := self.one(self.events(), number):
            event.attendance = ATTENDANCES[number // 3 % len(ATTENDANCES)]

    def no_show(self, number):
        if event := self.one(self.events(("attendance", "=", "planned")), number):
            event.attendance = "no_show"

    def retype(self, number):
        if event := self.one(self.events(), number):
            event.practice_appointment_type_id = self.one(self.case.types, number // 2)

    def hand_over(self, number):
        if event := self.one(self.events(), number):
            event.patient_id = self.patient(number // 2)

    def change_type(self, number):
        """Change what an appointment type says: it is for what is planned from now on."""
        case, appointment_type = self.case, self.one(self.case.types, number)
        appointment_type.late_policy = ("forfeit", "return")[number // 3 % 2]
        appointment_type.cancel_hours = number // 5 % 3 * 24
        if number % 4 == 0:
            appointment_type.package_id = case.packages[number // 7 % len(case.packages)]

    def share(self, number):
        if lot := self.one(self.lots(), number):
            patient = self.patient(number // 2)
            command = Command.unlink if patient in lot.beneficiary_ids else Command.link
            lot.beneficiary_ids = [command(patient.id)]

    # === TIME AND BOOKS === #

    def pass_time(self, number):
        self.case.travel(days=1 + number % 6)

    def close(self, _number):
        self.events(
            ("attendance", "=", "planned"), ("stop", "<", self.case.at()), ("active", "=", True)
        )._practice_close()

    def expire(self, _number):
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_expired_domain(self.case.company))._expire()

    def extend(self, number):
        if lot := self.one(self.lots(), number):
            lot._extend(self.case.today() + timedelta(days=number % 9), "test")

    def post(self, _number):
        self.case.release()


@tagged("post_install", "-at_install", "slow")
@pytest.mark.slow
class TestWhateverHappens(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packages = cls.package + cls.make_package("At rate", release_method="internal_rate", validity_months=1)
        cls.product_three = cls.make_product(cls.package, name="Three", package_credits=3, list_price=100.0)
        cls.products = cls.product + cls.product_three + cls.make_product(cls.packages[1])
        cls.types = (
            cls.type
            + cls.make_type(cls.package, name="Double", package_credits=2, late_policy="return")
            + cls.make_type(cls.packages[1], name="At rate")
        )
        cls.patients = cls.patient + cls.make_patient("Bert Claes")

    def event_problems(self):
        """Return the appointments whose credits are not where their attendance says, from the ledger."""
        return self.query(
            """
            SELECT event.id, event.attendance, event.practice_credits, held.reserved, held.used, held.lost
              FROM calendar_event event
             CROSS JOIN LATERAL (
                SELECT COALESCE(SUM(CASE kind WHEN 'reserve' THEN credits ELSE -credits END), 0) AS reserved,
                       COALESCE(SUM(credits) FILTER (WHERE kind = 'use'), 0) AS used,
                       COALESCE(SUM(credits) FILTER (WHERE kind = 'forfeit'), 0) AS lost
                  FROM practice_credit_move WHERE event_id = event.id) held
             CROSS JOIN LATERAL (SELECT event.credit_waived IS TRUE AS waived) given_back
             WHERE event.practice_appointment_type_id IN %s
               AND (held.reserved != event.practice_credits * (event.attendance = 'planned')::int
                    OR held.used != event.practice_credits * (event.attendance = 'attended' AND NOT waived)::int
                    OR held.lost != event.practice_credits * (
                       event.attendance IN ('no_show', 'late_cancelled') AND NOT waived
                       AND event.practice_late_policy = 'forfeit')::int)
            """,
            tuple(self.types.ids),
        )

    def live(self, steps):
        """Let ``steps`` happen one by one, and check after each of them that everything agrees."""
        life = PracticeLife(self)
        with undone(self):
            for name, number in steps:
                life.step(name, number)
                self.assertBooksAgree()
                self.assertEqual(self.event_problems(), [])
                self.assertEqual(life.wrong, [])
            life.step("post", 0)
            self.assertBooksAgree()
            released = sum(self.env["practice.revenue.release"].search([("state", "=", "posted")]).mapped("amount"))
            booked = self.balance(self.income) + self.balance(self.breakage)
            self.assertEqual(self.currency.round(released), -booked)

    def test_books_and_counters_agree_after_every_step_of_any_life(self):
        @lives(50, 1000)
        @given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 999)), min_size=8, max_size=15))
        def check(steps):
            self.live([("sell", 0), *steps])

        check()
