"""Releasing 10,000 used credits: 250 patients, 40 visits each, on 40 days."""

from datetime import timedelta

from measuring import analyze, measure_once, report
from practice import Practice

PATIENTS, DAYS = 250, 40

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
releases = env["practice.revenue.release"]


def use(patients, days):
    """Use one credit of each patient on each of the last ``days`` days."""
    lots = practice.give(patients, credits=days)
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


everybody = practice.patients(PATIENTS)
use(everybody[:25], DAYS)
small, small_batches = measure_once(env, run)
use(everybody, DAYS)
large, large_batches = measure_once(env, run)

report("release_credits_a_second", PATIENTS * DAYS / large.seconds, 1000, at_least=True)
# Ten times the credits on the same days.
report("release_queries_a_batch_ratio", (large.queries / large_batches) / (small.queries / small_batches), 1.1)
report("release_left_over", releases.search_count(releases._get_due_domain()), 0)
