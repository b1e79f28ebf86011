"""Run the tests of Odoo's own modules with ours installed: a guest breaks nothing.

Some of them fail on a developer's machine without us too: they want another chart of accounts, a file that Debian
strips, a page of the internet. Those are listed, with a database without our module as the witness, and only a failure
that is not listed counts.
"""

import os
from dataclasses import dataclass
from xml.etree import ElementTree

from .errors import DevError
from .progress import say
from .testing import run_pytest, test_database
from .tools import provide_browser

#: The modules that ours extends, and that often stand beside it.
CORE_MODULES = (
    "resource",
    "product_email_template",
    "portal",
    "calendar",
    "payment",
    "account_payment",
    "sale",
    "account",
)
#: What has to be there besides our own dependencies.
INSTALLED = ["sale_management"]
LIST = "dev/core_tests_failing_without_us.txt"
HEADING = """\
# Tests of Odoo that fail on a developer's machine without this module too, made by  dev/odoo core-tests --without-us
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the tests of one module."""

    failed: set
    passed: int
    skipped: int


def run_core_tests(databases, modules, without_us=False):
    """Run the tests of Odoo's ``modules`` (default: all of CORE_MODULES), with our module installed.

    :param without_us: run them in a database without our module, and write down which ones fail
    :return: 1 when a test fails that passes without us
    """
    if unknown := set(modules) - set(CORE_MODULES):
        raise DevError(f"no tests of {', '.join(sorted(unknown))}: choose among {', '.join(CORE_MODULES)}")
    provide_browser(databases.settings)
    os.nice(10)  # hours of work, beside somebody who works
    path = databases.settings.checkout / LIST
    known = read_list(path)
    new = set()
    purpose = "without_us" if without_us else "core"
    with test_database(databases, purpose, modules=INSTALLED, with_us=not without_us) as name:
        for module in modules or CORE_MODULES:
            outcome = _run_module(databases, name, module)
            if without_us:
                known = {it for it in known if not it.startswith(f"{module}/")} | outcome.failed
                write_list(path, known)
            new |= outcome.failed - known
            summary = f"{outcome.passed} passed, {len(outcome.failed)} failed, {outcome.skipped} skipped"
            say(f"{module}: {summary}; {len(outcome.failed - known)} fail with us only")
    print(*[f"FAILS WITH US ONLY  {it}" for it in sorted(new)], sep="\n", flush=True)
    return 1 if new else 0


def _run_module(databases, database, module):
    """Run the tests of ``module`` and return their outcome."""
    source = databases.odoo.source
    # Debian's package has them in the second folder too; Odoo imports them from the first, if there.
    places = [source / "odoo" / "addons" / module / "tests", source / "addons" / module / "tests"]
    tests = next((place for place in places if place.is_dir()), None)
    if not tests:
        raise DevError(f"this Odoo comes without the tests of {module}")
    report = databases.settings.links / f"core_{module}.xml"
    report.unlink(missing_ok=True)
    options = ["-q", "--tb=short", "--no-header", f"--junitxml={report}", "-p", "odoo_assets_plugin"]
    options += ["-p", "odoo_core_plugin", str(tests)]
    code = run_pytest(databases, database, options, plugins=databases.settings.checkout / "dev")
    if code not in (0, 1) or not report.is_file():
        raise DevError(f"the tests of {module} could not be run, see above")
    return read_report(report, module)


def read_report(path, module):
    """Return the outcome that pytest wrote in ``path``, with tests named ``module/file::class::test``."""
    outcomes = {}
    for case in ElementTree.parse(path).iter("testcase"):
        # "odoo.addons.calendar.tests.test_x.TestX", or less when the file could not be imported
        file, _, name = case.get("classname", "").rpartition(".")
        test = f"{module}/{file.rpartition('.')[2]}::{name}::{case.get('name')}"
        kinds = {child.tag for child in case}
        outcomes.setdefault(test, set()).update(kinds & {"failure", "error", "skipped"} or {"passed"})
    failed = {test for test, kinds in outcomes.items() if kinds & {"failure", "error"}}
    skipped = sum(kinds == {"skipped"} for kinds in outcomes.values())
    return Outcome(failed, len(outcomes) - len(failed) - skipped, skipped)


def read_list(path):
    """Return the names of the tests in the list ``path``."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return {line for line in lines if line and not line.startswith("#")}


def write_list(path, tests):
    path.write_text("\n".join([HEADING, *sorted(tests), ""]))
