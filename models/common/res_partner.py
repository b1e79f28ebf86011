from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === BUSINESS METHODS === #

    def _practice_is_reachable(self, company):
        """Return whether documents of ``company`` can be sent: by e-mail, or in another way that was chosen."""
        self.ensure_one()
        return bool(self.email or self.with_company(company).invoice_sending_method not in (False, "email"))
