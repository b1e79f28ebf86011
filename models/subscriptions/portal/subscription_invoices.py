import tempfile
import zipfile

from odoo import models
from odoo.fields import Domain

#: Documents of one page, and of one file to download.
MOST_DOCUMENTS = 100

#: Documents without a stored PDF that are printed for one download, which takes about half a second for each.
MOST_PRINTED = 20

#: Bytes of a download that are kept in memory; what is larger is on the disk.
MOST_IN_MEMORY = 5_000_000


class PracticeSubscription(models.Model):
    """The invoices of an organisation, and all of a year in one file."""

    _inherit = "practice.subscription"

    def _get_portal_invoices_domain(self):
        """Return which documents are this organisation's: of its subscriptions with the company, and their fees."""
        self.ensure_one()
        mine = [("organisation_id", "=", self.organisation_id.id), ("company_id", "=", self.company_id.id)]
        # sudo: asked for an administrator of the organisation
        ids = self.sudo().search(mine).ids
        of_mine = Domain("practice_subscription_id", "in", ids)
        of_mine |= Domain("practice_fee_origin_id.practice_subscription_id", "in", ids)
        return of_mine & Domain("state", "=", "posted") & Domain("move_type", "in", ("out_invoice", "out_refund"))

    def _get_portal_invoices(self, year=None, limit=24, offset=0):
        """Return the posted invoices and credit notes of this organisation, the newest first.

        :param int year: only those of this year
        """
        moves_sudo = self.env["account.move"].sudo()  # sudo: asked for an administrator of the organisation
        domain = self._get_portal_invoices_domain()
        if year:
            domain &= Domain("invoice_date", ">=", f"{year}-01-01") & Domain("invoice_date", "<=", f"{year}-12-31")
        return moves_sudo.search(domain, order="invoice_date desc, id desc", limit=limit, offset=offset)

    def _get_portal_invoice_years(self):
        """Return ``[(year, number of invoices)]``, the newest first."""
        moves_sudo = self.env["account.move"].sudo()  # sudo: asked for an administrator of the organisation
        groups = moves_sudo._read_group(
            self._get_portal_invoices_domain(), ["invoice_date:year"], ["__count"], order="invoice_date:year desc"
        )
        return [(year.year, count) for year, count in groups if year]

    def _portal_zip_invoices(self, moves):
        """Return an open file: a zip of the PDFs of ``moves``, each read and written by itself.

        A document that was never sent has no PDF yet. Those are printed as Odoo's own page would (*pro forma*), so many
        as a request has time for; a text names the others.

        :param moves: own invoices, at most ``MOST_DOCUMENTS``
        :raises AccessError: when the user is no administrator of the organisation
        """
        self._portal_door_sudo()
        moves &= moves.search(self._get_portal_invoices_domain() & Domain("id", "in", moves.ids))
        unsent = moves.filtered(lambda it: not it.invoice_pdf_report_id)
        file = tempfile.SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for move in moves - unsent:
                pdf = move.invoice_pdf_report_id
                archive.writestr(move._get_invoice_report_filename(), pdf.raw)
                pdf.invalidate_recordset(["raw", "datas"])
            for move, content in unsent[:MOST_PRINTED]._practice_print():
                archive.writestr(move._get_invoice_proforma_pdf_report_filename(), content)
            if left := unsent[MOST_PRINTED:]:
                text = self.env._("These were not sent yet. Open them one by one:")
                archive.writestr("README.txt", "\n".join([text, *left.mapped("name")]))
        file.seek(0)
        return file

    def _describe_invoices(self, count):
        return self.env._("1 invoice") if count == 1 else self.env._("%s invoices", count)
