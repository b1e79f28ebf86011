"""The rules of seats: who counts on a day, at which rate, and who needs a paid seat that nobody has left free.

Days are days of the company's time zone, both ends included. A seat without a last day has no end yet.
"""

from dataclasses import dataclass
from datetime import date

#: Kinds of free seats that may serve a newcomer, the best one first: a student's seat never serves a standard one.
SERVED_BY = {"standard": ("standard",), "student": ("student", "standard")}


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

    ``price`` is that of a whole period, in the currency of the subscription.
    """

    seat: int
    person: int
    kind: str
    date_from: date
    price: float


def seats_on(seats, day):
    """Return ``{person: (seat, kind)}`` for ``day``, in order of arrival; a person never counts twice on a day."""
    present = {}
    for seat in sorted(seats, key=lambda seat: (seat.date_from, seat.id)):
        if seat.covers(day):
            present.setdefault(seat.person, (seat, seat.kind_on(day)))
    return present


def newcomers(licences, seats, first, until):
    """Return who came during a period and found no paid seat free: ``[(seat, kind, day)]`` in order of arrival.

    Their seat is to be paid from ``day`` to the period's end; when they leave, it serves the next newcomer.

    :param licences: the :class:`Licence` of the period that are paid already
    :param date first: first day of the period
    :param date until: last day to look at
    """
    days = {max(seat.date_from, first) for seat in seats if seat.date_from <= until}
    days |= {licence.date_from for licence in licences}
    waiting = sorted(licences, key=lambda licence: licence.date_from)
    pool, charged = [], []  # pool: [kind, the person in the seat]
    for day in sorted(day for day in days if first <= day <= until):
        present = seats_on(seats, day)
        seated = {person for _kind, person in pool}
        while waiting and waiting[0].date_from <= day:
            licence = waiting.pop(0)
            # Somebody who got a free seat meanwhile leaves his own to others.
            pool.append([licence.kind, licence.person if licence.person not in seated else None])
            seated.add(licence.person)
        for place in pool:
            if place[1] not in present:
                place[1] = None
        seated = {person for _kind, person in pool}
        for person, (seat, kind) in present.items():
            if person in seated:
                continue
            free = (place for served in SERVED_BY[kind] for place in pool if place == [served, None])
            place = next(free, None)
            if place:
                place[1] = person
            else:
                pool.append([kind, person])
                charged.append((seat, kind, day))
    return charged
