from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class MailNotification(models.Model):
    """Whoever may not see an appointment does not see who was told about it either, but what they were told."""

    _inherit = "mail.notification"

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & Domain.custom(to_sql=self._practice_get_seen_sql)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _practice_get_seen_sql(self, model, alias, _query):
        partner_id = self.env.user.partner_id.id
        return SQL(
            """(
                %(told)s = %(me)s OR %(author)s = %(me)s OR NOT EXISTS (
                    SELECT 1 FROM mail_message told
                    WHERE told.id = %(message)s AND told.model = 'calendar.event' AND %(hidden)s
                )
            )""",
            told=SQL.identifier(alias, "res_partner_id"),
            author=SQL.identifier(alias, "author_id"),
            message=SQL.identifier(alias, "mail_message_id"),
            me=partner_id,
            hidden=self.env["calendar.event"]._practice_get_hidden_sql(SQL.identifier("told", "res_id")),
        )
