"""What the tests of the organisation's portal share: an organisation whose administrator has a login, a provider."""

from odoo.fields import Command
from odoo.tests import new_test_user

from .payments import PaymentMixin
from .subscriptions import SubscriptionMixin


class OrganisationMixin(PaymentMixin, SubscriptionMixin):
    """*De Brug* with an administrator, two practitioners and Odoo's demo provider; all plans are published."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.env["payment.provider"].search([("company_id", "=", cls.company.id)]).state = "disabled"
        cls.setup_provider()
        cls.standard.description = "As many files as you like"
        (cls.standard | cls.starter | cls.blended).published = True
        cls.organisation = cls.make_organisation("De Brug")
        cls.boss = cls.make_login("pb_boss", "Bea Boss", parent_id=cls.organisation.id)
        cls.organisation.practice_administrator_ids = cls.boss.partner_id
        cls.an = cls.make_login("pb_an", "An", parent_id=cls.organisation.id)
        cls.other = cls.make_organisation("De Overkant")
        cls.rival = cls.make_login("pb_rival", "Rik Rival", parent_id=cls.other.id)
        cls.other.practice_administrator_ids = cls.rival.partner_id
        return result

    @classmethod
    def make_login(cls, login, name, **vals):
        user = new_test_user(cls.env, login, "base.group_portal", name=name, email=f"{login}@example.com")
        user.write({"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]})
        user.partner_id.write({"lang": "en_US", **vals})
        return user

    @classmethod
    def make_trial(cls, plan=None, organisation=None, people=None):
        """Make a subscription in trial with the seats of ``people`` (An and Bert by default)."""
        organisation = organisation or cls.organisation
        subscription = cls.env["practice.subscription"].create(
            {
                "organisation_id": organisation.id,
                "plan_id": (plan or cls.standard).id,
                "trial_end": cls.company._practice_day(),
            }
        )
        bert = cls.env["res.partner"].create(
            {"name": "Bert", "email": "bert@example.com", "parent_id": organisation.id}
        )
        for person in people if people is not None else cls.an.partner_id | bert:
            cls.env["practice.subscription.seat"].create(
                {
                    "subscription_id": subscription.id,
                    "practitioner_id": person.id,
                    "date_from": cls.company._practice_day(),
                }
            )
        return subscription

    def checkout(self, plan=None, interval="month", code=None, organisation=None, user=None):
        """Choose a plan as an administrator does; return the checkout with its amount."""
        organisation = (organisation or self.organisation).with_user(user or self.boss).sudo()
        checkouts = organisation.env["practice.subscription.checkout"]
        checkout = checkouts._start_sudo(organisation, self.company, plan or self.standard, interval)
        if code:
            checkout._set_code(code)
            checkout = checkouts._get_open_sudo(organisation, self.company)
        checkout._refresh_amount()
        return checkout

    def begin(self, checkout, operation="online_direct", **vals):
        """Begin a payment as the page does; return the transaction, which is a draft."""
        amount = checkout._begin_payment()
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": f"{checkout.id}-{checkout.attempts}",
                "amount": amount,
                "currency_id": checkout.currency_id.id,
                "partner_id": checkout.organisation_id.commercial_partner_id.id,
                "operation": operation if amount else "validation",
                "tokenize": True,
                "practice_checkout_id": checkout.id,
                **vals,
            }
        )

    def notify(self, transaction, outcome, follow=True):
        """Let the provider say what became of a payment; then Odoo follows it, browser or not."""
        transaction._process(
            "demo",
            {"reference": transaction.reference, "simulated_state": outcome, "payment_details": "4242"},
        )
        if follow:
            transaction._post_process()
        self.env.flush_all()
        self.env.invalidate_all()

    def pay_checkout(self, checkout, outcome="done"):
        transaction = self.begin(checkout)
        self.notify(transaction, outcome)
        return transaction
