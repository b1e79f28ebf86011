from odoo import models

from ....tools.imports import fold
from .data_import import RUNNING


class ResPartner(models.Model):
    """What is forgotten of imports: numbers of the old system, files that name the patient, what problems repeat."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        if any(it.state in RUNNING for it in self._practice_find_naming_imports_sudo()):
            obstacles.append(self.env._("A file that names %s is being imported. Wait until it is done.", self.name))
        return obstacles

    def _practice_get_keeping_companies(self):
        return super()._practice_get_keeping_companies() | self._practice_get_import_keys_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        self._practice_find_naming_imports_sudo()._empty()
        self._practice_get_import_keys_sudo().unlink()
        return result

    def _practice_get_import_keys_sudo(self):
        """Return under which numbers these people, their credits and their appointments were imported."""
        # sudo: asked for an administrator, of all companies
        return (
            self.env["practice.import.key"]
            .sudo()
            .search(
                [
                    *("|", "|", ("partner_id", "in", self.ids)),
                    ("credit_import_id.partner_id", "in", self.ids),
                    ("event_id.patient_id", "in", self.ids),
                ]
            )
        )

    def _practice_get_imports_sudo(self):
        """Return the imports, of all companies, that still have a file or problems."""
        # sudo: as above
        imports_sudo = self.env["practice.data.import"].sudo()
        return imports_sudo.search(["|", *imports_sudo._get_holding_domain()])

    def _practice_find_naming_imports_sudo(self):
        """Return the imports whose file or problems name one of these people: by name, e-mail address, phone or number.

        All of such a file goes: what is left of a row would still be theirs.
        """
        people_sudo = self.sudo()  # sudo: as above
        keys_sudo = people_sudo._practice_get_import_keys_sudo().filtered("partner_id")
        words = [*people_sudo.mapped("name"), *people_sudo.mapped("email"), *people_sudo.mapped("phone")]
        words = {fold(word) for word in [*words, *keys_sudo.mapped("reference")] if word}
        return self._practice_get_imports_sudo().filtered(lambda it: it._names(words - {""}))
