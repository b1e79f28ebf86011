from odoo import fields, models


class AccountMove(models.Model):
    """An invoice knows which reminders it was in."""

    _inherit = "account.move"

    practice_reminder_ids = fields.One2many(
        "practice.reminder",
        "move_id",
        string="Reminders",
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
