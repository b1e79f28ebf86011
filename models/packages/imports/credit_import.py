from odoo import models


class PracticeCreditImport(models.Model):
    """Credits whose import is undone can be imported again."""

    _inherit = "practice.credit.import"

    def action_undo(self):
        result = super().action_undo()
        undone = self.filtered(lambda row: row.state == "undone")
        # sudo: whoever undid them; nobody writes keys
        self.env["practice.import.key"].sudo().search([("credit_import_id", "in", undone.ids)]).unlink()
        return result
