"""The house: settings, accounts, people, what is sold."""

from datetime import date

from odoo.fields import Command

from .practice import Practice


class House(Practice):
    """The company: settings, accounts, people, what it sells."""

    def set_up_house(self, webhook):
        self.set_up_books()
        self.set_up_people()
        self.set_up_packages()
        self.set_up_plans()
        self.set_up_payments()
        for switch in ("http", "private"):  # other software is on this machine
            self.env["ir.config_parameter"].set_param(f"practice_billing.webhook_allow_{switch}", "True")
        self.company.write(
            {
                "practice_tz": "Europe/Brussels",
                "practice_release_journal_id": self.releases.id,
                "practice_subscription_journal_id": self.licences.id,
                "practice_low_threshold": 3,
                "practice_grace_days": 10,
                "practice_trial_warning_days": 5,
                "practice_retry_days": "2, 4",
                "practice_webhook_url": webhook,
                "practice_webhook_secret": "a secret of both, long enough",
            }
        )

    def set_up_books(self):
        self.liability = self.make_account("493900", "liability_current", "Packages invoiced in advance")
        self.liability_coaching = self.make_account("493910", "liability_current", "Coaching invoiced in advance")
        self.waiting = self.make_account("493920", "liability_current", "Licences invoiced in advance")
        self.income = self.make_account("705900", "income", "Psychotherapy")
        self.income_coaching = self.make_account("705920", "income", "Coaching")
        self.income_licences = self.make_account("705930", "income", "Licences")
        self.breakage = self.make_account("705990", "income_other", "Credits lost and expired")
        self.take_over = self.make_account("499900", "asset_current", "Take-over of the old system")
        outstanding = self.make_account("550900", "asset_current", "Payments on their way", reconcile=True)
        self.releases = self.make("account.journal", name="Releases", code="REL", type="general")
        self.licences = self.make("account.journal", name="Subscriptions", code="SUB", type="sale")
        self.bank = self.make("account.journal", name="Bank of the practice", code="PBANK", type="bank")
        self.bank.inbound_payment_method_line_ids.payment_account_id = outstanding
        self.outstanding = outstanding
        plan = self.make("account.analytic.plan", name="Places")
        self.place = self.make("account.analytic.account", name="Ghent", plan_id=plan.id)

    def set_up_people(self):
        self.front_desk = self.make_user("desk", "practice_billing.group_user", "Dora Desk")
        self.therapist = self.make_user("therapist", "practice_billing.group_user", "Katrien Therapist")
        self.manager = self.make_user("manager", "practice_billing.group_manager", "Mia Manager")
        self.make_user("accountant", "practice_billing.group_accountant", "Abe Accountant")
        self.parent = self.make_user("parent", "base.group_portal", "Paula Parent")
        self.boss = self.make_user("boss", "base.group_portal", "Bea Boss")
        self.child = self.make_patient("Lotte Parent", email=False, practice_representative_ids=self.parent.partner_id)
        self.an, self.bert, self.carla = map(self.make_patient, ("An Peeters", "Bert Claes", "Carla Maes"))
        self.employer = self.make_patient("Bakery", is_company=True)

    def set_up_packages(self):
        accounts = {"income_account_id": self.income.id, "breakage_account_id": self.breakage.id}
        self.therapy = self.make(
            "practice.package",
            name="Psychotherapy",
            internal_rate=75.0,
            deferred_account_id=self.liability.id,
            terms="<p>Credits are valid for two years.</p>",
            validity_months=24,
            **accounts,
        )
        self.course = self.make(
            "practice.package",
            name="Back school",
            internal_rate=20.0,
            deferred_account_id=self.liability.id,
            validity_months=2,
            **accounts,
        )
        self.coaching = self.make(
            "practice.package",
            name="Coaching",
            internal_rate=90.0,
            release_method="internal_rate",
            deferred_account_id=self.liability_coaching.id,
            income_account_id=self.income_coaching.id,
        )
        self.ten = self.make_product("Ten sessions", 700.0, self.therapy, 10, practice_published=True)
        self.six = self.make_product("Six lessons", 120.0, self.course, 6)
        self.eight = self.make_product("Eight hours", 800.0, self.coaching, 8)
        self.session = self.make(
            "practice.appointment.type",
            name="Session",
            package_id=self.therapy.id,
            package_credits=1,
            cancel_hours=24.0,
            late_policy="forfeit",
            online_booking=True,
            online_description="An hour with Katrien",
            practitioner_ids=[Command.set(self.therapist.ids)],
        )
        self.make("practice.room", name="Room 1", type_ids=[Command.set(self.session.ids)])
        self.lesson = self.make(
            "practice.appointment.type", name="Lesson", package_id=self.course.id, package_credits=1, duration=0.5
        )
        self.hour = self.make(
            "practice.appointment.type", name="Hour", package_id=self.coaching.id, package_credits=2, duration=1.0
        )
        self.intake = self.make("practice.appointment.type", name="Intake", late_policy="return")
        self.make("practice.package", name="Given up", internal_rate=10.0, active=False, **accounts)

    def make_product(self, name, price, package=None, credits=0, **vals):
        return self.make(
            "product.product",
            name=name,
            type="service",
            list_price=price,
            package_id=package.id if package else False,
            package_credits=credits,
            **vals,
        )

    def set_up_plans(self):
        self.licence = self.make_product("Licence", 0.0, property_account_income_id=self.income_licences.id)
        self.extra = self.make_product("Extra", 0.0, property_account_income_id=self.income_licences.id)
        self.file = self.make("practice.usage.kind", name="New file", code="file", product_id=self.extra.id)
        self.questions = self.make("practice.usage.kind", name="Questionnaire", code="questionnaire")
        self.starter = self.make_plan("Starter", {"month": (15.0, 9.0)})
        self.standard = self.make_plan("Standard", {"month": (39.0, 19.0), "year": (390.0, 190.0)})
        self.blended = self.make_plan("Blended", {"month": (59.0, 29.0), "year": (590.0, None)}, trial_days=30)
        self.make("practice.plan.price", plan_id=self.standard.id, amount=42.0, date_from=date(2027, 1, 1))
        for plan, unit_price, included in ((self.starter, 5.0, 0.0), (self.standard, 2.0, 3.0)):
            for kind in (self.file, self.questions):
                self.make(
                    "practice.plan.usage.price",
                    plan_id=plan.id,
                    kind_id=kind.id,
                    unit_price=unit_price,
                    included=included,
                )
        self.lessons = self.make_product("Four lessons a month", 0.0, self.course, 4)
        self.membership = self.make_plan(
            "Membership", {"month": (60.0, None)}, product_id=self.lessons.id, deferred_account_id=False
        )
        self.welcome = self.make("practice.discount.code", name="WELCOME", percentage=20.0)
        self.network = self.make(
            "practice.discount.code",
            name="NETWORK",
            kind="amount",
            amount=5.0,
            duration="periods",
            periods=2,
            max_redemptions=3,
            plan_ids=[Command.set((self.starter | self.standard).ids)],
        )

    def make_plan(self, name, prices, **vals):
        rows = [
            Command.create({"interval": interval, "kind": kind, "amount": amount})
            for interval, amounts in prices.items()
            for kind, amount in zip(("standard", "student"), amounts, strict=True)
            if amount is not None
        ]
        defaults = {
            "product_id": self.licence.id,
            "income_account_id": self.income_licences.id,
            "deferred_account_id": self.waiting.id,
            "description": f"What {name} gives",
            "published": True,
        }
        return self.make("practice.plan", name=name, price_ids=rows, **{**defaults, **vals})

    def set_up_payments(self):
        providers = self.env["payment.provider"].search([("company_id", "=", self.company.id)])
        self.provider = providers.filtered(lambda it: it.code == "demo")
        self.provider.write({"state": "test", "is_published": True, "allow_tokenization": True})
        self.provider.journal_id = self.bank
        self.bank.inbound_payment_method_line_ids.payment_account_id = self.outstanding
        self.method = self.provider.with_context(active_test=False).payment_method_ids[:1]
        self.method.active = True
