"""Releasing 5,000 used credits: 250 patients, 20 visits each, on 20 days; against the same entries through the ORM."""

from datetime import timedelta

from measuring import analyze, measure_once, report
from practice import Practice

from odoo.fields import Command

PATIENTS, DAYS = 250, 20

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
releases = env["practice.revenue.release"]


def use(patients, days):
    """Use one credit of each patient on each of the last ``days`` days."""
    lots = practice.give(patients, credits=days, days_ago=days)
    today = env.company._practice_day()
    for number in range(days):
        day = today - timedelta(days=number)
        for kind in ("reserve", "use"):
            env["practice.credit.lot"]._record({"lot": lot, "kind": kind, "credits": 1, "date": day} for lot in lots)
    analyze(env)


def run():
    """Release everything that is due; return the number of batches."""
    batches = 0
    while batch := releases._next_batch():
        batch._post_or_set_aside()
        env.cr.commit()
        batches += 1
    return batches


def post_by_orm(entries):
    """Return what makes and posts the same entries as Odoo does, line by line."""
    vals_list = [
        {
            "move_type": "entry",
            "journal_id": entry.journal_id.id,
            "date": entry.date,
            "ref": entry.ref,
            "line_ids": [
                Command.create(
                    {
                        "account_id": line.account_id.id,
                        "partner_id": line.partner_id.id,
                        "name": line.name,
                        "balance": line.balance,
                    }
                )
                for line in entry.line_ids
            ],
        }
        for entry in entries
    ]
    return lambda: env["account.move"].create(vals_list)._post(soft=False)


everybody = practice.patients(PATIENTS)
use(everybody[:25], DAYS)
small, small_batches = measure_once(env, run)
use(everybody, DAYS)
large, large_batches = measure_once(env, run)

entries = releases.search([("state", "=", "posted")], order="id desc", limit=PATIENTS * DAYS).move_id
orm, _moves = measure_once(env, post_by_orm(entries))
report("release_rate_ratio", orm.seconds / large.seconds, 6, at_least=True)
print("# credits a second:", round(PATIENTS * DAYS / large.seconds), end=", ")
print("queries:", large.queries, "through the ORM:", orm.queries)
# Ten times the credits on the same days.
report("release_queries_a_batch_ratio", (large.queries / large_batches) / (small.queries / small_batches), 1.1)
report("release_left_over", releases.search_count(releases._get_due_domain()), 0)
