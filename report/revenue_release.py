from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL, split_every

#: What the proof reads of a journal item; when one of them changes on a posted item, its entry is compared again.
ITEM_COLUMNS = ("account_id", "balance", "company_id", "move_id", "parent_state", "partner_id", "practice_package_id")

#: What the proof reads of the entry itself.
ENTRY_COLUMNS = ("date", "state")

#: What was not compared since it changed. Months of subscriptions that are to come have nothing to compare yet.
CHANGED = "entry_agrees IS NOT TRUE AND (state = 'posted' OR credit_move_id IS NOT NULL)"

#: Releases of entries that have to be compared, as a condition on ``release``: one that was not is enough.
TO_COMPARE = SQL(
    f"""
    release.id IN (
        SELECT id FROM practice_revenue_release WHERE {CHANGED}
         UNION ALL
        SELECT other.id
          FROM (SELECT DISTINCT move_id FROM practice_revenue_release WHERE {CHANGED}) changed
          JOIN practice_revenue_release other ON other.move_id = changed.move_id AND other.entry_agrees
    )"""
)

#: Whether they are so many that looking for them takes longer than comparing all, as before the first night after an
#: update.
MANY_TO_COMPARE = SQL(
    f"""
    SELECT COUNT(*) > 20000
      FROM (SELECT FROM practice_revenue_release WHERE {CHANGED} AND move_id IS NOT NULL LIMIT 20001) new
    """
)

#: Entries of one transaction of the nightly comparison; of some more PostgreSQL would read all items there are.
BATCH = 1000

#: Something of an entry changed. One of its releases is enough, see TO_COMPARE. It is written even where it says so
#: already: whoever compared this entry before, and did not commit yet, has to meet it and begin again. As an aggregate,
#: because PostgreSQL might read all releases for the first one (LIMIT, MIN) of an entry that has none, as most.
ENTRY_CHANGED = """
CREATE OR REPLACE FUNCTION practice_entry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entries integer[];
    entry integer;
BEGIN
    IF TG_TABLE_NAME = 'account_move' THEN
        entries := ARRAY[OLD.id];
    ELSIF TG_OP = 'INSERT' THEN
        entries := ARRAY[NEW.move_id];
    ELSIF TG_OP = 'DELETE' OR OLD.move_id = NEW.move_id THEN
        entries := ARRAY[OLD.move_id];
    ELSE
        entries := ARRAY[OLD.move_id, NEW.move_id];
    END IF;
    FOREACH entry IN ARRAY entries LOOP
        UPDATE practice_revenue_release SET entry_agrees = NULL
         WHERE id = (SELECT (ARRAY_AGG(id))[1] FROM practice_revenue_release WHERE move_id = entry);
    END LOOP;
    RETURN NULL;
END $$
"""

#: Something of a release changed, and not only that its entry was compared: that does not count any more, for it or for
#: the entry that it left.
RELEASE_CHANGED = """
CREATE OR REPLACE FUNCTION practice_release_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.entry_agrees := NULL;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        OLD.entry_agrees := NEW.entry_agrees;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
        NEW.entry_agrees := NULL;
        IF OLD.move_id IS NOT DISTINCT FROM NEW.move_id THEN
            RETURN NEW;
        END IF;
    END IF;
    UPDATE practice_revenue_release SET entry_agrees = NULL
     WHERE id = (SELECT (ARRAY_AGG(id))[1] FROM practice_revenue_release WHERE move_id = OLD.move_id AND id <> OLD.id);
    RETURN COALESCE(NEW, OLD);
END $$
"""


def _changed(columns):
    """Return whether one of these columns changes, as a condition of a trigger."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


ENTRY_CHANGES = "EXECUTE FUNCTION practice_entry_changed()"

#: ``{name: (table, when, rest)}`` of the triggers. What is no posted item of a posted entry is none of their business.
TRIGGERS = {
    "practice_item_inserted": (
        "account_move_line",
        "AFTER INSERT",
        f"WHEN (NEW.parent_state = 'posted') {ENTRY_CHANGES}",
    ),
    "practice_item_updated": (
        "account_move_line",
        f"AFTER UPDATE OF {', '.join(ITEM_COLUMNS)}",
        f"WHEN ('posted' IN (OLD.parent_state, NEW.parent_state) AND {_changed(ITEM_COLUMNS)}) {ENTRY_CHANGES}",
    ),
    "practice_item_deleted": (
        "account_move_line",
        "AFTER DELETE",
        f"WHEN (OLD.parent_state = 'posted') {ENTRY_CHANGES}",
    ),
    "practice_entry_updated": (
        "account_move",
        f"AFTER UPDATE OF {', '.join(ENTRY_COLUMNS)}",
        f"WHEN (OLD.state = 'posted' AND {_changed(ENTRY_COLUMNS)}) {ENTRY_CHANGES}",
    ),
    "practice_release_changed": (
        "practice_revenue_release",
        "BEFORE INSERT OR UPDATE OR DELETE",
        "EXECUTE FUNCTION practice_release_changed()",
    ),
}


class PracticeRevenueRelease(models.Model):
    """An entry that was compared with its releases, and agrees, is not compared again until something of it changes.

    The proof compares every entry of a release with what its releases say; of a million movements that took it longer
    than all the rest. So each night what is new is compared and marked. PostgreSQL itself takes the mark off, in the
    transaction of whoever changes an item, an entry or a release, by whatever door, SQL too. The nightly check of the
    balance posts trusts no mark: it compares everything.
    """

    _inherit = "practice.revenue.release"

    entry_agrees = fields.Boolean(
        readonly=True,
        copy=False,
        help="Its journal entry was compared with its releases since the last change of one of them, agrees with them, "
        "and is of the same day.",
    )

    _to_compare_idx = models.Index(f"(move_id) WHERE {CHANGED}")

    def init(self):
        result = super().init()
        self.pool.post_init(self._create_triggers)  # once the columns of all models are there
        return result

    @api.model
    def _create_triggers(self):
        self.env.cr.execute(SQL(ENTRY_CHANGED))
        self.env.cr.execute(SQL(RELEASE_CHANGED))
        for name, (table, when, rest) in TRIGGERS.items():
            self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", SQL.identifier(name), SQL.identifier(table)))
            self.env.cr.execute(SQL(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW {rest}"))

    @api.model
    def _drop_triggers(self):
        """Leave nothing behind on the tables of Odoo, whose rows could not be changed any more without ours."""
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS practice_entry_changed, practice_release_changed CASCADE"))

    @api.model
    def _compare_entries(self):
        """Compare the entries that were not since they changed, and mark those that agree, committing each batch.

        One that somebody changes meanwhile is left to the next night.
        """
        batches = split_every(BATCH, self._get_entries_to_compare(), list)
        self._practice_run_one_by_one([partial(self._compare_batch, batch) for batch in batches])

    @api.model
    def _compare_batch(self, entry_ids, cron, remaining):
        """Compare these entries and commit.

        :param remaining: how many batches come after this one
        :return: the seconds that the run has left
        """
        self._mark_agreeing(entry_ids)
        return cron._commit_progress(len(entry_ids), remaining=remaining)

    @api.model
    def _get_entries_to_compare(self):
        """Return the ids of the entries that were not compared since they changed, in their order."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                f"""
                SELECT DISTINCT move_id FROM practice_revenue_release
                 WHERE {CHANGED} AND move_id IS NOT NULL ORDER BY move_id
                """
            )
        )
        return [entry_id for (entry_id,) in rows]

    @api.model
    def _mark_agreeing(self, entry_ids):
        """Mark the releases of those of these entries that agree, item by item, and wait for nothing."""
        proof = self.env["practice.credit.proof"]
        proof._flush_depends()
        proof._plan_well()
        self.env.cr.execute(
            SQL(
                """
                UPDATE practice_revenue_release release SET entry_agrees = TRUE
                 WHERE release.move_id = ANY(%(entries)s)
                   AND release.move_id NOT IN (
                       SELECT other.move_id
                         FROM practice_revenue_release other
                         JOIN account_move entry ON entry.id = other.move_id
                        WHERE other.move_id = ANY(%(entries)s)
                          AND (other.state <> 'posted' OR entry.state <> 'posted' OR entry.date <> other.date)
                   )
                   AND release.move_id NOT IN (SELECT move_id FROM (%(unlike)s) unlike)
                """,
                entries=entry_ids,
                unlike=proof._select_unlike(proof._get_release_parts(SQL("release.move_id = ANY(%s)", entry_ids))),
            )
        )
        self.invalidate_model(["entry_agrees"], flush=False)
