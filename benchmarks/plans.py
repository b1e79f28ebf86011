"""What the module really asks PostgreSQL, door by door, and how PostgreSQL answers it when tables are large."""

import ast
import contextlib
import re
from dataclasses import dataclass
from functools import partial

from lxml import etree
from portal import Portal

from odoo import sql_db
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval, time

#: Rows of a list's first page.
PAGE = 80

MODULE = "practice_billing"

#: What adds up whole tables because that is its matter: the nightly check of the books, and lists of master data that
#: show how much of each there is.
SUMS = (
    "ir_cron_check_balance_posts",
    "practice_package_action list",
    "practice_package_action kanban",
    "practice_plan_action list",
    "practice_plan_action kanban",
)

#: Nodes that ask for all rows below them before they give the first one.
SWALLOWING = ("Sort", "Aggregate", "WindowAgg", "Hash", "Bitmap Heap Scan", "SetOp", "Materialize")

#: Rows that may be read for one that is shown.
READ_FOR_ONE = 100


@dataclass(frozen=True)
class Door:
    """A way in: its kind, its name, what opens it, and whether it adds up whole tables because that is its matter."""

    kind: str
    name: str
    open: object
    sums: bool = False


@dataclass(frozen=True)
class Scan:
    """A node of a plan that reads a table from one end to the other."""

    table: str
    node: str
    condition: str


# === DOORS === #


def get_doors(env, pages=()):
    """Return every run, list, overview and search of the module, and the ``pages`` of the portal.

    :param pages: see :func:`get_pages`
    """
    yield from _get_runs(env)
    for action in _get_actions(env):
        yield from _get_views(env, action)
    overview = env["practice.subscription.overview"]
    yield Door("overview", "cards", overview.get_cards)
    yield Door("overview", "revenue", overview.get_revenue, sums=True)
    for portal, address in pages:
        yield Door("page", address, partial(portal.open, address, accepted=(200, 302, 303, 404)))


def get_pages(env, people):
    """Return ``(Portal, address)`` of each page of the module that needs a login only, for each of ``people``."""
    portals = [Portal(env, user) for user in people]
    for portal in portals:
        portal.open("/my")  # Odoo knows the addresses once it was asked for one
    rules = [
        rule.rule
        for rule in env["ir.http"].routing_map().iter_rules()
        if rule.endpoint.func.__module__.startswith(f"odoo.addons.{MODULE}.")
        and rule.rule.startswith("/my/")
        and not rule.arguments
        and (rule.methods is None or "GET" in rule.methods)
        and rule.endpoint.routing["type"] == "http"
    ]
    return [(portal, rule) for portal in portals for rule in sorted(set(rules))]


def _get_runs(env):
    for data in _get_data(env, "ir.cron"):
        run_sudo = env["ir.cron"].sudo().browse(data.res_id)  # sudo: runs are for administrators
        method = re.search(r"model\.(\w+)\(", run_sudo.code)[1]
        run = getattr(env[run_sudo.model_id.model].with_user(run_sudo.user_id), method)
        yield Door("run", data.name, run, sums=data.name in SUMS)


def _get_data(env, model):
    # sudo: what there is, whoever may open it
    return env["ir.model.data"].sudo().search([("module", "=", MODULE), ("model", "=", model)], order="name")


def _get_actions(env):
    """Return the actions of the module, and those of Odoo that it extends with a view of its own."""
    # sudo: what there is, whoever may open it
    return env["ir.actions.act_window"].sudo().browse(_get_data(env, "ir.actions.act_window").mapped("res_id"))


def _get_views(env, action):
    """Yield a door for each view of an action that shows many records."""
    model = env[action.res_model]
    if model._transient or model._abstract:
        return
    context = {"uid": env.uid, "active_id": 1, "active_ids": [1], **_evaluate(env, action.context or "{}")}
    model = model.with_context({**env.context, **context})
    views = model.get_views([*action.views, (action.search_view_id.id, "search")])["views"]
    domain = Domain(_evaluate(env, action.domain or "[]") or []) & _get_filters(env, views["search"]["arch"], context)
    for kind, view in views.items():
        name = f"{action.get_external_id()[action.id].partition('.')[2]} {kind}"
        arch = etree.fromstring(view["arch"])
        fields = [node.get("name") for node in arch.iterfind(".//field") if node.get("name") in model._fields]
        if kind in ("list", "kanban"):
            order = arch.get("default_order") or model._order
            group = arch.get("default_group_by") or _get_group(views["search"]["arch"], context)
            reads = _read_groups(model, domain, group) if group else _read_page(model, domain, set(fields), order)
            # Reports are sums, and groups have numbers.
            yield Door(kind, name, reads, sums=not model._auto or bool(group) or name in SUMS)
        elif kind in ("pivot", "graph"):
            yield Door(kind, name, _read_groups(model, domain, fields[0]), sums=True)


def _evaluate(env, text):
    values = {"uid": env.uid, "active_id": 1, "active_ids": [1], "allowed_company_ids": env.companies.ids}
    return safe_eval(text, {**values, "context_today": env.company._practice_day, "time": time})


def _get_filters(env, arch, context):
    """Return the domain of the filters that are on when the action opens."""
    domain = Domain.TRUE
    for node in etree.fromstring(arch).iterfind(".//filter"):
        if context.get(f"search_default_{node.get('name')}") and node.get("domain"):
            domain &= Domain(_evaluate(env, node.get("domain")))
    return domain


def _get_group(arch, context):
    for node in etree.fromstring(arch).iterfind(".//filter"):
        if context.get(f"search_default_{node.get('name')}") and "group_by" in (node.get("context") or ""):
            return ast.literal_eval(node.get("context"))["group_by"]
    return None


def _read_page(model, domain, fields, order):
    """Return what shows the first page of a list as the browser does: the rows, and how many there are."""
    shown = {"fields": {"display_name": {}}}
    specification = {name: shown if model._fields[name].relational else {} for name in fields}

    def read():
        model.web_search_read(domain, specification, limit=PAGE, order=order, count_limit=10_001)

    return read


def _read_groups(model, domain, group):
    field = model._fields[group.partition(":")[0]]
    group = f"{group}:month" if field.type in ("date", "datetime") and ":" not in group else group

    def read():
        if field.store or field.search or not model._auto:
            model.formatted_read_group(domain, [group], ["__count"])

    return read


# === QUERIES === #


@contextlib.contextmanager
def recorded():
    """Yield a list to which every query is added that any cursor of this process executes meanwhile."""
    queries, execute = [], sql_db.Cursor.execute

    def execute_and_record(cursor, *args, **kwargs):
        result = execute(cursor, *args, **kwargs)
        queries.append(cursor._obj.query.decode())
        return result

    sql_db.Cursor.execute = execute_and_record
    try:
        yield queries
    finally:
        sql_db.Cursor.execute = execute


def get_plan(env, query):
    """Return the plan of a query that reads or changes rows, or ``None``."""
    if not re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", query, re.IGNORECASE):
        return None
    with env.cr.savepoint(flush=False):
        env.cr.execute(f"EXPLAIN (FORMAT JSON) {query}")
        [[[plan]]] = env.cr.fetchall()
    return plan["Plan"]


def find_scans(plan, growing, partial=(), limit=None):
    """Yield the nodes that read a whole table that grows: a sequential scan, or an index without a condition.

    The first rows of a table may be read as they come, where most rows are what is asked for.

    :param growing: ``{table: rows}``
    :param partial: names of indexes that hold only a part of a table, and may be read whole
    :param limit: how many rows of this node are asked for, where that is known
    """
    node, table = plan["Node Type"], plan.get("Relation Name")
    if node == "Limit":
        limit = plan["Plan Rows"]
    elif node in SWALLOWING:
        limit = None
    if table in growing:
        whole = node == "Seq Scan" or (
            node in ("Index Scan", "Index Only Scan") and "Index Cond" not in plan and plan["Index Name"] not in partial
        )
        if whole and not (limit and plan["Plan Rows"] * READ_FOR_ONE >= growing[table]):
            yield Scan(table, " ".join([node, plan.get("Index Name", "")]), plan.get("Filter", ""))
    for part in plan.get("Plans", ()):
        yield from find_scans(part, growing, partial, limit)


def pretend_large(env, tables, factor):
    """Have PostgreSQL plan as if each of these tables had ``factor`` times its rows; needs a superuser.

    Statistics of what a column holds stay as they are, and so do the pages: each seems to hold more rows.
    """
    env.cr.execute(
        """UPDATE pg_class SET reltuples = reltuples * %(factor)s
            WHERE reltuples > 0 AND (relname = ANY(%(tables)s) OR oid IN (
                  SELECT indexrelid FROM pg_index
                    JOIN pg_class own ON own.oid = indrelid WHERE own.relname = ANY(%(tables)s)))""",
        {"factor": factor, "tables": list(tables)},
    )
    env.cr.commit()


def get_partial_indexes(env):
    env.cr.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
    return {name for [name] in env.cr.fetchall()}


def count_rows(env, tables, least=20_000):
    """Return ``{table: rows}``, as PostgreSQL believes it, of those that have at least so many: the ones that grow."""
    env.cr.execute(
        "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s) AND reltuples >= %s",
        (list(tables), least),
    )
    return dict(env.cr.fetchall())


def explain_doors(env, doors, growing):
    """Open each door; return what reads a table that grows from one end to the other, and what failed.

    What a door does is rolled back, unless it commits by itself, as runs do.

    :return: ``{door: (number of queries, {(scan, query)})}`` and ``{door: error}``
    """
    partly, found, failed = get_partial_indexes(env), {}, {}
    for door in doors:
        with recorded() as queries:
            try:
                door.open()
                env.flush_all()
            except Exception as error:  # noqa: BLE001 - said at the end, with the others
                failed[door] = error
            env.cr.rollback()
        env.invalidate_all()
        scans = set()
        for query in () if door.sums else dict.fromkeys(queries):
            if plan := get_plan(env, query):
                scans |= {(scan, query) for scan in find_scans(plan, growing, partly)}
        found[door] = (len(queries), scans)
    return found, failed
