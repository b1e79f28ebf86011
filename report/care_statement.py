from odoo import api, models


class ReportCareStatement(models.AbstractModel):
    """Care statements, each in its patient's language."""

    _name = "report.practice_billing.report_care_statement"
    _description = "Printed Care Statement"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the statements to print.

        :raises AccessError: when the user may not see them
        """
        statements = self.env["practice.care.statement"].browse(docids)
        statements.check_access("read")
        return {
            "doc_ids": docids,
            "doc_model": "practice.care.statement",
            "docs": statements,
            "entries": [self._prepare_entry(statement) for statement in statements],
        }

    @api.model
    def _prepare_entry(self, statement):
        """Return what the template prints of one statement."""
        lang = statement.patient_id.lang or self.env.lang
        return {"statement": statement.with_context(lang=lang), "lang": lang}
