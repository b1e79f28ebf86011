"""What is left to tell of an appointment, and how long before it people are reminded."""

from datetime import datetime
from typing import NamedTuple

#: Whole hours before the start that a reminder can have: up to a month.
MAX_HOURS = 720

#: Reminders that an appointment can have.
MAX_REMINDERS = 4


class Change(NamedTuple):
    """From when to when an appointment was moved. ``None``: it did not, or does not, take place."""

    before: datetime | None
    after: datetime | None

    def followed_by(self, later):
        """Return both changes as the one that somebody hears of who was told neither."""
        return Change(self.before, later.after)

    @property
    def kind(self):
        """Return the notice that tells it, or ``None`` when there is nothing to tell."""
        if self.before == self.after:
            return None
        if not self.before:
            return "confirmation"
        return "moved" if self.after else "cancelled"

    @property
    def start(self):
        """Return the moment that a notice names: of what is cancelled the one that is over."""
        return self.after or self.before


def pair_moved(gone, new):
    """Pair the appointments of a series with those that were made in their place.

    What keeps its moment is the same one; the others follow each other in time.

    :param dict gone: ``{appointment: start}``, and ``new`` likewise
    :return: ``[(gone or None, new or None)]``
    """
    new_at = {start: it for it, start in new.items()}
    pairs = [(it, new_at[start]) for it, start in gone.items() if start in new_at]
    kept = {it for pair in pairs for it in pair}
    left = sorted((it for it in gone if it not in kept), key=gone.get)
    right = sorted((it for it in new if it not in kept), key=new.get)
    length = max(len(left), len(right))
    left += [None] * (length - len(left))
    right += [None] * (length - len(right))
    return pairs + list(zip(left, right, strict=True))


def read_hours(text):
    """Return the whole hours that ``text`` names, the longest first: ``"2, 48"`` gives ``(48, 2)``.

    :raises ValueError: when it is not a list of at most four whole numbers from 1 to 720
    """
    hours = {int(part) for part in (text or "").replace(";", ",").split(",") if part.strip()}
    if len(hours) > MAX_REMINDERS or not all(1 <= it <= MAX_HOURS for it in hours):
        raise ValueError(text)
    return tuple(sorted(hours, reverse=True))
