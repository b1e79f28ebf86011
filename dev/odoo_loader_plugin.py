"""A pytest plugin that checks, while pytest collects, that Odoo's own loader finds the same tests.

pytest takes every ``test_*.py``, and every test class that a module has a name for, with the tests it inherits. Odoo
takes the modules that the ``__init__`` files import, the classes that a module defines itself, and the tests that
stand in such a class, unless it says ``allow_inherited_tests_method``. A test that only one of them finds is not run
by the other, or is run twice.
"""

import ast
from collections import Counter, defaultdict
from pathlib import Path

import pytest

MODULE = "practice_billing"


def pytest_sessionstart(session):
    """Ask Odoo first: what pytest imports would be known to Odoo as well."""
    from odoo.tests.loader import get_module_test_cases, get_test_modules

    modules = get_test_modules(MODULE)
    session.config.odoo_files = {Path(module.__file__).resolve() for module in modules}
    session.config.odoo_tests = Counter(
        (type(case).__module__, type(case).__qualname__, case._testMethodName)
        for module in modules
        for case in get_module_test_cases(module)
    )


@pytest.hookimpl(tryfirst=True)  # before pytest lists the tests
def pytest_collection_finish(session):
    """Print what differs and end; what pytest could not even import, it says itself."""
    if session.testsfailed:
        return
    folder = _tests_folder()
    files = sorted(folder.rglob("test_*.py"))
    problems = [
        *_problems_of_files(files, session.config.odoo_files),
        *_problems_of_imports(folder, {path.stem for path in files}),
        *_problems_of_tests(session.items, session.config.odoo_tests),
    ]
    if problems:
        print(*problems, sep="\n", flush=True)
        pytest.exit("pytest and Odoo do not find the same tests, or not once", returncode=1)
    pytest.exit(f"pytest and Odoo find the same {len(session.items)} tests", returncode=0)


def _tests_folder():
    """Return the folder of the module's tests, not through the link that Odoo finds the module by."""
    from odoo.modules import Manifest

    return Path(Manifest.for_addon(MODULE).path).resolve() / "tests"


def _problems_of_files(files, known):
    """Yield names that two files share, of which Odoo takes one, and files that no ``__init__`` imports."""
    by_name = defaultdict(list)
    for path in files:
        by_name[path.stem].append(path)
    for name, paths in by_name.items():
        if len(paths) > 1:
            yield f"{len(paths)} test modules are called {name}: {', '.join(map(str, paths))}"
    for path in files:
        if path not in known:
            yield f"no __init__ leads Odoo to {path}"


def _problems_of_imports(folder, names):
    """Yield imports from a test module: whoever imports a class of it runs its tests again."""
    for path in sorted(folder.rglob("*.py")):
        if path.name == "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for name in sorted(_imported(node) & names):
                yield f"{path}:{node.lineno} imports from {name}: what both need belongs in tests/common"


def _imported(node):
    """Return every part of every name that a statement imports."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return set()
    names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
    return {part for name in names for part in name.split(".")}


def _problems_of_tests(items, odoo):
    """Yield tests that only pytest or only Odoo finds, and tests that one of them finds twice."""
    found, modules = Counter(), defaultdict(set)
    for item in items:
        method = getattr(item, "originalname", item.name)
        found[item.module.__name__, getattr(item.cls, "__qualname__", "-"), method] += 1
        if item.cls:
            modules[item.cls.__module__, item.cls.__qualname__, method].add(item.module.__name__)
    for finder, tests, others in (("pytest", found, odoo), ("Odoo", odoo, found)):
        for test, times in sorted(tests.items()):
            if test not in others:
                yield f"only {finder} finds {'.'.join(test)}"
            if times > 1:
                yield f"{finder} finds {'.'.join(test)} {times} times"
    for test, places in sorted(modules.items()):
        if len(places) > 1:
            yield f"{'.'.join(test)} is collected from {', '.join(sorted(places))}"
