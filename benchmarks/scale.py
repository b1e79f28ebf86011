"""A large database in minutes: an example of everything through the doors that people use, multiplied by PostgreSQL.

Three years of a practice and of a software house are lived through once, small, with the clock set back: packages
sold, paid, planned, visited and released; subscriptions begun, billed, paid and used. Every row that came of it, in
whatever table, is an example. :class:`Example` copies all of them as often as is asked for, each copy with ids, names
and numbers of its own. Nothing here lists columns, so that a new one is filled without a change.
"""

import math
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from practice import Practice
from subscribers import Subscribers

from odoo.fields import Command
from odoo.tools import SQL

#: In texts of an example: the number of the copy follows.
MARK = "-x"

#: Conversations, jobs and the like: what is measured never reads them, and no figure follows from them.
LEFT_OUT = ("bus_", "ir_", "mail_", "discuss_", "base_", "res_users_log", "res_device", "auth_")

#: Rows from which it is faster to make the indexes of a table anew.
MANY = 20_000

#: Columns that name a document: table, column that points to it, columns that hold its number.
NUMBERED = {
    "account_move": ("id", ("name", "payment_reference")),
    "account_move_line": ("move_id", ("name", "move_name")),
    "practice_credit_lot": ("invoice_id", ("reference",)),
}

#: Visits of a patient that are planned as appointments; of ten credits the others are used without one.
PLANNED = (6, 6, 7)

#: Every so many subscriptions one is billed by the month, the others by the year.
MONTHLY = 5

#: Rows of usage in the example.
USAGES = 1000


class Example:
    """The rows that are added while it is watched, and copies of them."""

    def __init__(self, env):
        self.env = env
        self.cr = env.cr
        self.ranges = {}

    @contextmanager
    def watch(self):
        """Find the rows that are added meanwhile: those whose ids are higher than all before."""
        before = self._get_highest_ids()
        yield
        self.env.flush_all()
        after = self._get_highest_ids()
        self.ranges = {
            table: (before[table], last)
            for table, last in after.items()
            if last > before[table] and not table.startswith(LEFT_OUT)
        }

    def _query(self, query, *arguments):
        self.cr.execute(SQL(query, *arguments) if arguments else query)
        return self.cr.fetchall()

    def _get_highest_ids(self):
        tables = self._query(
            """SELECT class.relname FROM pg_class class
                 JOIN pg_attribute attribute ON attribute.attrelid = class.oid AND attribute.attname = 'id'
                WHERE class.relkind = 'r' AND class.relnamespace = 'public'::regnamespace"""
        )
        union = SQL(" UNION ALL ").join(
            SQL("SELECT %s, (SELECT COALESCE(MAX(id), 0) FROM %s)", table, SQL.identifier(table)) for [table] in tables
        )
        return dict(self.env.execute_query(union))

    # === COPIES === #

    def multiply(self, count):
        """Add ``count`` copies of the rows, in the order of their ids: a row, its copies, the next row."""
        if count < 1:
            return
        self._number_documents(count)
        tables = self.get_tables()
        with self._without_checks([table for table in tables if self._count(table) * count > MANY]):
            for table in tables:
                self._copy(table, count)
        for table in self.ranges:
            self._query(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT MAX(id) FROM %s))",
                table,
                SQL.identifier(table),
            )
        self.env.invalidate_all()

    def get_tables(self):
        """Return the tables that have examples."""
        return [*self.ranges, *self._get_relations()]

    def _get_relations(self):
        """Return the tables without ids that point to a table with examples: those of many2many fields."""
        found = self._query(
            """SELECT DISTINCT key.conrelid::regclass::text FROM pg_constraint key
                WHERE key.contype = 'f' AND key.confrelid::regclass::text = ANY(%s) AND NOT EXISTS (
                      SELECT FROM pg_attribute WHERE attrelid = key.conrelid AND attname = 'id')""",
            list(self.ranges),
        )
        return [table for [table] in found if not table.startswith(LEFT_OUT)]

    def _is_example(self, table):
        """Return the condition on ``example`` that holds for the rows of the example."""
        if table in self.ranges:
            low, high = self.ranges[table]
            return SQL("example.id > %s AND example.id <= %s", low, high)
        return SQL(" OR ").join(
            SQL("(example.%s > %s AND example.%s <= %s)", SQL.identifier(column), low, SQL.identifier(column), high)
            for column, target in self._get_keys(table).items()
            if target in self.ranges
            for low, high in [self.ranges[target]]
        )

    def _get_keys(self, table):
        """Return ``{column: table that it points to}``."""
        return dict(
            self._query(
                """SELECT attribute.attname, key.confrelid::regclass::text FROM pg_constraint key
                     JOIN pg_attribute attribute
                       ON attribute.attrelid = key.conrelid AND attribute.attnum = key.conkey[1]
                    WHERE key.contype = 'f' AND key.conrelid = %s::regclass""",
                table,
            )
        )

    def _count(self, table):
        [[count]] = self._query(
            "SELECT COUNT(*) FROM %s example WHERE %s", SQL.identifier(table), self._is_example(table)
        )
        return count

    def _copy(self, table, count):
        keys, unique = self._get_keys(table), self._get_unique_texts(table)
        columns = self._query(
            """SELECT column_name, data_type IN ('character varying', 'text') FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position""",
            table,
        )
        marked = self._get_marked(table, [column for column, is_text in columns if is_text])
        values = []
        for column, is_text in columns:
            value = SQL("example.%s", SQL.identifier(column))
            if column == "id":
                value = self._shift(value, table, count)
            elif keys.get(column) in self.ranges:
                value = self._shift(value, keys[column], count)
            elif special := self._get_special(table, column, value):
                value = special
            elif column == "access_token":
                value = SQL("CASE WHEN %s IS NOT NULL THEN gen_random_uuid()::text END", value)
            elif column in marked:
                value = SQL("replace(%s, %s, %s || copy)", value, f"{MARK}0", MARK)
            elif is_text and column in unique:
                value = SQL("%s || %s || copy", value, MARK)
            values.append(value)
        link, _columns = NUMBERED.get(table, (None, ()))
        self.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s (%(columns)s)
                SELECT %(values)s
                  FROM (SELECT * FROM %(table)s example WHERE %(mine)s ORDER BY %(order)s) example
             LEFT JOIN example_number number ON number.move_id = %(link)s
            CROSS JOIN LATERAL (SELECT generate_series(1, %(count)s) AS copy OFFSET 0) copies
                """,
                table=SQL.identifier(table),
                columns=SQL(", ").join(SQL.identifier(column) for column, _is_text in columns),
                values=SQL(", ").join(values),
                mine=self._is_example(table),
                order=SQL("id") if table in self.ranges else SQL("1"),
                link=SQL.identifier("example", link) if link else SQL("NULL"),
                count=count,
            )
        )

    def _shift(self, value, table, count):
        """Return the id of a copy: after all examples, those of the first row before those of the second."""
        low, high = self.ranges[table]
        shifted = SQL("%s + (%s - %s) * %s + copy", high, value, low + 1, count)
        return SQL("CASE WHEN %s > %s AND %s <= %s THEN %s ELSE %s END", value, low, value, high, shifted, value)

    def _get_special(self, table, column, value):
        """Return the value of a column that says the same as another one in its own way."""
        if column in NUMBERED.get(table, (None, ()))[1]:
            return SQL("replace(%s, number.old, number.prefix || to_char(number.base + copy, number.digits))", value)
        if (table, column) == ("account_move", "sequence_number"):
            return SQL("COALESCE(number.base + copy, %s)", value)
        if (table, column) == ("account_move_line", "matching_number") and "account_full_reconcile" in self.ranges:
            matched = self._shift(SQL("example.full_reconcile_id"), "account_full_reconcile", self.copies)
            return SQL("CASE WHEN example.full_reconcile_id IS NULL THEN %s ELSE (%s)::text END", value, matched)
        return None

    def _get_marked(self, table, texts):
        """Return the columns in which an example has its mark."""
        if not texts:
            return set()
        found = SQL(", ").join(
            SQL("bool_or(%s LIKE %s)", SQL.identifier("example", text), f"%{MARK}0%") for text in texts
        )
        [row] = self._query("SELECT %s FROM %s example WHERE %s", found, SQL.identifier(table), self._is_example(table))
        return {text for text, is_marked in zip(texts, row, strict=True) if is_marked}

    def _get_unique_texts(self, table):
        """Return the columns of a table that are a part of a unique index."""
        return {
            column
            for [column] in self._query(
                """SELECT attribute.attname FROM pg_index index
                     JOIN pg_attribute attribute ON attribute.attrelid = index.indrelid
                                                AND attribute.attnum = ANY(index.indkey)
                    WHERE index.indisunique AND index.indrelid = %s::regclass""",
                table,
            )
        }

    def _number_documents(self, count):
        """Give the copies of journal entries the numbers that follow in their series, in the order of the examples."""
        self.copies = count
        low, high = self.ranges.get("account_move", (0, 0))
        self.cr.execute("DROP TABLE IF EXISTS example_number")
        self.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE example_number AS
                SELECT move.id AS move_id, move.name AS old, move.sequence_prefix AS prefix,
                       'FM999999' || repeat('0', length(move.name) - length(move.sequence_prefix)) AS digits,
                       last.number + (ROW_NUMBER() OVER (
                           PARTITION BY move.journal_id, move.sequence_prefix ORDER BY move.sequence_number
                       ) - 1) * %s AS base
                  FROM account_move move
                  JOIN (SELECT journal_id, sequence_prefix, MAX(sequence_number) AS number
                          FROM account_move GROUP BY 1, 2) last
                    ON (last.journal_id, last.sequence_prefix) = (move.journal_id, move.sequence_prefix)
                 WHERE move.id > %s AND move.id <= %s AND move.name IS NOT NULL AND move.name <> '/'
                """,
                count,
                low,
                high,
            )
        )

    @contextmanager
    def _without_checks(self, tables):
        """Let rows come without keys checked one by one, and make the indexes of large tables afterwards."""
        indexes = self._query(
            """SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid),
                      obj_description(index.indexrelid)
                 FROM pg_index index
                WHERE index.indrelid::regclass::text = ANY(%s) AND NOT EXISTS (
                      SELECT FROM pg_constraint WHERE conindid = index.indexrelid)""",
            tables,
        )
        self.cr.execute("SET LOCAL session_replication_role = replica")
        self.cr.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for name, _definition, _comment in indexes:
            self.cr.execute(f"DROP INDEX {name}")
        yield
        for name, definition, comment in indexes:
            self.cr.execute(definition)
            if comment:  # by which Odoo knows whether it is still as the code says
                self.cr.execute(SQL("COMMENT ON INDEX %s IS %s", SQL.identifier(name), comment))
        self.cr.execute("SET LOCAL session_replication_role = origin")


class World:
    """A practice and a software house that are some months old, made of ``patients`` and ``organisations``.

    The later ones came later, evenly over the months. What is made is committed.
    """

    def __init__(self, env, months=36, patients=36, organisations=20):
        self.months, self.patients, self.organisations = months, patients, organisations
        quiet = {
            "tracking_disable": True,
            "mail_create_nolog": True,
            "mail_create_nosubscribe": True,
            "mail_notrack": True,
            "no_mail_to_attendees": True,
            "dont_notify": True,
            "no_reset_password": True,
        }
        self.env = env = env(context={**env.context, **quiet})
        self.practice = Practice(env)
        #: The tables that it fills.
        self.tables = set()
        self.subscribers = Subscribers(env)
        self.bank = env["account.journal"].search([("type", "=", "bank")], limit=1)
        self.begin = datetime.now().replace(day=3, hour=9, minute=0, second=0, microsecond=0) - relativedelta(
            months=months - 1
        )

    def fill(self, subscriptions, movements, appointments, usages):
        """Fill the database with at least so many of each; return ``{what: seconds}``."""
        seconds = {}
        for name, work in (
            ("subscriptions", lambda: self._fill_subscriptions(subscriptions)),
            ("practice", lambda: self._fill_practice(movements, appointments)),
            ("usage", lambda: self._fill_usage(usages)),
            ("statistics", lambda: vacuum(self.env)),
        ):
            started = time.perf_counter()
            work()
            self.env.flush_all()
            self.env.cr.commit()
            seconds[name] = time.perf_counter() - started
        return seconds

    # === SUBSCRIPTIONS === #

    def _fill_subscriptions(self, count):
        self._multiply(self._live_subscriptions, lambda: math.ceil(count / self.organisations))

    def _multiply(self, live, count):
        """Let ``live`` make an example, and the rest of ``count()`` as its copies."""
        example = Example(self.env)
        with example.watch():
            live()
        example.multiply(count() - 1)
        self.tables.update(example.get_tables())

    def _live_subscriptions(self):
        """Let organisations subscribe one after the other, by the month or the year, bill them and have them pay."""
        started = 0
        for month in range(self.months):
            with freeze_time(self.begin + relativedelta(months=month)):
                soon = math.ceil((month + 1) * self.organisations / self.months)
                new = self.subscribers.subscribe(soon - started, first=started, mark=f"{MARK}0")
                for number, subscription in enumerate(new, started):
                    subscription.interval = "year" if number % MONTHLY else "month"
                started = soon
                invoices = self.env["account.move"]
                while batch := self.subscribers.bill():
                    invoices += batch
                self._settle(invoices)
                self._use(self.env["practice.subscription"].search([("period_id.move_ids", "in", invoices.ids)]))
                self._release()

    def _use(self, subscriptions):
        """Record what is used of each subscription after its invoice, for the next one."""
        self.env["practice.subscription.usage"].create(
            [
                {
                    "subscription_id": it.id,
                    "kind_id": self.subscribers.kind.id,
                    "quantity": 1.0,
                    "reference": f"file {it.next_number} {n}",
                }
                for it in subscriptions
                for n in range(3)
            ]
        )

    def _fill_usage(self, count):
        """Give one subscription all of its usage."""
        self.heavy = self.env["practice.subscription"].search([("interval", "=", "month")], order="id", limit=1)
        self._multiply(lambda: self._record(min(count, USAGES)), lambda: math.ceil(count / USAGES))

    def _record(self, count):
        self.env["practice.subscription.usage"].create(
            [
                {
                    "subscription_id": self.heavy.id,
                    "kind_id": self.subscribers.kind.id,
                    "quantity": 1.0,
                    "reference": f"row {number}",
                }
                for number in range(count)
            ]
        )

    # === PEOPLE === #

    def make_people(self):
        """Return somebody of the practice who may see everything, and people of the portal: a patient, a payer."""
        users, ref = self.env["res.users"], self.env.ref
        groups = ref("practice_billing.group_manager") | ref("practice_billing.group_accountant")
        staff = users.create({"name": "Staff", "login": "staff", "group_ids": [Command.set(groups.ids)]})
        patient = self.env["practice.credit.lot"].search([("origin", "=", "invoice")], order="id", limit=1).partner_id
        subscriptions = self.env["practice.subscription"]
        ordinary = subscriptions.search([("id", "!=", self.heavy.id), ("state", "=", "active")], order="id", limit=1)
        seat = ordinary.seat_ids[:1].practitioner_id
        seat.email = "payer@example.com"
        ordinary.organisation_id.practice_administrator_ids = seat
        people = [
            users.create(
                {
                    "login": partner.email,
                    "partner_id": partner.id,
                    "group_ids": [Command.set(ref("base.group_portal").ids)],
                    "tz": "Europe/Brussels",
                }
            )
            for partner in (patient, seat)
        ]
        self.env.cr.commit()
        return staff, people

    # === PRACTICE === #

    def _fill_practice(self, movements, appointments):
        counted = {"practice.credit.move": movements, "calendar.event": appointments}
        before = {name: self.env[name].search_count([]) for name in counted}
        self._multiply(
            self._live_practice,
            lambda: max(
                math.ceil(wanted / (self.env[name].search_count([]) - before[name])) for name, wanted in counted.items()
            ),
        )

    def _live_practice(self):
        """Let patients buy ten sessions one after the other, come every week, and some of their visits be planned."""
        self.practitioner = self.env["res.users"].create(
            {
                "name": f"Practitioner {MARK}0",
                "login": f"practitioner{MARK}0",
                "tz": "Europe/Brussels",
                "group_ids": [Command.set(self.env.ref("practice_billing.group_user").ids)],
            }
        )
        patients = self.practice.patients(self.patients, mark=f"{MARK}0")
        earlier = self.env["practice.credit.lot"]
        for month in range(self.months):
            now = self.begin + relativedelta(months=month)
            with freeze_time(now):
                self.env["calendar.event"]._cron_close_appointments()
                coming = patients[
                    math.ceil(month * self.patients / self.months) : math.ceil(
                        (month + 1) * self.patients / self.months
                    )
                ]
                lots = self._sell(coming)
                self._plan(lots, now)
                self._visit(lots | earlier)
                earlier |= lots
                self._release()
        self.env["calendar.event"]._cron_close_appointments()
        self._release()
        # As if everybody had been told that credits run low.
        earlier.sudo().write({"low_due": False, "low_warned": True})  # sudo: what the run writes
        self.env["practice.revenue.release"]._compare_entries()  # as every night

    def _sell(self, patients):
        """Sell a package to each, paid at once; return the lots."""
        invoices = self.env["account.move"].create(
            [self.practice.invoice_vals(patient, self.practice.product) for patient in patients]
        )
        invoices.action_post()
        self._settle(invoices)
        return self.env["practice.credit.lot"].search([("invoice_id", "in", invoices.ids)])

    def _plan(self, lots, now):
        """Plan some visits of each: at an hour of their own on the days after, a week apart."""
        monday = (now - timedelta(days=now.weekday())).replace(hour=0) + timedelta(days=7)
        self.env["calendar.event"].create(
            [
                {
                    "practice_appointment_type_id": self.practice.type.id,
                    "patient_id": lot.partner_id.id,
                    "user_id": self.practitioner.id,
                    "start": monday + timedelta(weeks=number, days=lot.id % 5, hours=7 + lot.id // 5 % 10),
                }
                for lot in lots
                for number in range(PLANNED[lot.id % len(PLANNED)])
            ]
        )

    def _visit(self, lots):
        """Use a credit of each that has one left, without an appointment, as an import of visits does."""
        lots = lots.filtered("credits_available")
        for kind in ("reserve", "use"):
            self.env["practice.credit.lot"]._record(
                {"lot": lot, "kind": kind, "credits": 1, "date": self.env.company._practice_day()} for lot in lots
            )

    # === BOOKS === #

    def _settle(self, invoices):
        """Book one statement of the bank that pays all of them."""
        if not invoices:
            return
        owed = invoices.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        paid = [
            {
                "account_id": line.account_id.id,
                "partner_id": line.partner_id.id,
                "balance": -line.balance,
                "name": "Paid",
            }
            for line in owed
        ]
        money = {"account_id": self.bank.default_account_id.id, "balance": sum(owed.mapped("balance")), "name": "Bank"}
        entry = self.env["account.move"].create(
            {
                "journal_id": self.bank.id,
                "date": self.env.company._practice_day(),
                "line_ids": [Command.create(vals) for vals in [*paid, money]],
            }
        )
        entry.action_post()
        self.env["account.move.line"]._reconcile_plan(
            [owed_line + paid_line for owed_line, paid_line in zip(owed, entry.line_ids[: len(owed)], strict=True)]
        )
        invoices.is_move_sent = True

    def _release(self):
        releases = self.env["practice.revenue.release"]
        while batch := releases._next_batch():
            batch._post_or_set_aside()
        self.env.flush_all()


def vacuum(env):
    """Do what PostgreSQL does by itself, sooner or later: set bits that spare reading, and gather statistics."""
    env.cr.commit()
    connection = env.cr._cnx
    connection.autocommit = True
    try:
        env.cr.execute("VACUUM (ANALYZE)")
    finally:
        connection.autocommit = False
