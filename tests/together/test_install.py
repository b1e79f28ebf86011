"""Installing, updating and removing the module, alone and beside others: real databases, real processes."""

# Other processes see only what is committed; pylint: disable=invalid-commit
import contextlib
from datetime import timedelta

import pytest
from freezegun import freeze_time

import odoo.sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, Form, tagged

from odoo.addons.practice_billing.tools.slots import week_of

from ..common.booking import BookingMixin
from ..common.databases import database_copy, load_registry, run_odoo, run_script
from ..common.demo import find_empty_menus, find_empty_models, find_idle_buttons
from ..common.practice import dose

MODULE = "practice_billing"

#: Moments at which months are short, years turn, or Brussels has another day than UTC.
AWKWARD_MOMENTS = (
    "2028-02-29 23:30:00",
    "2027-01-31 09:00:00",
    "2027-03-01 00:10:00",
    "2027-03-31 12:00:00",
    "2027-12-31 23:30:00",
)


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

            class Practice(BookingMixin):
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

    def remove(self, module=MODULE):
        """Uninstall a module as a person does, in a process of its own."""
        output = run_script(
            self.database,
            f"""env["ir.module.module"].search([
            ("name", "=", "{module}")]).button_immediate_uninstall()
        """,
        )
        self.assertNotIn("Traceback", output)


@tagged("post_install", "-at_install")
class TestWithoutSms(InstallCase):
    """Odoo installs its SMS by itself with nearly everything, so that it has to be removed to see how it is without."""

    def test_what_went_by_sms_stays_and_what_waits_says_why_it_is_not_sent(self):
        with self.practice() as practice:
            practice.patient.phone = "0470 12 34 56"
            practice.type.write({"sms_reminder_hours": "24", "sms_without_email": True, "reminder_hours": False})
            practice.give(practice.patient, credits=5)
            events = practice.plan(start=practice.at(hours=20)) | practice.plan(start=practice.at(hours=22))
            events._practice_remind(24, ("sms",))
            events[0].practice_notice_ids._send()
            self.assertTrue(events[0].practice_notice_ids.notification_id)
        self.remove("sms")
        with self.environment() as env:
            events = events.with_env(env)
            appointment_type = events.practice_appointment_type_id
            sent, waiting = events[0].practice_notice_ids, events[1].practice_notice_ids
            self.assertEqual((sent.status, sent.notification_id.id), ("sent", False))
            waiting._send()
            self.assertEqual((waiting.state, waiting.reason), ("skipped", "no_sms"))
            self.assertFalse(events.patient_id._practice_get_sms_recipients(env.company))
            self.assertEqual(events[1]._practice_get_ways(events.patient_id), [(events.patient_id, "email")])
            self.assertEqual(appointment_type._get_reminders(), [])
            form = Form(appointment_type)
            for name, value in (("sms_reminder_hours", "2"), ("sms_without_email", False)):
                with self.assertRaisesRegex(AssertionError, "invisible"):
                    form[name] = value
            with self.assertRaisesRegex(UserError, "Install Odoo's SMS first"):
                appointment_type.action_open_sms_templates()


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
        bare = self.database
        for moment in dose(AWKWARD_MOMENTS[:1], AWKWARD_MOMENTS):
            with self.subTest(moment=moment), database_copy("demo", bare) as self.database:
                self.install_demo(moment)
                event = f"SELECT practice_appointment_type_id FROM calendar_event WHERE id = {kept['event']}"
                self.assertEqual(self.rows(event), [(None,)])
                self.assertDemoPracticeWorks()
                self.assertDemoShowsEverything(moment)
                self.assertNightlyRunsFindNothing(moment)

    def run_at(self, moment, script):
        """Run a script as if it were ``moment`` (UTC); it may not complain."""
        lines = "".join(f"    {line.strip()}\n" for line in script.strip().splitlines())
        # Odoo asks PostgreSQL when a record is created, whose clock goes on.
        frozen = f"""from odoo import fields
from unittest.mock import patch
from freezegun import freeze_time
with freeze_time({moment!r}, tick=True), patch("odoo.sql_db.Cursor.now", lambda cursor: fields.Datetime.now()):
"""
        output = run_script(self.database, frozen + lines)
        self.assertNotRegex(output, "Traceback|ERROR|WARNING")

    def install_demo(self, moment):
        self.run_at(moment, f"env['ir.module.module'].search([('name', '=', '{MODULE}')]).button_immediate_install()")

    def assertDemoPracticeWorks(self):
        """Check that the demo practice shows what there is, and that its books agree."""
        with self.environment() as env:
            company = env.ref("practice_billing.company_de_linde")
            subscriptions = env["practice.subscription"].search([("company_id", "=", company.id)])
            states = dict(subscriptions._fields["state"].selection)
            self.assertEqual(set(subscriptions.mapped("state")), set(states))
            failed = subscriptions.filtered("error")
            self.assertEqual((len(failed), len(failed.activity_ids)), (1, 1))
            periods = subscriptions.period_ids
            self.assertEqual(set(periods.mapped("kind")), {"regular", "change", "extras"})
            self.assertEqual(set(periods.mapped("state")), {"billed"})
            for period in periods.filtered(lambda it: it.kind == "regular"):
                self.assertEqual(period.move_id.invoice_date, period.date_from)
            for plan in ("starter", "standard", "blended"):
                of_plan = periods.filtered(lambda it, plan=plan: it.plan_id == env.ref(f"practice_billing.plan_{plan}"))
                self.assertGreater(len(of_plan), 3, plan)
            self.assertTrue(periods.licence_ids.filtered(lambda it: it.kind == "student"))
            self.assertTrue(periods.redemption_id)
            sent = env["account.move"].search(
                [("company_id", "=", company.id), ("state", "=", "posted"), ("move_type", "like", "out_")]
            )
            self.assertFalse(sent.filtered(lambda move: move.sending_data or not move.is_move_sent))

            types = env["practice.appointment.type"].search(
                [("online_booking", "=", True), ("company_id", "=", company.id)]
            )
            self.assertEqual(len(types), 4)
            # The class is full, and two wait for a place in it.
            full = types.filtered(lambda it: it.places > 1)
            self.assertEqual((full.waiting_list, full.waiting_count), (True, 2))
            for appointment_type in types - full:
                free = appointment_type._get_free_times(
                    appointment_type.practitioner_ids, env.ref("practice_billing.patient_an")
                )
                self.assertTrue(all(free.values()), appointment_type.name)

            self.assertGreater(len(env["practice.package"].search([("company_id", "=", company.id)])), 1)
            self.assertEqual(env["practice.credit.proof"]._get_keys_with_difference(), {})
            account = env.ref("practice_billing.account_deferred_subscriptions")
            items = env["account.move.line"].search([("account_id", "=", account.id), ("parent_state", "=", "posted")])
            releases = env["practice.revenue.release"].search([("period_id", "in", periods.ids), ("state", "=", "due")])
            self.assertEqual(
                company.currency_id.compare_amounts(-sum(items.mapped("balance")), sum(releases.mapped("amount"))), 0
            )

    def assertDemoShowsEverything(self, moment):
        """Check that no menu, list, report or counting button that somebody looks at in the demo is empty."""
        with freeze_time(moment, tick=True), self.environment() as env:
            company = env.ref("practice_billing.company_de_linde")
            for login in ("admin", "frontdesk", "accountant"):
                self.assertFalse(find_empty_menus(env, login, company), login)
            self.assertFalse(find_empty_models(env))
            self.assertFalse(find_idle_buttons(env, company))
            env.cr.rollback()

    def assertNightlyRunsFindNothing(self, moment):
        """Check that the runs of the first night change no subscription, make no invoice and send no mail."""
        facts = (
            "SELECT id, state, error, next_invoice_date FROM practice_subscription ORDER BY id",
            "SELECT COUNT(*) FROM account_move WHERE practice_subscription_id IS NOT NULL",
            "SELECT COUNT(*) FROM mail_mail",
        )
        before = [self.rows(fact) for fact in facts]
        ours = (
            "SELECT message.model FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id"
            " WHERE mail.state = 'outgoing' AND message.model LIKE 'practice.%'"
        )
        self.assertFalse(self.rows(ours))
        runs = self.rows(f"SELECT name FROM ir_model_data WHERE module = '{MODULE}' AND model = 'ir.cron' ORDER BY id")
        names = [f"{MODULE}.{name}" for [name] in runs if name != "ir_cron_demo_print"]
        names.append("account.ir_cron_account_move_send")
        self.run_at(moment, "\n".join(f"env.ref('{name}').method_direct_trigger()" for name in names))
        self.assertEqual([self.rows(fact) for fact in facts], before)

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
        self.assertEqual(self.rows("SELECT proname FROM pg_proc WHERE proname LIKE 'practice%'"), [])
        self.assertEqual(self.rows("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"), [])

    def test_sales_and_personnel_that_are_installed_later_work_beside_it(self):
        output = run_odoo(self.database, "-i", "sale,hr")
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
            line = invoice.invoice_line_ids
            self.assertEqual((line.account_id, line.practice_patient_id), (practice.liability, practice.patient))
            practice.pay(invoice)
            lot = practice.lot_of(invoice)
            self.assertEqual((lot.state, lot.credits_available, lot.value_open), ("active", 20, 2400.0))
            event = practice.plan(start=practice.at(days=-1))
            event.attendance = "attended"
            practice.release()
            self.assertEqual(practice.balance(practice.income), -120.0)
            self.assertEqual(practice.lot_problems(), [])
            self.assertFreeTimesFollowTheEmployee(practice)

    def assertFreeTimesFollowTheEmployee(self, practice):
        """Check that a practitioner who is an employee can be booked in his hours, while he has a contract."""
        env, user = practice.env, practice.make_practitioner("employee")
        hours = practice.make_calendar(hours=[(18, 20)])
        employee = env["hr.employee"].create(
            {"name": user.name, "user_id": user.id, "resource_calendar_id": hours.id, "company_id": practice.company.id}
        )
        self.assertEqual({f"{start:%M}" for start in practice.free(user)}, {"00", "30"})
        monday = week_of(practice.today() + timedelta(days=14))[0]
        self.assertEqual(practice.free_on(monday, user), ["18:00", "18:30", "19:00"])
        end = monday - timedelta(days=1)
        employee.version_id.write({"contract_date_start": practice.today(), "contract_date_end": end})
        self.assertEqual(practice.free_on(end, user), ["18:00", "18:30", "19:00"])
        self.assertEqual(practice.free_on(monday, user), [])
