"""The rules of who can stand in for a practitioner who is away. Moments are naive UTC, as Odoo stores them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from .slots import Busy


class Visit(NamedTuple):
    """An appointment that needs somebody else at the same time.

    :param key: what names it, for the caller
    :param timedelta before, after: in which the colleague has nothing else
    :param colleagues: who may give it, in the order in which they are preferred
    """

    key: object
    start: datetime
    stop: datetime
    before: timedelta
    after: timedelta
    colleagues: tuple


def propose_colleagues(visits, work, busy):
    """Return ``{key: colleague}`` of those of ``visits`` at whose time somebody works and is free.

    Each gives one at a time; whoever was proposed least often goes first, so that not all of it falls to one person.

    :param work: ``{colleague: [(start, stop)]}``: working times, of which none touch
    :param busy: ``{colleague: [Busy]}`` in any order, also overlapping
    """
    taken = {colleague: list(spans) for colleague, spans in busy.items()}
    proposed, load = {}, Counter()
    for visit in sorted(visits, key=lambda it: it.start):
        for colleague in sorted(visit.colleagues, key=lambda it: load[it]):
            works = any(begins <= visit.start and visit.stop <= ends for begins, ends in work.get(colleague, ()))
            if works and _is_free(visit, taken.get(colleague, ())):
                proposed[visit.key] = colleague
                load[colleague] += 1
                taken.setdefault(colleague, []).append(Busy(visit.start, visit.stop, visit.before, visit.after))
                break
    return proposed


def _is_free(visit, busy):
    return all(it.find_gap(visit.start, visit.stop, visit.before, visit.after) is None for it in busy)
