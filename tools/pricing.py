"""The lines of a subscription's invoice. One function makes them for the preview, the invoice and the books.

Money is in the currency of the subscription, without tax, each line rounded half up to ``rounding``. Days are days
of the company's time zone, both ends included. A :class:`Bill` knows no words: texts are made where it is shown.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from .credits import round_money
from .periods import INTERVAL_MONTHS, share_by_days
from .seats import Licence, newcomers, seats_on

#: Kinds of seats, in the order of the sections of an invoice.
SEAT_KINDS = ("standard", "student")


@dataclass(frozen=True)
class Terms:
    """What a plan costs from a period's first day on.

    :param plan: whatever identifies the plan; lines of one plan share product, taxes and accounts
    :param dict prices: price of one seat for a whole period, by seat kind
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
    :param tuple licences: the :class:`~.seats.Licence` paid so far
    :param float discount_rate: the part of the price (0 to 1) that a discount took off its licences
    """

    terms: Terms
    date_from: date
    date_to: date
    base_from: date
    licences: tuple = ()
    discount_rate: float = 0.0


@dataclass(frozen=True)
class Usage:
    """Use of one kind under the same terms: what is new, and what was billed before of the same period of use."""

    plan: object
    kind: object
    unit_price: float
    quantity: float
    included: float = 0.0
    billed_before: float = 0.0
    date_from: date | None = None
    date_to: date | None = None
    ids: tuple = ()


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
    :param plan: see :class:`Terms`
    :param kind: kind of seat, or of usage
    :param float price: what one seat costs for a whole period, or one unit
    :param tuple seats: the :class:`~.seats.Seat` charged, or the :class:`~.seats.Licence` credited
    :param bool inline: see :class:`Terms`; the price is after discount, ``list_amount`` before
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


@dataclass(frozen=True)
class Bill:
    """The lines of one invoice and what they pay for.

    :param tuple additions: :class:`~.seats.Licence` that the invoice adds to the period before
    :param tuple licences: those of the new period
    :param float discount_rate: see :class:`Period`, for the new period
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
        """Whether a code took something off, or would have if there were anything to take it off."""
        return any(line.discount for line in self.lines)


def price_on(prices, day):
    """Return the price in force on ``day`` of ``[(first day or None, price)]``, or ``None`` when there is none."""
    dated = [(start or date.min, price) for start, price in prices]
    return max((row for row in dated if row[0] <= day), default=(None, None), key=lambda row: row[0])[1]


def seats_price(terms, seats, day):
    """Return what the seats present on ``day`` cost for a whole period; without any, what one would cost."""
    kinds = [kind for _seat, kind in seats_on(seats, day).values()] or ["standard"]
    return float(sum(Decimal(str(terms.prices[kind])) for kind in kinds))


def is_change_now(old, old_days, new, new_days, seats, day):
    """Return whether a change of plan happens at once (it is dearer a day, or the same plan for longer).

    :param int old_days: days of a whole period of the old terms; ``new_days`` likewise
    """
    months, new_months = INTERVAL_MONTHS[old.interval], INTERVAL_MONTHS[new.interval]
    if new_months < months or not old.by_days or not new.by_days:
        return False
    if new_months > months and old.plan == new.plan:
        return True
    return seats_price(new, seats, day) * old_days > seats_price(old, seats, day) * new_days


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
    return _bill(lines, previous, period, discount, rounding)


def change_bill(previous, period, seats, usage=(), discount=None, *, rounding=0.01):
    """Return the bill of a plan that changes on the first day of ``period``, in the middle of ``previous``.

    The unused days of all that was paid are credited at what was paid for them; today's seats are charged.
    """
    additions = _addition_lines(previous, seats, period.date_from - timedelta(days=1), rounding)
    lines = [
        *_credit_lines(previous, additions, period.date_from, rounding),
        *_licence_lines("change", period, seats, rounding),
        *additions,
        *usage_lines(usage, rounding),
    ]
    return _bill(lines, previous, period, discount, rounding)


def extras_bill(previous, seats, usage=(), discount=None, *, until, credit_from=None, rounding=0.01):
    """Return the bill of what came since the last invoice, without a new period: additions and usage.

    :param date until: additions until this day are billed
    :param date credit_from: first day that is not used any more, when the rest of the period is given back
    """
    additions = _addition_lines(previous, seats, previous and min(until, previous.date_to), rounding)
    credits = []
    if previous and credit_from and credit_from <= previous.date_to:
        credits = _credit_lines(previous, additions, credit_from, rounding)
    return _bill([*credits, *additions, *usage_lines(usage, rounding)], previous, None, discount, rounding)


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
    terms, by_kind = period.terms, {kind: [] for kind in SEAT_KINDS}
    for seat, kind in seats_on(seats, period.date_from).values():
        by_kind[kind].append(seat)
    # A seat that gets credits has a line of its own: the credits are a person's.
    groups = [
        (kind, group)
        for kind, of_kind in by_kind.items()
        for group in ([[seat] for seat in of_kind] if terms.inline_discount else [of_kind])
        if group
    ]
    lines = []
    for kind, group in groups:
        price, quantity = terms.prices[kind], len(group)
        whole = Decimal(str(price)) * quantity
        if period.base_from == period.date_from:
            unit, amount = price, round_money(whole, rounding)
        else:
            amount = share_by_days(whole, period.base_from, period.date_to, period.date_from, rounding=rounding)
            unit, quantity = amount, 1
        line = _seat_line(section, period, kind, price, amount, period.date_from, group, inline=terms.inline_discount)
        lines.append(replace(line, quantity=quantity, price_unit=unit))
    return lines


def _addition_lines(period, seats, until, rounding):
    """Return a line for each seat that came during ``period``, until ``until``, and is not paid for yet."""
    if not period or not period.terms.by_days:
        return []
    lines = []
    for seat, kind, day in newcomers(period.licences, seats, period.date_from, until):
        price = period.terms.prices[kind]
        amount = share_by_days(price, period.base_from, period.date_to, day, rounding=rounding)
        lines.append(_seat_line("addition", period, kind, price, amount, day, [seat]))
    return lines


def _credit_lines(period, additions, day, rounding):
    """Return the lines that give back the days from ``day`` on of all paid licences, a line per kind and price."""
    groups = {}
    for licence in (*period.licences, *_licences(additions)):
        groups.setdefault((licence.kind, licence.price), []).append(licence)
    lines = []
    for (kind, price), group in groups.items():
        whole = Decimal(str(price)) * len(group)
        amount = -share_by_days(whole, period.base_from, period.date_to, day, rounding=rounding)
        lines.append(_seat_line("credit", period, kind, price, amount, day, group))
    return lines


def _seat_line(section, period, kind, price, amount, day, seats, *, inline=False):
    return Line(
        section=section,
        plan=period.terms.plan,
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


def _licences(lines):
    return tuple(
        Licence(seat.id, seat.person, line.kind, line.date_from, line.price) for line in lines for seat in line.seats
    )


def _bill(lines, previous, period, discount, rounding):
    rate, lines = _discounted(lines, discount, previous.discount_rate if previous else 0.0, period, rounding)
    return Bill(
        lines=tuple(lines),
        additions=_licences(line for line in lines if line.section == "addition"),
        licences=_licences(line for line in lines if line.section in ("licence", "change")),
        discount_rate=rate,
    )


# === DISCOUNT === #


def _discounted(lines, discount, old_rate, period, rounding):
    """Add what a code takes off the charges, and take back what an earlier one took off what is credited.

    :return: ``(the part of the price that the code took, lines)``
    """
    charges = [line for line in lines if line.section in ("licence", "change", "addition")]
    credits = [line for line in lines if line.section == "credit"]
    returned = _shares(credits, Decimal(str(old_rate)), rounding)
    lines = [
        *lines,
        *(_discount_line("returned", period, plan, -amount) for plan, amount in returned.items() if amount),
    ]
    if not discount:
        return 0.0, lines
    base = sum((Decimal(str(line.amount)) for line in charges), Decimal(0))
    if discount.kind == "percentage":
        rate = Decimal(str(discount.value)) / 100
    else:
        # At most what the licences come to; the rest is not carried over.
        left = base + sum(Decimal(str(line.amount)) for line in credits) - sum(returned.values())
        rate = min(Decimal(str(discount.value)), max(Decimal(0), left)) / base if base else Decimal(0)
    lines = [_inline(line, discount, rate, rounding) if line in charges else line for line in lines]
    own = _shares((line for line in charges if not line.inline), rate, rounding)
    lines += [_discount_line("discount", period, plan, -amount, discount) for plan, amount in own.items()]
    return float(rate), lines


def _shares(lines, rate, rounding):
    """Return ``{plan: rate x the sum of its lines}``, rounded so that the shares add up to the rounded whole."""
    sums = {}
    for line in lines:
        sums[line.plan] = sums.get(line.plan, Decimal(0)) + Decimal(str(line.amount))
    shares, done, given = {}, Decimal(0), Decimal(0)
    for plan, amount in sums.items():
        done += amount
        shares[plan] = Decimal(str(round_money(done * rate, rounding))) - given
        given += shares[plan]
    return shares


def _inline(line, discount, rate, rounding):
    if not line.inline:
        return line
    amount = round_money(Decimal(str(line.list_amount)) * (1 - rate), rounding)
    return replace(line, amount=amount, price_unit=amount, quantity=1, discount=discount)


def _discount_line(section, period, plan, amount, discount=None):
    amount = float(amount)
    return Line(
        section=section,
        plan=plan,
        quantity=1,
        price_unit=amount,
        amount=amount,
        date_from=period and period.date_from,
        date_to=period and period.date_to,
        discount=discount,
    )
