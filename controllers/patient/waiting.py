from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.packages.waiting.waiting import DAY_FIELDS
from .booking import PatientBooking
from .links import LinkPages, of_link
from .times import redirect_with, undo


class PatientWaiting(PatientBooking):
    """A patient puts themselves on the waiting list of a type, and leaves it."""

    def _practice_find_waited_type_sudo(self, type_id):
        """Return the type with a waiting list that the login may book, or an empty record."""
        types_sudo = self._practice_get_bookable_types_sudo()
        return types_sudo.filtered(lambda it: it.waiting_list and str(it.id) == type_id)

    @http.route("/my/appointments/waiting", type="http", auth="user", website=True, readonly=True)
    def practice_show_waiting(self, type_id=None, patient_id=None, **kw):
        """Show the form that asks when they can come."""
        type_sudo = self._practice_find_waited_type_sudo(type_id)
        if not type_sudo:
            return redirect_with("/my/appointments/book")
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
            return redirect_with("/my/appointments/book", message="unknown")
        practitioner_sudo = type_sudo.practitioner_ids.filtered(lambda it: str(it.id) == practitioner_id)
        hours = [int(it) if it.isascii() and it.isdecimal() and len(it) < 3 else -1 for it in (hour_from, hour_to)]
        days = [name for name in DAY_FIELDS if kw.get(name)]
        try:
            request.env["practice.waiting"]._join(type_sudo, patient, practitioner_sudo, days, *hours)
        except UserError as error:
            undo()
            return self._practice_render_waiting(type_sudo, patient_id, error=str(error))
        return redirect_with("/my/appointments", message="waiting")

    @http.route(
        "/my/appointments/waiting/<int:entry_id>/leave", type="http", auth="user", website=True, methods=["POST"]
    )
    def practice_leave_waiting(self, entry_id, **kw):
        """Take a patient of the login off the list; whatever is not theirs looks as if it never was."""
        self._practice_get_waiting_sudo().filtered(lambda it: it.id == entry_id)._leave_by_patient()
        return redirect_with("/my/appointments", message="left")


class PatientOffer(LinkPages, http.Controller):
    """The link of the e-mail that offers a free place: whoever has it takes the place, or lets it pass."""

    def _practice_find_linked_sudo(self, token):
        """Return the offer of a link."""
        offer_sudo = request.env["practice.waiting.offer"]._find_by_token_sudo(token)
        return self._practice_speak_to(offer_sudo.patient_id._practice_get_mail_recipients()[:1], offer_sudo)

    def _practice_render_offer(self, offer_sudo, error=None):
        values = {"title": request.env._("A place is free"), **offer_sudo._prepare_page()}
        return self._practice_render_link("waiting_offer", error=error, **values)

    @http.route("/practice/waiting/<token>", type="http", auth="public", website=True, sitemap=False)
    @of_link
    def practice_show_offer(self, offer_sudo, /, **kw):
        """Show what is offered, or what became of it."""
        return self._practice_render_offer(offer_sudo)

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
            undo()
            offer_sudo.invalidate_recordset()
            ended = offer_sudo._prepare_page()["state"] != "open"
            return self._practice_render_offer(offer_sudo, error=None if ended else str(error))
        return request.redirect(offer_sudo._prepare_page()["address"])
