"""A guest breaks nothing: whoever has no role in the practice can do everything in Odoo that they could without us."""

# What is compared is in two databases, and has to be committed there; pylint: disable=invalid-commit
import re
from contextlib import closing
from datetime import timedelta

import odoo.sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, TransactionCase, freeze_time, new_test_user, tagged

from ..common.databases import database_copy, load_registry, run_odoo, run_script
from ..common.guests import MODULE, ROLES, Visit, World, extended_models, own_fields
from ..common.practice import NOW, dose
from ..common.roles import RolesMixin

#: Removes the module as a person does.
REMOVE = f'env["ir.module.module"].search([("name", "=", "{MODULE}")]).button_immediate_uninstall()'

#: Labels that Odoo's own subscriptions and those of others give to fields of the same models.
TAKEN = {"Subscription", "Subscriptions"}


@tagged("post_install", "-at_install")
class TestFields(TransactionCase):
    """Fields of ours on models that everybody uses, of which not everybody sees all."""

    def test_none_is_read_by_duplicating(self):
        copied = [
            str(field)
            for model in extended_models(self.env.registry)
            for field in own_fields(self.env.registry, model)
            if field.groups and field.copy
        ]
        self.assertEqual(copied, [])

    def test_no_view_asks_for_one_that_its_reader_does_not_see(self):
        seen = 0
        for role, groups in ROLES.items():
            if not self.env.ref(groups.split(",")[-1], raise_if_not_found=False):
                continue
            env = self.env(user=new_test_user(self.env, f"pb_{role}_reader", groups))
            for model in filter(lambda it: env[it].has_access("read"), extended_models(env.registry)):
                fields = own_fields(env.registry, model)
                hidden = {it.name for it in fields if it.groups and not env.user.has_groups(it.groups)}
                views = self.env["ir.ui.view"].search([("model", "=", model), ("mode", "=", "primary")])
                for view_type in sorted(set(views.mapped("type"))) if hidden else ():
                    with self.subTest(role=role, model=model, view=view_type):
                        seen += 1
                        words = set(re.findall(r"\w+", env[model].get_view(view_type=view_type)["arch"]))
                        self.assertEqual(words & hidden, set())
        self.assertGreater(seen, 20)

    def test_no_view_of_ours_is_the_one_that_everybody_gets(self):
        views = self.env["ir.ui.view"].search([("mode", "=", "primary"), ("model", "!=", False)])
        for model, of_model in views.grouped("model").items():
            if model not in self.env or self.env.registry[model]._original_module == MODULE:
                continue
            for view_type, of_type in of_model.grouped("type").items():
                others = of_type.filtered(lambda it: not (it.xml_id or "").startswith(f"{MODULE}."))
                with self.subTest(model=model, view=view_type):
                    self.assertTrue(not others or views.default_view(model, view_type) in others.ids)

    def test_none_is_called_like_another_field_of_its_model(self):
        for model in extended_models(self.env.registry):
            own = own_fields(self.env.registry, model)
            others = {it.string for it in self.env[model]._fields.values() if it not in own}
            labels = [it.string for it in own]
            with self.subTest(model=model):
                self.assertEqual(set(labels) & (TAKEN | others), set())
                self.assertEqual(len(labels), len(set(labels)))


@tagged("post_install", "-at_install")
class TestAppointments(RolesMixin, TransactionCase):
    """Appointments beside the meetings of everybody."""

    def test_staff_duplicates_an_appointment_with_its_patient_and_credits(self):
        event = self.event.with_user(self.front_desk).copy({"start": self.at(days=3), "stop": self.at(days=3, hours=1)})
        self.assertEqual((event.practice_appointment_type_id, event.patient_id), (self.type, self.patient))
        self.assertEqual((event.attendance, event.credit_state), ("planned", "reserved"))

    def test_whoever_takes_part_but_is_no_staff_does_not_duplicate_it(self):
        self.event.partner_ids += self.employee.partner_id
        with self.assertRaisesRegex(UserError, "only the staff of the practice"):
            self.event.with_user(self.employee).copy()

    def test_its_name_does_not_tell_the_patient_where_odoo_asks_as_sudo(self):
        for role in ("employee", "accountant", "portal"):
            self.env.invalidate_all()
            name = self.event.with_user(getattr(self, role)).sudo().display_name
            self.assertNotIn(self.patient.name, name)

    def test_what_is_private_stays_so_when_an_appointment_beside_it_is_changed(self):
        self.event.partner_ids += self.employee.partner_id
        vals = {"name": "Private", "location": "Secret place", "privacy": "private", "start": self.event.start}
        private = self.event.create({**vals, "stop": self.event.stop, "user_id": self.manager.id})
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.event.with_user(self.employee).search([("id", "in", (self.event + private).ids)])
        (found - private).write({"location": "Room 2"})
        (found - private).write({"start": self.event.start - timedelta(hours=1)})
        self.assertEqual((found & private).read(["name", "location"])[0]["name"], "Busy")
        self.assertFalse((found & private).location)


@tagged("post_install", "-at_install")
class TestGuest(BaseCase):
    """The same people do the same things in two copies of a database, of which one had the module removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maxDiff = None
        cls.with_us = cls.enterClassContext(database_copy("guest"))
        run_odoo(cls.with_us, "-i", "sale_management")
        cls.startClassPatcher(freeze_time(NOW))
        registry = load_registry(cls.with_us)
        with closing(registry.cursor()) as cr:
            cls.world = World.make(Environment(cr, SUPERUSER_ID, {}))
            cls.models = extended_models(registry)
            cr.commit()
        Registry.delete(cls.with_us)
        odoo.sql_db.close_db(cls.with_us)
        cls.without_us = cls.enterClassContext(database_copy("alone", cls.with_us))
        run_script(cls.without_us, REMOVE)
        cls.registries = [load_registry(name) for name in (cls.without_us, cls.with_us)]

    def visits(self, login):
        """Return the visits of one person to both databases, first to the one without the module."""
        cursors = [self.enterContext(closing(registry.cursor())) for registry in self.registries]
        return [Visit(registry, cr, login, self.world) for registry, cr in zip(self.registries, cursors, strict=True)]

    def test_there_is_plain_data_of_every_model_that_we_extend(self):
        self.assertEqual(set(self.models) - set(self.world.vals), set())

    def test_everybody_does_in_odoo_what_they_do_without_us(self):
        for login in dose(self.world.logins[:2], self.world.logins):
            alone, beside_us = self.visits(login)
            for model in self.models:
                names = alone.names(model)
                lively = alone.lively(model) | beside_us.lively(model)
                expected = alone.outcomes(model, names, lively)
                found = beside_us.outcomes(model, names, lively)
                for title, outcome in expected.items():
                    with self.subTest(login=login, model=model, what=title):
                        self.assertEqual(found[title], outcome)
