"""The rules of dates. Moments are naive UTC, as Odoo stores them; days are days of the practice's time zone."""

from datetime import datetime, time, timedelta
from functools import lru_cache

import pytz
from dateutil.relativedelta import relativedelta


@lru_cache(maxsize=4096)  # of an appointment it is asked several times
def local_day(moment, tz):
    """Return the day on which a naive UTC ``moment`` falls in the time zone named ``tz``."""
    return pytz.timezone(tz).fromutc(moment).date()


def naive_utc(local):
    """Return a moment that knows its time zone as naive UTC.

    The midnight that ends a day, which Odoo writes as its last microsecond, is that midnight.
    """
    moment = local.astimezone(pytz.utc).replace(tzinfo=None)
    return moment + timedelta(microseconds=1) if moment.microsecond == 999_999 else moment


def day_begins(day, tz):
    """Return the moment, naive UTC, at which ``day`` begins in the time zone named ``tz``."""
    midnight = datetime.combine(day, time.min)
    return pytz.timezone(tz).localize(midnight).astimezone(pytz.utc).replace(tzinfo=None)


def same_time_on(moment, day, tz):
    """Return the moment at which the clock in ``tz`` shows on ``day`` what it shows at ``moment`` on its own day.

    An hour that the night of a clock change skips is an hour later, one that comes twice is the second.
    """
    zone = pytz.timezone(tz)
    clock = pytz.utc.localize(moment).astimezone(zone).time()
    return zone.localize(datetime.combine(day, clock)).astimezone(pytz.utc).replace(tzinfo=None)


def expiry_day(activation, months):
    """Return the last day, included, on which credits activated on ``activation`` can be used.

    The day is clamped to the month: one month from 31 January ends on the last day of February.
    Zero months means that credits do not expire: ``None``.
    """
    return activation + relativedelta(months=months) if months else None


def last_day_of(activation, first_visit, *, months, since, fixed):
    """Return the last day, included, on which credits can be used; ``None`` while they have no end.

    The earlier of both ends counts. A fixed day that was over when the credits were paid is none: nobody pays for what
    is over, so staff decides.

    :param date first_visit: the day of the first visit, or ``None``
    :param int months: from the beginning; 0: that end is not agreed on
    :param str since: what they begin with: ``activation`` or ``first_visit``
    :param date fixed: the day until which they can be used at most, or ``None``
    :raises ValueError: for a beginning that this rule does not know
    """
    if since not in ("activation", "first_visit"):
        raise ValueError(f"unknown beginning {since!r}")
    if not activation:
        return None
    begins = activation if since == "activation" else first_visit
    ends = [expiry_day(begins, months)] if begins and months else []
    if fixed and fixed >= activation:
        ends.append(fixed)
    return min(ends, default=None)


def free_until(start, hours):
    """Return the last moment at which cancelling an appointment that starts at ``start`` costs nothing.

    Elapsed hours, not wall-clock hours: the night of a clock change does not shorten anybody's notice.
    """
    return start - timedelta(hours=hours)


def first_open_day(day, locked_until):
    """Return ``day``, or the first day after the lock when the lock covers it."""
    return max(day, locked_until + timedelta(days=1)) if locked_until else day
