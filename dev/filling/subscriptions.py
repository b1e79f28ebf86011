"""Subscriptions."""

import base64
from datetime import date, timedelta

from .packages import Packages


class Subscriptions(Packages):
    """Subscriptions in every state, with seats, usage, discounts, changes and collections."""

    def organisation(self, name, administrators=None, **vals):
        return self.make(
            "res.partner",
            name=name,
            is_company=True,
            email=f"{name.lower().replace(' ', '.')}@example.com",
            practice_administrator_ids=administrators.partner_id if administrators else False,
            **{**self.address, **vals},
        )

    def subscribe(self, organisation, plan, seats=("Standard",), code=None, **vals):
        if isinstance(organisation, str):
            organisation = self.organisation(organisation)
        subscription = self.make("practice.subscription", organisation_id=organisation.id, plan_id=plan.id, **vals)
        for name in seats:
            self.seat(subscription, name)
        if code:
            code._redeem(subscription)
        return subscription

    def seat(self, subscription, name, **vals):
        person = self.make("res.partner", name=f"{name} of {subscription.organisation_id.name}")
        defaults = {"date_from": self.today, "kind": "student" if name == "Student" else "standard"}
        return self.make(
            "practice.subscription.seat",
            subscription_id=subscription.id,
            practitioner_id=person.id,
            **{**defaults, **vals},
        )

    def use(self, subscription, kind, quantity, reference):
        self.env["practice.subscription.usage"].record(subscription.id, kind, quantity, reference, str(self.today))

    def save_method(self, subscription, outcome):
        """Save a card whose payments end as ``outcome``."""
        token = self.make(
            "payment.token",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            partner_id=subscription.organisation_id.id,
            payment_details="4242",
            provider_ref="card",
            demo_simulated_state=outcome,
        )
        subscription._set_payment_token(token)

    def begin_subscriptions(self):
        self.bridge = self.subscribe("De Brug", self.standard, ("Standard", "Colleague"), self.welcome)
        self.seat(self.bridge, "Student", student_until=date(2026, 3, 1))
        self.save_method(self.bridge, "done")
        self.yearly = self.subscribe("Kompas", self.blended, interval="year", date_start=self.today, trial_end=False)
        self.unpaid = self.subscribe("Smaakvol", self.starter)
        self.paused = self.subscribe("Van Hove", self.starter)
        self.left = self.subscribe("De Vlieger", self.standard)
        self.ending = self.subscribe("Samenspraak", self.standard, code=self.network)
        self.subscribe("De Wende", self.blended)  # a trial that expires
        self.pending = self.subscribe("Bewegen", self.starter)
        self.save_method(self.pending, "pending")
        self.refused = self.subscribe("Zuiderlicht", self.starter)
        self.save_method(self.refused, "cancel")
        self.failing = self.subscribe("Klankrijk", self.starter)
        self.save_method(self.failing, "error")
        self.subscribe(self.bert, self.membership, ())
        self.subscribe(self.organisation("Morgenster", street=False, zip=False, city=False), self.standard)

    def sign_a_mandate(self):
        """An organisation signs a mandate for direct debit."""
        self.bank.bank_account_id = self.make(
            "res.partner.bank", acc_number="BE71096123456769", partner_id=self.company.partner_id.id
        )
        provider = self.env.ref("practice_billing.payment_provider_sepa").copy({"company_id": self.company.id})
        provider.write({"state": "test", "sepa_creditor_identifier": "BE68ZZZ0123456789"})
        provider.journal_id = self.bank
        self.bank.inbound_payment_method_line_ids.payment_account_id = self.outstanding
        self.debited = self.subscribe("Lentebries", self.standard, trial_end=False)
        mandate = self.env["practice.sepa.mandate"]._sign(
            provider,
            self.debited.organisation_id,
            self.env.ref("payment.payment_method_sepa_direct_debit"),
            holder="Lentebries",
            iban="BE68539007547034",
        )
        self.debited._set_payment_token(mandate.token_id)

    def hear_from_the_bank(self):
        """The bank gets a file, and speaks of a collection that is none of ours."""
        self.env["practice.sepa.batch"].search([("state", "=", "draft")])[-1:].action_mark_uploaded()
        content = (
            "<Document><CstmrPmtStsRpt><GrpHdr><MsgId>1</MsgId></GrpHdr><OrgnlPmtInfAndSts><TxInfAndSts>"
            "<OrgnlEndToEndId>OTHER</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
            "</CstmrPmtStsRpt></Document>"
        )
        self.env["practice.sepa.message"].load_file("answer.xml", base64.b64encode(content.encode()).decode())

    def use_subscriptions(self):
        self.use(self.bridge, "file", 2, "file-1")
        self.use(self.bridge, "questionnaire", 5, "questionnaire-1")
        self.use(self.unpaid, "file", 1, "file-1")
        self.seat(self.bridge, "Newcomer")
        self.bridge.seat_ids.sorted("id")[1].date_to = self.today

    def pay_subscriptions(self):
        """Some pay by transfer; others are left to the reminders."""
        members = self.env["practice.subscription"].search([("plan_id", "=", self.membership.id)])
        paying = self.yearly | self.left | self.ending | self.paused | members
        self.pay(paying.period_ids.move_id.filtered(lambda move: move.payment_state == "not_paid"))

    def change_subscriptions(self):
        """Change plans, pause, cancel."""
        self.wizard(
            "practice.subscription.change",
            "action_change",
            subscription_id=self.pending.id,
            plan_id=self.standard.id,
            interval="month",
        )
        self.wizard(
            "practice.subscription.change",
            "action_change",
            subscription_id=self.bridge.id,
            plan_id=self.starter.id,
            interval="month",
        )
        self.paused.action_pause()
        cancel = {"model": "practice.subscription.cancel", "action": "action_cancel_subscription"}
        self.wizard(**cancel, subscription_id=self.left.id, when="now", reason="price", credit_unused=True)
        self.wizard(**cancel, subscription_id=self.ending.id, when="period_end", reason="closed", note="Retires")

    def end_of_story(self):
        """What is under way on the last day: usage, a trial, an invoice overdue since today, an announced price."""
        self.use(self.bridge, "file", 4, "file-2")
        self.subscribe("Noorderwind", self.blended)
        late = self.subscribe("De Kade", self.starter)
        [invoice] = late._bill_now()
        invoice.invoice_date_due = self.today - timedelta(days=1)
        self.company.practice_price_notice_days = 60
        self.make(
            "practice.plan.price", plan_id=self.starter.id, amount=17.0, date_from=self.today + timedelta(days=10)
        )
        self.run("subscription_time")
        self.env["practice.subscription.forecast"].action_open()
