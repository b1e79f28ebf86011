from odoo import api, fields, models
from odoo.exceptions import UserError

#: Who is shown less where a half of the module is switched off.
EVERYBODY = "base.group_user,base.group_portal"


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_practice_without_packages = fields.Boolean(
        implied_group="practice_billing.group_without_packages", group=EVERYBODY
    )
    group_practice_without_subscriptions = fields.Boolean(
        implied_group="practice_billing.group_without_subscriptions", group=EVERYBODY
    )
    practice_has_packages = fields.Boolean(
        string="Sell Packages",
        compute="_compute_practice_halves",
        inverse="_inverse_practice_halves",
        help="Sell appointments in advance as credits, plan them, and let patients book.",
    )
    practice_has_subscriptions = fields.Boolean(
        string="Bill Subscriptions",
        compute="_compute_practice_halves",
        inverse="_inverse_practice_halves",
        help="Bill organisations per practitioner and month or year, and for usage.",
    )
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

    @api.depends("group_practice_without_packages", "group_practice_without_subscriptions")
    def _compute_practice_halves(self):
        for settings in self:
            settings.practice_has_packages = not settings.group_practice_without_packages
            settings.practice_has_subscriptions = not settings.group_practice_without_subscriptions

    def _inverse_practice_halves(self):
        for settings in self:
            packages, subscriptions = settings.practice_has_packages, settings.practice_has_subscriptions
            settings.group_practice_without_packages = not packages
            settings.group_practice_without_subscriptions = not subscriptions

    def set_values(self):
        """Switch a half of the module on or off for everybody: what is shown, never what exists or what runs.

        :raises UserError: when nothing would be left
        """
        if self.group_practice_without_packages and self.group_practice_without_subscriptions:
            raise UserError(self.env._("Leave packages or subscriptions on: without both there is nothing to show."))
        result = super().set_values()
        self.env.registry.clear_cache()  # menus are kept for each user
        return result
