from odoo import http
from odoo.http import request

from .links import LinkPages, export_ics, of_link
from .times import MoveChoice


class PatientMove(LinkPages, http.Controller):
    """The button *Move* in an e-mail to a patient without a login: whoever has it moves that appointment, no other.

    Its secret is that of the invitation. When the appointment cannot be moved (any more) the page says why.
    """

    def _practice_find_linked_sudo(self, token):
        """Return the invitation of who speaks for the patient; who gives the appointment does not move it here."""
        invitation_sudo = request.env["calendar.attendee"]._practice_find_by_token_sudo(token)
        speaking_sudo = invitation_sudo.filtered(lambda it: it._practice_speaks())
        return self._practice_speak_to(speaking_sudo.partner_id, speaking_sudo)

    def _practice_choose(self, invitation_sudo):
        """Return the pages on which a new time is chosen."""
        values = invitation_sudo._practice_prepare_move_page()

        def render(page, **shown):
            shown = {"title": request.env._("Move an appointment"), **values, **shown}
            return self._practice_render_link(f"move_link_{page}", **shown)

        address = values["address"]
        return MoveChoice(
            invitation_sudo.event_id, invitation_sudo.partner_id, address, f"{address}?message=moved", render
        )

    @http.route("/practice/move/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_times_to_move_to(self, invitation_sudo, /, practitioner_id=None, week=None, message=None, **kw):
        """Show a week of free times; or the appointment, when it was moved or cannot be."""
        choice = self._practice_choose(invitation_sudo)
        if message == "moved" or not choice.event_sudo._practice_can_be_moved_by_patient():
            return choice.render("visit", message=message)
        return choice.show_times(practitioner_id, week, message)

    @http.route(
        "/practice/move/<token>/confirm", type="http", auth="public", website=True, sitemap=False, readonly=True
    )
    @of_link
    def practice_confirm_move_by_link(self, invitation_sudo, /, booking=None, **kw):
        """Show what moving to a chosen time means."""
        choice = self._practice_choose(invitation_sudo)
        if not choice.event_sudo._practice_can_be_moved_by_patient():
            return choice.render("visit")
        return choice.confirm(booking)

    @http.route(
        "/practice/move/<token>/plan", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_plan_move_by_link(self, invitation_sudo, /, booking=None, **kw):
        """Move, if it is still possible; otherwise show other times, or why not."""
        choice = self._practice_choose(invitation_sudo)
        if not choice.was_taken(booking) and not choice.event_sudo._practice_can_be_moved_by_patient():
            return choice.render("visit")
        return choice.plan(booking)

    @http.route("/practice/move/<token>/ics", type="http", auth="public", website=True, sitemap=False, readonly=True)
    @of_link
    def practice_export_by_link(self, invitation_sudo, /, **kw):
        """Return the calendar file of the appointment."""
        return export_ics(invitation_sudo.event_id)
