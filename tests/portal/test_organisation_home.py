"""What people of an organisation like about the portal: its home, what they pay, all invoices at once, terms, lists."""

import io
import re
import zipfile
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import format_date, mute_logger

from ..common.checkouts import OrganisationMixin
from ..common.pages import PagesMixin


def text_of(page):
    """Return what people read of a page, without its header and its scripts."""
    main = page[page.index("<main") :] if "<main" in page else page
    main = re.sub(r"<(script|style).*?</\1>", " ", main, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("\xa0", " ").split())


class LikedCase(PagesMixin, OrganisationMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()

    def read_page(self, path):
        return text_of(self.page(path))

    def run_subscription(self, *args):
        self.subscription._begin_billing(*args)
        return self.bill(self.subscription)

    def banner_of(self, path):
        page = self.page(path)
        return "o_practice_banners" in page and text_of(page.split("o_practice_banners")[1].split("<nav")[0][:2000])


@tagged("post_install", "-at_install")
class TestHome(LikedCase):
    def test_the_home_page_says_how_the_subscription_stands(self):
        move = self.run_subscription()
        self.log_in(self.boss)
        home = self.read_page("/my")
        day = format_date(self.env, self.subscription.next_invoice_date, lang_code="en_US")
        for words in ("De Brug", "Standard", "2 practitioners: An, Bert", "94.38", f"with tax, on {day}"):
            with self.subTest(words=words):
                self.assertIn(words, home)
        self.assertIn(f"To be paid: {move.name} Pay", home)
        self.assertIn(f'href="{move.get_portal_url()}', self.page("/my").replace("&amp;", "&"))
        self.subscription._set_payment_token(self.make_token(self.organisation))
        self.pay(move)
        home = self.read_page("/my")
        self.assertIn("4242", home)
        self.assertIn("Nothing needs to be done", home)

    def test_one_practitioner_is_one(self):
        self.subscription.seat_ids.filtered(lambda it: it.practitioner_id.name == "Bert").unlink()
        self.run_subscription()
        self.log_in(self.boss)
        self.assertIn("1 practitioner: An", self.read_page("/my"))
        self.assertNotIn("1 practitioners", self.read_page("/my"))

    def test_many_practitioners_are_not_all_named_and_cost_no_query_more(self):
        self.run_subscription()
        self.log_in(self.boss)
        few = self.count_queries("/my")
        for number in range(20):
            self.seat(self.subscription, f"Person {number:02}")
        self.assertIn("and 14 more", self.read_page("/my"))
        self.assertLessEqual(self.count_queries("/my"), few + 2)

    def test_what_is_to_be_done_has_a_button_each(self):
        self.organisation.street = False
        self.subscription._begin_billing()
        self.subscription.seat_ids.unlink()
        self.env["practice.terms"].create({"name": "Processing agreement", "terms": "<p>Ours.</p>"})
        self.log_in(self.boss)
        page = self.page("/my")
        todo = page.split("o_practice_todos")[1].split("</ul>")[0]
        for path in ("terms", "method", "details", "practitioners/add"):
            with self.subTest(path=path):
                self.assertIn(f"/my/subscription/{path}", todo)

    def test_an_organisation_without_a_subscription_is_led_to_the_plans(self):
        self.log_in(self.rival)
        home = self.page("/my")
        self.assertIn("There is no subscription yet", text_of(home))
        self.assertIn("/my/subscription/plans", home)

    def test_practitioners_and_patients_have_no_such_section(self):
        self.run_subscription()
        for user in (self.an, self.make_login("pb_patient", "Pat")):
            self.log_in(user)
            with self.subTest(user=user.login):
                self.assertNotIn("practice_home_", self.page("/my"))
                self.assertNotIn("De Brug", self.read_page("/my"))

    def test_the_banner_is_silent_where_one_does_what_it_asks(self):
        self.subscription._enter("expired")
        self.log_in(self.boss)
        words = "The trial of De Brug ended"
        self.assertIn(words, self.read_page("/my/subscription"))
        self.assertNotIn(words, self.read_page("/my/subscription/plans"))
        self.send_form("/my/subscription/checkout/start", plan=self.standard.id, interval="month")
        self.assertNotIn(words, self.read_page("/my/subscription/checkout"))
        move = self.run_subscription()
        words = "has no automatic payment method"
        self.assertIn(words, self.read_page("/my/subscription/open"))
        self.assertNotIn(words, self.read_page("/my/subscription/method"))
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET invoice_date_due = invoice_date_due - 1 WHERE id = %s", move.ids)
        self.env.invalidate_all()
        words = "was due on"
        self.assertIn(words, self.read_page("/my/subscription/method"))
        self.assertNotIn(words, self.read_page("/my/subscription/open"))
        self.assertNotIn(words, self.read_page(move.get_portal_url()))

    def test_the_banner_of_another_organisation_stays(self):
        self.subscription._enter("expired")
        self.other.practice_administrator_ids |= self.boss.partner_id
        self.log_in(self.boss)
        plans = self.read_page(f"/my/subscription/plans?organisation={self.organisation.id}&company={self.company.id}")
        self.assertIn("De Overkant has no subscription yet", plans)
        self.assertNotIn("The trial of De Brug ended", plans)


@tagged("post_install", "-at_install")
class TestPaying(LikedCase):
    def test_the_button_says_what_is_paid_and_the_tax_its_rate(self):
        self.subscription.seat_ids[1].unlink()
        self.subscription._enter("expired")
        self.log_in(self.boss)
        self.send_form("/my/subscription/checkout/start", plan=self.standard.id, interval="month")
        page = self.page("/my/subscription/checkout")
        self.assertRegex(page, r'name="o_payment_submit_button"[^>]*>\s*Pay [^<]*47\.19')
        self.assertIn("Tax 21 %", text_of(page))
        self.run_subscription()
        self.assertRegex(self.page("/my/subscription/open"), r">\s*Pay [^<]*47\.19")

    def test_a_code_is_shown_with_how_long_it_lasts(self):
        self.subscription._enter("expired")
        self.log_in(self.boss)
        for number, (vals, words) in enumerate(
            (
                ({}, "20 %, once"),
                ({"duration": "periods", "periods": 3}, "20 %, 3 periods"),
                ({"duration": "periods", "periods": 1}, "20 %, 1 period"),
                ({"duration": "forever"}, "20 %, for good"),
                ({"kind": "amount", "amount": 10.0, "duration": "forever"}, "10.00"),
            )
        ):
            code = self.make_code(f"CODE{number}", **vals)
            self.send_form("/my/subscription/checkout/start", plan=self.standard.id, interval="month")
            self.send_form("/my/subscription/checkout/code", code=code.name)
            with self.subTest(words=words):
                self.assertIn(words, self.read_page("/my/subscription/checkout"))
        self.subscription._begin_billing()
        self.make_code("LASTING", duration="periods", periods=3)._redeem(self.subscription)
        self.assertIn(": 20 %, 3 periods.", self.read_page("/my/subscription"))

    def test_a_year_says_what_it_saves(self):
        self.log_in(self.boss)
        self.assertIn("You save 2 months.", self.read_page("/my/subscription/plans?interval=year"))
        self.assertNotIn("You save", self.read_page("/my/subscription/plans?interval=month"))
        price = self.standard.price_ids.filtered(lambda it: it.interval == "year" and it.kind == "standard")
        for amount, words in ((429.0, "You save 1 month."), (400.0, "68.00"), (468.0, ""), (500.0, "")):
            price.amount = amount
            with self.subTest(amount=amount):
                self.assertIn(words, self.standard._describe_saving(self.today()))
                self.assertEqual(bool(words), bool(self.standard._describe_saving(self.today())))

    def test_cards_say_upgrade_or_downgrade_and_when(self):
        self.run_subscription()
        self.log_in(self.boss)
        page = self.read_page("/my/subscription/plans")
        for words in ("Upgrade to Blended", "Takes effect today", "Downgrade to Starter", "Takes effect on"):
            self.assertIn(words, page)
        self.assertIn("Change to yearly billing", self.read_page("/my/subscription/plans?interval=year"))


@tagged("post_install", "-at_install")
class TestDownload(LikedCase):
    def bill_more(self, times=1):
        """Bill extras so often; return the last invoice."""
        for number in range(times):
            self.seat(self.subscription, f"Person {number} of {self.subscription.seat_count}")
            self.subscription.action_bill_extras()
        return self.last_invoice(self.subscription)

    def download(self, **data):
        return self.send_form("/my/subscription/invoices/download", **data)

    def names_in(self, answer):
        return set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())

    def test_all_invoices_of_a_year_come_in_one_file(self):
        first = self.run_subscription()
        second = self.bill_more()
        self.log_in(self.boss)
        year = str(self.today().year)
        self.assertIn(f"{year} · 2 invoices", self.read_page("/my/subscription/invoices"))
        answer = self.download(year=year)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        names = " ".join(self.names_in(answer))
        for move in first | second:
            self.assertIn(move.name.replace("/", "_"), names)

    def test_what_was_sent_is_as_it_was_sent_and_the_rest_is_bounded(self):
        first = self.run_subscription()
        self.bill_more(3)
        self.env["ir.attachment"].create(
            {
                "name": "sent.pdf",
                "raw": b"%PDF sent",
                "res_model": "account.move",
                "res_id": first.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        self.env.flush_all()
        first.invalidate_recordset()
        self.log_in(self.boss)
        limit = "odoo.addons.practice_billing.models.subscriptions.portal.subscription_invoices.MOST_PRINTED"
        with patch(limit, 1):
            answer = self.download()
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        sent = next(name for name in archive.namelist() if archive.read(name) == b"%PDF sent")
        self.assertIn(first.name.replace("/", "_"), sent)
        self.assertEqual(len(archive.namelist()), 3, "sent, printed, and a text that names the others")
        self.assertIn("PBSUB/", archive.read("README.txt").decode())

    def test_more_than_a_file_holds_are_in_parts(self):
        self.run_subscription()
        self.bill_more(2)
        self.log_in(self.boss)
        limit = "odoo.addons.practice_billing.controllers.organisation.invoices.MOST_DOCUMENTS"
        with patch(limit, 2):
            self.assertEqual(len(self.names_in(self.download())), 2)
            self.assertEqual(len(self.names_in(self.download(page="2"))), 1)
            for nonsense in ("0", "3", "x", "-1", "²"):
                self.assertEqual(len(self.names_in(self.download(year=nonsense, page=nonsense))), 2)

    def test_nobody_else_gets_any(self):
        move = self.run_subscription()
        query = f"organisation={self.organisation.id}&company={self.company.id}"
        patient = self.make_login("pb_patient", "Pat")
        self.subscribe(organisation=self.other, seats=())
        for user in (self.rival, self.an, patient):
            self.log_in(user)
            with self.subTest(user=user.login):
                for path in (f"?{query}", ""):
                    answer = self.send_form(f"/my/subscription/invoices/download{path}", page="1")
                    self.assertNotIn("zip", answer.headers.get("Content-Type", ""))
                    self.assertNotIn(move.name, self.page(f"/my/subscription/invoices{path}"))
                with self.assertRaises(AccessError):
                    self.subscription.with_user(user).sudo()._portal_zip_invoices(move.sudo())
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open("/my/subscription/invoices").url)

    def test_a_file_holds_own_invoices_only_whatever_is_asked(self):
        self.run_subscription()
        theirs = self.subscribe(organisation=self.other)
        move = self.bill(theirs)
        file = self.subscription.with_user(self.boss).sudo()._portal_zip_invoices(move.sudo())
        self.assertEqual(zipfile.ZipFile(file).namelist(), [])

    def test_it_is_asked_for_by_a_form(self):
        self.run_subscription()
        self.log_in(self.boss)
        self.assertIn(self.url_open("/my/subscription/invoices/download").status_code, (404, 405))
        self.assertEqual(self.send_form("/my/subscription/invoices/download", token="").status_code, 400)


@tagged("post_install", "-at_install")
class TestTerms(LikedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms = cls.env["practice.terms"].create(
            {"name": "Processing agreement", "terms": "<p>We process as you say.</p>"}
        )
        cls.subscription._enter("expired")

    def begin_checkout(self):
        self.send_form("/my/subscription/checkout/start", plan=self.standard.id, interval="month")
        return self.env["practice.subscription.checkout"]._get_open_sudo(self.organisation, self.company)

    def transact(self, checkout):
        return self.rpc(
            f"/my/subscription/checkout/{checkout.id}/transaction",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            flow="direct",
        )

    def acceptances(self):
        return self.env["practice.terms.acceptance"].search([("organisation_id", "=", self.organisation.id)])

    def accept(self, fingerprint=None, **data):
        fingerprint = (
            self.terms.with_context(lang="en_US")._get_terms_fingerprint() if fingerprint is None else fingerprint
        )
        return self.send_form("/my/subscription/terms", terms=fingerprint, plan=self.standard.id, **data)

    def test_nothing_is_paid_before_the_terms_are_accepted(self):
        self.log_in(self.boss)
        checkout = self.begin_checkout()
        page = self.page("/my/subscription/checkout")
        self.assertIn("We process as you say.", page)
        self.assertNotIn("o_payment_form", page)
        with mute_logger("odoo.http"):
            self.assertIn("accept first", self.transact(checkout)["error"]["data"]["message"])
        self.assertFalse(checkout.transaction_ids)
        answer = self.accept(back="checkout")
        self.assertTrue(answer.headers["Location"].endswith("/my/subscription/checkout"))
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))
        self.assertIn("result", self.transact(checkout))
        kept = self.acceptances()
        self.assertEqual((kept.user_id, kept.user_name, kept.number), (self.boss, "Bea Boss", 1))
        self.assertEqual((kept.text, kept.lang), (self.terms.terms, "en_US"))
        self.assertEqual(kept.fingerprint, self.terms.with_context(lang="en_US")._get_terms_fingerprint())
        self.assertTrue(kept.date)

    def test_they_are_asked_for_again_only_when_the_text_changes(self):
        self.log_in(self.boss)
        self.accept()
        self.accept()
        self.assertEqual(len(self.acceptances()), 1, "sent twice, kept once")
        self.terms.name = "Agreement on processing"
        self.begin_checkout()
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))
        old = self.terms.terms
        self.terms.terms = "<p>We process as we like.</p>"
        self.assertNotIn("o_payment_form", self.page("/my/subscription/checkout"))
        self.accept()
        self.assertEqual(self.acceptances().mapped("number"), [2, 1])
        self.assertEqual(self.acceptances()[1].text, old)
        self.assertIn("version 2", self.read_page("/my/subscription/terms"))

    def test_a_text_that_changed_while_it_was_read_is_not_accepted(self):
        self.log_in(self.boss)
        before = self.terms.with_context(lang="en_US")._get_terms_fingerprint()
        self.terms.terms = "<p>Something else.</p>"
        for fingerprint in (before, "", "nonsense"):
            self.assertIn("may have changed", self.accept(fingerprint).text)
            self.assertFalse(self.acceptances())

    def test_terms_of_other_plans_and_companies_are_not_asked_for(self):
        self.terms.plan_ids = self.blended
        self.log_in(self.boss)
        self.begin_checkout()
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))
        self.terms.write({"plan_ids": False, "active": False})
        self.assertIn("o_payment_form", self.page("/my/subscription/checkout"))

    def test_another_plan_with_terms_of_its_own_asks_for_them(self):
        self.terms.plan_ids = self.blended
        self.run_subscription()
        self.subscription._set_payment_token(self.make_token(self.organisation))
        self.log_in(self.boss)
        path = f"/my/subscription/change?plan={self.blended.id}&interval=month"
        self.assertIn("/my/subscription/terms", self.url_open(path, allow_redirects=False).headers["Location"])
        with self.assertRaisesRegex(UserError, "accept first"):
            self.subscription.with_user(self.boss).sudo()._portal_change_plan(self.blended, "month")
        fingerprint = self.terms.with_context(lang="en_US")._get_terms_fingerprint()
        answer = self.send_form(
            "/my/subscription/terms", terms=fingerprint, plan=self.blended.id, interval="month", back="change"
        )
        self.assertIn("/my/subscription/change", answer.headers["Location"])
        self.assertIn("Update plan", self.page(path))

    def test_nobody_else_accepts(self):
        for user in (self.an, self.rival, self.make_login("pb_patient", "Pat")):
            self.log_in(user)
            self.send_form(
                f"/my/subscription/terms?organisation={self.organisation.id}&company={self.company.id}",
                terms=self.terms.with_context(lang="en_US")._get_terms_fingerprint(),
            )
            with self.subTest(user=user.login):
                self.assertFalse(self.acceptances())
                with self.assertRaises(AccessError):
                    self.organisation.with_user(user).sudo()._practice_accept_terms(self.company, self.standard, [])

    def test_what_was_accepted_cannot_be_changed_by_anybody(self):
        self.log_in(self.boss)
        self.accept()
        kept, manager = (
            self.acceptances(),
            new_test_user(self.env, "pb_mgr", "practice_billing.group_manager,base.group_system"),
        )
        for record in (kept, kept.version_id):
            for user in (manager, self.boss):
                for work in (
                    lambda it: it.write({"date": "2020-01-01"}),
                    lambda it: it.unlink(),
                    lambda it: it.copy(),
                ):
                    with self.subTest(model=record._name, user=user.login), self.assertRaises(UserError):
                        work(record.with_user(user))
            with self.assertRaises(UserError):
                record.sudo().write({"date": "2020-01-01"})
        with self.assertRaises(UserError):
            kept.sudo().unlink()
        with self.assertRaises(UserError):
            self.terms.unlink()
        self.authenticate("pb_mgr", "pb_mgr")
        with mute_logger("odoo.http"):
            for name, args in (("write", ({"user_name": "X"},)), ("unlink", ())):
                self.assertIn("odoo.exceptions", self.call_kw("practice.terms.acceptance", name, kept.ids, *args))

    def test_staff_sees_on_the_subscription_who_accepted_what(self):
        self.log_in(self.boss)
        self.accept()
        desk = new_test_user(self.env, "pb_desk2", "practice_billing.group_user")
        desk.write({"company_id": self.company.id, "company_ids": self.company.ids})
        seen = self.subscription.with_user(desk).acceptance_ids
        self.assertEqual(seen.sudo(), self.acceptances().sudo())
        self.assertEqual(seen.version_id.display_name, "Processing agreement, version 1")


@tagged("post_install", "-at_install")
class TestPeople(LikedCase):
    PATH = "/my/subscription/practitioners/several"

    def setUp(self):
        super().setUp()
        self.run_subscription()
        self.log_in(self.boss)

    def check(self, people, **data):
        return self.send_form(self.PATH, people=people, **data).text

    def confirm(self, page, **data):
        """Send the form of a page that shows what it costs."""
        hidden = dict(re.findall(r'name="(shown|people)" value="([^"]*)"', page))
        data = {
            "people": hidden["people"].replace("&#10;", "\n").replace("&#9;", "\t"),
            "shown": hidden["shown"],
            **data,
        }
        return self.send_form(self.PATH, confirm="1", **data)

    def names(self):
        self.env.invalidate_all()
        return sorted(self.subscription.seat_ids.practitioner_id.mapped("name"))

    def test_a_list_is_checked_row_by_row_and_the_good_ones_are_added_once(self):
        people = (
            "Dirk Dirks, dirk@example.com\nNo Mail\nEva Evens; eva@example.com\nDirk Again\tDIRK@example.com\n"
            "Bert, bert@example.com\n, x@y"
        )
        page = self.check(people)
        text = text_of(page)
        for words in (
            "Row 1 Dirk Dirks dirk@example.com Good",
            "Row 2 No Mail There is no e-mail address.",
            "Row 3 Eva Evens eva@example.com Good",
            "Row 4 Dirk Again DIRK@example.com The same address as in row 1.",
            "Row 5 Bert bert@example.com Has a seat already.",
            "2 practitioners, standard rate",
            "Add 2 practitioners",
        ):
            with self.subTest(words=words):
                self.assertIn(words, text)
        self.assertEqual(self.names(), ["An", "Bert"], "nothing is added before it is confirmed")
        before = self.subscription._get_preview(self.subscription._make_next_invoice())["total"]
        answer = self.confirm(page)
        self.assertTrue(answer.headers["Location"].endswith("/my/subscription"))
        self.assertEqual(self.names(), ["An", "Bert", "Dirk Dirks", "Eva Evens"])
        told = self.read_page("/my/subscription")
        for words in (
            "2 practitioners are added.",
            "1 practitioner of the list has a seat already.",
            "row 2 (No Mail)",
        ):
            self.assertIn(words, told)
        after = self.subscription._get_preview(self.subscription._make_next_invoice())["total"]
        self.assertGreater(after, before)
        self.confirm(page)
        self.assertEqual(len(self.names()), 4, "a second click adds nobody")
        self.assertIn("3 practitioners of the list have a seat already.", self.read_page("/my/subscription"))

    def test_what_is_shown_is_what_will_be_billed(self):
        page = self.check("\n".join(f"Person {number}, p{number}@example.com" for number in range(3)))
        shown = re.search(r'name="shown" value="3 [\d.]+ ([\d.]+)"', page)[1]
        self.confirm(page)
        self.env.invalidate_all()
        total = self.subscription._get_preview(self.subscription._make_next_invoice())["total"]
        self.assertEqual(f"{total:.2f}", shown)

    def test_what_changed_meanwhile_is_shown_again(self):
        page = self.check("Dirk, dirk@example.com")
        self.seat(self.subscription, "Somebody")
        text = self.confirm(page).text
        self.assertIn("has changed meanwhile", text)
        self.assertEqual(len(self.names()), 3)
        self.confirm(text)
        self.assertEqual(len(self.names()), 4)

    def test_a_file_is_read_as_a_list(self):
        for content, name in (
            ("Name;E-mail\nDirk;dirk@example.com\n".encode("utf-16"), "people.csv"),
            (b'"Peeters, Eva",eva@example.com\n', "x.txt"),
        ):
            answer = self.url_open(
                self.PATH,
                data={"csrf_token": Request.csrf_token(self), "people": ""},
                files={"file": (name, content, "text/csv")},
            )
            self.confirm(answer.text)
        self.assertEqual(self.names(), ["An", "Bert", "Dirk", "Peeters, Eva"])

    def test_nonsense_is_answered_with_a_reason(self):
        for people, words in (
            ("", "Nobody is on the list"),
            ("\n\n", "Nobody is on the list"),
            ("\n".join(f"P {number}, p{number}@example.com" for number in range(201)), "too many rows"),
            ("x" * 101 + ", x@example.com", "too long"),
            ("<script>alert(1)</script>, x@example.com", "&lt;script&gt;"),
        ):
            with self.subTest(words=words):
                self.assertIn(words, self.check(people))
        self.assertEqual(self.names(), ["An", "Bert"])
        self.assertEqual(self.send_form(self.PATH, people="x" * 100_000).status_code, 400)

    def test_a_trial_says_that_nothing_is_billed(self):
        other = self.make_trial(organisation=self.other, people=self.env["res.partner"])
        self.log_in(self.rival)
        page = self.check("Dirk, dirk@example.com")
        self.assertIn("Nothing is billed during the trial", page)
        self.confirm(page)
        self.assertEqual(other.seat_ids.practitioner_id.mapped("name"), ["Dirk"])
        self.assertEqual(other.seat_ids.practitioner_id.parent_id, self.other)

    def test_people_of_others_are_neither_attached_nor_revealed(self):
        stranger = self.make_patient("Known Kim", parent_id=self.other.id)
        page = self.check(f"Kim, {stranger.email}")
        self.assertNotIn("Known Kim", page)
        self.confirm(page)
        added = self.subscription.seat_ids.practitioner_id.filtered(lambda it: it.name == "Kim")
        self.assertEqual(added.parent_id, self.organisation)

    def test_nobody_else_adds_to_it(self):
        query = f"organisation={self.organisation.id}&company={self.company.id}"
        for user in (self.an, self.rival):
            self.log_in(user)
            self.send_form(f"{self.PATH}?{query}", people="Dirk, dirk@example.com", confirm="1", shown="1")
            with self.assertRaises(AccessError):
                self.subscription.with_user(user).sudo()._portal_check_people([])
            with self.assertRaises(AccessError):
                self.subscription.with_user(user).sudo()._portal_add_people([])
        self.assertEqual(self.names(), ["An", "Bert"])

    def test_a_hundred_take_as_many_queries_as_ten(self):
        mine = self.subscription.with_user(self.boss).sudo()

        def add(name, count):
            lines = "\n".join(f"{name} {number}, {name}{number}@example.com" for number in range(count))
            checked = mine._portal_check_people(mine._portal_read_people(lines.encode()))
            # Making contacts is Odoo's, and takes some for each.
            people = [(it.row.name, it.email) for it in checked]
            mine.organisation_id._practice_find_or_make_contacts_sudo(people)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(mine._portal_add_people(checked), count)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        add("warm", 5)
        few, many = add("few", 10), add("many", 100)
        self.assertLessEqual(many, few + 3)


@tagged("post_install", "-at_install")
class TestMuchUsage(LikedCase):
    """A subscription that used a lot: pages read sums."""

    def test_pages_read_no_rows_of_usage(self):
        self.run_subscription(self.starter)
        self.log_in(self.boss)
        usages = self.env["practice.subscription.usage"]

        def use(count, name):
            kinds = self.file
            usages.create(
                [
                    {
                        "subscription_id": self.subscription.id,
                        "kind_id": kinds.id,
                        "reference": f"{name} {number}",
                        "date": self.today(),
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()

        use(3, "few")
        few = self.page("/my/subscription")
        use(300, "many")
        fetched = []
        fetch = type(usages)._fetch_query

        def count(records, query, fields):
            found = fetch(records, query, fields)
            fetched.append(len(found))
            return found

        self.patch(type(usages), "_fetch_query", count)
        for path in ("/my", "/my/subscription", "/my/subscription/plans"):
            self.page(path)
            with self.subTest(path=path):
                self.assertEqual(sum(fetched), 0)
        self.assertIn("303 ×", text_of(self.page("/my/subscription")))
        self.assertIn("3 ×", text_of(few))
        self.subscription.action_bill_extras()
        move = self.last_invoice(self.subscription)
        self.assertEqual(move.amount_untaxed, 303 * 5.0)
        self.assertEqual(set(self.subscription.usage_ids.mapped("state")), {"billed"})
        self.assertEqual(self.subscription.usage_ids.invoice_line_id.move_id, move)
