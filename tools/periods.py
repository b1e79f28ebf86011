"""The rules of periods: billing dates that do not drift, shares by days, and release by calendar month.

Days are days of the company's time zone, both ends of a period included. Money is rounded half up to ``rounding``, the
smallest amount of its currency.
"""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from .credits import round_money

#: Months of each billing interval.
INTERVAL_MONTHS = {"month": 1, "year": 12}


def period_start(anchor, number, interval):
    """Return the first day of period ``number`` (from 0) of a subscription that began on ``anchor``.

    Always anchor + n intervals, with the day clamped to the month, and never "the previous one + a month": a
    subscription of the 31st is billed on 28 February and on 31 March again.
    """
    return anchor + relativedelta(months=number * INTERVAL_MONTHS[interval])


def period_days(anchor, number, interval):
    """Return the first and the last day of period ``number``, both included."""
    return period_start(anchor, number, interval), period_start(anchor, number + 1, interval) - timedelta(days=1)


def period_number(anchor, day, interval):
    """Return the number of the period that ``day`` falls in.

    :raises ValueError: when ``day`` lies before the anchor
    """
    if day < anchor:
        raise ValueError(f"{day} lies before the first period, which begins on {anchor}")
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    number = months // INTERVAL_MONTHS[interval]
    # The day of the month decides, after clamping, whether the last interval has begun.
    return number if period_start(anchor, number, interval) <= day else number - 1


def first_start_from(anchor, day, interval):
    """Return the first day, not before ``day``, on which a period begins; ``day`` is not before the anchor."""
    number = period_number(anchor, day, interval)
    start = period_start(anchor, number, interval)
    return start if start >= day else period_start(anchor, number + 1, interval)


def share_by_days(price, first, last, day, *, rounding=0.01):
    """Return the part of ``price`` for the days from ``day`` to the end of the period, both ends included.

    :param date first: first day of the period
    :param date last: last day of the period
    :raises ValueError: when ``day`` lies outside the period
    """
    if not first <= day <= last:
        raise ValueError(f"{day} lies outside the period from {first} to {last}")
    return round_money(Decimal(str(price)) * ((last - day).days + 1) / ((last - first).days + 1), rounding)


def given_by_days(amount, first, last, day, *, rounding=0.01):
    """Return the part of ``amount`` (of whatever sign) for the days of a service that are over at the end of ``day``.

    What is left is rounded as if it were given back, so that the two add up to exactly ``amount``.

    :param date first: first day of the service
    :param date last: last day of the service
    """
    if day >= last:
        return amount
    if day < first:
        return 0.0
    left = share_by_days(amount, first, last, day + timedelta(days=1), rounding=rounding)
    return float(Decimal(str(amount)) - Decimal(str(left)))


def release_by_month(amount, first, last, *, rounding=0.01):
    """Share ``amount`` over the calendar months of a period by days; the last month takes what rounding left.

    :return: ``[(last day of the month in the period, amount)]``, adding up to exactly ``amount``
    """
    days, left, steps = (last - first).days + 1, Decimal(str(amount)), []
    day = first
    while day <= last:
        month_end = day + relativedelta(day=31)
        until = min(month_end, last)
        part = Decimal(str(round_money(Decimal(str(amount)) * ((until - day).days + 1) / days, rounding)))
        part = left if until == last else part
        steps.append((month_end, float(part)))
        left -= part
        day = until + timedelta(days=1)
    return steps


def release_plan(kept, first, last, done, day, *, rounding=0.01):
    """Plan what is still to be released of a period, so that all of ``kept`` is released in the end.

    :param float kept: what the balance post holds for the period before any release: invoiced less credited
    :param date first: first day of the service
    :param date last: last day of the service
    :param list done: ``(day, amount)`` of the releases that are posted
    :param date day: of the last invoice or credit note; nothing is released before it came to the books
    :return: ``[(day, amount)]`` in order of days. What was released too much is taken back on ``day``; what is missing
        in posted months goes out with the next one.
    """
    released = sum((Decimal(str(amount)) for _day, amount in done), Decimal(0))
    until = max((done_day for done_day, _amount in done), default=None)
    # A period that ended before it began (changed on its first day) has one step.
    kept = round_money(kept, rounding)
    schedule = release_by_month(kept, first, max(first, last), rounding=rounding)
    ahead = [(month_end, Decimal(str(amount))) for month_end, amount in schedule if not until or month_end > until]
    # A month that is posted is not opened again: what is missing in it goes out with the next one, if there is one.
    target, steps = Decimal(str(kept)) - sum(amount for _end, amount in ahead), defaultdict(Decimal)
    if target < released or not ahead:
        steps[day] = target - released
        released = target
    for month_end, amount in ahead:
        target += amount
        steps[max(month_end, day)] += target - released
        released = target
    return [(when, float(part)) for when, part in sorted(steps.items()) if part]
