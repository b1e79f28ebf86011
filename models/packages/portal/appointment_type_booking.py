from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_datetime

from ....tools.slots import Slot


class TimeTakenError(UserError):
    """The time that a patient chose is not free (any more); others may be."""


class ResPartner(models.Model):
    """Bookings of one practitioner, and of one patient, follow each other."""

    _inherit = "res.partner"

    practice_booking_turn = fields.Integer(copy=False, readonly=True, groups="base.group_system")

    def _take_booking_turn(self):
        """Make sure that nobody else books with these practitioners and patients in the meantime.

        Looking whether a time is free and then taking it is not safe by itself: under REPEATABLE READ two requests both
        find it free. Each booking therefore updates the rows of its people; of two at once the second one gets a
        serialization failure, Odoo repeats its request, and then it sees what the first one took.
        """
        self.env.cr.execute(
            SQL(
                """UPDATE res_partner SET practice_booking_turn = COALESCE(practice_booking_turn, 0) + 1
                     FROM (SELECT id FROM res_partner WHERE id IN %s ORDER BY id FOR NO KEY UPDATE) AS people
                    WHERE res_partner.id = people.id""",
                tuple(self.ids),
            )
        )


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
        """Return whether ``patient`` has as many coming appointments of this type as he may have.

        Only types without package have a limit of their own; the others are limited by the credits.
        """
        if self.package_id:
            return False
        events = self.env["calendar.event"].sudo()  # sudo: a number, of a patient of the login
        coming = events._get_portal_domain(patient, coming=True)
        return events.search_count(coming & Domain("practice_appointment_type_id", "=", self.id)) >= self.booking_limit

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
                    "%(patient)s has %(count)s coming appointments of this type, and cannot have more. Cancel or move "
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
        """Book an appointment for a patient, as everything is at this moment, and invite him and the practitioner.

        :param practitioner: user who gives this type
        :param datetime start: naive UTC
        :param booker: partner whose login books: the patient, or who represents him
        :return: the appointment, with all rights
        :raises TimeTakenError: when the time is not free
        :raises UserError: when it cannot be booked for another reason
        """
        self.ensure_one()
        (practitioner.sudo().partner_id | patient)._take_booking_turn()  # sudo: who the practitioner is
        self._check_bookable(practitioner, patient, start)
        event = self._get_event_env(practitioner)["calendar.event"].create(
            self._prepare_booking_vals(practitioner, patient, start, booker)
        )
        event._note_on_portal(event.env._("Booked on the portal by %s.", booker.name), booker)
        return event

    def _prepare_booking_vals(self, practitioner, patient, start, booker):
        """Return the values of an appointment that the practitioner organises and both have accepted."""
        people = practitioner.sudo().partner_id | patient  # sudo: who the practitioner is
        if not patient.sudo().email:
            people |= booker  # sudo: somebody has to get the invitation
        return {
            "practice_appointment_type_id": self.id,
            "name": self.with_context(lang=practitioner.sudo().lang).name,  # sudo: the title of his planning
            "patient_id": patient.id,
            "user_id": practitioner.id,
            "start": start,
            "stop": start + self._get_duration(),
            "partner_ids": [Command.set(people.ids)],
            "attendee_ids": [Command.create({"partner_id": partner.id, "state": "accepted"}) for partner in people],
        }

    def _get_event_env(self, practitioner):
        """Return the environment in which a patient's booking is written.

        Not the portal user's: Odoo invites everybody but who writes, and he is the one who needs the invitation.
        Everything was checked before; who booked is noted on the appointment.
        """
        robot = self.with_user(SUPERUSER_ID).with_company(self.company_id)
        return robot.with_context(tz=self.company_id.practice_tz, lang=practitioner.sudo().lang).env  # sudo: language


class CalendarEvent(models.Model):
    """Patients move an appointment that they could still cancel for free."""

    _inherit = "calendar.event"

    def _can_be_moved_by_patient(self):
        """Return whether the patient may move this appointment now: only while cancelling costs nothing, else moving
        would be a way around the policy of late cancellations."""
        self.ensure_one()
        appointment_type = self.practice_appointment_type_id
        is_open = appointment_type.active and appointment_type.online_booking and appointment_type.practitioner_ids
        if not is_open or not self.active or self.allday:
            return False
        return self._can_be_cancelled_by_patient() and not self._would_be_late()

    def _get_times_to_move_to(self, practitioners, **options):
        """Return the free times of ``practitioners`` for this appointment, as if it was not planned."""
        self.ensure_one()
        return self.practice_appointment_type_id._get_free_times(
            practitioners, self.patient_id, duration=self.stop - self.start, ignore=self, **options
        )

    def _check_movable(self, practitioner, start):
        """Check that the patient can move this appointment now.

        :raises TimeTakenError: when the time is not free, or the time that the appointment already has
        :raises UserError: when it is too late to move it, or credits are not valid that day
        """
        if not self._can_be_moved_by_patient():
            raise UserError(self.env._("This appointment can no longer be moved here. Please call the practice."))
        moves = (start, practitioner) != (self.start, self.user_id)
        if not moves or start not in self._get_times_to_move_to(practitioner, first=start, last=start)[practitioner]:
            raise TimeTakenError(self.env._("This time is no longer free. Please choose another one."))
        if not self.env["practice.credit.lot"]._can_pay_at(self, start):
            raise UserError(
                self.env._(
                    "The credits of %s are not valid on that day. Choose an earlier day, or buy a package first.",
                    self.practice_appointment_type_id.package_id.name,
                )
            )

    def _move_by_patient(self, practitioner, start, mover):
        """Move this appointment, as everything is at this moment; Odoo tells the patient and the practitioners.

        An appointment of a series moves alone. Its credits stay where they are while they are valid on the new day.

        :param practitioner: user who gives it from now on
        :param datetime start: naive UTC; the appointment stays as long as it is
        :param mover: partner whose login moves: the patient, or who represents him
        :raises TimeTakenError: when the time is not free
        :raises UserError: when it cannot be moved for another reason
        """
        self.ensure_one()
        before = self.user_id
        (practitioner | before).sudo().partner_id.union(self.patient_id)._take_booking_turn()  # sudo: who they are
        self._check_movable(practitioner, start)
        event = self.with_env(self.practice_appointment_type_id._get_event_env(practitioner))
        was = format_datetime(event.env, self.start, tz=self._get_practice().practice_tz, dt_format="short")
        vals = {"start": start, "stop": start + (self.stop - self.start)}
        if practitioner != before:
            vals["user_id"] = practitioner.id
            vals["partner_ids"] = [Command.link(practitioner.sudo().partner_id.id)]  # sudo: who it is
            if before.partner_id - self.patient_id:
                event._notify_handed_over()
                vals["partner_ids"].append(Command.unlink(before.partner_id.id))
        event.write(vals)
        # He gives it: his hours said so. Odoo asks him again when somebody else moves what he organises.
        event.attendee_ids.filtered(lambda it: it.partner_id == practitioner.sudo().partner_id).state = "accepted"
        note = event.env._("Moved on the portal by %(who)s, from %(was)s.", who=mover.name, was=was)
        event._note_on_portal(note, mover)

    def _notify_handed_over(self):
        """Queue Odoo's e-mail of a cancelled event to the practitioner who does not give this appointment any more."""
        template = self.env.ref("calendar.calendar_template_delete_event", raise_if_not_found=False)
        if template and self.user_id.partner_id.email:
            recipients = [Command.set(self.user_id.partner_id.ids)]
            template.send_mail(self.id, email_values={"recipient_ids": recipients})

    def _note_on_portal(self, text, author):
        """Keep a note for the practice of who did what; nobody is e-mailed about it."""
        self.ensure_one()
        self.message_post(body=text, author_id=author.id, subtype_xmlid="mail.mt_note")
