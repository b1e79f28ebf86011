import logging
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from psycopg2 import Error as DatabaseError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class Step(NamedTuple):
    """One kind of work of a run.

    :param records: an empty recordset of a model with the mixin, in the environment in which the work is done
    :param domain: the records that it is due for
    :param work: called with records of one batch
    :param set_aside: called with records and a reason when they fail; by default ``_practice_set_aside``
    :param int size: records of one batch, which is one transaction
    """

    records: models.BaseModel
    domain: Domain
    work: Callable
    set_aside: Callable | None = None
    size: int = 1
    order: str | None = None


class PracticeRetryMixin(models.AbstractModel):
    """One bad record never stops the others, and never stays silent.

    Work is done in a savepoint. What fails is cut until one record stands alone; that one keeps the reason, is left
    alone until the *company's* tomorrow, so that a run does not meet it again at once, and somebody is told. Conflicts
    with other transactions are no failures: whoever called repeats the work.
    """

    _name = "practice.retry.mixin"
    _description = "Work That Is Tried Again"

    #: The fields that say why the last try failed, and from which day on it is tried again.
    _practice_error_field = "error"
    _practice_retry_field = "retry_date"

    # === TRYING === #

    def _practice_try(self, work, *, set_aside=None, whole=False, writes=True):
        """Do ``work(records)`` for as many of these records as possible.

        :param set_aside: what to do with a record that fails, called with it and the reason in words
        :param bool whole: these records are one thing, which is not cut
        :param bool writes: ``False`` for work that only computes: it needs no savepoint, and a failure of the database
            is raised, because nothing can be written after it
        :return: what ``work`` returned, part by part, without those that failed
        """
        if not self:
            return []
        try:
            if writes:
                with self.env.cr.savepoint():
                    result = work(self)
                    if not set_aside:
                        self._practice_clear()
                return [result]
            return [work(self)]
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if isinstance(error, DatabaseError) and not writes:
                raise
            parts = [self] if whole else self._practice_cut()
            if len(parts) == 1:
                (set_aside or type(self)._practice_set_aside)(self, self._practice_describe(error))
                return []
        options = {"set_aside": set_aside, "whole": whole, "writes": writes}
        return [result for part in parts for result in part._practice_try(work, **options)]

    def _practice_cut(self):
        """Return these records in parts, each of which may go well by itself; one part when they cannot be cut."""
        middle = len(self) // 2
        return [self[:middle], self[middle:]] if middle else [self]

    def _practice_describe(self, error):
        """Return in words for people what went wrong; what only a programmer can mend is in the log too."""
        if isinstance(error, UserError):
            _logger.info("%s set aside: %s", self, error)
            return str(error)
        _logger.error("%s set aside", self, exc_info=error)
        return self.env._("An unexpected error, ask your administrator: %s", repr(error))

    # === SETTING ASIDE === #

    def _practice_get_retry_company(self):
        """Return the company whose days count for this record."""
        self.ensure_one()
        return self.company_id

    def _practice_set_aside(self, reason):
        """Keep ``reason`` on these records, try them again tomorrow, and tell who is responsible."""
        for company, records in self.grouped(lambda record: record._practice_get_retry_company()).items():
            tomorrow = company._practice_day() + timedelta(days=1)
            # sudo: the run, or whoever may do the work
            records.sudo().write({self._practice_error_field: reason, self._practice_retry_field: tomorrow})
        self._practice_try_to_tell(reason)

    def _practice_try_to_tell(self, reason):
        """Tell who is responsible; when that fails too, the run goes on, and the record keeps the reason."""
        try:
            with self.env.cr.savepoint():
                self._practice_tell(reason)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            # The reason is kept on the record; whatever is wrong with it may be why nobody can be told.
            _logger.exception("Nobody could be told of %s", self)

    def _practice_clear(self):
        """Forget why these records failed before, since they did not now."""
        failed = self.filtered(lambda record: record[self._practice_error_field] or record[self._practice_retry_field])
        if failed:
            # sudo: as in _practice_set_aside
            failed.sudo().write({self._practice_error_field: False, self._practice_retry_field: False})
            failed._practice_untell()

    def _practice_tell(self, reason):
        """Tell who is responsible why these records failed. A hook: by default the record shows it, and that is all."""

    def _practice_untell(self):
        """Take back what :meth:`_practice_tell` told."""

    @api.model
    def _practice_get_retry_domain(self, today):
        """Return the records that are not set aside on ``today``, a day of their company."""
        field = self._practice_retry_field
        return Domain(field, "=", False) | Domain(field, "<=", today)

    @api.model
    def _practice_get_ready_domain(self):
        """Return the records that are not set aside today, in the time zone of their company."""
        field = self._practice_retry_field
        return Domain(field, "=", False) | self.env["res.company"]._practice_get_due_domain(field)

    # === RUNS === #

    @api.model
    def _practice_run(self, steps):
        """Do the steps of a run one after the other, committing each batch; it can be cut and resumed anywhere.

        Odoo is told from the beginning how much there is in all steps, so that a run that is out of time goes on at
        once. A batch that somebody else changed meanwhile is left to the next run.

        :param list steps: of :class:`Step`
        """
        cron = self.env["ir.cron"]
        total = sum(step.records.search_count(step.domain) for step in steps)
        if not total or not cron._commit_progress(remaining=total):
            return
        for step in steps:
            todo = step.records.search(step.domain, order=step.order)
            for start in range(0, len(todo), step.size):
                try:
                    self._practice_do(step, todo[start : start + step.size])
                    time_left = cron._commit_progress(len(todo[start : start + step.size]))
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    self.env.cr.rollback()
                    self.env.invalidate_all()
                    continue
                if not time_left:
                    return

    @api.model
    def _practice_run_one_by_one(self, steps):
        """Do ``steps`` one after the other, each of which commits by itself, until the time of the run is over.

        What meets a change by somebody else is looked at again by the next run.

        :param list steps: called with the ``ir.cron`` and how many come after them; each returns the seconds left
        """
        cron = self.env["ir.cron"]
        for number, step in enumerate(steps, start=1):
            try:
                time_left = step(cron, len(steps) - number)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                self.env.invalidate_all()
                continue
            if not time_left:
                return

    def _practice_do(self, step, batch):
        """Do one step for those of ``batch`` that nobody else holds and that are due still."""
        due = batch.search(Domain("id", "in", batch.ids) & step.domain, order=step.order)
        locked = due.try_lock_for_update(allow_referencing=True)
        locked._practice_try(step.work, set_aside=step.set_aside)
