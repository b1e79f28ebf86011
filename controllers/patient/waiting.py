from functools import wraps

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.packages.waiting.waiting import DAY_FIELDS
from .booking import PatientBooking


class PatientWaiting(PatientBooking):
    """A patient puts themselves on the waiting list of a type, and leaves it."""

    def _practice_find_waited_type_sudo(self, type_id):
        """Return the type with a waiting list that the login may book, or an empty record."""
        types_sudo = self._practice_get_bookable_types_sudo()
        return types_sudo.filtered(lambda it: it.waiting_list and str(it.id) == type_id)

    @http.route("/my/appointments/waiting", type="http", auth="user", website=True)
    def practice_show_waiting(self, type_id=None, patient_id=None, **kw):
        """Show the form that asks when they can come."""
        type_sudo = self._practice_find_waited_type_sudo(type_id)
        if not type_sudo:
            return self._practice_redirect_with("/my/appointments/book")
        return self._practice_render_waiting(type_sudo, patient_id)

    def _practice_render_waiting(self, type_sudo, patient_id, error=None):
        patients = self._practice_get_patients()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_booking",
            "type": type_sudo,
            "patients": patients,
            "patient": patients.filtered(lambda it: str(it.id) == patient_id) or patients[:1],
            "practitioners": type_sudo.practitioner_ids,
            "practitioner": None,
            "days": request.env["practice.waiting"].sudo()._prepare_joining(),  # sudo: the names of the days
            "error": error,
        }
        return request.render("practice_billing.portal_waiting", values)

    @http.route("/my/appointments/waiting/join", type="http", auth="user", website=True, methods=["POST"])
    def practice_join_waiting(
        self, type_id=None, patient_id=None, practitioner_id=None, hour_from="0", hour_to="24", **kw
    ):
        """Put a patient of the login on the list, or say why not."""
        type_sudo = self._practice_find_waited_type_sudo(type_id)
        patient = self._practice_get_patients().filtered(lambda it: str(it.id) == patient_id)
        if not type_sudo or not patient:
            return self._practice_redirect_with("/my/appointments/book", message="unknown")
        practitioner_sudo = type_sudo.practitioner_ids.filtered(lambda it: str(it.id) == practitioner_id)
        hours = [int(it) if it.isascii() and it.isdecimal() and len(it) < 3 else -1 for it in (hour_from, hour_to)]
        days = [name for name in DAY_FIELDS if kw.get(name)]
        try:
            request.env["practice.waiting"]._join(type_sudo, patient, practitioner_sudo, days, *hours)
        except UserError as error:
            self._practice_undo()
            return self._practice_render_waiting(type_sudo, patient_id, error=str(error))
        return self._practice_redirect_with("/my/appointments", message="waiting")

    @http.route(
        "/my/appointments/waiting/<int:entry_id>/leave", type="http", auth="user", website=True, methods=["POST"]
    )
    def practice_leave_waiting(self, entry_id, **kw):
        """Take a patient of the login off the list; whatever is not theirs looks as if it never was."""
        self._practice_get_waiting_sudo().filtered(lambda it: it.id == entry_id)._leave_by_patient()
        return self._practice_redirect_with("/my/appointments", message="left")


def of_link(page):
    """Find the offer whose link names ``token`` and pass it to the page; without one, say that the link ended."""

    @wraps(page)
    def find_offer(self, token, *args, **kw):
        offer_sudo = self._practice_find_offer_sudo(token)
        if not offer_sudo:
            return self._practice_render_offer("absence_link_ended", status=404)
        return page(self, offer_sudo, *args, **kw)

    return find_offer


class PatientOffer(http.Controller):
    """The link of the e-mail that offers a free place: whoever has it takes the place, or lets it pass.

    Opening it changes nothing; its buttons act, by the rules of the portal.
    """

    def _practice_find_offer_sudo(self, token):
        """Return the offer of a link, in the language of its patient, or an empty record."""
        offer_sudo = request.env["practice.waiting.offer"]._find_by_token_sudo(token)
        recipient_sudo = offer_sudo.patient_id._practice_get_mail_recipients()[:1]
        request.update_context(lang=recipient_sudo.lang or request.env.lang)
        return offer_sudo.with_context(lang=request.env.lang)

    def _practice_render_offer(self, template, offer_sudo=None, status=200, **values):
        values = {
            "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
            "title": request.env._("A place is free"),
            "error": None,
            **(offer_sudo._prepare_page() if offer_sudo else {"company": request.env.company}),
            **values,
        }
        response = request.render(f"practice_billing.{template}", values, status=status)
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
        return response

    @http.route("/practice/waiting/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_offer(self, offer_sudo, /, **kw):
        """Show what is offered, or what became of it."""
        return self._practice_render_offer("waiting_offer", offer_sudo)

    @http.route(
        "/practice/waiting/<token>/take", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_take_offer(self, offer_sudo, /, **kw):
        """Book what is offered, if it still is; otherwise say why not."""
        return self._practice_answer_offer(offer_sudo, offer_sudo._take)

    @http.route(
        "/practice/waiting/<token>/pass", type="http", auth="public", website=True, sitemap=False, methods=["POST"]
    )
    @of_link
    def practice_pass_offer(self, offer_sudo, /, **kw):
        """Let pass what is offered."""
        return self._practice_answer_offer(offer_sudo, offer_sudo._pass)

    def _practice_answer_offer(self, offer_sudo, answer):
        try:
            answer()
        except UserError as error:
            request.env.cr.rollback()
            offer_sudo.invalidate_recordset()
            ended = offer_sudo._prepare_page()["state"] != "open"
            return self._practice_render_offer("waiting_offer", offer_sudo, error=None if ended else str(error))
        return request.redirect(offer_sudo._prepare_page()["address"])
