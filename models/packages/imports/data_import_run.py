from dataclasses import dataclass, field
from functools import partial

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .data_import_file import FileError, Problem

#: Rows of one transaction.
BATCH = 200

#: What is sent to the browser of who asked for a check.
PROGRESS = "practice_billing.import_progress"

#: Nobody is told of what is imported, and nothing is logged field by field.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "no_mail_to_attendees": True,
    "dont_notify": True,
}


@dataclass
class Ready:
    """A row that can be imported.

    :param str reference: what it is known by from now on; empty: it is not kept
    :param dict vals: of the record to make
    :param existing: the record that is used instead of a new one
    """

    row: object
    reference: str
    vals: dict = field(default_factory=dict)
    existing: models.BaseModel | None = None


@dataclass
class Outcome:
    """What became of rows: how many are new or were there already, and what is wrong with the others.

    :param set refused: numbers of the rows that are not imported
    """

    created: int = 0
    unchanged: int = 0
    problems: list = field(default_factory=list)
    refused: set = field(default_factory=set)

    def note(self, problem):
        """Keep what is wrong with a row."""
        self.problems.append(problem)
        if problem.level == "problem":
            self.refused.add(problem.number)

    def add(self, other):
        """Count what became of further rows."""
        self.created += other.created
        self.unchanged += other.unchanged
        self.problems += other.problems
        self.refused |= other.refused


class PracticeDataImport(models.Model):
    """The run: files are checked, and imported, with the rights of who asked for it.

    A check imports all rows with the code that imports, in one transaction, and undoes it. An import commits each batch
    together with the number of rows that are done. One bad row never stops the others.
    """

    _inherit = "practice.data.import"

    # === THE RUN === #

    @api.model
    def _get_due_domain(self):
        """Return the files to work on now."""
        companies = self.env["res.company"].search([])
        return Domain("state", "in", ("checking", "importing")) & Domain.OR(
            Domain("company_id", "=", company.id) & self._practice_get_retry_domain(company._practice_day())
            for company in companies
        )

    @api.model
    def _cron_import(self):
        """Check and import what waits, one file after the other; what is left when the time is over goes on at once."""
        due = self.search(self._get_due_domain(), order="id")
        if due and self.env["ir.cron"]._commit_progress(remaining=len(due)):
            self._practice_run_one_by_one([it._go_on for it in due])

    def _go_on(self, cron, remaining):
        """Check this file, or import as much of it as the time allows.

        :param int remaining: how many files come after it
        :return: the seconds that the run has left
        """
        me, sheet = type(self), None
        while True:
            locked = self.try_lock_for_update(allow_referencing=True).filtered_domain(self._get_due_domain())
            if locked and sheet is None:
                read = locked._practice_try(me._read_as_asked, whole=True)
                sheet = read[0] if read else None
            if isinstance(sheet, FileError):
                locked._give_up(sheet)
            elif locked and sheet is not None:
                work = me._check if locked.state == "checking" else me._import_next
                locked._practice_try(partial(work, sheet=sheet), whole=True)
            done = not locked or not sheet or locked.state not in ("checking", "importing") or bool(locked.error)
            time_left = cron._commit_progress(1, remaining=remaining + (not done))
            if not time_left and (remaining or not done):
                self._trigger_run()  # else Odoo looks again within a minute
            if done or not time_left:
                return time_left

    def _import_now(self):
        """Import these files at once, without a check before, for demo data and tests."""
        for it in self:
            it.write({"state": "importing", "user_id": it.user_id.id or self.env.uid})
            sheet = it._read_as_asked()
            while it.state == "importing":
                it._import_next(sheet)

    def _read_as_asked(self):
        """Return the file as a sheet, or why it is none, in the language of who asked for it."""
        try:
            return self._as_asked()._read_sheet()
        except FileError as error:
            return error

    def _give_up(self, error):
        """Ask for another file: this one would fail again tomorrow."""
        self._start_over()
        self.error = str(error)
        self._tell_who_asked(self.error, notify=False)

    def _as_asked(self):
        """Return this import in the environment of who asked for it: their rights and language, its company.

        :raises UserError: when they may not do it any more
        """
        user = self.user_id
        may = user.active and self.company_id in user.company_ids
        if not may or not user.has_group("practice_billing.group_manager"):
            raise UserError(
                self.env._("%s asked for this and may not import any more. Somebody else has to begin it.", user.name)
            )
        context = {"lang": user.lang, "tz": self.company_id.practice_tz, "allowed_company_ids": self.company_id.ids}
        return self.with_user(user).with_context(**context)

    # === CHECKING AND IMPORTING === #

    def _check(self, sheet):
        """Judge all rows by importing them, and undo that."""
        outcome = Outcome()
        with self.env.cr.savepoint(flush=True) as savepoint:
            asked = self._as_asked()
            for start in range(0, len(sheet.rows), BATCH):
                self._tell_progress(start, len(sheet.rows))
                outcome.add(asked._import_rows(sheet, sheet.rows[start : start + BATCH]))
            savepoint.rollback()
        self.env.invalidate_all()
        # What was to happen when these records are committed: they are not.
        self.env.cr.precommit.clear()
        self.env.cr.postcommit.clear()
        self._keep(sheet, outcome, len(sheet.rows))
        self._finish("checked")

    def _tell_progress(self, rows_done, rows_total):
        """Tell the form of who asked how far the check is: its own transaction says nothing until it ends."""
        message = {"import_id": self.id, "rows_done": rows_done, "rows_total": rows_total}
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr)).user_id._bus_send(PROGRESS, message)

    def _import_next(self, sheet):
        """Import the next rows, and count them."""
        self._queue()
        rows = sheet.rows[self.rows_done : self.rows_done + BATCH]
        outcome = self._as_asked()._import_rows(sheet, rows)
        self._keep(sheet, outcome, self.rows_done + len(rows))
        if self.rows_done >= len(sheet.rows):
            self._finish("done")

    def _queue(self):
        """Have others wait who import the same kind for the company at the same time, and look anew at what is there.

        A row that is updated makes PostgreSQL refuse the later one of two transactions, which is then repeated.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE practice_data_import SET company_id = company_id
                    WHERE id = (SELECT min(id) FROM practice_data_import WHERE company_id = %s AND kind = %s)""",
                self.company_id.id,
                self.kind,
            )
        )

    def _keep(self, sheet, outcome, rows_done):
        """Keep what became of rows."""
        self.write(
            {
                "rows_total": len(sheet.rows),
                "rows_done": rows_done,
                "created_count": self.created_count + outcome.created,
                "unchanged_count": self.unchanged_count + outcome.unchanged,
                "refused_count": self.refused_count + len(outcome.refused),
                "ignored_columns": ", ".join(sheet.header.unknown)[:1000] or False,
            }
        )
        self.env["practice.data.import.problem"].create(
            [{"import_id": self.id, **problem._asdict()} for problem in outcome.problems]
        )

    def _finish(self, state):
        """Say that all rows are done, and tell who asked for it."""
        self.write({"state": state, **({"done_date": fields.Datetime.now()} if state == "done" else {})})
        asked = self._as_asked()
        numbers = {
            "name": asked.display_name,
            "created": self.created_count,
            "unchanged": self.unchanged_count,
            "refused": self.refused_count,
        }
        if state == "done":
            body = asked.env._(
                "%(name)s: imported. New: %(created)s, already there: %(unchanged)s, left out: %(refused)s.", **numbers
            )
        else:
            body = asked.env._(
                "%(name)s: checked, nothing is imported yet. New: %(created)s, already there: %(unchanged)s, with "
                "problems: %(refused)s.",
                **numbers,
            )
        self._tell_who_asked(body, notify=state == "done" and not self.env.context.get("dont_notify"))

    def _tell_who_asked(self, body, notify=True):
        partner = self.user_id.partner_id
        self.message_post(body=body, partner_ids=partner.ids if notify else [], message_type="notification")

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for it in self:
            it._tell_who_asked(reason)
        return result

    # === ROWS === #

    def _import_rows(self, sheet, rows):
        """Import rows, each of which either becomes a record, is there already, or has a problem.

        :return: :class:`Outcome`
        """
        outcome = Outcome()
        for row in rows:
            for problem in sheet.problems.get(row.number, ()):
                outcome.note(problem)
        sound = [row for row in rows if sheet.is_sound(row)]
        references = {row.number: self._get_reference(row) for row in sound}
        keys = self.env["practice.import.key"]
        known = keys._get_known(self.company_id, self.kind, {it for it in references.values() if it})
        fresh = [row for row in sound if references[row.number] not in known]
        outcome.unchanged = len(sound) - len(fresh)
        if not fresh:
            return outcome
        prepare = {
            "patient": self._import_patients,
            "credit": self._import_credits,
            "appointment": self._import_appointments,
        }[self.kind]
        prepare(sheet, fresh, outcome)
        return outcome

    def _make_safely(self, ready, make, outcome):
        """Make the records of rows; one that fails is left out, with the reason, and the others are made.

        :param list ready: of :class:`Ready`
        :param make: called with a part of them, returns their records in that order
        """
        if not ready:
            return
        try:
            with self.env.cr.savepoint():
                self._make_keys(ready, make(ready))
                self.env.flush_all()
        except Exception as error:
            if isinstance(error, OperationalError):
                raise  # a conflict, or a lost connection: no fault of a row
            self.env.invalidate_all()
            if len(ready) == 1:
                outcome.note(Problem(ready[0].row.number, self._practice_describe(error)))
                return
            middle = len(ready) // 2
            for part in (ready[:middle], ready[middle:]):
                self._make_safely(part, make, outcome)
        else:
            outcome.created += len([it for it in ready if it.existing is None])
            outcome.unchanged += len([it for it in ready if it.existing is not None])

    def _make_keys(self, ready, records):
        """Keep what rows became, so that they are known the next time."""
        field = self._get_made()[0]
        # sudo: nobody writes keys
        self.env["practice.import.key"].sudo().create(
            [
                {
                    "company_id": self.company_id.id,
                    "kind": self.kind,
                    "reference": it.reference,
                    "import_id": self.id,
                    "is_new": it.existing is None,
                    field: record.id,
                }
                for it, record in zip(ready, records, strict=True)
                if it.reference
            ]
        )
