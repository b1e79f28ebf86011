"""What the tests of purchases on the portal share: what is sold there, and a provider by which it is paid."""

from odoo.fields import Command

from .pages import FamilyMixin


class ShopMixin(FamilyMixin):
    """The practice sells its package on the portal, with Odoo's demo payment provider."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.package.terms = "<p>Credits are valid for two years.</p>"
        cls.product.practice_published = True
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider.write({"state": "test", "is_published": True, "journal_id": cls.bank.id})
        line = cls.bank.inbound_payment_method_line_ids.filtered("payment_provider_id")
        line.payment_account_id = cls.outstanding
        cls.method = cls.provider.payment_method_ids[:1]
        return result

    def orders(self, user=None):
        moves = self.env["account.move"]
        return moves.search(moves._practice_get_order_domain(user or self.parent_user), order="id")

    def login(self, user=None):
        """Return the user as its own requests see it."""
        user = user or self.parent_user
        return user.with_user(user).env.user

    def offer(self, product=None, user=None):
        user, product = self.login(user), product or self.product
        products = user.env["product.product"]._practice_get_portal_products(user)
        return (products & product)._practice_get_portal_offers(user).get(product)

    def order(self, patient=None, product=None, user=None, way="online", **vals):
        """Buy as the login would, without its pages."""
        user, product = self.login(user), product or self.product
        terms = vals.get("terms", product.package_id._get_terms_fingerprint())
        moves = user.env["account.move"]
        order = moves._practice_order_package(
            user, self.offer(product, user), patient or user.partner_id, way=way, terms=terms
        )
        return order.with_user(self.env.user)

    def transaction(self, order, state=None, **vals):
        """Begin the payment of a purchase, and let the provider say how it went."""
        transaction = order.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"PB-{order.id}-{len(order.transaction_ids)}",
                "amount": order._practice_get_order_amount(),
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(order.ids)],
                **vals,
            }
        )
        if state:
            self.answer(transaction, state)
        return transaction

    def answer(self, transaction, state, process=True):
        """Let the provider report ``state``; then, as its cron or the browser does, let Odoo process it."""
        transaction._process("demo", {"reference": transaction.reference, "simulated_state": state})
        if process and not transaction.is_post_processed:
            transaction._post_process()
        self.env.flush_all()

    def sent(self, order):
        """Return how often the invoice was handed to Odoo's send queue: once or never."""
        return int(bool(order.sending_data))

    def assertPaid(self, order, credits=10):
        self.assertEqual((order.state, order._practice_get_order_state()), ("posted", "paid"))
        self.assertLot(self.lot_of(order), state="active", available=credits, total=credits)
        self.assertBooksAgree()
