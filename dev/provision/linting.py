"""The static checks: ruff, OCA's pylint-odoo, Odoo's own test_lint, and those of our own: what follows the plan of the
house, whether names, maps and links tell the truth, who reads what is sold today, and whether pytest and Odoo find the
same tests.

All of them run, or those that were named, then the verdict is given.
"""

import subprocess

from .elevated import check_elevated
from .errors import DevError
from .places import check_links, check_places
from .progress import say
from .rooms import check_rooms
from .rooms_picture import check_picture
from .selling import check_selling
from .settings import MODULE
from .testing import run_pytest, test_database

# The first needs pylint on all of Odoo (ours has its own step), the second is a program of another language, the
# third tests the checkers themselves.
SKIPPED = {"test_pylint", "test_eslint", "test_checkers"}


def run_lint(databases, words=()):
    """Run all checks, or those in whose name one of ``words`` stands; return 1 when one found something.

    :raises DevError: when a word stands in no name
    """
    checks = {
        "ruff check": lambda: _tool(databases, "ruff", "check", "."),
        "ruff format": lambda: _tool(databases, "ruff", "format", "--check", "."),
        "rooms": lambda: check_rooms(databases.settings.checkout),
        "picture of the rooms": lambda: check_picture(databases.settings.checkout),
        "places in the README files": lambda: check_places(databases.settings.checkout),
        "links in the documentation": lambda: check_links(databases.settings.checkout),
        "elevated records": lambda: check_elevated(databases.settings.checkout),
        "what is sold today": lambda: check_selling(databases.settings.checkout),
        "pylint-odoo": lambda: _pylint(databases),
        "the same tests for pytest and Odoo": lambda: _same_tests(databases),
        "Odoo's test_lint": lambda: _test_lint(databases),
    }
    if unknown := [word for word in words if not any(word in name for name in checks)]:
        raise DevError(f"no check is called {', '.join(unknown)}; there are: {', '.join(checks)}")
    failed = []
    for name, check in checks.items():
        if words and not any(word in name for word in words):
            continue
        say(f"{name} …")
        if check():
            failed.append(name)
    print(f"lint: {', '.join(failed)} found something" if failed else "lint: all clean", flush=True)
    return 1 if failed else 0


def _tool(databases, *arguments):
    """Run a Python tool of the virtual environment on the checkout; return its exit code."""
    command = [str(databases.odoo.python), "-m", *arguments]
    return subprocess.run(command, cwd=databases.settings.checkout, check=False).returncode


def _pylint(databases):
    settings = databases.settings
    if not settings.has_module:
        return 0
    environment = databases.odoo.environment(databases.cluster)
    options = [f"--rcfile={settings.checkout / '.pylintrc'}", "--jobs=2"]
    command = [str(databases.odoo.python), "-m", "pylint", *options, MODULE]
    return subprocess.run(command, cwd=settings.links, env=environment, check=False).returncode


def _same_tests(databases):
    """Compare the tests that pytest and Odoo's loader find; no database is opened for that, so none has to be there."""
    settings = databases.settings
    if not settings.has_module:
        return 0
    options = ["--collect-only", "-q", "-p", "odoo_loader_plugin", str(settings.module_link / "tests")]
    return run_pytest(databases, "none", options, plugins=settings.checkout / "dev")


def _test_lint(databases):
    """Run Odoo's lint tests on our module, in a database of their own."""
    settings = databases.settings
    if not settings.has_module:
        return 0
    tests = next(databases.odoo.source.glob("**/addons/test_lint/tests"), None)
    if not tests:
        say("this Odoo comes without test_lint: skipped")
        return 0
    files = [str(path) for path in sorted(tests.glob("test_*.py")) if path.stem not in SKIPPED]
    options = ["-q", "--tb=short", "-p", "odoo_lint_plugin"]
    with test_database(databases, "lint") as name:
        return run_pytest(databases, name, [*options, *files], plugins=settings.checkout / "dev")
