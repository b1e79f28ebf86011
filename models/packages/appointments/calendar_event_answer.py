from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class CalendarEvent(models.Model):
    """What patients may still do with an appointment, on the portal and by the links of an invitation."""

    _inherit = "calendar.event"

    def _practice_can_be_cancelled_by_patient(self):
        """Return whether the patient may still cancel: it is planned, and has not begun."""
        self.ensure_one()
        return self.attendance == "planned" and self.start > fields.Datetime.now()

    def _practice_check_declinable(self):
        """Check that the patient may cancel these appointments.

        :raises UserError: when one has begun, or is cancelled already
        """
        if not all(event._practice_can_be_cancelled_by_patient() for event in self):
            raise UserError(self.env._("This appointment can no longer be cancelled. Please call the practice."))

    def _practice_can_be_restored_by_patient(self):
        """Return whether the patient may undo a cancellation: it was their own, and the appointment has not begun."""
        self.ensure_one()
        is_own = self.active and self._practice_is_cancelled() and self._practice_is_declined()
        return is_own and self.start > fields.Datetime.now()

    def _practice_check_restorable(self):
        """Check that the patient may come after all, and that nobody else takes the time meanwhile. Whether there are
        credits shows when they are taken.

        :raises UserError: when the practice has cancelled one, it has begun, or its time was given away
        """
        if not self:
            return
        (self.user_id.partner_id | self.patient_id)._practice_take_booking_turn()
        if problem := self._practice_find_restore_problem():
            raise UserError(problem)

    def _practice_find_restore_problem(self):
        """Return in words why these appointments cannot be planned again by the patient, or ``None``."""
        if not all(event._practice_can_be_restored_by_patient() for event in self):
            return self.env._(
                "This appointment was cancelled by the practice, or its time has passed. Please call the practice."
            )
        if taken := self._practice_filter_taken():
            return self.env._(
                "The time was given to somebody else meanwhile: %s. Please choose another one, or call the practice.",
                ", ".join(event._practice_describe_start() for event in taken),
            )
        return None

    def _practice_describe_start(self):
        """Return when it begins, in the practice's time zone and the language of the user."""
        self.ensure_one()
        return self._practice_describe_moment(self.start)

    def _practice_describe_moment(self, moment, dt_format="EEEE d MMMM y, HH:mm"):
        """Return ``moment``, naive UTC, in the practice's time zone and the language of the user."""
        self.ensure_one()
        return format_datetime(self.env, moment, tz=self._practice_get_company().practice_tz, dt_format=dt_format)
