from odoo import http
from odoo.http import request

from .links import LinkPages, of_link
from .times import TimeChoice


class NewTimeChoice(TimeChoice):
    """A new appointment instead of one that does not take place."""

    def __init__(self, line_sudo, address, render):
        done = f"{address}?message=picked"
        super().__init__(line_sudo.appointment_type_id, line_sudo.patient_id, address, done, render)
        self.line_sudo = line_sudo

    def is_over(self):
        """Return whether there is nothing to choose (any more)."""
        return bool(self.line_sudo._get_new_event()) or not self.line_sudo._can_be_picked()

    def find(self, booking):
        return self.line_sudo._read_pick(booking)

    def check(self, practitioner, start):
        self.line_sudo._check_pick(practitioner, start)

    def prepare(self, practitioner, start):
        return self.type_sudo._prepare_booking(practitioner, self.patient, start)

    def take(self, practitioner, start):
        self.line_sudo._pick(practitioner, start)


class PatientAbsence(LinkPages, http.Controller):
    """The link of the e-mail that a practitioner is away: whoever has it picks a new time, without a login."""

    def _practice_find_linked_sudo(self, token):
        """Return the appointment that does not take place."""
        line_sudo = request.env["practice.absence.line"]._find_by_token_sudo(token)
        return self._practice_speak_to(line_sudo.patient_id._practice_get_mail_recipients()[:1], line_sudo)

    def _practice_choose(self, line_sudo):
        """Return the pages on which a new time is chosen."""
        values = {"title": request.env._("Pick a new time"), **line_sudo._prepare_pick_values()}

        def render(page, **shown):
            return self._practice_render_link(f"absence_{page}", **values, **shown)

        return NewTimeChoice(line_sudo, values["address"], render)

    @http.route("/practice/new-time/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_new_times(self, line_sudo, /, practitioner_id=None, week=None, message=None, **kw):
        """Show what does not take place and a week of free times, or what was picked."""
        choice = self._practice_choose(line_sudo)
        if choice.is_over():
            return choice.render("picked", message=message)
        return choice.show_times(practitioner_id, week, message)

    @http.route(
        "/practice/new-time/<token>/confirm", type="http", auth="public", website=True, sitemap=False, readonly=True
    )
    @of_link
    def practice_confirm_new_time(self, line_sudo, /, booking=None, **kw):
        """Show what a chosen time means."""
        return self._practice_choose(line_sudo).confirm(booking)

    @http.route(
        "/practice/new-time/<token>/plan", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_plan_new_time(self, line_sudo, /, booking=None, **kw):
        """Book, if it is still possible; otherwise show other times, or why not."""
        return self._practice_choose(line_sudo).plan(booking)
