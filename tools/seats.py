"""The rules of seats: who counts on a day, at which rate, and who needs a paid seat that nobody has left free.

Days are days of the company's time zone, both ends included. A seat without a last day has no end yet.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

#: Kinds of seats, in the order in which they are given: a student can use a standard seat, but not the reverse.
SEAT_KINDS = ("standard", "student")


@dataclass(frozen=True)
class Seat:
    """One practitioner using the software from a day to a day."""

    id: int
    person: int
    kind: str
    date_from: date
    date_to: date | None = None
    student_until: date | None = None

    def covers(self, day):
        return self.date_from <= day and (self.date_to is None or day <= self.date_to)

    def kind_on(self, day):
        """Return the rate on ``day``: a student whose proof has ended counts as standard."""
        if self.kind == "student" and (self.student_until is None or day <= self.student_until):
            return "student"
        return "standard"


@dataclass(frozen=True)
class Licence:
    """A paid seat of a period: who took it first, at which rate, from which day to the period's end.

    ``price`` is that of a whole period, in the currency of the subscription; ``discount_rate`` is the part of it (0 to
    1) that a discount took off. One that is not ``paid`` (its invoice was credited or cancelled) serves whom it was
    billed for, and nobody else.
    """

    seat: int
    person: int
    kind: str
    date_from: date
    price: float
    discount_rate: float = 0.0
    paid: bool = True


def seats_on(seats, day):
    """Return ``{person: (seat, kind)}`` for ``day``, in order of arrival; a person never counts twice on a day."""
    present = {}
    for seat in sorted(seats, key=lambda seat: (seat.date_from, seat.id)):
        if seat.covers(day):
            present.setdefault(seat.person, (seat, seat.kind_on(day)))
    return present


def newcomers(licences, seats, first, until):
    """Return who came during a period and found no paid seat free: ``[(seat, kind, day)]`` by day.

    Their seat is to be paid from ``day`` to the period's end; when they leave, it serves the next newcomer. Whoever
    came as a student counts as one until they leave or the period ends. On one day standard seats are given first, so
    that the order in which seats were entered does not change what is paid.

    :param licences: the :class:`Licence` of the period that are billed already
    :param date first: first day of the period
    :param date until: last day to look at
    """
    days = {max(seat.date_from, first) for seat in seats if seat.date_from <= until}
    days |= {licence.date_from for licence in licences}
    # Who was away for a day comes back as a newcomer, whoever else came meanwhile.
    days |= {seat.date_to + timedelta(days=1) for seat in seats if seat.date_to and seat.date_to < until}
    waiting = sorted(licences, key=lambda licence: licence.date_from)
    paid, held, charged = Counter(), {}, []  # held: {person: kind} of those who sit in a paid seat
    excused = set()  # those whose own seat was billed and is not paid any more: they are not billed a second time
    for day in sorted(day for day in days if first <= day <= until):
        present = seats_on(seats, day)
        held = {person: kind for person, kind in held.items() if person in present}
        excused &= present.keys()
        while waiting and waiting[0].date_from <= day:
            licence = waiting.pop(0)
            if not licence.paid:
                excused |= {licence.person} & present.keys() - held.keys()
                continue
            paid[licence.kind] += 1
            excused.discard(licence.person)
            # Somebody who got a free seat meanwhile leaves their own to others.
            if licence.person in present:
                held.setdefault(licence.person, licence.kind)
        came = [(seat, kind) for person, (seat, kind) in present.items() if person not in held.keys() | excused]
        for seat, kind in sorted(came, key=lambda row: SEAT_KINDS.index(row[1])):
            held[seat.person] = kind
            if not _all_served(Counter(held.values()), paid):
                paid[kind] += 1
                charged.append((seat, kind, day))
    return charged


def _all_served(people, paid):
    """Return whether paid seats suffice, counted by kind: a student's seat never serves a standard practitioner."""
    return people["standard"] <= paid["standard"] and people.total() <= paid.total()
