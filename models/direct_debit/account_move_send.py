from markupsafe import Markup

from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    """The e-mail of an invoice that is collected by direct debit says when."""

    _inherit = "account.move.send"

    @api.model
    def _get_default_mail_body(self, move, mail_template, mail_lang):
        body = super()._get_default_mail_body(move, mail_template, mail_lang)
        words = move.with_context(lang=mail_lang)._practice_get_debit_words()
        return Markup("%s<p>%s</p>") % (Markup(body or ""), words) if words else body
