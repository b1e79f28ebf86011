"""Names that no other add-on can mean: every add-on lives in the same classes of Odoo."""

import re
from types import FunctionType

from odoo.tests import TransactionCase, tagged

MODULE = "practice_billing"

#: Our own methods; Odoo's prefixes come first where it looks at them. Scheduled actions keep the names that databases
#: hold (their records are not updated).
OWN = re.compile(r"_?practice_|(_compute|_inverse|_search|_onchange|_check|_unlink_if|_gc|action)_.*practice|_cron_")


@tagged("post_install", "-at_install")
class TestNames(TransactionCase):
    def get_own_methods(self, model):
        """Yield the names of the methods that we add to a model of Odoo, and that nobody else defines."""
        classes = self.env.registry[model].mro()
        others = [it for it in classes if getattr(it, "_module", None) != MODULE]
        for cls in classes:
            # A mixin of ours brings methods that are ours by their names anyway.
            if getattr(cls, "_module", None) == MODULE:
                for name, value in vars(cls).items():
                    method = isinstance(value, FunctionType | property) and not name.startswith("__")
                    if method and not any(name in vars(other) for other in others):
                        yield name

    def test_methods_on_models_of_odoo_begin_with_practice(self):
        wrong, seen = [], 0
        for model in self.env.registry:
            if model.startswith(("practice.", "report.practice_billing.")):
                continue
            for name in self.get_own_methods(model):
                seen += 1
                if not OWN.match(name):
                    wrong.append(f"{model}.{name}")
        self.assertGreater(seen, 100)
        self.assertEqual(wrong, [])
