from odoo import models
from odoo.exceptions import UserError

from ....tools.notices import pair_moved
from ..appointments.calendar_event import CANCELLED
from .calendar_event import SHARED_FIELDS

#: What of a group concerns its participants, besides what concerns credits.
TAKEN_ALONG = {*SHARED_FIELDS, "duration", "practice_places", "practice_patient_ids"}


class CalendarEvent(models.Model):
    """What happens to a group happens to its participants, and places are counted: once, when Odoo has finished.

    A group can be moved, cancelled, deleted or made anew as part of its series, over many doors; all of it ends here.
    """

    _inherit = "calendar.event"

    def _practice_may_move_credits(self, vals):
        if super()._practice_may_move_credits(vals):
            return True
        return bool(TAKEN_ALONG & vals.keys() and self._practice_hidden_sudo().filtered("practice_places"))

    def _practice_follow_calendar(self, before, moved):
        """A group that is called off is cancelled by the practice, which is never late."""
        if not self.practice_places:
            return super()._practice_follow_calendar(before, moved)
        return super()._practice_follow_calendar(before, moved=True)

    def _practice_take_along(self, touched, moved):
        result = super()._practice_take_along(touched, moved)
        groups = self.filtered("practice_places") | self.practice_group_id
        if not groups:
            return result
        if moved:
            groups._practice_move_to_remade(touched)
        for group in groups:
            group._practice_keep_together(touched)
            group._practice_choose_payer(touched)
            group._practice_count_places()
        return True

    def _practice_move_to_remade(self, touched):
        """Let each group that Odoo archived, to make its series anew, be followed by the new one at its place."""
        gone = {it: it.start for it in self if not it.active and touched.get(it) and not touched[it]["archived"]}
        new = {event: event.start for event in self if event.active and not touched.get(event)}
        for before, after in pair_moved(gone, new):
            if before and after:
                before._practice_replace_group(after)

    def _practice_replace_group(self, after):
        """Let who takes part in this group come to the one that was made in its place. A hook."""
        self._practice_get_visits().write({"practice_group_id": after.id})

    def _practice_keep_together(self, touched):
        """Let the visits of those who are still expected in this group follow it: its time, its end."""
        self.ensure_one()
        visits = self.practice_participant_ids
        if self._practice_is_cancelled():
            self._practice_check_called_off_now(touched, visits)
            vals = {"attendance": "cancelled", "active": False, "practice_cancelled_with_group": True}
            visits._practice_filter_planned().write(vals)
            return
        before = touched.get(self)
        if before and before["attendance"] in CANCELLED:
            again = visits.filtered("practice_cancelled_with_group")
            again.write({"attendance": "planned", "active": True, "practice_cancelled_with_group": False})
        planned = visits._practice_filter_planned()
        names = self._practice_get_shared_fields()
        following = planned.filtered(lambda visit: any(visit[name] != self[name] for name in names))
        changed = [name for name in names if any(visit[name] != self[name] for visit in following)]
        vals = self._convert_to_write({name: self[name] for name in changed})
        if "practice_appointment_type_id" in vals:
            free = following._practice_filter_free()
            free.write(vals)
            following -= free
        following.write(vals)

    def _practice_check_called_off_now(self, touched, visits):
        """Refuse to plan the visits of a group again that was called off before.

        :raises UserError: naming the group
        """
        now = self in touched and touched[self] and touched[self]["attendance"] not in CANCELLED
        if not now and visits._practice_filter_planned():
            raise UserError(
                self.env._(
                    "%(group)s on %(start)s is cancelled: plan the group again first, or choose another one.",
                    group=self.name,
                    start=self._practice_describe_start(),
                )
            )

    def _practice_choose_payer(self, touched):
        """Of a group for which one pays, let the first who joins take the credits; without who pays it is cancelled."""
        self.ensure_one()
        package = self.practice_appointment_type_id.package_id
        visits = self.practice_participant_ids
        taking_part = visits._practice_filter_taking_part()
        if not (self.practice_one_pays and package and taking_part) or taking_part.filtered("practice_package_id"):
            return
        new = taking_part.filtered(lambda visit: visit in touched and touched[visit] is None).sorted("id")
        if new:
            credits = self.practice_appointment_type_id.package_credits
            new[0].write({"practice_credits": credits, "practice_package_id": package.id})
        elif visits.filtered("practice_package_id") and self.attendance == "planned":
            self.write({"attendance": "cancelled"})
            self._practice_keep_together(touched)

    def _practice_count_places(self):
        """Count who takes part.

        :raises UserError: when they are more than there are places
        """
        self.ensure_one()
        taken = len(self.practice_participant_ids._practice_filter_taking_part())
        if taken > self.practice_places:
            raise UserError(self._practice_describe_full())
        if taken != self.practice_places_taken:
            # Also so that of two who take the last place Odoo asks one again: both change this row.
            self.write({"practice_places_taken": taken})
