from odoo import api, fields, models
from odoo.exceptions import UserError


class PracticeTermsAcceptance(models.Model):
    """That somebody agreed to terms for an organisation: who, when, to which text. Rows stay as they were made."""

    _name = "practice.terms.acceptance"
    _description = "Acceptance of Terms"
    _order = "date desc, id desc"
    _rec_name = "version_id"

    organisation_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict")
    version_id = fields.Many2one("practice.terms.version", required=True, index=True, ondelete="restrict")
    terms_id = fields.Many2one(related="version_id.terms_id", store=True, index=True)
    company_id = fields.Many2one(related="version_id.terms_id.company_id", store=True, index=True)
    number = fields.Integer(related="version_id.number", string="Number")
    text = fields.Html(related="version_id.text")
    user_id = fields.Many2one(
        "res.users", string="Agreed By", required=True, index=True, ondelete="restrict", help="Who was logged in."
    )
    user_name = fields.Char(string="Name", required=True, help="Of who agreed, as it was then.")
    date = fields.Datetime(string="Agreed On", required=True, help="Kept in UTC.")
    lang = fields.Char(string="Language", help="In which the text was shown.")
    fingerprint = fields.Char(
        string="SHA-256", required=True, help="Of the text as it was shown: HTML in the language, in UTF-8."
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What an organisation agreed to is kept as it was."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What an organisation agreed to is kept as it was."))
