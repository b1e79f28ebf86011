"""What the posted documents of a paid period hold of what was billed, line by line: what can be given back.

Money is in the currency of the subscription, without tax. Days are days of the company's time zone, both ends included.
Amounts are exact fractions until they are rounded half up to ``rounding``, once.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .credits import round_money


@dataclass(frozen=True)
class Entry:
    """A posted line that holds money for days: what it brought, or (negative) took back."""

    amount: float
    date_from: date
    date_to: date


@dataclass(frozen=True)
class Charge:
    """What was billed on one line of a paid period, with all that became of it: what can be given back.

    :param line: whatever identifies the line; what is given back goes by its product, taxes and account
    :param Entry billed: the line as it was posted last
    :param tuple entries: the :class:`Entry` of every posted line of it: itself, what repeats it and what credits it
    :param tuple licences: the :class:`~.seats.Licence` it charged; none on a line that a person added
    :param int days: days of the whole period that the prices of the licences are for
    :param discount: whatever identifies the line of the discount on it, or ``None``
    :param Fraction discount_amount: what of that line is for this one; positive, not rounded
    """

    line: object
    plan: object
    billed: Entry
    entries: tuple
    licences: tuple = ()
    days: int = 0
    discount: object = None
    discount_amount: Fraction = Fraction(0)


def unused_amount(charge, day, rounding=0.01):
    """Return what a charge holds for the days from ``day`` on, before discount."""
    unused = sum(
        exact_amount(entry, charge.licences, charge.days, rounding) * part_from(entry, day) for entry in charge.entries
    )
    return round_fraction(unused, rounding)


def exact_amount(entry, licences, days, rounding=0.01):
    """Return the amount of an entry before it was rounded, when it is what its licences cost for its days.

    :param int days: days of the whole period that the prices are for
    """
    amount = Fraction(str(entry.amount))
    if not licences:
        return amount
    whole = sum(Fraction(str(licence.price)) for licence in licences)
    exact = whole * count_days(entry.date_from, entry.date_to) / days
    if abs(entry.amount) != round_fraction(exact, rounding):
        return amount
    return exact if amount > 0 else -exact


def share_discounts(charges, amounts, rounding=0.01):
    """Return ``charges`` with what the lines of discounts take off each of them.

    :param charges: all :class:`Charge` that the discounts are on, of whatever period
    :param dict amounts: what each line of a discount still takes off; positive
    """
    weights = {
        charge: exact_amount(charge.billed, charge.licences, charge.days, rounding)
        * Fraction(str(charge.licences[0].discount_rate))
        for charge in charges
        if charge.discount is not None
    }
    wholes = {}
    for charge, weight in weights.items():
        wholes[charge.discount] = wholes.get(charge.discount, 0) + weight
    shared = []
    for charge in charges:
        if charge in weights:
            weight, whole = weights[charge], wholes[charge.discount]
            amount = amounts.get(charge.discount, 0.0)
            if round_fraction(whole, rounding) != amount:
                weight = Fraction(str(amount)) * weight / whole if whole else 0
            charge = replace(charge, discount_amount=Fraction(weight))
        shared.append(charge)
    return tuple(shared)


def share_amount(amount, weights, rounding=0.01):
    """Share ``amount`` in proportion of ``weights``, each rounded so that they add up to exactly ``amount``."""
    whole, done, given, shares = sum(map(Fraction, weights)), Fraction(0), Decimal(0), []
    for weight in weights:
        done += Fraction(weight)
        until = Decimal(str(round_fraction(Fraction(str(amount)) * done / whole, rounding) if whole else 0.0))
        shares.append(float(until - given))
        given = until
    return shares


def part_from(entry, day):
    """Return which part (0 to 1) of the days of an entry lies on or after ``day``."""
    left = max(0, count_days(max(day, entry.date_from), entry.date_to))
    return Fraction(left, count_days(entry.date_from, entry.date_to))


def count_days(first, last):
    """Return the number of days, both ends included."""
    return (last - first).days + 1


def round_fraction(number, rounding=0.01):
    """Round an exact number half up (away from zero) to a multiple of ``rounding``."""
    number = Fraction(number)
    return round_money(Decimal(number.numerator) / number.denominator, rounding)
