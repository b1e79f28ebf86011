from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.orders import OrderMixin
from ..common.pages import PagesMixin
from ..common.payments import PaymentMixin

#: What a buyer reads of a package, wherever an order says what it is about.
TOLD = "Credits: 10 of Ten sessions per unit. They come with the invoice and can be used once it is paid."


@tagged("post_install", "-at_install")
class TestShop(OrderMixin, PaymentMixin, PagesMixin, HttpCase):
    """The website shop: a paid order gives credits with its invoice, which Odoo makes at once or leaves to people."""

    needs = ("sale.order", "website")

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_provider()
        cls.website = cls.env["website"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.buyer_user = new_test_user(
            cls.env, "pb_buyer", "base.group_portal", name="Buyer", email="buyer@example.com", lang="en_US"
        )
        cls.buyer = cls.buyer_user.partner_id
        cls.product.write({"is_published": True, "sale_ok": True})
        return result

    def set_automatic(self, automatic):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", str(automatic))

    def buy(self):
        """Order a package in the shop and pay it online."""
        order = self.order(customer=self.buyer, confirm=False, website_id=self.website.id)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"{order.name}-1",
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.buyer.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        self.notify(transaction, "done")
        self.assertEqual(order.state, "sale")
        return order

    def test_with_automatic_invoices_the_paid_order_gives_credits(self):
        self.set_automatic(True)
        order = self.buy()
        self.assertEqual((order.invoice_ids.state, order.invoice_ids.amount_residual), ("posted", 0.0))
        self.assertLot(self.lot_of(order.invoice_ids), partner_id=self.buyer, state="active", available=10)
        self.assertProved()
        self.log_in(self.buyer_user)
        page = self.page("/my/packages")
        self.assertIn("10</strong> left", page)
        self.assertNotIn("not invoiced yet", page)

    def test_without_them_the_buyer_is_told_that_credits_come_with_the_invoice(self):
        self.set_automatic(False)
        order = self.buy()
        self.assertFalse(order.invoice_ids)
        self.assertFalse(self.env["practice.credit.lot"].search([("partner_id", "=", self.buyer.id)]))
        self.log_in(self.buyer_user)
        page = self.page("/my/packages")
        self.assertIn("Ordered, not invoiced yet", page)
        self.assertIn(order.name, page)
        self.assertIn(TOLD, self.page(order.get_portal_url()))
        invoice = self.invoice_order(order)
        self.assertNotIn("Ordered, not invoiced yet", self.page("/my/packages"))
        # Odoo settles the invoice with what was paid for its order.
        self.assertLot(self.lot_of(invoice), partner_id=self.buyer, state="active", available=10)
        self.assertProved()

    def test_the_cart_and_the_printed_order_say_it(self):
        self.set_automatic(False)
        cart = self.order(customer=self.buyer, confirm=False, website_id=self.website.id)
        self.assertIn(TOLD, cart.order_line.name)
        self.authenticate("pb_buyer", "pb_buyer", session_extra={"sale_order_id": cart.id})
        self.assertIn(TOLD, self.page("/shop/cart"))
        printed = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", cart.ids)[0].decode()
        self.assertIn(TOLD, printed)

    def test_nobody_sees_the_orders_of_others(self):
        self.set_automatic(False)
        self.order(customer=self.patient)
        self.log_in(self.buyer_user)
        self.assertNotIn("not invoiced yet", self.page("/my/packages"))

    def test_other_products_are_described_as_before(self):
        line = self.order(self.book, confirm=False).order_line
        self.assertEqual(line.name, "Book")
