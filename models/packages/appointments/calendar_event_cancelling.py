from odoo import fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from ...common.words import count_credits
from .calendar_event import SPENT


class CalendarEvent(models.Model):
    """Appointments are cancelled: by the patient with the policy of the moment, by the practice never late."""

    _inherit = "calendar.event"

    # === ACTIONS === #

    def action_practice_cancel_appointment(self):
        """Open the dialog that shows what cancelling costs, or why credits of a past visit are given back."""
        self.ensure_one()
        return self._practice_open_wizard("practice_appointment_cancel_action", event_id=self.id)

    def action_unlink_event(self, attendee_id=None, recurrence=False):
        """Deleting an appointment in a calendar cancels it, and says first what that costs the patient."""
        if len(self) != 1 or not self._practice_is_staff() or self.attendance != "planned":
            return super().action_unlink_event(attendee_id, recurrence)
        scope = {"next": "future_events", "all": "all_events"}.get(recurrence, "self_only")
        return self._practice_open_wizard("practice_appointment_cancel_action", event_id=self.id, scope=scope)

    def action_practice_give_back(self):
        """Open the dialog that asks why, for those of these appointments whose credits were used or lost."""
        spent = self.filtered(lambda event: event.credit_state in SPENT)
        return self._practice_open_wizard("practice_credit_give_back_action", event_ids=(spent or self).ids)

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

    def unlink(self):
        """Staff that deletes in Odoo's own calendar, where nothing asks who cancels, is led to what asks.

        :raises RedirectWarning: when patients would lose credits
        """
        if not self.env.su and not self._practice_is_settling() and self._practice_is_staff():
            self._practice_check_deleted_for_free()
        return super().unlink()

    def _practice_check_deleted_for_free(self):
        appointments = self._practice_get_appointments()
        costs = {event: cost for event in appointments if (cost := event._practice_get_cancel_cost())}
        if costs:
            raise RedirectWarning(
                self.env._(
                    "It is too late to cancel for free: by deleting these appointments patients would lose %s. "
                    "Say who cancels: when it is the practice, all credits go back.",
                    count_credits(self.env, sum(costs.values())),
                ),
                appointments.action_practice_cancel_appointments(),
                self.env._("Cancel Appointments"),
            )

    # === BUSINESS METHODS === #

    def _practice_cancel_marked(self, reason=False):
        """Cancel these appointments of the past: they were marked wrongly, and nobody is told.

        :param str reason: why, kept on the movements of the credits
        :raises UserError: when credits are given back without a reason
        """
        if not reason and any(event._practice_get_spent_credits() for event in self):
            raise UserError(self.env._("Say why the credits are given back."))
        self.with_context(practice_reason=reason).write({"attendance": "cancelled"})

    def _practice_cancel_planned(self, *, reason=False, give_back=False, notify=True):
        """Cancel these planned appointments with the policy of this moment.

        :param str reason: why, kept on the movements of the credits
        :param bool give_back: give back also what cancelling would cost
        :param bool notify: e-mail the patient and the participants of those that are still to come
        :raises UserError: when credits that would be lost are given back without a reason
        """
        costly = self.filtered(lambda event: event._practice_get_cancel_cost())
        if costly and give_back and not reason:
            raise UserError(self.env._("Say why the credits are given back although it is late."))
        events = self._practice_prepare_cancelling(reason, notify)
        if len(events) == 1:
            events.action_mass_archive("self_only")  # Odoo keeps the rest of a series together
        else:
            events.write({"active": False})
        if give_back:
            costly._practice_give_back(reason)

    def _practice_prepare_cancelling(self, reason, notify):
        """Tell the participants of these appointments to come, if ``notify``; return them to be cancelled.

        :param str reason: why, kept on the movements of the credits
        :param bool notify: otherwise nobody is told, the patient neither
        """
        events = self.with_context(practice_reason=reason)
        if not notify:
            return events.with_context(no_mail_to_attendees=True)
        self.filtered(lambda event: event.start > fields.Datetime.now())._practice_notify_cancelled()
        return events

    def _practice_give_back(self, reason):
        """Give the credits of these appointments back although they were used or lost.

        :param str reason: why, kept on the movements of the credits
        :raises UserError: when there is no reason, or nothing to give back
        """
        spent = self.filtered(lambda event: event.credit_state in SPENT)
        if not spent:
            raise UserError(
                self.env._("There is nothing to give back: no credits of these appointments were used or lost.")
            )
        spent.with_context(practice_reason=reason).write({"credit_waived": True})

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

    def _practice_notify_cancelled(self, people=None):
        """Queue an e-mail that the appointment does not take place, with Odoo's own template.

        Not to the patient, who is told by :meth:`_practice_tell_changes`.

        :param people: partners who are told; by default the participants
        """
        template = self.env.ref("calendar.calendar_template_delete_event", raise_if_not_found=False)
        if not template:
            return
        for event in self:
            told = (event.partner_ids if people is None else people) - event._practice_get_speakers().partner_id
            recipients = told.filtered("email") - self.env.user.partner_id
            if recipients:
                template.send_mail(event.id, email_values={"recipient_ids": [Command.set(recipients.ids)]})
