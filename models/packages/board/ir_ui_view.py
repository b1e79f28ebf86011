from odoo import fields, models


class IrUiView(models.Model):
    """The day board is a view of its own, besides Odoo's list, form and calendar."""

    _inherit = "ir.ui.view"

    type = fields.Selection(selection_add=[("practice_board", "Day Board")])

    def _get_view_info(self):
        return {"practice_board": {"icon": "fa fa-columns"}} | super()._get_view_info()
