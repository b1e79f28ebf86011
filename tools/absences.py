"""The rules of who can stand in for a practitioner who is away. Moments are naive UTC, as Odoo stores them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple


class Visit(NamedTuple):
    """An appointment that needs somebody else at the same time.

    :param key: what names it, for the caller
    :param timedelta buffer: that stays free before and after what the colleague is busy with
    :param colleagues: who may give it, in the order in which they are preferred
    """

    key: object
    start: datetime
    stop: datetime
    buffer: timedelta
    colleagues: tuple


def propose_colleagues(visits, work, busy):
    """Return ``{key: colleague}`` of those of ``visits`` at whose time somebody works and is free.

    Each gives one at a time; whoever was proposed least often goes first, so that not all of it falls to one person.

    :param work: ``{colleague: [(start, stop)]}``: working times, of which none touch
    :param busy: ``{colleague: [(start, stop)]}`` in any order, also overlapping
    """
    taken = {colleague: list(spans) for colleague, spans in busy.items()}
    proposed, load = {}, Counter()
    for visit in sorted(visits, key=lambda it: it.start):
        for colleague in sorted(visit.colleagues, key=lambda it: load[it]):
            works = any(begins <= visit.start and visit.stop <= ends for begins, ends in work.get(colleague, ()))
            if works and _is_free(visit, taken.get(colleague, ())):
                proposed[visit.key] = colleague
                load[colleague] += 1
                taken.setdefault(colleague, []).append((visit.start, visit.stop))
                break
    return proposed


def _is_free(visit, busy):
    opens, closes = visit.start - visit.buffer, visit.stop + visit.buffer
    return not any(begins < closes and opens < ends for begins, ends in busy)
