"""The forecast of a day is what the run makes in the 12 months after it, to the cent, when nothing else happens."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.fields import Command, Domain
from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


@tagged("post_install", "-at_install")
class TestSubscriptionForecast(SubscriptionCase):
    def forecast(self, subscriptions=None):
        """Work out the forecast of all subscriptions, or of some, and return its rows."""
        forecasts = self.env["practice.subscription.forecast"]
        action = subscriptions.action_open_forecast() if subscriptions is not None else forecasts.action_open()
        return forecasts.search(action["domain"])

    def figures(self, records, subscription_field, day_field, amount):
        """Return what invoices or rows say: ``{subscription: [(day, amount)]}``."""
        return {
            subscription.id: sorted(zip(of_it.mapped(day_field), of_it.mapped(amount), strict=True))
            for subscription, of_it in records.grouped(subscription_field).items()
        }

    def change_price(self, amount, first, interval="month"):
        values = {"interval": interval, "amount": amount, "date_from": first}
        self.standard.price_ids = [Command.create(values)]

    def test_it_is_what_the_run_makes(self):
        plain = self.subscribe(students=("Dora",))
        yearly = self.subscribe(interval="year")
        coded = self.subscribe(code=self.make_code(duration="periods", periods=3))
        once = self.subscribe(plan=self.starter, code=self.make_code("ONCE"))
        moving = self.subscribe()
        self.seat(moving, "Later", date_from=day(4, 1))
        self.leave(moving, "An", day(6, 20))
        later = self.subscribe(date_start=day(3, 31))
        trial = self.subscribe(trial_end=day(2, 13), activate_after_trial=True)
        changing, ending = self.subscribe(), self.subscribe()
        for subscription in changing + ending:
            self.bill(subscription)
        changing.sudo().write({"pending_plan_id": self.blended.id, "pending_interval": "year"})
        ending._cancel_at_period_end("other")
        left, expiring = self.subscribe(), self.subscribe(trial_end=day(2, 13))
        left._cancel_now("other")
        self.use(plain, 3.0, kind="file")
        self.change_price(42.5, day(5, 20))
        self.change_price(410.0, day(3, 1), "year")

        rows = self.forecast()
        self.assertFalse(rows.filtered("problem"))
        forecast = self.figures(rows, "subscription_id", "date", "amount")
        self.assertEqual(
            set(forecast), set((plain + yearly + coded + once + moving + later + trial + changing).ids), "nobody else"
        )
        self.company.practice_grace_days = 1000  # nobody pays here
        before = self.env["account.move"].search([("practice_subscription_id", "!=", False)])
        begin, running = self.today(), Domain("state", "in", ("trial", "active", "past_due"))
        for _invoice_day in range(400):
            self.follow_time()
            self.run_billing()
            coming = self.env["practice.subscription"].search(running)
            days = [it.next_invoice_date or it.trial_end + timedelta(days=1) for it in coming]
            if min(days) >= begin + relativedelta(years=1):
                break
            self.go_to(min(days))
        made = self.env["account.move"].search([("practice_subscription_id", "!=", False)]) - before
        self.assertEqual(self.figures(made, "practice_subscription_id", "invoice_date", "amount_untaxed"), forecast)
        self.assertEqual(expiring.state, "expired")

    def test_a_membership_and_a_foreign_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create({"currency_id": dollar.id, "name": self.today(), "rate": 2.0})
        plan = self.make_plan("Dollars", {"month": {"standard": 40.0}}, currency_id=dollar.id)
        self.bill(self.subscribe(plan=plan))
        rows = self.forecast()
        self.assertEqual(len(rows), 11)
        self.assertEqual(set(rows.mapped("amount")), {40.0})
        self.assertEqual(rows.currency_id, self.currency)
        self.assertEqual(set(rows.mapped("seats")), {2})

    def test_what_is_late_is_of_today_and_what_cannot_be_made_says_why(self):
        subscription = self.subscribe()
        self.change_price(42.0, day(3, 1))
        subscription.sudo().write({"pending_plan_id": self.starter.id, "pending_interval": "year"})
        [row] = self.forecast(subscription)
        self.assertEqual((row.date, row.amount), (day(1, 15), 0.0))
        self.assertIn("no price for yearly billing", row.problem)
        subscription.sudo().write({"pending_plan_id": False, "pending_interval": False})
        self.go_to(day(2, 20))
        rows = self.forecast(subscription)
        self.assertEqual(rows.mapped("date")[:3], [day(2, 20), day(2, 20), day(3, 15)])

    def test_nothing_is_changed_and_each_looks_at_their_own(self):
        trial = self.subscribe(trial_end=day(2, 13), activate_after_trial=True)
        first, second = self.forecast(), self.forecast(trial)
        self.assertEqual(trial.state, "trial")
        self.assertFalse(first & second)
        self.assertEqual(first.mapped("amount"), second.mapped("amount"))

    def test_who_may_look(self):
        subscription = self.subscribe()
        self.make_staff()
        forecasts = self.env["practice.subscription.forecast"]
        for user in (self.manager, self.accountant):
            action = forecasts.with_user(user).action_open()
            mine = forecasts.with_user(user).search(action["domain"])
            self.assertEqual(mine.subscription_id, subscription)
        for user in (self.front_desk, self.employee, self.portal):
            with self.assertRaises(AccessError):
                forecasts.with_user(user).action_open()

    def test_the_same_invoices_are_worked_out_once(self):
        """An invoice of the same lines costs what the one before costs: taxes are not asked again."""
        few, many = self.subscribe(), self.env["practice.subscription"]
        for number in range(4):
            many += self.subscribe(organisation=self.make_organisation(f"Number {number}"))
        counts = []
        for some in (few, few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.forecast(some)), 12 * len(some))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 40, counts)
