from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.orders import OrderMixin
from ..common.practice import PracticeCase


@tagged("post_install", "-at_install")
class TestPointOfSale(OrderMixin, PracticeCase):
    """The till makes no invoice, so it sells no package; whatever it sells all the same strands nothing."""

    needs = ("sale.order", "pos.session")
    refused = "credits come with an invoice"

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cash = cls.env["account.journal"].create({"name": "PB cash", "code": "PBCSH", "type": "cash"})
        cls.cash = cls.env["pos.payment.method"].create({"name": "PB cash", "journal_id": cash.id})
        cls.till = cls.env["pos.config"].create({"name": "Desk", "payment_method_ids": [Command.set(cls.cash.ids)]})
        return result

    def open_till(self):
        self.till.open_ui()
        session = self.till.current_session_id
        session.set_opening_control(0, None)
        return session

    def sell_at_till(self, session, price=1200.0, **vals):
        """Sell the package for cash, as a program may: the screen of the till does not show it."""
        line = {"product_id": self.product.id, "qty": 1, "price_unit": price, "name": "x", "tax_ids": []}
        line |= {"price_subtotal": price, "price_subtotal_incl": price, **vals.pop("line", {})}
        amounts = {"amount_tax": 0, "amount_total": price, "amount_paid": 0, "amount_return": 0}
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "company_id": self.company.id,
                "partner_id": self.patient.id,
                "pricelist_id": False,
                "lines": [Command.create(line)],
                **amounts,
                **vals,
            }
        )
        order.add_payment({"pos_order_id": order.id, "amount": price, "payment_method_id": self.cash.id})
        order.action_pos_order_paid()
        return order

    # === REFUSED === #

    def test_a_package_product_cannot_be_made_available(self):
        for record in (self.product, self.product.product_tmpl_id):
            with self.assertRaisesRegex(UserError, self.refused):
                record.available_in_pos = True

    def test_an_available_product_cannot_get_a_package(self):
        self.book.available_in_pos = True
        with self.assertRaisesRegex(UserError, "Book sells credits of Ten sessions"):
            self.book.write({"package_id": self.package.id, "package_credits": 10})
        sells = {"package_id": self.package.id, "package_credits": 10, "available_in_pos": False}
        self.book.product_tmpl_id.write(sells)
        self.assertEqual(self.book.package_id, self.package)

    def test_none_is_created_or_imported_with_both(self):
        values = {"name": "Both", "package_id": self.package.id, "available_in_pos": True}
        for model in ("product.product", "product.template"):
            with self.assertRaisesRegex(UserError, self.refused):
                self.env[model].create(values)
        with self.assertRaisesRegex(UserError, self.refused):
            self.product.with_context(default_available_in_pos=True).create(
                {"name": "From the menu of the till", "package_id": self.package.id}
            )
        answer = self.env["product.template"].load(
            ["name", "package_id/.id", "available_in_pos"], [["Imported", str(self.package.id), "True"]]
        )
        self.assertFalse(answer["ids"])
        self.assertIn(self.refused, answer["messages"][0]["message"])

    def test_a_copy_is_not_available_either(self):
        self.assertFalse(self.product.copy().available_in_pos)

    def test_whoever_makes_products_is_told_without_rights_on_packages(self):
        creator = self.env["res.users"].create(
            {
                "name": "Creator",
                "login": "pb_creator",
                "group_ids": [Command.set(self.env.ref("product.group_product_manager").ids)],
            }
        )
        with self.assertRaisesRegex(UserError, self.refused):
            self.product.with_user(creator).available_in_pos = True

    def test_what_sells_no_package_is_as_before(self):
        self.book.available_in_pos = True
        self.assertTrue(self.book.available_in_pos)

    # === SOLD ALL THE SAME, OVER RPC OR FROM AN ORDER === #

    def test_the_till_does_not_book_on_the_balance_post(self):
        session = self.open_till()
        self.sell_at_till(session)
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        self.assertEqual((self.balance(self.liability), self.balance(self.income)), (0.0, -1200.0))
        self.assertIn("credits come with an invoice", session.move_id.activity_ids.note)
        self.assertFalse(self.env["practice.credit.lot"].search([("partner_id", "=", self.patient.id)]))
        self.assertProved()

    def test_an_order_that_is_settled_at_the_till_without_invoice_is_told_and_can_be_invoiced(self):
        order, session = self.order(), self.open_till()
        origin = {"sale_order_origin_id": order.id, "sale_order_line_id": order.order_line.id}
        sold = self.sell_at_till(session, line=origin)
        session.action_pos_session_closing_control()
        activity = session.move_id.activity_ids
        self.assertEqual(activity.user_id, self.company._practice_get_responsible())
        self.assertIn(sold.name, activity.note)
        sold._generate_pos_order_invoice()
        lot = self.lot_of(sold.account_move)
        self.assertLot(lot, partner_id=self.patient, state="active", available=10, value=1200.0)
        self.assertUsedUp(lot)

    def test_an_invoice_made_at_the_till_gives_credits(self):
        session = self.open_till()
        order = self.sell_at_till(session, to_invoice=True)
        invoice = order._generate_pos_order_invoice() and order.account_move
        lot = self.lot_of(invoice)
        self.assertLot(lot, partner_id=self.patient, available=10, value=1200.0)
        self.assertProved()
        session.action_pos_session_closing_control()
        self.assertLot(lot, state="active")
        self.assertUsedUp(lot)
