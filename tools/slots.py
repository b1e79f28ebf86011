"""The rules of times that patients may choose. Moments are naive UTC, as Odoo stores them."""

import re
from datetime import UTC, datetime
from typing import NamedTuple


class Slot(NamedTuple):
    """A time that a patient chose, before it is booked. It travels in addresses, where anybody may write anything: who
    reads it still has to ask whether it exists, is free, and is for this patient."""

    type_id: int
    practitioner_id: int
    patient_id: int
    start: datetime

    def encode(self):
        """Return the slot as text for an address; :meth:`decode` reads it."""
        moment = int(self.start.replace(tzinfo=UTC).timestamp())
        return f"{self.type_id}-{self.practitioner_id}-{self.patient_id}-{moment}"

    @classmethod
    def decode(cls, text):
        """Return the slot that ``text`` names, or ``None`` when it names none."""
        found = re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,10})", text or "")
        if not found:
            return None
        *ids, moment = map(int, found.groups())
        return cls(*ids, datetime.fromtimestamp(moment, UTC).replace(tzinfo=None))
