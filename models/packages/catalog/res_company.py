from odoo import fields, models
from odoo.fields import Command

#: The tax of Odoo's charts that exempt care is declared like, by country: 0 %, in the grid of what is exempt.
CHART_TAXES = {"BE": "attn_VAT-OUT-00-S", "NL": "btw_0_d"}

#: What e-invoices say of care: exempt by Article 132 (1) (c) of Council Directive 2006/112/EC.
CARE_CODES = {"ubl_cii_tax_category_code": "E", "ubl_cii_tax_exemption_reason_code": "VATEX-EU-132-1C"}


class ResCompany(models.Model):
    """The tax of care, which new products that sell credits get: in most countries care is exempt."""

    _inherit = "res.company"

    practice_care_tax_id = fields.Many2one(
        "account.tax",
        string="Tax on Care",
        domain="[('type_tax_use', '=', 'sale'), ('company_id', 'parent_of', id)]",
        ondelete="set null",
        help="New products that sell credits get it. Products that you have keep theirs.",
    )

    def _practice_make_care_tax(self):
        """Make the tax of exempt care, with the words that the law wants on invoices; return it.

        :raises AccessError: for whoever may not make taxes
        """
        self.ensure_one()
        charts = self.env["account.chart.template"].with_company(self)
        name = CHART_TAXES.get(self.country_code)
        alike = name and charts.ref(name, raise_if_not_found=False)
        vals = {"name": self.env._("0% Exempt Care"), "amount": 0.0, "type_tax_use": "sale", "active": True}
        vals["company_id"] = self.id
        vals |= {field: code for field, code in CARE_CODES.items() if field in self.env["account.tax"]._fields}
        if alike:
            tax = alike.copy({**vals, "fiscal_position_ids": [Command.clear()], "original_tax_ids": [Command.clear()]})
        else:
            tax = self.env["account.tax"].create(vals)
        for lang, _name in self.env["res.lang"].get_installed():
            speaking = self.with_context(lang=lang)
            tax.with_context(lang=lang).write(
                {"name": speaking.env._("0% Exempt Care"), "invoice_legal_notes": speaking._practice_get_care_note()}
            )
        self.practice_care_tax_id = tax
        return tax

    def _practice_get_care_note(self):
        """Return what an invoice of exempt care has to say, in the language of the context."""
        notes = {
            "BE": self.env._("Exempt from VAT: Article 44 of the Belgian VAT Code."),
            "NL": self.env._("Exempt from VAT: Article 11 of the Dutch Turnover Tax Act 1968."),
        }
        return notes.get(self.country_code) or self.env._("Exempt from VAT: Article 132 of Directive 2006/112/EC.")
