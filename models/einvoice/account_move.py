from odoo import models

from ...tools.einvoice import OUTSIDE_VAT, Debit, Facts


class AccountMove(models.Model):
    """What we know of our documents, and Odoo's e-invoices do not say. Other documents stay as Odoo writes them."""

    _inherit = "account.move"

    def _practice_is_ours(self):
        """Return whether this document bills a subscription, or sells or takes back credits."""
        self.ensure_one()
        # sudo: what kind of document it is; whoever sends it need not read subscriptions
        lines_sudo = self.sudo().invoice_line_ids
        return bool(self.sudo().practice_period_id or lines_sudo.practice_period_id or lines_sudo.practice_package_id)

    def _practice_find_einvoice_problem(self):
        """Return in words why this document of ours cannot be an e-invoice, or nothing.

        What is not subject to VAT (a voucher for several rates is sold without it) stands on a document of its own: the
        European norm allows no other VAT beside it (EN 16931, BR-O-11 to BR-O-14).
        """
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        if "ubl_cii_tax_category_code" not in lines.tax_ids._fields or not self._practice_is_ours():
            return ""
        outside = lines.filtered(lambda line: OUTSIDE_VAT in line.tax_ids.mapped("ubl_cii_tax_category_code"))
        if not outside or outside == lines:
            return ""
        return self.env._(
            "%(lines)s is not subject to VAT yet, and an e-invoice may not hold that beside lines with VAT. Sell it on "
            "an invoice of its own; this one can be sent as PDF.",
            lines=", ".join(outside.mapped("name")),
        )

    def _practice_get_einvoice_facts(self):
        """Return the :class:`Facts` of this posted document, in the customer's language as its lines are."""
        self.ensure_one()
        move_sudo = self.sudo()  # sudo: as above
        lines = move_sudo.line_ids.filtered(lambda line: line.display_type == "product")
        credited = move_sudo.reversed_entry_id or lines.practice_origin_id.move_id
        is_credit = self.move_type == "out_refund" and len(credited) == 1
        # The reference of a credit note says what Odoo reversed, not what the customer wants to read.
        own = (credited if is_credit else move_sudo).ref or ""
        customer, notice = move_sudo.commercial_partner_id, move_sudo._practice_get_debit_notice()
        buyer = customer.practice_buyer_reference or ""
        return Facts(
            lines=tuple((line.name, line.practice_date_from, line.practice_date_to) for line in lines),
            buyer_reference=buyer or own or customer.ref or customer.name or "",
            order_reference=own if own != buyer else "",
            credited=(credited.name, credited.invoice_date) if is_credit else None,
            debit=Debit(notice["mandate"], notice["creditor"]) if notice else None,
        )
