"""The checklist of an empty database knows what is done, and who works for the practice begins there."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from ..common.practice import PracticeMixin

HOME = "practice_billing.practice_first_steps_action_home"


class EmptyMixin(PracticeMixin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.empty = cls.env["res.company"].create({"name": "Nothing Yet"})
        cls.manager.write({"company_ids": [Command.link(cls.empty.id)], "company_id": cls.empty.id, "tz": False})
        cls.env["ir.mail_server"].search([]).active = False
        cls.steps = cls.env["practice.first.step"].with_user(cls.manager).with_company(cls.empty)

    def done(self):
        return {name for name in self.steps._get_shown() if self.steps._is_done(name, self.empty)}

    def home(self, user):
        checklists = self.env["practice.first.steps"].with_user(user).with_company(user.company_id)
        return checklists.action_open_home()["res_model"]


@tagged("post_install", "-at_install")
class TestFirstSteps(EmptyMixin, TransactionCase):
    def do(self):
        """Yield the name of each step, after what it asks for was done by somebody who knows nothing of the list."""
        env, company = self.env, self.empty
        self.empty.write({"street": "Kaai 1", "city": "Gent", "country_id": env.ref("base.be").id})
        yield "company"
        self.manager.tz = "Europe/Brussels"
        yield "timezone"
        env["ir.mail_server"].create({"name": "Mail", "smtp_host": "mail.example.com"})
        yield "mail"
        provider = env["payment.provider"].search([("code", "=", "none")], limit=1)
        provider.copy({"company_id": company.id, "state": "test"})
        yield "payment"
        of_company = {"company_id": company.id, "country_id": env.ref("base.be").id}
        group = env["account.tax.group"].create({"name": "None", **of_company})
        company.practice_care_tax_id = env["account.tax"].create(
            {"name": "None", "amount": 0, "tax_group_id": group.id, **of_company}
        )
        yield "tax"
        package = env["practice.package"].create({"name": "Ten", "internal_rate": 1, "company_id": company.id})
        yield "package"
        product = env["product.template"].create({"name": "Ten", "package_id": package.id, "taxes_id": False})
        yield "product"
        env["practice.appointment.type"].create({"name": "Visit", "package_id": package.id, "company_id": company.id})
        yield "type"
        env["resource.resource"].create({"name": "M", "user_id": self.manager.id, "company_id": company.id})
        yield "hours"
        plan = env["practice.plan"].create(
            {"name": "Basic", "company_id": company.id, "product_id": product.product_variant_id.id}
        )
        plan.price_ids = [Command.create({"interval": "month", "kind": "standard", "amount": 9})]
        yield "plan"
        env["practice.usage.kind"].create({"name": "File", "code": "file", "company_id": company.id})
        yield "usage"

    def test_each_step_is_done_when_its_thing_is_there_and_not_before(self):
        seen = self.done()
        self.assertFalse(seen & {"company", "timezone", "mail", "tax", "package", "product", "type", "hours", "plan"})
        for name in self.do():
            with self.subTest(name):
                self.assertIn(name, self.done())
                self.assertTrue(self.done() <= {*seen, name})
                seen.add(name)
        self.assertEqual(seen, set(self.steps._get_shown()))

    def test_what_is_taken_away_is_not_done_any_more(self):
        for name in self.do():
            if name == "plan":
                break
        self.env["practice.appointment.type"].search([("company_id", "=", self.empty.id)]).active = False
        self.assertNotIn("type", self.done())

    def test_each_line_leads_to_a_form_that_whoever_reads_it_may_use(self):
        self.manager.group_ids |= self.env.ref("base.group_system")
        checklist = self.env["practice.first.steps"].with_user(self.manager).with_company(self.empty)
        checklist = checklist.browse(checklist.action_open_checklist()["res_id"])
        self.assertEqual(checklist.step_ids.mapped("name"), self.steps._get_shown())
        for step in checklist.step_ids:
            with self.subTest(step.name):
                self.assertTrue(step.allowed and step.note)
                action = step.action_open()
                self.env[action["res_model"]].with_user(self.manager).check_access("read")
        only_manager = new_test_user(self.env, "pb_only_manager", groups="practice_billing.group_manager")
        self.assertFalse(checklist.step_ids.filtered(lambda it: it.name == "mail").with_user(only_manager).allowed)

    def test_steps_of_a_half_that_is_off_are_not_asked_for(self):
        self.manager.group_ids |= self.env.ref("practice_billing.group_without_subscriptions")
        self.assertFalse({"plan", "usage"} & set(self.steps._get_shown()))
        self.assertIn("package", self.steps._get_shown())

    # === WHERE PEOPLE BEGIN === #

    def test_the_administrator_begins_with_the_list_until_all_is_done_but_what_is_optional(self):
        self.assertEqual(self.home(self.manager), "practice.first.steps")
        for name in self.do():
            if name == "plan":
                break
            self.assertEqual(self.home(self.manager), "practice.first.steps")
        self.assertFalse(self.empty.practice_first_steps_closed)
        self.assertEqual(self.home(self.manager), "calendar.event")
        self.assertTrue(self.empty.practice_first_steps_closed)

    def test_the_list_can_be_dismissed_and_opened_again(self):
        checklists = self.env["practice.first.steps"].with_user(self.manager).with_company(self.empty)
        checklist = checklists.browse(checklists.action_open_checklist()["res_id"])
        self.assertEqual(checklist.action_dismiss()["res_model"], "calendar.event")
        self.assertEqual(self.home(self.manager), "calendar.event")
        self.assertEqual(checklists.action_open_checklist()["res_model"], "practice.first.steps")
        with self.assertRaises(AccessError):
            checklist.with_user(self.front_desk).action_dismiss()

    def test_everybody_else_begins_with_their_work(self):
        self.assertEqual(self.home(self.front_desk), "calendar.event")
        self.assertEqual(self.home(self.accountant), "practice.month.closing")
        self.front_desk.group_ids |= self.env.ref("practice_billing.group_without_packages")
        action = self.env["practice.first.steps"].with_user(self.front_desk).action_open_home()
        self.assertEqual(action["tag"], "practice_subscription_dashboard")


@tagged("post_install", "-at_install")
class TestHomeAction(EmptyMixin, HttpCase):
    """What the web client is told after the login."""

    def begins(self, user):
        self.authenticate(user.login, user.login)
        return self.make_jsonrpc_request("/web/session/get_session_info", {})["home_action_id"]

    def test_who_works_for_the_practice_begins_there_unless_they_chose_otherwise(self):
        home = self.env.ref(HOME).id
        employee = new_test_user(self.env, "pb_some_employee", groups="base.group_user")
        for user, expected in ((self.front_desk, home), (self.accountant, home), (employee, False)):
            with self.subTest(user.name):
                self.assertEqual(self.begins(user), expected)
                self.assertFalse(user.action_id)
        self.front_desk.action_id = self.env.ref("base.open_module_tree").id
        self.assertEqual(self.begins(self.front_desk), self.front_desk.action_id.id)

    def test_who_administers_the_database_begins_there_only_while_the_list_is_open(self):
        self.manager.group_ids |= self.env.ref("base.group_system")
        self.assertEqual(self.begins(self.manager), self.env.ref(HOME).id)
        self.empty.practice_first_steps_closed = True
        self.assertFalse(self.begins(self.manager))
