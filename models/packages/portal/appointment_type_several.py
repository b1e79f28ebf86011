from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.slots import Slot
from ...common.errors import WordedError
from ...common.words import count_credits

#: Appointments that are booked together at most.
MOST_TOGETHER = 10


class SeveralNotBookedError(WordedError):
    """Of several chosen times some cannot be booked; ``reasons`` says for each of them why, in words."""

    def __init__(self, message, reasons):
        super().__init__(message)
        self.reasons = reasons


class PracticeAppointmentType(models.Model):
    """A patient books several appointments of a type together: all of them, or none."""

    _inherit = "practice.appointment.type"

    def _read_slots(self, text, patients):
        """Return what several chosen times in an address name, by date; times of another type or patient are left out.

        :return: ``(type, patient, [(practitioner, start), …])``; three empty values when it names nothing
        """
        found = [it for part in dict.fromkeys((text or "").split(".")) if (it := self._read_slot(part, patients))]
        if not found:
            return self.browse(), patients.browse(), []
        appointment_type, _practitioner, patient, _start = found[0]
        times = [
            (who, start) for its_type, who, whose, start in found if (its_type, whose) == (appointment_type, patient)
        ]
        return appointment_type, patient, sorted(times[:MOST_TOGETHER], key=lambda it: it[1])

    def _write_slots(self, patient, times):
        """Return several chosen times as text for an address; :meth:`_read_slots` reads it."""
        return ".".join(Slot(self.id, who.id, patient.id, start).encode() for who, start in times)

    def _book_several(self, patient, times, booker):
        """Book appointments of this type for a patient, all or none of them; pressed twice they are booked once.

        :param times: ``[(practitioner, start), …]``, naive UTC
        :param booker: partner whose login books
        :raises SeveralNotBookedError: when not all of them can be booked; whoever calls undoes what was begun
        """
        self.ensure_one()
        people = patient.union(*(who.sudo().partner_id for who, _start in times))  # sudo: who the practitioners are
        people._practice_take_booking_turn()
        if self._are_planned(patient, times):
            return
        reasons = {}
        for who, start in times:
            try:
                with self.env.cr.savepoint():
                    self._book(who, patient, start, booker)
            except UserError as error:
                reasons[who, start] = str(error)
        if reasons:
            raise SeveralNotBookedError(self.env._("Not all of these appointments can be booked."), reasons)

    def _are_planned(self, patient, times):
        """Return whether all of these appointments are planned already."""
        events_sudo = self.env["calendar.event"].sudo()  # sudo: of a patient of the login
        domain = events_sudo._practice_get_portal_domain(patient, coming=True)
        domain &= Domain("practice_appointment_type_id", "=", self.id)
        planned = events_sudo.search(domain & Domain("start", "in", [start for _who, start in times]))
        return {(event.user_id.id, event.start) for event in planned} >= {(who.id, start) for who, start in times}

    def _prepare_several(self, patient, times):
        """Return what a page shows of several appointments before they are booked: when, with whom, what they cost.

        The number of queries does not depend on how many there are: whether the credits are valid on each day, and
        whatever else may be in the way, is found out when they are booked.
        """
        self.ensure_one()
        credits = self.package_credits if self.package_id else 0
        taken, available = credits * len(times), 0
        if credits:
            owner = (patient, self.package_id)
            available = self.env["practice.credit.lot"]._get_balances({owner})[owner]["available"]
        return {
            "type": self.name,
            "type_id": self.id,
            "patient": patient.name,
            "patient_id": patient.id,
            "package": self.package_id.name,
            "package_id": self.package_id.id,
            "credits": taken and count_credits(self.env, taken),
            "available": available,
            "left": available - taken,
            "missing": taken > available and count_credits(self.env, taken - available),
            "visits": [self._prepare_one_of_several(patient, who, start, times) for who, start in times],
            "is_full": len(times) >= MOST_TOGETHER,
            "place": self.company_id._practice_get_portal_address(),
            "tz": self.company_id.practice_tz,
            "chosen": self._write_slots(patient, times),
        }

    def _prepare_one_of_several(self, patient, practitioner, start, times):
        others = [time for time in times if time != (practitioner, start)]
        policy = self._prepare_policy(start, self.cancel_hours, self.late_credits)
        return {
            **self._prepare_time(start, practitioner, patient),
            "without": self._write_slots(patient, others),
            "free_until": policy["late_cost"] and not policy["cancel_cost"] and policy["free_until"],
            "cancel_cost": policy["cancel_cost"] and count_credits(self.env, policy["cancel_cost"]),
        }
