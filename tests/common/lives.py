"""What the tests of whole lives share: things happen at random, in any order, and after each of them all agrees."""

from contextlib import contextmanager

from hypothesis import Phase, settings

from odoo.exceptions import UserError
from odoo.sql_db import Savepoint

from .practice import dose
from .rules import thorough


def lives(quick, full):
    """Return Hypothesis' settings for ``quick`` lives; `make test-slow` has ``full`` ones, and shrinks."""
    phases = dose((Phase.generate,), (Phase.generate, Phase.shrink))
    return settings(thorough, max_examples=dose(quick, full), phases=phases)


@contextmanager
def undone(case):
    """Begin at the clock's first moment, and undo afterwards all that happened."""
    savepoint = Savepoint(case.cr)
    case.clock.move_to(case.now)
    try:
        yield
    finally:
        savepoint.rollback()
        savepoint.close()
        case.env.transaction.clear()


class Life:
    """Something to which things happen; every step takes a number that decides what it concerns."""

    def __init__(self, case):
        self.case = case
        self.env = case.env
        #: What was chosen last.
        self.chosen = None

    def step(self, name, number):
        """Do it, or be refused in words and leave everything as it was; return the refusal, if any."""
        try:
            with self.env.cr.savepoint():
                getattr(self, name)(number)
                self.env.flush_all()
        except UserError as error:
            self.env.invalidate_all()
            return error
        return None

    def one(self, records, number):
        """Choose one of ``records``, if there are any."""
        self.chosen = records[number % len(records)] if records else records
        return self.chosen
