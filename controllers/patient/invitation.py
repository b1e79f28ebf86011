from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.calendar.controllers.main import CalendarController

from .links import LinkPages
from .times import undo


class PatientInvitations(LinkPages, CalendarController):
    """The links *Accept* and *Decline* of an invitation to an appointment.

    Whoever reads a mail opens its links: people, and programs that look for viruses. So a link shows what would happen,
    and only the button below it, which sends a form, does it. Events that are no appointments stay as they are.
    """

    @http.route()
    def accept_meeting(self, token, id, **kwargs):  # pylint: disable=redefined-builtin
        return self._practice_follow_link("accepted", token, **kwargs) or super().accept_meeting(token, id, **kwargs)

    @http.route()
    def decline_meeting(self, token, id, **kwargs):  # pylint: disable=redefined-builtin
        return self._practice_follow_link("declined", token, **kwargs) or super().decline_meeting(token, id, **kwargs)

    @http.route()
    def accept_recurrence(self, token, id, **kwargs):  # pylint: disable=redefined-builtin
        page = self._practice_follow_link("accepted", token, whole_series=True, **kwargs)
        return page or super().accept_recurrence(token, id, **kwargs)

    @http.route()
    def decline_recurrence(self, token, id, **kwargs):  # pylint: disable=redefined-builtin
        page = self._practice_follow_link("declined", token, whole_series=True, **kwargs)
        return page or super().decline_recurrence(token, id, **kwargs)

    def _practice_find_linked_sudo(self, token):
        """Return the invitation to an appointment that a link names, or none."""
        invitation_sudo = request.env["calendar.attendee"]._practice_find_by_token_sudo(token)
        return self._practice_speak_to(invitation_sudo.partner_id, invitation_sudo)

    def _practice_follow_link(self, answer, token, whole_series=False, cost="0", **kw):
        """Show what an answer means or, when its button was pressed, do it; ``None``: the link is not about ours."""
        invitation_sudo = self._practice_find_linked_sudo(token)
        if not invitation_sudo:
            return None
        if request.httprequest.method != "POST":
            return self._practice_render_answer(invitation_sudo, answer, whole_series)
        try:
            known_cost = int(cost) if cost.isdecimal() else 0
            is_done = invitation_sudo._practice_answer(answer, whole_series, known_cost)
        except UserError as error:
            undo()
            return self._practice_render_answer(invitation_sudo, answer, whole_series, error=str(error))
        message = "done" if is_done else "late"
        return self._practice_render_answer(invitation_sudo, answer, whole_series, message=message)

    def _practice_render_answer(self, invitation_sudo, answer, whole_series, error=None, message=None):
        kind = "recurrence" if whole_series else "meeting"
        event_sudo = invitation_sudo.event_id
        query = f"token={invitation_sudo.access_token}&id={event_sudo.id}"
        return self._practice_render_link(
            "invitation_answer",
            **invitation_sudo._practice_prepare_answer(answer, whole_series),
            error=error,
            message=message,
            company=event_sudo._practice_get_company(),
            addresses={word: f"/calendar/{kind}/{word}?{query}" for word in ("accept", "decline")},
        )

    @http.route()
    def calendar_join_meeting(self, token, **kwargs):
        """Whoever opens a link does not become a participant of an appointment; those who are one see it."""
        events_sudo = request.env["calendar.event"].sudo()  # sudo: whether it is an appointment, and whose
        event_sudo = events_sudo.search([("access_token", "=", token)], limit=1)
        if event_sudo.practice_appointment_type_id and request.env.user.partner_id not in event_sudo.partner_ids:
            raise request.not_found()
        return super().calendar_join_meeting(token, **kwargs)
