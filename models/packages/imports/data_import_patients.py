from odoo import models
from odoo.tools import email_normalize

from ....tools.imports import fold
from .data_import_run import QUIET, Ready

#: Cells that are kept as they are.
PLAIN = ("name", "phone", "street", "zip", "city")


class PracticeDataImport(models.Model):
    """Patients: who is there already, by e-mail address and name, is used and stays as they are."""

    _inherit = "practice.data.import"

    def _import_patients(self, sheet, rows, outcome):
        """Import rows of patients that no earlier import knows."""
        emails = {row.number: email_normalize(row.text("email")) for row in rows}
        known = self._search_by_email(set(emails.values()) - {False})
        countries = {it.code.lower(): it.id for it in self.env["res.country"].search_fetch([], ["code"])}
        languages = self._get_languages()
        ready = []
        for row in rows:
            vals = {name: row.text(name) for name in PLAIN if name in row.cells}
            vals["country_id"] = self._look_up(row, sheet, outcome, "country", countries)
            vals["lang"] = self._look_up(row, sheet, outcome, "language", languages) or self.env.lang
            existing = self._judge_person(row, sheet, outcome, known, emails[row.number])
            if row.number not in outcome.refused:
                vals = {**vals, "email": row.text("email") or False}
                ready.append(Ready(row, self._get_reference(row), vals, existing))
        self._make_safely(ready, self._make_patients, outcome)

    def _make_patients(self, ready):
        """Return the patients of rows: those that are there, and new ones."""
        new = [it for it in ready if it.existing is None]
        made = iter(self.env["res.partner"].with_context(**QUIET).create([it.vals for it in new]))
        return [it.existing if it.existing is not None else next(made) for it in ready]

    def _judge_person(self, row, sheet, outcome, known, email):
        """Return who a row is, when they are there already."""
        if "email" not in row.cells:
            if "reference" not in row.cells:
                self._refuse(
                    row,
                    sheet,
                    outcome,
                    "reference",
                    self.env._("Without a number or an e-mail address nobody knows the patient again: add one."),
                )
            return None
        if not email:
            self._refuse(row, sheet, outcome, "email", self.env._("This is no e-mail address."))
            return None
        others = known.get(email, self.env["res.partner"])
        same = others.filtered(lambda person: fold(person.name) == fold(row.text("name")))
        if len(same) > 1 or (same and not same.active):
            self._refuse(row, sheet, outcome, "email", self._describe_patient(same))
        elif same:
            return same
        elif others:
            message = self.env._(
                "%s has this e-mail address too: two people of one family? The row is imported as another patient.",
                others[0].name,
            )
            self._refuse(row, sheet, outcome, "email", message, level="warning")
        return None

    def _get_languages(self):
        """Return ``{code as people write it: code of an installed language}``."""
        found = {}
        for code, name in self.env["res.lang"].get_installed():
            for known in (code, code.replace("_", "-"), code.partition("_")[0], name):
                found.setdefault(known.lower(), code)
        return found

    def _look_up(self, row, sheet, outcome, name, known):
        """Return what a code means, ``False`` when the cell is empty or, with a problem, unknown."""
        code = row.text(name).lower()
        if code and code not in known:
            message = {
                "country": self.env._("This is no code of a country. Write two letters, like BE, NL or FR."),
                "language": self.env._(
                    "This is no language of this system. Write one of: %s.",
                    ", ".join(it for it, _name in self.env["res.lang"].get_installed()),
                ),
            }[name]
            self._refuse(row, sheet, outcome, name, message)
        return known.get(code, False)
