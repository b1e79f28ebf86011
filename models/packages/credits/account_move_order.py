from odoo import models


class AccountMove(models.Model):
    """A final invoice that deducts down payments is paid when these are paid as well."""

    _inherit = "account.move"

    def _practice_is_paid(self):
        return super()._practice_is_paid() and all(
            document._practice_is_paid() for document in self._practice_get_down_payments_sudo()
        )

    def _practice_get_down_payments_sudo(self):
        """Return the posted invoices of the down payments that this invoice deducts."""
        self.ensure_one()
        deducted = self.invoice_line_ids.filtered(lambda line: line.quantity < 0 and line._practice_is_downpayment())
        # sudo: whoever registers the payment need not be able to read the order
        documents_sudo = deducted.sudo()._get_downpayment_lines().move_id
        return documents_sudo.filtered(lambda it: it.state == "posted" and it.move_type == "out_invoice") - self
