"""Who may see and change what of subscriptions, over the ORM, /web/dataset/call_kw and /json/2."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from ..common.roles import OverHttpCase, RolesMixin, StrangerMixin
from ..common.subscriptions import day

#: What nobody may write: it follows from buttons, invoices and time.
KEPT = {
    "practice.subscription": {
        "state": "cancelled",
        "anchor_date": "2020-01-01",
        "next_invoice_date": "2030-01-01",
        "next_number": 1,
        "period_id": False,
        "end_date": "2026-01-01",
        "retry_date": "2030-01-01",
        "error": "nothing",
        "suspended_reason": "paused",
        "organisation_id": 1,
        "company_id": 1,
        "plan_id": 1,
        "interval": "year",
        "date_start": "2020-01-01",
        "name": "SUB1",
    },
    "practice.subscription.period": {"state": "credited", "move_id": False, "service_to": "2026-01-16", "mrr": 0.0},
    "practice.subscription.licence": {"price": 0.0, "discount_rate": 1.0, "kind": "student"},
    "practice.discount.redemption": {"state": "done", "ended_on": "2026-01-01", "uses": 0},
    "practice.subscription.usage": {"state": "included", "period_id": False, "invoice_line_id": False},
}
PARTNER_FIELDS = ("practice_subscription_ids", "practice_seat_ids", "practice_subscription_count")


@tagged("post_install", "-at_install")
class TestWriting(RolesMixin, TransactionCase):
    def test_nobody_writes_what_follows_from_something_else(self):
        for model, values in KEPT.items():
            for role in ("front_desk", "manager", "accountant"):
                for name, value in values.items():
                    with self.subTest(model=model, role=role, field=name), self.assertRaises(AccessError):
                        self.samples()[model].with_user(getattr(self, role)).write({name: value})

    def test_nobody_makes_what_only_billing_makes(self):
        period = self.subscription.period_id
        for model, vals in {
            "practice.subscription.period": {"subscription_id": self.subscription.id, "number": 9},
            "practice.subscription.licence": {"period_id": period.id, "seat_id": self.subscription.seat_ids.id},
            "practice.discount.redemption": {"subscription_id": self.subscription.id, "code_id": self.code.id},
        }.items():
            for role in ("front_desk", "manager", "accountant"):
                with self.subTest(model=model, role=role), self.assertRaises(AccessError):
                    self.env[model].with_user(getattr(self, role)).create(vals)

    def test_a_new_subscription_begins_as_the_rules_say(self):
        vals = {"organisation_id": self.make_organisation("De Kade").id, "plan_id": self.starter.id}
        for name, value in (("state", "suspended"), ("next_number", 5), ("end_date", "2030-01-01")):
            with self.subTest(field=name):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.env["practice.subscription"].with_user(self.manager).create({**vals, name: value})
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.env["practice.subscription"].with_user(self.manager).with_context(
                        **{f"default_{name}": value}
                    ).create(vals)
        with self.assertRaises(AccessError):
            self.env["practice.subscription"].with_user(self.front_desk).create(vals)
        subscription = self.env["practice.subscription"].with_user(self.manager).create(vals)
        self.assertEqual((subscription.state, subscription.next_invoice_date), ("active", self.today()))

    def test_before_the_first_bill_an_administrator_may_still_choose(self):
        vals = {"organisation_id": self.make_organisation("De Kade").id, "plan_id": self.starter.id}
        subscription = self.env["practice.subscription"].with_user(self.manager).create(vals)
        subscription.date_start = day(4, 1)
        self.assertEqual((subscription.anchor_date, subscription.next_invoice_date), (day(4, 1), day(4, 1)))
        subscription.trial_end = day(3, 31)
        self.assertEqual((subscription.state, subscription.next_invoice_date), ("trial", False))
        subscription.plan_id = self.standard
        subscription.unlink()
        with self.assertRaises(AccessError):
            self.subscription.with_user(self.manager).plan_id = self.standard

    def test_plans_and_codes_are_the_administrators(self):
        self.standard.usage_price_ids = [Command.create({"kind_id": self.file.id, "unit_price": 5.0})]
        price = self.standard.usage_price_ids
        for role in ("front_desk", "accountant"):
            user = getattr(self, role)
            for record, vals in (
                (self.starter, {"name": "Mine"}),
                (self.standard.price_ids[0], {"amount": 0.0}),
                (price, {"unit_price": 0.0}),
                (self.file, {"code": "mine"}),
                (self.code, {"percentage": 100.0}),
            ):
                with self.subTest(role=role, record=record), self.assertRaises(AccessError):
                    record.with_user(user).write(vals)

    def test_the_front_desk_reads_no_discount_codes_and_still_reads_every_subscription(self):
        with self.assertRaises(AccessError):
            self.env["practice.discount.code"].with_user(self.front_desk).search([])
        subscription = self.subscription.with_user(self.front_desk)
        readable = subscription.fields_get()
        values = subscription.read(list(set(readable) - {"redemption_ids"}))[0]
        self.assertIn("Starter", values["next_invoice_preview"])
        self.assertTrue(values["running_redemption_id"])

    def test_everybody_on_the_staff_reads_whole_periods_seats_and_usage(self):
        for model in ("practice.subscription.period", "practice.subscription.seat", "practice.subscription.usage"):
            for role in ("front_desk", "manager", "accountant"):
                with self.subTest(model=model, role=role):
                    record = self.samples()[model].with_user(getattr(self, role))
                    self.assertTrue(record.read(list(record.fields_get())))

    def test_subscriptions_on_a_contact_are_hidden_from_outsiders(self):
        for name in PARTNER_FIELDS:
            for role in ("employee", "portal"):
                with self.subTest(field=name, role=role), self.assertRaises(AccessError):
                    self.subscription.organisation_id.with_user(getattr(self, role)).read([name])

    def test_outsiders_record_no_usage(self):
        for role in ("employee", "portal", "public"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.env["practice.subscription.usage"].with_user(getattr(self, role)).record(
                    self.subscription.id, "file", 1, "x"
                )

    def test_an_accountant_who_keeps_the_books_of_a_practice_can_post_credit_and_pay_its_invoices(self):
        invoice = self.subscription.period_id.move_id.with_user(self.accountant)
        invoice.button_draft()
        invoice.action_post()
        self.credit(invoice)
        self.assertEqual(self.subscription.period_id.state, "credited")


@tagged("post_install", "-at_install")
class TestCompanies(StrangerMixin, TransactionCase):
    def test_another_companys_subscriptions_do_not_change(self):
        subscription = self.subscription.with_user(self.stranger)
        for work in (
            lambda: subscription.write({"note": "Mine"}),
            subscription.unlink,
            subscription.action_bill,
            subscription.action_pause,
            subscription.action_bill_extras,
            self.subscription.period_id.with_user(self.stranger).action_bill_again,
            lambda: subscription.seat_ids.write({"date_to": "2026-03-11"}),
            lambda: self.starter.with_user(self.stranger).write({"name": "Mine"}),
            lambda: self.usage.with_user(self.stranger).write({"quantity": 9}),
        ):
            with self.assertRaises(AccessError):
                work()

    def test_nobody_adds_seats_or_usage_to_another_companys_subscription(self):
        for model, vals in {
            "practice.subscription.seat": {"practitioner_id": self.practitioner("Dirk").id},
            "practice.subscription.usage": {"kind_id": self.file.id},
        }.items():
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.stranger).create({"subscription_id": self.subscription.id, **vals})

    def test_no_wizard_opens_another_companys_subscription(self):
        for model, vals, method in (
            ("cancel", {"when": "now", "reason": "price"}, "action_cancel_subscription"),
            ("change", {"plan_id": self.standard.id, "interval": "month"}, "action_change"),
            ("start", {}, "action_start"),
            ("discount", {"code": self.code.name}, "action_apply"),
        ):
            with self.subTest(wizard=model), self.assertRaises(AccessError):
                wizard = self.env[f"practice.subscription.{model}"].with_user(self.stranger)
                getattr(wizard.create({"subscription_id": self.subscription.id, **vals}), method)()

    def test_an_accountant_of_two_companies_bills_the_one_he_is_not_in_at_the_moment(self):
        self.accountant.company_ids += self.other
        subscription = self.subscribe(organisation=self.make_organisation("De Kade"))
        both = (self.other + self.company).ids
        subscription.with_user(self.accountant).with_context(allowed_company_ids=both).action_bill()
        self.assertEqual(subscription.period_id.move_id.company_id, self.company)


@tagged("post_install", "-at_install")
class TestSubscriptionsOverHttp(OverHttpCase):
    def test_states_and_dates_are_not_written_over_the_web_clients_door(self):
        for role in ("front_desk", "manager"):
            self.authenticate(f"pb_{role}", f"pb_{role}")
            for name, value in KEPT["practice.subscription"].items():
                with self.subTest(role=role, field=name):
                    answer = self.call_kw("practice.subscription", "write", self.subscription.ids, {name: value})
                    self.assertEqual(answer, "odoo.exceptions.AccessError")

    def test_a_portal_user_gets_nothing_over_the_json_api(self):
        ids = self.subscription.ids
        for model, method, body in (
            ("practice.subscription", "search_read", {"domain": []}),
            ("practice.subscription", "write", {"ids": ids, "vals": {"note": "x"}}),
            ("practice.subscription", "action_bill", {"ids": ids}),
            ("practice.subscription.seat", "search_read", {"domain": []}),
            ("practice.discount.code", "search_read", {"domain": []}),
            (
                "practice.subscription.usage",
                "record",
                {"subscription": ids[0], "kind": "file", "quantity": 1, "reference": "portal"},
            ),
        ):
            with self.subTest(model=model, method=method):
                self.assertEqual(self.json2(self.portal, model, method, **body).status_code, 403)

    def test_the_front_desk_bills_nothing_over_the_json_api(self):
        for method in ("action_bill", "action_pause", "action_bill_extras", "action_undo_cancel"):
            with self.subTest(method=method):
                response = self.json2(self.front_desk, "practice.subscription", method, ids=self.subscription.ids)
                self.assertEqual(response.status_code, 403)
