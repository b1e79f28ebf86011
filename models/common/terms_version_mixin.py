from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PracticeTermsVersionMixin(models.AbstractModel):
    """One version of terms, as somebody agreed to it. Rows are made by who agrees, and stay."""

    _name = "practice.terms.version.mixin"
    _description = "Version of Terms"
    _order = "number desc, id desc"
    _rec_name = "number"

    #: The field that says what the terms are of: a model with :class:`~.terms_mixin.PracticeTermsMixin`.
    _terms_of = None

    number = fields.Integer(string="Version", required=True, aggregator=None)
    text = fields.Html(translate=True, sanitize_form=True)
    date = fields.Datetime(string="Since", required=True, help="When somebody agreed to it first.")

    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(name)s, version %(number)s", name=version[self._terms_of].display_name, number=version.number
            )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("Terms that somebody agreed to are never changed. Write new ones instead."))

    def _has_present_text(self):
        """Return whether this is what the terms say now, in every language."""
        self.ensure_one()
        owner = self.env[self._fields[self._terms_of].comodel_name]
        owner.flush_model(["terms"])
        [[same]] = self.env.execute_query(
            SQL(
                "SELECT version.text = owner.terms FROM %s version JOIN %s owner ON owner.id = version.%s"
                " WHERE version.id = %s",
                SQL.identifier(self._table),
                SQL.identifier(owner._table),
                SQL.identifier(self._terms_of),
                self.id,
            )
        )
        return same

    def _copy_present_text(self):
        """Take over the text of now in all languages, exactly: as PostgreSQL stores it."""
        owner = self.env[self._fields[self._terms_of].comodel_name]
        self.flush_model()
        owner.flush_model(["terms"])
        self.env.cr.execute(
            SQL(
                "UPDATE %s version SET text = owner.terms FROM %s owner"
                " WHERE owner.id = version.%s AND version.id IN %s",
                SQL.identifier(self._table),
                SQL.identifier(owner._table),
                SQL.identifier(self._terms_of),
                tuple(self.ids),
            )
        )
        self.invalidate_recordset(["text"])
