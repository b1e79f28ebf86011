from odoo import api, models


class PracticePayStatement(models.Model):
    _inherit = "practice.pay.statement"

    def action_xlsx(self):
        """Download all pay that the user may see of the months of these statements, visit by visit."""
        self.check_access("read")
        months = self.mapped("month")
        return self.env["practice.pay.line"]._get_report_xlsx_action(
            self.company_id[:1], min(months), self._get_month_end(max(months))
        )


class ReportPayStatement(models.AbstractModel):
    """Statements for practitioners, each in its practitioner's language."""

    _name = "report.practice_billing.report_pay_statement"
    _description = "Printed Statement of Pay"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the statements to print.

        :raises AccessError: when the user may not see them
        """
        statements = self.env["practice.pay.statement"].browse(docids)
        statements.check_access("read")
        return {
            "doc_ids": docids,
            "doc_model": "practice.pay.statement",
            "docs": statements,
            "entries": [self._prepare_entry(statement) for statement in statements],
        }

    @api.model
    def _prepare_entry(self, statement):
        """Return what the template prints of one statement."""
        lang = statement.user_id.lang or self.env.lang
        statement = statement.with_context(lang=lang)
        totals = statement.line_ids._read_group(
            [("statement_id", "=", statement.id)],
            ["appointment_type_id", "percentage", "basis"],
            ["credits:sum", "basis_amount:sum", "amount:sum"],
        )
        words = dict(statement.line_ids._fields["basis"]._description_selection(statement.env))
        return {
            "statement": statement,
            "lang": lang,
            "totals": [
                {
                    "type": appointment_type.name,
                    "percentage": f"{percentage:g}",
                    "basis": words[basis],
                    "credits": credits,
                    "basis_amount": basis_amount,
                    "amount": amount,
                }
                for appointment_type, percentage, basis, credits, basis_amount, amount in totals
            ],
        }
