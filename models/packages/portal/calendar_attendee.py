from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..appointments.credit_lot_appointment import CreditsMissingError


class CalendarAttendee(models.Model):
    """What the links of an invitation show to whom it was sent, and what their buttons do."""

    _inherit = "calendar.attendee"

    def _practice_get_linked(self, whole_series):
        """Return the invitations that a link is about, by date: this one, or those of the whole series."""
        self.ensure_one()
        recurrence = self.event_id.recurrence_id
        if not whole_series or not recurrence:
            return self
        same = Domain("event_id.recurrence_id", "=", recurrence.id) & Domain("partner_id", "=", self.partner_id.id)
        return self.search(same & Domain("event_id.active", "=", True)).sorted(lambda it: it.event_id.start) or self

    def _practice_sort_out(self, answer):
        """Return those of these invitations that ``answer`` would change, and what follows from it.

        :param str answer: ``accepted`` or ``declined``
        :return: ``(what, invitations)``: *cancel* or *restore* the appointments, *reply* without any consequence, or
            *nothing*
        """
        coming = self.filtered(lambda it: it.state != answer and it.event_id.start > fields.Datetime.now())
        speaking = coming.filtered(lambda it: it._practice_speaks())
        if answer == "declined":
            what = "cancel"
            chosen = speaking.filtered(
                lambda it: it.event_id._practice_is_declined(it) and it.event_id._practice_can_be_cancelled_by_patient()
            )
        else:
            what = "restore"
            chosen = speaking.filtered(lambda it: it.event_id._practice_can_be_restored_by_patient())
        if chosen:
            return what, chosen
        replying = coming.filtered(lambda it: it.event_id.attendance == "planned" and it.event_id.active)
        return ("reply", replying) if replying else ("nothing", self)

    def _practice_prepare_answer(self, answer, whole_series):
        """Return what the page behind a link shows: what it is about, and what its button would do. Changes nothing."""
        what, invitations = self._practice_get_linked(whole_series)._practice_sort_out(answer)
        events = invitations.event_id.sorted("start")
        shown = events._practice_prepare_portal_values()
        cost = sum(value["cancel_cost"] for value in shown)
        return {
            "answer": answer,
            "what": what,
            "appointments": shown,
            "cost": cost,
            "back": sum(value["credits"] for value in shown if value["takes_credits"]) - cost,
            "free_until": shown[0]["free_until"],
            "needed": sum(event.practice_credits for event in events if event.practice_appointment_type_id.package_id),
            "move_address": what == "cancel"
            and len(events) == 1
            and events._practice_can_be_moved_by_patient()
            and invitations._practice_get_move_path(),
            "problem": events._practice_find_restore_problem() if what == "restore" else None,
            "is_own": any(event._practice_can_be_restored_by_patient() for event in events),
            "is_planned": any(event._practice_can_be_cancelled_by_patient() for event in events),
            "is_over": all(event.start <= fields.Datetime.now() for event in events),
        }

    def _practice_answer(self, answer, whole_series, known_cost):
        """Do what the button of a link promised, by the rules of the portal.

        :param int known_cost: the whole credits that the page said it costs
        :return: whether it was done; not when it costs more by now
        :raises UserError: when it is too late, or the time or the credits are gone
        """
        what, invitations = self._practice_get_linked(whole_series)._practice_sort_out(answer)
        if what == "cancel":
            costs = {it: it.event_id._practice_get_cancel_cost() for it in invitations}
            if sum(costs.values()) > known_cost:
                return False
            for invitation, cost in costs.items():
                invitation.event_id._practice_cancel_by_patient(cost, invitation)
        elif what == "restore":
            invitations._practice_restore()
        elif what == "reply":
            invitations.do_decline() if answer == "declined" else invitations.do_accept()
        return True

    def _practice_restore(self):
        """Plan these appointments again, and invite who gives them, who was told that they do not take place."""
        try:
            self.do_accept()
        except CreditsMissingError:
            raise UserError(
                self.env._("There are not enough credits for this any more. Buy a package first, or call the practice.")
            ) from None
        others = self.event_id.attendee_ids.filtered(lambda it: not it._practice_speaks())
        others._notify_attendees(
            self.env.ref("calendar.calendar_template_meeting_invitation", raise_if_not_found=False)
        )
