from odoo import api, models

from ...tools.einvoice import complete


class AccountMoveSend(models.AbstractModel):
    """E-invoices of ours say what Odoo's leave out: periods, references, the mandate of a direct debit."""

    _inherit = "account.move.send"

    @api.model
    def _get_alerts(self, moves, moves_data):
        """Say before it is sent which invoice cannot be an e-invoice."""
        alerts = super()._get_alerts(moves, moves_data)
        wanted = moves.filtered(lambda move: moves_data[move].get("invoice_edi_format"))
        if problems := {move: it for move in wanted if (it := move._practice_find_einvoice_problem())}:
            alerts["practice_einvoice"] = {
                "level": "warning",
                "message": "\n".join(f"{move.display_name}: {problem}" for move, problem in problems.items()),
            }
        return alerts

    @api.model
    def _hook_invoice_document_before_pdf_report_render(self, invoice, invoice_data):
        """Write no e-invoice that no receiver may take; the invoice goes as PDF, and its chatter says why."""
        if invoice_data.get("invoice_edi_format") and (problem := invoice._practice_find_einvoice_problem()):
            # Not as an error: Odoo would send a proforma instead of the invoice.
            invoice_data["invoice_edi_format"] = False
            invoice._message_log(body=problem)
        return super()._hook_invoice_document_before_pdf_report_render(invoice, invoice_data)

    @api.model
    def _hook_invoice_document_after_pdf_report_render(self, invoice, invoice_data):
        # Odoo's e-invoice is there before the PDF is: so this comes after it, however the modules were loaded.
        values = invoice_data.get("ubl_cii_xml_attachment_values")
        if values and invoice._practice_is_ours():
            values["raw"] = complete(values["raw"], invoice._practice_get_einvoice_facts())
        return super()._hook_invoice_document_after_pdf_report_render(invoice, invoice_data)
