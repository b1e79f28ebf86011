"""The portal."""

from datetime import timedelta

from odoo.fields import Command

from .subscriptions import Subscriptions


class Portal(Subscriptions):
    """What patients and organisations do on the portal, without its pages."""

    def buy(self, way, patient):
        """Buy ten sessions as a parent does; return the purchase."""
        user = self.parent.with_user(self.parent).env.user
        products = user.env["product.product"]._practice_get_portal_products(user)
        offer = (products & self.ten)._practice_get_portal_offers(user)[self.ten]
        terms = self.ten.package_id._get_terms_fingerprint()
        order = user.env["account.move"]._practice_order_package(user, offer, patient, way=way, terms=terms)
        return order.with_user(self.env.user)

    def begin_payment(self, **vals):
        return self.make(
            "payment.transaction",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            currency_id=self.company.currency_id.id,
            **{"operation": "online_direct", **vals},
        )

    def answer(self, transaction, state):
        """Let the provider say what became of a payment."""
        facts = {"reference": transaction.reference, "simulated_state": state, "payment_details": "4242"}
        transaction._process("demo", facts)
        transaction._post_process()

    def buy_and_book(self):
        buyer = self.parent.partner_id
        paid = self.buy("online", self.child)
        paid._practice_check_payable()
        for number, state in enumerate(("error", "done")):
            transaction = self.begin_payment(
                reference=f"order-{paid.id}-{number}",
                amount=paid._practice_get_order_amount(),
                partner_id=buyer.id,
                invoice_ids=[Command.set(paid.ids)],
            )
            self.answer(transaction, state)
        self.buy("invoice", buyer)
        times = self.session._get_free_times(self.therapist, self.child)[self.therapist]
        booked = self.session._book(self.therapist, self.child, times[3], buyer)
        booked._practice_move_by_patient(self.therapist, times[5], buyer)
        cancelled = self.session._book(self.therapist, self.child, times[8], buyer)
        cancelled._practice_cancel_by_patient(known_cost=cancelled._practice_get_cancel_cost())
        self.buy("online", self.child)

    def check_out(self):
        """An organisation ends its trial by paying; another choice waits."""
        organisation = self.organisation("De Overkant", administrators=self.boss)
        self.subscribe(organisation, self.standard, trial_end=self.today + timedelta(days=5))
        checkout = self.start_checkout(organisation, self.standard, "NETWORK")
        self.accept_terms(organisation)
        transaction = self.begin_payment(
            reference=f"checkout-{checkout.id}",
            amount=checkout.with_user(self.boss).sudo()._begin_payment(),
            partner_id=organisation.id,
            tokenize=True,
            practice_checkout_id=checkout.id,
        )
        self.answer(transaction, "done")
        self.start_checkout(self.organisation("De Twijfel", administrators=self.boss), self.starter, False)

    def accept_terms(self, organisation):
        """Accept what an organisation has to accept before it pays."""
        self.make("practice.terms", name="Processing agreement", terms="<p>We process as you say.</p>")
        organisation = organisation.with_user(self.boss).sudo()
        terms = organisation._practice_get_open_terms_sudo(self.company, self.standard)
        fingerprints = [it._get_terms_fingerprint() for it in terms]
        organisation._practice_accept_terms(self.company, self.standard, fingerprints)

    def start_checkout(self, organisation, plan, code):
        organisation = organisation.with_user(self.boss).sudo()
        checkouts = organisation.env["practice.subscription.checkout"]
        checkout = checkouts._start_sudo(organisation, self.company, plan, "month")
        if code:
            checkout.env["practice.code.attempt"]._count(organisation, "192.0.2.1")
            checkout._set_code(code)
        checkout = checkouts._get_open_sudo(organisation, self.company)
        checkout._refresh_amount()
        return checkout.with_user(self.env.user).sudo()
