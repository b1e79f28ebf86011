from functools import wraps
from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.http import request

from ...models.packages.portal.appointment_type_booking import TimeTakenError
from ...models.packages.portal.appointment_type_several import SeveralNotBookedError
from .portal import PatientPortal
from .times import MoveChoice, redirect_with, undo


def of_movable(page):
    """Find the appointment that a route names by ``event_id`` and pass its :class:`MoveChoice` to the page, when it can
    be moved.

    Otherwise the page is not called. ``@http.route`` stays outermost, as with every decorator that adds an argument.
    """

    @wraps(page)
    def find_movable(self, event_id, *args, **kw):
        try:
            event_sudo = self._practice_find_movable_sudo(event_id)
        except MissingError:
            return request.redirect("/my/appointments")
        except UserError:
            return redirect_with(f"/my/appointments/{event_id}", message="unmovable")
        return page(self, self._practice_choose_move(event_sudo), *args, **kw)

    return find_movable


class PatientBooking(PatientPortal):
    """A patient books and moves appointments. What can be chosen and what it costs, the models say, each time anew."""

    def _practice_read_slot_sudo(self, text):
        """Return ``(type, practitioner, patient, start)`` of a chosen time that the login may choose, or ``None``."""
        return self._practice_get_bookable_types_sudo()._read_slot(text, self._practice_get_patients())

    # === BOOKING === #

    @http.route("/my/appointments/book", type="http", auth="user", website=True, readonly=True)
    def practice_show_times(
        self, type_id=None, patient_id=None, practitioner_id=None, week=None, chosen=None, message=None, **kw
    ):
        """Show the types that can be booked or, once one is chosen, a week of free times.

        :param str chosen: the times that are about to be booked together; ``None`` when one alone is
        """
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
        times = type_sudo._read_slots(chosen, patient)[2]
        query = {"type_id": type_sudo.id, "patient_id": patient.id, "practitioner_id": practitioner_sudo.id or ""}
        together = chosen is not None and type_sudo._prepare_several(patient, times)
        values |= {
            "card": type_sudo._prepare_booking_cards()[0],
            "several_types": len(types_sudo) > 1,
            "patients": patients,
            "patient": patient,
            "practitioners": practitioners_sudo,
            "practitioner": practitioner_sudo,
            "week": type_sudo._prepare_week(
                practitioner_sudo or practitioners_sudo, patient, week, chosen=[start for _who, start in times]
            ),
            "together": together,
            "alone_query": urlencode(query),
            "query": urlencode({**query, "chosen": together["chosen"]} if together else query),
        }
        return request.render("practice_billing.portal_book_times", values)

    @http.route("/my/appointments/book/confirm", type="http", auth="user", website=True, readonly=True)
    def practice_confirm_booking(self, booking=None, **kw):
        """Show what booking a chosen time means."""
        chosen = self._practice_read_slot_sudo(booking)
        if not chosen:
            return redirect_with("/my/appointments/book", message="unknown")
        type_sudo, practitioner_sudo, patient, start = chosen
        if not type_sudo._is_free(practitioner_sudo, patient, start):
            return self._practice_redirect_to_times(*chosen)
        return self._practice_render_booking(*chosen)

    def _practice_redirect_to_times(self, type_sudo, practitioner_sudo, patient, start):
        """Show what else is free in the week of a time that is not."""
        return redirect_with(
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
            return redirect_with("/my/appointments/book", message="unknown")
        type_sudo, practitioner_sudo, patient, start = chosen
        try:
            event_sudo = type_sudo._book(practitioner_sudo, patient, start, request.env.user.partner_id)
        except TimeTakenError:
            undo()
            return self._practice_redirect_to_times(*chosen)
        except UserError as error:
            undo()
            return self._practice_render_booking(*chosen, error=str(error))
        return redirect_with(f"/my/appointments/{event_sudo.id}", message="booked")

    # === SEVERAL TOGETHER === #

    def _practice_read_several_sudo(self, chosen):
        """Return ``(type, patient, times)`` of what the login may book together; see ``_read_slots``."""
        return self._practice_get_bookable_types_sudo()._read_slots(chosen, self._practice_get_patients())

    @http.route("/my/appointments/book/several", type="http", auth="user", website=True, readonly=True)
    def practice_confirm_several(self, chosen=None, **kw):
        """Show what booking several times together means."""
        type_sudo, patient, times = self._practice_read_several_sudo(chosen)
        if not times:
            return redirect_with("/my/appointments/book", message="unknown")
        return self._practice_render_several(type_sudo, patient, times)

    def _practice_render_several(self, type_sudo, patient, times, reasons=None):
        offer, reasons = type_sudo._prepare_several(patient, times), reasons or {}
        possible = [time for time in times if time not in reasons]
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_booking",
            "offer": offer,
            "visits": [(visit, reasons.get(time)) for visit, time in zip(offer["visits"], times, strict=True)],
            "refused": bool(reasons),
            "possible": type_sudo._prepare_several(patient, possible) if reasons and possible else None,
        }
        return request.render("practice_billing.portal_confirm_several", values)

    @http.route("/my/appointments/book/several/plan", type="http", auth="user", website=True, methods=["POST"])
    def practice_plan_several(self, chosen=None, **kw):
        """Book all of several times, or none and say which of them cannot be booked, and why."""
        type_sudo, patient, times = self._practice_read_several_sudo(chosen)
        if not times:
            return redirect_with("/my/appointments/book", message="unknown")
        try:
            type_sudo._book_several(patient, times, request.env.user.partner_id)
        except SeveralNotBookedError as error:
            undo()
            return self._practice_render_several(type_sudo, patient, times, error.reasons)
        return redirect_with("/my/appointments", message="booked")

    # === MOVING === #

    def _practice_find_movable_sudo(self, event_id):
        """Return an appointment of the login's patients that can be moved now.

        :raises UserError: when there is none
        """
        event_sudo = self._practice_find_appointment_sudo(event_id)
        if not event_sudo._practice_can_be_moved_by_patient():
            raise UserError(request.env._("This appointment can no longer be moved here. Please call the practice."))
        return event_sudo

    def _practice_choose_move(self, event_sudo):
        """Return the pages on which a new time is chosen."""
        address = f"/my/appointments/{event_sudo.id}"

        def render(page, **shown):
            values = {
                **self._prepare_portal_layout_values(),
                "page_name": "practice_move",
                "appointment": event_sudo._practice_prepare_portal_values()[0],
                "address": f"{address}/move",
                "leave_address": address,
                **shown,
            }
            return request.render(f"practice_billing.portal_move_{page}", values)

        mover = request.env.user.partner_id
        return MoveChoice(event_sudo, mover, f"{address}/move", f"{address}?message=moved", render)

    @http.route("/my/appointments/<int:event_id>/move", type="http", auth="user", website=True, readonly=True)
    @of_movable
    def practice_show_move_times(self, choice, /, practitioner_id=None, week=None, message=None, **kw):
        """Show a week of free times to which an appointment can be moved."""
        return choice.show_times(practitioner_id, week, message)

    @http.route("/my/appointments/<int:event_id>/move/confirm", type="http", auth="user", website=True, readonly=True)
    @of_movable
    def practice_confirm_move(self, choice, /, booking=None, **kw):
        """Show what moving to a chosen time means."""
        return choice.confirm(booking)

    @http.route("/my/appointments/<int:event_id>/move/plan", type="http", auth="user", website=True, methods=["POST"])
    @of_movable
    def practice_plan_move(self, choice, /, booking=None, **kw):
        """Move, if it is still possible; otherwise show other times, or why not."""
        return choice.plan(booking)
