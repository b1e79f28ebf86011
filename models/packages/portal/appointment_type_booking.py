from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ....tools.slots import Slot
from ...common.errors import WordedError


class TimeTakenError(WordedError):
    """The time that a patient chose is not free (any more); others may be."""


class PracticeAppointmentType(models.Model):
    """Patients book an appointment of a type that is open for it, at a free time of who gives it."""

    _inherit = "practice.appointment.type"

    @api.model
    def _get_bookable_domain(self, companies):
        """Return the types that a login with these companies may book; a branch books those of its parents too."""
        return (
            Domain("online_booking", "=", True)
            & Domain("company_id", "parent_of", companies.ids)
            & Domain("practitioner_ids", "any", [("active", "=", True)])
        )

    @api.model
    def _get_bookable_types_sudo(self, user):
        """Return the types that ``user`` may book, with the rights to read them."""
        # sudo: searched with the domain of open types only
        types_sudo = self.sudo()
        return types_sudo.search(types_sudo._get_bookable_domain(user.sudo().company_ids))  # sudo: of the login itself

    def _read_slot(self, text, patients):
        """Return what a chosen time in an address names: one of these types, who gives it, and one of ``patients``.

        Whether the time is free is another question.

        :return: ``(type, practitioner, patient, start)``, or ``None``
        """
        slot = Slot.decode(text)
        if not slot:
            return None
        appointment_type = self.filtered(lambda it: it.id == slot.type_id)
        practitioner = appointment_type.practitioner_ids.filtered(lambda it: it.id == slot.practitioner_id)
        patient = patients.filtered(lambda it: it.id == slot.patient_id)
        return (appointment_type, practitioner, patient, slot.start) if practitioner and patient else None

    def _is_free(self, practitioner, patient, start):
        """Return whether an appointment of this type could begin at ``start`` (naive UTC)."""
        return start in self._get_free_times(practitioner, patient, first=start, last=start)[practitioner]

    def _has_reached_limit(self, patient):
        """Return whether ``patient`` has as many coming appointments of this type as they may have.

        Only types without package have a limit of their own; the others are limited by the credits.
        """
        if self.package_id:
            return False
        events_sudo = self.env["calendar.event"].sudo()  # sudo: a number, of a patient of the login
        coming = events_sudo._practice_get_portal_domain(patient, coming=True)
        return (
            events_sudo.search_count(coming & Domain("practice_appointment_type_id", "=", self.id))
            >= self.booking_limit
        )

    def _check_bookable(self, practitioner, patient, start):
        """Check that an appointment can be booked now.

        :raises TimeTakenError: when the time is not free
        :raises UserError: when the patient lacks credits, or has too many coming appointments of this type
        """
        if not self._is_free(practitioner, patient, start):
            raise TimeTakenError(self.env._("This time is no longer free. Please choose another one."))
        if self._has_reached_limit(patient):
            raise UserError(
                self.env._(
                    "%(patient)s has as many coming appointments of this type as allowed: %(count)s. Cancel or move "
                    "one, or call the practice.",
                    patient=patient.name,
                    count=self.booking_limit,
                )
            )
        if missing := self.env["practice.credit.lot"]._count_missing(patient, self, start):
            raise UserError(
                self.env._(
                    "Credits of %(package)s that are missing on that day: %(missing)s. Buy a package first, or choose "
                    "another appointment.",
                    missing=missing,
                    package=self.package_id.name,
                )
            )

    def _book(self, practitioner, patient, start, booker):
        """Book an appointment for a patient, as everything is at this moment, and invite them and the practitioner.

        :param practitioner: user who gives this type
        :param datetime start: naive UTC
        :param booker: partner whose login books: the patient, or who represents them
        :return: the appointment, with all rights
        :raises TimeTakenError: when the time is not free
        :raises UserError: when it cannot be booked for another reason
        """
        self.ensure_one()
        (practitioner.sudo().partner_id | patient)._practice_take_booking_turn()  # sudo: who the practitioner is
        self._check_bookable(practitioner, patient, start)
        event = self._get_event_env(practitioner)["calendar.event"].create(
            self._prepare_booking_vals(practitioner, patient, start, booker)
        )
        event._practice_note_on_portal(event.env._("Booked on the portal by %s.", booker.name), booker)
        return event

    def _prepare_booking_vals(self, practitioner, patient, start, booker):
        """Return the values of an appointment that the practitioner organises and both have accepted."""
        people = practitioner.sudo().partner_id | patient  # sudo: who the practitioner is
        if not patient.sudo().email:
            people |= booker  # sudo: somebody has to get the invitation
        return {
            "practice_appointment_type_id": self.id,
            "name": self.with_context(lang=practitioner.sudo().lang).name,  # sudo: the title of their planning
            "patient_id": patient.id,
            "user_id": practitioner.id,
            "start": start,
            "stop": start + self._get_duration(),
            "partner_ids": [Command.set(people.ids)],
            "attendee_ids": [Command.create({"partner_id": partner.id, "state": "accepted"}) for partner in people],
        }

    def _get_event_env(self, practitioner):
        """Return the environment in which a patient's booking is written.

        Not the portal user's: Odoo invites everybody but who writes, and they are the ones who need the invitation.
        Everything was checked before; who booked is noted on the appointment.
        """
        robot = self.with_user(SUPERUSER_ID).with_company(self.company_id)
        return robot.with_context(tz=self.company_id.practice_tz, lang=practitioner.sudo().lang).env  # sudo: language
