from odoo import fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """The invoice of a month of visits, and the entry that settles it from what was paid in advance."""

    _inherit = "account.move"

    practice_vat_document_id = fields.Many2one(
        "practice.vat.document",
        string="Invoices Visits",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The visits that this invoice holds, or that this entry settles.",
    )

    # A visit is invoiced once: each of its releases names one document, and that has one invoice and one settlement.
    _practice_vat_document_uniq = models.UniqueIndex(
        "(practice_vat_document_id, move_type) WHERE practice_vat_document_id IS NOT NULL",
        "These visits are invoiced already.",
    )

    def _prepare_product_base_line_for_taxes_computation(self, product_line):
        """Take VAT out of what was paid for visits, whether or not prices include their tax."""
        base_line = super()._prepare_product_base_line_for_taxes_computation(product_line)
        if self.practice_vat_document_id:
            base_line["special_mode"] = "total_included"
        return base_line

    def _practice_check_credits_stay(self):
        result = super()._practice_check_credits_stay()
        if invoicing := self.filtered("practice_vat_document_id"):
            raise UserError(
                self.env._(
                    "%s belongs to an invoice of visits that was settled from credits paid in advance: the visits "
                    "would stay invoiced. Correct the visit instead (mark it as cancelled, or give its credits back); "
                    "the next run makes a credit note.",
                    ", ".join(invoicing.mapped("display_name")),
                )
            )
        return result

    def _compute_show_reset_to_draft_button(self):
        result = super()._compute_show_reset_to_draft_button()
        self.filtered("practice_vat_document_id").show_reset_to_draft_button = False
        return result

    def action_open_practice_visits(self):
        """Open what was released of the visits that this document holds."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_revenue_release_action")
        return {
            **action,
            "domain": [("vat_document_id", "=", self.practice_vat_document_id.id)],
            "context": {"create": False},
        }
