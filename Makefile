# Every target forwards to dev/odoo, which has more commands: dev/odoo --help
# Give a command options with ARGS, e.g.  make run ARGS="--port 8070"

.PHONY: help run test test-slow bench lint stop

help:
	@echo "make run        an Odoo 19 with this module and demo data, to click through"
	@echo "make test       the tests                      (ARGS are for pytest)"
	@echo "make test-slow  the same with all rounds of the slow ones, Odoo's own, and against broken checks (hours)"
	@echo "make lint       ruff, pylint-odoo, Odoo's own test_lint; the plan of the house and its maps"
	@echo "make bench      the benchmarks                 (ARGS: names)"
	@echo "make stop       end what the above started"
	@echo "More: dev/odoo --help"

run:
	@dev/odoo run $(ARGS)

test:
	@dev/odoo test $(ARGS)

test-slow:
	@dev/odoo test --dose full $(ARGS)
	@dev/odoo core-tests
	@dev/odoo mutants

bench:
	@dev/odoo bench $(ARGS)

lint:
	@dev/odoo lint $(ARGS)

stop:
	@dev/odoo stop $(ARGS)
