from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..agreement.subscription import BILLED
from .invoice_facts import InvoiceFacts


class PracticeSubscription(models.Model):
    """The next invoice before it is made: its very lines, with tax."""

    _inherit = "practice.subscription"

    next_invoice_preview = fields.Html(compute="_compute_next_invoice_preview", sanitize=False)
    next_invoice_total = fields.Monetary(
        compute="_compute_next_invoice_preview", help="Of the next invoice as it is today, without tax."
    )

    @api.depends(
        "state",
        "plan_id",
        "interval",
        "next_invoice_date",
        "end_date",
        "pending_plan_id",
        "pending_interval",
        "seat_ids.date_from",
        "seat_ids.date_to",
        "seat_ids.kind",
        "seat_ids.student_until",
        "usage_ids.state",
        "usage_ids.quantity",
        "redemption_ids.state",
        "period_id",
    )
    def _compute_next_invoice_preview(self):
        for subscription in self:
            subscription.next_invoice_total = 0.0
            if subscription.state not in BILLED or not subscription._origin:
                subscription.next_invoice_preview = False
                continue
            saved = subscription._origin
            try:
                preview = saved._get_preview(saved._make_next_invoice())
            except UserError as error:
                subscription.next_invoice_preview = Markup("<p class='text-danger'>%s</p>") % str(error)
            else:
                subscription.next_invoice_preview = saved._render_preview(preview)
                subscription.next_invoice_total = preview["untaxed"]

    def _get_preview(self, invoice):
        """Return the invoice as it would be: ``lines``, ``untaxed``, ``tax`` and ``total`` in the plan's currency.

        ``taxes`` are the parts of the tax: ``[{"rate", "amount"}]``; the rate is a text, empty where it is not one.
        """
        self.ensure_one()
        company = self.company_id
        me = self.with_company(company)
        facts = InvoiceFacts(company, company._practice_day())
        vals_list = me._prepare_line_vals(invoice, facts)
        taxes = me.env["account.tax"]
        base_lines = [
            taxes._prepare_base_line_for_taxes_computation(
                None,
                partner_id=facts.get_partner(me),
                currency_id=invoice.plan.currency_id,
                product_id=me.env["product.product"].browse(vals["product_id"]),
                tax_ids=taxes.browse(vals["tax_ids"][0][2]),
                price_unit=vals["price_unit"],
                quantity=vals["quantity"],
            )
            for vals in vals_list
            if "product_id" in vals
        ]
        taxes._add_tax_details_in_base_lines(base_lines, company)
        taxes._round_base_lines_tax_details(base_lines, company)
        currency = invoice.plan.currency_id
        totals = taxes._get_tax_totals_summary(base_lines, currency, company)
        amounts = (
            details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            for details in (base_line["tax_details"] for base_line in base_lines)
        )
        return {
            "invoice": invoice,
            "currency": currency,
            "lines": [
                {
                    "section": vals.get("display_type") == "line_section",
                    "name": vals["name"],
                    "quantity": vals.get("quantity"),
                    "price": vals.get("price_unit"),
                    "amount": next(amounts) if "product_id" in vals else None,
                }
                for vals in vals_list
            ],
            "taxes": self._get_tax_parts(totals, currency),
            "untaxed": currency.round(totals["base_amount_currency"]),
            "tax": currency.round(totals["tax_amount_currency"]),
            "total": currency.round(totals["total_amount_currency"]),
        }

    @api.model
    def _get_tax_parts(self, totals, currency):
        """Return the taxes of an invoice by rate, see :meth:`_get_preview`."""
        parts = {}
        for subtotal in totals["subtotals"]:
            for group in subtotal["tax_groups"]:
                rates = self.env["account.tax"].browse(group["involved_tax_ids"])
                rates = {it.amount if it.amount_type == "percent" else None for it in rates}
                rate = rates.pop() if len(rates) == 1 else None
                rate = "" if rate is None else f"{rate:g}"
                parts[rate] = parts.get(rate, 0.0) + group["tax_amount_currency"]
        return [{"rate": rate, "amount": currency.round(amount)} for rate, amount in parts.items()]

    @api.model
    def _render_preview(self, preview):
        """Return the preview as HTML."""
        return self.env["ir.qweb"]._render("practice_billing.subscription_invoice_preview", preview) if preview else ""
