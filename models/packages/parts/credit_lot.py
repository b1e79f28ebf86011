from odoo import models


class PracticeCreditLot(models.Model):
    """Who pays credits in parts sees them on a page of their own."""

    _inherit = "practice.credit.lot"

    def _prepare_portal_parts(self):
        values = super()._prepare_portal_parts()
        shown = values["parts"] and self.invoice_id._practice_is_payer(self.env.user)
        return {**values, "parts_url": f"/my/packages/parts/{self.invoice_id.id}" if shown else ""}
