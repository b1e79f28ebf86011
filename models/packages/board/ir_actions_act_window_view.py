from odoo import fields, models


class IrActionsActWindowView(models.Model):
    """Actions can open the day board."""

    _inherit = "ir.actions.act_window.view"

    view_mode = fields.Selection(
        selection_add=[("practice_board", "Day Board")], ondelete={"practice_board": "cascade"}
    )
