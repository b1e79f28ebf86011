from odoo import api, models

from ..tools.workbook import Column


class PracticePayLine(models.Model):
    """Practitioners' pay of whole months, visit by visit, as far as the user may see it."""

    _name = "practice.pay.line"
    _inherit = ["practice.pay.line", "practice.books.report"]

    _report_has_period = True
    #: Pay is no part of the books.
    _report_is_frozen = False

    @api.model
    def _report_title(self):
        return self.env._("Practitioners' Pay")

    @api.model
    def _report_columns(self):
        return [
            Column("practitioner", self.env._("Practitioner")),
            Column("statement", self.env._("Statement")),
            Column("status", self.env._("Status")),
            Column("date", self.env._("Visit"), "date"),
            Column("patient", self.env._("Patient")),
            Column("type", self.env._("Appointment Type")),
            Column("what", self.env._("What")),
            Column("credits", self.env._("Credits"), "credits"),
            Column("basis", self.env._("Percentage Of")),
            Column("basis_amount", self.env._("Basis"), "money"),
            Column("percentage", self.env._("Share (%)")),
            Column("amount", self.env._("Earned"), "money"),
        ]

    @api.model
    def _report_rows(self, company, date_from, date_to):
        lines = self.search(
            [("company_id", "=", company.id), ("month", ">=", date_from), ("month", "<=", date_to)],
            order="month, user_id, date, id",
        )
        words = {name: dict(self._fields[name]._description_selection(self.env)) for name in ("state", "kind", "basis")}
        return [
            {
                "key": [line.move_id.id, line.turn, bool(line.takes_back_id)],
                "practitioner": line.user_id.name,
                "statement": line.statement_id.month_name,
                "status": words["state"][line.state],
                "date": line.date,
                "patient": line.partner_id.display_name,
                "type": line.appointment_type_id.name,
                "what": self.env._("Correction") if line.is_correction else words["kind"][line.kind],
                "credits": line.credits,
                "basis": words["basis"][line.basis],
                "basis_amount": line.basis_amount,
                "percentage": f"{line.percentage:g}",
                "amount": line.amount,
            }
            for line in lines
        ]
