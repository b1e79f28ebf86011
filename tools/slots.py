"""The rules of times that patients may choose. Moments are naive UTC, as Odoo stores them."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

import pytz

#: Free times are looked for in steps of this length: no time zone in use is off by a fraction of it.
TICK = timedelta(minutes=5)

MINUTES_OF_A_DAY = 24 * 60

NO_BUFFER = timedelta()


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


class Busy(NamedTuple):
    """A time at which somebody is busy, and how long they have nothing else ``before`` and ``after`` it."""

    start: datetime
    stop: datetime
    before: timedelta = NO_BUFFER
    after: timedelta = NO_BUFFER

    def overlaps(self, start, stop):
        """Return whether it is at the same time as something from ``start`` to ``stop``, buffers aside."""
        return self.start < stop and start < self.stop

    def keep_free(self, before=NO_BUFFER, after=NO_BUFFER):
        """Return the span ``(start, stop)`` that an appointment with these buffers may not overlap.

        Between the two the longer of both buffers stays free: they are shared, not added up.
        """
        return self.start - max(self.before, after), self.stop + max(self.after, before)

    def find_gap(self, start, stop, before=NO_BUFFER, after=NO_BUFFER):
        """Return how much time would have to stay free between this and an appointment from ``start`` to ``stop``.

        Nothing when both are at the same time; ``None`` when neither is in the other's way.
        """
        begins, ends = self.keep_free(before, after)
        if stop <= begins or ends <= start:
            return None
        if stop <= self.start:
            return self.start - begins
        return ends - self.stop if self.stop <= start else NO_BUFFER


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


def spread_over_days(start, stop, tz):
    """Return the parts of a time on each of the days that it touches in the time zone ``tz``, in order.

    They are read off the clock on the wall, so that what begins at ten stands at ten on the day of a clock change too.

    :param datetime start, stop: naive UTC
    :return: ``[(day, begins, ends)]``, whole minutes since midnight; the end of a day is 1440
    """
    zone = pytz.timezone(tz)
    begins, ends = (pytz.utc.localize(moment).astimezone(zone) for moment in (start, stop))
    days = [begins.date() + timedelta(days=number) for number in range((ends.date() - begins.date()).days + 1)]
    parts = []
    for day in days:
        first = begins.hour * 60 + begins.minute if day == days[0] else 0
        last = ends.hour * 60 + ends.minute if day == days[-1] else MINUTES_OF_A_DAY
        # The hour that the clock shows twice can end before it begins.
        if last > first or len(days) == 1:
            parts.append((day, first, max(first, last)))
    return parts


def clip(spans, start, stop):
    """Return what of ``spans`` lies between two moments, in their order."""
    clipped = ((max(begins, start), min(ends, stop)) for begins, ends in spans)
    return [(begins, ends) for begins, ends in clipped if begins < ends]


def count_minutes(spans):
    """Return how many minutes ``(begins, ends)`` spans cover together: what overlaps counts once."""
    total, reached = 0, None
    for begins, ends in sorted(spans):
        begins = begins if reached is None else max(begins, reached)
        if ends > begins:
            total += ends - begins
            reached = ends
    return total


def free_starts(free, *, duration, step, earliest, latest, tz):
    """Return the moments, in order, at which an appointment can start.

    The whole appointment lies in free time, and starts when the clock on the wall shows a multiple of the step since
    midnight: 10:00 and 10:30, not 09:50.

    :param free: ``(start, stop)`` intervals in order that neither overlap nor touch
    :param timedelta duration: of the appointment
    :param int step: whole minutes, a multiple of 5
    :param earliest, latest: moments between which the appointment starts, both included
    :param str tz: time zone of the clock on the wall
    """
    return [
        start
        for opens, closes in free
        for start in _wall_clock_times(max(opens, earliest), min(closes - duration, latest), step, tz)
    ]


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
