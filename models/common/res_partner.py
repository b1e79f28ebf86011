from odoo import models


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "practice.kept.mixin"]

    # === BUSINESS METHODS === #

    def _practice_is_reachable(self, company):
        """Return whether documents of ``company`` can be sent: by e-mail, or in another way that was chosen."""
        self.ensure_one()
        return bool(self.email or self.with_company(company).invoice_sending_method not in (False, "email"))
