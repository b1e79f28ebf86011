from odoo import models


class CalendarEvent(models.Model):
    """Two appointments in one room at a time are planned on purpose only."""

    _inherit = "calendar.event"

    def _practice_collect_conflicts(self):
        """Name those too whose room is not free, or for which none is."""
        conflicts = super()._practice_collect_conflicts()
        for event, words in self._practice_find_room_problems().items():
            conflicts[event].append(words)
        return conflicts

    def _practice_find_restore_problem(self):
        """Nor can patients come after all when their room was given away."""
        problem = super()._practice_find_restore_problem()
        return problem or next(iter(self._practice_find_room_problems().values()), None)
