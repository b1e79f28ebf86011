"""The value of credits is what is really paid: discount lines, price reductions, foreign currency."""

from odoo.fields import Command
from odoo.tests import tagged

from ..common.practice import TODAY, PracticeCase


class ValueCase(PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_income = cls.sales.default_account_id

    def discounted(self, *discounts, product=None, post=True, **vals):
        """Make an invoice of the package and of lines ``(amount, values)`` that lower its price."""
        return self.invoice(
            product=product,
            post=post,
            invoice_line_ids=[
                Command.create({"product_id": (product or self.product).id, "quantity": 1.0, **vals}),
                *[
                    Command.create(
                        {
                            "name": "Discount",
                            "quantity": 1.0,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                            "account_id": self.sales_income.id,
                            **values,
                        }
                    )
                    for amount, values in discounts
                ],
            ],
        )

    def on_centre(self, centre):
        lines = self.env["account.analytic.line"].search([("auto_account_id", "=", centre.id)])
        return sum(lines.mapped("amount"))

    def assertPost(self, balance):
        self.assertEqual(-self.balance(self.liability), balance)
        self.assertBooksAgree()
        self.assertFalse(self.env["practice.credit.proof"]._get_keys_with_difference())


@tagged("post_install", "-at_install")
class TestDiscountLines(ValueCase):
    def test_credits_cost_what_is_left_after_the_discount(self):
        invoice = self.discounted((-120.0, {}))
        self.pay(invoice)
        lot = self.lot_of(invoice)
        self.assertEqual((invoice.amount_total, lot.value_total, lot.state), (1080.0, 1080.0, "active"))
        self.assertPost(1080.0)
        self.assertEqual(self.balance(self.sales_income), 0.0)
        self.visit()
        self.release()
        self.assertEqual(-self.balance(self.income), 108.0)
        self.assertPost(972.0)

    def test_the_discount_is_not_printed_twice(self):
        invoice = self.discounted((-120.0, {}))
        self.assertEqual(len(invoice.invoice_line_ids), 2)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_residual), (1080.0, 1080.0))

    def test_a_discount_over_everything_is_shared(self):
        other = {"price_unit": 300.0, "name": "Report"}
        invoice = self.discounted((300.0, other), (-150.0, {}))
        self.assertLot(self.lot_of(invoice), available=10, value=1080.0)
        self.assertPost(1080.0)
        self.assertEqual(-self.balance(self.sales_income), 270.0)

    def test_two_packages_share_to_the_cent(self):
        second = self.make_product(self.make_package("Other", deferred_account_id=self.liability.id), list_price=100.0)
        third = self.make_product(self.make_package("Third", deferred_account_id=self.liability.id), list_price=100.0)
        invoice = self.invoice(
            invoice_line_ids=[
                *[
                    Command.create({"product_id": product.id, "price_unit": 100.0})
                    for product in (self.product, second)
                ],
                Command.create({"product_id": third.id, "price_unit": 100.0}),
                Command.create({"name": "Discount", "price_unit": -10.0, "tax_ids": [Command.clear()]}),
            ]
        )
        self.assertEqual(self.lot_of(invoice).sorted("id").mapped("value_total"), [96.67, 96.66, 96.67])
        self.assertPost(290.0)

    def test_a_discount_concerns_what_has_its_tax(self):
        tax, low = self.make_tax(21.0), self.make_tax(6.0)
        product = self.make_product(self.package, name="Taxed", list_price=1210.0, taxes_id=[Command.set(tax.ids)])
        invoice = self.discounted(
            (106.0, {"name": "Book", "tax_ids": [Command.set(low.ids)]}),
            (-121.0, {"tax_ids": [Command.set(tax.ids)]}),
            product=product,
        )
        self.assertLot(self.lot_of(invoice), value=900.0)
        self.assertPost(900.0)
        self.assertEqual(-self.balance(self.sales_income), 100.0)

    def test_a_discount_never_takes_more_than_there_is(self):
        tax = self.make_tax(21.0)
        product = self.make_product(self.package, name="Taxed", list_price=121.0, taxes_id=[Command.set(tax.ids)])
        invoice = self.discounted(
            (500.0, {"name": "Report"}), (-242.0, {"tax_ids": [Command.set(tax.ids)]}), product=product
        )
        self.assertLot(self.lot_of(invoice), value=0.0)
        self.assertPost(0.0)

    def test_a_rebate_booked_on_the_balance_post(self):
        invoice = self.discounted((-120.0, {"account_id": self.liability.id}))
        self.assertLot(self.lot_of(invoice), value=1080.0)
        self.assertPost(1080.0)

    def test_what_settles_a_debt_is_no_discount(self):
        deposit = self.make_account("liability_current", "PB deposits")
        invoice = self.discounted((-200.0, {"account_id": deposit.id}))
        self.assertLot(self.lot_of(invoice), value=1200.0)
        self.assertPost(1200.0)
        self.assertEqual(self.balance(deposit), 200.0)

    def test_the_rest_is_refunded_at_what_was_paid(self):
        invoice = self.discounted((-240.0, {}))
        self.pay(invoice)
        self.visit()
        self.visit()
        lot = self.lot_of(invoice)
        note = self.env["account.move"].browse(lot.action_refund_rest()["res_id"])
        self.assertEqual(note.amount_total, 768.0)
        note.action_post()
        self.release()
        self.assertLot(lot, available=0, value=0.0)
        self.assertPost(0.0)
        self.assertEqual(-self.balance(self.income), 192.0)

    def test_a_full_credit_note_takes_back_discount_and_all(self):
        invoice = self.discounted((-120.0, {}))
        note = self.credit_note(invoice)
        self.assertEqual(note.amount_total, 1080.0)
        self.assertEqual(len(note.line_ids.practice_adjusted_line_id), 1)
        self.assertLot(self.lot_of(invoice), refunded=10, value=0.0)
        self.assertPost(0.0)
        self.assertEqual((self.balance(self.income), self.balance(self.sales_income)), (0.0, 0.0))

    def test_a_withdrawn_invoice_keeps_nothing_of_it(self):
        invoice = self.discounted((-120.0, {}))
        count = len(invoice.line_ids)
        invoice.button_draft()
        self.assertFalse(invoice.line_ids.filtered("practice_adjusted_line_id"))
        self.assertPost(0.0)
        invoice.invoice_line_ids.filtered(lambda line: line.price_unit < 0).price_unit = -200.0
        invoice.action_post()
        self.assertEqual(len(invoice.line_ids), count)
        self.assertLot(self.lot_of(invoice), available=10, value=1000.0)
        self.assertPost(1000.0)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertPost(0.0)
        invoice.button_draft()
        invoice.action_post()
        self.assertPost(1000.0)

    def test_a_copy_makes_its_own(self):
        copy = self.discounted((-120.0, {})).copy({"invoice_date": TODAY})
        self.assertFalse(copy.line_ids.filtered(lambda line: line.display_type == "discount"))
        copy.action_post()
        self.assertPost(2160.0)

    def test_a_credit_note_is_of_the_customer_who_was_billed(self):
        firm = self.make_patient("De Brug", is_company=True)
        self.patient.parent_id = firm
        invoice = self.discounted((-120.0, {}))
        self.pay(invoice)
        self.patient.parent_id = False
        note = self.credit_note(invoice)
        of_package = note.line_ids.filtered("practice_package_id")
        self.assertEqual((len(of_package), of_package.partner_id), (2, firm))
        self.assertPost(0.0)

    def test_analytics_follow_the_revenue(self):
        plan = self.env["account.analytic.plan"].create({"name": "PB centres"})
        centre = self.env["account.analytic.account"].create({"name": "PB centre", "plan_id": plan.id})
        distribution = {str(centre.id): 100.0}
        invoice = self.discounted((-120.0, {"analytic_distribution": distribution}), analytic_distribution=distribution)
        self.assertEqual(self.on_centre(centre), 0.0)
        self.pay(invoice)
        for _visit in range(10):
            self.visit()
        self.release()
        self.assertEqual(self.on_centre(centre), 1080.0)
        self.assertPost(0.0)

    def test_the_company_may_book_discounts_apart(self):
        self.company.account_discount_expense_allocation_id = apart = self.make_account("expense", "PB discounts given")
        invoice = self.invoice(
            invoice_line_ids=[
                Command.create({"product_id": self.product.id, "discount": 10.0}),
                Command.create({"name": "Report", "price_unit": 300.0, "discount": 10.0, "tax_ids": [Command.clear()]}),
            ]
        )
        self.assertLot(self.lot_of(invoice), value=1080.0)
        self.assertEqual(self.balance(apart), 30.0)
        self.assertPost(1080.0)


@tagged("post_install", "-at_install")
class TestPriceReduction(ValueCase):
    def reduce(self, invoice, amount):
        """Credit an amount that takes no credits back."""
        note = self.credit_note(invoice, post=False)
        note.invoice_line_ids.write({"price_unit": amount, "practice_credits": 0})
        note.action_post()
        return note

    def test_an_invoice_that_is_posted_again_keeps_its_reduction(self):
        invoice = self.invoice()
        self.reduce(invoice, 200.0)
        for _time in range(2):
            invoice.button_draft()
            self.assertBooksAgree()
            invoice.action_post()
            self.assertLot(self.lot_of(invoice), available=10, value=1000.0)
            self.release()
            self.assertPost(1000.0)
            self.assertEqual(self.balance(self.income), 0.0)

    def test_also_when_it_was_released_meanwhile(self):
        invoice = self.invoice()
        note = self.reduce(invoice, 200.0)
        invoice.button_draft()
        self.release()
        self.assertEqual(self.balance(self.income), 200.0)
        invoice.action_post()
        note.button_draft()
        self.release()
        self.assertLot(self.lot_of(invoice), available=10, value=1200.0)
        self.assertPost(1200.0)
        self.assertEqual(self.balance(self.income), 0.0)


@tagged("post_install", "-at_install")
class TestForeignCurrency(ValueCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.env.ref("base.USD")
        if cls.dollar == cls.currency:
            cls.dollar = cls.env.ref("base.EUR")
        cls.dollar.active = True
        cls.set_rate("2026-03-01", 1.2)
        cls.gain = cls.make_account("income_other", "PB exchange gain")
        cls.loss = cls.make_account("expense", "PB exchange loss")
        cls.company.income_currency_exchange_account_id = cls.gain
        cls.company.expense_currency_exchange_account_id = cls.loss

    @classmethod
    def set_rate(cls, day, rate):
        cls.env["res.currency.rate"].create({"name": day, "currency_id": cls.dollar.id, "rate": rate})

    def exchange_result(self):
        return self.currency.round(-self.balance(self.gain) - self.balance(self.loss))

    def test_a_refund_at_another_rate_leaves_nothing(self):
        for rate, result in ((1.1, -75.76), (1.3, 64.1)):
            with self.subTest(rate), self.env.cr.savepoint() as savepoint:
                invoice = self.invoice(currency_id=self.dollar.id, price=1000.0)
                self.assertLot(self.lot_of(invoice), value=833.33)
                self.travel(days=2)
                self.set_rate(self.today(), rate)
                note = self.credit_note(invoice)
                exchanged = note.line_ids.filtered(lambda line: line.account_id in self.gain + self.loss)
                self.assertEqual(-sum(exchanged.mapped("balance")), result)
                self.assertLot(self.lot_of(invoice), refunded=10, value=0.0)
                self.assertPost(0.0)
                self.assertEqual(self.balance(self.income), 0.0)
                # Odoo settled the two receivables, which differ the other way round.
                self.assertEqual((note.amount_residual, self.exchange_result()), (0.0, 0.0))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_part_and_what_was_discounted(self):
        invoice = self.discounted((-100.0, {}), price_unit=1000.0, post=False)
        invoice.currency_id = self.dollar
        invoice.action_post()
        self.pay(invoice)
        self.assertLot(self.lot_of(invoice), value=750.0)
        self.travel(days=2)
        self.set_rate(self.today(), 1.1)
        note = self.credit_note(invoice, post=False)
        package_line, discount = note.invoice_line_ids.sorted("id")
        package_line.quantity, discount.quantity = 0.4, 0.4
        note.action_post()
        self.assertLot(self.lot_of(invoice), available=6, refunded=4, value=450.0)
        self.assertPost(450.0)
        self.assertEqual(self.balance(self.income), 0.0)
