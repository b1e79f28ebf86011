from odoo import fields, models


class PracticeCreditLot(models.Model):
    """Credits say which terms they were bought under."""

    _inherit = "practice.credit.lot"

    terms_id = fields.Many2one(related="invoice_line_id.practice_terms_id")
    terms_date = fields.Datetime(related="invoice_line_id.practice_terms_date")
    terms_user_id = fields.Many2one(related="invoice_line_id.practice_terms_user_id")
