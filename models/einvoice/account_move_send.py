from odoo import api, models

from ...tools.einvoice import complete


class AccountMoveSend(models.AbstractModel):
    """E-invoices of ours say what Odoo's leave out: periods, references, the mandate of a direct debit."""

    _inherit = "account.move.send"

    @api.model
    def _hook_invoice_document_after_pdf_report_render(self, invoice, invoice_data):
        # Odoo's e-invoice is there before the PDF is: so this comes after it, however the modules were loaded.
        values = invoice_data.get("ubl_cii_xml_attachment_values")
        if values and invoice._practice_is_ours():
            values["raw"] = complete(values["raw"], invoice._practice_get_einvoice_facts())
        return super()._hook_invoice_document_after_pdf_report_render(invoice, invoice_data)
