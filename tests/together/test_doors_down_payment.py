from odoo.fields import Command
from odoo.tests import tagged

from ..common.instalments import make_term
from ..common.orders import OrderMixin
from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestDownPayment(OrderMixin, PracticeCase):
    """A down payment of a package waits until the final invoice deducts it; credits come with that one."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.company.downpayment_account_id = False
        return result

    def use_account(self):
        """Give the company an account for down payments, as some charts do."""
        account = self.make_account("liability_current", "PB down payments")
        self.company.downpayment_account_id = account
        return account

    def assertSold(self, order, down_payment, account, price=1200.0):
        """Follow an order from its down payment, which waits on ``account``, to the last visit."""
        line = down_payment.invoice_line_ids.filtered(lambda it: it.display_type == "product")
        self.assertEqual(line.account_id, account)
        amount = down_payment.amount_untaxed
        self.assertFalse(self.lot_of(down_payment))
        self.assertEqual(-self.balance(account), amount)
        self.assertProved()
        self.pay(down_payment)
        self.assertProved()
        final = self.invoice_order(order)
        self.assertEqual(final.amount_untaxed, order.amount_untaxed - amount)
        lot = self.lot_of(final)
        self.assertLot(lot, state="pending", available=10, value=price)
        self.assertEqual(-self.balance(self.liability), price)
        self.assertProved()
        self.pay(final)
        self.assertLot(lot, state="active", available=10, value=price)
        self.assertUsedUp(lot, revenue=price)
        self.assertEqual(self.balance(account), 0.0)

    def test_a_percentage_without_an_account_for_down_payments(self):
        order = self.order()
        self.assertSold(order, self.down_payment(order, percent=30), self.liability)

    def test_a_fixed_amount_without_an_account_for_down_payments(self):
        order = self.order()
        self.assertSold(order, self.down_payment(order, amount=500.0), self.liability)

    def test_a_percentage_with_an_account_for_down_payments(self):
        account, order = self.use_account(), self.order()
        self.assertSold(order, self.down_payment(order, percent=30), account)

    def test_a_fixed_amount_with_an_account_for_down_payments(self):
        account, order = self.use_account(), self.order()
        self.assertSold(order, self.down_payment(order, amount=500.0), account)

    def test_tax_of_the_down_payment_does_not_wait(self):
        self.product.taxes_id = self.make_tax(21.0)
        order = self.order()
        self.assertSold(order, self.down_payment(order, percent=30), self.liability, price=991.74)

    def test_a_package_and_another_product(self):
        for with_account in (False, True):
            for vals in ({"percent": 30}, {"amount": 450.0}):
                with self.subTest(with_account=with_account, **vals), self.env.cr.savepoint() as savepoint:
                    self.clock.move_to(self.now)
                    if with_account:
                        self.use_account()
                    order = self.order(self.product, self.book)
                    first = self.down_payment(order, **vals)
                    self.assertEqual(first.amount_total, 450.0)
                    self.assertProved()
                    self.pay(first)
                    final = self.invoice_order(order)
                    self.assertProved()
                    self.pay(final)
                    lot = self.lot_of(final)
                    self.assertLot(lot, state="active", value=1200.0)
                    self.assertUsedUp(lot)
                    self.assertEqual(self.balance(self.other_income), -300.0)
                    savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_two_packages_with_balance_posts_of_their_own(self):
        post = self.make_account("liability_current", "PB second post")
        second = self.make_product(self.make_package("Five", deferred_account_id=post.id), list_price=600.0)
        order = self.order(self.product, second)
        self.pay(self.down_payment(order, percent=50))
        self.assertProved()
        self.pay(self.invoice_order(order))
        self.assertProved()
        self.assertEqual((self.balance(self.liability), self.balance(post)), (-1200.0, -600.0))

    def test_a_down_payment_by_another_payer_than_the_final_invoice(self):
        mother, order = self.make_patient("Els Peeters"), self.order()
        order.partner_invoice_id = mother
        self.pay(self.down_payment(order, percent=30))
        order.partner_invoice_id = self.patient
        final = self.invoice_order(order)
        self.pay(final)
        self.assertLot(self.lot_of(final), partner_id=self.patient, payer_id=self.patient, value=1200.0)
        self.assertProved()

    def test_a_down_payment_that_is_credited_leaves_nothing(self):
        order = self.order()
        first = self.down_payment(order, percent=30)
        self.pay(first)
        self.credit_note(first)
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertProved()
        final = self.invoice_order(order)
        self.assertEqual(final.amount_total, 1200.0)
        self.assertProved()

    def test_a_down_payment_that_is_reset_and_cancelled_leaves_nothing(self):
        first = self.down_payment(self.order(), percent=30)
        first.button_draft()
        self.assertProved()
        first.button_cancel()
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertProved()

    def test_credits_wait_until_the_down_payment_is_paid_too(self):
        order = self.order()
        first = self.down_payment(order, percent=100)
        final = self.invoice_order(order)
        lot = self.lot_of(final)
        self.assertEqual((final.amount_total, final.payment_state), (0.0, "paid"))
        self.assertLot(lot, state="pending", amount_due=1200.0)
        self.assertFalse(final.activity_ids)
        self.pay(first)
        self.assertLot(lot, state="active", amount_due=0.0)
        self.unpay(first)
        self.assertLot(lot, state="pending")
        self.assertProved()

    def test_what_waits_is_a_column_of_the_proof_and_in_the_roll_forward(self):
        order = self.order()
        self.down_payment(order, percent=30)
        self.env.flush_all()
        proof = self.env["practice.credit.proof"]
        rows = proof.search([("kind", "=", "down_payment"), ("partner_id", "=", self.patient.id)])
        self.assertEqual((sum(rows.mapped("down_payments")), rows.account_id), (360.0, self.liability))
        roll = self.env["practice.roll.forward"]
        [row] = [it for it in roll._report_rows(self.company, None, self.today()) if it["sold_value"]]
        self.assertEqual((row["sold_value"], row["balance"], row["difference"]), (360.0, 360.0, 0.0))
        self.invoice_order(order)
        self.env.flush_all()
        [row] = [it for it in roll._report_rows(self.company, None, self.today()) if it["sold_value"]]
        self.assertEqual((row["sold_value"], row["balance"], row["difference"]), (1200.0, 1200.0, 0.0))

    def test_what_is_taken_back_and_never_came_is_a_difference(self):
        """The accountant moves the down payment to another account after the final invoice took it from this one."""
        order = self.order()
        first = self.down_payment(order, percent=30)
        self.invoice_order(order)
        self.assertProved()
        first.button_draft()
        line = first.invoice_line_ids.filtered(lambda it: it.display_type == "product")
        line.account_id = self.other_income
        first.action_post()
        self.env.flush_all()
        differences = self.env["practice.credit.proof"]._get_keys_with_difference()
        self.assertEqual(list(differences.values()), [360.0])

    def test_another_line_on_the_balance_post_does_not_pass_for_a_down_payment(self):
        invoice = self.invoice(product=self.book, line={"account_id": self.liability.id, "is_downpayment": True})
        self.env.flush_all()
        differences = self.env["practice.credit.proof"]._get_keys_with_difference()
        self.assertEqual(list(differences.values()), [-300.0])
        self.assertTrue(invoice)

    def test_a_rebate_on_the_final_invoice_is_no_down_payment(self):
        order = self.order()
        self.pay(self.down_payment(order, percent=30))
        final = self.invoice_order(order, post=False)
        rebate = {"name": "Rebate", "quantity": 1, "price_unit": -120.0, "tax_ids": [Command.clear()]}
        final.invoice_line_ids = [Command.create({**rebate, "account_id": self.other_income.id})]
        final.action_post()
        self.pay(final)
        self.assertLot(self.lot_of(final), state="active", value=1080.0)
        self.assertProved()

    def test_the_final_invoice_in_parts(self):
        """What the down payment paid counts; its deduction on the final invoice is no discount."""
        order = self.order(payment_term_id=make_term(self.env).id)
        first = self.down_payment(order, percent=30)
        final = self.invoice_order(order)
        lot = self.lot_of(final)
        self.assertEqual(len(final._practice_get_parts()), 3)
        self.assertLot(lot, paid=0, state="pending")
        self.pay(first, 360.0)
        self.assertLot(lot, paid=3, spendable=3, state="active")
        for covered in (5, 7, 10):
            self.pay(final, 280.0)
            self.assertLot(lot, paid=covered, spendable=covered)
        self.unpay(first)
        self.assertLot(lot, paid=7, state="active")
        self.assertProved()
