"""What the tests of the pure rules of subscriptions share: random seats, and rules written down a second time.

Nothing here is taken from ``tools``: days are counted one by one, people are put into seats by trying, money is a
fraction that is rounded at the end.
"""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from odoo.addons.practice_billing.tools.seats import Licence, Seat

from .practice import dose

#: Full strength in `make test-slow`.
thorough = settings(
    max_examples=dose(100, 1500),
    deadline=None,
    derandomize=dose(True, False),
    database=None,
    suppress_health_check=list(HealthCheck),
)

#: Days that matter: month ends, leap days, the turn of the year, and any other.
days = st.sampled_from(
    [date(2024, 2, 29), date(2025, 2, 28), date(2026, 1, 31), date(2026, 3, 29), date(2027, 12, 31)]
) | st.dates(date(2024, 1, 1), date(2032, 12, 31))

#: Prices as people set them, and some that divide badly.
prices = st.sampled_from([0.0, 15.0, 19.0, 39.0, 59.0, 390.0]) | st.integers(100, 100_000).map(lambda it: it / 100)


def every_day(first, last):
    """Return all days from ``first`` to ``last``, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def cents(amount):
    """Round a fraction of money half away from zero and return it as a number with two decimals."""
    whole = int(abs(amount) * 100 + Fraction(1, 2))
    return (whole if amount >= 0 else -whole) / 100


def exact(number):
    """Return what a person means who writes ``number``, as a fraction."""
    return Fraction(str(number))


@st.composite
def seats_around(draw, first, last, kinds=("standard", "student"), people=5, size=7):
    """Draw seats of a few people, before, in and after a period: rejoining, overlapping, with and without a proof."""
    length = (last - first).days + 1
    near = st.integers(-10, 40) | st.integers(-10, length + 5)
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(1, people), st.sampled_from(kinds), near, st.none() | st.integers(1, 25), st.none() | near
            ),
            max_size=size,
            # Two seats of one person that begin on one day would leave it to their numbers which one counts.
            unique_by=lambda row: (row[0], row[2]),
        )
    )
    numbers = draw(st.permutations(range(1, len(rows) + 1)))
    return [
        Seat(
            number,
            person,
            kind,
            first + timedelta(days=start),
            used and first + timedelta(days=start + used - 1),
            first + timedelta(days=proof) if proof is not None and kind == "student" else None,
        )
        for number, (person, kind, start, used, proof) in zip(numbers, rows, strict=True)
    ]


@st.composite
def seats_of_a_period(draw, **options):
    """Draw ``(first day, last day, seats)`` of a period of a month or, now and then, of a year."""
    first = draw(days)
    last = first + timedelta(days=draw(st.sampled_from([27, 28, 29, 30, 30, 30, 364, 365])))
    return first, last, draw(seats_around(first, last, **options))


# === THE RULES AGAIN, DAY BY DAY === #


def people_on(seats, day):
    """Return ``{person: (seat, kind)}``: who is there, by the seat that began first."""
    there = {}
    for seat in seats:
        if seat.date_from <= day and not (seat.date_to and day > seat.date_to):
            known = there.get(seat.person)
            if not known or (seat.date_from, seat.id) < (known.date_from, known.id):
                there[seat.person] = seat
    return {
        person: (seat, "standard" if seat.student_until and day > seat.student_until else seat.kind)
        for person, seat in there.items()
    }


def can_all_sit(people, places):
    """Try whether everybody (a list of kinds) finds a place of his own (a list of kinds) that serves him."""
    if not people:
        return True
    return any(
        can_all_sit(people[1:], places[:number] + places[number + 1 :])
        for number, place in enumerate(places)
        if place in ({"standard"} if people[0] == "standard" else {"standard", "student"})
    )


def walk(licences, seats, first, last):
    """Walk through a period day by day; yield ``(day, kinds of the people there, paid places, charged that day)``.

    Who comes counts as what he is on that day until he leaves or the period ends, whatever becomes of his proof.
    """
    places, held = [], {}
    for day in every_day(first, last):
        there = people_on(seats, day)
        held = {person: kind for person, kind in held.items() if person in there}
        for licence in licences:
            if licence.date_from == day or (day == first and licence.date_from < first):
                places.append(licence.kind)
                if licence.person in there and licence.person not in held:
                    held[licence.person] = licence.kind
        charged = []
        came = [(kind, seat.date_from, seat.id) for person, (seat, kind) in there.items() if person not in held]
        seat_of = {seat.id: seat for seat, _kind in there.values()}
        for kind, _start, number in sorted(came):  # standard before student, then in order of arrival
            held[seat_of[number].person] = kind
            if not can_all_sit(list(held.values()), places):
                places.append(kind)
                charged.append((seat_of[number], kind, day))
        yield day, list(held.values()), list(places), charged


def licences_on(seats, day, prices=None):
    """Return the licences of a period that begins on ``day``."""
    prices = prices or {"standard": 39.0, "student": 19.0}
    return tuple(
        Licence(seat.id, person, kind, day, prices[kind]) for person, (seat, kind) in people_on(seats, day).items()
    )


def licences_of(charged, prices=None):
    """Return the licences that :func:`newcomers` asks for, as if they had been billed."""
    prices = prices or {"standard": 39.0, "student": 19.0}
    return tuple(Licence(seat.id, seat.person, kind, day, prices[kind]) for seat, kind, day in charged)
