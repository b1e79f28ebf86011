from odoo import models


class CalendarAttendee(models.Model):
    """A patient who declines cancels the appointment; one who accepts after all plans it again."""

    _inherit = "calendar.attendee"

    def write(self, vals):
        events = self.event_id._practice_get_appointments()
        if "state" not in vals or not events:
            return super().write(vals)
        with events._practice_settling() as settling:
            settling._practice_touch(events)
            return super(CalendarAttendee, self.with_env(settling.env)).write(vals)

    def _check_access(self, operation):
        # As for their events, which our record rule reads through them.
        return super(CalendarAttendee, self.with_context(prefetch_fields=False))._check_access(operation)
