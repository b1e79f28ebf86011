"""A pytest plugin that makes the bundles of scripts and styles before the first browser opens, as Odoo's runner does.

Each test undoes what it wrote. Without this every page that a test opens in a browser has its bundles made anew, by
several requests at once, and now and then one of them comes to nothing.
"""

import pytest


@pytest.fixture(scope="session", autouse=True)
def make_bundles(request, load_registry):
    """Make all bundles once, when there is a test that may open a browser."""
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry
    from odoo.tests import HttpCase
    from odoo.tests.common import get_db_name

    if any(item.cls and issubclass(item.cls, HttpCase) for item in request.session.items):
        with Registry(get_db_name()).cursor() as cr:
            Environment(cr, SUPERUSER_ID, {})["ir.qweb"]._pregenerate_assets_bundles()
