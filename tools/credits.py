"""The rules of credits: what a movement does to a lot, what a credit is worth, which lot is spent first.

Credits are whole numbers. Money is in the company's currency and rounded half up to ``rounding``, the smallest
amount of that currency (0.01 for the euro). The examples of the tests come from the worked examples of the design.
"""

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

#: The counters of a lot. The first one is what was ever given; the others say where those credits are now.
COUNTERS = ("total", "available", "reserved", "used", "lost", "refunded", "transferred")

#: What one credit of each kind of movement adds to the counters. A negative number of credits undoes the movement.
EFFECTS = {
    "grant": {"total": 1, "available": 1},
    "reserve": {"available": -1, "reserved": 1},
    "unreserve": {"available": 1, "reserved": -1},
    "use": {"reserved": -1, "used": 1},
    "forfeit": {"reserved": -1, "lost": 1},
    "expire": {"available": -1, "lost": 1},
    "refund": {"available": -1, "refunded": 1},
    "transfer": {"available": -1, "transferred": 1},
    "receive": {"total": 1, "available": 1},
    "adjust": {},
    "breakage": {},
}

#: How much of a credit is forgiven when it is paid in parts: what rounding can have changed (a third of 100.00 is
#: 33.33; terms of 33.33 %).
FORGIVEN = Fraction(1, 100)

#: Kinds that give a lot its credits and their value: sold or given, and taken over from another patient.
GIVING_KINDS = ("grant", "receive")

#: Kinds whose value leaves the balance post through the revenue release.
RELEASED_KINDS = ("use", "forfeit", "expire", "adjust", "breakage")

#: The kind that says how much of the open value is revenue already, which stays what is paid for the open ones.
EXPECTED_KIND = "breakage"

#: What a movement is in the roll-forward of a period. See :data:`CORRECTING_KINDS` for those that are undone.
ROLL_CELLS = {
    "grant": "sold",
    "use": "used",
    "forfeit": "lost",
    "expire": "expired",
    "refund": "refunded",
    "transfer": "transferred",
    "receive": "transferred",
    "adjust": "corrected",
    "breakage": "breakage",
}

#: Kinds of which a negative row corrects an earlier day. An invoice or a credit note that is undone vanishes from the
#: books on its own day, so its credits come and go in the cell that it was in.
CORRECTING_KINDS = ("use", "forfeit", "expire")

#: Released kinds that are no service given: their value is breakage.
BREAKAGE_KINDS = ("forfeit", "expire", "breakage")


def counters_after(movements):
    """Return the counters that a sequence of ``(kind, credits)`` leads to."""
    counters = Counter(dict.fromkeys(COUNTERS, 0))
    for kind, credits in movements:
        for counter, factor in EFFECTS[kind].items():
            counters[counter] += factor * credits
    return dict(counters)


def open_credits_change(kind, credits):
    """Return by how much a movement changes the open credits of its lot: those available and those reserved."""
    effects = EFFECTS[kind]
    return (effects.get("available", 0) + effects.get("reserved", 0)) * credits


def open_credits_per_kind():
    """Return ``{kind: what one credit of it adds to the open credits}`` of the kinds that change them."""
    changes = {kind: open_credits_change(kind, 1) for kind in EFFECTS}
    return {kind: change for kind, change in changes.items() if change}


def is_low(open_credits, given, threshold):
    """Return whether a purchase of ``given`` credits with ``open_credits`` left has run low.

    Low is ``threshold`` credits or fewer, but never a purchase of which nothing is gone.
    """
    return open_credits <= min(threshold, given - 1)


def round_money(amount, rounding=0.01):
    """Round ``amount`` half up (away from zero) to a multiple of ``rounding``."""
    unit = Decimal(str(rounding))
    return float((Decimal(str(amount)) / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit)


def whole_credits(quantity, credits_per_unit, *, rounding=0.01):
    """Return the credits that ``quantity`` units give, or ``None`` when that is not a whole number.

    Quantities are stored rounded: a third of 3 credits arrives as 0.33 and is meant as 1 credit. What rounding
    can have changed is forgiven, up to a tenth of a credit.

    :param float quantity: units sold, in the product's own unit of measure; negative takes back
    :param int credits_per_unit: credits that one unit gives
    :param float rounding: smallest quantity that is stored
    """
    exact = quantity * credits_per_unit
    whole = round(exact)
    tolerance = min(credits_per_unit * rounding / 2, 0.1) + 1e-9
    return whole if abs(exact - whole) <= tolerance else None


def share_of_value(value_open, open_credits, credits, *, rounding=0.01, rate=None):
    """Return how much of a lot's open value goes out with ``credits`` of its ``open_credits``.

    The last credit takes all that is left, so that a lot always ends at exactly zero.

    :param float value_open: what the balance post still holds for the lot
    :param int open_credits: credits not yet used, lost, refunded or transferred (available + reserved)
    :param float rate: money per credit when the package releases at its internal rate; never more than is there
    :raises ValueError: when more credits are asked than are open
    """
    if not 0 <= credits <= open_credits:
        raise ValueError(f"{credits} credits of {open_credits} open ones")
    if credits == open_credits:
        return value_open
    if rate is not None:
        return min(round_money(rate * credits, rounding), value_open)
    return round_money(Decimal(str(value_open)) * credits / open_credits, rounding)


def expected_breakage(value_open, open_credits, gone, rate, *, rounding=0.01):
    """Return how much of a lot's open value should be revenue already, as it will probably never be used.

    IFRS 15, B46: expected breakage is recognised in proportion to what is used. Of N credits with a value of V each, a
    part ``rate`` is expected to stay unused; once ``gone`` of them are used or lost, rate x N x V x gone / (N x (1 -
    rate)) is recognised. What is open is the most there can be: when more is used than was expected, it goes down to
    nothing with the last credit.

    :param float value_open: what is paid for the open credits
    :param int open_credits: credits that are available or reserved
    :param int gone: credits that are used or lost
    :param float rate: the part of all credits that is expected to stay unused, 0 <= rate < 1
    """
    if not open_credits or value_open <= 0:
        return 0.0
    share = Decimal(str(rate)) / (1 - Decimal(str(rate))) * gone / open_credits
    return round_money(Decimal(str(value_open)) * min(share, 1), rounding)


def paid_credits(credits, paid, price):
    """Return how many of ``credits`` have been paid for, as an exact fraction between 0 and ``credits``.

    :param Fraction paid: what was paid of ``price``, what all of them cost; both in one currency, with tax. When
        nothing is to be paid, all are paid.
    """
    if price <= 0:
        return Fraction(credits)
    return credits * min(max(Fraction(paid) / Fraction(price), Fraction(0)), Fraction(1))


def credits_covered(credits, paid, price):
    """Return how many whole credits of ``credits`` are covered by what was paid; see :func:`paid_credits`."""
    return floor(min(paid_credits(credits, paid, price) + FORGIVEN, credits))


def credits_touched(unpaid):
    """Return how many whole credits a fraction of ``unpaid`` ones has to do with: the opposite of those covered."""
    return ceil(max(unpaid - FORGIVEN, 0))


def share_paid(paid, prices):
    """Share what was paid of a document over what it sold, in proportion to the prices of the sale.

    What one of them does not need any more, because it was credited, goes to the others.

    :param Fraction paid: >= 0
    :param dict prices: ``{key: (price, left)}``: what each was sold for, and what is left of that after credit notes
    :return: ``{key: what is paid of it}``, exact; no more than what is left
    """
    shared, rest = {}, max(Fraction(paid), Fraction(0))
    waiting = {key: (price, max(left, Fraction(0))) for key, (price, left) in prices.items() if price > 0}
    while waiting:
        total = sum(price for price, _left in waiting.values())
        full = {key: left for key, (price, left) in waiting.items() if left * total <= rest * price}
        if not full:
            return shared | {key: rest * price / total for key, (price, _left) in waiting.items()}
        shared |= full
        rest -= sum(full.values())
        waiting = {key: value for key, value in waiting.items() if key not in full}
    return shared


class Source(NamedTuple):
    """A lot as far as it can pay visits: ``available`` whole credits, usable until ``expiry_date`` (included; ``None``
    or ``False``: without end)."""

    lot: object
    available: int
    expiry_date: date | None = None


def allocate(credits, day, sources):
    """Choose the lots that pay ``credits`` of a visit on ``day``.

    :param int credits: whole credits the visit takes
    :param date day: the visit's date in the practice's time zone; a lot is valid on its expiry date, not after it
    :param sources: :class:`Source` in spending order
    :return: ``(chosen, missing)``: pairs ``(lot, credits)`` and the number of credits that no lot could pay; nothing
        is chosen when credits are missing
    :raises ValueError: when fewer than 0 credits are asked
    """
    if credits < 0:
        raise ValueError(f"{credits} credits cannot be taken")
    chosen, missing = [], credits
    for source in sources:
        if not missing:
            break
        if source.available > 0 and (not source.expiry_date or source.expiry_date >= day):
            taken = min(source.available, missing)
            chosen.append((source.lot, taken))
            missing -= taken
    return ([], missing) if missing else (chosen, 0)


def late_cost(credits, policy):
    """Return how many of the ``credits`` of an appointment a late cancellation or a no-show costs the patient.

    :param str policy: ``forfeit`` (all of them), ``half`` (rounded down to whole credits: 1 of 3, none of 1) or
        ``return`` (none)
    :raises ValueError: for a policy that this rule does not know; guessing would give credits away, or take them
    """
    if policy == "forfeit":
        return credits
    if policy == "half":
        return credits // 2
    if policy == "return":
        return 0
    raise ValueError(f"unknown policy {policy!r}")


def wanted_position(attendance, *, cost=1, waived=False):
    """Return where the credits of an appointment belong: ``reserved``, ``used``, ``forfeited`` or ``None`` (free).

    :param str attendance: planned, attended, no_show, late_cancelled or cancelled
    :param int cost: credits that a no-show and a late cancellation cost, see :func:`late_cost`
    :param bool waived: staff gave the credits back
    :raises ValueError: for an attendance that this rule does not know
    """
    if attendance == "planned":
        return "reserved"
    if attendance not in ("attended", "no_show", "late_cancelled", "cancelled"):
        raise ValueError(f"unknown attendance {attendance!r}")
    if waived or attendance == "cancelled":
        return None
    if attendance == "attended":
        return "used"
    return "forfeited" if cost else None
