"""What the tests of whole lives share: things happen at random, in any order, and after each of them all agrees.

A life that fails is lived again with fewer steps, as long as it still fails; the message tells the shortest one found.
"""

import os
from contextlib import contextmanager
from random import Random, SystemRandom

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.sql_db import Savepoint
from odoo.tools import mute_logger

from .practice import dose


def live_many(live, draw, *, quick, full):
    """Let ``quick`` random lives happen, in `make test-slow` ``full`` ones; tell the steps of one that fails.

    Quick ones are the same every time. The others begin with a seed that is told; ``PRACTICE_BILLING_SEED`` repeats it.

    :param live: called with a list of steps, raises when something is wrong; returns nothing
    :param draw: called with a source of chance, returns the steps of one life
    """
    # Not of the clock, which stands still in tests.
    first = dose(0, int(os.environ.get("PRACTICE_BILLING_SEED") or SystemRandom().randrange(10**9)))
    for seed in range(first, first + dose(quick, full)):
        steps = draw(Random(seed))
        if error := _try(live, steps):
            steps, error = _shrink(live, steps, error)
            told = "\n  ".join(getattr(error, "story", ()))
            raise AssertionError(f"{error}\n\nseed {seed}, steps {steps!r}:\n  {told}") from error


def _try(live, steps):
    """Return the error of a life, or ``None``."""
    try:
        live(steps)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return error
    return None


def _shrink(live, steps, error):
    """Return the shortest failing life found by leaving out steps, and its error."""
    size = len(steps)
    while size := size // 2:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if found := _try(live, fewer):
                steps, error = fewer, found
            else:
                start += size
    return steps, error


@contextmanager
def undone(case):
    """Begin at the clock's first moment, and undo afterwards all that happened."""
    case.env.flush_all()
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
        #: What happened so far, in words.
        self.story = []

    @contextmanager
    def told(self):
        """Give an error the story of this life."""
        try:
            yield
        except Exception as error:
            error.story = self.story
            raise

    def step(self, name, number):
        """Do it, or be refused in words and leave everything as it was; return the refusal, if any.

        What is there already is refused by the database, and Odoo has words for it.
        """
        self.chosen = None
        self.story.append(f"{self.case.today()} {name}")
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                getattr(self, name)(number)
                self.env.flush_all()
        except (UserError, UniqueViolation) as error:
            self.env.invalidate_all()
            self.say(f"REFUSED: {' '.join(str(error).split())}")
            return error
        return None

    def one(self, records, number):
        """Choose one of ``records``, if there are any."""
        self.chosen = records[number % len(records)] if records else records
        if self.chosen:
            self.say(getattr(self.chosen, "display_name", self.chosen))
        return self.chosen

    def say(self, words):
        """Add to the story of the step that is happening."""
        self.story[-1:] = [f"{self.story[-1]}; {words}"] if self.story else [words]


class Dice:
    """A number that decides several things, one after another and independently."""

    def __init__(self, number):
        self.number = number

    def one(self, options):
        """Return one of ``options``, which is not empty."""
        self.number, rest = divmod(self.number, len(options))
        return options[rest]

    def chance(self, among):
        """Return whether the one case of ``among`` happens."""
        self.number, rest = divmod(self.number, among)
        return rest == among - 1
