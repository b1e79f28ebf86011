"""What the tests of access share: one user of each role, a record of each model, and the doors from outside."""

import base64
from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, new_test_user

from .direct_debit import DirectDebitMixin
from .pages import PagesMixin
from .practice import NOW
from .subscriptions import SubscriptionMixin


class RolesMixin(DirectDebitMixin, SubscriptionMixin):
    """One user of each role, and one record of each model that they may want to see or change."""

    now = NOW

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.public = cls.env.ref("base.public_user")
        cls.lot = cls.env["practice.credit.lot"]._grant(
            [
                {
                    "partner_id": cls.patient.id,
                    "payer_id": cls.patient.id,
                    "package_id": cls.package.id,
                    "company_id": cls.company.id,
                    "origin": "import",
                    "date": "2026-01-01",
                    "credits": 5,
                    "value": 375.0,
                    "internal_rate": 75.0,
                    "deferred_account_id": cls.liability.id,
                }
            ]
        )
        cls.package.terms = "<p>Credits are valid for two years.</p>"
        cls.terms = cls.package._get_terms_version_sudo()
        start = Datetime.now() - timedelta(days=1)
        cls.event = cls.env["calendar.event"].create(
            {
                "name": "Secret session",
                "practice_appointment_type_id": cls.type.id,
                "patient_id": cls.patient.id,
                "start": start,
                "stop": start + timedelta(hours=1),
                "user_id": cls.manager.id,
            }
        )
        cls.event.attendance = "attended"
        notices = cls.env["practice.appointment.notice"]
        vals = notices._prepare_vals(cls.event, cls.patient, cls.patient, "confirmation", start)
        cls.notice = notices.create({**vals, "state": "sent", "sent_date": start})
        cls.absence = cls.make_absence()
        cls.offer = cls.make_offer()
        cls.data_import = cls.make_data_import()
        cls.statement = cls.make_statement()
        cls.care_statement = cls.make_care_statement()
        cls.vat_document = cls.make_vat_document()
        cls.code = cls.make_code(duration="forever")
        cls.subscription = cls.subscribe(cls.starter, seats=("An",), code=cls.code)
        cls.usage = cls.env["practice.subscription.usage"].create(
            {"subscription_id": cls.subscription.id, "kind_id": cls.file.id, "reference": "file 1"}
        )
        cls.subscription._bill_now()
        cls.delivery = cls.env["practice.webhook.delivery"].create(
            {"subscription_id": cls.subscription.id, "payload": "{}"}
        )
        cls.attempt = cls.env["practice.code.attempt"].create(
            {"key": "address 192.0.2.1", "since": "2026-01-15 12:00:00", "tries": 1}
        )
        cls.checkout = cls.env["practice.subscription.checkout"].create(
            {
                "organisation_id": cls.subscription.organisation_id.id,
                "company_id": cls.company.id,
                "plan_id": cls.starter.id,
                "interval": "month",
            }
        )
        cls.acceptance = cls.make_acceptance()
        cls.voucher = cls.make_voucher()
        cls.setup_direct_debit()
        cls.debit_file = cls.make_debit(cls.patient).provider_id._practice_make_sepa_files()
        cls.answer = cls.load(
            cls, cls.say_rejected(cls, cls.debit_file, cls.debit_file.transaction_ids).replace("PB-1", "X")
        )
        cls.closing = cls.env["practice.month.closing"].create({"month": "2025-12-01"})
        cls.env.flush_all()

    @classmethod
    def make_absence(cls):
        """Make a draft of an absence of the administrator, in which an appointment without credits is planned."""
        free = cls.env["practice.appointment.type"].create({"name": "Free of charge"})
        start = Datetime.now() + timedelta(days=40)
        cls.plan(cls, start=start, appointment_type=free, user_id=cls.manager.id)
        span = {"date_from": start, "date_to": start + timedelta(hours=1)}
        absence = cls.env["practice.absence"].create({"practitioner_id": cls.manager.id, "reason": "Flu", **span})
        cls.env.flush_all()
        return absence

    @classmethod
    def make_offer(cls):
        """Offer a patient a time that came free, without credits and without an e-mail."""
        free = cls.env["practice.appointment.type"].create({"name": "Waited for"})
        start = Datetime.now() + timedelta(days=50)
        entry = cls.env["practice.waiting"].create({"patient_id": cls.patient.id, "appointment_type_id": free.id})
        place = cls.env["practice.waiting.place"].create(
            {
                "appointment_type_id": free.id,
                "practitioner_id": cls.front_desk.id,
                "start": start,
                "stop": start + timedelta(hours=1),
            }
        )
        return cls.env["practice.waiting.offer"]._make_sudo(entry, place)

    @classmethod
    def make_data_import(cls):
        """Import a file of which one row is good."""
        file = base64.b64encode(b"Reference;Name\nP-1;Zoe Maes\nP-2;\n")
        data_import = cls.env["practice.data.import"].create({"kind": "patient", "filename": "x.csv", "file": file})
        data_import.user_id = cls.manager
        data_import._import_now()
        return data_import

    @classmethod
    def make_acceptance(cls):
        """Accept terms for the organisation of the subscription, as its administrator would."""
        cls.env["practice.terms"].create({"name": "Processing agreement", "terms": "<p>We process as you say.</p>"})
        organisation, user = cls.subscription.organisation_id, cls.manager
        organisation.practice_administrator_ids = user.partner_id
        theirs = organisation.with_user(user).sudo()
        terms_sudo = theirs._practice_get_open_terms_sudo(cls.company, cls.starter)
        theirs._practice_accept_terms(cls.company, cls.starter, [terms_sudo._get_terms_fingerprint()])
        organisation.practice_administrator_ids = False
        return organisation._practice_get_agreed(cls.company)

    @classmethod
    def make_voucher(cls):
        """Sell a package as a gift."""
        gift = {"practice_voucher_ids": [Command.create({"receiver_name": "Somebody"})]}
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.patient.id,
                "invoice_line_ids": [Command.create({"product_id": cls.product.id, **gift})],
            }
        )
        invoice.action_post()
        return invoice.practice_voucher_ids

    @classmethod
    def make_statement(cls):
        """State what the front desk, who gave a visit last month, gets for it; confirmed, so that they see it."""
        rule = cls.env["practice.pay.rule"].create({"percentage": 50.0, "date_from": "2026-01-01"})
        start = Datetime.now() - timedelta(days=30)
        visit = cls.plan(cls, start=start, user_id=cls.front_desk.id)
        visit.attendance = "attended"
        month = start.date().replace(day=1)
        statement = rule.env["practice.pay.statement"]._make(cls.company, month)
        statement.action_confirm()
        return statement

    @classmethod
    def make_care_statement(cls):
        """State to an insurer a visit that its patient had last month with credits that were given."""
        patient = cls.make_patient("Insured Irma", practice_insurance_number="85.07.30-033.28")
        insurer = cls.make_patient("PB insurer")
        lot = {"origin": "gift", "date": "2026-01-01", "credits": 5, "package_id": cls.package.id}
        people = {"partner_id": patient.id, "payer_id": patient.id, "company_id": cls.company.id}
        cls.env["practice.credit.lot"]._grant([{**lot, **people}])
        visit = cls.plan(cls, patient, Datetime.now() - timedelta(days=30, hours=3), user_id=cls.front_desk.id)
        visit.attendance = "attended"
        arrangement = cls.env["practice.payer.arrangement"].create(
            {
                "patient_id": patient.id,
                "payer_id": insurer.id,
                "percentage": 75.0,
                "date_from": "2026-01-01",
                "needs_numbers": False,
            }
        )
        return arrangement._make_until(Datetime.now().date())

    @classmethod
    def make_vat_document(cls):
        """Make an invoice of visits that is still to be made, and of none."""
        vals = {"company_id": cls.company.id, "partner_id": cls.patient.id, "kind": "out_invoice"}
        return cls.env["practice.vat.document"].create({**vals, "date": Datetime.now().date()})

    def samples(self):
        """Return a record of each model of the module."""
        period = self.subscription.period_id
        return {
            "practice.package": self.package,
            "practice.package.terms": self.terms,
            "practice.terms": self.acceptance.terms_id,
            "practice.terms.version": self.acceptance.version_id,
            "practice.terms.acceptance": self.acceptance,
            "practice.appointment.type": self.type,
            "practice.room": self.env["practice.room"].create({"name": "Room 1"}),
            "practice.appointment.notice": self.notice,
            "practice.absence": self.absence,
            "practice.absence.line": self.absence.line_ids,
            "practice.pay.rule": self.statement.line_ids.rule_id,
            "practice.pay.statement": self.statement,
            "practice.pay.line": self.statement.line_ids,
            "practice.payer.arrangement": self.care_statement.arrangement_id,
            "practice.care.statement": self.care_statement,
            "practice.care.statement.line": self.care_statement.line_ids,
            "practice.waiting": self.offer.waiting_id,
            "practice.waiting.place": self.offer.place_id,
            "practice.waiting.offer": self.offer,
            "practice.credit.lot": self.lot,
            "practice.credit.import": self.env["practice.credit.import"].create(
                {"partner_id": self.patient.id, "package_id": self.package.id}
            ),
            "practice.data.import": self.data_import,
            "practice.data.import.problem": self.data_import.problem_ids,
            "practice.import.key": self.env["practice.import.key"].search([("import_id", "=", self.data_import.id)]),
            "practice.gift.voucher": self.voucher,
            "practice.sepa.mandate": self.debit_file.transaction_ids.token_id._practice_get_mandate_sudo(),
            "practice.sepa.batch": self.debit_file,
            "practice.sepa.message": self.answer,
            "practice.sepa.message.line": self.answer.line_ids,
            "practice.credit.move": self.lot.move_ids[:1],
            "practice.balance.post": self.env["practice.balance.post"].search(
                [("account_id", "=", self.liability.id), ("company_id", "=", self.company.id)]
            ),
            "practice.month.closing": self.closing,
            "practice.vat.document": self.vat_document,
            "practice.revenue.release": self.lot.move_ids.release_ids[:1],
            "practice.plan": self.starter,
            "practice.plan.price": self.starter.price_ids[:1],
            "practice.plan.usage.price": self.starter.usage_price_ids,
            "practice.usage.kind": self.file,
            "practice.subscription": self.subscription,
            "practice.subscription.seat": self.subscription.seat_ids,
            "practice.subscription.licence": period.licence_ids,
            "practice.subscription.usage": self.usage,
            "practice.subscription.period": period,
            "practice.subscription.checkout": self.checkout,
            "practice.webhook.delivery": self.delivery,
            "practice.code.attempt": self.attempt,
            "practice.discount.code": self.code,
            "practice.discount.redemption": self.subscription.redemption_ids,
            "practice.reminder.step": self.env["practice.reminder.step"].search(
                [("company_id", "=", self.company.id)], limit=1
            ),
            "practice.reminder": self.make_reminder(period.move_id),
            "practice.price.announcement": self.env["practice.price.announcement"].create(
                {
                    "subscription_id": self.subscription.id,
                    "plan_id": self.subscription.plan_id.id,
                    "interval": "month",
                    "first_day": "2026-03-15",
                }
            ),
        }

    def make_reminder(self, invoice):
        return self.env["practice.reminder"].create(
            {
                "subscription_id": self.subscription.id,
                "move_id": invoice.id,
                "step_name": "3 days after the due date",
                "date": "2026-01-18",
                "currency_id": invoice.currency_id.id,
            }
        )


class StrangerMixin(RolesMixin):
    """Another company besides, and somebody who may do everything there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "PB other"})
        cls.stranger = new_test_user(
            cls.env,
            "pb_stranger",
            "practice_billing.group_manager,practice_billing.group_accountant",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )


class OverHttpCase(PagesMixin, RolesMixin, HttpCase):
    """The roles log in, and call over the doors that Odoo opens to the outside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("front_desk", "manager", "accountant", "employee", "portal"):
            getattr(cls, role).password = f"pb_{role}"
