from odoo import models


class CalendarAttendee(models.Model):
    """A patient who declines cancels the appointment; one who accepts after all plans it again."""

    _inherit = "calendar.attendee"

    def write(self, vals):
        # sudo: the field is hidden from employees outside the practice
        events = self.event_id.filtered(lambda event: event.sudo().practice_appointment_type_id)
        if "state" not in vals or not events:
            return super().write(vals)
        with events._practice_settling() as settling:
            settling._practice_touch(events)
            return super(CalendarAttendee, self.with_env(settling.env)).write(vals)
