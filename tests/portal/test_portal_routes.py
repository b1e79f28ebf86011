"""Every page and form without the back office, with the ids of somebody else: nothing shows, nothing changes."""

import os
import re
import unittest
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from lxml import etree

from odoo.fields import Command, Datetime
from odoo.http import Controller, Request
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from odoo.addons.practice_billing.controllers.organisation.people import MOST_OF_LIST
from odoo.addons.practice_billing.models.packages.waiting.waiting import DAY_FIELDS
from odoo.addons.practice_billing.tools.slots import Slot

from ..common.accessibility import AXE, AccessibilityMixin
from ..common.booking import BookingHttpCase
from ..common.checkouts import OrganisationMixin
from ..common.instalments import make_term
from ..common.practice import dose
from ..common.routes import RoutesMixin

#: Characters of what may be longer than other parameters.
LONGER = {"people": MOST_OF_LIST}

#: What lets a form do one thing or another by being there.
SWITCHES = {"remove", "invite", "confirm", "patient_id", "organisation"}

MODULE = Path(__file__).parents[2]
TEMPLATES = sorted((MODULE / "views").glob("*_templates.xml"))


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


class EveryRouteMixin(RoutesMixin, OrganisationMixin):
    """The pages of the portal, and somebody and an organisation that have something on all of them."""

    now = None
    #: The addresses of this module; others below them are Odoo's.
    ours = re.compile(r"^/my/(packages|appointments|statements|subscription|seat)\b")
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
        self.arrange()
        self.order = self.invoice(
            self.victim.partner_id, post=False, practice_buyer_id=self.victim.id, ref="SECRET order"
        )
        gift = {"receiver_name": "SECRET receiver", "receiver_email": "secret@example.com", "message": "SECRET"}
        self.voucher = self.invoice(
            self.victim.partner_id, line={"practice_voucher_ids": [Command.create(gift)]}
        ).practice_voucher_ids
        self.pay(self.voucher.invoice_id)
        self.make_parts()
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

    def make_parts(self):
        """Sell to the victim in parts that are charged to a saved card."""
        term = make_term(self.env)
        self.parts = self.invoice(self.victim.partner_id, invoice_payment_term_id=term.id, ref="SECRET parts")
        self.plan_of_parts = self.parts._practice_describe_plan(self.parts._practice_get_open_parts())
        card = self.make_token(self.victim.partner_id)
        self.parts._practice_agree_as_shown(self.victim, card, self.plan_of_parts)

    def values_of(self, rule):
        return {"invoice_id": self.parts.id} if "/parts/" in rule.rule else super().values_of(rule)

    def arrange(self):
        """State a visit of the victim to an insurer."""
        patient = self.victim.partner_id
        visit = self.plan(patient, Datetime.now() - timedelta(days=3), user_id=self.doctor.id)
        visit.attendance = "attended"
        vals = {"percentage": 75.0, "date_from": "2026-01-01", "needs_numbers": False, "reference": "SECRET case"}
        people = {"patient_id": patient.id, "payer_id": self.make_patient("Insurer").id}
        arrangement = self.env["practice.payer.arrangement"].create({**vals, **people})
        self.statement = arrangement._make_until(self.today())

    # === WHAT THERE IS === #

    def facts(self):
        """Return whatever a stranger might want to change."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.event.read(["start", "attendance", "active", "user_id"]),
            self.entry.read(["state"]),
            self.env["practice.waiting"].search_count([("patient_id", "=", self.victim.partner_id.id)]),
            self.order.read(["state", "amount_total"]),
            self.parts.read(["practice_parts_token_id", "practice_parts_stopped", "practice_agreed_date"]),
            self.subscription.read(["state", "plan_id", "pending_plan_id", "end_date", "payment_token_id"]),
            self.subscription.seat_ids.read(["date_to", "kind", "practitioner_id"]),
            self.organisation.read(
                ["practice_administrator_ids", "street", "vat", "email", "name", "practice_buyer_reference"]
            ),
            self.token.active,
            self.checkouts.read(["state", "plan_id", "code_id"]),
            self.env["payment.transaction"].search_count([]),
            self.env["calendar.event"].search_count([("patient_id", "=", self.victim.partner_id.id)]),
            self.lot.read(["credits_available", "credits_reserved"]),
            self.env["practice.care.statement"].search_count([]),
            self.statement.read(["sent_date", "share"]),
            self.voucher.read(["state", "receiver_name", "redeemed_partner_id"]),
            self.env["practice.gift.voucher"].search_count([("buyer_id", "=", self.victim.partner_id.id)]),
        )

    def victims_values(self):
        """Return a value of the victim's for every name that a page of ours reads."""
        start = self.type._get_free_times(self.doctor, self.victim.partner_id)[self.doctor][0]
        return {
            "event_id": self.event.id,
            "entry_id": self.entry.id,
            "statement_id": self.statement.id,
            "voucher_id": self.voucher.id,
            "receiver_name": "Mallory",
            "receiver_email": "mallory@example.com",
            "send_date": "",
            **dict.fromkeys(DAY_FIELDS, "1"),
            "hour_from": "8",
            "hour_to": "18",
            "invoice_id": self.order.id,
            "practice_plan": self.plan_of_parts,
            "lot_id": self.lot.id,
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
            "year": self.today().year,
            "people": "Mallory, mallory@example.com",
            "file": "",
            "week": "2026-01-15",
            "wish": "package",
            "chosen": Slot(self.type.id, self.doctor.id, self.victim.partner_id.id, start).encode(),
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
            "practice_buyer_reference": "",
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


@tagged("post_install", "-at_install")
class TestEveryRoute(EveryRouteMixin, HttpCase):
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

    def test_a_practitioner_sees_the_own_seat_and_no_price_invoice_or_colleague(self):
        self.env["practice.terms"].create({"name": "Agreement", "terms": "<p>39.00</p>"})
        move = self.subscription.period_id.move_id
        self.assertTrue(move.name)
        secrets = ("Bert", move.name, "39.00", "47.19", "94.38", "€", "pb_boss@example.com", "4242")
        before = self.facts()
        self.authenticate("pb_an", "pb_an")
        seat = self.url_open("/my/seat").text
        self.assertIn("De Brug", seat)
        theirs = [it for it in self.routes() if it[0].startswith(("/my/subscription", "/my/seat"))]
        self.assertGreater(len(theirs), 25)
        odoos = ("/my", "/my/invoices", f"/my/invoices/{move.id}", f"/my/invoices/{move.id}?report_type=pdf")
        for address, methods, is_json, names in (*theirs, *((it, {"GET"}, False, set()) for it in odoos)):
            for text in self.answers(address, methods, is_json, names):
                for secret in secrets:
                    with self.subTest(address=address, secret=secret):
                        self.assertNotIn(secret, text)
        self.assertEqual(self.facts(), before)
        self.assertFalse(self.env["practice.terms.acceptance"].search([]))

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

    def test_what_cannot_be_kept_or_is_too_long_is_refused_in_every_parameter_of_every_page(self):
        """Asked by who may do it, so that every parameter gets as far as it can."""
        account = {"organisation": str(self.organisation.id), "company": str(self.company.id)}
        for login in ("pb_boss", "pb_victim"):
            self.authenticate(login, login.ljust(8, "x"))
            for address, methods, is_json, names in self.routes():
                for name in names | {"unknown"}:
                    for text in ("a\0b", "x" * (LONGER.get(name, 500) + 1)):
                        with self.subTest(login=login, address=address, name=name, text=text[:3]):
                            self.assertRefusedAs400(address, methods, is_json, {**account, name: text})

    def test_nul_in_an_address_is_no_error_of_ours(self):
        self.authenticate("pb_boss", "pb_bossx")
        self.assertNulIsNoError()

    def test_what_only_reads_writes_nothing(self):
        for login in ("pb_victim", "pb_boss"):
            self.assertReadOnlyPagesReadOnly(login)

    def test_each_page_of_a_patient_has_a_title_and_one_heading(self):
        self.authenticate("pb_victim", "pb_victim")
        self.ours = re.compile(r"^/my/(packages|appointments|statements)\b")
        self.assertTitledPages()

    def test_each_page_of_an_organisation_has_a_title_and_one_heading(self):
        self.authenticate("pb_boss", "pb_bossx")
        self.ours = re.compile(r"^/my/subscription\b")
        self.assertTitledPages()


#: Files, and what leads elsewhere.
NO_PAGES = re.compile(r"/(ics|print|statement|statements/\d+|pay|checkout/done)$")


@tagged("post_install", "-at_install")
@unittest.skipUnless(AXE or os.environ.get("CI"), "no axe-core: run the tests with dev/odoo test")
class TestEveryPage(AccessibilityMixin, EveryRouteMixin, HttpCase):
    """Everybody can read every page, and the front desk its day board."""

    def setUp(self):
        super().setUp()
        # The practice sells on its portal, and of a few credits more can be made.
        self.product.practice_published = self.package.upgrade_on_portal = True
        few = self.make_product(self.package, package_credits=5, list_price=650.0)
        self.lot = self.sell(self.victim.partner_id, product=few)

    def test_everybody_can_read_every_page(self):
        pages = set(self.pages())
        for login in ("pb_victim", "pb_boss"):
            self.authenticate(login, login.ljust(8, "x"))
            seen = {page: paths for page in pages if (paths := [path for path in page if self.is_page(path)])}
            chosen = sorted(path for paths in seen.values() for path in dose(paths[-1:], paths))
            self.assertForEverybody(login, ["/my", *chosen])
            pages -= seen.keys()
        self.assertEqual([address for address, _full in pages if not NO_PAGES.search(address)], [])

    def test_everybody_can_read_the_day_board(self):
        self.plan(self.victim.partner_id, Datetime.now(), user_id=self.doctor.id)
        self.assertForEverybody(
            "pb_front_desk", ["/odoo/day-board"], "!!document.querySelector('.o_practice_board_hour')"
        )


#: What a parameter of an address may be instead of what it should be.
NONSENSE = ("", "x", "-1", "0", "999999999", "1-2-3-4", "9999-99-99", "<b>", "é" * 100)


class EveryLinkCase(RoutesMixin, BookingHttpCase):
    """The links of e-mails, which need no login: each is for one patient and one thing."""

    #: Signing a mandate is no link: it needs the key of a payment that was begun (test_direct_debit_portal).
    ours = re.compile(r"^/practice/(?!direct_debit/)")

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.type.waiting_list = True
        self.secret_patient, self.mallory = self.make_patient("Vera Victim"), self.make_patient("Mallory Jones")
        self.records, self.links = self.make_links(self.secret_patient, days=4)
        self.mallorys_links = self.make_links(self.mallory, days=6)[1]

    def make_links(self, patient, days):
        """Give ``patient`` what links are about; return it, and the secret of each kind of link."""
        lot = self.give(patient, reference="SECRET lot")
        day = self.at(days=days).date()
        visit = self.type._book(self.katrien, patient, self.local(day, 9), patient).with_env(self.env)
        visit.description = "<p>SECRET note</p>"
        called_off = self.plan(patient, self.local(day, 14), user_id=self.pieter.id)
        absence = self.env["practice.absence"].create(
            {
                "practitioner_id": self.pieter.id,
                "date_from": called_off.start,
                "date_to": called_off.stop,
                "reason": "SECRET flu",
            }
        )
        self.env.flush_all()
        absence.action_cancel_appointments()
        line = absence.line_ids
        line.sudo().told = "sent"
        line._make_tokens()
        entry = self.env["practice.waiting"].create({"patient_id": patient.id, "appointment_type_id": self.type.id})
        place = self.env["practice.waiting.place"].create(
            {
                "appointment_type_id": self.type.id,
                "practitioner_id": self.pieter.id,
                "start": self.local(day, 10),
                "stop": self.local(day, 11),
            }
        )
        offer = self.env["practice.waiting.offer"]._make_sudo(entry, place)
        invitation = visit.attendee_ids.filtered(lambda it: it.partner_id == patient)
        links = {"move": invitation.access_token, "new-time": line.access_token, "waiting": offer.access_token}
        links["credits"] = lot._get_link_path().rsplit("/", 1)[1]
        return (visit, called_off, line, entry, offer), links

    def values_of(self, rule):
        # Of a kind of link that is new here, somebody has to say what it is about.
        return {"token": self.links[rule.rule.split("/")[2]]}

    def victims_values(self):
        day = self.at(days=5).date()
        start = self.free(patient=self.secret_patient, first=self.local(day, 0))[0]
        return {
            "booking": Slot(self.type.id, self.katrien.id, self.secret_patient.id, start).encode(),
            "practitioner_id": self.katrien.id,
            "week": day.isoformat(),
            "message": "moved",
            "wish": "package",
        }

    def facts(self):
        self.env.flush_all()
        self.env.invalidate_all()
        visit, called_off, line, entry, offer = self.records
        return (
            visit.read(["start", "attendance", "active", "user_id"]),
            visit.attendee_ids.read(["state", "access_token"]),
            called_off.read(["start", "attendance", "active"]),
            line.read(["state", "outcome", "new_event_id"]),
            entry.read(["state"]),
            offer.read(["state", "visit_id"]),
            self.env["calendar.event"].search_count([("patient_id", "=", self.secret_patient.id)]),
            self.env["practice.credit.lot"]
            .search([("partner_id", "=", self.secret_patient.id)])
            .read(["credits_available", "credits_reserved"]),
            self.secret_patient.activity_ids.ids,
        )


@tagged("post_install", "-at_install")
class TestEveryLink(EveryLinkCase):
    def test_each_kind_of_link_is_walked_and_each_name_has_a_value(self):
        routes = self.routes()
        self.assertEqual({address.split("/")[2] for address, *_rest in routes}, self.links.keys())
        read = set().union(*(names for *_route, names in routes))
        self.assertEqual(read - self.victims_values().keys(), set())
        self.assertEqual({"booking", "practitioner_id", "week", "message"} - read, set())

    def test_opening_any_of_them_changes_nothing_whoever_does(self):
        before = self.facts()
        for login in (None, "pb_stranger", "pb_katrien"):
            self.authenticate(login, login)
            for address, methods, _is_json, names in self.routes():
                with self.subTest(login=login, address=address):
                    values = self.victims_values()
                    asked = f"{address}?{urlencode({name: values[name] for name in names})}"
                    for method in ("GET", "HEAD"):
                        response = self.url_open(asked, method=method)
                        self.assertEqual(response.status_code, 200 if "GET" in methods else 405)
                        if "GET" in methods:
                            self.assertNotIn("SECRET", response.text)
                    self.assertEqual(self.facts(), before)

    def test_with_a_made_up_secret_there_is_nothing(self):
        before, values = self.facts(), self.victims_values()
        secrets = (*self.links.values(), "x", "False", "%20")
        for address, methods, _is_json, names in self.routes():
            kind, own = address.split("/")[2:4]
            for secret in secrets:
                if secret == own:
                    secret = f"{own}x"
                form = {name: values[name] for name in names}
                made_up = address.replace(own, secret)
                with self.subTest(kind=kind, address=made_up):
                    data = {**form, "csrf_token": Request.csrf_token(self)}
                    answers = [self.url_open(made_up, data=data)]
                    if "GET" in methods:
                        answers.append(self.url_open(f"{made_up}?{urlencode(form)}"))
                    for answer in answers:
                        self.assertEqual(answer.status_code, 404)
                        self.assertNotIn("Vera Victim", answer.text)
        self.assertEqual(self.facts(), before)

    def test_an_own_link_with_the_values_of_somebody_else_does_nothing_to_them(self):
        before, values = self.facts(), self.victims_values()
        self.links, theirs = self.mallorys_links, self.links
        for address, methods, _is_json, names in self.routes():
            form = {name: values[name] for name in names}
            with self.subTest(address=address):
                texts = []
                if "GET" in methods:
                    texts += self.text_of(self.url_open(f"{address}?{urlencode(form)}"), address)
                if "POST" in methods:
                    data = {**form, "csrf_token": Request.csrf_token(self)}
                    texts += self.text_of(self.url_open(address, data=data), address)
                for text in texts:
                    for secret in ("Vera Victim", "SECRET", *theirs.values()):
                        self.assertNotIn(secret, text)
        self.assertEqual(self.facts(), before)

    def test_nonsense_in_any_parameter_is_no_error(self):
        for address, methods, _is_json, names in self.routes():
            for name in names:
                for text in NONSENSE:
                    with self.subTest(address=address, name=name, text=text):
                        if "GET" in methods:
                            self.assertLess(self.url_open(f"{address}?{urlencode({name: text})}").status_code, 500)
                        if "POST" in methods:
                            data = {name: text, "csrf_token": Request.csrf_token(self)}
                            self.assertLess(self.url_open(address, data=data).status_code, 500)

    def test_what_cannot_be_kept_or_is_too_long_is_refused_in_every_parameter(self):
        before = self.facts()
        for address, methods, is_json, names in self.routes():
            for name in names | {"unknown"}:
                for text in ("a\0b", "x" * 501):
                    with self.subTest(address=address, name=name, text=text[:3]):
                        self.assertRefusedAs400(address, methods, is_json, {name: text})
        self.assertEqual(self.facts(), before)

    def test_nul_in_an_address_is_no_error_of_ours(self):
        self.assertNulIsNoError()

    def test_what_only_reads_writes_nothing(self):
        self.assertReadOnlyPagesReadOnly()

    def test_each_page_has_a_title_and_one_heading(self):
        self.assertTitledPages()
        self.links = dict.fromkeys(self.links, "ended")
        self.assertTitledPages()


@tagged("post_install", "-at_install")
@unittest.skipUnless(AXE or os.environ.get("CI"), "no axe-core: run the tests with dev/odoo test")
class TestEveryLinkedPage(AccessibilityMixin, EveryLinkCase):
    def test_everybody_can_read_every_page_behind_a_link(self):
        seen = [paths for page in self.pages() if (paths := [path for path in page if self.is_page(path)])]
        self.assertEqual({paths[0].split("/")[2] for paths in seen}, self.links.keys())
        self.assertForEverybody(None, [path for paths in seen for path in dose(paths[-1:], paths)])
