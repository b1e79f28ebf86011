"""What says that it only reads works in a transaction in which nothing can be written: on a replica, for instance.

The pages that say so are asked in ``tests/portal/test_portal_routes.py``.
"""

from psycopg2.errors import ReadOnlySqlTransaction

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..common.subscriptions import SubscriptionCase

#: The arguments of each method of ours that says that it only reads.
ARGUMENTS = {
    ("calendar.event", "practice_get_board"): lambda test: [str(test.today()), str(test.today())],
    ("res.partner", "name_search"): lambda test: [test.patient.name],
    ("practice.subscription", "access"): lambda test: [test.subscription.id],
    ("practice.subscription.overview", "get_cards"): lambda test: [],
    ("practice.subscription.overview", "get_revenue"): lambda test: [],
}


@tagged("post_install", "-at_install")
class TestReadOnly(SubscriptionCase):
    def find_methods(self):
        """Return ``{(model, method)}`` of ours that say that they only read."""
        return {
            (name, method)
            for name, model in self.env.registry.items()
            for cls in model.__mro__
            if cls.__module__.startswith("odoo.addons.practice_billing.")
            for method, function in vars(cls).items()
            if getattr(function, "_readonly", False)
        }

    def test_methods_that_only_read_write_nothing(self):
        self.subscription = self.subscribe(self.starter)
        self.give(self.patient)
        self.plan()
        self.env.flush_all()
        self.assertEqual(self.find_methods(), ARGUMENTS.keys())
        for (model, method), arguments in ARGUMENTS.items():
            with self.subTest(model=model, method=method), self.env.cr.savepoint():
                self.env.cr.execute(SQL("SET TRANSACTION READ ONLY"))
                self.env.invalidate_all()
                getattr(self.env[model], method)(*arguments(self))
                self.env.flush_all()
                with self.assertRaises(ReadOnlySqlTransaction), mute_logger("odoo.sql_db"):
                    self.patient._practice_take_booking_turn()
