from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ..tools.workbook import Table, make_workbook


class PracticeBooksReport(models.AbstractModel):
    """A report of the books: a title, columns and rows for a company and a date.

    Whoever inherits it, and gives the three methods ``_report_title``, ``_report_columns`` and ``_report_rows``, is
    printed as PDF, exported to xlsx, and frozen on the closing of a month; nothing has to be said anywhere else.
    """

    _name = "practice.books.report"
    _description = "Report of the Books"

    #: The order in which reports are frozen on a closing.
    _report_sequence = 50
    #: Whether it is about the days from one date until another, and not about a date only.
    _report_has_period = False
    #: Whether a closed month keeps its figures and says when later corrections change them. What is only an estimate,
    #: or follows from a report that is compared, is not.
    _report_is_compared = False
    #: Whether closing a month freezes it.
    _report_is_frozen = True

    # === WHAT A REPORT GIVES === #

    @api.model
    def _report_title(self):
        """Return what people call this report."""
        raise NotImplementedError

    @api.model
    def _report_columns(self):
        """Return the :class:`~odoo.addons.practice_billing.tools.workbook.Column` objects of this report."""
        raise NotImplementedError

    @api.model
    def _report_rows(self, company, date_from, date_to):
        """Return the rows, as the user may see them.

        :param company: one company
        :param date date_from: the first day, for reports about a period; others do not look at it
        :param date date_to: the last day, which is included
        :return: a list of dicts: a value for each column (names for records), and a ``key`` (a list of plain values)
            that says which row it is, the same whenever the report is made
        """
        raise NotImplementedError

    @api.model
    def _report_traces(self, company, date_from, date_to):
        """Return what the days of a period contribute to each row, for a report that is compared later on.

        :return: ``{key of the row as a tuple: [name of a contribution]}``; a name stays the same as long as
            its contribution does. Nothing by default: only figures are compared then
        """
        return {}

    @api.model
    def _get_traced(self, traces):
        """Return the records behind contributions, as far as they still are, without doubles."""
        return []

    # === WHAT BECOMES OF IT === #

    @api.model
    def _get_books_reports(self):
        """Return an empty recordset of each report, in their order."""
        names = self.env.registry.descendants([PracticeBooksReport._name], "_inherit")
        reports = [self.env[name] for name in names if name != PracticeBooksReport._name]
        return sorted(reports, key=lambda it: (it._report_sequence, it._name))

    @api.model
    def _get_report_table(self, company, date_from, date_to):
        """Return the :class:`~odoo.addons.practice_billing.tools.workbook.Table` of a company, in the user's words.

        :raises AccessError: when the user does not work for the company
        """
        if not self.env.su and company not in self.env.user.company_ids:
            raise AccessError(self.env._("You do not work for %s.", company.sudo().name))  # sudo: the name only
        self.check_access("read")
        company = company.with_context(allowed_company_ids=company.ids)
        if self._report_has_period:
            first, last = format_date(self.env, date_from), format_date(self.env, date_to)
            dates = self.env._("%(first)s to %(last)s", first=first, last=last)
        else:
            dates = self.env._("At %s", format_date(self.env, date_to))
        return Table(
            title=self._report_title(),
            company=company.name,
            dates=dates,
            currency=company.currency_id.name,
            decimals=company.currency_id.decimal_places,
            columns=tuple(self._report_columns()),
            rows=tuple(self.with_company(company)._report_rows(company, date_from, date_to)),
        )

    @api.model
    def _get_report_xlsx(self, company, date_from, date_to):
        """Return the report as the bytes of an xlsx file."""
        return make_workbook([self._get_report_table(company, date_from, date_to)], self.env._("Total"))

    @api.model
    def _get_report_pdf(self, company, date_from, date_to):
        """Return the report as the bytes of a PDF."""
        data = self._prepare_report_data(company, date_from, date_to)
        content, _type = self.env["ir.actions.report"]._render_qweb_pdf(
            "practice_billing.action_report_books", data=data
        )
        return content

    @api.model
    def _get_report_pdf_action(self, company, date_from, date_to):
        """Return the action that downloads the PDF."""
        action = self.env.ref("practice_billing.action_report_books")
        return action.report_action(None, data=self._prepare_report_data(company, date_from, date_to), config=False)

    @api.model
    def _get_report_xlsx_action(self, company, date_from, date_to):
        """Return the action that downloads the xlsx file."""
        data = self._prepare_report_data(company, date_from, date_to)
        name = data.pop("books_report")
        return {
            "type": "ir.actions.act_url",
            "url": f"/practice_billing/books/{name}.xlsx?{urlencode(data)}",
            "target": "download",
        }

    @api.model
    def _get_report_filename(self, company, date_from, date_to, extension):
        """Return the name of a file with this report: what, whose, of which days."""
        days = [str(day) for day in (date_from if self._report_has_period else None, date_to) if day]
        return f"{' '.join([self._report_title(), company.name, *days])}.{extension}"

    @api.model
    def _prepare_report_data(self, company, date_from, date_to):
        """Return what the printed report is asked with, as it goes through a URL."""
        return {
            "books_report": self._name,
            "company_id": company.id,
            "date_from": str(date_from or ""),
            "date_to": str(date_to),
        }


class ReportBooks(models.AbstractModel):
    """Prints any report of the books."""

    _name = "report.practice_billing.report_books"
    _description = "Printed Report of the Books"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the table that is asked for.

        :raises AccessError: when the user may not read the report, or what is asked is none
        """
        name = (data or {}).get("books_report")
        reports = {report._name: report for report in self.env["practice.books.report"]._get_books_reports()}
        if name not in reports:
            raise AccessError(self.env._("%s is no report of the books.", name))
        company = self.env["res.company"].browse(int(data["company_id"]))
        return {
            "docs": company,
            "company": company,
            "table": reports[name]._get_report_table(
                company, fields.Date.to_date(data["date_from"]) or None, fields.Date.to_date(data["date_to"])
            ),
        }
