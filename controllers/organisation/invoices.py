from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import Response, content_disposition, request

from ...models.subscriptions.portal.subscription_invoices import MOST_DOCUMENTS
from .account import OrganisationAccount, of_account


class OrganisationInvoices(OrganisationAccount):
    """All invoices, a year at a time: to open each, or to download together."""

    @http.route("/my/subscription/invoices", type="http", auth="user", website=True)
    @of_account(needs_subscription=True, otherwise="/my/subscription/portal")
    def practice_show_invoices(self, account, /, year=None, page=None, **kw):
        """Show the invoices of a year, the last one by default."""
        years, chosen, number, invoices_sudo = self._practice_find_invoices_sudo(account, year, page)
        values = self._practice_prepare_account_values(
            account,
            section="invoices",
            years=years,
            year=chosen,
            page=number,
            pages=-(-dict(years).get(chosen, 0) // MOST_DOCUMENTS),
            count=account.subscription._describe_invoices(len(invoices_sudo)),
            # With the document's own key: an administrator need not be a contact of the organisation.
            invoices=[(move, move.get_portal_url()) for move in invoices_sudo],
        )
        return request.render("practice_billing.portal_invoices", values)

    def _practice_find_invoices_sudo(self, account, year, page):
        """Return ``(years, year, page, invoices)`` of what a request asks for; what is no year or page is the first."""
        subscription_sudo = account.subscription
        years = subscription_sudo._get_portal_invoice_years()
        counts = {str(it): (it, count) for it, count in years}
        chosen, count = counts.get(str(year)) or (years[0] if years else (None, 0))
        pages = max(1, -(-count // MOST_DOCUMENTS))
        number = int(page) if page in map(str, range(1, pages + 1)) else 1
        invoices_sudo = subscription_sudo._get_portal_invoices(
            chosen, limit=MOST_DOCUMENTS, offset=(number - 1) * MOST_DOCUMENTS
        )
        return years, chosen, number, invoices_sudo

    @http.route("/my/subscription/invoices/download", type="http", auth="user", website=True, methods=["POST"])
    @of_account(needs_subscription=True, otherwise="/my/subscription/portal")
    def practice_download_invoices(self, account, /, year=None, page=None, **kw):
        """Send the PDFs of what the page shows, as a file that is written first and sent bit by bit."""
        _years, chosen, number, invoices_sudo = self._practice_find_invoices_sudo(account, year, page)
        if not invoices_sudo:
            return self._practice_redirect("/my/subscription/invoices", account)
        file = account.subscription._portal_zip_invoices(invoices_sudo)
        name = request.env._("Invoices %(year)s (%(part)s)", year=chosen, part=number)
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(f"{name}.zip")),
            ("X-Content-Type-Options", "nosniff"),
        ]
        response = Response(wrap_file(request.httprequest.environ, file), headers=headers, direct_passthrough=True)
        response.call_on_close(file.close)
        return response
