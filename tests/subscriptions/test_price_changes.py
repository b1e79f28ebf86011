"""A price that changes is shown with its day, by whom it touches, before it is charged."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


def costs(price, first, who="practitioner"):
    """Return the sentence that says what a seat costs from a day on."""
    return f"A {who} costs {price}\N{NO-BREAK SPACE}€ from {first} on."


@tagged("post_install", "-at_install")
class TestPriceChanges(SubscriptionCase):
    def change(self, amount, first, interval="month", kind="standard", plan=None):
        """Let a seat cost ``amount`` from ``first`` on."""
        values = {"interval": interval, "kind": kind, "amount": amount, "date_from": first}
        (plan or self.standard).price_ids = [Command.create(values)]

    def test_what_was_paid_for_is_shown_and_then_what_comes(self):
        """After paying 390 nobody reads 420 as if it were the price of today."""
        subscription = self.subscribe(interval="year")
        self.bill(subscription)
        self.change(420.0, day(3, 1), "year")
        for today in (day(2, 1), day(3, 1), day(6, 1)):
            with self.subTest(today=today):
                self.go_to(today)
                self.assertIn("390.00", subscription._prepare_portal_price())
                self.assertEqual(
                    subscription._prepare_portal_price_change(),
                    costs("420.00", "01/15/2027"),
                )
        self.go_to(day(1, 15, 2027))
        self.bill(subscription)
        self.assertIn("420.00", subscription._prepare_portal_price())
        self.assertEqual(subscription._prepare_portal_price_change(), "")

    def test_it_is_the_invoice_that_says_when(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.change(42.0, day(3, 1))
        change = subscription._get_price_change()
        self.assertEqual((change.day, change.before["standard"], change.after["standard"]), (day(3, 15), 39.0, 42.0))
        self.run_billing(day(2, 15))
        self.run_billing(day(3, 15))
        self.assertEqual(subscription.period_id.date_from, change.day)
        self.assertEqual(subscription.period_id.price_standard, change.after["standard"])

    def test_whom_it_does_not_touch(self):
        self.change(42.0, day(3, 1))
        leaving, chose, yearly, starter = (
            self.subscribe(interval=interval, plan=plan)
            for interval, plan in (("month", None), ("month", None), ("year", None), ("month", self.starter))
        )
        for subscription in leaving + chose + yearly + starter:
            self.bill(subscription)
        leaving._cancel_at_period_end("other")
        chose.sudo().write({"pending_plan_id": self.blended.id, "pending_interval": "month"})
        for subscription in leaving + chose + yearly + starter:
            self.assertIsNone(subscription._get_price_change())

    def test_a_price_for_students_touches_who_has_students(self):
        self.change(20.0, day(3, 1), kind="student")
        without, with_student = self.subscribe(), self.subscribe(students=("Dora",))
        self.bill(without)
        self.bill(with_student)
        self.assertIsNone(without._get_price_change())
        self.assertEqual(with_student._prepare_portal_price_change(), costs("20.00", "03/15/2026", "student"))

    def test_prices_that_come_and_go_between_two_periods_are_nobodys(self):
        subscription = self.subscribe(interval="year")
        self.bill(subscription)
        self.change(420.0, day(3, 1), "year")
        self.change(390.0, day(6, 1), "year")
        self.assertIsNone(subscription._get_price_change())

    def test_the_first_period_costs_what_was_promised_and_the_next_one_what_it_costs(self):
        subscription = self.subscribe(date_start=day(3, 10))
        self.change(42.0, day(3, 1))
        self.assertIn("39.00", subscription._prepare_portal_price())
        self.assertEqual(subscription._get_price_change().day, day(4, 10))

    def test_who_does_not_know_yet_what_it_costs_reads_nothing_wrong(self):
        subscription = self.subscribe(trial_end=self.today() + timedelta(days=13))
        self.change(42.0, day(3, 1))
        self.assertIn("39.00", subscription._prepare_portal_price())
        self.assertEqual(subscription._prepare_portal_price_change(), "")

    def test_cards_say_what_begins_later(self):
        self.change(42.0, day(3, 1))
        none = self.env["practice.subscription"]
        card = self.standard._prepare_portal_card("month", none, self.today())
        self.assertEqual((card["price"], card["coming"]), (39.0, costs("42.00", "03/15/2026")))
        self.assertEqual(self.standard._prepare_portal_card("year", none, self.today())["coming"], "")
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to(day(3, 2))
        card = self.standard._prepare_portal_card("month", subscription, self.today())
        self.assertEqual((card["price"], card["coming"]), (39.0, costs("42.00", "03/15/2026")))
        card = self.standard._prepare_portal_card("month", none, self.today())
        self.assertEqual((card["price"], card["coming"]), (42.0, ""), "whoever begins now pays it now")
