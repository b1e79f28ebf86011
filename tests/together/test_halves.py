"""Packages or subscriptions are switched off: what goes with a half is derived from the code, and nobody may more."""

import re
from pathlib import Path

from lxml import etree

from odoo.exceptions import UserError
from odoo.modules import get_module_path
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from ...models.common.ir_ui_menu import HALVES, MODULE
from ..common.checkouts import OrganisationMixin
from ..common.practice import PracticeMixin
from ..common.roles import RolesMixin

#: Menus whose action shows a model of Odoo's, or a report on one or both halves: nothing in the code says which.
SAID = {
    "packages": {
        "calendar_event_menu_board",
        "calendar_event_menu_appointment",
        "res_partner_menu_patient",
        "product_template_menu_package",
        "mail_template_menu_appointment",
        "resource_resource_menu_practitioner",
        "resource_calendar_menu_practice",
        "practice_occupancy_menu",
    },
    "subscriptions": {
        "practice_subscription_overview_menu",
        "practice_subscription_overview_menu_accounting",
        "practice_unbilled_report_menu",
        "practice_unbilled_report_menu_accounting",
    },
}

#: Dialogs that point to models of Odoo's only.
SAID_MODELS = {"practice.appointment.cancel": "packages"}


def home(classes, name=None):
    """Return the half whose folder holds the class that defines a model, or its field or method ``name``; or None."""
    for cls in classes:
        if not cls.__module__.startswith(f"odoo.addons.{MODULE}."):
            continue
        if name is None or name in vars(cls) or any(it.name == name for it in getattr(cls, "_field_definitions", ())):
            found = re.match(rf"odoo\.addons\.{MODULE}\.models\.(packages|subscriptions)\.", cls.__module__)
            return found and found[1]
    return None


def definers(model):
    """Return the classes that define and extend ``model``, the one that defined it first; not its mixins."""
    return [cls for cls in reversed(type(model).mro()) if vars(cls).get("_name") == model._name and cls._module]


class HalvesMixin:
    def switch(self, **halves):
        self.env["res.config.settings"].create({f"practice_has_{half}": on for half, on in halves.items()}).execute()


@tagged("post_install", "-at_install")
class TestHalves(HalvesMixin, RolesMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("base.group_system")
        cls.menus = cls.env["ir.ui.menu"].browse(
            cls.env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.ui.menu")]).mapped("res_id")
        )
        xmlids = cls.menus.get_external_id()
        cls.names = {menu: xmlids[menu.id].split(".")[1] for menu in cls.menus}

    # === MENUS === #

    def declared(self, menu):
        """Return the half that goes with ``menu``, by itself or by a folder that it lies in; or None for both."""
        while menu in self.names:
            for half, parts in HALVES.items():
                if self.names[menu] in parts["menus"]:
                    return half
            menu = menu.parent_id
        return None

    def derived(self, menu):
        """Return the half that the code says ``menu`` is of: the folder of its model, or of the models it leads to."""
        children = self.menus.filtered(lambda it: it.parent_id == menu)
        if children:
            halves = {self.derived(child) for child in children}
            return halves.pop() if len(halves) == 1 else None
        for half, names in SAID.items():
            if self.names[menu] in names:
                return half
        action = menu.action
        model = action.model_name if action._name == "ir.actions.server" else action.res_model
        if not model or self.env[model]._original_module != MODULE:
            return None
        return self.half_of_model(model)

    def half_of_model(self, name):
        """Return the half in whose rooms a model of ours is, or the only one that it points to."""
        model = self.env[name]
        if known := SAID_MODELS.get(name) or home(definers(model)):
            return known
        leads_to = {
            home(definers(self.env[field.comodel_name]))
            for field in model._fields.values()
            if field.relational and self.env[field.comodel_name]._original_module == MODULE
        } - {None}
        return leads_to.pop() if len(leads_to) == 1 else None

    def test_each_menu_is_of_the_half_whose_models_it_shows(self):
        wrong = [
            (name, self.declared(menu), self.derived(menu))
            for menu, name in self.names.items()
            if self.declared(menu) != self.derived(menu)
        ]
        self.assertFalse(wrong, "HALVES of models/common/ir_ui_menu.py says otherwise, or SAID of this test has to")

    def test_all_menus_that_are_named_exist(self):
        known = set(self.names.values())
        for half in HALVES.values():
            self.assertFalse(set(half["menus"]) - known)
        self.assertFalse((SAID["packages"] | SAID["subscriptions"]) - known)

    def test_menus_of_a_half_that_is_off_are_gone_for_everybody_and_no_others(self):
        users = self.manager | self.front_desk | self.accountant
        before = {user: self.shown(user) for user in users}
        for half in HALVES:
            self.switch(packages=half != "packages", subscriptions=half != "subscriptions")
            for user in users:
                gone = {menu for menu in before[user] if self.declared(menu) == half}
                self.assertTrue(gone, user.name)
                self.assertEqual(self.shown(user), before[user] - gone)
        self.switch(packages=True, subscriptions=True)
        self.assertEqual({user: self.shown(user) for user in users}, before)

    def shown(self, user):
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        return {menu for menu in self.menus if menu.id in menus}

    # === VIEWS === #

    def test_no_view_shows_anything_of_a_half_that_is_off(self):
        views = self.get_views()
        for half in HALVES:
            self.switch(packages=half != "packages", subscriptions=half != "subscriptions")
            left = [view for view in views if self.half_of_view(view) != half]
            shown = {
                (user.name, view.xml_id): found
                for user in (self.manager, self.accountant, self.env.user)
                for view in left
                if (found := self.find_shown(view, user, half))
            }
            self.assertFalse(shown, f"without {half}")

    def get_views(self):
        """Return the views that the module has or extends: whole ones."""
        domain = [("module", "=", MODULE), ("model", "=", "ir.ui.view")]
        views = self.env["ir.ui.view"].browse(self.env["ir.model.data"].search(domain).mapped("res_id"))
        whole = views.filtered(lambda it: it.model in self.env)
        while extensions := whole.filtered(lambda it: it.mode == "extension"):
            whole = whole - extensions | extensions.inherit_id
        return whole

    def half_of_view(self, view):
        """Return the half of a view: that of its model or, of a model of Odoo's, of the menus that lead to it."""
        if self.env[view.model]._original_module == MODULE:
            return self.half_of_model(view.model)
        actions = self.env["ir.actions.act_window"].search([])
        actions = actions.filtered(lambda it: view in it.view_ids.view_id | it.view_id | it.search_view_id)
        menus = self.menus.filtered(lambda it: it.action and it.action._name == actions._name and it.action in actions)
        halves = {self.declared(menu) for menu in menus}
        return halves.pop() if len(halves) == 1 else None

    def find_shown(self, view, user, half):
        """Return what ``user`` sees of ``half`` in a view: fields, buttons, filters by and for its fields."""
        records = self.env[view.model].with_user(user)
        if not records.has_access("read"):
            return set()
        arch = etree.fromstring(records.get_view(view.id, view.type)["arch"])
        # Odoo adds what conditions read; it is not shown.
        hidden = "@invisible='1' or @invisible='True' or @column_invisible='1' or @column_invisible='True'"
        found = set()
        for node in arch.xpath(f"//*[@name][not(ancestor-or-self::*[{hidden}])]"):
            model = records
            for field in node.iterancestors("field"):
                model = model.env[model._fields[field.get("name")].comodel_name]
            names = {node.get("name")}
            if node.tag == "filter":
                names = set(
                    re.findall(r"'([a-z_]+)[.:']", f"{node.get('domain')}{node.get('context')}'{node.get('date')}'")
                )
            found |= {name for name in names if self.half_of(model, name) == half}
        return found

    def half_of(self, records, name):
        """Return the half that defines a field or button, or what it points to; a setting is of its company's field."""
        field = records._fields.get(name)
        if field and field.relational:
            other = self.env[field.comodel_name]
            if other._original_module == MODULE and (of_other := home(definers(other))):
                return of_other
        if records._name == "res.config.settings" and field and field.related:
            records, name = self.env["res.company"], field.related.split(".")[-1]
        return home(definers(records), name)

    def test_the_rule_finds_what_is_shown_while_all_is_on(self):
        self.switch(packages=True, subscriptions=True)
        for half, model, names in (
            (
                "packages",
                "res.partner",
                {"action_practice_sell_package", "practice_lot_ids", "practice_insurance_number"},
            ),
            ("subscriptions", "res.partner", {"practice_seat_ids", "practice_administrator_ids"}),
            ("packages", "product.template", {"package_id", "package_credits"}),
            ("packages", "res.config.settings", {"practice_auto_attend", "practice_care_tax_id"}),
            ("subscriptions", "res.config.settings", {"practice_grace_days", "practice_webhook_url"}),
        ):
            arch = etree.fromstring(self.env[model].get_view(view_type="form")["arch"])
            self.assertLessEqual(names, set(arch.xpath("//@name")))
            self.assertEqual({self.half_of(self.env[model], name) for name in names}, {half})

    # === RIGHTS === #

    def test_nobody_may_more_and_one_half_stays(self):
        for half in HALVES.values():
            group = self.env.ref(half["group"])
            self.assertFalse(group.implied_ids | group.implied_by_ids)
            self.assertFalse(group.model_access)
            self.assertFalse(group.rule_groups)
        with self.assertRaisesRegex(UserError, "Leave packages or subscriptions on"):
            self.switch(packages=False, subscriptions=False)

    def test_what_exists_goes_on(self):
        self.switch(packages=False, subscriptions=True)
        self.assertTrue(self.lot.with_user(self.front_desk).package_id.name)


@tagged("post_install", "-at_install")
class TestHalvesOnThePortal(HalvesMixin, PracticeMixin, HttpCase):
    #: The folders of the pages that each half has on the portal.
    FOLDERS = {"packages": "patient", "subscriptions": "organisation"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, "pb_patient", groups="base.group_portal")

    def cards(self):
        """Return the addresses of pages of ours that the home page of the portal leads to."""
        page = etree.HTML(self.url_open("/my/home").text)
        return {url for url in page.xpath("//*[@id='portal_client_category']//a/@href") if self.half_of(url)}

    def half_of(self, url):
        for half, folder in self.FOLDERS.items():
            pages = Path(get_module_path(MODULE), "controllers", folder).glob("*.py")
            if any(f'"{url}"' in page.read_text(encoding="utf-8") for page in pages):
                return half
        return None

    def test_cards_of_a_half_that_is_off_are_gone(self):
        self.authenticate("pb_patient", "pb_patient")
        cards = self.cards()
        self.assertLessEqual(
            {"/my/packages", "/my/appointments", "/my/statements", "/my/subscription", "/my/seat"}, cards
        )
        for half in HALVES:
            self.switch(packages=half != "packages", subscriptions=half != "subscriptions")
            self.assertEqual(self.cards(), {url for url in cards if self.half_of(url) != half})


@tagged("post_install", "-at_install")
class TestBannersOfAHalf(HalvesMixin, OrganisationMixin, HttpCase):
    now = None

    def test_nobody_is_asked_for_a_plan_while_subscriptions_are_off(self):
        self.make_trial()._enter("expired")
        self.authenticate("pb_boss", "pb_boss")
        for on in (True, False):
            self.switch(packages=True, subscriptions=on)
            page = etree.HTML(self.url_open("/my").text)
            asked = page.xpath("//a[contains(@href, '/my/subscription/plans')]")
            self.assertEqual(bool(asked), on)
