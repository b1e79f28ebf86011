from functools import wraps
from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.packages.portal.appointment_type_booking import TimeTakenError


def of_link(page):
    """Find the appointment whose link names ``token`` and pass it to the page; without one, say that the link ended."""

    @wraps(page)
    def find_line(self, token, *args, **kw):
        line_sudo = self._practice_find_line_sudo(token)
        if not line_sudo:
            return self._practice_render_absence("absence_link_ended", status=404)
        return page(self, line_sudo, *args, **kw)

    return find_line


class PatientAbsence(http.Controller):
    """The link of the e-mail that a practitioner is away: whoever has it picks a new time, without a login.

    Opening it changes nothing; the button of the last page books, by the rules of the portal.
    """

    def _practice_find_line_sudo(self, token):
        """Return the appointment of a link, in the language of its patient, or an empty record."""
        line_sudo = request.env["practice.absence.line"]._find_by_token_sudo(token)
        recipient_sudo = line_sudo.patient_id._practice_get_mail_recipients()[:1]
        request.update_context(lang=recipient_sudo.lang or request.env.lang)
        return line_sudo.with_context(lang=request.env.lang)

    def _practice_render_absence(self, template, line_sudo=None, status=200, **values):
        values = {
            "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
            "title": request.env._("Pick a new time"),
            "message": None,
            "error": None,
            **(line_sudo._prepare_pick_values() if line_sudo else {"company": request.env.company}),
            **values,
        }
        response = request.render(f"practice_billing.{template}", values, status=status)
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
        return response

    @http.route("/practice/new-time/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_new_times(self, line_sudo, /, practitioner_id=None, week=None, message=None, **kw):
        """Show what does not take place and a week of free times, or what was picked."""
        values = line_sudo._prepare_pick_values()
        if values["new"] or not values["can_pick"]:
            return self._practice_render_absence("absence_picked", line_sudo, message=message)
        type_sudo = line_sudo.appointment_type_id
        practitioners_sudo = type_sudo.practitioner_ids.filtered("active")
        practitioner_sudo = practitioners_sudo.filtered(lambda it: str(it.id) == practitioner_id)
        return self._practice_render_absence(
            "absence_times",
            line_sudo,
            message=message,
            confirm=f"{values['address']}/confirm",
            practitioners=practitioners_sudo,
            practitioner=practitioner_sudo,
            query=urlencode({"practitioner_id": practitioner_sudo.id or ""}),
            week=type_sudo._prepare_week(practitioner_sudo or practitioners_sudo, line_sudo.patient_id, week),
        )

    def _practice_redirect_to_new_times(self, line_sudo, message, **query):
        address = line_sudo._prepare_pick_values()["address"]
        return request.redirect(f"{address}?{urlencode({'message': message, **query})}")

    @http.route("/practice/new-time/<token>/confirm", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_confirm_new_time(self, line_sudo, /, booking=None, **kw):
        """Show what a chosen time means."""
        chosen = line_sudo._read_pick(booking)
        if not chosen:
            return self._practice_redirect_to_new_times(line_sudo, "unknown")
        return self._practice_render_new_time(line_sudo, *chosen)

    def _practice_render_new_time(self, line_sudo, practitioner_sudo, start, error=None):
        offer = line_sudo.appointment_type_id._prepare_booking(practitioner_sudo, line_sudo.patient_id, start)
        return self._practice_render_absence("absence_confirm", line_sudo, offer=offer, error=error)

    @http.route(
        "/practice/new-time/<token>/plan", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_plan_new_time(self, line_sudo, /, booking=None, **kw):
        """Book, if it is still possible; otherwise show other times, or why not."""
        chosen = line_sudo._read_pick(booking)
        if not chosen:
            return self._practice_redirect_to_new_times(line_sudo, "unknown")
        try:
            line_sudo._pick(*chosen)
        except TimeTakenError:
            request.env.cr.rollback()
            week = line_sudo.appointment_type_id._get_day(chosen[1]).isoformat()
            return self._practice_redirect_to_new_times(line_sudo, "taken", week=week)
        except UserError as error:
            request.env.cr.rollback()
            return self._practice_render_new_time(line_sudo, *chosen, error=str(error))
        return self._practice_redirect_to_new_times(line_sudo, "picked")
