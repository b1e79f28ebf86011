"""Compare the database with what programs were told of the usage that they sent: each reference is there once."""

from collections import Counter

from load import sizes
from measuring import report

said = sizes.read("done")
usages = env["practice.subscription.usage"].search([])
found = Counter(usages.mapped("reference"))
report("load_references", len(said), 1, at_least=True)
report("load_sent_more_than_once", sum(sum(told.values()) > 1 for told in said.values()), 1, at_least=True)
report("load_references_lost", len(said.keys() - found.keys()), 0)
report("load_references_that_nobody_was_told_of", len(found.keys() - said.keys()), 0)
report("load_references_twice", sum(count > 1 for count in found.values()), 0)
report("load_references_recorded_twice", sum(told.get("recorded", 0) > 1 for told in said.values()), 0)
report("load_refused", sum(told.get("refused", 0) for told in said.values()), 0)
report("load_units_wrong", abs(sum(usages.mapped("quantity")) - len(said)), 0)
