"""Run the tests with pytest-odoo, in a database of this checkout."""

import contextlib
import hashlib
import os
import subprocess
from pathlib import Path

from .process import lock
from .python_env import load_python
from .tools import provide_axe, provide_browser

# Changing these does not change what an installed database looks like.
NOT_INSTALLED = {"dev", "tests", "benchmarks", "doc", "docs", "__pycache__"}
WORKERS = 2
# Tests of what other apps of Odoo do with this module; they need a database with these apps, whose name is "doors".
DOORS = ("payment_stripe", "point_of_sale", "sale_loyalty", "sale_management", "website_sale")
DOOR_TESTS = "test_doors_*.py"
# What pytest returns when no test was selected.
NOTHING_SELECTED = 5
# Options of pytest whose value is an expression, even when a file of that name exists.
EXPRESSIONS = ("-k", "-m")


def run_tests(databases, arguments):
    """Run pytest with ``arguments`` and return its exit code; tests of other apps run in a database with those apps."""
    settings = databases.settings
    provide_browser(settings)
    options = _linked(settings, arguments)
    paths = [option for option, before in zip(options, arguments, strict=True) if option != before]
    common = [option for option in options if option not in paths]
    if not paths:  # run all tests
        paths, workers = [str(settings.module_link / "tests")], [f"-n{WORKERS}"]
    else:
        workers = []
    doors, others = _split(paths)
    runs = [("test", (), [*workers, f"--ignore-glob=*/{DOOR_TESTS}", *common, *others])] if others else []
    runs += [("doors", DOORS, [*workers, *common, *doors])] if doors else []
    codes = []
    for purpose, beside, chosen in runs:
        with test_database(databases, purpose, beside) as name:
            chosen = ["-p", "odoo_assets_plugin", *chosen]
            codes.append(run_pytest(databases, name, chosen, plugins=settings.checkout / "dev"))
    return _get_verdict(codes)


def _split(paths):
    """Return the tests of doors among files, folders and tests, and what there is besides."""
    files = [Path(path.partition("::")[0]) for path in paths]
    doors = [path for path, file in zip(paths, files, strict=True) if file.match(DOOR_TESTS)]
    others = [path for path in paths if path not in doors]
    found = {str(door) for file in files if file.is_dir() for door in file.rglob(DOOR_TESTS)}
    return [*doors, *sorted(found.difference(doors))], others


def _get_verdict(codes):
    """Return one exit code for several runs; that one of them had nothing to do is no failure."""
    failed = [code for code in codes if code not in (0, NOTHING_SELECTED)]
    return failed[0] if failed else 0 if 0 in codes else NOTHING_SELECTED


def run_pytest(databases, name, arguments, plugins=None):
    """Run pytest with ``arguments`` in database ``name``; ``plugins`` is a folder to import plugins from."""
    settings = databases.settings
    environment = {
        **databases.odoo.environment(databases.cluster, plugins),
        "PRACTICE_AXE": str(provide_axe(settings, databases.odoo.python)),
        "PRACTICE_LOAD_PYTHON": str(load_python(settings)),
    }
    command = [
        *(str(databases.odoo.python), "-m", "pytest"),
        f"--odoo-config={databases.odoo.config(databases.cluster)}",
        f"--odoo-database={name}",
        "--odoo-http",
        f"--rootdir={settings.links}",
        f"--config-file={settings.checkout / 'dev' / 'pytest.ini'}",
        f"-ocache_dir={settings.links / '.pytest_cache'}",
    ]
    # From outside the link: inside it Python would resolve it to the checkout, whose name is another.
    return subprocess.run([*command, *arguments], cwd=settings.links, env=environment, check=False).returncode


@contextlib.contextmanager
def test_database(databases, purpose="test", beside=(), modules=(), *, with_us=True):
    """The name of a database with the module as it is now, locked; the last one is used again if nothing changed.

    :param beside: other modules of Odoo that it has, in its template already
    :param modules: what is installed besides
    :param with_us: whether our module is
    """
    settings = databases.settings
    name = f"{purpose}_{settings.checkout_id}"
    with lock(settings.cache / "locks" / name, f"{purpose} of this checkout"):
        digest = module_digest(settings.checkout) if with_us else ""
        wanted = {"template": databases.template(beside=beside), "module": digest}
        if databases.facts(name) != wanted:
            databases.new(name, modules=modules, beside=beside, with_us=with_us)
            databases.remember(name, **wanted)
        yield name


def module_digest(checkout):
    """A hash of all files of the module that an installed database depends on."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(checkout):
        ignored = NOT_INSTALLED if Path(folder) == checkout else {"__pycache__"}
        names[:] = sorted(name for name in names if name not in ignored and not name.startswith("."))
        for path in sorted(Path(folder, file) for file in files):
            if not path.name.startswith(".") and path.suffix != ".md":
                digest.update(f"{path.relative_to(checkout)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _linked(settings, arguments):
    """``arguments`` with the paths of files in the checkout replaced by paths through its link."""
    return [
        argument if previous in EXPRESSIONS or argument.startswith("-") else _linked_path(settings, argument)
        for previous, argument in zip(["", *arguments], arguments, strict=False)
    ]


def _linked_path(settings, argument):
    """A test's path, relative to the current folder or to the checkout, and its ``::`` part, through the link."""
    path, separator, node = argument.partition("::")
    for candidate in (Path(path).absolute(), settings.checkout / path):
        if candidate.exists() and candidate.is_relative_to(settings.checkout):
            return f"{settings.module_link / candidate.relative_to(settings.checkout)}{separator}{node}"
    return argument
