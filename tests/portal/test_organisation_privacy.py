"""What a practitioner's login sees of the organisation, over every door, and whose e-mail address nobody writes."""

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..common.checkouts import OrganisationMixin
from ..common.pages import PagesMixin
from ..common.subscriptions import SubscriptionCase


class BilledMixin(OrganisationMixin):
    """*De Brug* is billed for An, for the student Carla and for Bert, who keeps its books and gets its invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription = cls.make_trial()
        cls.bert = cls.subscription.seat_ids.practitioner_id - cls.an.partner_id
        cls.carla = cls.env["res.partner"].create(
            {"name": "Carla Student", "email": "carla@example.com", "parent_id": cls.organisation.id}
        )
        cls.env["practice.subscription.seat"].create(
            {
                "subscription_id": cls.subscription.id,
                "practitioner_id": cls.carla.id,
                "kind": "student",
                "student_until": "2026-12-31",
                "date_from": cls.company._practice_day(),
            }
        )

    def setUp(self):
        super().setUp()
        self.subscription._begin_billing()
        self.move = self.bill(self.subscription)
        # What else the practice bills the organisation, and what it bills a practitioner who is a patient too.
        self.other_move = self.make_invoice(self.organisation)
        self.own_move = self.make_invoice(self.an.partner_id)

    @classmethod
    def make_invoice(cls, partner):
        line = {"name": "Course", "quantity": 1, "price_unit": 100.0, "account_id": cls.income.id}
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": cls.sales.id,
                "partner_id": partner.id,
                "invoice_date": cls.company._practice_day(),
                "invoice_line_ids": [(0, 0, line)],
            }
        )
        move.action_post()
        return move


@tagged("post_install", "-at_install")
class TestPractitioner(BilledMixin, SubscriptionCase):
    """Over the ORM, which is what RPC and pages ask."""

    def as_user(self, user, model):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[model].with_user(user)

    def test_practitioners_find_and_read_no_invoice_of_the_organisation(self):
        moves = self.as_user(self.an, "account.move")
        self.assertEqual(moves.search([]), self.own_move)
        self.assertFalse(moves.search([("line_ids.name", "ilike", "Carla")]))
        self.assertEqual(self.as_user(self.an, "account.move.line").search([]).move_id, self.own_move)
        for move in (self.move, self.other_move):
            for records in (move, move.line_ids[:1], move.invoice_line_ids):
                with self.subTest(records=records), self.assertRaises(AccessError):
                    records.with_user(self.an).read(["name"])

    def test_administrators_find_and_read_them_all(self):
        found = self.as_user(self.boss, "account.move").search([])
        self.assertEqual(found, self.move | self.other_move | self.own_move)
        self.assertTrue(self.move.with_user(self.boss).invoice_line_ids.read(["name"]))

    def test_who_was_an_administrator_finds_none_any_more(self):
        self.organisation.practice_administrator_ids = self.an.partner_id
        self.assertFalse(self.as_user(self.boss, "account.move").search([]))
        self.assertEqual(len(self.as_user(self.an, "account.move").search([])), 3)

    def test_practitioners_see_themselves_and_the_organisation_but_no_colleagues(self):
        partners = self.as_user(self.an, "res.partner")
        self.assertEqual(partners.search([]), self.an.partner_id | self.organisation)
        self.assertFalse(partners.search([("email", "=", "carla@example.com")]))
        self.assertFalse(self.organisation.with_user(self.an).child_ids - self.an.partner_id)
        self.assertEqual(self.as_user(self.an, "res.users").search([]), self.an)
        for colleague in (self.carla, self.boss.partner_id, self.boss):
            with self.subTest(colleague=colleague), self.assertRaises(AccessError):
                colleague.with_user(self.an).read(["name"])

    def test_practitioners_do_not_find_colleagues_by_the_organisation(self):
        partners = self.as_user(self.an, "res.partner")
        for domain in ([("child_ids.name", "ilike", "Carla")], [("user_ids.login", "=", "pb_boss")]):
            with self.subTest(domain=domain):
                self.assertFalse(partners.search(domain))

    def test_administrators_see_their_people(self):
        found = self.as_user(self.boss, "res.partner").search([])
        self.assertLessEqual(self.carla | self.bert | self.an.partner_id | self.organisation, found)
        self.assertIn(self.an, self.as_user(self.boss, "res.users").search([]))

    def test_contacts_of_other_companies_see_what_odoo_shows_them(self):
        firm = self.make_organisation("Just a customer")
        eva = self.make_login("pb_eva", "Eva", parent_id=firm.id)
        fred = self.make_login("pb_fred", "Fred", parent_id=firm.id)
        move = self.make_invoice(firm)
        self.assertLessEqual(fred.partner_id | firm, self.as_user(eva, "res.partner").search([]))
        self.assertIn(fred, self.as_user(eva, "res.users").search([]))
        self.assertEqual(self.as_user(eva, "account.move").search([]), move)
        address = self.env["res.partner"].create({"name": "Gate", "type": "invoice", "parent_id": firm.id})
        self.assertTrue(address.with_user(eva).sudo()._can_be_edited_by_current_customer())

    def test_staff_is_not_restricted(self):
        self.make_staff()
        self.assertIn(self.move, self.as_user(self.accountant, "account.move").search([]))
        self.assertIn(self.carla, self.as_user(self.employee, "res.partner").search([]))

    def test_only_administrators_edit_the_addresses_of_the_organisation(self):
        self.bert.type = "invoice"
        self.assertFalse(self.bert.with_user(self.an).sudo()._can_be_edited_by_current_customer())
        self.assertTrue(self.bert.with_user(self.boss).sudo()._can_be_edited_by_current_customer())
        self.assertTrue(self.an.partner_id.with_user(self.an).sudo()._can_be_edited_by_current_customer())
        self.assertFalse(self.carla.with_user(self.boss).sudo()._can_be_edited_by_current_customer())


@tagged("post_install", "-at_install")
class TestPractitionerPages(PagesMixin, BilledMixin, HttpCase):
    """Over pages, documents and RPC."""

    def test_the_pages_show_practitioners_no_invoice_and_no_colleague(self):
        self.bert.type = "invoice"
        self.log_in(self.an)
        invoices = self.page("/my/invoices")
        self.assertIn(self.own_move.name, invoices)
        self.assertNotIn(self.move.name, invoices)
        for path in ("/my", "/my/home", "/my/addresses", "/my/account", "/my/seat"):
            page = self.page(path)
            with self.subTest(path=path):
                for name in ("Bert", "Carla", "Bea Boss", self.move.name):
                    self.assertNotIn(name, page)

    def test_no_document_is_theirs_as_page_or_pdf(self):
        self.log_in(self.an)
        for query in ("", "?report_type=pdf", "?report_type=html", "?report_type=pdf&download=true"):
            with self.subTest(query=query):
                response = self.url_open(f"/my/invoices/{self.move.id}{query}", allow_redirects=False)
                self.assertEqual((response.status_code, response.headers.get("Location", "")[-3:]), (303, "/my"))
        self.log_in(self.boss)
        self.assertIn(self.move.name, self.page(f"/my/invoices/{self.move.id}"))

    def test_neither_over_rpc(self):
        for model, ids in (("account.move", self.move.ids), ("res.partner", self.carla.ids)):
            with self.subTest(model=model), mute_logger("odoo.http"):
                found = self.json2(self.an, model, "search_read", domain=[("id", "in", ids)], fields=["name"])
                self.assertEqual(found.json(), [])
                self.assertEqual(self.json2(self.an, model, "read", ids=ids, fields=["name"]).status_code, 403)


@tagged("post_install", "-at_install")
class TestLogins(PagesMixin, BilledMixin, HttpCase):
    """An e-mail address is where a forgotten password is sent to: only its owner, or staff, changes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.treasurer = cls.make_login("pb_treasurer", "Tia Treasurer", parent_id=cls.organisation.id)
        cls.address = cls.treasurer.partner_id
        cls.address.write({"type": "invoice", "email": "tia@example.com"})
        cls.form = {
            "name": "De Brug",
            "street": "Nieuwstraat 2",
            "zip": "9000",
            "city": "Gent",
            "country_id": cls.env.ref("base.be").id,
        }

    def save_details(self, user, **values):
        self.log_in(user)
        self.page("/my/subscription/details")
        return self.send_form("/my/subscription/details", **{**self.form, "email": "tia@example.com", **values}).text

    def test_billing_details_do_not_write_the_address_of_a_login(self):
        page = self.save_details(self.boss, email="mallory@example.com")
        self.assertIn("Tia Treasurer", page)
        self.assertEqual((self.address.email, self.address.street), ("tia@example.com", "Kerkstraat 1"))
        self.assertNotEqual(self.organisation.street, "Nieuwstraat 2")

    def test_nor_that_of_a_login_which_is_archived_or_staff(self):
        self.treasurer.active = False
        self.save_details(self.boss, email="mallory@example.com")
        self.assertEqual(self.address.email, "tia@example.com")
        staff = new_test_user(self.env, "pb_inside", "base.group_user", email="tia@example.com")
        staff.partner_id.write({"type": "invoice", "parent_id": self.organisation.id})
        self.address.type = "contact"
        self.save_details(self.boss, email="mallory@example.com")
        self.assertEqual(staff.partner_id.email, "tia@example.com")

    def test_nor_that_of_an_organisation_with_a_login_of_its_own(self):
        self.address.type = "contact"
        login = new_test_user(self.env, "pb_brug", "base.group_portal", name="x", email="x@example.com")
        login.partner_id = self.organisation
        self.organisation.email = "tia@example.com"
        self.save_details(self.boss, email="mallory@example.com")
        self.assertEqual(self.organisation.email, "tia@example.com")

    def test_the_rest_of_the_address_is_theirs_to_change(self):
        self.save_details(self.boss)
        self.assertEqual((self.address.street, self.address.email), ("Nieuwstraat 2", "tia@example.com"))

    def test_whoever_it_is_changes_their_own(self):
        self.organisation.practice_administrator_ids = self.address
        self.save_details(self.treasurer, email="new@example.com")
        self.assertEqual(self.address.email, "new@example.com")

    def test_an_address_without_a_login_is_changed_also_by_administrators_from_elsewhere(self):
        self.treasurer.unlink()
        self.boss.partner_id.parent_id = False
        self.save_details(self.boss, email="books@example.com")
        self.assertEqual(self.address.email, "books@example.com")

    def test_odoos_own_address_page_is_no_way_around(self):
        for user in (self.an, self.boss):
            self.log_in(user)
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                self.page("/my/account")
                self.send_form(
                    "/my/address/submit",
                    **{
                        **self.form,
                        "name": "Tia Treasurer",
                        "email": "mallory@example.com",
                        "phone": "+32 2 123 45 67",
                    },
                    partner_id=self.address.id,
                    address_type="billing",
                    required_fields="name,email",
                )
                self.address.invalidate_recordset()
                self.assertEqual(self.address.email, "tia@example.com")

    def test_inviting_and_adding_write_nobodys_address(self):
        before = {it: it.email for it in self.env["res.partner"].search([("user_ids", "!=", False)])}
        mine = self.subscription.with_user(self.boss).sudo()
        seat = mine._portal_add_practitioner_sudo("Tia", "tia@example.com", invite=True)
        self.assertEqual(seat.practitioner_id.email, "tia@example.com")
        self.assertEqual({it: it.email for it in before}, before)

    def test_merging_contacts_keeps_the_address_of_the_login(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.carla | self.address).ids, self.address)
        self.assertEqual((self.address.email, self.treasurer.partner_id), ("tia@example.com", self.address))


@tagged("post_install", "-at_install")
class TestInviting(BilledMixin, SubscriptionCase):
    """Whose address is known elsewhere gets a login of an organisation from staff only."""

    def invite(self, email):
        mine = self.subscription.with_user(self.boss).sudo()
        return mine._portal_add_practitioner_sudo("Somebody", email, invite=True).practitioner_id

    def test_an_address_of_another_contact_gets_no_login(self):
        for vals in ({}, {"active": False}, {"parent_id": self.other.id}):
            patient = self.make_patient("-".join(["paula", *vals]), **vals)
            with self.subTest(**vals):
                person = self.invite(patient.email.upper())
                self.assertFalse(person.user_ids)
                self.assertIn("Invite Somebody by hand", self.organisation.activity_ids.mapped("summary"))
                self.organisation.activity_ids.unlink()

    def test_one_that_only_the_organisation_knows_gets_one(self):
        self.bert.copy({"email": "new.one@example.com"})
        self.assertTrue(self.invite("new.one@example.com").user_ids._is_portal())
        self.assertTrue(self.invite("never.seen@example.com").user_ids._is_portal())
        self.assertFalse(self.organisation.activity_ids)

    def test_administrators_are_invited_by_the_same_rule(self):
        patient = self.make_patient("Paula")
        self.carla.email = patient.email
        organisation = self.organisation.with_user(self.boss)
        organisation._practice_invite_contact(self.carla, self.company)
        self.assertFalse(self.carla.user_ids)
