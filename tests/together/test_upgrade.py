"""Updating a database that was filled with an older version: what people have stays, and the code finds it."""

import contextlib
import re
from pathlib import Path

import odoo.sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.module import Manifest
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from ..common.databases import database_copy, database_restored, load_registry, run_odoo, run_script

MODULE = "practice_billing"

#: Made with `dev/odoo dump`; the name says at which commit.
DUMPS = sorted((Path(__file__).parent / "data").glob("filled_at_*.sql.xz"))

#: What fills and makes them.
DEV = Path(__file__).resolve().parents[2] / "dev"

#: What changes on purpose: ``{"table.column": why}`` for one that is dropped, renamed or gets other values,
#: ``{"table": why}`` for rows that come or go. What was renamed or moved needs a test of its migration script here.
CHANGES = {
    "account_move.access_token": "Odoo renders a new mail once, with any invoice, whose link has a key from then on",
    "account_payment_method": "direct debit by bank file brings its own",
    "practice_appointment_type.booking_buffer": "it is buffer_before and buffer_after, see assertBuffersKept",
}

#: Tables that tell what the code is, which every update writes, and those that servers tell one another by. Attachments
#: are pictures of menus: people's own are not in the dump.
NOT_DATA = (
    "ir_act",
    "ir_asset",
    "ir_attachment",
    "ir_cron_trigger",
    "ir_model",
    "ir_module",
    "ir_rule",
    "ir_ui_",
    "orm_",
)

#: What Odoo notes on a record that an update brings, such as a new scheduled action.
NOTES = ("mail_message",)

#: Written along when something is written again as it was.
STAMPS = {"write_date", "write_uid"}

#: What the database has that holds our data: columns, rules and indexes.
SCHEMA = """
    SELECT 'column', table_name, column_name, udt_name || ' ' || is_nullable
      FROM information_schema.columns
     WHERE table_schema = 'public' AND (table_name LIKE 'practice\\_%' OR column_name LIKE 'practice\\_%')
     UNION
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE contype != 'n' AND (conrelid::regclass::text LIKE 'practice\\_%' OR conname LIKE '%\\_practice\\_%')
     UNION
    SELECT 'index', tablename, indexname, indexdef
      FROM pg_indexes
     WHERE tablename LIKE 'practice\\_%' OR indexname LIKE '%\\_practice\\_%'
"""
#: PostgreSQL writes the casts and brackets of a rule in another way once it was dumped and restored.
PLAIN = r"regexp_replace(definition, '::(text|character varying)(\[\])?|[()]', '', 'g')"
BALANCES = """
    SELECT company_id, account_id, SUM(balance), SUM(amount_residual), COUNT(*)
      FROM account_move_line WHERE parent_state = 'posted' GROUP BY 1, 2 ORDER BY 1, 2
"""
NAMES = f"SELECT model, name, res_id FROM ir_model_data WHERE module = '{MODULE}'"


@tagged("post_install", "-at_install")
class TestUpgrade(BaseCase):
    """Real databases, a real update in a process of its own. No test looks at the day: crons do not run meanwhile."""

    def test_an_update_changes_no_data_and_leaves_what_a_new_database_has(self):
        self.assertTrue(DUMPS)
        self.changed = set()
        for dump in DUMPS:
            with self.subTest(dump=dump.name), database_restored("upgrade", dump) as self.database:
                self.maxDiff = None
                rows, balances = self.read_all(), self.query(BALANCES)
                self.assertTrue(balances)
                output = run_odoo(self.database, "-u", MODULE)
                self.assertNotRegex(output, "WARNING|ERROR|CRITICAL|Traceback")
                self.assertSameData(rows, self.read_all())
                self.assertEqual(self.query(BALANCES), balances)
                self.assertAsNew()
                self.assertBuffersKept(rows["practice_appointment_type"])
                with self.environment() as env:
                    self.assertBooksProved(env)
                    self.assertValuesKnown(env)
                    self.assertSeatsLinked(env)
                    self.assertRunsFindTheirMethods(env)
        self.assertEqual(CHANGES.keys() - self.changed, set(), "nothing of the kind changes any more")

    def test_the_script_that_fills_a_dump_goes_with_the_code_of_today(self):
        """It is needed once in a long while, so nobody would notice that it does not run any more."""
        with database_copy("filled") as self.database:
            run_script(self.database, (DEV / "fill_for_upgrade.py").read_text(encoding="utf-8"), importable=DEV)
            with self.environment() as env:
                self.assertBooksProved(env)

    # === WHAT THE UPDATE LEFT === #

    def assertSameData(self, before, after):
        """Check that every row is there with the values it had, but for what changes on purpose."""
        named, found = {(model.replace(".", "_"), row_id) for model, _name, row_id in self.query(NAMES)}, {}
        for table, old in before.items():
            for where, what in self.differences(table, old, after.get(table), named):
                found.setdefault(where, []).append(what)
        self.assertEqual({where: what[:5] for where, what in found.items() if where not in CHANGES}, {})
        self.changed |= found.keys()

    @staticmethod
    def differences(table, old, new, named):
        """Yield ``(table or table.column, what is different)``; a new row of the module's own files is none."""
        if new is None:
            yield table, "the table is gone"
            return
        for key in new.keys() - old.keys() if table not in NOTES else ():
            if isinstance(key, int) and (table, key) not in named:
                yield table, f"{key} is new: {new[key]}"
        for key, row in old.items():
            if key not in new:
                yield table, f"{key} is gone: {row}"
                continue
            for column, value in row.items():
                if column not in new[key]:
                    yield f"{table}.{column}", "the column is gone"
                elif new[key][column] != value:
                    yield f"{table}.{column}", f"{key}: {value!r} became {new[key][column]!r}"

    def assertAsNew(self):
        """Check that the database has what one has in which the module was just installed, and nothing else of ours."""
        for what, sql in (
            ("names", f"SELECT model, name FROM ({NAMES}) names"),
            ("schema", f"SELECT what, holder, name, {PLAIN} FROM ({SCHEMA}) parts(what, holder, name, definition)"),
            ("scheduled actions", self.sql_of_runs("model.model, data.name, act.code")),
        ):
            updated, new = set(self.query(sql)), set(self.query(sql, get_db_name()))
            self.assertEqual((new - updated, updated - new), (set(), set()), f"{what}: (missing, left over)")
        [[version]] = self.query(f"SELECT latest_version FROM ir_module_module WHERE name = '{MODULE}'")
        self.assertEqual(version, Manifest.for_addon(MODULE)["version"])

    def assertBuffersKept(self, types):
        """Check that the one buffer of online booking is both before and after the appointments."""
        buffers = {key: (row["booking_buffer"],) * 2 for key, row in types.items() if "booking_buffer" in row}
        kept = self.query("SELECT id, buffer_before, buffer_after FROM practice_appointment_type")
        self.assertEqual(buffers, {key: tuple(both) for key, *both in kept if key in buffers})

    def assertBooksProved(self, env):
        groups = env["practice.credit.proof"]._read_group(
            [], ["company_id", "account_id", "package_id"], ["difference:sum", "balance:sum"]
        )
        self.assertGreater(len(groups), 2)
        self.assertTrue(any(balance for *_key, balance in groups))
        self.assertEqual([group for group in groups if round(group[3], 2)], [])
        self.assertEqual(env["practice.credit.proof"]._get_keys_with_difference(), {}, "customer by customer")
        self.assertFalse(env["practice.credit.proof"].search([("kind", "=", "mismatch")]))
        known = set(env["practice.balance.post"].search([]).account_id)
        self.assertLessEqual({account for _company, account, *_rest in groups}, known)

    def assertValuesKnown(self, env):
        """Check that no row holds a choice that its field does not offer any more: Odoo lets it stand."""
        unknown, count = {}, 0
        for model, field in self.choices(env):
            rows = self.query(f'SELECT DISTINCT "{field.name}" FROM "{model._table}"')
            count += len(rows)
            if left := {value for [value] in rows if value} - set(field.get_values(env)):
                unknown[str(field)] = left
        self.assertGreater(count, 50)
        self.assertEqual(unknown, {})

    def assertSeatsLinked(self, env):
        """Check that each paid seat knows the line that charged it, as one that is billed today does."""
        licences = env["practice.subscription.licence"].search([])
        self.assertTrue(licences)
        for line, of_line in licences.grouped("invoice_line_id").items():
            self.assertEqual(line.practice_period_id, of_line.period_id)
            self.assertEqual({line.practice_date_from}, set(of_line.mapped("date_from")))
            if len(of_line) > 1:
                self.assertEqual(line.price_subtotal, sum(of_line.mapped("price")))
        discounted = licences.filtered(lambda it: it.discount_rate and not it.period_id.is_membership)
        self.assertTrue(all(it.discount_line_id.price_subtotal < 0 for it in discounted))
        notes = env["account.move"].search([("practice_period_id", "!=", False), ("reversed_entry_id", "!=", False)])
        for line in notes.invoice_line_ids.filtered("practice_period_id"):
            self.assertEqual(line.practice_origin_id.move_id, line.move_id.reversed_entry_id)

    def assertRunsFindTheirMethods(self, env):
        """Check that what a scheduled action calls is there: its code stays in a database when a method is renamed."""
        runs = self.query(self.sql_of_runs("model.model, act.code"))
        self.assertTrue(runs)
        for model, code in runs:
            for method in re.findall(r"\bmodel\.(\w+)\(", code) or [f"none in {code}"]:
                self.assertTrue(hasattr(env[model], method), f"{model} has no {method}")

    # === HELPERS === #

    @staticmethod
    def choices(env):
        """Yield the model and the field of each choice of ours that the database keeps."""
        for model in env.values():
            if model._auto and not (model._abstract or model._transient):
                for field in model._fields.values():
                    if field.type == "selection" and field.store and field.column_type and MODULE in field._modules:
                        yield model, field

    @staticmethod
    def sql_of_runs(columns):
        return f"""
            SELECT {columns}
              FROM ir_cron cron
              JOIN ir_act_server act ON act.id = cron.ir_actions_server_id
              JOIN ir_model model ON model.id = act.model_id
              JOIN ir_model_data data ON data.model = 'ir.cron' AND data.res_id = cron.id AND data.module = '{MODULE}'
        """

    def query(self, sql, database=None):
        database = database or self.database
        with contextlib.closing(odoo.sql_db.db_connect(database).cursor()) as cr:
            cr.execute(sql)
            return cr.fetchall()

    def read_all(self):
        """Return ``{table: {key: {column: value}}}`` of all data but that of wizards; a row without id is its key."""
        tables = self.query(
            """SELECT table_name FROM information_schema.tables
                WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
               EXCEPT
               SELECT REPLACE(model, '.', '_') FROM ir_model WHERE transient
               EXCEPT
               SELECT relation_table FROM ir_model_fields JOIN ir_model ON ir_model.id = model_id WHERE transient
               ORDER BY 1"""
        )
        return {table: self.rows_of(table) for [table] in tables if not table.startswith(NOT_DATA)}

    def rows_of(self, table):
        stamps = set() if table.startswith("practice_") else STAMPS
        rows = [row for [row] in self.query(f'SELECT to_jsonb(stored) FROM "{table}" stored')]
        return {
            row.get("id") or tuple(row.items()): {name: value for name, value in row.items() if name not in stamps}
            for row in rows
        }

    @contextlib.contextmanager
    def environment(self):
        registry = load_registry(self.database)
        try:
            with contextlib.closing(registry.cursor()) as cr:
                yield Environment(cr, SUPERUSER_ID, {})
        finally:
            Registry.delete(self.database)
