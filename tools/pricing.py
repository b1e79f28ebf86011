"""The lines of a subscription's invoice. One function makes them for the preview, the invoice and the books.

Money is in the currency of the subscription, without tax, each line rounded half up to ``rounding``. Days are days
of the company's time zone, both ends included. A :class:`Bill` knows no words: texts are made where it is shown.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .charges import count_days, part_from, round_fraction, unused_amount
from .credits import round_money
from .periods import INTERVAL_MONTHS, share_by_days
from .seats import SEAT_KINDS, Licence, newcomers, seats_on

#: Sections that a discount code lowers.
CHARGED_SECTIONS = ("licence", "change", "addition")


@dataclass(frozen=True)
class Tariff:
    """What a plan costs from a period's first day on.

    :param plan: whatever identifies the plan; lines of one plan share product, taxes and accounts
    :param dict prices: price of one seat for a whole period, by seat kind; a kind without a price is a ``KeyError``
    :param bool by_days: whether a seat that comes during a period is charged by days from that day on. Without it
        (memberships, which give whole credits) it is paid from the next period on.
    :param bool inline_discount: whether discounts lower the price of the lines instead of having a line of their own
    """

    plan: object
    interval: str
    prices: dict
    by_days: bool = True
    inline_discount: bool = False


@dataclass(frozen=True)
class Period:
    """A period that is paid in advance.

    :param date base_from: first day of the whole period that the prices are for; earlier than ``date_from`` when the
        plan was changed in the middle
    :param tuple licences: the :class:`~.seats.Licence` billed so far
    :param tuple charges: the :class:`~.charges.Charge` that hold money for its days, when they are to be given back
    """

    tariff: Tariff
    date_from: date
    date_to: date
    base_from: date
    licences: tuple = ()
    charges: tuple = ()


@dataclass(frozen=True)
class Usage:
    """Use of one kind under the same tariff: what is new, and what was billed before of the same period of use.

    :param tuple ids: what identifies each use, where it is asked for
    :param tuple days: what identifies the days of use: ``(period, kind, day)``
    """

    plan: object
    kind: object
    unit_price: float
    quantity: float
    included: float = 0.0
    billed_before: float = 0.0
    date_from: date | None = None
    date_to: date | None = None
    ids: tuple = ()
    days: tuple = ()


@dataclass(frozen=True)
class Discount:
    """A running code: a percentage (0 to 100) or an amount for each invoice."""

    kind: str
    value: float
    code: object = None


@dataclass(frozen=True)
class Line:
    """One line: ``amount`` is ``quantity`` x ``price_unit``, rounded.

    :param str section: licence, change (licences of a changed plan), addition, credit, usage, discount or returned (the
        discount on what is credited)
    :param plan: see :class:`Tariff`
    :param kind: kind of seat, or of usage
    :param float price: what one seat costs for a whole period, or one unit
    :param tuple seats: the :class:`~.seats.Seat` charged, or the :class:`~.seats.Licence` credited
    :param bool inline: see :class:`Tariff`; the price is after discount, ``list_amount`` before
    :param origin: the line that is given back; see :class:`~.charges.Charge`
    :param float discounted: what a line of a discount takes off this one
    """

    section: str
    plan: object
    quantity: float
    price_unit: float
    amount: float
    kind: object = None
    price: float = 0.0
    date_from: date | None = None
    date_to: date | None = None
    seats: tuple = ()
    usage: Usage | None = None
    discount: Discount | None = None
    inline: bool = False
    list_amount: float = 0.0
    origin: object = None
    discounted: float = 0.0

    @property
    def net(self):
        """What is paid for this line, after discount."""
        return float(Decimal(str(self.amount)) - Decimal(str(self.discounted)))


@dataclass(frozen=True)
class Bill:
    """The lines of one invoice and what they pay for.

    :param tuple additions: :class:`~.seats.Licence` that the invoice adds to the period before
    :param tuple licences: those of the new period
    :param float discount_rate: the part of the price (0 to 1) that a code took off
    """

    lines: tuple = ()
    additions: tuple = ()
    licences: tuple = ()
    discount_rate: float = 0.0

    @property
    def total(self):
        return float(sum((Decimal(str(line.amount)) for line in self.lines), Decimal(0)))

    @property
    def is_discounted(self):
        """Whether a code took something off."""
        return any(line.discount for line in self.lines)


def price_on(prices, day):
    """Return the price in force on ``day`` of ``[(first day or None, price)]``, or ``None`` when there is none."""
    dated = [(start or date.min, price) for start, price in prices]
    return max((row for row in dated if row[0] <= day), default=(None, None), key=lambda row: row[0])[1]


def next_price(prices, day):
    """Return ``(first day, price)`` of the first other price after ``day``, or ``None``.

    :param prices: as those of :func:`price_on`
    """
    now = price_on(prices, day)
    later = sorted((start, price) for start, price in prices if start and start > day)
    return next((row for row in later if row[1] != now), None)


def seats_price(tariff, seats, day):
    """Return what the seats present on ``day`` cost for a whole period; without any, what one would cost."""
    kinds = [kind for _seat, kind in seats_on(seats, day).values()] or ["standard"]
    return float(sum(Decimal(str(tariff.prices[kind])) for kind in kinds))


def is_change_now(old, old_days, new, new_days, seats, day):
    """Return whether a change of plan happens at once (it is dearer a day, or the same plan for longer).

    :param int old_days: days of a whole period of the old tariff; ``new_days`` likewise
    """
    months, new_months = INTERVAL_MONTHS[old.interval], INTERVAL_MONTHS[new.interval]
    if new_months < months or not old.by_days or not new.by_days:
        return False
    if new_months > months and old.plan == new.plan:
        return True
    price, new_price = (Decimal(str(seats_price(tariff, seats, day))) for tariff in (old, new))
    return new_price * old_days > price * new_days


# === BILLS === #


def regular_bill(previous, period, seats, usage=(), discount=None, *, rounding=0.01):
    """Return the bill at the start of ``period``: its licences, additions to ``previous`` and usage until then.

    :param Period previous: the period before, or ``None`` for the first one
    :param Period period: the new one, without licences yet
    """
    lines = [
        *_licence_lines("licence", period, seats, rounding),
        *_addition_lines(previous, seats, previous and previous.date_to, rounding),
        *usage_lines(usage, rounding),
    ]
    return _bill(lines, period, discount, rounding)


def change_bill(previous, period, seats, usage=(), discount=None, *, rounding=0.01):
    """Return the bill of a plan that changes on the first day of ``period``, in the middle of ``previous``.

    The unused days of all that was paid are credited at what was paid for them; today's seats are charged. Additions
    that were not billed yet are charged for the days until the change.

    :raises ValueError: when the change does not lie in the paid period
    """
    if not previous.date_from <= period.date_from <= previous.date_to:
        raise ValueError(f"{period.date_from} lies outside the period from {previous.date_from} to {previous.date_to}")
    lines = [
        *_credit_lines(previous, period.date_from, rounding),
        *_licence_lines("change", period, seats, rounding),
        *_addition_lines(previous, seats, previous.date_to, rounding, unused_from=period.date_from),
        *usage_lines(usage, rounding),
    ]
    return _bill(lines, period, discount, rounding)


def extras_bill(previous, seats, usage=(), discount=None, *, until, credit_from=None, rounding=0.01):
    """Return the bill of what came since the last invoice, without a new period: additions and usage.

    :param date until: additions until this day are billed
    :param date credit_from: first day that is not used any more, when the rest of the period is given back
    """
    unused_from = credit_from if previous and credit_from and credit_from <= previous.date_to else None
    lines = [
        *(_credit_lines(previous, unused_from, rounding) if unused_from else ()),
        *_addition_lines(previous, seats, previous and min(until, previous.date_to), rounding, unused_from=unused_from),
        *usage_lines(usage, rounding),
    ]
    return _bill(lines, None, discount, rounding)


def usage_lines(usages, rounding=0.01):
    """Return a line for each usage that exceeds what the plan includes; included counts per period of use."""
    lines = []
    for usage in usages:
        before, included = Decimal(str(usage.billed_before)), Decimal(str(usage.included))
        total = before + Decimal(str(usage.quantity))
        quantity = max(Decimal(0), total - included) - max(Decimal(0), before - included)
        if not quantity or not usage.unit_price:
            continue
        lines.append(
            Line(
                section="usage",
                plan=usage.plan,
                kind=usage.kind,
                quantity=float(quantity),
                price_unit=usage.unit_price,
                price=usage.unit_price,
                amount=round_money(quantity * Decimal(str(usage.unit_price)), rounding),
                date_from=usage.date_from,
                date_to=usage.date_to,
                usage=usage,
            )
        )
    return lines


# === LINES === #


def _licence_lines(section, period, seats, rounding):
    """Return the lines of the seats present on the period's first day: a line per kind."""
    tariff, by_kind = period.tariff, {kind: [] for kind in SEAT_KINDS}
    for seat, kind in seats_on(seats, period.date_from).values():
        by_kind[kind].append(seat)
    # A seat that gets credits has a line of its own: the credits are a person's.
    groups = [
        (kind, group)
        for kind, of_kind in by_kind.items()
        for group in ([[seat] for seat in of_kind] if tariff.inline_discount else [of_kind])
        if group
    ]
    lines = []
    # Without anybody a line of nothing documents the period.
    for kind, group in groups or [("standard", [])]:
        price, quantity = tariff.prices[kind], len(group)
        whole = Decimal(str(price)) * quantity
        if period.base_from == period.date_from:
            unit, amount = price, round_money(whole, rounding)
        else:
            amount = share_by_days(whole, period.base_from, period.date_to, period.date_from, rounding=rounding)
            unit, quantity = amount, 1
        line = _seat_line(section, period, kind, price, amount, period.date_from, group, inline=tariff.inline_discount)
        lines.append(replace(line, quantity=quantity, price_unit=unit))
    return lines


def _addition_lines(period, seats, until, rounding, *, unused_from=None):
    """Return a line for each seat that came during ``period``, until ``until``, and is not paid for yet.

    :param date unused_from: first day that is not charged, when the period does not last to its end
    """
    if not period or not period.tariff.by_days:
        return []
    base, last = (period.base_from, period.date_to), period.date_to
    if unused_from:
        last = unused_from - timedelta(days=1)
    lines = []
    for seat, kind, day in newcomers(period.licences, seats, period.date_from, min(until, last)):
        price = period.tariff.prices[kind]
        amount = share_by_days(price, *base, day, rounding=rounding)
        if unused_from:
            # As if charged to the end and given back: the two add up to the same cent.
            rest = share_by_days(price, *base, unused_from, rounding=rounding)
            amount = float(Decimal(str(amount)) - Decimal(str(rest)))
        line = _seat_line("addition", period, kind, price, amount, day, [seat])
        lines.append(replace(line, date_to=last))
    return lines


def _credit_lines(period, day, rounding):
    """Return the lines that give back the days from ``day`` on of all that is held, and what codes took off it.

    Each line is rounded as it was charged, so nobody gets back more than was paid; nothing when more was credited by
    hand than those days cost.
    """
    lines, taken = [], {}
    for charge in period.charges:
        amount = unused_amount(charge, day, rounding)
        if amount or (charge.licences and len(charge.entries) == 1):
            lines.append(_credit_line(charge, amount, max(day, charge.billed.date_from), rounding))
        if charge.discount is not None:
            share = charge.discount_amount * part_from(charge.billed, day)
            taken[charge.discount] = taken.get(charge.discount, 0) + share
    dates = {"plan": period.tariff.plan, "date_from": day, "date_to": period.date_to}
    returned = ((origin, round_fraction(amount, rounding)) for origin, amount in taken.items())
    lines += [
        _discount_line("returned", amount=amount, origin=origin, **dates) for origin, amount in returned if amount
    ]
    return lines if sum(Decimal(str(line.amount)) for line in lines) <= 0 else []


def _credit_line(charge, amount, first, rounding):
    """Return the line that gives ``amount`` of a charge back; it shows its seats when it is by days of their price."""
    last, licences = charge.billed.date_to, charge.licences
    line = Line(
        section="credit",
        plan=charge.plan,
        quantity=1,
        price_unit=0.0 - amount,
        amount=0.0 - amount,
        price=float(sum(Decimal(str(entry.amount)) for entry in charge.entries)),
        date_from=first,
        date_to=last,
        origin=charge.line,
    )
    whole = sum(Fraction(str(licence.price)) for licence in licences)
    if not licences or round_fraction(whole * count_days(first, last) / charge.days, rounding) != amount:
        return line
    return replace(line, kind=licences[0].kind, price=licences[0].price, seats=licences)


def _seat_line(section, period, kind, price, amount, day, seats, *, inline=False):
    return Line(
        section=section,
        plan=period.tariff.plan,
        kind=kind,
        quantity=1,
        price_unit=amount,
        price=price,
        amount=amount,
        date_from=day,
        date_to=period.date_to,
        seats=tuple(seats),
        inline=inline,
        list_amount=amount,
    )


def line_licences(lines, rate):
    """Return the :class:`~.seats.Licence` that lines charge, when a code takes ``rate`` (0 to 1) off them."""
    return tuple(
        Licence(seat.id, seat.person, line.kind, line.date_from, line.price, rate)
        for line in lines
        for seat in line.seats
    )


def _bill(lines, period, discount, rounding):
    """Return the bill of ``lines`` after discount.

    :param Period period: the new period, or ``None``
    """
    rate, lines = _discounted(lines, discount, period, rounding) if discount else (0.0, lines)
    return Bill(
        lines=tuple(lines),
        additions=line_licences((line for line in lines if line.section == "addition"), rate),
        licences=line_licences((line for line in lines if line.section in ("licence", "change")), rate),
        discount_rate=rate,
    )


# === DISCOUNT === #


def _discounted(lines, discount, period, rounding):
    """Take off what a code takes: in the lines themselves where they say so, with a line per plan for the others.

    The shares are rounded so that they add up to the rounded whole.

    :return: ``(the part of the price that the code took, lines)``
    """
    rate = _discount_rate(lines, discount)
    shares, done, given, discounted = {}, Decimal(0), Decimal(0), []
    for line in lines:
        if line.section in CHARGED_SECTIONS:
            done += Decimal(str(line.amount))
            share = Decimal(str(round_money(done * rate, rounding))) - given
            given += share
            if not line.inline:
                shares[line.plan] = shares.get(line.plan, Decimal(0)) + share
                line = replace(line, discounted=float(share))
            elif share:
                amount = float(Decimal(str(line.amount)) - share)
                line = replace(line, amount=amount, price_unit=amount, quantity=1, discount=discount)
        discounted.append(line)
    dates = {"date_from": period and period.date_from, "date_to": period and period.date_to}
    discounted += [
        _discount_line("discount", plan, -share, discount=discount, **dates) for plan, share in shares.items() if share
    ]
    return float(rate), discounted


def _discount_rate(lines, discount):
    """Return the part (0 to 1) of the charges that a code takes."""
    if discount.kind == "percentage":
        return Decimal(str(discount.value)) / 100
    charged = sum(Decimal(str(line.amount)) for line in lines if line.section in CHARGED_SECTIONS)
    given_back = sum(Decimal(str(line.amount)) for line in lines if line.section in ("credit", "returned"))
    # At most what the licences come to; the rest is not carried over.
    return min(Decimal(str(discount.value)), max(Decimal(0), charged + given_back)) / charged if charged else Decimal(0)


def _discount_line(section, plan, amount, **vals):
    amount = float(amount)
    return Line(section=section, plan=plan, quantity=1, price_unit=amount, amount=amount, **vals)
