"""What the tests of other apps' doors share: sale orders of packages, and what waits of them on balance posts."""

import unittest

from odoo.fields import Command

from .proof import assert_sums


class OrderMixin:
    """A practice that also sells through Sales, beside a :class:`PracticeMixin`."""

    #: The apps of Odoo that the tests of a class need; without them they are skipped.
    needs = ("sale.order",)

    @classmethod
    def setup_practice(cls):
        if missing := [model for model in cls.needs if model not in cls.env]:
            raise unittest.SkipTest(f"there is no {', '.join(missing)}: these tests run in the database of doors")
        result = super().setup_practice()
        cls.other_income = cls.make_account("income", "PB books")
        cls.book = cls.env["product.product"].create(
            {
                "name": "Book",
                "type": "service",
                "list_price": 300.0,
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
                "property_account_income_id": cls.other_income.id,
            }
        )
        return result

    @classmethod
    def make_product(cls, package, **vals):
        return super().make_product(package, **{"invoice_policy": "order", **vals})

    # === WHAT PEOPLE DO === #

    def order(self, *products, customer=None, confirm=True, **vals):
        """Make (and confirm) the sale order of one unit of each product; default: the package product."""
        order = self.env["sale.order"].create(
            {
                "partner_id": (customer or self.patient).id,
                "order_line": [Command.create({"product_id": it.id}) for it in products or (self.product,)],
                **vals,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def invoice_order(self, order, post=True, **vals):
        """Invoice an order as a person does with Odoo's wizard: ``advance_payment_method`` and amount in ``vals``."""
        before = order.invoice_ids
        wizard = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        wizard.create({"advance_payment_method": "delivered", "sale_order_ids": order.ids, **vals}).create_invoices()
        invoice = order.invoice_ids - before
        invoice.invoice_date = self.today()
        if post:
            invoice.action_post()
        return invoice

    def down_payment(self, order, percent=None, amount=None, **vals):
        """Invoice a down payment of an order."""
        chosen = {"amount": percent} if percent else {"fixed_amount": amount}
        return self.invoice_order(order, advance_payment_method="percentage" if percent else "fixed", **chosen, **vals)

    # === THE BOOKS, ACCOUNT FOR THEMSELVES === #

    def proof(self):
        """Add the down payments that wait, added up from the orders' own lines."""
        proof = super().proof()
        for account_id, amount in self.query(
            """SELECT item.account_id, -SUM(item.balance)
                 FROM sale_order_line ordered
                 JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = ordered.id
                 JOIN account_move_line item ON item.id = invoiced.invoice_line_id
                WHERE ordered.is_downpayment AND item.parent_state = 'posted' GROUP BY 1"""
        ):
            account = self.env["account.account"].browse(account_id)
            if account in proof:
                held, balance = proof[account]
                proof[account] = (self.currency.round(held + float(amount)), balance)
        return proof

    def assertProved(self):
        """Check the books by both accounts: ours in SQL, and the module's proof, per customer too."""
        self.assertBooksAgree()
        self.env.flush_all()
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})
        assert_sums(self)

    def assertUsedUp(self, lot, revenue=1200.0):
        """Let ten visits happen: the balance post ends at 0.00 and the revenue is what was paid."""
        for _visit in range(lot.credits_available):
            self.visit(patient=lot.partner_id)
        self.release()
        self.assertProved()
        self.assertEqual((lot.state, self.balance(self.liability)), ("used_up", 0.0))
        self.assertEqual(self.balance(self.income), -revenue)
