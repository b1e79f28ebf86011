from odoo import api, fields, models


class PracticeMonthClosingDialog(models.TransientModel):
    """The questions of closing a month although checks fail, and of reopening one: why."""

    _name = "practice.month.closing.dialog"
    _description = "Reason of Closing or Reopening a Month"

    closing_id = fields.Many2one("practice.month.closing", required=True, ondelete="cascade")
    failed = fields.Html(compute="_compute_failed", sanitize=False)
    reason = fields.Char(required=True)

    @api.depends("closing_id")
    def _compute_failed(self):
        for dialog in self:
            closing = dialog.closing_id
            dialog.failed = closing and closing._describe_checks(closing._get_failed_checks())

    def action_close(self):
        self.ensure_one()
        self.closing_id._close(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def action_reopen(self):
        self.ensure_one()
        self.closing_id._reopen(self.reason)
        return {"type": "ir.actions.act_window_close"}
