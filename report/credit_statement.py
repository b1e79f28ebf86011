from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date


class ReportCreditStatement(models.AbstractModel):
    """Statement of credits: what a patient has, and what happened to each credit, in the patient's language.

    It is meant to be handed to the patient. So it has no money but what the patient has paid, no reasons that staff
    noted, only numbers of what others share with the patient, and of visits that others paid with the patient's
    credits no more than who and when.
    """

    _name = "report.practice_billing.report_credit_statement"
    _description = "Statement of Credits"

    @api.model
    def _get_report_values(self, docids, data=None):
        partners = self.env["res.partner"].browse(docids)
        lots = self.env["practice.credit.lot"].search(self._get_lot_domain(partners), order="date desc, id desc")
        statements = []
        for partner in partners:
            own = lots.filtered(lambda lot, partner=partner: lot.partner_id == partner)
            shared = lots.filtered(lambda lot, partner=partner: partner in lot.beneficiary_ids) - own
            # Each company writes on its own paper; a patient without credits gets a statement that says so.
            for company in (own + shared).company_id or self.env.company:
                of_company = Domain("company_id", "=", company.id)
                statements.append(
                    self._prepare_statement(
                        partner, company, own.filtered_domain(of_company), shared.filtered_domain(of_company)
                    )
                )
        return {"doc_ids": docids, "doc_model": "res.partner", "docs": partners, "statements": statements}

    @api.model
    def _get_lot_domain(self, partners):
        """Return the credits of these patients and those shared with them; not those whose sale was undone."""
        lots = self.env["practice.credit.lot"]
        return lots._get_usable_domain(partners) & Domain("credits_total", ">", 0) & lots._get_own_domain()

    # === STATEMENTS === #

    @api.model
    def _prepare_statement(self, partner, company, own, shared):
        """Return what the template prints for one patient and company, in the patient's language."""
        lang = partner.lang or self.env.lang
        translated = self.with_context(lang=lang)
        partner, own, shared = (records.with_context(lang=lang) for records in (partner, own, shared))
        return {
            "partner": partner,
            "company": company.with_context(lang=lang),
            "lang": lang,
            "date": format_date(translated.env, company._practice_day()),
            "lots": [translated._prepare_lot(lot) for lot in own],
            "shared": [translated._prepare_shared_lot(lot) for lot in shared],
        }

    @api.model
    def _prepare_lot(self, lot):
        return {
            "lot": lot,
            "facts": lot._prepare_facts(),
            "expiry": lot._describe_expiry(),
            "rows": lot._prepare_history(),
        }

    @api.model
    def _prepare_shared_lot(self, lot):
        return {"lot": lot, "expiry": lot._describe_expiry()}


class ReportCreditStatementLot(models.AbstractModel):
    """The same statement for chosen credits only, addressed to their owner."""

    _name = "report.practice_billing.report_credit_statement_lot"
    _description = "Statement of Chosen Credits"
    _inherit = ["report.practice_billing.report_credit_statement"]

    @api.model
    def _get_report_values(self, docids, data=None):
        lots = self.env["practice.credit.lot"].browse(docids)
        statements = [
            self._prepare_statement(partner, company, of_owner, lots.browse())
            for (partner, company), of_owner in lots.grouped(lambda lot: (lot.partner_id, lot.company_id)).items()
        ]
        return {"doc_ids": docids, "doc_model": "practice.credit.lot", "docs": lots, "statements": statements}
