"""Every worked example about subscriptions, to the cent, through invoices that are posted."""

from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


@tagged("post_install", "-at_install")
class TestDeBrug(SubscriptionCase):
    """*De Brug*: Standard monthly from 15 January 2026, with An, Bert and Carla, who is a student."""

    def setUp(self):
        super().setUp()
        self.subscription = self.subscribe(seats=("An", "Bert"), students=("Carla",))

    def live_until_february(self):
        """Bill January; then Dirk joins, Bert leaves and Els takes his place."""
        first = self.bill(self.subscription)
        self.go_to("2026-01-25")
        self.seat(self.subscription, "Dirk")
        self.leave(self.subscription, "Bert", day(1, 31))
        self.go_to("2026-02-05")
        self.seat(self.subscription, "Els")
        return first

    def test_licences_are_paid_in_advance_with_students_at_their_rate(self):
        invoice = self.bill(self.subscription)
        self.assertInvoice(invoice, {"Standard": [78.0, 19.0]}, 97.0, 20.37, 117.37)
        self.assertEqual(self.periods(self.subscription), [(day(1, 15), day(2, 14))])
        self.assertEqual(self.subscription.next_invoice_date, day(2, 15))
        self.assertWaiting(97.0)

    def test_the_invoice_names_the_period_and_the_practitioners(self):
        invoice = self.bill(self.subscription)
        self.assertEqual(
            [text for text, _amount in self.lines(invoice)],
            [
                "Standard, 01/15/2026 – 02/14/2026",
                "Standard, practitioner, 01/15/2026 – 02/14/2026\nAn, Bert",
                "Standard, student, 01/15/2026 – 02/14/2026\nCarla",
            ],
        )
        lines = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        self.assertEqual(lines.mapped(lambda it: (it.quantity, it.price_unit)), [(2.0, 39.0), (1.0, 19.0)])
        self.assertEqual(set(lines.mapped("practice_date_from")), {day(1, 15)})
        self.assertEqual(set(lines.mapped("practice_date_to")), {day(2, 14)})

    def test_the_invoice_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.subscription.organisation_id.lang = "nl_BE"
        invoice = self.bill(self.subscription)
        self.assertIn("15/01/2026 – 14/02/2026", self.lines(invoice)[0][0].replace("-", "/"))

    def test_who_comes_later_is_charged_by_days_and_a_freed_seat_costs_nothing(self):
        self.live_until_february()
        invoice = self.bill(self.subscription, "2026-02-15")
        self.assertInvoice(invoice, {"Standard": [117.0, 19.0], "Practitioners added": [26.42]}, 162.42, 34.11, 196.53)
        [addition] = [text for text, _amount in self.lines(invoice) if "Dirk" in text and "Els" not in text]
        self.assertIn("01/25/2026 – 02/14/2026", addition)
        [licences] = [text for text, _amount in self.lines(invoice) if "Els" in text]
        self.assertIn("An, Dirk, Els", licences)

    def test_the_addition_belongs_to_the_period_it_is_for(self):
        self.live_until_february()
        first = self.subscription.period_id
        invoice = self.bill(self.subscription, "2026-02-15")
        line = invoice.invoice_line_ids.filtered(lambda it: it.price_subtotal == 26.42)
        self.assertEqual(line.practice_period_id, first)
        self.assertEqual((line.practice_date_from, line.practice_date_to), (day(1, 25), day(2, 14)))
        self.assertEqual(sum(first.release_ids.mapped("amount")), 123.42)
        self.assertEqual(sum(self.subscription.period_id.release_ids.mapped("amount")), 136.0)
        self.assertWaiting(97.0 + 162.42)

    def test_whoever_is_paid_for_is_not_charged_again(self):
        self.live_until_february()
        self.bill(self.subscription, "2026-02-15")
        invoice = self.bill(self.subscription, "2026-03-15")
        self.assertInvoice(invoice, {"Standard": [117.0, 19.0]}, 136.0, 28.56, 164.56)

    def test_a_student_pays_the_student_rate_until_the_period_in_which_the_proof_ends_is_over(self):
        carla = self.subscription.seat_ids.filtered(lambda it: it.kind == "student")
        carla.student_until = day(2, 28)
        self.bill(self.subscription)
        self.assertInvoice(self.bill(self.subscription, "2026-02-15"), {"Standard": [78.0, 19.0]})
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Standard": [117.0]})

    def test_a_seat_freed_by_a_student_does_not_serve_a_standard_practitioner(self):
        self.bill(self.subscription)
        self.leave(self.subscription, "Carla", day(1, 24))
        self.seat(self.subscription, "Dirk", date_from=day(1, 25))
        self.go_to("2026-02-15")
        self.assertInvoice(self.bill(self.subscription), {"Standard": [117.0], "Practitioners added": [26.42]})

    def test_a_standard_seat_that_is_freed_serves_a_student(self):
        self.bill(self.subscription)
        self.leave(self.subscription, "Bert", day(1, 24))
        self.seat(self.subscription, "Eva", kind="student", date_from=day(1, 25))
        self.go_to("2026-02-15")
        self.assertInvoice(self.bill(self.subscription), {"Standard": [39.0, 38.0]})

    def test_who_joins_and_leaves_within_a_period_is_charged_once_and_his_seat_serves_the_next(self):
        self.bill(self.subscription)
        self.seat(self.subscription, "Dirk", date_from=day(1, 25), date_to=day(1, 28))
        self.seat(self.subscription, "Els", date_from=day(1, 30), date_to=day(2, 3))
        self.go_to("2026-02-15")
        self.assertInvoice(self.bill(self.subscription), {"Standard": [78.0, 19.0], "Practitioners added": [26.42]})

    def test_a_removed_seat_is_not_refunded(self):
        self.bill(self.subscription)
        self.leave(self.subscription, "Bert", day(1, 16))
        self.go_to("2026-02-15")
        self.assertInvoice(self.bill(self.subscription), {"Standard": [39.0, 19.0]})


@tagged("post_install", "-at_install")
class TestUsageAndChange(SubscriptionCase):
    def test_files_are_added_to_the_next_invoice(self):
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 3)
        self.use(subscription, 4, day="2026-01-15")
        invoice = self.bill(subscription, "2026-02-15")
        self.assertInvoice(invoice, {"Starter": [30.0], "Usage": [35.0]}, 65.0, 13.65, 78.65)
        line = invoice.invoice_line_ids.filtered(lambda it: it.price_subtotal == 35.0)
        self.assertEqual((line.quantity, line.price_unit), (7.0, 5.0))
        self.assertEqual((line.practice_date_from, line.practice_date_to), (day(1, 15), day(2, 14)))
        self.assertEqual(line.account_id, self.extras)
        self.assertIn("New file, 01/15/2026 – 02/14/2026", line.name)

    def test_what_is_included_costs_nothing(self):
        self.starter.usage_price_ids.included = 3
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.use(subscription, 7)
        invoice = self.bill(subscription, "2026-02-15")
        self.assertInvoice(invoice, {"Starter": [30.0], "Usage": [20.0]}, 50.0)

    def upgrade(self):
        """Subscribe to Starter on 1 November, use two files, change to Standard on the 11th; return the invoice."""
        self.go_to("2026-11-01")
        subscription = self.subscribe(self.starter)
        self.bill(subscription)
        self.go_to("2026-11-10")
        self.use(subscription, 2)
        self.go_to("2026-11-11")
        self.use(subscription, 5)
        return subscription, subscription._change_plan(self.standard, "month")

    def test_a_dearer_plan_begins_at_once_and_credits_the_unused_days(self):
        subscription, invoice = self.upgrade()
        self.assertInvoice(
            invoice, {"Credit for unused days": [-20.0], "Standard": [52.0], "Usage": [10.0]}, 42.0, 8.82, 50.82
        )
        self.assertEqual(self.periods(subscription), [(day(11, 1), day(11, 30)), (day(11, 11), day(11, 30))])
        self.assertEqual(subscription.plan_id, self.standard)
        self.assertEqual(subscription.next_invoice_date, day(12, 1))
        self.assertWaiting(30.0 - 20.0 + 52.0)

    def test_usage_from_the_day_of_the_change_is_billed_at_the_new_plan(self):
        subscription, _invoice = self.upgrade()
        self.assertInvoice(self.bill(subscription, "2026-12-01"), {"Standard": [78.0]}, 78.0)
        self.assertEqual(set(subscription.usage_ids.mapped("state")), {"billed", "included"})

    def test_the_change_says_what_is_credited_and_what_is_charged(self):
        _subscription, invoice = self.upgrade()
        texts = [text.replace("\N{NO-BREAK SPACE}", " ") for text, _amount in self.lines(invoice)]
        self.assertEqual(texts[1], "Starter: 2 × 15.00 €, unused 11/11/2026 – 11/30/2026")
        self.assertEqual(texts[3], "Standard, practitioner, 2 × 39.00 € by days, 11/11/2026 – 11/30/2026\nAn, Bert")

    def test_monthly_to_yearly_begins_at_once_with_a_new_anchor(self):
        self.go_to("2026-11-01")
        subscription = self.subscribe()
        self.bill(subscription)
        self.go_to("2026-11-11")
        invoice = subscription._change_plan(self.standard, "year")
        self.assertInvoice(invoice, {"Credit for unused days": [-52.0], "Standard": [780.0]}, 728.0, 152.88, 880.88)
        self.assertEqual(subscription.anchor_date, day(11, 11))
        self.assertEqual(subscription.next_invoice_date, day(11, 11, 2027))
        self.assertWaiting(78.0 - 52.0 + 780.0)

    def test_yearly_to_monthly_waits_for_the_end_of_the_paid_year(self):
        subscription = self.subscribe(interval="year")
        self.bill(subscription)
        self.go_to("2026-03-01")
        self.assertFalse(subscription._change_plan(self.standard, "month"))
        self.assertEqual((subscription.interval, subscription.pending_interval), ("year", "month"))
        invoice = self.bill(subscription, "2027-01-15")
        self.assertInvoice(invoice, {"Standard": [78.0]})
        self.assertEqual(self.periods(subscription)[-1], (day(1, 15, 2027), day(2, 14, 2027)))
        self.assertFalse(subscription.pending_interval)

    def test_dearer_to_cheaper_waits_for_the_end_of_the_paid_period(self):
        subscription = self.subscribe(self.blended)
        self.assertInvoice(self.bill(subscription), {"Blended": [118.0]})
        self.go_to("2026-01-20")
        self.assertFalse(subscription._change_plan(self.starter, "month"))
        self.assertEqual((subscription.plan_id, subscription.pending_plan_id), (self.blended, self.starter))
        self.assertInvoice(self.bill(subscription, "2026-02-15"), {"Starter": [30.0]})
        self.assertEqual(subscription.plan_id, self.starter)


@tagged("post_install", "-at_install")
class TestDiscounts(SubscriptionCase):
    def discounted(self, **vals):
        """Return the invoice of 15 February of *De Brug* (162.42) with a code given on that day, and usage."""
        self.file.product_id = self.usage_product
        self.standard.usage_price_ids = [(0, 0, {"kind_id": self.file.id, "unit_price": 5.0})]
        self.subscription = self.subscribe(students=("Carla",))
        self.bill(self.subscription)
        self.go_to("2026-01-25")
        self.seat(self.subscription, "Dirk")
        self.use(self.subscription, 2)
        self.seat(self.subscription, "Els", date_from=day(2, 15))
        self.leave(self.subscription, "Bert", day(2, 14))
        self.go_to("2026-02-15")
        self.code = self.make_code(**vals)
        self.redemption = self.code._redeem(self.subscription)
        return self.bill(self.subscription)

    def test_a_percentage_takes_its_part_off_licences_and_additions_and_not_off_usage(self):
        invoice = self.discounted()
        self.assertInvoice(
            invoice,
            {"Standard": [117.0, 19.0], "Practitioners added": [26.42], "Usage": [10.0], "Discount": [-32.48]},
            139.94,
            29.39,
            169.33,
        )
        self.assertEqual(self.lines(invoice)[-1][0], "WELCOME: 20 %")

    def test_an_amount_is_taken_off_each_invoice(self):
        invoice = self.discounted(kind="amount", amount=50.0, duration="forever")
        self.assertEqual(self.amounts(invoice)["Discount"], [-50.0])
        self.assertInvoice(self.bill(self.subscription, "2026-03-15"), {"Standard": [117.0, 19.0], "Discount": [-50.0]})

    def test_an_amount_takes_at_most_what_the_licences_come_to_and_the_rest_is_lost(self):
        invoice = self.discounted(kind="amount", amount=500.0, duration="periods", periods=2)
        self.assertEqual(self.amounts(invoice)["Discount"], [-162.42])
        self.assertEqual(invoice.amount_untaxed, 10.0)
        self.assertEqual(self.amounts(self.bill(self.subscription, "2026-03-15"))["Discount"], [-136.0])
        self.assertNotIn("Discount", self.amounts(self.bill(self.subscription, "2026-04-15")))

    def test_the_discount_has_a_line_for_each_plan_and_so_for_each_tax(self):
        low = self.make_tax(6.0, price_include_override="tax_excluded")
        self.blended.product_id = self.make_service("Library", taxes_id=[(6, 0, low.ids)])
        subscription = self.subscribe(self.standard, seats=("An",))
        self.bill(subscription)
        self.seat(subscription, "Dirk", date_from=day(1, 25))
        self.make_code(duration="forever")._redeem(subscription)
        subscription.sudo().pending_plan_id = self.blended
        invoice = self.bill(subscription, "2026-02-15")
        self.assertInvoice(
            invoice, {"Blended": [118.0], "Practitioners added": [26.42], "Discount": [-23.6, -5.28]}, 115.54
        )
        discounts = invoice.invoice_line_ids.filtered(lambda line: line.price_subtotal < 0)
        self.assertEqual(discounts.mapped("tax_ids.amount"), [6.0, 21.0])
        self.assertEqual(invoice.amount_tax, 10.1)  # 6 % of 94.40 and 21 % of 21.14

    def test_once_is_the_first_invoice(self):
        self.discounted()
        self.assertEqual((self.redemption.state, self.redemption.uses), ("done", 1))
        self.assertNotIn("Discount", self.amounts(self.bill(self.subscription, "2026-03-15")))

    def test_a_change_of_plan_is_discounted_and_does_not_count_as_a_period(self):
        self.go_to("2026-11-01")
        subscription = self.subscribe(self.starter, code=self.make_code(duration="periods", periods=2))
        self.assertInvoice(self.bill(subscription), {"Starter": [30.0], "Discount": [-6.0]}, 24.0)
        self.go_to("2026-11-11")
        invoice = subscription._change_plan(self.standard, "month")
        # What is credited is what was paid: 20 % less; what is charged is 20 % less, too.
        self.assertInvoice(
            invoice, {"Credit for unused days": [-20.0, 4.0], "Standard": [52.0], "Discount": [-10.4]}, 25.6
        )
        self.assertEqual(subscription.redemption_ids.uses, 1)
        self.assertEqual(self.amounts(self.bill(subscription, "2026-12-01"))["Discount"], [-15.6])
        self.assertNotIn("Discount", self.amounts(self.bill(subscription, "2027-01-01")))
        self.assertWaiting()

    def test_a_cancelled_invoice_gives_its_code_back(self):
        invoice = self.discounted()
        self.assertEqual(self.redemption.state, "done")
        self.cancel_invoice(invoice)
        self.assertEqual((self.redemption.state, self.redemption.uses), ("reserved", 0))
        self.assertEqual(self.amounts(self.bill(self.subscription, "2026-03-15"))["Discount"], [-27.2])
        self.assertEqual(self.redemption.state, "done")

    def test_a_discount_waits_on_the_balance_post_with_the_licences(self):
        subscription = self.subscribe(code=self.make_code())
        invoice = self.bill(subscription)
        self.assertEqual(self.balance(self.waiting), -62.4)
        self.assertEqual(set(invoice.invoice_line_ids.filtered("product_id").account_id), set(self.waiting))
        self.assertWaiting(62.4)


@tagged("post_install", "-at_install")
class TestRelease(SubscriptionCase):
    def setUp(self):
        super().setUp()
        self.subscription = self.subscribe(seats=("An",), interval="year")

    def planned(self):
        """Return what is still to be released: ``[(day, amount)]``."""
        releases = self.env["practice.revenue.release"].search([("state", "=", "due")], order="date, id")
        return releases.mapped(lambda release: (release.date, release.amount))

    def test_a_year_is_released_by_days_on_the_last_day_of_each_month(self):
        self.bill(self.subscription)
        planned = self.planned()
        self.assertEqual(planned[:2], [(day(1, 31), 18.16), (day(2, 28), 29.92)])
        self.assertEqual(planned[-1][0], day(1, 31, 2027))
        self.assertEqual(len(planned), 13)
        self.assertEqual(round(sum(amount for _day, amount in planned), 2), 390.0)

    def test_the_release_run_moves_it_from_the_balance_post_to_the_ledger_account(self):
        invoice = self.bill(self.subscription)
        self.assertEntry(
            invoice,
            (self.receivable(self.subscription.organisation_id), 471.9),
            (self.waiting, -390.0),
            (self.tax.invoice_repartition_line_ids.account_id, -81.9),
        )
        self.go_to("2026-02-28")
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_release_revenue").method_direct_trigger()
        entries = self.subscription.period_id.release_ids.move_id.sorted("date")
        self.assertEqual(len(entries), 2)
        self.assertEntry(entries[0], (self.waiting, 18.16), (self.licences, -18.16), date=day(1, 31))
        self.assertEntry(
            entries[1],
            (self.waiting, 29.92),
            (self.licences, -29.92),
            date=day(2, 28),
            partner=self.subscription.organisation_id,
        )
        self.assertWaiting(390.0 - 48.08)

    def test_a_whole_year_ends_at_nothing(self):
        self.bill(self.subscription)
        self.subscription._cancel_at_period_end("other")
        self.release_until("2027-01-31")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -390.0)

    def test_a_plan_without_balance_post_is_revenue_at_once(self):
        plan = self.make_plan(deferred_account_id=False)
        subscription = self.subscribe(plan, self.make_organisation("De Kade"))
        invoice = self.bill(subscription)
        self.assertEqual(invoice.invoice_line_ids.filtered("product_id").account_id, self.licences)
        self.assertFalse(subscription.period_id.release_ids)
        self.assertFalse(subscription.period_id.deferred_account_id)

    def test_a_credit_for_unused_days_takes_back_what_is_not_released(self):
        self.bill(self.subscription)
        self.release_until("2026-02-28")
        self.go_to("2026-03-10")
        self.subscription._cancel_now("other", credit_unused=True)
        credit = self.subscription.period_ids.filtered(lambda it: it.kind == "extras").move_id
        # From 11 March to 14 January: 310 of 365 days.
        self.assertInvoice(credit, {"Credit for unused days": [331.23]}, 331.23, 69.56, 400.79, "out_refund")
        self.assertEntry(
            credit,
            (self.receivable(self.subscription.organisation_id), -400.79),
            (self.waiting, 331.23),
            (self.tax.refund_repartition_line_ids.account_id, 69.56),
        )
        # What is left was served in March.
        self.assertEqual(self.planned(), [(day(3, 31), 10.69)])
        self.release_until("2026-03-31")
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), -58.77)

    def test_a_credited_invoice_takes_back_what_is_not_released_first(self):
        invoice = self.bill(self.subscription)
        self.release_until("2026-02-28")
        self.go_to("2026-03-10")
        self.credit(invoice)
        self.assertEqual(self.subscription.period_id.state, "credited")
        self.assertEqual(self.planned(), [(day(3, 10), -48.08)])
        self.release()
        self.assertWaiting(0.0)
        self.assertEqual(self.balance(self.licences), 0.0)

    def test_a_cancelled_invoice_takes_its_releases_along(self):
        invoice = self.bill(self.subscription)
        self.release_until("2026-01-31")
        self.go_to("2026-02-10")
        self.cancel_invoice(invoice)
        self.assertEqual(self.planned(), [(day(2, 10), -18.16)])
        self.release()
        self.assertWaiting(0.0)

    def test_a_partial_credit_note_takes_its_part_back(self):
        invoice = self.bill(self.subscription)
        refund = invoice._reverse_moves([{"invoice_date": self.today(), "date": self.today()}])
        refund.invoice_line_ids.filtered("product_id").price_unit = 90.0
        refund.action_post()
        self.assertEqual(self.subscription.period_id.state, "billed")
        self.assertEqual(round(sum(amount for _day, amount in self.planned()), 2), 300.0)
        self.assertWaiting(300.0)

    def test_an_invoice_set_back_to_draft_and_posted_again_is_released_as_before(self):
        invoice = self.bill(self.subscription)
        before = self.planned()
        self.release_until("2026-01-31")
        invoice.button_draft()
        self.assertEqual(self.planned(), [(day(1, 31), -18.16)])
        invoice.action_post()
        self.assertEqual(self.planned(), before[1:])
        self.assertWaiting(390.0 - 18.16)


@tagged("post_install", "-at_install")
class TestZeroAndNegative(SubscriptionCase):
    def test_a_period_that_costs_nothing_has_an_invoice_that_is_paid_at_once(self):
        subscription = self.subscribe(code=self.make_code(percentage=100.0, duration="forever"))
        invoice = self.bill(subscription)
        self.assertInvoice(invoice, {"Standard": [78.0], "Discount": [-78.0]}, 0.0, 0.0, 0.0)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(subscription.period_id.state, "billed")
        self.assertWaiting(0.0)

    def test_a_period_without_practitioners_has_one_too(self):
        subscription = self.subscribe(seats=())
        invoice = self.bill(subscription)
        self.assertInvoice(invoice, {"Standard": [0.0]}, 0.0, 0.0, 0.0)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self.periods(subscription), [(day(1, 15), day(2, 14))])

    def test_more_credit_than_charge_is_a_credit_note_of_the_period(self):
        subscription = self.subscribe(seats=("An", "Bert", "Carla"), interval="year")
        self.bill(subscription)
        self.go_to("2026-01-20")
        self.leave(subscription, "Bert")
        self.leave(subscription, "Carla")
        self.go_to("2026-01-21")
        invoice = subscription._change_plan(self.blended, "year")
        # Three seats are given back, one is charged: 359 of 365 days.
        self.assertInvoice(
            invoice,
            {"Credit for unused days": [1150.77], "Blended": [-580.3]},
            570.47,
            119.8,
            690.27,
            "out_refund",
        )
        self.assertEqual(subscription.period_id.move_id, invoice)
        self.assertEqual(subscription.period_id.kind, "change")
        self.assertWaiting(1170.0 - 570.47)
