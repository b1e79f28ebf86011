"""Who reads what is sold *today*: the selling fields of products, packages and plans.

What was sold stays sold: once it is posted, code reads the invoice line, the credits or the period, never the product,
package or plan behind them. So these fields are read only where something is offered, agreed to or posted. Which fields
they are is read from the models: all of them but those that are listed here as descriptive. A place that may read them
says why, and one that does not any more is taken off the list.
"""

import ast
import re
from pathlib import Path

FOLDERS = ("models", "controllers", "wizards", "report")

#: Where the fields of what is sold are defined, and how variables and fields that hold it are called.
SOLD = {
    "package": (
        *("models/revenue/deferral_mixin.py", "models/packages/catalog/package.py"),
        "models/packages/vat/package.py",
    ),
    "product": ("models/packages/catalog/product_template.py",),
    "plan": ("models/revenue/deferral_mixin.py", "models/subscriptions/catalog/plan.py"),
}
#: Fields of Odoo's that decide what a product is sold for, and where it is booked.
OF_ODOO = {"product": {"taxes_id", "list_price", "lst_price", "property_account_income_id", "_get_product_accounts"}}
#: Fields that say what it is, not what is sold.
DESCRIPTIVE = {
    *("name", "active", "company_id", "currency_id", "sequence", "description"),
    *("appointment_type_ids", "product_ids", "terms", "terms_number", "terms_ids", "published", "subscription_ids"),
}

#: Places that may: the beginning of a file's path, perhaps with a function of it, and why.
CREDITS, SUBSCRIPTIONS = "models/packages/credits", "models/subscriptions"
ALLOWED = {
    "models/packages/catalog/": "what is sold is defined here",
    "models/packages/appointments/calendar_event_weekly.py:": "how the practice plans from now on, not what was sold",
    "models/packages/portal/appointment_type_weekly.py:": "as above",
    "models/packages/portal/appointment_type_pages.py:_prepare_booking_cards": "as above",
    f"{CREDITS}/account_move.py:_post": "whether a draft sells something is asked before it is posted",
    f"{CREDITS}/account_move_line.py:_compute_": "a draft proposes what its product sells",
    f"{CREDITS}/account_move_line_order.py:_compute_account_id": "a draft proposes where what its product sells waits",
    f"{CREDITS}/account_move_order.py:_practice_tell_sold_at_till": "a till has sold what its product sells today",
    f"{CREDITS}/account_move_line_posting.py:_practice_follow_account": "posting freezes it",
    f"{CREDITS}/credit_import.py:": "an import is a sale: what holds on its day is kept on the credits",
    f"{CREDITS}/package.py:_check_accounts": "changing it is what is checked",
    f"{CREDITS}/product_template.py:write": "the change is logged",
    "models/packages/imports/data_import_credits.py:_import_credits": "what is about to be sold, as above",
    "models/packages/imports/data_import_appointments.py:_get_needs": "how the practice plans from now on",
    "models/packages/shop/": "what is offered now",
    "models/packages/vat/account_move_line.py:_get_computed_taxes": "a draft proposes with which tax it is sold",
    "models/packages/vat/account_move_line.py:_practice_is_proposed_untaxed": "posting follows the order",
    "models/packages/vat/account_move_line.py:_practice_check_voucher_tax": "posting; what was sold keeps its own",
    "models/packages/vat/package.py:": "what is sold is defined here",
    "models/packages/vat/product_product.py:": "the price of what is sold now",
    "models/packages/vat/product_template.py:": "with which tax it is sold from now on",
    f"{SUBSCRIPTIONS}/billing/subscription_price_change.py:": "what is to be charged from a day to come on",
    "models/packages/upgrades/credit_lot.py:": "an upgrade is a sale: at what is offered now",
    "controllers/patient/shop.py:_practice_render_offer": "what is offered now",
    "controllers/patient/vouchers.py:_practice_render_gift": "what is offered now",
    "wizards/package_make.py:": "what is made to be offered from now on",
    "wizards/package_sale.py:": "the dialog that sells",
    "models/revenue/deferral_mixin.py:_propose_income_account": "what a new package or plan is offered",
    f"{SUBSCRIPTIONS}/catalog/": "what is sold is defined here",
    f"{SUBSCRIPTIONS}/agreement/plan.py:_onchange": "the form warns of the change",
    f"{SUBSCRIPTIONS}/agreement/product_template.py:_practice_check_plans": "changing it is what is checked",
    f"{SUBSCRIPTIONS}/agreement/subscription.py:": "what is agreed to when it begins: trial, seat of a member",
    f"{SUBSCRIPTIONS}/agreement/res_partner_roles.py:": "who needs an administrator from now on",
    f"{SUBSCRIPTIONS}/billing/subscription_bill.py:_prepare_period_vals": "billing freezes it on the period",
    f"{SUBSCRIPTIONS}/billing/subscription_invoice.py:": "the lines of a new invoice, and what keeps it back",
    f"{SUBSCRIPTIONS}/billing/account_move.py:_practice_complete_period_lines": "a person adds a line to a draft",
    f"{SUBSCRIPTIONS}/billing/account_move.py:_practice_get_subscription_mail_template": "only how it is sent",
    f"{SUBSCRIPTIONS}/billing/account_move_line.py:_practice_prepare_credit_lot_vals": "posting; the credits keep it",
    f"{SUBSCRIPTIONS}/portal/subscription_doors.py:_describe_addition": "what adding somebody costs from now on",
    "report/credit_proof_posts.py:_select_posts": "balance posts of today are proved besides those that were",
}


def find_readers(checkout):
    """Return ``[(place, line, what)]`` of everything that reads a selling field."""
    fields = {what: _fields(checkout, what) for what in SOLD}
    found = []
    for path in (path for folder in FOLDERS for path in sorted((checkout / folder).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = str(path.relative_to(checkout))
        found += [(f"{place}:{function}", line, what) for function, line, what in _reads(tree, fields)]
    return found


def check_selling(checkout):
    """Print what reads selling fields and may not, and what may and does not; return 1 when there is something."""
    readers, used = find_readers(Path(checkout)), set()
    wrong = []
    for place, line, what in readers:
        allowed = {it for it in ALLOWED if place.startswith(it)}
        used |= allowed
        if not allowed:
            wrong.append(f"{place}:{line}: reads {what}, which may be another one since the sale")
    wrong += [f"dev/provision/selling.py: {it} reads nothing that is sold" for it in ALLOWED.keys() - used]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


def _fields(checkout, what):
    """Return the names of the selling fields of a package, a product or a plan."""
    names = set(OF_ODOO.get(what, ()))
    for place in SOLD[what]:
        for node in ast.walk(ast.parse((checkout / place).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                function = ast.unparse(node.value.func)
                names |= {it.id for it in node.targets if isinstance(it, ast.Name) and function.startswith("fields.")}
    return names - DESCRIPTIVE


def _reads(tree, fields):
    """Yield ``(function, line, what)`` of the reads of a file."""
    holders = "|".join(fields)
    in_text = {what: re.compile(rf"\b{what}\w*\.({'|'.join(names)})\b") for what, names in fields.items()}
    is_holder = re.compile(rf"(?:\w+_)?({holders})(?:_tmpl)?(?:s|_ids?)?(?:_sudo)?$")
    for function, node in _walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            match = is_holder.match(_holder(node.value))
            if match and node.attr in fields[match[1]]:
                yield function, node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n\n" not in node.value:
            for pattern in in_text.values():
                for match in pattern.finditer(node.value):
                    yield function, node.lineno, match[0]


def _walk(node, function=""):
    """Yield ``(name of the function, node)`` of everything in a file but docstrings."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        yield function, child
        yield from _walk(child, child.name if isinstance(child, ast.FunctionDef) else function)


def _holder(node):
    """Return the name of what an attribute is read from: the last one, whatever is called on it."""
    while True:
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return ""
