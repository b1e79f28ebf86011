from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import PAGE_SIZE, PatientPortal


class PatientStatements(PatientPortal):
    """A patient downloads what was stated to who pays for the visits."""

    def _practice_get_statements_sudo(self):
        """Return the care statements with the rights to read them, in the language of the login."""
        return request.env["practice.care.statement"].sudo()  # sudo: searched with the portal's domain only

    def _practice_get_statements_domain(self):
        return self._practice_get_statements_sudo()._get_portal_domain(self._practice_get_patients())

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "practice_statement_count" in counters:
            domain = self._practice_get_statements_domain()
            values["practice_statement_count"] = self._practice_get_statements_sudo().search_count(domain)
        return values

    @http.route(
        ["/my/statements", "/my/statements/page/<int:page>"], type="http", auth="user", website=True, readonly=True
    )
    def practice_show_statements(self, page=1, **kw):
        statements_sudo, domain = self._practice_get_statements_sudo(), self._practice_get_statements_domain()
        pager = portal_pager(
            url="/my/statements", total=statements_sudo.search_count(domain), page=page, step=PAGE_SIZE
        )
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_statements",
            "statements": statements_sudo.search(domain, limit=PAGE_SIZE, offset=pager["offset"]),
            "several": len(self._practice_get_patients()) > 1,
            "pager": pager,
            "default_url": "/my/statements",
        }
        return request.render("practice_billing.portal_my_statements", values)

    @http.route("/my/statements/<int:statement_id>", type="http", auth="user", website=True, readonly=True)
    def practice_print_care_statement(self, statement_id, **kw):
        """Return a statement of the login's patients; somebody else's and one that never was look the same."""
        domain = self._practice_get_statements_domain() & Domain("id", "=", statement_id)
        statement_sudo = self._practice_get_statements_sudo().search(domain)
        if not statement_sudo:
            raise request.not_found()
        report_sudo = request.env["ir.actions.report"].sudo()  # sudo: a statement of the login, searched above
        pdf, _kind = report_sudo._render_qweb_pdf("practice_billing.action_report_care_statement", statement_sudo.ids)
        name = f"{statement_sudo.name.replace('/', '-')}.pdf"
        headers = [("Content-Type", "application/pdf"), ("Content-Disposition", http.content_disposition(name))]
        return request.make_response(pdf, headers)
