from odoo import fields, models


class PracticeTermsVersion(models.Model):
    """One version of terms, as an organisation agreed to it."""

    _name = "practice.terms.version"
    _description = "Version of Terms"
    _inherit = ["practice.terms.version.mixin"]
    _order = "number desc, id desc"
    _rec_name = "number"
    _terms_of = "terms_id"

    terms_id = fields.Many2one("practice.terms", required=True, index=True, ondelete="restrict")

    _number_uniq = models.UniqueIndex("(terms_id, number)", "This version of the terms exists already.")
