"""A pytest plugin that makes the bundles of scripts and styles before the first browser opens, as Odoo's runner does.

Each test undoes what it wrote, so without this every page that a test opens in a browser has its bundles made anew. And
the processes of pytest-xdist share a folder for files: a bundle that one of them is about to write is refused in the
other, whose browser then waits for it in vain.
"""

import os
from pathlib import Path

import pytest
from provision.process import lock


@pytest.fixture(scope="session", autouse=True)
def make_bundles(request, load_registry):
    """Make all bundles once, when there is a test that may open a browser; one process after the other."""
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry
    from odoo.tests import HttpCase
    from odoo.tests.common import get_db_name
    from odoo.tools import config

    if not any(item.cls and issubclass(item.cls, HttpCase) for item in request.session.items):
        return
    # The database of a process is called after the one that all of them are copies of.
    shared = get_db_name().removesuffix(f"-{os.environ.get('PYTEST_XDIST_WORKER')}")
    turn = lock(Path(config["data_dir"], f"{shared}.bundles"), "scripts and styles")
    with turn, Registry(get_db_name()).cursor() as cr:
        Environment(cr, SUPERUSER_ID, {})["ir.qweb"]._pregenerate_assets_bundles()
