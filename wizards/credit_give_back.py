from odoo import fields, models


class PracticeCreditGiveBack(models.TransientModel):
    """Give the credits of appointments back although they were used or lost; the reason is kept."""

    _name = "practice.credit.give.back"
    _description = "Give Credits Back"

    # What was cancelled is archived, and it is what credits are given back for.
    event_ids = fields.Many2many("calendar.event", string="Appointments", required=True, context={"active_test": False})
    reason = fields.Char(required=True)

    def action_practice_give_back(self):
        self.ensure_one()
        self.event_ids._practice_give_back(self.reason)
        return {"type": "ir.actions.act_window_close"}
