"""A large database, made small: its books agree, the runs go on with it, and nothing reads a whole table of it."""

import sys
from unittest.mock import patch

from odoo import fields, http
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..common.databases import BENCHMARKS, CopyCase

#: How many times as many rows PostgreSQL is told that there are.
FACTOR = 50


@tagged("post_install", "-at_install")
class TestScale(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(patch.object(sys, "path", [*sys.path, str(BENCHMARKS)]))
        from scale import World

        cls.env = cls.env(user=cls.env.ref("base.user_admin"))
        cls.world = World(cls.env, months=6, patients=6, organisations=5)
        cls.world.fill(2000, 20_000, 6000, 20_000)

    def count(self, name):
        return self.env[name].search_count([])

    def query(self, query, *arguments):
        return self.env.execute_query(SQL(query, *arguments))

    def assertBooksAgree(self):
        self.assertEqual(self.env["practice.credit.proof"]._get_keys_with_difference(), {})

    def test_there_is_as_much_as_was_asked_for(self):
        self.assertGreaterEqual(self.count("practice.subscription"), 2000)
        self.assertGreaterEqual(self.count("practice.credit.move"), 20_000)
        self.assertGreaterEqual(self.count("calendar.event"), 6000)
        self.assertGreaterEqual(len(self.world.heavy.usage_ids), 20_000)

    def test_the_copies_point_to_what_is_there(self):
        """Keys are not checked while the copies are made."""
        keys = self.query(
            """SELECT key.conrelid::regclass::text, attribute.attname, key.confrelid::regclass::text
                 FROM pg_constraint key
                 JOIN pg_attribute attribute
                   ON attribute.attrelid = key.conrelid AND attribute.attnum = key.conkey[1]
                WHERE key.contype = 'f' AND key.conrelid::regclass::text = ANY(%s)""",
            list(self.world.tables),
        )
        self.assertGreater(len(keys), 100)
        for table, column, target in keys:
            missing = self.query(
                """SELECT COUNT(*) FROM %s source
                    WHERE %s IS NOT NULL AND NOT EXISTS (SELECT FROM %s target WHERE target.id = %s)""",
                SQL.identifier(table),
                SQL.identifier("source", column),
                SQL.identifier(target),
                SQL.identifier("source", column),
            )
            self.assertEqual(missing, [(0,)], (table, column))

    def test_the_copies_hold_what_odoo_computes(self):
        for name in ("practice.credit.lot", "practice.subscription.period", "practice.subscription", "calendar.event"):
            records = self.env[name].search([], order="id desc", limit=200)
            stored = [
                field
                for field in records._fields.values()
                if field.compute and field.store and not field.related and not field.inverse and field.readonly
            ]
            with self.subTest(model=name):
                before = {field.name: records.mapped(field.name) for field in stored}
                for field in stored:
                    self.env.add_to_compute(field, records)
                for field in stored:
                    self.assertEqual(records.mapped(field.name), before[field.name], field)
            self.env.cr.rollback()

    def test_the_runs_go_on(self):
        self.assertBooksAgree()
        posts = self.env["practice.balance.post"]
        posts._remember_proved()
        posts.search([])._check()
        self.assertFalse(posts.search([("finding", "!=", False)]).mapped("finding"))
        due = self.env["practice.subscription"].search([], order="next_invoice_date desc", limit=1).next_invoice_date
        with freeze_time(fields.Datetime.to_datetime(due)):
            billed = self.world.subscribers.bill()
            self.assertEqual(len(billed), 200)
            self.assertEqual(len(set(billed.mapped("name"))), 200)
            self.env["calendar.event"]._cron_close_appointments()
            self.assertTrue(self.env["practice.revenue.release"]._next_batch())
            self.env["practice.revenue.release"]._cron_release()
            self.assertFalse(self.env["practice.revenue.release"]._next_batch())
            self.assertBooksAgree()

    def test_nothing_reads_a_whole_table(self):
        """Of every run, list, overview and page: what is asked of PostgreSQL, and how it would answer."""
        from plans import count_rows, explain_doors, get_doors, get_pages, pretend_large

        # The copy is another database than the one that Odoo serves.
        self.enterContext(patch.object(http, "db_filter", lambda databases, host=None: databases))
        staff, people = self.world.make_people()
        env = self.env(user=staff)
        self.addCleanup(self.cr.execute, "ANALYZE")
        pretend_large(env, self.world.tables, FACTOR)
        doors = list(get_doors(env, get_pages(env, people)))
        self.assertLessEqual({"run", "list", "kanban", "overview", "page"}, {door.kind for door in doors})
        self.assertGreater(len(doors), 150)
        found, failed = explain_doors(env, doors, count_rows(env, self.world.tables))
        self.assertEqual(failed, {})
        read = {door.name: queries for door, (queries, _scans) in found.items() if door.kind == "page"}
        self.assertGreater(read["/my/packages"], 10)
        self.assertGreater(read["/my/subscription"], 10)
        for door, (_queries, scans) in found.items():
            for scan, query in scans:
                with self.subTest(door=door.name, table=scan.table):
                    self.fail(f"{door.kind} {door.name} reads all of {scan.table} by {scan.node}:\n{query}")
