from odoo import fields
from odoo.fields import Domain


class SeenMany2many(fields.Many2many):
    """A field to events whose conditions are answered by the events that the user may see.

    Odoo answers *is one of* and *is set* without the rules of the other model, so that anybody could ask a contact, id
    by id, whether they have an appointment.
    """

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        if operator in ("in", "not in") and not model.env.su and (wanted := set(value)) and wanted != {False}:
            if False not in wanted:
                operator, value = operator.replace("in", "any"), self._get_seen(model, Domain("id", "in", wanted))
        elif operator in ("in", "not in") and not model.env.su:
            operator, value = {"in": "not any", "not in": "any"}[operator], self._get_seen(model, Domain.TRUE)
        # What asks for ids and for nothing at once comes back in two parts.
        return super().condition_to_sql(field_expr, operator, value, model, alias, query)

    def _get_seen(self, model, domain):
        return model.env[self.comodel_name].with_context(active_test=False)._search(domain)
