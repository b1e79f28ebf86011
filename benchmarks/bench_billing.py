"""Creating and posting the invoices of a billing run, against bare Odoo on the same values: nothing else of the run."""

from copy import deepcopy

from measuring import interleave, report, settle
from subscribers import Subscribers

BATCH, ROUNDS = 200, 5

env = env(user=env.ref("base.user_root"), context={})
moves = env["account.move"]
subscribers = Subscribers(env)
subscribers.subscribe(BATCH)
subscribers.bill()
settle(env)


def values():
    """Return the values of an invoice for everybody, who all had one before."""
    env.cr.execute("UPDATE practice_subscription SET next_invoice_date = CURRENT_DATE")
    env.invalidate_all()
    taken = subscribers.invoice_vals(BATCH)
    env.cr.rollback()
    return taken


VALUES = values()


def bare():
    moves.create(deepcopy(VALUES))._post(soft=False)
    env.cr.flush()  # what Odoo does before a commit belongs to it


def ours():
    moves._practice_bill(deepcopy(VALUES), ["Made by the run."] * BATCH)
    env.cr.flush()


def compare(name, ratio, queries):
    measured = interleave(env, ROUNDS, bare=bare, ours=ours)
    rates = {who: f"{BATCH / taken.seconds:.1f}" for who, taken in measured.items()}
    asked = {who: f"{taken.queries / BATCH:.2f}" for who, taken in measured.items()}
    print("# invoices a second", rates, "queries an invoice", asked)
    report(f"{name}_ratio", measured["bare"].seconds / measured["ours"].seconds, ratio, at_least=True)
    report(f"{name}_queries_an_invoice", measured["ours"].queries / BATCH, queries)


compare("invoices_posting", 1.9, 1)
env.company.restrictive_audit_trail = True
settle(env)
compare("invoices_posting_audited", 1.25, 7)
