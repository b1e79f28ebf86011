from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    """What other software was told about a practitioner is forgotten with them."""

    _inherit = "res.partner"

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        emails = [email for email in self.mapped("email") if email]
        domain = Domain.OR(Domain("payload", "ilike", email) for email in emails)
        self.env["practice.webhook.delivery"].search(domain & Domain("state", "!=", "waiting")).unlink()
        return result
