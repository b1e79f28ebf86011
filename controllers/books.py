from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PracticeBooks(http.Controller):
    """Downloads of the reports of the books, with the rights of whoever asks."""

    @http.route("/practice_billing/books/<string:name>.xlsx", type="http", auth="user", methods=["GET"], readonly=True)
    def practice_books_xlsx(self, name, company_id, date_to, date_from="", **_other):
        """Return a report as an xlsx file.

        :raises NotFound: when there is no such report
        :raises AccessError: when the user may not read it, or does not work for the company
        """
        reports = {report._name: report for report in request.env["practice.books.report"]._get_books_reports()}
        if name not in reports:
            raise NotFound
        company = request.env["res.company"].browse(int(company_id))
        first, last = fields.Date.to_date(date_from or False), fields.Date.to_date(date_to)
        content = reports[name]._get_report_xlsx(company, first or None, last)
        filename = reports[name]._get_report_filename(company, first or None, last, "xlsx")
        headers = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(filename))]
        return request.make_response(content, headers)
