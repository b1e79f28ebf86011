from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from .links import export_ics

#: Packages and appointments on one page.
PAGE_SIZE = 10


class PatientPortal(CustomerPortal):
    """Packages and appointments of a patient. Everything is looked for among the patients of the login.

    Portal users have no rights on these models: each page reads with sudo what the domains of the models say is
    theirs, and shows what the models prepare for it.
    """

    # === WHAT IS THEIRS === #

    def _practice_get_patients(self):
        return request.env.user.partner_id._practice_get_portal_patients()

    def _practice_get_lots_sudo(self):
        """Return the credits with the rights to read them, in the language of the login."""
        return request.env["practice.credit.lot"].sudo()  # sudo: searched with the portal's domain only

    def _practice_get_events_sudo(self):
        return request.env["calendar.event"].sudo()  # sudo: searched with the portal's domain only

    def _practice_get_bookable_types_sudo(self):
        """Return the appointment types that are open for online booking in the companies of the login."""
        return request.env["practice.appointment.type"]._get_bookable_types_sudo(request.env.user)

    def _practice_get_waiting_sudo(self):
        """Return what the patients of the login wait for, in the language of the login."""
        entries_sudo = request.env["practice.waiting"].sudo()  # sudo: searched with the portal's domain only
        return entries_sudo.search(entries_sudo._get_portal_domain(self._practice_get_patients()))

    def _practice_find_appointment_sudo(self, event_id):
        """Return an appointment of the login's patients.

        :raises MissingError: when there is none; somebody else's and one that never was look the same
        """
        domain = self._practice_get_events_sudo()._practice_get_portal_domain(self._practice_get_patients())
        event_sudo = self._practice_get_events_sudo().search(domain & Domain("id", "=", event_id))
        if not event_sudo:
            raise MissingError(request.env._("There is no such appointment."))
        return event_sudo

    # === HOME === #

    @http.route()
    def home(self, **kw):
        """Show patients their next visit, what is left, what is to pay and to do above Odoo's cards."""
        response, user = super().home(**kw), request.env.user
        home = user.partner_id._practice_prepare_portal_home(user)
        response.qcontext["practice_home"] = home
        if home["is_patient"]:
            response.qcontext["title"] = request.env._("My account")
        return response

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        patients = self._practice_get_patients()
        if "practice_package_count" in counters:
            domain = self._practice_get_lots_sudo()._practice_get_portal_domain(patients)
            values["practice_package_count"] = self._practice_get_lots_sudo().search_count(domain)
        if "practice_appointment_count" in counters:
            domain = self._practice_get_events_sudo()._practice_get_portal_domain(patients)
            values["practice_appointment_count"] = self._practice_get_events_sudo().search_count(domain)
        return values

    # === PACKAGES === #

    @http.route(["/my/packages", "/my/packages/page/<int:page>"], type="http", auth="user", website=True)
    def practice_show_packages(self, page=1, filterby="open", **kw):
        patients, lots_sudo = self._practice_get_patients(), self._practice_get_lots_sudo()
        filters = {"open": {"label": request.env._("Running")}, "all": {"label": request.env._("All")}}
        filterby = filterby if filterby in filters else "open"
        domain = lots_sudo._practice_get_portal_domain(patients, only_open=filterby == "open")
        pager = portal_pager(
            url="/my/packages",
            url_args={"filterby": filterby},
            total=lots_sudo.search_count(domain),
            page=page,
            step=PAGE_SIZE,
        )
        found_sudo = lots_sudo.search(domain, order="date desc, id desc", limit=PAGE_SIZE, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_packages",
            "cards": found_sudo._prepare_portal_cards(patients),
            "totals": [
                it for it in lots_sudo._prepare_portal_balances(patients, request.env.user) if it["purchases"] > 1
            ],
            "patients": patients,
            "orders": request.env["account.move"]._practice_prepare_open_orders(request.env.user),
            "sale_orders": patients._practice_prepare_sale_orders(),
            "packages_for_sale": request.env["product.product"]
            ._practice_get_portal_products(request.env.user)
            .package_id,
            "pager": pager,
            "default_url": "/my/packages",
            "searchbar_filters": filters,
            "filterby": filterby,
        }
        return request.render("practice_billing.portal_my_packages", values)

    @http.route("/my/packages/statement", type="http", auth="user", website=True, readonly=True)
    def practice_print_statement(self, patient_id=None, **kw):
        """Return the statement of credits of the login, or of a patient it acts for."""
        patients = self._practice_get_patients()
        patient = patients.filtered(lambda it: str(it.id) == patient_id) or request.env.user.partner_id
        report_sudo = request.env["ir.actions.report"].sudo()  # sudo: a patient of the login, filtered above
        pdf, _kind = report_sudo._render_qweb_pdf("practice_billing.action_report_credit_statement", patient.ids)
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", http.content_disposition(f"{patient.name}.pdf")),
        ]
        return request.make_response(pdf, headers)

    # === APPOINTMENTS === #

    @http.route(["/my/appointments", "/my/appointments/page/<int:page>"], type="http", auth="user", website=True)
    def practice_show_appointments(self, page=1, filterby="coming", message=None, **kw):
        patients, events_sudo = self._practice_get_patients(), self._practice_get_events_sudo()
        filters = {"coming": {"label": request.env._("Coming")}, "past": {"label": request.env._("Past")}}
        filterby = filterby if filterby in filters else "coming"
        coming = filterby == "coming"
        domain = events_sudo._practice_get_portal_domain(patients, coming=coming)
        pager = portal_pager(
            url="/my/appointments",
            url_args={"filterby": filterby},
            total=events_sudo.search_count(domain),
            page=page,
            step=PAGE_SIZE,
        )
        order = "start, id" if coming else "start desc, id desc"
        found_sudo = events_sudo.search(domain, order=order, limit=PAGE_SIZE, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_appointments",
            "appointments": found_sudo._practice_prepare_portal_values(),
            "waiting": self._practice_get_waiting_sudo()._prepare_portal_values() if coming else [],
            "message": message,
            "several": len(patients) > 1,
            "can_book": bool(self._practice_get_bookable_types_sudo()),
            "pager": pager,
            "default_url": "/my/appointments",
            "searchbar_filters": filters,
            "filterby": filterby,
        }
        return request.render("practice_billing.portal_my_appointments", values)

    @http.route("/my/appointments/<int:event_id>", type="http", auth="user", website=True)
    def practice_show_appointment(self, event_id, message=None, **kw):
        try:
            event_sudo = self._practice_find_appointment_sudo(event_id)
        except MissingError:
            return request.redirect("/my/appointments")
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_appointments",
            "appointment": event_sudo._practice_prepare_portal_values()[0],
            "book_url": self._practice_make_book_url(event_sudo),
            "message": message,
        }
        return request.render("practice_billing.portal_my_appointment", values)

    def _practice_make_book_url(self, event_sudo):
        """Return where another appointment like this one is booked; nothing where patients do not book it."""
        type_sudo = event_sudo.practice_appointment_type_id
        if type_sudo not in self._practice_get_bookable_types_sudo():
            return ""
        query = urlencode({"type_id": type_sudo.id, "patient_id": event_sudo.patient_id.id})
        return f"/my/appointments/book?{query}"

    @http.route("/my/appointments/<int:event_id>/cancel", type="http", auth="user", website=True, methods=["POST"])
    def practice_cancel_appointment(self, event_id, cost="0", **kw):
        """Cancel, unless it costs more than the page said when it was shown: then it says what it costs now."""
        try:
            event_sudo = self._practice_find_appointment_sudo(event_id)
            known_cost = int(cost) if cost.isdecimal() else 0
            cancelled = event_sudo._practice_cancel_by_patient(known_cost)
        except UserError:
            return request.redirect(f"/my/appointments/{event_id}?message=closed")
        return request.redirect(f"/my/appointments/{event_id}?message={'cancelled' if cancelled else 'late'}")

    @http.route("/my/appointments/<int:event_id>/ics", type="http", auth="user", website=True, readonly=True)
    def practice_export_appointment(self, event_id, **kw):
        try:
            event_sudo = self._practice_find_appointment_sudo(event_id)
        except MissingError:
            raise request.not_found() from None
        return export_ics(event_sudo)
