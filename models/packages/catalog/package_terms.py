from hashlib import sha256

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, is_html_empty


class PracticePackage(models.Model):
    """A package has terms that patients agree to when they buy it on the portal."""

    _inherit = "practice.package"

    terms = fields.Html(
        translate=True,
        help="What a patient agrees to when buying on the portal. Empty: nothing is asked. Purchases keep the text as "
        "it was when they were made.",
    )
    terms_number = fields.Integer(
        string="Version of Terms", readonly=True, copy=False, help="The last version that a purchase refers to."
    )
    terms_ids = fields.One2many("practice.package.terms", "package_id", string="Versions Agreed To")

    def _has_terms(self):
        self.ensure_one()
        return not is_html_empty(self.terms)

    def _get_terms_fingerprint(self):
        """Return what identifies the terms as this language shows them, for a form that asks to agree; else ``""``."""
        self.ensure_one()
        return sha256(self.terms.encode()).hexdigest() if self._has_terms() else ""

    def _get_terms_version(self):
        """Return the version of the terms as they are now, in all languages; an empty record when there are none.

        A version is made when the first purchase refers to it, so texts that nobody ever agreed to leave no trace.
        The package is written before, so that of two purchases at once one is repeated and finds the version.
        """
        self.ensure_one()
        versions = self.env["practice.package.terms"].sudo()  # sudo: made by purchases only
        if not self._has_terms():
            return versions
        last = versions.search([("package_id", "=", self.id)], limit=1)
        if last and last._has_text_of_package():
            return last
        package = self.sudo()  # sudo: a counter that nobody writes by hand
        package.terms_number = last.number + 1
        package.flush_recordset()
        version = versions.create({"package_id": self.id, "number": last.number + 1, "date": fields.Datetime.now()})
        version._copy_text_of_package()
        return version


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
