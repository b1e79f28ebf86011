"""The rules of payers: what a payer's share of a visit is, and what a statement has to say.

Money is in the company's currency, tax included, and rounded half up to ``rounding``, the smallest amount of that
currency. Days are days of the practice's time zone.
"""

from datetime import date
from typing import NamedTuple

from .credits import round_money
from .pay import part_of


class Visit(NamedTuple):
    """An appointment that took place, as a statement tells it.

    :param int event: the appointment
    :param int practitioner: who gave it; ``None`` when nobody is named
    :param float price: what was really paid for its credits
    """

    event: int
    day: date
    appointment_type: int
    practitioner: int | None
    price: float


class Stated(NamedTuple):
    """A line of an issued statement that nothing took back yet, with what it told."""

    id: int
    visit: Visit
    share: float


class Line(NamedTuple):
    """What a statement has to say: a visit, or (with ``takes_back``, the line that it undoes) that it was wrong."""

    visit: Visit
    share: float
    takes_back: int | None = None


def share_of(price, percentage, amount, rounding=0.01):
    """Return the payer's share of a visit: a percentage of its price, else an amount, but never more than the price."""
    if percentage:
        return part_of(price, percentage, rounding)
    return min(round_money(amount, rounding), price)


def settle(visits, covered, stated, percentage, amount, rounding=0.01):
    """Return the lines that bring what a payer was told to what has happened; none when it is there.

    What was issued stays as it was, whatever the arrangement says now. A line is taken back to the cent when the visit
    is no visit of the patient any more, or when it turned out to be another one (another day, type, practitioner or
    price), which is then stated anew.

    :param list visits: those that took place as far as is known now
    :param set covered: the events of those that the arrangement holds for
    :param list stated: of :class:`Stated`
    """
    now = {visit.event: visit for visit in visits}
    right = {line.visit.event for line in stated if now.get(line.visit.event) == line.visit}
    lines = [
        Line(line.visit._replace(price=-line.visit.price), -line.share, line.id)
        for line in stated
        if line.visit.event not in right
    ]
    lines += [
        Line(visit, share_of(visit.price, percentage, amount, rounding))
        for visit in sorted(visits, key=lambda it: (it.day, it.event))
        if visit.event in covered and visit.event not in right
    ]
    return lines


def bundle(lines, *, per_visit):
    """Return ``lines`` as the documents that they stand on, in order: one for each visit, or for each month of visits.

    What is taken back stands with what takes its place; otherwise it is a document of its own per visit, or stands on
    the last one of the months.
    """
    stated = [line for line in lines if line.takes_back is None]
    keys = {line.visit.event: line.visit.event if per_visit else line.visit.day.replace(day=1) for line in stated}
    last = keys[stated[-1].visit.event] if stated else None
    documents = {}
    for line in [*stated, *(line for line in lines if line.takes_back is not None)]:
        event = line.visit.event
        documents.setdefault(keys.get(event, event if per_visit else last), []).append(line)
    return [sorted(of_one, key=lambda line: (line.visit.day, line.takes_back is None)) for of_one in documents.values()]
