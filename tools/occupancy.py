"""The rules of occupancy. Moments are naive UTC, as Odoo stores them; days are days of the practice's time zone."""

from collections import defaultdict
from datetime import timedelta

from .dates import day_begins, local_day


def hours_per_day(spans, tz):
    """Return ``{day: hours}`` that ``spans`` take, each moment once: two at a time are one hour of whoever gives them.

    A span that goes on over midnight is cut there.

    :param spans: ``(start, stop)`` in any order, also overlapping
    """
    hours = defaultdict(float)
    for start, stop in merge(spans):
        while start < stop:
            day = local_day(start, tz)
            ends = min(stop, day_begins(day + timedelta(days=1), tz))
            hours[day] += (ends - start) / timedelta(hours=1)
            start = ends
    return dict(hours)


def merge(spans):
    """Return ``spans`` in order, those that overlap or touch as one."""
    merged = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged
