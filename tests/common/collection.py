"""What the tests of charging share: an organisation with an administrator and a saved card, and the charging run."""

from .payments import PaymentMixin
from .subscriptions import SubscriptionCase


class CollectionCase(PaymentMixin, SubscriptionCase):
    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_provider()
        cls.company.practice_retry_days = "3, 5, 7"
        cls.organisation = cls.make_organisation()
        cls.administrator = cls.make_patient("An Admin", parent_id=cls.organisation.id)
        cls.organisation.practice_administrator_ids = cls.administrator
        return result

    def subscribe_with(self, outcome="done", **vals):
        """Make a subscription of the organisation with a saved card whose payments end as ``outcome``."""
        subscription = self.subscribe(organisation=self.organisation, **vals)
        subscription._set_payment_token(self.make_token(self.organisation, outcome))
        return subscription

    def bill_one(self, subscription):
        """Bill what is due and return its only invoice."""
        move = self.bill(subscription)
        self.assertEqual(len(move), 1)
        return move.sudo()

    def collect(self, on=None):
        """Let the run that charges do its work, on day ``on`` if given."""
        if on:
            self.go_to(on)
        self.run_cron("ir_cron_collect")

    def mails(self, template, record):
        """Return the mails of ``template`` about ``record``, oldest first."""
        subject = (
            self.env.ref(f"practice_billing.{template}")
            .with_context(lang="en_US")
            ._render_field("subject", record.ids)[record.id]
        )
        mails = self.env["mail.mail"].search([("res_id", "=", record.id), ("model", "=", record._name)], order="id")
        return mails.filtered(lambda mail: mail.subject == subject)

    def problems(self, subscription):
        kind = self.env.ref("practice_billing.mail_activity_type_payment")
        return subscription.activity_ids.filtered(lambda it: it.activity_type_id == kind)
