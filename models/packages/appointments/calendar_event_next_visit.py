from datetime import timedelta

from odoo import models
from odoo.fields import Domain

from ....tools.dates import same_time_on
from .calendar_event import NOT_CANCELLED

#: A longer way back to the visit before is no rhythm.
LONGEST_RHYTHM = timedelta(days=180)
USUAL_RHYTHM = timedelta(weeks=2)


class CalendarEvent(models.Model):
    """The next visit of a patient: another one like this, some weeks later at the same time of the clock."""

    _inherit = "calendar.event"

    def action_practice_plan_next_visit(self):
        """Open the dialog that plans the next visit, in the rhythm of the last ones."""
        self.ensure_one()
        return self._practice_open_wizard("practice_next_visit_action", event_id=self.id)

    def _practice_get_rhythm(self):
        """Return the days from the visit before to this one: of the same patient and type, and not cancelled.

        Two weeks, when there was none in half a year.
        """
        self.ensure_one()
        before = self.with_context(active_test=False).search(
            Domain("patient_id", "=", self.patient_id.id)
            & Domain("practice_appointment_type_id", "=", self.practice_appointment_type_id.id)
            & Domain("attendance", "in", NOT_CANCELLED)
            & Domain("start", "<", self.start),
            order="start desc",
            limit=1,
        )
        if not before:
            return USUAL_RHYTHM
        days = self._practice_get_visit_day() - before._practice_get_visit_day()
        return days if timedelta() < days <= LONGEST_RHYTHM else USUAL_RHYTHM

    def _practice_prepare_next_visit_vals(self, day):
        """Return the values of an appointment like this one on ``day``, a day in the practice's time zone.

        As long, and at the same time of the clock, also when the clocks are changed in between.
        """
        self.ensure_one()
        start = same_time_on(self.start, day, self._practice_get_company().practice_tz)
        return {
            "name": self.practice_appointment_type_id.name,
            "practice_appointment_type_id": self.practice_appointment_type_id.id,
            "patient_id": self.patient_id.id,
            "user_id": self.user_id.id,
            "start": start,
            "stop": start + (self.stop - self.start),
            "location": self.location,
        }
