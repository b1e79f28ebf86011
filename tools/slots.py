"""The rules of times that patients may choose. Moments are naive UTC, as Odoo stores them."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

import pytz

#: Free times are looked for in steps of this length: no time zone in use is off by a fraction of it.
TICK = timedelta(minutes=5)


class Slot(NamedTuple):
    """A time that a patient chose, before it is booked. It travels in addresses, where anybody may write anything: who
    reads it still has to ask whether it exists, is free, and is for this patient."""

    type_id: int
    practitioner_id: int
    patient_id: int
    start: datetime

    def encode(self):
        """Return the slot as text for an address; :meth:`decode` reads it."""
        moment = int(self.start.replace(tzinfo=UTC).timestamp())
        return f"{self.type_id}-{self.practitioner_id}-{self.patient_id}-{moment}"

    @classmethod
    def decode(cls, text):
        """Return the slot that ``text`` names, or ``None`` when it names none."""
        found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,10})", text or "")
        if not found:
            return None
        *ids, moment = map(int, found.groups())
        return cls(*ids, datetime.fromtimestamp(moment, UTC).replace(tzinfo=None))


def span_of_days(first, last, tz):
    """Return the moments between which the days ``first`` to ``last``, both included, lie in the time zone ``tz``.

    :return: ``(start, stop)``: midnight of the first day and midnight after the last one
    """
    zone = pytz.timezone(tz)
    midnights = (zone.localize(datetime.combine(day, time.min)) for day in (first, last + timedelta(days=1)))
    return tuple(midnight.astimezone(pytz.utc).replace(tzinfo=None) for midnight in midnights)


def week_of(day):
    """Return the Monday and the Sunday of the week of ``day``."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def merged(intervals):
    """Return ``(start, stop)`` intervals in order, those that touch or overlap made one, empty ones left out."""
    result = []
    for start, stop in sorted(intervals):
        if start >= stop:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result


def free_starts(work, busy, *, duration, step, buffer, earliest, latest, tz, elsewhere=()):
    """Return the moments, in order, at which an appointment can start.

    The whole appointment lies in working time, touches nothing else without the buffer in between, and starts when the
    clock on the wall shows a multiple of the step since midnight: 10:00 and 10:30, not 09:50.

    :param work: ``(start, stop)`` intervals in which the practitioner works; those that touch count as one
    :param busy: ``(start, stop)`` intervals in which they are busy, in any order, also overlapping
    :param timedelta duration: of the appointment
    :param int step: whole minutes, a multiple of 5
    :param timedelta buffer: between the appointment and what the practitioner is busy with, on both sides
    :param earliest, latest: moments between which the appointment starts, both included
    :param str tz: time zone of the clock on the wall
    :param elsewhere: intervals in which somebody else who is needed is busy; no buffer around them
    """
    blocked = merged([(start - buffer, stop + buffer) for start, stop in busy] + [*elsewhere])
    starts = []
    for opens, closes in merged(work):
        candidates = _wall_clock_times(max(opens, earliest), min(closes - duration, latest), step, tz)
        starts += _outside(candidates, duration, blocked)
    return starts


def _wall_clock_times(first, last, step, tz):
    """Yield the moments from ``first`` to ``last`` when the clock in ``tz`` shows a multiple of ``step`` minutes."""
    zone = pytz.timezone(tz)
    moment = datetime.min + -(-(first - datetime.min) // TICK) * TICK
    while moment <= last:
        local = pytz.utc.localize(moment).astimezone(zone)
        if (local.hour * 60 + local.minute) % step:
            moment += TICK
            continue
        yield moment
        # Over the hour of a clock change and over midnight, which ends the grid of the day, tick by tick.
        leap = timedelta(minutes=step)
        ahead = pytz.utc.localize(moment + leap).astimezone(zone)
        regular = ahead.utcoffset() == local.utcoffset() and ahead.date() == local.date()
        moment += leap if regular else TICK


def _outside(starts, duration, blocked):
    """Yield those of ``starts`` from which ``duration`` overlaps nothing of ``blocked``; both are in order."""
    blocks = iter(blocked)
    block = next(blocks, None)
    for start in starts:
        while block and block[1] <= start:
            block = next(blocks, None)
        if not block or block[0] >= start + duration:
            yield start
