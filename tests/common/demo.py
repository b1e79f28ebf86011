"""What somebody sees of the demo data: each menu, report and counting button of the module, found in the database."""

from lxml import etree

from odoo.fields import Domain
from odoo.tests import Form
from odoo.tools.safe_eval import datetime, dateutil, safe_eval, time

MODULE = "practice_billing"

#: Menus that are empty for a login, and why.
EMPTY_MENUS = {
    ("frontdesk", "practice_pay_statement_menu"): "practitioners see their own, and Lies is none",
    ("frontdesk", "practice_pay_line_menu"): "as above",
}

#: Counting buttons that count nothing, and why.
IDLE_BUTTONS = {
    ("practice.month.closing", name): "a month without anything that hinders its closing is what one wants to see"
    for name in ("draft_count", "difference_count", "release_count", "unmarked_count", "vat_count")
}

#: Dialogs that ask for something and show no list.
DIALOGS = {"practice.first.steps", "practice.gift.redeem", "res.config.settings"}


def find_empty_menus(env, login, company):
    """Return the names of the menus of the module that ``login`` is offered and that show nothing."""
    user = env["res.users"].search([("login", "=", login)])
    env = env(user=user, su=False, context={"allowed_company_ids": company.ids, "lang": user.lang, "tz": user.tz})
    shown, empty = env["ir.ui.menu"].load_menus(False), set()
    ours = [("module", "=", MODULE), ("model", "=", "ir.ui.menu")]
    for data in env["ir.model.data"].sudo().search(ours):  # sudo: which menus there are; what they show is the user's
        action = data.res_id in shown and env["ir.ui.menu"].sudo().browse(data.res_id).action  # sudo: as above
        if action and action._name != "ir.actions.client" and not count_shown(env, action):
            empty.add(data.name)
    return empty - {name for of_login, name in EMPTY_MENUS if of_login == login}


def count_shown(env, action):
    """Return how many records an action shows at first, with the filters that it begins with; reports are made."""
    if action._name == "ir.actions.server":
        found = env["ir.actions.server"].browse(action.id).run()
    else:
        names = ("res_model", "domain", "context", "search_view_id")
        found = {name: action[name] for name in names}
    return count_found(env, found)


def count_found(env, found):
    """Return how many records an action shows, given as a dict or as the values of a record."""
    records = env[found["res_model"]].with_context(**evaluate(env, found.get("context") or {}))
    if records._transient and hasattr(records, "action_show"):
        return count_found(env, Form(records).save().action_show())
    if records._name in DIALOGS:
        return 1
    domain = Domain(evaluate(env, found.get("domain") or []))
    return records.search_count(domain & get_first_filters(records, found.get("search_view_id")))


def get_first_filters(records, search_view):
    """Return the filters that are chosen at first: one of each group between separators."""
    view_id = search_view[0] if isinstance(search_view, (list, tuple)) else search_view and search_view.id
    arch = etree.fromstring(records.get_view(view_id or None, "search")["arch"])
    groups, number = {}, 0
    for node in arch.iter("filter", "separator", "group"):
        number += node.tag != "filter"
        if node.get("domain") and records.env.context.get(f"search_default_{node.get('name')}"):
            groups.setdefault(number, []).append(Domain(evaluate(records.env, node.get("domain"))))
    return Domain.AND(Domain.OR(group) for group in groups.values())


def evaluate(env, expression):
    """Return what the web client makes of a domain or context."""
    if not isinstance(expression, str):
        return expression
    facts = {"uid": env.uid, "allowed_company_ids": env.companies.ids, "active_id": False, "context": dict(env.context)}
    facts |= {"context_today": datetime.date.today, "relativedelta": dateutil.relativedelta.relativedelta}
    return safe_eval(expression, {**facts, "datetime": datetime, "time": time})


def find_empty_models(env):
    """Return the models of the module that have a window of their own, and no record."""
    actions = env["ir.actions.act_window"].search([])
    models = {name for name in actions.mapped("res_model") if name in env and env[name]._original_module == MODULE}
    return {
        name
        for name in models
        if not env[name]._transient and not env[name].with_context(active_test=False).search_count([], limit=1)
    }


def find_idle_buttons(env, company):
    """Return the counting buttons of the module's forms that count nothing for any record: ``{(model, field)}``."""
    views = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.ui.view")])
    views = env["ir.ui.view"].browse(views.mapped("res_id")).filtered(lambda it: it.type == "form")
    counters = {
        (view.model, node.get("name"))
        for view in views
        for node in etree.fromstring(view.arch).xpath("//button[contains(@class, 'oe_stat_button')]//field")
    }
    env = env(context={**env.context, "allowed_company_ids": company.ids, "active_test": False})
    return {
        (name, field) for name, field in counters - set(IDLE_BUTTONS) if not any(env[name].search([]).mapped(field))
    }
