from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_datetime

from .appointment_type_booking import TimeTakenError


class CalendarEvent(models.Model):
    """Patients move an appointment that they could still cancel for free."""

    _inherit = "calendar.event"

    def _practice_can_be_moved_by_patient(self):
        """Return whether the patient may move this appointment now."""
        return self._practice_get_move_obstacle() is None

    def _practice_get_move_obstacle(self):
        """Return why the patient may not move this appointment now, or ``None``.

        Only while cancelling costs nothing, else moving would be a way around the policy of late cancellations.

        :return: *cancelled*; *over*: it has begun; *closed*: patients do not choose times of its type; *late*:
            cancelling it costs credits by now
        """
        self.ensure_one()
        if not self.active or self._practice_is_cancelled():
            return "cancelled"
        if not self._practice_can_be_cancelled_by_patient():
            return "over"
        appointment_type = self.practice_appointment_type_id
        is_open = appointment_type.active and appointment_type.online_booking and appointment_type.practitioner_ids
        if not is_open or self.allday:
            return "closed"
        return "late" if self._practice_get_cancel_cost() else None

    def _practice_read_move(self, booking):
        """Return ``(practitioner, start)`` of a chosen time in an address that is for this appointment, or ``None``."""
        self.ensure_one()
        chosen = self.practice_appointment_type_id._read_slot(booking, self.patient_id)
        return chosen and (chosen[1], chosen[3])

    def _practice_is_planned_at(self, practitioner, start):
        """Return whether this is when and with whom this appointment takes place."""
        self.ensure_one()
        return (practitioner, start) == (self.user_id, self.start)

    def _practice_get_times_to_move_to(self, practitioners, **options):
        """Return the free times of ``practitioners`` for this appointment, as if it was not planned."""
        self.ensure_one()
        return self.practice_appointment_type_id._get_free_times(
            practitioners, self.patient_id, duration=self.stop - self.start, ignore=self, **options
        )

    def _practice_check_movable(self, practitioner, start):
        """Check that the patient can move this appointment now.

        :raises TimeTakenError: when the time is not free, or the time that the appointment already has
        :raises UserError: when it is too late to move it, or credits are not valid that day
        """
        if not self._practice_can_be_moved_by_patient():
            raise UserError(self.env._("This appointment can no longer be moved here. Please call the practice."))
        self.practice_appointment_type_id._check_week(self.patient_id, start, ignore=self)
        if (
            self._practice_is_planned_at(practitioner, start)
            or start not in self._practice_get_times_to_move_to(practitioner, first=start, last=start)[practitioner]
        ):
            raise TimeTakenError(self.env._("This time is no longer free. Please choose another one."))
        if not self.env["practice.credit.lot"]._can_pay_at(self, start):
            raise UserError(
                self.env._(
                    "The credits of %s are not valid on that day. Choose an earlier day, or buy a package first.",
                    self._practice_get_package().name,
                )
            )

    def _practice_move_by_patient(self, practitioner, start, mover):
        """Move this appointment, as everything is at this moment; Odoo tells the patient and the practitioners.

        An appointment of a series moves alone. Its credits stay where they are while they are valid on the new day.

        :param practitioner: user who gives it from now on
        :param datetime start: naive UTC; the appointment stays as long as it is
        :param mover: partner whose login or link moves: the patient, or who represents them
        :raises TimeTakenError: when the time is not free
        :raises UserError: when it cannot be moved for another reason
        """
        self.ensure_one()
        before = self.user_id
        practitioners_sudo = (practitioner | before).sudo()  # sudo: who they are
        (practitioners_sudo.partner_id | self.patient_id)._practice_take_booking_turn()
        self._practice_check_movable(practitioner, start)
        event = self.with_env(self.practice_appointment_type_id._get_event_env(practitioner))
        was = format_datetime(event.env, self.start, tz=self._practice_get_company().practice_tz, dt_format="short")
        vals = {"start": start, "stop": start + (self.stop - self.start)}
        if self.practice_group_id:
            joined_sudo = self.practice_appointment_type_id._find_joinable_sudo(
                practitioner, self.patient_id, start, ignore=self
            )
            vals = {"practice_group_id": joined_sudo.id}
        elif practitioner != before:
            vals |= event._practice_prepare_handover_vals(practitioner)
            if before.partner_id - self.patient_id:
                event._practice_notify_handed_over()
        event.write(vals)
        # They give it: their hours said so. Odoo asks organisers again when somebody else moves what is theirs.
        event.attendee_ids.filtered(lambda it: it.partner_id == practitioner.sudo().partner_id).state = "accepted"
        note = event.env._("Moved on the portal by %(who)s, from %(was)s.", who=mover.name, was=was)
        event._practice_note_on_portal(note, mover)

    def _practice_prepare_move(self, practitioner, start):
        """Return what a page shows of this appointment before it is moved."""
        self.ensure_one()
        appointment_type = self.practice_appointment_type_id
        duration = self.stop - self.start
        return {
            **appointment_type._prepare_choice(practitioner, self.patient_id, start, duration),
            **appointment_type._prepare_policy(
                start, self._practice_get_cancel_hours(), self._practice_get_late_cost()
            ),
            "place": self._practice_get_place(),
            "credits": self.practice_credits,
        }

    def _practice_notify_handed_over(self):
        """Queue Odoo's e-mail of a cancelled event to the practitioner who does not give this appointment any more."""
        template = self.env.ref("calendar.calendar_template_delete_event", raise_if_not_found=False)
        if template and self.user_id.partner_id.email:
            recipients = [Command.set(self.user_id.partner_id.ids)]
            template.send_mail(self.id, email_values={"recipient_ids": recipients})

    def _practice_note_on_portal(self, text, author):
        """Keep a note for the practice of who did what; nobody is e-mailed about it."""
        self.ensure_one()
        self.message_post(body=text, author_id=author.id, subtype_xmlid="mail.mt_note")
