"""The proof and the nightly check on 50,000 movements: 500 patients, 50 visits each, all released."""

from datetime import timedelta

from measuring import analyze, fastest, report
from practice import Practice

PATIENTS, DAYS = 500, 50

env = env(user=env.ref("base.user_admin"))
practice = Practice(env)
proof, posts = env["practice.credit.proof"], env["practice.balance.post"]

lots = practice.give(practice.patients(PATIENTS), credits=DAYS)
today = env.company._practice_day()
for number in range(DAYS):
    day = today - timedelta(days=number)
    for kind in ("reserve", "use"):
        env["practice.credit.lot"]._record({"lot": lot, "kind": kind, "credits": 1, "date": day} for lot in lots)
    env.invalidate_all()
analyze(env)
releases = env["practice.revenue.release"]
while batch := releases._next_batch():
    batch._post_or_set_aside()
    env.cr.commit()
    env.invalidate_all()
analyze(env)


movements = env["practice.credit.move"].search_count([("lot_id", "in", lots.ids)])
report("proof_movements", movements, 50_000, at_least=True)
differences = fastest(env, proof._get_keys_with_difference)
report("proof_seconds", differences.seconds, 2)
# One for the accounts, one for all that is on them; the others read the company and its currency.
report("proof_queries", differences.queries, 5)
sums = ["value_credits:sum", "to_release:sum", "balance:sum", "difference:sum"]
report("proof_by_account_seconds", fastest(env, lambda: proof._read_group([], ["account_id"], sums)).seconds, 2)
report("proof_list_seconds", fastest(env, lambda: proof.search_read([], ["name", "difference"], limit=80)).seconds, 2)
found = [("has_difference", "=", True)]
report("proof_has_difference_seconds", fastest(env, lambda: proof.search_count(found)).seconds, 2)
post = posts._remember([(env.company, practice.balance_post)])
report("check_seconds_an_account", fastest(env, post._check).seconds, 3)

month = today - timedelta(days=30)
rolled = fastest(env, lambda: env["practice.roll.forward"]._report_rows(env.company, month, today))
report("roll_forward_seconds", rolled.seconds, 2)
# One for what was open, one for the days, one for the accounts of each; the others read names.
report("roll_forward_queries", rolled.queries, 12)
opened = fastest(env, lambda: env["practice.open.credit"]._report_rows(env.company, None, month))
report("open_credits_seconds", opened.seconds, 2)
