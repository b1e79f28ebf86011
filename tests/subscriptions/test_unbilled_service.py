"""Not billed at a date: what the next invoices will bill of the days and the use until then."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


class UnbilledCase(SubscriptionCase):
    def rows(self, on=None, subscription=None):
        """Return what is not billed on a day: ``[(what, reason, amount, given until then)]``."""
        found = self.env["practice.subscription"]._get_unbilled(self.company, on or self.today())
        return [
            (row.what, row.reason, row.amount, row.given)
            for row in found
            if not subscription or row.subscription == subscription
        ]


@tagged("post_install", "-at_install")
class TestUnbilledService(UnbilledCase):
    def test_what_is_billed_on_its_day_leaves_nothing(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.assertEqual(self.rows(), [])

    def test_a_seat_that_was_added_waits_for_the_next_invoice(self):
        subscription = self.subscribe(students=["Carla"])
        self.bill(subscription)
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        # 21 of 31 days are billed; 7 of them are over at the month's end.
        self.assertEqual(self.rows(day(1, 31)), [("addition", "due", 26.42, 8.81)])
        self.assertEqual(self.rows(day(1, 24)), [])
        self.assertEqual(self.rows(day(2, 14)), [("addition", "due", 26.42, 26.42)])
        self.bill(subscription, "2026-02-15")
        self.assertEqual(self.rows(), [])
        # Asked again for a day in the past, it says what it said then.
        self.assertEqual(self.rows(day(1, 31)), [("addition", "later", 26.42, 8.81)])

    def test_periods_that_were_missed_are_all_there_with_what_was_added_in_them(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-03-20")
        self.seat(subscription, "Els", date_from="2026-02-20")
        self.go_to("2026-03-25")
        expected = [
            ("licence", 78.0, 78.0),  # 15 February to 14 March
            ("addition", 32.04, 32.04),  # 23 of 28 days
            ("licence", 117.0, 41.52),  # 11 of 31 days
        ]
        found = self.rows(day(3, 25))
        self.assertEqual([(what, amount, given) for what, _reason, amount, given in found], expected)
        self.assertEqual({reason for _what, reason, *_amounts in found}, {"due"})
        self.assertEqual(sum(amount for _what, _reason, amount, _given in found), 227.04)
        invoices = self.bill(subscription)
        self.assertEqual(sum(invoices.mapped("amount_untaxed")), 227.04)
        # Both are dated today.
        self.assertEqual(self.rows(), [])
        found = self.rows(day(3, 24))
        self.assertEqual([(what, amount) for what, _reason, amount, _given in found], [it[:2] for it in expected])

    def test_discounts_are_those_of_the_invoices_that_come(self):
        code = self.make_code(duration="periods", periods=2)
        subscription = self.subscribe(code=code)
        self.bill(subscription)
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        self.go_to("2026-04-14")
        found = self.rows()
        # The second period has the last 20 %, its addition too; the third has none.
        expected = [("addition", 21.14), ("licence", 93.6), ("licence", 117.0)]
        self.assertEqual([(what, amount) for what, _reason, amount, _given in found], expected)
        self.bill(subscription)
        self.assertEqual([(it[0], it[2]) for it in self.rows(day(4, 13))], expected)

    def test_a_draft_counts_as_it_stands_and_cancelled_is_not_accrued(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.assertEqual(self.rows(), [])
        invoice.button_draft()
        invoice.invoice_line_ids.filtered("product_id").price_unit = 31.0
        self.assertEqual(self.rows(day(1, 31)), [("licence", "draft", 62.0, 34.0)])
        invoice.button_cancel()
        self.assertEqual(self.rows(day(1, 31)), [("licence", "cancelled", 62.0, 0.0)])
        subscription.period_id.action_bill_again()
        self.assertEqual(self.rows(day(1, 31)), [("licence", "draft", 62.0, 34.0)])

    def test_an_invoice_that_is_credited_and_made_anew_was_billed(self):
        subscription = self.subscribe()
        invoice = self.bill(subscription)
        self.go_to("2026-02-02")
        new = invoice._reverse_moves([{"invoice_date": self.today(), "date": self.today()}], cancel=True)
        copy = invoice.with_context(include_business_fields=True).copy({"invoice_date": self.today()})
        copy.action_post()
        self.assertEqual(new.state, "posted")
        self.assertEqual(subscription.period_id.move_id, copy)
        self.assertEqual(self.rows(day(1, 31)), [])

    def test_a_change_of_plan_in_a_draft_is_the_difference_of_both(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-01-25")
        subscription._change_plan(self.standard, "month")
        invoice = subscription.period_id.move_id
        invoice.button_draft()
        # 21 of 31 days; 7 of the 21 until the month's end.
        self.assertEqual(
            self.rows(day(1, 31)), [("credit", "draft", -20.32, -6.77), ("licence", "draft", 52.84, 17.61)]
        )

    def test_usage_until_the_day_waits_beyond_what_is_included(self):
        self.starter.usage_price_ids.included = 3
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-02-10")
        self.use(subscription, 2, day="2026-01-20")
        self.use(subscription, 4, day="2026-01-31")
        self.use(subscription, 5, day="2026-02-09")
        self.assertEqual(self.rows(day(1, 25)), [])
        self.assertEqual(self.rows(day(1, 31)), [("usage", "due", 15.0, 15.0)])
        self.assertEqual(self.rows(day(2, 9)), [("usage", "due", 40.0, 40.0)])
        self.bill(subscription, "2026-02-15")
        self.assertEqual(self.rows(day(2, 9)), [("usage", "later", 40.0, 40.0)])
        self.assertEqual(self.rows(day(1, 31)), [("usage", "later", 15.0, 15.0)])
        # What comes to light afterwards stands beside it: the included ones are used up.
        self.use(subscription, 1, day="2026-01-22")
        self.assertEqual(self.rows(day(2, 9)), [("usage", "later", 40.0, 40.0), ("usage", "due", 5.0, 5.0)])

    def test_it_is_what_an_invoice_of_today_bills(self):
        code = self.make_code(percentage=33.3, duration="forever")
        subscription = self.subscribe(self.starter, code=code)
        self.bill(subscription)
        for number in (19, 21, 28):
            self.go_to(day(1, number))
            self.seat(subscription, f"N{number}")
            self.use(subscription, 1.5)
        found = self.rows()
        [usage] = [row for row in found if row[0] == "usage"]
        self.assertEqual(usage[2], 22.5)
        invoice = subscription._bill_extras()
        self.assertEqual(round(sum(row[2] for row in found), 2), invoice.amount_untaxed)
        self.assertEqual(self.rows(), [])
        # Two seats and usage until the day before: they were billed today, and not then.
        self.assertEqual(len(self.rows(day(1, 27))), 3)

    def test_what_is_included_counts_in_each_missed_period(self):
        self.starter.usage_price_ids.included = 3
        self.starter.usage_price_ids = [
            Command.create({"kind_id": self.file.id, "unit_price": 7.0, "included": 2, "date_from": "2026-03-10"})
        ]
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-03-25")
        for quantity, used_on in ((4, "2026-02-20"), (1, "2026-03-12"), (4, "2026-03-20")):
            self.use(subscription, quantity, day=used_on)
        usage = [row for row in self.rows() if row[0] == "usage"]
        # 15 February to 14 March: two of five at 5.00; from 15 March on: two of four at 7.00.
        self.assertEqual(usage, [("usage", "due", 10.0, 10.0), ("usage", "due", 14.0, 14.0)])
        invoices = self.bill(subscription)
        self.assertEqual([self.amounts(it).get("Usage") for it in invoices], [None, [10.0]])
        self.assertEqual([row for row in self.rows() if row[0] == "usage"], [("usage", "due", 14.0, 14.0)])

    def test_use_outside_any_period_is_that_of_one_organisation(self):
        self.starter.usage_price_ids.included = 3
        for name in ("De Brug", "De Kade"):
            subscription = self.subscribe(self.starter, self.make_organisation(name))
            self.use(subscription, 4)
        subscription.sudo().state = "suspended"
        self.assertEqual([row[2] for row in self.rows() if row[0] == "usage"], [5.0, 5.0])

    def test_a_membership_is_paid_for_visits_and_not_for_days(self):
        plan = self.make_plan(product_id=self.product.id, deferred_account_id=False)
        subscription = self.subscribe(plan, seats=["An"])
        self.assertEqual(self.rows(), [("licence", "due", 39.0, 0.0)])
        self.bill(subscription).button_draft()
        self.assertEqual(self.rows(), [("licence", "draft", 39.0, 0.0)])

    def test_all_of_it_is_given_on_the_last_day(self):
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-01-25")
        self.seat(subscription, "Dirk")
        subscription.sudo().end_date = day(1, 31)
        self.assertEqual(self.rows(day(1, 30)), [("addition", "due", 26.42, 7.55)])
        # What is charged for the days after it is not given back.
        self.assertEqual(self.rows(day(2, 10)), [("addition", "due", 26.42, 26.42)])

    def test_a_period_that_is_given_back_after_the_last_day_is_the_difference(self):
        subscription = self.subscribe(interval="year")
        self.bill(subscription)
        self.go_to("2026-02-10")
        subscription._cancel_now("other", credit_unused=True)
        note = subscription.period_ids.sorted("number")[-1].move_id
        self.assertEqual(note.move_type, "out_refund")
        note.button_draft()
        self.assertEqual(self.rows(), [])
        # From the first day on that is given back: two of 390 for 365 days, of which 27 were served.
        self.go_to("2026-02-11")
        self.assertEqual(self.rows(), [("credit", "draft", -722.3, -722.3)])

    def test_what_cannot_be_made_is_named_and_stops_nothing(self):
        self.subscribe(self.standard)
        broken = self.subscribe(self.starter, self.make_organisation("De Kade"))
        broken.sudo().interval = "year"
        found = {(what, reason) for what, reason, *_amounts in self.rows()}
        self.assertEqual(found, {("licence", "due"), ("licence", "failed")})

    def test_other_currencies_are_those_of_the_day(self):
        dollar = self.env.ref("base.USD") if self.currency.name != "USD" else self.env.ref("base.EUR")
        dollar.active = True
        for name, rate in (("2026-01-01", 2.0), ("2026-01-31", 4.0)):
            self.env["res.currency.rate"].create(
                {"currency_id": dollar.id, "name": name, "rate": rate, "company_id": self.company.id}
            )
        self.subscribe(self.make_plan(currency_id=dollar.id))
        self.assertEqual(self.rows(), [("licence", "due", 39.0, 1.26)])
        self.assertEqual(self.rows(day(1, 31))[0][2], 19.5)

    def test_it_costs_the_same_number_of_queries_for_more_subscriptions(self):
        def count(number):
            start = self.today()
            for place in range(number):
                organisation = self.make_organisation(f"{number} {place}")
                organisation.child_ids = [Command.create({"name": "Books", "type": "invoice", "city": "Gent"})]
                organisation.child_ids.write({"street": "Kerkstraat 2", "country_id": organisation.country_id.id})
                subscription = self.subscribe(self.starter, organisation)
                self.bill(subscription)
                self.seat(subscription, f"N{place}", date_from=start + timedelta(days=2))
                self.use(subscription)
            self.subscribe(self.standard, self.make_organisation(f"Missed {number}"))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = self.rows(start + timedelta(days=5))
            return self.env.cr.sql_log_count - before, len(rows)

        count(2)
        few, few_rows = count(3)
        many, many_rows = count(20)
        self.assertEqual(many_rows - few_rows, 20 * 2 + 1)
        self.assertLessEqual(many, few + 2)
