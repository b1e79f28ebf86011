from odoo import models

from ....tools.rooms import is_free


class PracticeAppointmentType(models.Model):
    """Patients are offered times only at which a room is free, where the type needs one."""

    _inherit = "practice.appointment.type"

    def _get_free_times(self, practitioners, patient, *, duration=None, ignore=None, **options):
        """Leave out the times at which no room is free."""
        times = super()._get_free_times(practitioners, patient, duration=duration, ignore=ignore, **options)
        starts = {start for of_one in times.values() for start in of_one}
        rooms_sudo = self.sudo().room_ids  # sudo: only whether one is free leaves this method
        if not rooms_sudo or not starts:
            return times
        duration = duration or self._get_duration()
        free = rooms_sudo._get_free_spans(min(starts), max(starts) + duration, ignore)
        fit = {start for start in starts if any(is_free(spans, start, start + duration) for spans in free.values())}
        return {practitioner: [start for start in of_one if start in fit] for practitioner, of_one in times.items()}
