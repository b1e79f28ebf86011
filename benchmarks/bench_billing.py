"""The billing run against bare Odoo on the same invoices, against itself with two workers, and with more to do."""

import statistics
import time
from copy import deepcopy

from measuring import analyze, interleave, report
from subscribers import Subscribers, in_processes

BATCH, ROUNDS, MANY = 200, 3, 2000

env = env(user=env.ref("base.user_root"), context={})
moves = env["account.move"]
subscriptions = env["practice.subscription"]
subscribers = Subscribers(env)


def timed(work):
    """Return the seconds that ``work`` takes, and what it returns."""
    env.invalidate_all()
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def bill_batches():
    """Bill all that is due, committing each batch; return the seconds of each."""
    seconds = []
    while True:
        taken, moves = timed(subscribers.bill)
        if not moves:
            return seconds
        env.cr.commit()
        seconds.append(taken)


# Without statistics, as on the first day: the first batch of an empty database against the rest.
subscribers.subscribe(5 * BATCH)
env.cr.commit()
first, *rest = bill_batches()
report("billing_first_batch_ratio", first / statistics.median(rest), 2)

# The same invoices, made by the run and by bare Odoo.
subscribers.subscribe(BATCH)
analyze(env)
values = subscribers.invoice_vals(BATCH)
copies = [deepcopy(values) for _round in range(ROUNDS + 1)]
measured = interleave(
    env,
    ROUNDS,
    bare=lambda: moves.create(copies.pop())._post(soft=False),
    ours=lambda: subscribers.bill(BATCH),
)
report("billing_rate_ratio", measured["bare"].seconds / measured["ours"].seconds, 2.5, at_least=True)
report("billing_queries_an_invoice", measured["ours"].queries / BATCH, 2.5)
print("# bare Odoo:", round(BATCH / measured["bare"].seconds, 1), "invoices a second,", end=" ")
print("ours:", round(BATCH / measured["ours"].seconds, 1), "with", measured["bare"].queries / BATCH, "queries bare")
bill_batches()


def post_bare():
    moves.create(deepcopy(values))._post(soft=False)
    env.cr.flush()  # what Odoo does before a commit belongs to it


def post_ours():
    moves._practice_bill(deepcopy(values), ["Made by the run."] * BATCH)
    env.cr.flush()


def compare_posting(name, ratio, queries):
    """Compare creating and posting alone, nothing else of the run."""
    analyze(env)
    measured = interleave(env, ROUNDS, bare=post_bare, ours=post_ours)
    report(f"{name}_ratio", measured["bare"].seconds / measured["ours"].seconds, ratio, at_least=True)
    report(f"{name}_queries_an_invoice", measured["ours"].queries / BATCH, queries)


compare_posting("posting", 2.5, 1)

# One, two and four workers, in processes of their own.
seconds = {1: [], 2: [], 4: []}
for _round in range(ROUNDS):
    for workers, taken in seconds.items():
        subscribers.subscribe(4 * BATCH)
        analyze(env)
        taken.append(in_processes(env, workers, lambda worker: worker["practice.subscription"]._cron_bill(BATCH // 2)))
        env.cr.rollback()
        left = subscriptions.search_count(subscriptions._get_all_due_domain())
        report(f"billing_left_over_by_{workers}", left, 0)
by_workers = {workers: statistics.median(taken) for workers, taken in seconds.items()}
report("billing_two_workers_ratio", by_workers[1] / by_workers[2], 1.9, at_least=True)
report("billing_four_workers_ratio", by_workers[2] / by_workers[4], 0.95, at_least=True)

# Many subscriptions: the cost of an invoice does not depend on how many there are.
subscribers.subscribe(BATCH)
analyze(env)
few = statistics.median(bill_batches())
subscribers.subscribe(MANY)
analyze(env)
report("billing_cost_at_2000_ratio", statistics.mean(bill_batches()) / few, 1.2)

# With everything that an audited company wants logged.
env.company.restrictive_audit_trail = True
compare_posting("posting_audited", 1.25, 7)
