"""A pytest plugin that makes Odoo's ``test_lint`` look at this module only.

Odoo runs those tests over every module it finds. Here the lists of modules and models they go through are cut down,
and what some of them only log as a warning fails the test.
"""

import logging
from unittest.mock import patch

import pytest

MODULE = "practice_billing"
LOGGER = "odoo.addons.test_lint"


@pytest.fixture(scope="session", autouse=True)
def only_our_module(load_registry):
    """Cut down the lists of modules, and the registry to the models that our module defines or extends."""
    from odoo.modules import Manifest
    from odoo.orm.registry import Registry

    ours = Manifest.for_addon(MODULE)

    def our_models(registry):
        classes = {name: registry.models[name].mro() for name in registry.models}
        return [
            (name, registry.models[name])
            for name, mro in classes.items()
            if any(getattr(parent, "_module", None) == MODULE for parent in mro)
        ]

    with (
        patch.object(Manifest, "all_addon_manifests", lambda: [ours]),
        patch("odoo.addons.test_lint.tests.test_pofile.get_modules", lambda: [MODULE]),
        patch("odoo.addons.test_lint.tests.test_docstring.MODULES_TO_LINT", (MODULE,)),
        patch.object(Registry, "items", our_models),
    ):
        yield


@pytest.fixture(autouse=True)
def warnings_are_findings(caplog):
    """Fail a test that logged a warning."""
    caplog.set_level(logging.WARNING, LOGGER)
    yield
    found = [record.getMessage() for record in caplog.get_records("call") if record.name.startswith(LOGGER)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)
