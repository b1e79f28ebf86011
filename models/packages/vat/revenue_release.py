from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import format_date


class PracticeRevenueRelease(models.Model):
    """A release of credits with VAT at each visit: net to revenue, VAT to what is used and not invoiced yet.

    One invoice a month (``practice.vat.document``) holds each of them once.
    """

    _inherit = "practice.revenue.release"

    tax_id = fields.Many2one(
        "account.tax",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="Of the visit, when its VAT was due then and not at the sale.",
    )
    tax_account_id = fields.Many2one(
        "account.account",
        string="Used, to Be Invoiced",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="Where the VAT waits for the invoice of the month.",
    )
    tax_amount = fields.Monetary(
        string="VAT", readonly=True, help="Of the amount; negative takes it back. The rest of it is revenue."
    )
    vat_document_id = fields.Many2one(
        "practice.vat.document",
        string="Invoiced With",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The invoice, or credit note, of visits that holds it.",
    )
    vat_settled = fields.Boolean(
        string="Nothing to Invoice", readonly=True, help="It was taken back before it was invoiced, or takes back such."
    )

    _tax_within_amount = models.Constraint(
        "CHECK (tax_amount IS NULL OR ABS(tax_amount) <= ABS(amount))", "The VAT of a release is a part of it."
    )
    # What the monthly run searches.
    _not_invoiced_idx = models.Index(
        "(company_id, partner_id) WHERE tax_id IS NOT NULL AND vat_document_id IS NULL AND vat_settled IS NOT TRUE"
    )

    # === BOOKING === #

    def _line_key(self):
        return (*super()._line_key(), self.tax_account_id)

    @api.model
    def _prepare_line_vals(self, key):
        lines = super()._prepare_line_vals(key)
        tax_account = key[5]
        # Without the package: no visit releases what waits here.
        return [*lines, {"account_id": tax_account.id, "analytic_distribution": False}] if tax_account else lines

    def _get_line_amounts(self):
        deferred, income = super()._get_line_amounts()
        tax = self.company_id.currency_id.round(sum(self.mapped("tax_amount")))
        return [deferred, self.company_id.currency_id.round(income + tax), -tax]

    # === WHAT IS TO BE INVOICED === #

    @api.model
    def _get_not_invoiced_domain(self):
        """Return the releases with VAT that stand on no invoice yet, also those that are not posted."""
        return Domain("tax_id", "!=", False) & Domain("vat_document_id", "=", False) & Domain("vat_settled", "!=", True)

    def _get_visit_key(self):
        """Return what releases have in common that are one line of an invoice: the visit, whose credits paid it and its
        tax. What was undone, and what came instead, is summed up."""
        self.ensure_one()
        move_sudo = self.sudo().credit_move_id  # sudo: the appointment is not an accountant's, that it is one is
        return move_sudo.lot_id, move_sudo.event_id or self.date, self.tax_id, self.tax_account_id

    # === THE LINE OF AN INVOICE === #

    def _prepare_invoice_line_vals(self):
        """Return the values of the line of an invoice, or a credit note, for these releases of one visit."""
        amount = self.company_id.currency_id.round(sum(self.mapped("amount")))
        return {
            "name": self._describe_visit(),
            "quantity": 1.0,
            "price_unit": abs(amount),
            "tax_ids": [Command.set(self.tax_id.ids)],
            "account_id": self.tax_account_id.id,
            "analytic_distribution": False,
        }

    def _describe_visit(self):
        """Return which visit these releases are of, in the language of the context: day and type, and the patient when
        somebody else bought it for them. Who gave credits away is not told who uses them."""
        last = self[-1:]
        lot_sudo = last.sudo().credit_move_id.lot_id  # sudo: whether they were given away
        is_named = last.patient_id != last.partner_id and lot_sudo.origin != "transfer"
        event_sudo = last.sudo().event_id  # sudo: the day and the type of a visit stand on its invoice
        parts = [
            format_date(self.env, event_sudo._practice_get_visit_day() if event_sudo else last.date),
            event_sudo.practice_appointment_type_id.with_env(self.env).name or last.package_id.name,
            *(last.patient_id.mapped("name") if is_named else ()),
        ]
        if last.kind == "forfeit":
            return self.env._("%(visit)s: the time was kept, and not used", visit=", ".join(parts))
        return ", ".join(parts)
