from odoo import api, models
from odoo.fields import Domain


class ResUsers(models.Model):
    """A practitioner gives appointments."""

    _name = "res.users"
    _inherit = ["res.users", "practice.archived.mixin"]

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Name those first who give the appointment type that a form asks for."""
        givers = self._practice_get_givers()
        if not givers:
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or Domain.TRUE)
        found = super().name_search(name, domain & Domain("id", "in", givers.ids), operator, limit)
        if limit and len(found) >= limit:
            return found
        rest = limit and limit - len(found)
        return found + super().name_search(name, domain & Domain("id", "not in", givers.ids), operator, rest)

    @api.model
    def _practice_get_givers(self):
        """Return who gives the appointment type of the context, asked by staff."""
        type_id = self.env.context.get("practice_type_id")
        if not isinstance(type_id, int) or not self.env["calendar.event"]._practice_is_staff():
            return self.browse()
        types = self.env["practice.appointment.type"]
        return types.search([("id", "=", type_id)]).practitioner_ids

    def _practice_get_planned_domain(self):
        return Domain("user_id", "in", self.ids) & Domain("practice_appointment_type_id", "!=", False)
