"""The back office of subscriptions: what its forms do before anything is saved, and what each role sees in them."""

import csv

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from ..common.subscriptions import SubscriptionCase

BUTTONS = {
    "front_desk": set(),
    "accountant": {"action_change_plan", "action_bill_extras", "action_pause", "action_cancel"},
    "manager": {"action_change_plan", "action_bill_extras", "action_pause", "action_cancel"},
}


@tagged("post_install", "-at_install")
class TestSubscriptionForms(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()

    def form(self, record, role="manager"):
        return Form(record.with_user(getattr(self, role)))

    # === SUBSCRIPTION === #

    def test_a_new_subscription_shows_the_trial_of_its_plan_which_can_be_emptied(self):
        self.standard.trial_days = 30
        with self.form(self.env["practice.subscription"]) as form:
            form.organisation_id = self.make_organisation()
            form.plan_id = self.standard
            self.assertEqual(str(form.trial_end), "2026-02-13")
            form.plan_id = self.starter
            self.assertFalse(form.trial_end)
            form.plan_id = self.standard
        self.assertEqual(form.record.state, "trial")
        with self.form(self.env["practice.subscription"]) as form:
            form.organisation_id = self.make_organisation("Horizon")
            form.plan_id = self.standard
            form.trial_end = False
        self.assertEqual((form.record.state, form.record.next_invoice_date), ("active", self.today()))

    def test_a_seat_of_a_new_subscription_begins_with_it(self):
        with self.form(self.env["practice.subscription"]) as form:
            form.organisation_id = self.make_organisation()
            form.plan_id = self.standard
            form.date_start = "2026-02-01"
            with form.seat_ids.new() as seat:
                seat.practitioner_id = self.practitioner("An")
        self.assertEqual(str(form.record.seat_ids.date_from), "2026-02-01")

    def test_a_student_who_becomes_standard_needs_no_proof(self):
        subscription = self.subscribe(seats=(), students=("Carla",))
        with self.form(subscription) as form, form.seat_ids.edit(0) as seat:
            seat.student_until = "2026-06-30"
        with self.form(subscription) as form, form.seat_ids.edit(0) as seat:
            seat.kind = "standard"
        self.assertFalse(subscription.seat_ids.student_until)

    def test_a_seat_is_not_given_twice_in_the_form(self):
        subscription = self.subscribe(seats=("An",))
        form = self.form(subscription)
        with form.seat_ids.new() as seat:
            seat.practitioner_id = self.practitioner("An")
        with self.assertRaisesRegex(ValidationError, "counts once"):
            form.save()

    def test_the_plan_of_a_billed_subscription_changes_by_its_button_only(self):
        subscription = self.subscribe()
        self.bill(subscription)
        with self.form(subscription) as form:
            self.assertTrue(form._get_modifier("plan_id", "readonly"))
            form.note = "Called about the self-help library"
        self.assertEqual(subscription.note, "Called about the self-help library")

    def test_everybody_sees_the_same_next_invoice(self):
        subscription = self.subscribe(code=self.make_code())
        previews = {
            role: subscription.with_user(getattr(self, role)).next_invoice_preview
            for role in ("front_desk", "accountant", "manager")
        }
        self.assertEqual(len(set(previews.values())), 1)
        self.assertIn("WELCOME", previews["front_desk"])
        with self.assertRaises(AccessError):
            self.make_code("OTHER").with_user(self.front_desk).read(["name"])

    def test_the_next_invoice_says_which_tax_there_is(self):
        page = html.fromstring(self.subscribe().next_invoice_preview)
        rows = [" ".join(row.text_content().split()) for row in page.iter("tr")]
        self.assertEqual(len([row for row in rows if row.startswith("Tax 21 % ")]), 1, rows)

    def test_each_role_opens_the_forms_and_sees_the_buttons_it_may_use(self):
        subscription = self.subscribe(code=self.make_code())
        self.use(subscription)
        self.bill(subscription)
        for role, buttons in BUTTONS.items():
            form = self.form(subscription, role)
            self.assertEqual(form.organisation_id, subscription.organisation_id)
            names = {node.get("name") for node in form._view["tree"].xpath("//header/button")}
            with self.subTest(role=role):
                self.assertEqual(names & set(BUTTONS["manager"]), buttons)
            for name in ("practice.subscription.period", "practice.subscription.seat", "practice.subscription.usage"):
                records = self.env[name].search([("subscription_id", "=", subscription.id)])
                self.assertEqual(self.form(records[0], role).id, records[0].id)

    def test_the_front_desk_adds_seats_and_usage_in_their_own_lists(self):
        subscription = self.subscribe()
        with self.form(self.env["practice.subscription.seat"], "front_desk") as form:
            form.subscription_id = subscription
            form.practitioner_id = self.practitioner("Dirk")
        with self.form(self.env["practice.subscription.usage"], "front_desk") as form:
            form.subscription_id = subscription
            form.kind_id = self.file
        self.assertEqual((subscription.seat_count, subscription.unbilled_usage_count), (3, 1))

    # === PLAN === #

    def test_a_planned_price_is_told_from_the_one_in_force(self):
        price = {"interval": "month", "kind": "standard"}
        self.standard.price_ids = [
            Command.create({**price, "amount": 35.0, "date_from": "2026-01-01"}),
            Command.create({**price, "amount": 42.0, "date_from": "2026-03-01"}),
        ]
        self.standard.invalidate_recordset()
        monthly = self.standard.price_ids.filtered(lambda it: (it.interval, it.kind) == ("month", "standard"))
        self.assertEqual(
            [(it.amount, it.validity) for it in monthly], [(39.0, "past"), (35.0, "current"), (42.0, "planned")]
        )
        self.assertEqual(self.standard.price_month, 35.0)
        self.go_to("2026-03-01")
        monthly.invalidate_recordset()
        self.assertEqual(monthly.mapped("validity"), ["past", "past", "current"])

    def test_usage_prices_are_past_in_force_or_planned_by_kind(self):
        price = {"kind_id": self.file.id, "unit_price": 6.0}
        self.starter.usage_price_ids = [
            Command.create({**price, "date_from": "2026-02-01"}),
            Command.create({"kind_id": self.questionnaire.id, "unit_price": 2.5, "date_from": "2025-01-01"}),
        ]
        validity = {(it.kind_id, str(it.date_from)): it.validity for it in self.starter.usage_price_ids}
        self.assertEqual(
            validity,
            {
                (self.file, "False"): "current",
                (self.file, "2026-02-01"): "planned",
                (self.questionnaire, "2025-01-01"): "current",
            },
        )

    # === IMPORT === #

    def test_usage_is_imported_from_a_file_made_after_the_template(self):
        [template] = self.env["practice.subscription.usage"].get_import_templates()
        with file_open(template["template"].removeprefix("/"), "r") as file:
            labels, *_rows = csv.reader(file)
        usage = self.env["practice.subscription.usage"].with_user(self.front_desk)
        by_label = {field["string"]: name for name, field in usage.fields_get().items()}
        names = [by_label[label] for label in labels]
        subscription = self.subscribe()
        rows = [
            [subscription.name, "file", "2", "2026-01-15", "first", "Two files"],
            [subscription.name, "Questionnaire", "1", "2026-01-15", "second", ""],
        ]
        self.assertEqual(usage.load(names, rows)["messages"], [])
        self.assertEqual(subscription.usage_ids.mapped("kind_id"), self.file | self.questionnaire)
        [message] = usage.load(names, rows[:1])["messages"]
        self.assertIn("recorded already", message["message"])
        self.assertEqual(len(subscription.usage_ids), 2)
