from odoo import models


class ResCompany(models.Model):
    """Where the practice is."""

    _inherit = "res.company"

    def _practice_get_portal_address(self):
        """Return where the practice is, on one line."""
        self.ensure_one()
        lines = self.partner_id._display_address(without_company=True).split("\n")
        return ", ".join(line.strip() for line in lines if line.strip())
