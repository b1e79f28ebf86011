from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    practice_tz = fields.Selection(related="company_id.practice_tz", readonly=False, required=True)
    practice_release_journal_id = fields.Many2one(related="company_id.practice_release_journal_id", readonly=False)
    practice_writeoff_percent = fields.Float(related="company_id.practice_writeoff_percent", readonly=False)
    practice_auto_attend = fields.Boolean(related="company_id.practice_auto_attend", readonly=False)
    practice_waiting_automatic = fields.Boolean(related="company_id.practice_waiting_automatic", readonly=False)
    practice_waiting_hours = fields.Integer(related="company_id.practice_waiting_hours", readonly=False)
    practice_voucher_months = fields.Integer(related="company_id.practice_voucher_months", readonly=False)
    practice_expiry_warning = fields.Boolean(related="company_id.practice_expiry_warning", readonly=False)
    practice_low_warning = fields.Boolean(related="company_id.practice_low_warning", readonly=False)
    practice_low_threshold = fields.Integer(related="company_id.practice_low_threshold", readonly=False)
    practice_portal_invoice = fields.Boolean(related="company_id.practice_portal_invoice", readonly=False)
    practice_subscription_journal_id = fields.Many2one(
        related="company_id.practice_subscription_journal_id", readonly=False
    )
    practice_grace_days = fields.Integer(related="company_id.practice_grace_days", readonly=False)
    practice_trial_warning_days = fields.Integer(related="company_id.practice_trial_warning_days", readonly=False)
    practice_retry_days = fields.Char(related="company_id.practice_retry_days", readonly=False)
    practice_announce_days = fields.Integer(related="company_id.practice_announce_days", readonly=False)
    practice_send_receipts = fields.Boolean(related="company_id.practice_send_receipts", readonly=False)
    practice_price_notice_days = fields.Integer(related="company_id.practice_price_notice_days", readonly=False)
    practice_use_open_credit = fields.Boolean(related="company_id.practice_use_open_credit", readonly=False)
    practice_webhook_url = fields.Char(related="company_id.practice_webhook_url", readonly=False)
    practice_webhook_secret = fields.Char(related="company_id.practice_webhook_secret", readonly=False)
