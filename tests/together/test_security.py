"""Who may do what, through every door: the ORM, /web/dataset/call_kw and /json/2."""

from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import TransactionCase, tagged

from ..common.roles import OverHttpCase, RolesMixin, StrangerMixin

ROLES = ("front_desk", "manager", "accountant", "employee", "portal", "public")

#: What each role may do with each model: r(ead), w(rite), c(reate), d(elete). What is not named is forbidden.
RIGHTS = {
    "practice.package": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.package.terms": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.appointment.type": {"front_desk": "r", "manager": "rwcd"},
    "practice.room": {"front_desk": "r", "manager": "rwcd"},
    "practice.appointment.notice": {"front_desk": "r", "manager": "r"},
    "practice.absence": {"front_desk": "rwcd", "manager": "rwcd"},
    "practice.absence.line": {"front_desk": "rwcd", "manager": "rwcd"},
    "practice.pay.rule": {"manager": "rwcd", "accountant": "rwcd"},
    "practice.pay.statement": {"front_desk": "r", "manager": "rd", "accountant": "rd"},
    "practice.pay.line": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.payer.arrangement": {"front_desk": "rwcd", "manager": "rwcd", "accountant": "r"},
    "practice.care.statement": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.care.statement.line": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.waiting": {"front_desk": "rwcd", "manager": "rwcd"},
    "practice.waiting.place": {"front_desk": "r", "manager": "r"},
    "practice.waiting.offer": {"front_desk": "r", "manager": "r"},
    "practice.credit.lot": {"front_desk": "rw", "manager": "rw", "accountant": "r"},
    "practice.credit.import": {"manager": "rwcd"},
    "practice.data.import": {"manager": "rwcd"},
    "practice.data.import.problem": {"manager": "r"},
    "practice.import.key": {"manager": "r"},
    "practice.gift.voucher": {"front_desk": "rwc", "manager": "rwc", "accountant": "r"},
    "practice.sepa.mandate": {"manager": "r", "accountant": "rwcd"},
    "practice.sepa.batch": {"accountant": "r"},
    "practice.sepa.message": {"accountant": "r"},
    "practice.sepa.message.line": {"accountant": "rw"},
    "practice.credit.move": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.balance.post": {"manager": "rw", "accountant": "rw"},
    "practice.revenue.release": {"manager": "r", "accountant": "r"},
    "practice.vat.document": {"manager": "r", "accountant": "r"},
    "practice.month.closing": {"manager": "r", "accountant": "rwcd"},
    "practice.plan": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.plan.price": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.plan.usage.price": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.usage.kind": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.subscription": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.subscription.seat": {"front_desk": "rwc", "manager": "rwcd", "accountant": "r"},
    "practice.subscription.licence": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.subscription.usage": {"front_desk": "rwc", "manager": "rwcd", "accountant": "r"},
    "practice.subscription.period": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.subscription.checkout": {"manager": "r", "accountant": "r"},
    "practice.webhook.delivery": {"manager": "r"},
    "practice.code.attempt": {},
    "practice.terms": {"front_desk": "r", "manager": "rwcd", "accountant": "r"},
    "practice.terms.version": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.terms.acceptance": {"front_desk": "r", "manager": "r", "accountant": "r"},
    "practice.discount.code": {"manager": "rwcd", "accountant": "r"},
    "practice.reminder.step": {"manager": "rwcd", "accountant": "r"},
    "practice.price.announcement": {"manager": "r", "accountant": "r"},
    "practice.reminder": {"manager": "r", "accountant": "r"},
    "practice.discount.redemption": {"manager": "rd", "accountant": "r"},
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
MONEY = {
    "practice.credit.lot": ("value_total", "value_open", "internal_rate", "deferred_account_id"),
    "practice.credit.move": ("value", "production"),
    "practice.package": ("value_open",),
    "practice.gift.voucher": ("value",),
    "practice.subscription.period": ("deferred_account_id", "income_account_id"),
}
APPOINTMENT_FIELDS = (
    "practice_appointment_type_id",
    "patient_id",
    "practice_credits",
    "attendance",
    "credit_waived",
    "credit_error",
    "credit_state",
    "credit_unpaid",
    "credit_balance",
    "credit_move_ids",
)


@tagged("post_install", "-at_install")
class TestRights(RolesMixin, TransactionCase):
    def test_every_role_may_do_with_every_model_what_is_written_here(self):
        for model, rights in RIGHTS.items():
            for role in ROLES:
                for letter, operation in OPERATIONS.items():
                    with self.subTest(model=model, role=role, operation=operation):
                        records = self.samples()[model].with_user(getattr(self, role))
                        self.assertEqual(records.has_access(operation), letter in rights.get(role, ""))

    def test_every_model_of_the_module_stands_in_the_table(self):
        names = {
            model
            for model, cls in self.env.registry.items()
            if cls._original_module == "practice_billing" and not cls._abstract and not cls._transient and cls._auto
        }
        self.assertEqual(names, set(RIGHTS))

    def test_who_may_not_read_a_model_may_not_search_it_either(self):
        for model, rights in RIGHTS.items():
            for role in set(ROLES) - set(rights):
                with self.subTest(model=model, role=role), self.assertRaises(AccessError):
                    self.env[model].with_user(getattr(self, role)).search([])

    def test_who_may_read_a_model_can_open_its_views(self):
        """A list of records that may not be read, in a view, keeps the whole record from being opened."""
        broken = set()
        views = self.env["ir.ui.view"].search([("type", "in", ("form", "list", "kanban"))])
        for view in views.filtered(lambda view: view.model in RIGHTS):
            for role in ROLES[:3]:
                model = self.env[view.model].with_user(getattr(self, role))
                if model.has_access("read"):
                    shown = set(etree.fromstring(model.get_view(view.id)["arch"]).xpath("//field/@name"))
                    broken |= {
                        (view.xml_id, role, name)
                        for name in shown & set(model._fields)
                        if model._fields[name].type in ("one2many", "many2many")
                        and not model.env[model._fields[name].comodel_name].has_access("read")
                    }
        self.assertFalse(broken)

    def test_money_is_hidden_from_the_front_desk_and_shown_to_the_others(self):
        for model, names in MONEY.items():
            for name in names:
                with self.subTest(model=model, field=name):
                    record = self.samples()[model]
                    with self.assertRaises(AccessError):
                        record.with_user(self.front_desk).read([name])
                    with self.assertRaises(AccessError):
                        record.with_user(self.front_desk).search([(name, "!=", False)])
                    self.assertTrue(record.with_user(self.manager).read([name]))
                    self.assertTrue(record.with_user(self.accountant).read([name]))

    def test_the_front_desk_does_not_see_money_in_the_history_of_messages(self):
        tracked = self.env["mail.tracking.value"].search([("mail_message_id.model", "=", "practice.credit.lot")])
        self.assertFalse(tracked.field_id.filtered(lambda field: field.name in MONEY["practice.credit.lot"]))

    def test_the_front_desk_changes_sharing_and_note_only(self):
        lot = self.lot.with_user(self.front_desk)
        lot.write({"note": "Called", "beneficiary_ids": [Command.link(self.make_patient("Child").id)]})
        for name, value in (("credits_available", 99), ("expiry_date", "2030-01-01"), ("state", "active")):
            with self.subTest(field=name), self.assertRaises(AccessError):
                lot.write({name: value})

    def test_even_an_administrator_gives_no_credits_by_writing(self):
        for name, value in (("credits_available", 99), ("value_open", 9.0), ("partner_id", self.manager.partner_id.id)):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self.lot.with_user(self.manager).write({name: value})
        with self.assertRaises(AccessError):
            self.lot.with_user(self.manager).unlink()

    def test_nobody_writes_in_the_ledger(self):
        for role in ROLES:
            with self.subTest(role=role), self.assertRaises(UserError):
                self.lot.move_ids[:1].with_user(getattr(self, role)).write({"credits": 99})


@tagged("post_install", "-at_install")
class TestPrivacy(RolesMixin, TransactionCase):
    """A patient's appointment is for the practice's staff and for those who take part."""

    outsiders = ("employee", "accountant", "portal")

    def test_the_front_desk_sees_it(self):
        event = self.event.with_user(self.front_desk)
        self.assertTrue(event.read(APPOINTMENT_FIELDS))
        self.assertIn(event, event.search([("patient_id", "=", self.patient.id)]))

    def test_outsiders_cannot_read_it(self):
        for role in self.outsiders:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.event.with_user(getattr(self, role)).read(["name"])

    def test_outsiders_cannot_find_it_by_anything(self):
        domains = (
            [("id", "=", self.event.id)],
            [("name", "=", "Secret session")],
            [("name", "ilike", "secret")],
            [("partner_ids", "in", self.patient.ids)],
            [("attendee_ids.partner_id", "=", self.patient.id)],
            [("user_id", "=", self.manager.id)],
            [("start", "=", self.event.start)],
        )
        for role in ("employee", "accountant"):
            for domain in domains:
                with self.subTest(role=role, domain=domain):
                    events = self.env["calendar.event"].with_user(getattr(self, role))
                    self.assertFalse(events.search(domain))
                    self.assertFalse(events.search_count(domain))
                    self.assertFalse(events._read_group(domain, ["partner_ids"], ["__count"]))

    def test_outsiders_cannot_read_its_hidden_fields_even_of_their_own_events(self):
        self.event.partner_ids += self.employee.partner_id
        for name in APPOINTMENT_FIELDS:
            with self.subTest(field=name), self.assertRaises(AccessError):
                self.event.with_user(self.employee).read([name])

    def test_who_takes_part_sees_the_event(self):
        self.event.partner_ids += self.employee.partner_id
        self.assertEqual(self.event.with_user(self.employee).read(["name"])[0]["name"], "Secret session")

    def test_the_title_that_others_see_does_not_name_the_patient(self):
        self.event.partner_ids += self.employee.partner_id
        self.assertNotIn("Peeters", self.event.with_user(self.employee).display_name)

    def test_outsiders_cannot_see_who_is_invited(self):
        for role in ("employee", "accountant"):
            with self.subTest(role=role):
                attendees = self.env["calendar.attendee"].with_user(getattr(self, role))
                self.assertFalse(attendees.search([("partner_id", "=", self.patient.id)]))
                with self.assertRaises(AccessError):
                    self.event.attendee_ids.with_user(getattr(self, role)).read(["partner_id"])

    def test_outsiders_cannot_read_its_messages(self):
        message = self.event.message_post(body="Health matters")  # pylint: disable=translation-required
        for role in ("employee", "accountant"):
            with self.subTest(role=role):
                message = message.with_user(getattr(self, role))
                self.assertFalse(message.search([("id", "=", message.id)]))
                with self.assertRaises(AccessError):
                    message.read(["body"])

    def test_outsiders_cannot_change_or_delete_it(self):
        for role in self.outsiders:
            event = self.event.with_user(getattr(self, role))
            with self.subTest(role=role):
                with self.assertRaises(AccessError):
                    event.write({"name": "Mine"})
                with self.assertRaises(AccessError):
                    event.unlink()

    def test_outsiders_plan_no_appointments(self):
        for role in ("employee", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.env["calendar.event"].with_user(getattr(self, role)).create(
                    {
                        "name": "Mine",
                        "practice_appointment_type_id": self.type.id,
                        "patient_id": self.patient.id,
                        "start": self.at(days=1),
                        "stop": self.at(days=1, hours=1),
                    }
                )

    def test_what_we_add_to_a_contact_is_hidden_from_outsiders(self):
        ours = [name for name, field in self.patient._fields.items() if field._modules == ("practice_billing",)]
        self.assertGreater(len(ours), 8)
        for name in ours:
            for user in (self.employee, self.portal):
                with self.subTest(field=name, user=user.login), self.assertRaises(AccessError):
                    user.partner_id.with_user(user).read([name])

    def test_a_plain_event_is_as_open_as_ever(self):
        lunch = self.env["calendar.event"].create({"name": "Lunch", "start": self.at(), "stop": self.at(hours=1)})
        self.assertTrue(lunch.with_user(self.employee).read(["name"]))

    def test_an_archived_appointment_is_as_private(self):
        self.event.active = False
        events = self.env["calendar.event"].with_user(self.employee).with_context(active_test=False)
        self.assertFalse(events.search([("id", "=", self.event.id)]))


@tagged("post_install", "-at_install")
class TestCompanies(StrangerMixin, TransactionCase):
    def test_another_companys_practice_is_invisible(self):
        for model, record in self.samples().items():
            with self.subTest(model=model):
                if not RIGHTS[model]:
                    continue  # nobody's, in no company
                self.assertFalse(self.env[model].with_user(self.stranger).search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    record.with_user(self.stranger).read(["display_name"])

    def test_another_companys_appointments_are_invisible(self):
        events = self.env["calendar.event"].with_user(self.stranger)
        self.assertFalse(events.search([("id", "=", self.event.id)]))

    def test_a_branch_uses_the_packages_of_its_parent(self):
        branch = self.env["res.company"].create({"name": "PB branch", "parent_id": self.company.id})
        self.stranger.company_ids += branch
        package = self.package.with_user(self.stranger).with_company(branch)
        self.assertTrue(package.with_context(allowed_company_ids=branch.ids).read(["name"]))

    def test_a_product_of_a_company_cannot_sell_a_package_of_another(self):
        with self.assertRaises(UserError):
            self.make_product(self.package, company_id=self.other.id)

    def test_a_package_with_credits_stays_in_its_company(self):
        with self.assertRaises(UserError):
            self.package.company_id = self.other


@tagged("post_install", "-at_install")
class TestOverHttp(OverHttpCase):
    def test_outsiders_get_nothing_over_the_web_clients_door(self):
        for role in ("employee", "portal"):
            self.authenticate(f"pb_{role}", f"pb_{role}")
            for model in RIGHTS:
                with self.subTest(role=role, model=model):
                    self.assertEqual(self.call_kw(model, "search_read", [], ["id"]), "odoo.exceptions.AccessError")
            with self.subTest(role=role, model="calendar.event"):
                found = self.call_kw("calendar.event", "search_read", [["id", "=", self.event.id]], ["name"])
                self.assertIn(found, ([], "odoo.exceptions.AccessError"))
                self.assertEqual(
                    self.call_kw("calendar.event", "read", [self.event.id], ["name"]), "odoo.exceptions.AccessError"
                )

    def test_outsiders_get_nothing_over_the_json_api(self):
        for role in ("employee", "portal"):
            for model in RIGHTS:
                with self.subTest(role=role, model=model):
                    response = self.json2(getattr(self, role), model, "search_read", domain=[], fields=["id"])
                    self.assertEqual(response.status_code, 403)
            with self.subTest(role=role, model="calendar.event"):
                user = getattr(self, role)
                response = self.json2(user, "calendar.event", "read", ids=self.event.ids, fields=["name"])
                self.assertEqual(response.status_code, 403)

    def test_who_is_not_logged_in_gets_nothing(self):
        answer = self.call_kw("practice.credit.lot", "search_read", [], ["id"])
        self.assertEqual(answer, "odoo.http.SessionExpiredException")
        response = self.url_open(
            "/json/2/practice.credit.lot/search_read", data="{}", headers={"Content-Type": "application/json"}
        )
        self.assertEqual(response.status_code, 401)

    def test_the_front_desk_reads_no_money_over_the_json_api(self):
        asked = {"model": "practice.credit.lot", "method": "read", "ids": self.lot.ids}
        self.assertEqual(self.json2(self.front_desk, **asked, fields=["value_open"]).status_code, 403)
        response = self.json2(self.front_desk, **asked)
        self.assertEqual(response.status_code, 200)
        [body] = response.json()
        self.assertFalse(set(MONEY["practice.credit.lot"]) & set(body))

    def test_the_front_desk_plans_over_the_json_api(self):
        start = Datetime.now() + timedelta(days=2)
        vals = {
            "practice_appointment_type_id": self.type.id,
            "patient_id": self.patient.id,
            "start": Datetime.to_string(start),
        }
        context = {"no_mail_to_attendees": True}
        response = self.json2(self.front_desk, "calendar.event", "create", vals_list=[vals], context=context)
        self.assertEqual(response.status_code, 200)
        [event_id] = response.json()
        self.env.invalidate_all()
        self.assertEqual(self.env["calendar.event"].browse(event_id).credit_state, "reserved")
