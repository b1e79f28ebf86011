from odoo import models

from .calendar_event_settling import ASKED_AGAIN


class CalendarAttendee(models.Model):
    """A patient who declines cancels the appointment; one who accepts after all plans it again.

    By the rules of the portal, whoever writes the answer: the patient, who represents them, or staff for them.
    """

    _inherit = "calendar.attendee"

    def write(self, vals):
        events = self.event_id._practice_get_appointments()
        if "state" not in vals or not events:
            return super().write(vals)
        with events._practice_settling() as settling:
            settling._practice_touch(events)
            if self.env.context.get("practice_answers") is not ASKED_AGAIN:
                self._practice_check_answer(vals["state"])
            return super(CalendarAttendee, self.with_env(settling.env)).write(vals)

    def _practice_check_answer(self, state):
        """Check that the patient may still answer this; the answers of others mean nothing for the appointment.

        :raises UserError: when it is too late, the practice has cancelled it, or the time or the credits are gone
        """
        changed_sudo = self.sudo().filtered(lambda it: it.state != state and it._practice_speaks())  # sudo: who it is
        if state == "declined":
            events_sudo = changed_sudo.event_id
            events_sudo.filtered(lambda event: event._practice_is_declined(changed_sudo))._practice_check_declinable()
        else:
            declined_sudo = changed_sudo.filtered(lambda it: it.state == "declined")
            declined_sudo.event_id.filtered(lambda event: event._practice_is_cancelled())._practice_check_restorable()

    def _practice_speaks(self):
        """Return whether this answer is the patient's; see :meth:`calendar.event._practice_get_speakers`."""
        self.ensure_one()
        return self in self.event_id._practice_get_speakers()

    def _check_access(self, operation):
        # As for their events, which our record rule reads through them.
        return super(CalendarAttendee, self.with_context(prefetch_fields=False))._check_access(operation)
