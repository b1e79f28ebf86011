from odoo import fields, models


class PracticeOpenCreditDate(models.TransientModel):
    """The question of which date open credits are about."""

    _name = "practice.open.credit.date"
    _description = "Open Credits at Which Date"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date = fields.Date(required=True, default=lambda self: self.env.company._practice_day(), help="That day included.")

    def action_open(self):
        """Open what was open at the end of the date, with the date in the title."""
        self.ensure_one()
        return {**self.env["practice.open.credit"]._get_action_at(self.company_id, self.date), "target": "main"}

    def action_pdf(self):
        self.ensure_one()
        return self.env["practice.open.credit"]._get_report_pdf_action(self.company_id, None, self.date)

    def action_xlsx(self):
        self.ensure_one()
        return self.env["practice.open.credit"]._get_report_xlsx_action(self.company_id, None, self.date)
