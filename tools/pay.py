"""The rules of practitioners' pay: which rule pays a credit, what its share is, and what a later change takes back.

Money is in the company's currency, without tax, and rounded half up to ``rounding``, the smallest amount of that
currency. A percentage is a number from 0 to 100. Days are days of the practice's time zone.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .credits import BREAKAGE_KINDS, round_money


class Rule(NamedTuple):
    """What a practitioner gets of a credit that is used, or lost, on a day from ``date_from`` to ``date_to``.

    ``None`` as ``practitioner`` or ``appointment_type`` means all of them, as ``date_to`` that it goes on. ``basis`` is
    ``paid`` or ``internal_rate``.
    """

    id: int
    practitioner: int | None
    appointment_type: int | None
    basis: str
    percentage: float
    missed_percentage: float
    date_from: date
    date_to: date | None = None

    def holds_on(self, day):
        return self.date_from <= day and (not self.date_to or day <= self.date_to)


class Share(NamedTuple):
    """What somebody gets for a movement of credits: so much percent of ``basis_amount``, by a rule."""

    rule: int
    appointment_type: int
    basis: str
    percentage: float
    basis_amount: float
    amount: float

    def undone(self):
        return self._replace(basis_amount=-self.basis_amount, amount=-self.amount)


class Stated(NamedTuple):
    """The line of a confirmed statement that pays a movement: whom, and what."""

    id: int
    practitioner: int
    share: Share


class Movement(NamedTuple):
    """Credits of one lot that an appointment used or lost; a negative number takes back all that it did before.

    :param int practitioner: who gave the appointment as far as is known now; ``None`` when nobody did
    :param date day: of the appointment
    :param float paid: what was really paid for these credits
    :param float rated: what they are worth at the internal rate
    :param Stated stated: what pays it already
    """

    id: int
    kind: str
    credits: int
    practitioner: int | None
    appointment_type: int
    day: date
    paid: float
    rated: float
    stated: Stated | None = None


class Draft(NamedTuple):
    """A statement that takes what happened until ``last``, the end of its month."""

    last: date
    id: int


class Line(NamedTuple):
    """What a statement has to say about a movement; ``takes_back`` is the line that it undoes."""

    movement: Movement
    practitioner: int
    share: Share
    takes_back: int | None = None


class RuleBook:
    """The rules of a company, of which the most specific one pays."""

    def __init__(self, rules):
        self._rules = {}
        for rule in rules:
            self._rules.setdefault((rule.practitioner, rule.appointment_type), []).append(rule)

    def choose(self, practitioner, appointment_type, day):
        """Return the rule that pays, or ``None``: that of the practitioner and the type, then that of the practitioner,
        then that of the type, then that of everybody."""
        for scope in (
            (practitioner, appointment_type),
            (practitioner, None),
            (None, appointment_type),
            (None, None),
        ):
            for rule in self._rules.get(scope, ()):
                if rule.holds_on(day):
                    return rule
        return None

    def share_of(self, movement, rounding):
        """Return the share of credits that were used or lost, or ``None`` when no rule pays them."""
        rule = self.choose(movement.practitioner, movement.appointment_type, movement.day)
        if not rule:
            return None
        percentage = rule.missed_percentage if movement.kind in BREAKAGE_KINDS else rule.percentage
        if not percentage:
            return None
        amount = round_money(movement.paid if rule.basis == "paid" else movement.rated, rounding)
        return Share(
            rule.id,
            movement.appointment_type,
            rule.basis,
            percentage,
            amount,
            part_of(amount, percentage, rounding),
        )


def part_of(amount, percentage, rounding=0.01):
    """Return ``percentage`` percent of ``amount``, rounded."""
    return round_money(Decimal(str(amount)) * Decimal(str(percentage)) / 100, rounding)


def settle(movements, book, rounding=0.01):
    """Return the lines that bring the pay of an appointment to where it belongs; none when it is there.

    What was confirmed stays as it was stated, whatever the rules say now. It is taken back when somebody else gave the
    appointment, who gets what the rules say. A correction takes back to the cent what its movements had brought.

    :param list movements: all of one appointment, lot and kind, in the order in which they happened
    :param RuleBook book: the rules
    """
    lines, shares = [], []
    for movement in movements:
        stated = movement.stated
        if stated and stated.practitioner != movement.practitioner:
            lines.append(Line(movement, stated.practitioner, stated.share.undone(), stated.id))
            stated = None
        if stated:
            shares.append(stated.share)
            continue
        share = _due(movement, shares, book, rounding) if movement.practitioner else None
        if share:
            shares.append(share)
            lines.append(Line(movement, movement.practitioner, share))
    return lines


def _due(movement, shares, book, rounding):
    """Return the share of a movement that nothing pays yet; ``shares`` are those of what happened before it."""
    if movement.credits > 0:
        return book.share_of(movement, rounding)
    if not shares:
        return None
    totals = {
        name: -round_money(sum(getattr(share, name) for share in shares), rounding)
        for name in ("basis_amount", "amount")
    }
    return shares[-1]._replace(**totals)


def earliest_draft(drafts, day):
    """Return the id of the first of ``drafts`` that takes what happened on ``day``, or ``None``."""
    return min((draft for draft in drafts if draft.last >= day), default=Draft(day, None)).id
