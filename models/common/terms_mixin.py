from hashlib import sha256

from odoo import fields, models
from odoo.tools import is_html_empty


class PracticeTermsMixin(models.AbstractModel):
    """Something whose terms people agree to: the text of now, and the versions that somebody agreed to.

    Who inherits it has the fields ``terms`` (HTML, translated), ``terms_number`` (the last version) and ``terms_ids``,
    the versions: a model with :class:`~.terms_version_mixin.PracticeTermsVersionMixin`.
    """

    _name = "practice.terms.mixin"
    _description = "What Has Terms"

    def _has_terms(self):
        self.ensure_one()
        return not is_html_empty(self.terms)

    def _get_terms_fingerprint(self):
        """Return what identifies the terms as this language shows them, for a form that asks to agree; else ``""``."""
        self.ensure_one()
        return sha256(self.terms.encode()).hexdigest() if self._has_terms() else ""

    def _find_terms_version_sudo(self):
        """Return the version that says what the terms say now; an empty record when nobody agreed to them yet."""
        self.ensure_one()
        versions = self._fields["terms_ids"]
        versions_sudo = self.env[versions.comodel_name].sudo()  # sudo: made by who agrees only
        last_sudo = versions_sudo.search([(versions.inverse_name, "=", self.id)], limit=1)
        return last_sudo if last_sudo and last_sudo._has_present_text() else versions_sudo

    def _get_terms_version_sudo(self):
        """Return the version of the terms as they are now, in all languages; an empty record when there are none.

        A version is made when somebody agrees first, so texts that nobody ever agreed to leave no trace. What the terms
        are of is written before, so that of two who agree at once one is repeated and finds the version.
        """
        found_sudo = self._find_terms_version_sudo()
        if found_sudo or not self._has_terms():
            return found_sudo
        self_sudo = self.sudo()  # sudo: a counter that nobody writes by hand
        self_sudo.terms_number += 1
        self_sudo.flush_recordset()
        version_sudo = found_sudo.create(
            {
                self._fields["terms_ids"].inverse_name: self.id,
                "number": self_sudo.terms_number,
                "date": fields.Datetime.now(),
            }
        )
        version_sudo._copy_present_text()
        return version_sudo
