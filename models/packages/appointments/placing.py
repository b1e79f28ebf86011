"""What is asked of PostgreSQL when appointments are placed: in one statement, as far as it can be."""

from contextlib import contextmanager, nullcontext

from odoo.tools import SQL

from ...common.carried import carried, get_carried
from .turns import get_turn_sql

#: Context key: the :class:`Placing` that appointments are part of. An object, which nobody can send from outside.
PLACING = "practice_placing"


class Placing:
    """The turn of those who have to be free, what else they have, and whether there is something to look for that most
    of them do not have. A statement more takes as long as a thousand calls, and there would be one for each of these.

    The first question what somebody is busy with takes the turn and brings the answers along.
    """

    is_open = False

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget everything that was asked."""
        self.people, self.answers = frozenset(), {}
        self._turn = self._questions = None

    def wait_for_turn(self, people, questions):
        """Have the turn of ``people`` taken with the next question.

        :param dict questions: ``{name: SQL condition}`` of what these people may have
        """
        self._turn, self._questions = get_turn_sql(people, "practice_booking_turn"), questions
        self.people = frozenset(people.ids)

    def ask(self, env, busy):
        """Return the rows of ``busy``, a query whose first column is ``id``; taking the turn when that waits."""
        if not self._turn:
            return env.execute_query(busy)
        names = list(self._questions)
        query = SQL(
            """WITH turn AS (%s)
               SELECT asked.*, busy.* FROM (SELECT %s) asked LEFT JOIN (%s) busy ON TRUE ORDER BY busy.id""",
            self._turn,
            SQL(", ").join(SQL("%s AS %s", self._questions[name], SQL.identifier(name)) for name in names),
            busy,
        )
        self._turn = None
        env.flush_query(query)
        # A conflict is what the turn is for: no error to write down.
        env.cr.execute(query, log_exceptions=False)
        rows = env.cr.fetchall()
        self.answers = dict(zip(names, rows[0], strict=False))
        rows = [row[len(names) :] for row in rows]
        return [row for row in rows if row[0] is not None]

    def take_turn(self, env):
        """Take the turn when nobody has asked anything."""
        if self._turn:
            env.cr.execute(self._turn, log_exceptions=False)
            self._turn = None

    def rules_out(self, name, people):
        """Return whether none of ``people`` has what ``name`` asked for."""
        return self.answers.get(name) is False and self.people.issuperset(people.ids)


def get_placing(env):
    """Return the :class:`Placing` that is going on; outside of one another, of which nothing is known."""
    return get_carried(env, PLACING, Placing) or Placing()


@contextmanager
def take_placing(env):
    """Give the :class:`Placing` that is going on; outside of one a new one, for a context to carry."""
    placing = get_carried(env, PLACING, Placing)
    with nullcontext(placing) if placing else carried(env, Placing) as placing:
        yield placing
