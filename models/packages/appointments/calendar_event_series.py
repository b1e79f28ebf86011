from odoo import models
from odoo.exceptions import UserError


class CalendarEvent(models.Model):
    """When the appointments of a series would take place, before it is saved."""

    _inherit = "calendar.event"

    def _practice_get_starts(self):
        """Return when this appointment takes place, in naive UTC: one moment, or all of a series that is planned."""
        self.ensure_one()
        if self._origin or not self.recurrency or not self.start:
            return [self.start]
        recurrences = self.env["calendar.recurrence"]
        # Reading one that the form does not have would compute all of them anew, over what was typed.
        typed = {name: self[name] for name in self._get_recurrent_fields() - {"rrule"} if name in self._cache}
        recurrence = recurrences.new({**self._get_recurrence_params(), **typed})
        try:
            spans = recurrence._range_calculation(self, self.stop - self.start)
        except UserError:
            # The form is not complete yet; saving it says what is missing.
            return [self.start]
        return sorted(start for start, _stop in spans) or [self.start]
