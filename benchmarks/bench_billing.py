"""The billing run against bare Odoo on the same invoices, against itself with two workers, and with more to do."""

import statistics
import time
from copy import deepcopy

from measuring import analyze, interleave, report
from scale import MARK, Example
from subscribers import Subscribers, in_processes

BATCH, MANY = 200, 2000
#: Bare Odoo takes a quarter of a minute for a batch, and always about as long; a few invoices fill its caches as well.
ROUNDS, FEW = 2, 20
#: Rounds of several workers, and how many subscriptions are due in each: sixteen batches, four for each of four.
SHARED_ROUNDS, SHARED = 2, 1280
#: Subscriptions that are made through the doors that people use; the others are copies of theirs.
EXAMPLES = 20

env = env(user=env.ref("base.user_root"), context={})
moves = env["account.move"]
subscriptions = env["practice.subscription"]
subscribers = Subscribers(env)


def subscribe(count):
    """Have so many more subscriptions due today."""
    example = Example(env)
    with example.watch():
        subscribers.subscribe(EXAMPLES, mark=f"{MARK}0")
    example.multiply(count // EXAMPLES - 1)


def timed(work):
    """Return the seconds that ``work`` takes, and what it returns."""
    env.invalidate_all()
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def bill_batches(most=None):
    """Bill all that is due, or so many batches of it, committing each; return the seconds of each."""
    seconds = []
    while most is None or len(seconds) < most:
        taken, moves = timed(lambda: subscribers.bill(BATCH))
        if not moves:
            break
        env.cr.commit()
        seconds.append(taken)
    return seconds


# Without statistics, as on the first day: the first batch of an empty database against the rest.
subscribe(4 * BATCH)
env.cr.commit()
first, *rest = bill_batches()
report("billing_first_batch_ratio", first / statistics.median(rest), 2)

# The same invoices, made by the run, by its way to create and post alone, and by bare Odoo.
subscribe(BATCH)
values = subscribers.invoice_vals(BATCH)


def post_bare(count=BATCH):
    moves.create(deepcopy(values[:count]))._post(soft=False)
    env.cr.flush()  # what Odoo does before a commit belongs to it


def post_ours(count=BATCH):
    moves._practice_bill(deepcopy(values[:count]), ["Made by the run."] * count)
    env.cr.flush()


def compare(name, ratio, queries, rounds=ROUNDS, count=BATCH, **works):
    """Compare ``posting`` with bare Odoo, and ``works`` in the same rounds; return what all of them took."""
    analyze(env)
    for post in (post_bare, post_ours):
        post(FEW)
        env.cr.rollback()
    both = {"bare": lambda: post_bare(count), "posting": lambda: post_ours(count)}
    measured = interleave(env, rounds, warm_up=False, **both, **works)
    bare, posting = measured["bare"], measured["posting"]
    report(f"{name}_ratio", bare.seconds / posting.seconds, ratio, at_least=True)
    report(f"{name}_queries_an_invoice", posting.queries / count, queries)
    return measured


measured = compare("posting", 2.5, 1, run=lambda: subscribers.bill(BATCH))
bare, run = measured["bare"], measured["run"]
report("billing_rate_ratio", bare.seconds / run.seconds, 2.5, at_least=True)
report("billing_queries_an_invoice", run.queries / BATCH, 1)
print("# bare Odoo:", round(BATCH / bare.seconds, 1), "invoices a second,", end=" ")
print("ours:", round(BATCH / run.seconds, 1), "with", bare.queries / BATCH, "queries bare")
bill_batches()


def warm_up(worker):
    due = worker["practice.subscription"]._claim_due_sudo(FEW)
    due._bill_or_set_aside()
    worker.flush_all()


def bill_all(worker):
    worker["practice.subscription"]._cron_bill(SHARED // 16)


# One, two and four workers, in processes of their own.
seconds = {1: [], 2: [], 4: []}
left = dict.fromkeys(seconds, 0)
for _round in range(SHARED_ROUNDS):
    for workers, taken in seconds.items():
        subscribe(SHARED)
        analyze(env)
        taken.append(in_processes(env, workers, bill_all, warm_up))
        env.cr.rollback()
        left[workers] += subscriptions.search_count(subscriptions._get_all_due_domain())
for workers, number in left.items():
    report(f"billing_left_over_by_{workers}", number, 0)
by_workers = {workers: min(taken) for workers, taken in seconds.items()}
report("billing_two_workers_ratio", by_workers[1] / by_workers[2], 1.9, at_least=True)
report("billing_four_workers_ratio", by_workers[2] / by_workers[4], 0.9, at_least=True)

# Many subscriptions: the cost of an invoice does not depend on how many are due.
subscribe(BATCH)
analyze(env)
few = statistics.median(bill_batches())
subscribe(MANY)
analyze(env)
report("billing_cost_at_2000_ratio", statistics.median(bill_batches(most=3)) / few, 1.2)

# With everything that an audited company wants logged.
env.company.restrictive_audit_trail = True
compare("posting_audited", 1.25, 7, rounds=1, count=BATCH // 2)
