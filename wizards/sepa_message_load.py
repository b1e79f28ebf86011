from odoo import fields, models


class PracticeSepaMessageLoad(models.TransientModel):
    """Choose a file of the bank."""

    _name = "practice.sepa.message.load"
    _description = "Load a Bank Answer"

    file = fields.Binary(required=True, help="A pain.002, camt.053 or camt.054, as the bank offers it.")
    file_name = fields.Char()

    def action_load(self):
        """Load the file, and show what became of it."""
        self.ensure_one()
        content = self.with_context(bin_size=False).file
        message = self.env["practice.sepa.message"].load_file(self.file_name, content)
        return {
            "type": "ir.actions.act_window",
            "res_model": "practice.sepa.message",
            "res_id": message,
            "view_mode": "form",
        }
