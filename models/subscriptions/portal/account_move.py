from odoo import models


class AccountMove(models.Model):
    """Several invoices are printed at once."""

    _inherit = "account.move"

    def _practice_print(self):
        """Return ``[(invoice, PDF)]`` of invoices without a stored one, as Odoo's own page prints each of them."""
        if not self:
            return []
        reports = self.env["ir.actions.report"]
        name = "account.account_invoices"
        content, kind = reports._pre_render_qweb_pdf(name, self.ids, data={"proforma": True})
        by_id = reports._get_splitted_report(name, content, kind)
        return [(move, by_id[move.id]) for move in self if move.id in by_id]
