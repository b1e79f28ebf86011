"""What was promised stays: prices and terms of codes, and what becomes of subscriptions when contacts change."""

from odoo.fields import Command
from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


class PromiseCase(SubscriptionCase):
    def begin(self, plan=None, first="2026-01-01", **vals):
        """Make a subscription with one practitioner, whose first period begins on ``first`` and is billed."""
        self.go_to(first)
        subscription = self.subscribe(plan, seats=("An",), **vals)
        self.bill(subscription)
        return subscription

    def usage_price(self, unit_price, date_from=False, plan=None, **vals):
        plan = plan or self.starter
        return self.env["practice.plan.usage.price"].create(
            {"plan_id": plan.id, "kind_id": self.file.id, "unit_price": unit_price, "date_from": date_from, **vals}
        )

    def price(self, amount, date_from=False, plan=None, **vals):
        plan = plan or self.standard
        return self.env["practice.plan.price"].create(
            {"plan_id": plan.id, "amount": amount, "date_from": date_from, **vals}
        )

    def rows(self, plan, interval, kind="standard"):
        return plan.price_ids.filtered(lambda it: (it.interval, it.kind) == (interval, kind))


@tagged("post_install", "-at_install")
class TestUsagePrices(PromiseCase):
    def test_a_price_cannot_begin_in_the_past(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-01-10")
        self.use(subscription, 10)
        with self.assertRefused("cannot begin on 12/01/2025. Let it begin on 01/10/2026 or later"):
            self.usage_price(50.0, day(12, 1, 2025))
        with self.assertRefused("cannot begin on 01/09/2026"):
            self.usage_price(50.0, day(1, 9))
        self.usage_price(50.0, day(1, 10))
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Starter": [15.0], "Usage": [50.0]})
        self.use(subscription)
        self.assertInvoice(self.bill(subscription, "2026-03-01"), {"Starter": [15.0], "Usage": [50.0]})

    def test_a_price_cannot_change_what_is_used_in_periods_that_began_today(self):
        subscription = self.begin(self.starter)
        self.use(subscription, 10)
        with self.assertRefused("Let it begin on 01/02/2026 or later"):
            self.usage_price(50.0, day(1, 1))
        self.usage_price(50.0, day(1, 2))
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Starter": [15.0], "Usage": [50.0]})

    def test_what_was_free_stays_free_until_a_price_begins(self):
        subscription = self.begin(self.standard)
        self.use(subscription, 100, day="2026-01-01")
        self.go_to("2026-01-20")
        with self.assertRefused("without a date would hold from the beginning"):
            self.usage_price(5.0, plan=self.standard)
        self.usage_price(5.0, day(1, 20), plan=self.standard)
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0]})

    def test_a_planned_price_moves_but_not_into_the_past(self):
        subscription = self.begin(self.starter)
        planned = self.usage_price(50.0, day(1, 1, 2027))
        self.go_to("2026-01-05")
        self.use(subscription, 10)
        for date_from in (day(1, 1), day(1, 4), False):
            with self.subTest(date_from=date_from), self.assertRefused("Let it begin on 01/05/2026 or later"):
                planned.date_from = date_from
        planned.date_from = day(1, 20)
        planned.unit_price = 49.0
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Starter": [15.0], "Usage": [50.0]})

    def test_a_price_that_has_begun_stays(self):
        self.begin(self.starter)
        begun = self.usage_price(50.0, day(1, 20))
        self.go_to("2026-01-20")
        other = self.make_plan("Starter")
        changes = {"unit_price": 1.0, "included": 0.5, "date_from": day(1, 25), "plan_id": other.id}
        for price in self.starter.usage_price_ids:
            for name, value in {**changes, "kind_id": self.questionnaire.id}.items():
                with self.subTest(name=name), self.assertRefused("Add a price with a date instead"):
                    price[name] = value
            with self.assertRefused("Add a price with a date instead"):
                price.unlink()
        begun.unit_price = 50.0

    def test_what_the_plan_includes_cannot_be_taken_away(self):
        self.starter.usage_price_ids.included = 10
        subscription = self.begin(self.starter)
        self.go_to("2026-01-05")
        self.use(subscription, 8)
        with self.assertRefused("Add a price with a date instead"):
            self.starter.usage_price_ids.included = 0
        with self.assertRefused("cannot begin on 01/01/2026"):
            self.usage_price(5.0, day(1, 1))
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Starter": [15.0]})

    def test_use_outside_any_period_costs_what_its_day_did(self):
        subscription = self.begin(self.starter)
        self.go_to("2026-01-20")
        subscription.action_pause()
        self.usage_price(50.0, day(2, 20))
        self.go_to("2026-02-25")
        self.use(subscription, 1)
        self.use(subscription, 10, day="2026-02-05")
        self.go_to("2026-03-01")
        subscription.action_resume()
        expected = self.unbilled_shares(subscription)
        rows = self.env["practice.unbilled.usage"].search([("subscription_id", "=", subscription.id)])
        self.assertEqual({row.usage_id: row.amount for row in rows}, {it: share[1] for it, share in expected.items()})
        self.assertInvoice(self.bill(subscription), {"Starter": [15.0], "Usage": [50.0, 50.0]})

    def test_a_plan_that_nobody_has_is_free_to_change(self):
        price = self.usage_price(3.0, day(12, 1, 2025))
        price.date_from = day(11, 1, 2025)
        price.unlink()
        self.starter.usage_price_ids.unit_price = 4.0


@tagged("post_install", "-at_install")
class TestLicencePrices(PromiseCase):
    def test_a_price_cannot_begin_in_the_past(self):
        subscription = self.begin()
        self.go_to("2026-01-15")
        with self.assertRefused("cannot begin on 01/14/2026. Let it begin on 01/15/2026 or later"):
            self.price(99.0, day(1, 14))
        self.price(99.0, day(1, 15))
        self.seat(subscription, "Dirk")
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [198.0], "Practitioners added": [21.39]})

    def test_missed_periods_keep_their_price(self):
        subscription = self.begin()
        self.go_to("2026-02-10")
        with self.assertRefused("Let it begin on 02/10/2026 or later"):
            self.price(99.0, day(2, 1))
        self.assertInvoice(self.bill(subscription), {"Standard": [39.0]})

    def test_a_planned_price_moves_but_not_into_the_past(self):
        plan = self.make_plan("Plain", {"month": {"standard": 39.0}})
        self.begin(plan)
        planned = self.price(99.0, day(1, 1, 2027), plan)
        self.go_to("2026-01-15")
        with self.assertRefused("Let it begin on 01/15/2026 or later"):
            planned.date_from = day(1, 14)
        with self.assertRefused("without a date would hold from the beginning"):
            planned.write({"date_from": False, "kind": "student"})
        planned.write({"date_from": day(2, 1), "amount": 41.0})
        planned.unlink()

    def test_a_price_that_has_begun_stays(self):
        self.begin()
        begun = self.price(45.0, day(1, 20))
        self.go_to("2026-01-20")
        for vals in ({"amount": 1.0}, {"date_from": day(1, 25)}, {"interval": "year"}, {"kind": "student"}):
            with self.subTest(**vals), self.assertRefused("Add a price with a date instead"):
                begun.write(vals)
        with self.assertRefused("Add a price with a date instead"):
            begun.unlink()

    def test_the_student_rate_stays(self):
        self.go_to("2026-01-01")
        subscription = self.subscribe(seats=("An",), students=("Carla",), date_start=day(2, 1))
        with self.assertRefused("Add a price with a date instead"):
            self.rows(self.standard, "month", "student").unlink()
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0, 19.0]})

    def test_a_student_rate_cannot_be_brought_in_for_the_past(self):
        plan = self.make_plan("Plain", {"month": {"standard": 39.0}})
        self.begin(plan)
        with self.assertRefused("without a date would hold from the beginning"):
            self.price(10.0, plan=plan, kind="student")
        self.price(10.0, day(1, 1), plan=plan, kind="student")

    def test_prices_of_whoever_waits_is_in_trial_or_is_about_to_change_stay(self):
        self.go_to("2026-01-01")
        trying = self.make_plan(trial_days=14)
        self.subscribe(trying, interval="year")
        waiting = self.make_plan()
        self.subscribe(waiting, self.make_organisation("De Kade"), interval="year", date_start=day(2, 1))
        later = self.make_plan()
        changing = self.begin(self.blended, organisation=self.make_organisation("De Kant"), interval="year")
        changing._change_plan(later, "year")
        self.assertEqual(changing.pending_plan_id, later)
        for plan in (trying, waiting, later):
            with self.subTest(plan=plan), self.assertRefused("Add a price with a date instead"):
                self.rows(plan, "year").unlink()
            with self.subTest(plan=plan), self.assertRefused("Add a price with a date instead"):
                self.rows(plan, "year").amount = 1.0
            # Nobody has it monthly.
            self.rows(plan, "month").unlink()

    def test_an_interval_that_had_no_price_can_get_one_from_the_beginning(self):
        plan = self.make_plan("Plain", {"month": {"standard": 39.0}})
        self.go_to("2026-01-10")
        subscription = self.subscribe(plan, seats=("An",), interval="year", date_start=day(1, 1))
        subscription._bill_now()
        self.assertIn("no price for yearly billing", subscription.error)
        self.price(390.0, plan=plan, interval="year")
        self.assertInvoice(self.bill(subscription), {"Plain": [390.0]})

    def test_a_plan_that_somebody_has_keeps_its_currency_and_company(self):
        self.go_to("2026-01-01")
        self.subscribe(date_start=day(2, 1))
        changing = self.begin(self.blended, organisation=self.make_organisation("De Kade"))
        changing._change_plan(self.starter, "month")
        dollar = self.env.ref("base.USD")
        for plan in (self.standard, self.starter):
            with self.subTest(plan=plan), self.assertRefused(r"were promised \(subscriptions: 1\)"):
                plan.currency_id = dollar
            with self.subTest(plan=plan), self.assertRefused(r"were promised \(subscriptions: 1\)"):
                plan.write({"company_id": self.env["res.company"].create({"name": "Other"}).id})
        self.make_plan().currency_id = dollar


@tagged("post_install", "-at_install")
class TestFirstPrice(PromiseCase):
    """The price of the day of the agreement holds for the first period."""

    def get_trial(self, **vals):
        self.go_to("2026-01-01")
        self.trying = self.make_plan(trial_days=30)
        return self.subscribe(self.trying, seats=("An",), activate_after_trial=True, **vals)

    def test_the_price_of_a_trial_holds_for_the_first_period(self):
        subscription = self.get_trial()
        self.go_to("2026-01-10")
        with self.assertRefused("Add a price with a date instead"):
            self.rows(self.trying, "month").amount = 59.0
        self.price(59.0, day(1, 10), plan=self.trying)
        self.follow_time("2026-01-31")
        preview = subscription._get_preview(subscription._make_next_invoice())
        self.assertIn("39", subscription._prepare_portal_price())
        invoice = self.bill(subscription)
        self.assertPreviewed(preview, invoice)
        self.assertInvoice(invoice, {"Standard": [39.0]})
        self.assertIn("39", subscription._prepare_portal_price())  # of the paid period
        self.assertIn("59.00", subscription._prepare_portal_price_change())
        self.seat(subscription, "Dirk", date_from=day(2, 14))
        # 15 of 28 days of 39: an addition is of the first period.
        self.assertInvoice(self.bill(subscription, "2026-02-28"), {"Standard": [118.0], "Practitioners added": [19.5]})

    def test_a_trial_keeps_its_days(self):
        subscription = self.get_trial()
        for days in (3, 0, 90):
            self.trying.trial_days = days
            self.follow_time("2026-01-30")
            self.assertEqual((subscription.state, subscription.trial_end), ("trial", day(1, 30)))
        self.follow_time("2026-01-31")
        self.assertEqual((subscription.state, subscription.date_start), ("active", day(1, 31)))

    def test_so_does_the_price_of_usage_in_it(self):
        subscription = self.get_trial()
        self.usage_price(5.0, plan=self.trying, date_from=day(1, 10), included=2)
        self.follow_time("2026-01-31")
        self.bill(subscription)
        self.use(subscription, 4)
        row = self.env["practice.unbilled.usage"].search([("subscription_id", "=", subscription.id)])
        self.assertEqual((row.quantity_charged, row.amount), (0.0, 0.0))
        self.assertInvoice(self.bill(subscription, "2026-02-28"), {"Standard": [39.0]})
        self.use(subscription, 4)
        self.assertInvoice(self.bill(subscription, "2026-03-31"), {"Standard": [39.0], "Usage": [10.0]})

    def test_a_lower_price_holds_at_once(self):
        subscription = self.get_trial()
        self.price(29.0, day(1, 10), plan=self.trying)
        self.follow_time("2026-01-31")
        self.assertInvoice(self.bill(subscription), {"Standard": [29.0]})

    def test_whoever_begins_during_the_trial_has_the_promise_and_who_begins_after_it_has_not(self):
        subscription = self.get_trial()
        late = self.subscribe(self.trying, self.make_organisation("De Kade"), seats=("An",))
        self.price(59.0, day(1, 10), plan=self.trying)
        self.go_to("2026-01-20")
        subscription._begin_billing()
        self.assertInvoice(self.bill(subscription), {"Standard": [39.0]})
        self.follow_time("2026-01-31")
        self.assertEqual(late.state, "expired")
        late._begin_billing()
        self.assertInvoice(self.bill(late), {"Standard": [59.0]})

    def test_another_plan_or_interval_is_agreed_anew(self):
        subscription = self.get_trial()
        self.price(590.0, day(1, 5), plan=self.trying, interval="year")
        self.go_to("2026-01-10")
        subscription.interval = "year"
        self.price(690.0, day(1, 15), plan=self.trying, interval="year")
        self.follow_time("2026-01-31")
        self.assertInvoice(self.bill(subscription), {"Standard": [590.0]})
        other = self.subscribe(self.trying, self.make_organisation("De Kade"), seats=("An",))
        self.go_to("2026-02-05")
        other._change_plan(self.trying, "year")
        other._begin_billing()
        self.assertInvoice(self.bill(other), {"Standard": [690.0]})

    def test_a_later_first_day_keeps_the_price_of_the_agreement(self):
        self.go_to("2026-01-01")
        subscription = self.subscribe(seats=("An",), date_start=day(2, 1))
        self.price(59.0, day(1, 15))
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0]})
        self.assertInvoice(self.bill(subscription, "2026-03-01"), {"Standard": [59.0]})


@tagged("post_install", "-at_install")
class TestTermsOfCodes(PromiseCase):
    def test_a_code_that_is_for_other_plans_now_goes_on_for_who_has_it(self):
        code = self.make_code(duration="forever")
        subscription = self.begin(code=code)
        code.plan_ids = self.blended
        redemption = subscription.redemption_ids
        self.assertEqual(
            (redemption.kind, redemption.value, redemption.duration, redemption.plan_ids.ids),
            ("percentage", 20.0, "forever", []),
        )
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0], "Discount": [-7.8]})
        with self.assertRefused("it is for Blended only"):
            code._redeem(self.subscribe(organisation=self.make_organisation("De Kade")))

    def test_plans_that_a_code_gets_meanwhile_are_not_for_who_has_it(self):
        code = self.make_code(duration="forever", plan_ids=[Command.set(self.standard.ids)])
        subscription = self.begin(code=code)
        code.plan_ids = False
        self.assertEqual(subscription.redemption_ids.plan_ids, self.standard)
        subscription._change_plan(self.starter, "month")
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Starter": [15.0]})

    def test_what_a_code_gives_keeps_its_currency_and_its_company(self):
        code = self.make_code(kind="amount", amount=10.0, percentage=0, duration="forever")
        subscription = self.begin(code=code)
        with self.assertRefused("what it gives cannot change"):
            code.currency_id = self.env.ref("base.USD")
        with self.assertRefused("what it gives cannot change"):
            code.company_id = self.env["res.company"].create({"name": "Other"})
        # Neither does a change by another way end or alter it.
        self.env.cr.execute(
            "UPDATE practice_discount_code SET currency_id = %s, amount = 3, duration = 'once' WHERE id = %s",
            [self.env.ref("base.USD").id, code.id],
        )
        self.env.invalidate_all()
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0], "Discount": [-10.0]})
        self.assertEqual(subscription.redemption_ids.state, "running")

    def test_an_amount_is_not_taken_off_in_another_currency(self):
        dollars = self.make_plan(currency_id=self.env.ref("base.USD").id)
        self.env.ref("base.USD").active = True
        self.env["res.currency.rate"].create(
            {"currency_id": dollars.currency_id.id, "name": "2025-01-01", "rate": 1.25, "company_id": self.company.id}
        )
        self.go_to("2026-01-01")
        subscription = self.subscribe(seats=("An",), date_start=day(2, 1))
        self.make_code(kind="amount", amount=10.0, percentage=0, duration="forever")._redeem(subscription)
        subscription._change_plan(dollars, "month")
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0]})
        self.assertEqual(subscription.redemption_ids.state, "reserved")


@tagged("post_install", "-at_install")
class TestContacts(PromiseCase):
    """Contacts that are merged, deleted or archived while they subscribe."""

    def merge(self, kept, *doubles):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([kept.id, *(double.id for double in doubles)], kept, extra_checks=False)
        self.env.invalidate_all()
        self.assertFalse(self.env["res.partner"].browse([double.id for double in doubles]).exists())

    # === ORGANISATIONS === #

    def test_two_running_subscriptions_are_not_merged(self):
        first = self.begin()
        second = self.subscribe(organisation=self.make_organisation("De Brug bis"))
        with self.assertRefused("running subscriptions with .* De Brug bis.*: cancel the others first"):
            self.merge(first.organisation_id, second.organisation_id)
        self.assertEqual(len((first | second).exists()), 2)
        second._cancel_now("other")
        self.merge(first.organisation_id, second.organisation_id)
        self.assertEqual(second.organisation_id, first.organisation_id)
        self.assertInvoice(self.bill(first, "2026-02-01"), {"Standard": [39.0]})

    def test_subscriptions_with_two_companies_are_merged(self):
        first = self.begin()
        other = self.env["res.company"].create({"name": "Other"})
        plan = self.standard.copy({"company_id": other.id, "income_account_id": False, "deferred_account_id": False})
        second = self.subscribe(plan, self.make_organisation("De Brug bis"), seats=())
        self.merge(first.organisation_id, second.organisation_id)
        self.assertEqual(second.organisation_id, first.organisation_id)

    def test_two_who_used_one_code_are_merged(self):
        code = self.make_code(duration="forever")
        first = self.begin(code=code)
        second = self.begin(code=code, organisation=self.make_organisation("De Brug bis"))
        second._cancel_now("other")
        kept = first.organisation_id
        self.merge(kept, second.organisation_id)
        self.assertEqual((first | second).redemption_ids.organisation_id, kept)
        self.assertEqual(code.redemption_count, 2)
        self.assertInvoice(self.bill(first, "2026-02-01"), {"Standard": [39.0], "Discount": [-7.8]})
        with self.assertRefused("has used it already"):
            code._redeem(first)

    def test_of_two_open_checkouts_the_last_stays(self):
        first, second = self.make_organisation("De Brug"), self.make_organisation("De Brug bis")
        checkouts = self.env["practice.subscription.checkout"]
        mine, theirs = (
            checkouts.create(
                {
                    "organisation_id": it.id,
                    "company_id": self.company.id,
                    "plan_id": self.standard.id,
                    "interval": "month",
                }
            )
            for it in (first, second)
        )
        self.merge(first, second)
        self.assertEqual((mine.state, theirs.state, theirs.organisation_id), ("cancelled", "draft", first))

    def test_two_checkouts_that_were_paid_are_not_merged(self):
        first, second = self.make_organisation("De Brug"), self.make_organisation("De Brug bis")
        for it in (first, second):
            self.env["practice.subscription.checkout"].create(
                {
                    "organisation_id": it.id,
                    "company_id": self.company.id,
                    "plan_id": self.standard.id,
                    "interval": "month",
                    "state": "paid",
                }
            )
        with self.assertRefused("Payments of .* are on their way"):
            self.merge(first, second)

    # === PRACTITIONERS === #

    def test_two_seats_of_one_person_become_one_that_can_end(self):
        subscription = self.begin()
        self.go_to("2026-01-10")
        double = self.seat(subscription, "An (double)")
        self.assertTrue(subscription._bill_extras())
        self.go_to("2026-01-20")
        self.merge(self.practitioner("An"), double.practitioner_id)
        [kept, ended] = subscription.seat_ids.sorted("date_from")
        self.assertEqual((kept.date_to, ended.date_to), (False, day(1, 19)))
        # The licence that is paid serves the next newcomer.
        self.seat(subscription, "Dirk")
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [78.0]})
        kept.date_to = day(2, 10)
        self.assertInvoice(self.bill(subscription, "2026-03-01"), {"Standard": [39.0]})

    def test_doubles_go_on_as_long_as_the_last_of_them(self):
        subscription = self.begin()
        an = self.leave(subscription, "An", day(1, 31))
        double = self.seat(subscription, "An (double)", date_from=day(1, 20))
        self.merge(an.practitioner_id, double.practitioner_id)
        self.assertEqual((an.date_to, double.date_from, double.date_to), (day(1, 19), day(1, 20), False))

    def test_a_double_that_is_still_to_come_goes_and_one_after_the_other_stays(self):
        subscription = self.begin()
        [an] = subscription.seat_ids
        coming = self.seat(subscription, "An (double)", date_from=day(1, 20), date_to=day(1, 25))
        self.merge(an.practitioner_id, coming.practitioner_id)
        self.assertFalse(coming.exists())
        an.date_to = day(1, 31)
        after = self.seat(subscription, "An (again)", date_from=day(2, 1))
        self.merge(an.practitioner_id, after.practitioner_id)
        self.assertEqual((an.date_to, after.date_from, after.date_to), (day(1, 31), day(2, 1), False))

    def test_one_who_came_today_ends_today(self):
        subscription = self.begin()
        double = self.seat(subscription, "An (double)")
        self.assertTrue(subscription._bill_extras())
        self.merge(self.practitioner("An"), double.practitioner_id)
        self.assertEqual(subscription.seat_ids.mapped("date_to"), [False, day(1, 1)])

    def test_doubles_of_before_can_be_ended_but_get_no_more_days(self):
        """Merged before there was a rule: they overlap for good."""
        subscription = self.begin()
        double = self.seat(subscription, "An (double)")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE practice_subscription_seat SET practitioner_id = %s WHERE id = %s",
            [self.practitioner("An").id, double.id],
        )
        self.env.invalidate_all()
        double.date_to = day(1, 31)
        with self.assertRefused("A practitioner counts once"):
            double.date_to = day(2, 28)
        subscription.seat_ids.date_to = day(1, 20)

    def test_who_has_seats_or_subscriptions_is_not_deleted(self):
        subscription = self.begin()
        with self.assertRefused(rf"An has seats .*{subscription.name}.*archive the contact"):
            self.practitioner("An").unlink()
        with self.assertRefused(rf"De Brug has subscriptions .*{subscription.name}.*archive the contact"):
            subscription.organisation_id.unlink()
        self.practitioner("Nobody").unlink()

    # === ARCHIVED === #

    def todos(self, subscription):
        kind = self.env.ref("mail.mail_activity_data_todo")
        return subscription.activity_ids.filtered(lambda it: it.activity_type_id == kind)

    def test_staff_is_told_once_of_an_archived_organisation_and_billing_goes_on(self):
        subscription = self.begin()
        subscription.organisation_id.active = False
        self.follow_time("2026-01-20")
        self.follow_time("2026-01-21")
        [todo] = self.todos(subscription)
        self.assertIn("De Brug", todo.note)
        self.assertEqual(todo.user_id, subscription._practice_get_responsible())
        self.assertInvoice(self.bill(subscription, "2026-02-01"), {"Standard": [39.0]})
        todo.action_done()
        self.follow_time("2026-02-02")
        self.assertFalse(self.todos(subscription))
        subscription.organisation_id.active = True
        self.follow_time("2026-02-03")
        subscription.organisation_id.active = False
        self.follow_time("2026-02-04")
        self.assertEqual(len(self.todos(subscription)), 1)

    def test_staff_is_told_once_of_an_archived_practitioner(self):
        subscription = self.begin()
        self.seat(subscription, "Dirk")
        left = self.seat(subscription, "Els", date_to=day(1, 10))
        (self.practitioner("Dirk") | left.practitioner_id).active = False
        self.follow_time("2026-01-20")
        self.follow_time("2026-01-21")
        [todo] = self.todos(subscription)
        self.assertIn("Dirk", todo.note)
        self.assertNotIn("Els", todo.note)
        self.practitioner("An").active = False
        self.follow_time("2026-01-22")
        self.assertEqual(len(self.todos(subscription)), 2)

    def test_nobody_is_told_of_what_has_ended(self):
        subscription = self.begin()
        subscription._cancel_now("other")
        subscription.organisation_id.active = False
        self.follow_time("2026-01-20")
        self.assertFalse(self.todos(subscription))


@tagged("post_install", "-at_install")
class TestTimeZone(PromiseCase):
    """The company's time zone moves west on a billing day: its day is the one before the period that was billed."""

    def begin_and_move(self, plan=None):
        subscription = self.begin(plan, first="2026-02-01")
        self.go_to("2026-02-01", hour=6)
        self.company.practice_tz = "Pacific/Pago_Pago"
        self.assertEqual(self.today(), day(1, 31))
        return subscription

    def test_a_dearer_plan_holds_from_the_first_day_of_the_period(self):
        subscription = self.begin_and_move()
        preview = subscription._get_preview(subscription._get_change_preview(self.blended, "month")[1])
        invoice = subscription._change_plan(self.blended, "month")
        self.assertPreviewed(preview, invoice)
        self.assertInvoice(invoice, {"Credit for unused days": [-39.0], "Blended": [59.0]})
        self.assertInvoice(self.bill(subscription, "2026-03-05"), {"Blended": [59.0]})
        self.release_until("2026-04-10")
        self.assertWaiting(0.0)

    def test_a_longer_interval_begins_then_too(self):
        subscription = self.begin_and_move()
        invoice = subscription._change_plan(self.standard, "year")
        self.assertInvoice(invoice, {"Credit for unused days": [-39.0], "Standard": [390.0]})
        self.assertEqual(self.periods(subscription)[-1], (day(2, 1), day(1, 31, 2027)))

    def test_everything_else_works(self):
        subscription = self.begin_and_move()
        self.assertFalse(subscription._change_plan(self.starter, "month"))
        subscription.action_withdraw_change()
        self.assertFalse(subscription._bill_extras())
        subscription.action_pause()
        subscription.action_resume()
        self.assertIn("39.00", subscription._describe_cancel_now(True))
        subscription._cancel_now("other", credit_unused=True)
        self.assertEqual(self.last_invoice(subscription).amount_untaxed, 39.0)
        self.assertWaiting(0.0)
