"""Whatever people do, in whatever order: what was sold stays sold, and the balance posts hold the open value."""

import pytest

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common.instalments import make_term, payment_problems
from ..common.lives import live_many, undone
from ..common.master_data import MasterData, Subject
from ..common.package_ledger import PackageLedger
from ..common.package_life import STEPS, PackageLife
from ..common.payments import PaymentMixin
from ..common.practice import PracticeCase
from ..common.vat import VatMixin

#: Numbers decide what a step is about; a large one decides several things.
NUMBERS = 10**9

#: Fields of master data that are not changed here, and why.
LEFT_OUT = {
    "account.account.code_store": "Odoo's own column behind the code",
    "account.account.tag_ids": "for reports of Odoo only",
    "product.template.account_tag_ids": "for reports of Odoo only",
    "res.company.practice_webhook_secret": "what other software is told",
    "res.company.practice_webhook_url": "what other software is told",
    "res.company.practice_subscription_journal_id": "the other half: test_subscription_property",
}


@tagged("post_install", "-at_install", "slow")
@pytest.mark.slow
class TestWhateverHappens(PaymentMixin, VatMixin, PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_sales()
        cls.packages = cls.package + cls.make_package("At rate", release_method="internal_rate", validity_months=1)
        cls.package.write({"validity_months": 1, "validity_from": "first_visit"})
        cls.setup_vat()
        cls.packages += cls.card
        cls.product_three = cls.make_product(cls.package, name="Three", package_credits=3, list_price=100.0)
        cls.products = cls.product + cls.product_three + cls.make_product(cls.packages[1]) + cls.card_product
        cls.types = (
            cls.type
            + cls.make_type(cls.package, name="Double", package_credits=2, late_policy="return")
            + cls.make_type(cls.packages[1], name="At rate")
            + cls.make_type(cls.package, name="Half", package_credits=3, late_policy="half")
        )
        cls.group_types = cls.make_type(cls.package, name="Class", places=3) + cls.make_type(
            cls.packages[1], name="Couple", places=2, one_pays=True
        )
        cls.types += cls.group_types + cls.fitness + cls.physio
        cls.firm = cls.make_patient("De Brug", is_company=True)
        employee = cls.make_patient("Carla Maes", parent_id=cls.firm.id)
        cls.patients = cls.patient + cls.make_patient("Bert Claes") + employee
        cls.setup_provider()
        cls.payers = {
            patient: new_test_user(cls.env, f"pb_payer_{patient.id}", "base.group_portal", partner_id=patient.id)
            for patient in cls.patients[:2]
        }
        cls.master_data = cls.make_master_data()

    def setUp(self):
        super().setUp()
        self.ledger = PackageLedger(self)
        self.begin()

    def begin(self):
        """Let every life begin with something sold, something to pay, a draft and appointments."""
        _an, bert, carla = self.patients
        begun = [
            self.invoice(post=False),
            self.invoice(post=False, fiscal_position_id=self.position.id),
            self.invoice(bert, self.products[2], post=False, price=800.0),
            self.invoice(carla, self.product_three, post=False),
            self.invoice(product=self.card_product, post=False),
        ]
        for invoice in begun:
            self.ledger.note(invoice)
            invoice.action_post()
        for invoice in begun[:3] + begun[4:]:
            self.pay(invoice)
        self.invoice(bert, post=False)
        self.plan(start=self.at(hours=-3)).attendance = "attended"
        self.plan(bert, appointment_type=self.types[2])
        self.plan(bert, self.at(days=-1), self.types[2])
        self.plan(start=self.at(hours=-5), appointment_type=self.fitness).attendance = "attended"

    @classmethod
    def setup_sales(cls):
        """Make other accounts, a fiscal position that maps to them, a tax, and dollars whose rate changes."""
        cls.other_post = cls.make_account("liability_current", "PB other balance post")
        cls.mapped_post = cls.make_account("liability_current", "PB mapped balance post")
        cls.other_income = cls.make_account("income", "PB other ledger account")
        cls.mapped_income = cls.make_account("income", "PB mapped ledger account")
        cls.loss = cls.make_account("expense", "PB losses")
        cls.posts = cls.liability + cls.other_post + cls.mapped_post
        cls.accounts = cls.posts + cls.income + cls.other_income + cls.mapped_income + cls.breakage
        mapping = {cls.liability: cls.mapped_post, cls.income: cls.mapped_income, cls.breakage: cls.other_income}
        rows = [{"account_src_id": source.id, "account_dest_id": target.id} for source, target in mapping.items()]
        cls.position = cls.env["account.fiscal.position"].create(
            {"name": "PB mapped", "account_ids": [Command.create(row) for row in rows]}
        )
        cls.tax = cls.make_tax()
        cls.terms = make_term(cls.env) + make_term(cls.env, "PB in 2 parts", ((40.0, 0), (60.0, 45)))
        currencies = cls.env["res.currency"].with_context(active_test=False)
        cls.dollar = currencies.search([("name", "=", "CHF" if cls.currency.name == "USD" else "USD")])
        cls.dollar.active = True
        cls.dollar.rate_ids.unlink()
        cls.dollar.rate_ids = [
            Command.create({"name": day, "rate": rate, "company_id": cls.company.id})
            for day, rate in (("2026-01-01", 1.2), ("2026-03-14", 1.3), ("2026-03-20", 0.9), ("2026-04-01", 1.15))
        ]

    @classmethod
    def make_master_data(cls):
        journal = cls.env["account.journal"].create({"name": "PB other", "code": "PBOTH", "type": "general"})
        ours = ("practice_billing",)
        return MasterData(
            [
                Subject(cls.packages),
                Subject(cls.products.product_tmpl_id, (*ours, "account")),
                Subject(cls.types),
                Subject(cls.company, ours),
                Subject(cls.position.account_ids),
                Subject(cls.accounts),
            ],
            {
                "account.account": cls.accounts,
                "account.fiscal.position": cls.position + cls.position.copy({"name": "PB other position"}),
                "account.journal": cls.misc + journal,
                "account.tax": cls.tax + cls.make_tax(6.0, name="PB 6") + cls.vat + cls.exempt,
                "practice.package": cls.packages,
                "practice.room": cls.env["practice.room"].create([{"name": name} for name in ("Attic", "Garden")]),
                "res.company": cls.company + cls.env["res.company"].create({"name": "PB other company"}),
                "res.currency": cls.currency + cls.dollar,
                "res.users": cls.env.user,
            },
            LEFT_OUT,
        )

    def test_every_field_of_master_data_is_changed_or_left_out_with_a_reason(self):
        self.assertEqual(self.master_data.problems(), [])

    def event_problems(self):
        """Return the appointments whose credits are not where their attendance says, from the ledger."""
        return self.query(
            """
            SELECT event.id, event.attendance, event.practice_credits, held.reserved, held.used, held.lost
              FROM calendar_event event
             CROSS JOIN LATERAL (
                SELECT COALESCE(SUM(CASE kind WHEN 'reserve' THEN credits ELSE -credits END), 0) AS reserved,
                       COALESCE(SUM(credits) FILTER (WHERE kind = 'use'), 0) AS used,
                       COALESCE(SUM(credits) FILTER (WHERE kind = 'forfeit'), 0) AS lost
                  FROM practice_credit_move WHERE event_id = event.id) held
             CROSS JOIN LATERAL (
                SELECT event.credit_waived IS TRUE AS waived,
                       CASE WHEN event.practice_package_id IS NULL THEN 0 ELSE event.practice_credits END AS credits) it
             WHERE event.practice_appointment_type_id IN %s
               AND (held.reserved != it.credits * (event.attendance = 'planned')::int
                    OR held.used != it.credits * (event.attendance = 'attended' AND NOT it.waived)::int
                    OR held.lost != (event.attendance IN ('no_show', 'late_cancelled') AND NOT it.waived)::int
                       * CASE event.practice_late_policy WHEN 'forfeit' THEN it.credits
                                                         WHEN 'half' THEN it.credits / 2 ELSE 0 END)
            """,
            tuple(self.types.ids),
        )

    def group_problems(self):
        """Return the groups with more participants than places, or that do not know how many; and the visits that are
        planned at another time than their group, or without it."""
        return self.query(
            """
            SELECT it.id, it.practice_places, it.practice_places_taken, COUNT(visit.id)
              FROM calendar_event it
         LEFT JOIN calendar_event visit ON visit.practice_group_id = it.id
               AND visit.attendance IN ('planned', 'attended', 'no_show')
             WHERE it.practice_places > 0
          GROUP BY it.id
            HAVING COALESCE(it.practice_places_taken, 0) != COUNT(visit.id) OR COUNT(visit.id) > it.practice_places
             UNION ALL
            SELECT visit.id, it.id, NULL, NULL
              FROM calendar_event visit
              JOIN calendar_event it ON it.id = visit.practice_group_id
             WHERE visit.attendance = 'planned'
               AND (visit.start != it.start OR visit.stop != it.stop OR it.attendance NOT IN ('planned', 'attended')
                    OR visit.practice_appointment_type_id != it.practice_appointment_type_id)
            """
        )

    def live(self, steps):
        """Let ``steps`` happen one by one, and check after each of them that everything agrees."""
        with undone(self):
            life = PackageLife(self)
            with life.told():
                for name, number in steps:
                    life.step(name, number)
                    self.check(life)
                # What is dated later becomes due, too; and somebody has reacted to accounts that are archived.
                self.accounts.active = True
                self.travel(days=60)
                life.step("post", 0)
                self.check(life)
                self.assertEqual(self.overdrawn_posts(), [])

    def check(self, life):
        self.assertBooksAgree()
        self.assertEqual(life.ledger.problems(), [])
        self.assertEqual(self.event_problems(), [])
        self.assertEqual(self.group_problems(), [])
        self.assertEqual(payment_problems(self), [])
        self.assertEqual(life.wrong, [])

    def draw(self, chance):
        return [(chance.choice(STEPS), chance.randrange(NUMBERS)) for _number in range(chance.randint(6, 14))]

    def test_what_was_sold_stays_sold_and_the_books_agree_after_every_step_of_any_life(self):
        live_many(self.live, self.draw, quick=100, full=1000)
