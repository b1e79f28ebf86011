"""The rules of the waiting list: which places suit who waits, and how long one is held for them."""

from datetime import date, timedelta
from typing import NamedTuple

import pytz

#: A place is held until this long before it begins at most: whoever takes it still has to come.
LAST_MOMENT = timedelta(hours=1)


class Wish(NamedTuple):
    """When a patient who waits can come, in the practice's time zone.

    :param days: numbers of the days of the week, Monday is 0
    :param float hour_from: hour of the day from which they can come
    :param float hour_to: hour of the day until which they can stay
    :param last_day: the last day, included, or ``None``
    """

    days: frozenset
    hour_from: float
    hour_to: float
    last_day: date | None

    def allows(self, start, stop, tz):
        """Return whether a visit between two moments, naive UTC, suits: all of it lies within the hours of the day."""
        begins = pytz.utc.localize(start).astimezone(pytz.timezone(tz))
        minutes = begins.hour * 60 + begins.minute
        ends = minutes + (stop - start) // timedelta(minutes=1)
        return (
            begins.weekday() in self.days
            and round(self.hour_from * 60) <= minutes
            and ends <= round(self.hour_to * 60)
            and (self.last_day is None or begins.date() <= self.last_day)
        )


def day_spans(days):
    """Return the numbers of days of the week as ``[(first, last)]``, in order: Monday to Friday is ``[(0, 4)]``.

    Two days that follow each other stay two, as people say them.
    """
    spans = []
    for day in sorted(days):
        if spans and spans[-1][1] == day - 1:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return [
        part
        for first, last in spans
        for part in ([(first, first), (last, last)] if last == first + 1 else [(first, last)])
    ]


def hold_until(now, start, hours):
    """Return until when a place that begins at ``start`` is held for whom it is offered; moments are naive UTC.

    ``None`` when it is too late to offer it.

    :param int hours: how long the practice holds a place
    """
    until = min(now + timedelta(hours=hours), start - LAST_MOMENT)
    return until if until > now else None
