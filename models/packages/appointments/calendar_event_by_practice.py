from odoo import models
from odoo.exceptions import UserError


class CalendarEvent(models.Model):
    """The practice itself cancels: never late, whatever the hour; and several at once are not cancelled unasked."""

    _inherit = "calendar.event"

    def action_archive(self):
        """Archiving planned appointments cancels them: staff is asked first who cancels, which decides the cost."""
        return self.action_practice_delete_appointments() or super().action_archive()

    def action_practice_delete_appointments(self):
        """Return the dialog that asks who cancels these appointments before they go; nothing when none is planned."""
        if not self._practice_is_staff() or not self._practice_filter_planned():
            return None
        return self.action_practice_cancel_appointments()

    def action_practice_cancel_appointments(self):
        """Open the dialog that asks who cancels these appointments, and shows what that costs.

        :raises UserError: when none of them is planned
        """
        self.check_access("write")
        if not self._practice_filter_planned():
            raise UserError(self.env._("None of these appointments is planned, so there is nothing to cancel."))
        if len(self) == 1:
            return self.action_practice_cancel_appointment()
        action = self._practice_open_wizard(
            "practice_appointment_cancel_action", event_ids=self.ids, cancelled_by=False
        )
        return {**action, "name": self.env._("Cancel Appointments")}

    def _practice_filter_planned(self):
        """Return those of these events that are planned appointments."""
        return self._practice_get_appointments().filtered(lambda event: event.attendance == "planned")

    def _practice_cancel_by_practice(self, reason, *, notify=True):
        """Cancel these planned appointments because of the practice: all credits go back, whatever the policy.

        Each leaves its series alone.

        :param str reason: why, kept on the movements of the credits
        :param bool notify: e-mail the patient and the participants of those that are still to come
        :raises UserError: when there is no reason
        """
        if not reason:
            raise UserError(self.env._("Say why the practice cancels: the reason is kept with the credits."))
        events = self._practice_prepare_cancelling(reason, notify)
        events.write({"attendance": "cancelled", "active": False, "recurrence_update": "self_only"})

    def _practice_plan_again(self, reason):
        """Undo a cancellation that nobody was told of: these appointments are planned again, and reserve their credits.

        :param str reason: kept on the movements of the credits
        :raises CreditsMissingError: when there are not enough credits any more
        """
        self.with_context(practice_reason=reason, no_mail_to_attendees=True).write(
            {"attendance": "planned", "active": True, "recurrence_update": "self_only"}
        )
