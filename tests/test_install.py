"""Installing, updating and removing the module, alone and beside others: real databases, real processes."""

# Other processes see only what is committed; pylint: disable=invalid-commit
import contextlib

import pytest

import odoo.sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged

from .common import PracticeMixin
from .databases import database_copy, load_registry, run_odoo, run_script

MODULE = "practice_billing"


class InstallCase(BaseCase):
    """A test with a copy of the database for each test, and Odoo processes that work on it."""

    def setUp(self):
        super().setUp()
        self.database = self.enterContext(database_copy("install"))

    @contextlib.contextmanager
    def environment(self):
        """Yield an environment of the database, committed at the end and forgotten: other processes change it too."""
        registry = load_registry(self.database)
        try:
            with contextlib.closing(registry.cursor()) as cr:
                yield Environment(cr, SUPERUSER_ID, {"no_mail_to_attendees": True})
                cr.commit()
        finally:
            Registry.delete(self.database)
            odoo.sql_db.close_db(self.database)

    @contextlib.contextmanager
    def practice(self):
        """Yield a practice with its helpers in the database."""
        with self.environment() as env:

            class Practice(PracticeMixin):
                now = None

            Practice.env = env
            Practice.setup_practice()
            yield Practice()

    def rows(self, sql):
        with contextlib.closing(odoo.sql_db.db_connect(self.database).cursor()) as cr:
            cr.execute(sql)
            rows = cr.fetchall()
        odoo.sql_db.close_db(self.database)
        return rows

    def fill(self):
        """Sell, pay, plan, attend, miss and release; return the ids of what has to survive."""
        with self.practice() as practice:
            invoice = practice.invoice()
            practice.pay(invoice)
            done, missed = practice.plan(start=practice.at(days=-2)), practice.plan(start=practice.at(days=-1))
            done.attendance, missed.attendance = "attended", "no_show"
            practice.plan_series(3)
            practice.release()
            self.assertEqual(practice.lot_problems(), [])
            return {"invoice": invoice.id, "event": done.id}

    def remove(self):
        """Uninstall the module as a person does, in a process of its own."""
        output = run_script(
            self.database,
            f"""env["ir.module.module"].search([
            ("name", "=", "{MODULE}")]).button_immediate_uninstall()
        """,
        )
        self.assertNotIn("Traceback", output)


@tagged("post_install", "-at_install", "slow")
@pytest.mark.slow
class TestInstall(InstallCase):
    def snapshot(self):
        """Return everything the practice knows, as the database has it."""
        tables = {
            "practice_credit_lot": "id, state, credits_available, credits_reserved, credits_used, credits_lost, "
            "value_open, activation_date, expiry_date",
            "practice_credit_move": "id, kind, credits, value, date",
            "practice_revenue_release": "id, state, amount, move_id",
            "practice_package": "id, internal_rate, deferred_account_id, income_account_id",
            "calendar_event": "id, attendance, credit_state, practice_credits, active",
            "account_move_line": "id, account_id, balance, practice_package_id, practice_patient_id",
            "product_template": "id, package_id, package_credits",
        }
        return {table: self.rows(f"SELECT {columns} FROM {table} ORDER BY id") for table, columns in tables.items()}

    def test_an_update_of_a_filled_database_changes_nothing(self):
        self.fill()
        before = self.snapshot()
        output = run_odoo(self.database, "-u", MODULE)
        self.assertEqual(self.snapshot(), before)
        self.assertNotIn("ERROR", output)

    def test_it_is_removed_without_a_trace_and_can_be_installed_again_with_demo_data(self):
        kept = self.fill()
        self.remove()
        self.assertNothingLeft()
        self.assertEqual(self.rows(f"SELECT id FROM calendar_event WHERE id = {kept['event']}"), [(kept["event"],)])
        invoice = f"SELECT state, payment_state FROM account_move WHERE id = {kept['invoice']}"
        self.assertIn(self.rows(invoice)[0], [("posted", "paid"), ("posted", "in_payment")])
        run_script(self.database, "env.cr.execute('UPDATE ir_module_module SET demo = TRUE'); env.cr.commit()")
        output = run_odoo(self.database, "-i", MODULE)
        self.assertNotIn("ERROR", output)
        [(packages,)] = self.rows("SELECT COUNT(*) FROM practice_package")
        self.assertGreater(packages, 1)
        self.assertEqual(
            self.rows(f"SELECT practice_appointment_type_id FROM calendar_event WHERE id = {kept['event']}"), [(None,)]
        )

    def assertNothingLeft(self):
        """Check that no table, column, menu, action, view, job or right of the module is left."""
        columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        own = {
            "calendar_event": "attendance patient_id credit_waived credit_state credit_error credit_retry_date",
            "product_template": "package_id package_credits",
        }
        self.assertEqual(
            self.rows(f"{columns} AND (table_name LIKE 'practice%' OR column_name LIKE 'practice\\_%')"), []
        )
        for table, names in own.items():
            names = tuple(names.split())
            self.assertEqual(self.rows(f"{columns} AND table_name = '{table}' AND column_name IN {names}"), [])
        for table in (
            "ir_ui_menu",
            "ir_act_window",
            "ir_ui_view",
            "ir_cron",
            "res_groups",
            "ir_rule",
            "ir_model_access",
        ):
            with self.subTest(table=table):
                names = (
                    f"SELECT name FROM ir_model_data WHERE module = '{MODULE}' AND res_id IN (SELECT id FROM {table})"
                )
                self.assertEqual(self.rows(names), [])
        self.assertEqual(self.rows("SELECT model FROM ir_model WHERE model LIKE 'practice.%'"), [])

    def test_beside_sales_shop_and_personnel_a_sale_order_sells_credits(self):
        output = run_odoo(self.database, "-i", "sale_management,website_sale,hr")
        self.assertNotIn("ERROR", output)
        with self.practice() as practice:
            order = practice.env["sale.order"].create(
                {
                    "partner_id": practice.patient.id,
                    "order_line": [Command.create({"product_id": practice.product.id, "product_uom_qty": 2})],
                }
            )
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.journal_id = practice.sales
            invoice.action_post()
            self.assertEqual(invoice.invoice_line_ids.account_id, practice.liability)
            practice.pay(invoice)
            lot = practice.lot_of(invoice)
            self.assertEqual((lot.state, lot.credits_available, lot.value_open), ("active", 20, 2400.0))
            event = practice.plan(start=practice.at(days=-1))
            event.attendance = "attended"
            practice.release()
            self.assertEqual(practice.balance(practice.income), -120.0)
            self.assertEqual(practice.lot_problems(), [])
