from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PracticePackageTerms(models.Model):
    """One version of the terms of a package, as somebody agreed to it. Rows are made by purchases and stay."""

    _name = "practice.package.terms"
    _description = "Terms of a Package"
    _order = "number desc, id desc"
    _rec_name = "number"

    package_id = fields.Many2one("practice.package", required=True, index=True, ondelete="cascade")
    number = fields.Integer(string="Version", required=True, aggregator=None)
    text = fields.Html(translate=True, sanitize_form=True)
    date = fields.Datetime(string="Since", required=True, help="When the first purchase referred to it.")

    _number_uniq = models.UniqueIndex("(package_id, number)", "This version of the terms exists already.")

    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(package)s, version %(number)s", package=version.package_id.name, number=version.number
            )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("Terms that somebody agreed to are never changed. Change those of the package."))

    def _has_text_of_package(self):
        """Return whether this is what the package says now, in every language."""
        self.ensure_one()
        self.env["practice.package"].flush_model(["terms"])
        [[same]] = self.env.execute_query(
            SQL(
                "SELECT version.text = package.terms FROM practice_package_terms version"
                " JOIN practice_package package ON package.id = version.package_id WHERE version.id = %s",
                self.id,
            )
        )
        return same

    def _copy_text_of_package(self):
        """Take over the text of the package in all languages, exactly: as PostgreSQL stores it."""
        self.flush_model()
        self.env["practice.package"].flush_model(["terms"])
        self.env.cr.execute(
            SQL(
                "UPDATE practice_package_terms version SET text = package.terms FROM practice_package package"
                " WHERE package.id = version.package_id AND version.id IN %s",
                tuple(self.ids),
            )
        )
        self.invalidate_recordset(["text"])
