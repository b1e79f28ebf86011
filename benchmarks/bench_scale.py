"""At scale: 100,000 subscriptions, 1,000,000 movements of credits, 300,000 appointments, 1,000,000 rows of usage."""

import os
import statistics
import time

from dateutil.relativedelta import relativedelta
from measuring import analyze, fastest, measure_once, report
from plans import count_rows, explain_doors, get_doors, get_pages
from scale import World

#: To try this script: a share of the full size.
SHARE = float(os.environ.get("PRACTICE_BILLING_SCALE", "1"))
SUBSCRIPTIONS, MOVEMENTS, APPOINTMENTS, USAGES, DUE = (
    int(SHARE * number) for number in (100_000, 1_000_000, 300_000, 1_000_000, 1_000)
)

#: What a page is that is printed.
PAPER = "paper"

env = env(user=env.ref("base.user_admin"))
world = World(env)


def bill(first):
    """Bill ``DUE`` new subscriptions; return what a batch took."""
    world.subscribers.subscribe(DUE, first=first)
    analyze(env)
    measured = []
    while True:
        batch, moves = measure_once(env, world.subscribers.bill)
        if not moves:
            break
        env.cr.commit()
        measured.append(batch)
    return min(it.seconds for it in measured), statistics.median(it.queries for it in measured)


few_seconds, few_queries = bill(10**6)
started = time.perf_counter()
seconds = world.fill(SUBSCRIPTIONS, MOVEMENTS, APPOINTMENTS, USAGES)
report("scale_fill_seconds", time.perf_counter() - started, 600)
print("# of these:", {name: round(taken) for name, taken in seconds.items()})
many_seconds, many_queries = bill(2 * 10**6)
report("scale_invoice_ratio", many_seconds / few_seconds, 1.1)
report("scale_invoice_queries_ratio", many_queries / few_queries, 1.1)

proof, overview = env["practice.credit.proof"], env["practice.subscription.overview"]
report("scale_proof_differences", len(proof._get_keys_with_difference()), 0)
report("scale_proof_seconds", fastest(env, proof._get_keys_with_difference, 1).seconds, 2)
posts = env["practice.balance.post"].search([])
found, wrong = measure_once(env, lambda: [post for post in posts if post._find()])
report("scale_check_findings", len(wrong), 0)
report("scale_check_seconds", found.seconds, 10)
end = env.company._practice_day().replace(day=1) - relativedelta(days=1)
rolled = fastest(env, lambda: env["practice.roll.forward"]._report_rows(env.company, end.replace(day=1), end), 1)
report("scale_roll_forward_seconds", rolled.seconds, 2)
mrr = env["practice.subscription.mrr"]
sums = ["mrr:sum", "change:sum", "seats:sum"]
report("scale_mrr_seconds", fastest(env, lambda: mrr._read_group([], ["date:month", "kind"], sums)).seconds, 3)
unbilled, heavy = env["practice.unbilled.usage"], [("subscription_id", "=", world.heavy.id)]
used = fastest(env, lambda: unbilled._read_group(heavy, ["kind_id"], ["quantity:sum", "amount:sum"]))
report("scale_unbilled_usage_seconds", used.seconds, 1)
report("scale_overview_cards_seconds", fastest(env, overview.get_cards).seconds, 1)

# Every run, list and page: what it reads, and how long the slowest one takes.
staff, people = world.make_people()
env = env(user=staff)
doors = list(get_doors(env, get_pages(env, people)))
rows = count_rows(env, world.tables)
found, failed = explain_doors(env, doors, rows)
report("scale_doors_failed", len(failed), 0)
report("scale_whole_tables_read", sum(bool(scans) for _queries, scans in found.values()), 0)
for door, (_queries, scans) in found.items():
    for scan, _query in scans:
        print("#", door.kind, door.name, "reads all of", scan.table, "by", scan.node)
slowest = {}
for door in doors:
    if not door.sums and door not in failed:
        door.open()
        env.invalidate_all()
        taken, answer = measure_once(env, door.open)
        env.cr.rollback()
        kind = PAPER if getattr(answer, "mimetype", "") == "application/pdf" else door.kind
        slowest[kind] = max(slowest.get(kind, (0, "")), (taken.seconds, door.name))
slowest.pop(PAPER, None)  # wkhtmltopdf waits in vain for the style sheets of a server that does not run here
for kind, (taken, name) in slowest.items():
    report(f"scale_slowest_{kind}_seconds", taken, 1)
    print("# it is", name)
