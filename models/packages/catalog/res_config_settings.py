from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    practice_care_tax_id = fields.Many2one(related="company_id.practice_care_tax_id", readonly=False)

    def action_practice_make_care_tax(self):
        """Make the tax of exempt care and choose it.

        :raises AccessError: for whoever may not make taxes
        """
        self.ensure_one()
        self.check_access("write")
        self.company_id._practice_make_care_tax()
        return {"type": "ir.actions.client", "tag": "reload"}
