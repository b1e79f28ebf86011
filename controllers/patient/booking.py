from functools import wraps
from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.http import request

from ...models.packages.portal.appointment_type_booking import TimeTakenError
from .portal import PatientPortal


def of_movable(page):
    """Find the appointment that a route names by ``event_id`` and pass it to the page instead, when it can be moved.

    Otherwise the page is not called. ``@http.route`` stays outermost, as with every decorator that adds an argument.
    """

    @wraps(page)
    def find_movable(self, event_id, *args, **kw):
        try:
            event_sudo = self._practice_find_movable_sudo(event_id)
        except MissingError:
            return request.redirect("/my/appointments")
        except UserError:
            return self._practice_redirect_with(f"/my/appointments/{event_id}", message="unmovable")
        return page(self, event_sudo, *args, **kw)

    return find_movable


def to_chosen_time(page):
    """Find what a form of a page below :func:`of_movable` chose; pass on ``(practitioner, start)`` after the event."""

    @wraps(page)
    def find_chosen(self, event_sudo, *args, booking=None, **kw):
        chosen = event_sudo.practice_appointment_type_id._read_slot(booking, event_sudo.patient_id)
        if not chosen:
            return self._practice_redirect_with(f"/my/appointments/{event_sudo.id}/move", message="unknown")
        _type, practitioner_sudo, _patient, start = chosen
        return page(self, event_sudo, practitioner_sudo, start, *args, **kw)

    return find_chosen


class PatientBooking(PatientPortal):
    """A patient books and moves appointments. What can be chosen and what it costs, the models say, each time anew."""

    def _practice_read_slot_sudo(self, text):
        """Return ``(type, practitioner, patient, start)`` of a chosen time that the login may choose, or ``None``."""
        return self._practice_get_bookable_types_sudo()._read_slot(text, self._practice_get_patients())

    def _practice_redirect_with(self, path, **query):
        return request.redirect(f"{path}?{urlencode(query)}" if query else path)

    def _practice_undo(self):
        """Forget what was written, and the e-mails that would follow, before a page says why nothing was done."""
        request.env.cr.rollback()

    # === BOOKING === #

    @http.route("/my/appointments/book", type="http", auth="user", website=True)
    def practice_show_times(self, type_id=None, patient_id=None, practitioner_id=None, week=None, message=None, **kw):
        """Show the types that can be booked or, once one is chosen, a week of free times."""
        types_sudo, patients = self._practice_get_bookable_types_sudo(), self._practice_get_patients()
        type_sudo = types_sudo if len(types_sudo) == 1 else types_sudo.filtered(lambda it: str(it.id) == type_id)
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_booking",
            "message": message,
            "address": "/my/appointments/book",
            "confirm": "/my/appointments/book/confirm",
        }
        if not type_sudo:
            values["cards"] = types_sudo._prepare_booking_cards()
            return request.render("practice_billing.portal_book", values)
        patient = patients.filtered(lambda it: str(it.id) == patient_id) or patients[:1]
        practitioners_sudo = type_sudo.practitioner_ids
        practitioner_sudo = practitioners_sudo.filtered(lambda it: str(it.id) == practitioner_id)
        values |= {
            "card": type_sudo._prepare_booking_cards()[0],
            "several_types": len(types_sudo) > 1,
            "patients": patients,
            "patient": patient,
            "practitioners": practitioners_sudo,
            "practitioner": practitioner_sudo,
            "week": type_sudo._prepare_week(practitioner_sudo or practitioners_sudo, patient, week),
            "query": urlencode(
                {"type_id": type_sudo.id, "patient_id": patient.id, "practitioner_id": practitioner_sudo.id or ""}
            ),
        }
        return request.render("practice_billing.portal_book_times", values)

    @http.route("/my/appointments/book/confirm", type="http", auth="user", website=True)
    def practice_confirm_booking(self, booking=None, **kw):
        """Show what booking a chosen time means."""
        chosen = self._practice_read_slot_sudo(booking)
        if not chosen:
            return self._practice_redirect_with("/my/appointments/book", message="unknown")
        type_sudo, practitioner_sudo, patient, start = chosen
        if not type_sudo._is_free(practitioner_sudo, patient, start):
            return self._practice_redirect_to_times(*chosen)
        return self._practice_render_booking(*chosen)

    def _practice_redirect_to_times(self, type_sudo, practitioner_sudo, patient, start):
        """Show what else is free in the week of a time that is not."""
        return self._practice_redirect_with(
            "/my/appointments/book",
            type_id=type_sudo.id,
            patient_id=patient.id,
            practitioner_id=practitioner_sudo.id,
            week=type_sudo._get_day(start).isoformat(),
            message="taken",
        )

    def _practice_render_booking(self, type_sudo, practitioner_sudo, patient, start, error=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_booking",
            "offer": type_sudo._prepare_booking(practitioner_sudo, patient, start),
            "error": error,
        }
        return request.render("practice_billing.portal_confirm_booking", values)

    @http.route("/my/appointments/book/plan", type="http", auth="user", website=True, methods=["POST"])
    def practice_plan_booking(self, booking=None, **kw):
        """Book, if it is still possible; otherwise show other times, or why not."""
        chosen = self._practice_read_slot_sudo(booking)
        if not chosen:
            return self._practice_redirect_with("/my/appointments/book", message="unknown")
        type_sudo, practitioner_sudo, patient, start = chosen
        try:
            event_sudo = type_sudo._book(practitioner_sudo, patient, start, request.env.user.partner_id)
        except TimeTakenError:
            self._practice_undo()
            return self._practice_redirect_to_times(*chosen)
        except UserError as error:
            self._practice_undo()
            return self._practice_render_booking(*chosen, error=str(error))
        return self._practice_redirect_with(f"/my/appointments/{event_sudo.id}", message="booked")

    # === MOVING === #

    def _practice_find_movable_sudo(self, event_id):
        """Return an appointment of the login's patients that can be moved now.

        :raises UserError: when there is none
        """
        event_sudo = self._practice_find_appointment_sudo(event_id)
        if not event_sudo._practice_can_be_moved_by_patient():
            raise UserError(request.env._("This appointment can no longer be moved here. Please call the practice."))
        return event_sudo

    @http.route("/my/appointments/<int:event_id>/move", type="http", auth="user", website=True)
    @of_movable
    def practice_show_move_times(self, event_sudo, /, practitioner_id=None, week=None, message=None, **kw):
        """Show a week of free times to which an appointment can be moved."""
        practitioners_sudo = event_sudo.practice_appointment_type_id.practitioner_ids
        wanted_sudo = practitioners_sudo.filtered(lambda it: str(it.id) == practitioner_id)
        # By default with the same practitioner; an empty choice asks for anybody.
        practitioner_sudo = wanted_sudo or (
            practitioners_sudo & event_sudo.user_id if practitioner_id is None else practitioners_sudo[:0]
        )
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_move",
            "message": message,
            "address": f"/my/appointments/{event_sudo.id}/move",
            "confirm": f"/my/appointments/{event_sudo.id}/move/confirm",
            "appointment": event_sudo._practice_prepare_portal_values()[0],
            "practitioners": practitioners_sudo,
            "practitioner": practitioner_sudo,
            "week": event_sudo.practice_appointment_type_id._prepare_week(
                practitioner_sudo or practitioners_sudo, event_sudo.patient_id, week, event_sudo
            ),
            "query": urlencode({"practitioner_id": practitioner_sudo.id or ""}),
        }
        return request.render("practice_billing.portal_move", values)

    @http.route("/my/appointments/<int:event_id>/move/confirm", type="http", auth="user", website=True)
    @of_movable
    @to_chosen_time
    def practice_confirm_move(self, event_sudo, practitioner_sudo, start, /, **kw):
        """Show what moving to a chosen time means."""
        try:
            event_sudo._practice_check_movable(practitioner_sudo, start)
        except TimeTakenError:
            return self._practice_redirect_to_move_times(event_sudo, practitioner_sudo, start)
        except UserError as error:
            return self._practice_render_move(event_sudo, practitioner_sudo, start, error=str(error))
        return self._practice_render_move(event_sudo, practitioner_sudo, start)

    def _practice_redirect_to_move_times(self, event_sudo, practitioner_sudo, start):
        """Show what else is free in the week of a time that is not."""
        return self._practice_redirect_with(
            f"/my/appointments/{event_sudo.id}/move",
            practitioner_id=practitioner_sudo.id,
            week=event_sudo.practice_appointment_type_id._get_day(start).isoformat(),
            message="taken",
        )

    def _practice_render_move(self, event_sudo, practitioner_sudo, start, error=None):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_move",
            "appointment": event_sudo._practice_prepare_portal_values()[0],
            "offer": event_sudo._practice_prepare_move(practitioner_sudo, start),
            "error": error,
        }
        return request.render("practice_billing.portal_confirm_move", values)

    @http.route("/my/appointments/<int:event_id>/move/plan", type="http", auth="user", website=True, methods=["POST"])
    @of_movable
    @to_chosen_time
    def practice_plan_move(self, event_sudo, practitioner_sudo, start, /, **kw):
        """Move, if it is still possible; otherwise show other times, or why not."""
        try:
            event_sudo._practice_move_by_patient(practitioner_sudo, start, request.env.user.partner_id)
        except TimeTakenError:
            self._practice_undo()
            return self._practice_redirect_to_move_times(event_sudo, practitioner_sudo, start)
        except UserError as error:
            self._practice_undo()
            return self._practice_render_move(event_sudo, practitioner_sudo, start, error=str(error))
        return self._practice_redirect_with(f"/my/appointments/{event_sudo.id}", message="moved")
