"""Every page and form of the portal, with the ids of somebody else, by everybody: nothing shows, nothing changes."""

import ast
import inspect
import re
import textwrap
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlencode

from lxml import etree

from odoo.fields import Command, Datetime
from odoo.http import Controller, Request
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from odoo.addons.practice_billing.models.packages.waiting.waiting import DAY_FIELDS
from odoo.addons.practice_billing.tools.slots import Slot

from ..common.checkouts import OrganisationMixin

#: The addresses of this module; others below them are Odoo's.
OURS = re.compile(r"^/my/(packages|appointments|subscription|seat)\b")

#: What can be done with a seat or a payment method.
WHATS = ("use", "remove", "keep", "student", "invite")

#: What lets a form do one thing or another by being there.
SWITCHES = {"remove", "invite", "confirm", "patient_id", "organisation"}

MODULE = Path(__file__).parents[2]
TEMPLATES = sorted((MODULE / "views").glob("*_templates.xml"))


def names_of(method):
    """Return the names that a page reads of a request.

    They are the parameters of its function and of the decorators around it, what these ask for by ``kw.get("…")``,
    and the tuples of them that it loops over (``…_FIELDS``, ``…_KEYS``).
    """
    functions, names = [method.original_endpoint], set()
    while hasattr(functions[-1], "__wrapped__"):
        functions.append(functions[-1].__wrapped__)
    for function in functions:
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
        names |= {it.name for it in parameters if it.kind in (it.POSITIONAL_OR_KEYWORD, it.KEYWORD_ONLY)}
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                names |= {it.value for it in node.args[:1] if isinstance(it, ast.Constant)}
            if isinstance(node, ast.Name) and node.id.endswith(("_FIELDS", "_KEYS")):
                names |= set(function.__globals__[node.id])
    return names - {"self", "account", "event_sudo", "practitioner_sudo", "start"}


def names_in_forms(path):
    """Return the names of what the forms of a file of templates send."""
    fields = etree.parse(path).xpath("//form//input | //form//select | //form//textarea | //form//button")
    return {it.get("name") for it in fields if it.get("name")}


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
        cls.type.write(
            {"online_booking": True, "waiting_list": True, "practitioner_ids": [Command.set(cls.doctor.ids)]}
        )

    def setUp(self):
        super().setUp()
        self.lot = self.give(self.victim.partner_id, reference="SECRET lot")
        start = Datetime.now().replace(microsecond=0) + timedelta(days=5)
        self.event = self.plan(self.victim.partner_id, start, user_id=self.doctor.id, description="<p>SECRET note</p>")
        self.entry = self.env["practice.waiting"].create(
            {"patient_id": self.victim.partner_id.id, "appointment_type_id": self.type.id, "note": "SECRET note"}
        )
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

    # === WHAT THERE IS === #

    def rules(self):
        """Return the rules of this module's addresses."""
        self.url_open("/web/health")  # the server knows the addresses once it was asked for one
        return [rule for rule in self.env["ir.http"].routing_map().iter_rules() if OURS.match(rule.rule)]

    def routes(self):
        """Return ``[(address, methods, whether it takes JSON, names)]`` of this module, with the victim's ids in them.

        The names are those that the page reads: see :func:`names_of`.
        """
        values, found = self.victims_values(), []
        for rule in self.rules():
            in_address = set(re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule.rule))
            for what in WHATS if "what" in in_address else WHATS[:1]:
                known = {**values, "what": what}
                address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda it, known=known: str(known[it[1]]), rule.rule)
                is_json = rule.endpoint.routing["type"] == "jsonrpc"
                names = names_of(rule.endpoint.func) - in_address
                found.append((address, rule.methods or {"GET", "POST"}, is_json, names))
        return found

    def facts(self):
        """Return whatever a stranger might want to change."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.event.read(["start", "attendance", "active", "user_id"]),
            self.entry.read(["state"]),
            self.env["practice.waiting"].search_count([("patient_id", "=", self.victim.partner_id.id)]),
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

    def victims_values(self):
        """Return a value of the victim's for every name that a page of ours reads."""
        start = self.type._get_free_times(self.doctor, self.victim.partner_id)[self.doctor][0]
        return {
            "event_id": self.event.id,
            "entry_id": self.entry.id,
            **dict.fromkeys(DAY_FIELDS, "1"),
            "hour_from": "8",
            "hour_to": "18",
            "invoice_id": self.order.id,
            "product_id": self.product.id,
            "package_id": self.package.id,
            "checkout_id": self.checkouts.id,
            "subscription_id": self.subscription.id,
            "seat_id": self.subscription.seat_ids[:1].id,
            "token_id": self.token.id,
            "patient_id": self.victim.partner_id.id,
            "organisation": self.organisation.id,
            "company": self.company.id,
            "contact": self.an.partner_id.id,
            "plan": self.blended.id,
            "type_id": self.type.id,
            "practitioner_id": self.doctor.id,
            "booking": Slot(self.type.id, self.doctor.id, self.victim.partner_id.id, start).encode(),
            "terms": self.package._get_terms_fingerprint(),
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "country_id": self.env.ref("base.be").id,
            "page": 1,
            "week": "2026-01-15",
            "filterby": "all",
            "message": "booked",
            "interval": "month",
            "way": "invoice",
            "cost": "99",
            "reason": "price",
            "note": "Mallory was here",
            "code": "WELCOME",
            "shown": "",
            "confirm": "1",
            "back": "checkout",
            "remove": "1",
            "invite": "1",
            "kind": "standard",
            "student_until": "2026-06-30",
            "last_day": "2036-01-15",
            "name": "Mallory",
            "email": "mallory@example.com",
            "vat": "",
            "street": "Mallory street 1",
            "street2": "",
            "zip": "9000",
            "city": "Gent",
            "flow": "token",
            "tokenization_requested": False,
            "landing_route": "/my",
            "access_token": "",
        }

    def forms(self, names):
        """Yield forms with the victim's values of what a page reads: all of it, and without each switch of it."""
        values = self.victims_values()
        full = {name: values[name] for name in sorted(names)}
        yield full
        for switch in SWITCHES & names:
            yield {name: value for name, value in full.items() if name != switch}

    # === TESTS === #

    def test_there_are_routes_to_walk_and_a_value_for_every_name(self):
        routes, values = self.routes(), self.victims_values()
        self.assertGreater(len(routes), 40)
        read = set().union(*(names for *_route, names in routes))
        # A page that reads something new needs a value of the victim's for it.
        self.assertEqual(read - values.keys(), set())
        shown = set().union(*(names_in_forms(path) for path in TEMPLATES))
        self.assertEqual(shown - values.keys() - {"csrf_token"}, set())
        self.assertEqual({"organisation", "company", "booking", "patient_id", "contact"} - read, set())

    def test_a_visitor_is_sent_to_the_login(self):
        before = self.facts()
        for address, methods, is_json, _names in self.routes():
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
            for address, methods, is_json, names in self.routes():
                with self.subTest(login=login, address=address):
                    for text in self.answers(address, methods, is_json, names):
                        for secret in secrets:
                            self.assertNotIn(secret, text)
        self.assertEqual(self.facts(), before)

    def answers(self, address, methods, is_json, names):
        """Yield what an address answers to a page request and to forms full of the victim's ids."""
        for form in self.forms(names):
            if is_json:
                answer = self.url_open(address, json={"jsonrpc": "2.0", "method": "call", "params": form}).json()
                self.assertIn("error", answer, address)
            if "GET" in methods and not is_json:
                for asked in (address, f"{address}?{urlencode(form)}"):
                    yield from self.text_of(self.url_open(asked), asked)
            if "POST" in methods and not is_json:
                data = {**form, "csrf_token": Request.csrf_token(self)}
                yield from self.text_of(self.url_open(address, data=data), address)

    def text_of(self, answer, address):
        """Yield the text of a page or file, and how a file is called: it may be after a patient."""
        self.assertLess(answer.status_code, 500, address)
        yield answer.text
        yield unquote(answer.headers.get("Content-Disposition", ""))

    def test_what_cannot_be_kept_or_is_too_long_is_refused_in_every_parameter_of_every_page(self):
        """Asked by who may do it, so that every parameter gets as far as it can."""
        account = {"organisation": str(self.organisation.id), "company": str(self.company.id)}
        for login in ("pb_boss", "pb_victim"):
            self.authenticate(login, login.ljust(8, "x"))
            for address, methods, is_json, names in self.routes():
                for name in names | {"unknown"}:
                    for text in ("a\0b", "x" * 501):
                        with self.subTest(login=login, address=address, name=name, text=text[:3]):
                            self.assertRefusedAs400(address, methods, is_json, {**account, name: text})

    def assertRefusedAs400(self, address, methods, is_json, form):
        if is_json:
            answer = self.url_open(address, json={"jsonrpc": "2.0", "method": "call", "params": form}).json()
            self.assertEqual(answer["error"]["data"]["name"], "werkzeug.exceptions.BadRequest", answer)
        elif "GET" in methods:
            self.assertEqual(self.url_open(f"{address}?{urlencode(form)}").status_code, 400)
        if "POST" in methods and not is_json:
            data = {**form, "csrf_token": Request.csrf_token(self)}
            self.assertEqual(self.url_open(address, data=data).status_code, 400)

    def test_nul_in_an_address_is_no_error_of_ours(self):
        self.authenticate("pb_boss", "pb_bossx")
        for rule in self.rules():
            address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda it: "%00" if it[1] == "what" else "1", rule.rule)
            with self.subTest(address=address):
                data = {"csrf_token": Request.csrf_token(self)}
                for answer in (self.url_open(address), self.url_open(address, data=data)):
                    self.assertLess(answer.status_code, 500)
