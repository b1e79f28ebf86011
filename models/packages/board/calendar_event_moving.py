from odoo import fields, models
from odoo.exceptions import AccessError

from ...common.words import count_credits


class CalendarEvent(models.Model):
    """Dragged on the board: to another time, another practitioner, another room, another end."""

    _inherit = "calendar.event"

    def practice_move_on_board(
        self, start, stop, practitioner_id=None, room_id=None, *, reason=None, confirmed=False, scope=None
    ):
        """Move this appointment, unless something has to be said first; then nothing is changed.

        :param str start, stop: naive UTC
        :param int practitioner_id: user who gives it from now on; by default who does
        :param int room_id: where it takes place from now on; by default where it does
        :param str reason: why it is moved to a time at which somebody is busy
        :param bool confirmed: what it costs was read
        :param str scope: of a series, which of its appointments move, as Odoo's ``recurrence_update``
        :return: ``{"conflicts": [sentence], "costs": [sentence]}``; both empty when it was moved
        :raises UserError: when it is refused: credits not valid on that day, marked already, busy without a reason
        """
        self._practice_check_board()
        self.ensure_one()
        self.check_access("write")
        practitioner = self.env["res.users"].browse(practitioner_id) if practitioner_id else self.user_id
        vals = {"start": start, "stop": stop}
        if room_id and room_id != self.practice_room_id.id:
            vals["practice_room_id"] = room_id
        moved = self.new({**vals, "user_id": practitioner.id}, origin=self)
        conflicts = [] if reason else moved._practice_find_conflicts().get(moved, [])
        costs = [] if confirmed else self._practice_foresee_cost(moved)
        if not conflicts and not costs:
            if practitioner != self.user_id:
                vals |= self._practice_prepare_handover_vals(practitioner)
                self._practice_tell_handed_over()
            if scope:
                vals["recurrence_update"] = scope
            self.write({**vals, "practice_overrule_reason": reason})
        return {"conflicts": conflicts, "costs": costs}

    def _practice_check_board(self):
        """Check that the user works for the practice.

        :raises AccessError: otherwise
        """
        if not self._practice_is_staff():
            raise AccessError(self.env._("The day board is for the staff of the practice."))

    def _practice_foresee_cost(self, moved):
        """Return in sentences what moving this appointment makes dearer for the patient.

        :param moved: this appointment as it would be
        """
        cost = moved._practice_get_late_cost()
        planned = self.attendance == "planned" and moved.start > fields.Datetime.now()
        if not cost or not planned or self._practice_is_late() or not moved._practice_is_late():
            return []
        return [
            self.env._(
                "At such short notice cancelling is not free any more: then it costs %(patient)s %(cost)s.",
                patient=self.patient_id.name,
                cost=count_credits(self.env, cost),
            )
        ]

    def _practice_tell_handed_over(self):
        """Tell who gives this appointment that somebody else will, unless they did it themselves."""
        before_sudo = self.user_id.sudo().partner_id  # sudo: who it is
        others = before_sudo - self.patient_id - self.env.user.partner_id
        if others and self._practice_filter_coming():
            self._practice_notify_handed_over()
