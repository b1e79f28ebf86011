from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class MailFollowers(models.Model):
    """Whoever may not see an appointment does not see who follows it either."""

    _inherit = "mail.followers"

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & Domain.custom(to_sql=self._practice_get_seen_sql)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _practice_get_seen_sql(self, model, alias, _query):
        hidden = self.env["calendar.event"]._practice_get_hidden_sql(SQL.identifier(alias, "res_id"))
        return SQL("(%s != 'calendar.event' OR NOT %s)", SQL.identifier(alias, "res_model"), hidden)
