"""A pytest plugin that runs of Odoo's tests what Odoo's own runner runs by default: classes tagged ``standard``.

The others are for one occasion (measuring, a machine on the internet, all modules), and would only make noise.
"""


def pytest_collection_modifyitems(config, items):
    """Leave out what is no test of a class, or is not tagged ``standard``."""
    left_out = [item for item in items if not item.cls or "standard" not in getattr(item.cls, "test_tags", ())]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
