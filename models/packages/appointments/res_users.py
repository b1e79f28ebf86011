from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """A practitioner gives appointments."""

    _name = "res.users"
    _inherit = ["res.users", "practice.archived.mixin"]

    def _practice_get_planned_domain(self):
        return Domain("user_id", "in", self.ids) & Domain("practice_appointment_type_id", "!=", False)
