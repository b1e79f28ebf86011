from odoo import fields, models


class PracticePackageTerms(models.Model):
    """One version of the terms of a package, as somebody agreed to it. Rows are made by purchases and stay."""

    _name = "practice.package.terms"
    _description = "Terms of a Package"
    _inherit = ["practice.terms.version.mixin"]
    _order = "number desc, id desc"
    _rec_name = "number"
    _terms_of = "package_id"

    package_id = fields.Many2one("practice.package", required=True, index=True, ondelete="cascade")
    date = fields.Datetime(help="When the first purchase referred to it.")

    _number_uniq = models.UniqueIndex("(package_id, number)", "This version of the terms exists already.")
