"""An entry that was compared with its releases is compared again when anything of it changes, by whatever door."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
import re
from contextlib import suppress
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...report import credit_proof_posts
from ..common.practice import PracticeMixin
from ..common.proof import ProofCase
from ..common.races import RaceCase, refused

#: The tables of the aliases by which the proof reads an entry, its items and its releases.
TABLES = {"release": "practice_revenue_release", "item": "account_move_line", "entry": "account_move"}


@tagged("post_install", "-at_install")
class TestComparedEntries(ProofCase):
    def setUp(self):
        super().setUp()
        for patient in (self.patient, self.bert):
            self.sell(patient)
            self.plan(patient, start=self.at(hours=1))
        self.travel(days=1)
        self.env["calendar.event"].search([("attendance", "=", "planned")]).attendance = "attended"
        self.move = self.release()
        self.releases = self.move.practice_release_ids
        self.check_posts()
        self.assertTrue(self.is_compared())

    def is_compared(self):
        """Return whether no entry has to be compared."""
        self.env.flush_all()
        count = self.query("SELECT COUNT(*) FROM practice_revenue_release WHERE NOT COALESCE(entry_agrees, FALSE)")
        return count == [(0,)]

    def assertForgotten(self, sql, *arguments):
        """Check that a statement makes the entry be compared again, and take it back."""
        with self.cr.savepoint() as savepoint, mute_logger("odoo.sql_db"):
            with suppress(IntegrityError):  # what PostgreSQL refuses needs no mark
                self.query(f"{sql} RETURNING id", *arguments)
                self.assertFalse(self.is_compared())
            savepoint.rollback()
        self.assertTrue(self.is_compared())

    # === WHAT IS COMPARED AGAIN === #

    def get_columns_of_proof(self):
        """Return ``{alias: columns}`` of what the proof reads of entries, items and releases, from its SQL."""
        proof = self.proof_model
        read = SQL("%s %s", proof._select_mismatches(), proof._select_waiting(proof._get_posts())).code
        columns = {alias: set(re.findall(rf'\b{alias}"?\."?(\w+)', read)) - {"id", "entry_agrees"} for alias in TABLES}
        self.assertLessEqual({"amount", "move_id", "partner_id", "state"}, columns["release"])
        self.assertLessEqual({"account_id", "balance", "move_id", "parent_state"}, columns["item"])
        self.assertEqual({"date", "state"}, columns["entry"])
        return columns

    def get_other_value(self, table, column):
        """Return another value that a column can have, as SQL."""
        [(kind,)] = self.query(
            "SELECT udt_name FROM information_schema.columns WHERE table_name = %s AND column_name = %s", table, column
        )
        field = next(it for it in self.env.registry.values() if it._table == table)._fields[column]
        if field.type == "many2one":
            target = self.env[field.comodel_name]._table
            return f"(SELECT MAX(id) FROM {target} WHERE id <> {table}.{column} OR {table}.{column} IS NULL)"
        others = {"numeric": f"COALESCE({column}, 0) + 1", "date": f"{column} + 1", "varchar": "'draft'"}
        return others[kind]

    def test_whatever_the_proof_reads_is_watched(self):
        one_of = {
            "release": self.releases[0].id,
            "item": self.move.line_ids.filtered(lambda it: it.account_id == self.income)[0].id,
            "entry": self.move.id,
        }
        for alias, columns in self.get_columns_of_proof().items():
            table = TABLES[alias]
            for column in sorted(columns):
                with self.subTest(table=table, column=column):
                    value = self.get_other_value(table, column)
                    self.assertForgotten(f"UPDATE {table} SET {column} = {value} WHERE id = %s", one_of[alias])

    def test_what_comes_and_what_goes_is_noticed(self):
        for table, record in (
            ("account_move_line", self.move.line_ids[0]),
            ("practice_revenue_release", self.releases[0]),
        ):
            columns = ", ".join(
                name
                for name, field in record._fields.items()
                if field.store and field.column_type and name not in ("id", "credit_move_id")
            )
            with self.subTest(table=table):
                self.assertForgotten(
                    f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = %s", record.id
                )
                self.assertForgotten(f"DELETE FROM {table} WHERE id = %s", record.id)

    def test_an_item_that_moves_to_another_entry_is_missed_where_it_was_and_noticed_where_it_is(self):
        stray = self.entry((self.breakage, 30.0, None, None))
        move = "UPDATE account_move_line SET move_id = %s WHERE id = %s"
        self.assertForgotten(move, self.move.id, stray.line_ids[0].id)
        self.assertForgotten(move, stray.id, self.move.line_ids[0].id)

    def test_a_release_that_leaves_its_entry_is_missed_there(self):
        first, second = self.releases
        self.query("UPDATE practice_revenue_release SET move_id = NULL WHERE id = %s RETURNING id", first.id)
        self.env.invalidate_all()
        self.assertEqual((first.entry_agrees, second.entry_agrees), (False, False))

    def test_nobody_marks_by_writing_something_else_with_it(self):
        self.assertForgotten(
            "UPDATE practice_revenue_release SET amount = amount + 1, entry_agrees = TRUE WHERE id = %s",
            self.releases[0].id,
        )

    # === WHAT IS NOT === #

    def test_what_the_proof_does_not_read_changes_nothing(self):
        for column in ("name", "matching_number", "write_date", "analytic_distribution"):
            self.query(f"UPDATE account_move_line SET {column} = NULL WHERE move_id = %s RETURNING id", self.move.id)
        self.move.narration = "Seen by the auditor."
        self.assertTrue(self.is_compared())

    def test_other_entries_change_nothing(self):
        self.sell()
        stray = self.entry((self.breakage, 30.0, None, None))
        stray.button_draft()
        stray.line_ids[0].name = "Other"
        stray.unlink()
        self.assertTrue(self.is_compared())

    def test_an_entry_that_does_not_agree_is_compared_every_time(self):
        self.tamper(self.move.line_ids.filtered(lambda it: it.account_id == self.income)[0], partner_id=None)
        self.assertFalse(self.is_compared())
        self.compare()
        self.assertFalse(self.is_compared())
        self.assertTrue(self.wrong(self.income))

    def test_an_entry_of_another_day_waits_in_the_proof(self):
        """A locked day: the money waits from the visit to the day of its entry."""
        event = self.plan(start=self.at(hours=1))
        day = self.today()
        self.travel(days=3)
        event.attendance = "attended"
        self.company.fiscalyear_lock_date = day
        self.release()
        self.compare()
        self.assertFalse(self.is_compared())
        waiting = self.proof_model.search([("kind", "=", "release"), ("account_id", "=", self.liability.id)])
        self.assertEqual(sorted(waiting.mapped("to_release")), [-120.0, 120.0])

    def test_where_most_were_not_compared_all_are(self):
        """Before the first night after an update."""
        item = self.move.line_ids.filtered(lambda it: it.account_id == self.income)[0]
        self.tamper(item, account_id=self.breakage.id)
        few = self.wrong(self.income)
        with patch.object(credit_proof_posts, "MANY_TO_COMPARE", SQL("SELECT TRUE")):
            self.assertEqual(self.wrong(self.income), few)
        self.assertTrue(few)

    # === WHO WATCHES THE WATCHER === #

    def test_the_nightly_check_trusts_no_mark(self):
        item = self.move.line_ids.filtered(lambda it: it.account_id == self.income)[0]
        self.cr.execute("ALTER TABLE account_move_line DISABLE TRIGGER practice_item_updated")
        self.query("UPDATE account_move_line SET account_id = %s WHERE id = %s RETURNING id", self.breakage.id, item.id)
        self.cr.execute("ALTER TABLE account_move_line ENABLE TRIGGER practice_item_updated")
        self.env.invalidate_all()
        self.assertTrue(self.is_compared())
        self.travel(days=1)
        self.check_posts()
        post = self.env["practice.balance.post"].search([("account_id", "=", self.liability.id)])
        self.assertIn(self.move.name, post.finding)


@tagged("post_install", "-at_install")
class TestComparingRaces(PracticeMixin, RaceCase):
    """Whoever changes an entry while it is compared meets who compares it: one of them begins again."""

    now = None

    def make_release(self):
        racing = self.make_patient("Racing Patient")
        self.sell(racing)
        self.plan(racing, self.at(days=-2)).attendance = "attended"
        [release] = self.release().practice_release_ids
        self.cr.commit()
        return release

    def race_for(self, statement, record_id, release, *, changed_first):
        """Compare the entry of a release while a statement changes it."""
        entry_ids = release.move_id.ids

        def compare(env):
            env["practice.revenue.release"]._mark_agreeing(entry_ids)

        def change(env):
            env.cr.execute(statement, [record_id])

        works = [change, compare] if changed_first else [compare, change]
        self.assertEqual(refused(self.race(works)), [])
        self.env.invalidate_all()
        self.assertFalse(release.entry_agrees)
        self.assertIn(release, self.env["practice.credit.proof"].search([("kind", "=", "mismatch")]).release_id)

    def test_a_change_is_not_overlooked(self):
        for changed_first in (False, True):
            with self.subTest("an item", changed_first=changed_first):
                release = self.make_release()
                item = release.move_id.line_ids.filtered(lambda it: it.account_id == self.income)
                sql = "UPDATE account_move_line SET balance = balance - 1 WHERE id = %s"
                self.race_for(sql, item.id, release, changed_first=changed_first)
            with self.subTest("a release", changed_first=changed_first):
                release = self.make_release()
                sql = "UPDATE practice_revenue_release SET amount = amount + 1 WHERE id = %s"
                self.race_for(sql, release.id, release, changed_first=changed_first)
