"""Importing 5,000 patients, credits and appointments of another system, each checked and then imported."""

import base64
import csv
import io
from datetime import timedelta

from measuring import analyze, measure_once, report
from practice import Practice

ROWS = 5000
#: Rows with which the queries a row are compared: they stay what they are when the file is larger.
FEW = 400

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


def credits(numbers):
    yield ("Reference", "Patient", "Package", "Credits", "Rate", "Expiry Date")
    for n in numbers:
        yield (f"C-{n}", f"P-{n}", "Ten sessions", 5, "45,00", "31/12/2099")


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


for kind, rows, vals in (
    ("patient", people, {}),
    ("credit", credits, {"booking": "opening"}),
    ("appointment", appointments, {}),
):
    _check, few = bring(kind, rows(range(FEW)), **vals)
    check, many = bring(kind, rows(range(FEW, FEW + ROWS)), **vals)
    report(f"import_{kind}_seconds_for_5000", many.seconds, 60)
    report(f"import_{kind}_check_seconds", check.seconds, 60)
    report(f"import_{kind}_queries_a_row", many.queries / ROWS, {"patient": 1, "credit": 1, "appointment": 2}[kind])
    report(f"import_{kind}_queries_ratio", (many.queries / ROWS) / (few.queries / FEW), 1.1)
    again = upload(kind, rows(range(FEW, FEW + ROWS)), **vals)
    again.action_check()
    env.cr.commit()
    known, _result = measure_once(env, run)
    report(f"import_{kind}_again_ratio", known.seconds / many.seconds, 0.3)
    if again.unchanged_count != ROWS:
        raise AssertionError(again.unchanged_count)

_check, entries = bring(
    "credit",
    [row if not n else (f"E-{n}", *row[1:]) for n, row in enumerate(credits(range(1000)))],
    booking="entry",
    counterpart_account_id=counterpart.id,
)
# Most of it is Odoo's own posting.
report("import_entries_queries_a_row", entries.queries / 1000, 8)

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
