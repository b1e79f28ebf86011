from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    practice_voucher_tax_id = fields.Many2one(related="company_id.practice_voucher_tax_id", readonly=False)
    practice_used_account_id = fields.Many2one(related="company_id.practice_used_account_id", readonly=False)
    practice_mail_visit_invoices = fields.Boolean(related="company_id.practice_mail_visit_invoices", readonly=False)
