"""Every page and form of the portal, with the ids of somebody else, by everybody: nothing shows, nothing changes."""

import re
from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.http import Controller, Request
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from ..common.checkouts import OrganisationMixin

#: The addresses of this module; others below them are Odoo's.
OURS = re.compile(r"^/my/(packages|appointments|subscription|seat)\b")

#: What can be done with a seat or a payment method.
WHATS = ("use", "remove", "keep", "student", "invite")


@tagged("post_install", "-at_install")
class TestNames(BaseCase):
    """Odoo makes one class of the controllers of all add-ons: a plain name could be somebody else's too."""

    def controllers(self, cls=Controller):
        for child in cls.__subclasses__():
            yield child
            yield from self.controllers(child)

    def test_own_methods_of_controllers_are_called_practice(self):
        ours = {it for it in self.controllers() if it.__module__.startswith("odoo.addons.practice_billing.")}
        self.assertGreater(len(ours), 5)
        for controller in ours:
            inherited = {name for base in controller.__mro__ if base not in ours for name in vars(base)}
            for name in vars(controller).keys() - inherited:
                if callable(getattr(controller, name)):
                    with self.subTest(controller=controller.__name__):
                        self.assertRegex(name, "^_?practice_")


@tagged("post_install", "-at_install")
class TestEveryRoute(OrganisationMixin, HttpCase):
    now = None
    secrets = ("Vera Victim", "pb_victim@example.com", "SECRET", "De Brug")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.victim = cls.make_login("pb_victim", "Vera Victim")
        cls.doctor = new_test_user(cls.env, "pb_dr", "practice_billing.group_user", name="Dr. Public")
        cls.type.write({"online_booking": True, "practitioner_ids": [Command.set(cls.doctor.ids)]})

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.victim.partner_id, reference="SECRET lot")
        start = Datetime.now().replace(microsecond=0) + timedelta(days=5)
        self.event = self.plan(self.victim.partner_id, start, user_id=self.doctor.id, description="<p>SECRET note</p>")
        self.order = self.invoice(
            self.victim.partner_id, post=False, practice_buyer_id=self.victim.id, ref="SECRET order"
        )
        self.subscription = self.make_trial()
        self.subscription._begin_billing()
        self.subscription._bill_now()
        self.token = self.make_token(self.organisation)
        self.subscription._set_payment_token(self.token)
        self.checkouts = self.env["practice.subscription.checkout"].create(
            {
                "organisation_id": self.organisation.id,
                "company_id": self.company.id,
                "plan_id": self.blended.id,
                "interval": "month",
            }
        )

    def routes(self):
        """Return ``[(address, methods, whether it takes JSON)]`` of this module, with the victim's ids in them."""
        ids = {
            "event_id": self.event.id,
            "invoice_id": self.order.id,
            "product_id": self.product.id,
            "checkout_id": self.checkouts.id,
            "subscription_id": self.subscription.id,
            "seat_id": self.subscription.seat_ids[:1].id,
            "token_id": self.token.id,
            "page": 1,
        }
        found = []
        self.url_open("/web/health")  # the server knows the addresses once it was asked for one
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if OURS.match(rule.rule):
                for what in WHATS if ":what>" in rule.rule else WHATS[:1]:
                    known = {**ids, "what": what}
                    address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda it, known=known: str(known[it[1]]), rule.rule)
                    is_json = rule.endpoint.routing["type"] == "jsonrpc"
                    found.append((address, rule.methods or {"GET", "POST"}, is_json))
        return found

    def facts(self):
        """Return whatever a stranger might want to change."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.event.read(["start", "attendance", "active", "user_id"]),
            self.order.read(["state", "amount_total"]),
            self.subscription.read(["state", "plan_id", "pending_plan_id", "end_date", "payment_token_id"]),
            self.subscription.seat_ids.read(["date_to", "kind", "practitioner_id"]),
            self.organisation.read(["practice_administrator_ids", "street", "vat", "email", "name"]),
            self.token.active,
            self.checkouts.read(["state", "plan_id", "code_id"]),
            self.env["payment.transaction"].search_count([]),
            self.env["calendar.event"].search_count([("patient_id", "=", self.victim.partner_id.id)]),
            self.lot.read(["credits_available", "credits_reserved"]),
        )

    def victims_form(self):
        """Return a form that names the victim's records under every name that a form of ours has."""
        return {
            "patient_id": self.victim.partner_id.id,
            "subscription_id": self.subscription.id,
            "organisation_id": self.organisation.id,
            "account": f"{self.organisation.id}-{self.company.id}",
            "seat_id": self.subscription.seat_ids[:1].id,
            "token_id": self.token.id,
            "partner_id": self.an.partner_id.id,
            "contact_id": self.an.partner_id.id,
            "plan_id": self.blended.id,
            "interval": "month",
            "way": "invoice",
            "cost": "1",
            "reason": "price",
            "name": "Mallory",
            "email": "mallory@example.com",
            "step": "confirm",
        }

    def test_there_are_routes_to_walk(self):
        self.assertGreater(len(self.routes()), 30)

    def test_a_visitor_is_sent_to_the_login(self):
        before = self.facts()
        for address, methods, is_json in self.routes():
            with self.subTest(address=address):
                if is_json:
                    answer = self.url_open(address, json={"jsonrpc": "2.0", "method": "call", "params": {}}).json()
                    self.assertIn("error", answer)
                elif "GET" in methods:
                    self.assertIn("/web/login", self.url_open(address).url)
        self.assertEqual(self.facts(), before)

    def test_nobody_else_reads_or_changes_anything(self):
        before = self.facts()
        for login in ("pb_rival", "pb_portal", "pb_employee", "pb_an"):
            self.authenticate(login, login)
            # An has a seat of De Brug and may know where.
            secrets = self.secrets if login != "pb_an" else self.secrets[:-1]
            for address, methods, is_json in self.routes():
                with self.subTest(login=login, address=address):
                    for text in self.answers(address, methods, is_json):
                        for secret in secrets:
                            self.assertNotIn(secret, text)
        self.assertEqual(self.facts(), before)

    def answers(self, address, methods, is_json):
        """Yield what an address answers to a page request and to a form full of the victim's ids."""
        if is_json:
            params = {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "token_id": self.token.id,
                "flow": "token",
                "tokenization_requested": False,
                "landing_route": "/my",
                "access_token": "",
            }
            answer = self.url_open(address, json={"jsonrpc": "2.0", "method": "call", "params": params}).json()
            self.assertIn("error", answer, address)
            return
        form = self.victims_form()
        if "GET" in methods:
            query = "&".join(f"{name}={value}" for name, value in form.items())
            for asked in (address, f"{address}?{query}"):
                answer = self.url_open(asked)
                self.assertLess(answer.status_code, 500, asked)
                if answer.headers["Content-Type"].startswith("text/html"):
                    yield answer.text
        if "POST" in methods:
            answer = self.url_open(address, data={**form, "csrf_token": Request.csrf_token(self)})
            self.assertLess(answer.status_code, 500, address)
            if answer.headers["Content-Type"].startswith("text/html"):
                yield answer.text
