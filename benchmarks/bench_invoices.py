"""Posting 200 package invoices, against 200 plain ones."""

from measuring import analyze, interleave, report
from practice import Practice

INVOICES = 200
#: As many fill the caches, and give PostgreSQL something to count.
FEW = 20

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
patients = practice.patients(INVOICES)
analyze(env)


def post(product, count=INVOICES):
    def work():
        env["account.move"].create([practice.invoice_vals(patient, product) for patient in patients[:count]])._post()

    return work


# Odoo asks for payments when it posts, and joins a ledger that PostgreSQL believes to be empty with itself: minutes.
post(practice.plain_product, count=FEW)()
analyze(env)
post(practice.product, count=FEW)()
env.cr.rollback()
measured = interleave(env, 2, warm_up=False, plain=post(practice.plain_product), ours=post(practice.product))
report("posting_200_invoices_ratio", measured["ours"].seconds / measured["plain"].seconds, 1.15)
report("posting_200_invoices_more_queries", measured["ours"].queries - measured["plain"].queries, 30)
