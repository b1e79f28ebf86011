"""Importing patients, credits and appointments of another system, each checked and then imported."""

import base64
import csv
import io
from datetime import timedelta

from measuring import analyze, interleave, measure_once, report
from practice import Practice

from odoo.fields import Command

from odoo.addons.practice_billing.models.packages.imports.data_import_run import QUIET

#: Rows that are measured; the figures are of 5,000, which take as many times as long: queries a row stay the same.
ROWS = 800
LARGE = 5000
#: Rows with which the queries a row are compared: they stay what they are when the file is larger.
FEW = 400
#: Rows of which plain Odoo makes the same things, in batches like ours: what an import takes is a ratio to that.
PLAIN, BATCH = 400, 200

user = env.ref("base.user_admin")
env = env(user=user, context={"tz": "Europe/Brussels", "lang": "en_US"})
env.company.practice_tz = "Europe/Brussels"
practice = Practice(env)
counterpart = env["account.account"].create({"name": "Take-over", "code": "100900", "account_type": "equity"})
start = practice.next_monday()


def people(numbers):
    yield ("Reference", "Name", "E-Mail", "Phone", "Street", "Zip", "City")
    for n in numbers:
        yield (
            f"P-{n}",
            f"Patient {n}",
            f"p{n}@example.com",
            "+32 470 00 00 00",
            f"Kerkstraat {n}",
            "9000",
            "Gent",
            "BE",
        )


def credits(numbers, prefix="C"):
    yield ("Reference", "Patient", "Package", "Credits", "Rate", "Expiry Date")
    for n in numbers:
        yield (f"{prefix}-{n}", f"P-{n}", "Ten sessions", 5, "45,00", "31/12/2099")


def entries(numbers):
    return credits(numbers, prefix="E")


def appointments(numbers):
    yield ("Reference", "Patient", "Type", "Practitioner", "Start")
    for n in numbers:
        begins = start + timedelta(days=n // 10, hours=n % 10)
        yield (f"A-{n}", f"P-{n}", "Session", user.login, f"{begins:%d/%m/%Y %H:%M}")


def upload(kind, rows, **vals):
    stream = io.StringIO()
    csv.writer(stream, delimiter=";").writerows(rows)
    file = base64.b64encode(stream.getvalue().encode())
    return env["practice.data.import"].create({"kind": kind, "filename": "file.csv", "file": file, **vals})


def run():
    env["practice.data.import"].sudo()._cron_import()


def bring(kind, rows, **vals):
    """Return what checking and importing a file took: ``(check, import)``."""
    data_import = upload(kind, rows, **vals)
    data_import.action_check()
    analyze(env)
    check, _result = measure_once(env, run)
    if data_import.refused_count or data_import.error:
        raise AssertionError((data_import.error, data_import.problem_ids[:3].mapped("message")))
    data_import.action_import()
    env.cr.commit()
    made, _result = measure_once(env, run)
    if data_import.state != "done":
        raise AssertionError(data_import.state, data_import.error)
    return check, made


def in_batches(make, vals_list):
    """Return the work that makes records as an import does, a batch at a time."""

    def work():
        size = len(vals_list) * BATCH // PLAIN
        for begin in range(0, len(vals_list), size):
            make(vals_list[begin : begin + size])
            env.flush_all()

    return work


def post(items):
    env["account.move"].create({"line_ids": [Command.create(vals) for vals in items]})._post(soft=False)


quiet = env(context={**env.context, **QUIET})
numbers = range(PLAIN)
partner_vals = [{"name": f"Plain {n}", "email": f"plain{n}@example.com", "city": "Gent"} for n in numbers]
event_vals = [
    {
        "name": "Session",
        "start": start + timedelta(days=n),
        "stop": start + timedelta(days=n, hours=1),
        "partner_ids": [Command.set(user.partner_id.ids)],
    }
    for n in numbers
]
item_vals = [
    {"account_id": account.id, "balance": balance}
    for _n in numbers
    for account, balance in ((counterpart, 225.0), (practice.balance_post, -225.0))
]
#: What plain Odoo does: it makes partners and events, and posts a debit and a credit for each row.
make_partners = in_batches(quiet["res.partner"].create, partner_vals)
make_events = in_batches(quiet["calendar.event"].create, event_vals)
post_items = in_batches(post, item_vals)


def time_plain(work):
    """Return the seconds a row of plain Odoo, at the pace that the machine has now."""
    return interleave(env, 1, plain=work)["plain"].seconds / PLAIN


for name, kind, rows, vals, plain, most_time, most_queries in (
    ("patient", "patient", people, {}, make_partners, 3, 1),
    ("credit", "credit", credits, {"booking": "opening"}, post_items, 1, 1),
    ("entry", "credit", entries, {"booking": "entry", "counterpart_account_id": counterpart.id}, post_items, 2, 1),
    ("appointment", "appointment", appointments, {}, make_events, 6, 2),
):
    _check, few = bring(kind, rows(range(FEW)), **vals)
    before = time_plain(plain)
    check, many = bring(kind, rows(range(FEW, FEW + ROWS)), **vals)
    after = time_plain(plain)
    report(f"import_{name}_seconds_for_5000", many.seconds * LARGE / ROWS, 60)
    report(f"import_{name}_check_seconds", check.seconds * LARGE / ROWS, 60)
    report(f"import_{name}_time_over_plain_odoo", many.seconds / ROWS / ((before + after) / 2), most_time)
    report(f"import_{name}_queries_a_row", many.queries / ROWS, most_queries)
    report(f"import_{name}_queries_ratio", (many.queries / ROWS) / (few.queries / FEW), 1.1)
    again = upload(kind, rows(range(FEW, FEW + ROWS)), **vals)
    again.action_check()
    env.cr.commit()
    known, _result = measure_once(env, run)
    report(f"import_{name}_again_ratio", known.seconds / many.seconds, 0.3)
    if again.unchanged_count != ROWS:
        raise AssertionError(again.unchanged_count)

# As when somebody forgot to import the credits first: many rows that do not fit cost no more than those that do.
bad = upload(
    "appointment", [(f"B-{row[0]}", *row[1:]) if n else row for n, row in enumerate(appointments(range(1000)))]
)
bad.action_check()
analyze(env)
refused, _result = measure_once(env, run)
report("import_refused_queries_a_row", refused.queries / 1000, 2)
if bad.refused_count != 1000:
    raise AssertionError(bad.refused_count)
