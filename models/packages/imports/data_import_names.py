from collections import defaultdict

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ....tools.imports import CellError, fold


class PracticeDataImport(models.Model):
    """Whom and what the cells of rows name: found for a whole batch at once, and refused when it is not clear."""

    _inherit = "practice.data.import"

    # === CELLS === #

    def _parse(self, row, sheet, outcome, name, parse, *others):
        """Return what a cell means, ``None`` when it is empty or not understood; the latter is a problem.

        :param parse: a function of ``tools.imports``
        :param others: names of further cells that it wants
        """
        if name not in row.cells:
            return None
        try:
            return parse(row.cells[name], *(row.cells.get(other, "") for other in others))
        except CellError as error:
            self._refuse(row, sheet, outcome, name, self._describe_cell(error.code))
            return None

    def _describe_cell(self, code):
        return {
            "number": self.env._("This is no number. Write it like 45 or 45,50."),
            "ambiguous": self.env._("This could be a thousand or a fraction. Write it like 1234 or 1,23."),
            "whole": self.env._("This is no whole number. Credits are whole."),
            "day": self.env._("This is no day. Write it like 31/12/2026 or 2026-12-31."),
            "time": self.env._("There is no time of the day. Write it like 14:30, here or in a column of its own."),
            "minutes": self.env._("This is no duration. Write minutes, from 1 to 1440, or hours like 0:45."),
        }[code]

    def _refuse(self, row, sheet, outcome, name, message, level="problem"):
        """Keep what is wrong with the cell ``name`` of a row."""
        outcome.note(self._make_problem(row, sheet.header, name, message, level))

    # === PATIENTS === #

    def _find_patients(self, sheet, rows, outcome):
        """Return ``{number of a row: patient}``, by their number in the old system, e-mail address or name.

        Rows whose patient is unknown, not clear or archived have a problem.
        """
        texts = {row.number: row.text("patient") for row in rows}
        found = self._search_patients(set(texts.values()))
        patients = {}
        for row in rows:
            candidates = found[texts[row.number]]
            if len(candidates) == 1 and candidates.active:
                patients[row.number] = candidates
            else:
                self._refuse(row, sheet, outcome, "patient", self._describe_patient(candidates))
        return patients

    def _describe_patient(self, candidates):
        if not candidates:
            return self.env._(
                "Nobody has this number, e-mail address or name. Import the patients first, or write it as it is there."
            )
        if len(candidates) > 1:
            return self.env._(
                "%s patients have this e-mail address or name. Write the number of the old system.", len(candidates)
            )
        return self.env._("%s is archived. Restore them first.", candidates.name)

    def _search_patients(self, texts):
        """Return ``{text: patients}`` of whom each text can mean: who has it as number, else as e-mail address, else as
        name; with three queries."""
        keys = self.env["practice.import.key"]._get_known(self.company_id, "patient", texts)
        by_number = {text: key.partner_id.with_env(self.env) for text, key in keys.items() if key.partner_id}
        left = texts - by_number.keys()
        by_email = self._search_by_email({email_normalize(text) for text in left if "@" in text} - {False})
        by_name = self._search_by_name({text.lower() for text in left if "@" not in text})
        nobody = self.env["res.partner"]
        return {
            text: by_number.get(text)
            or by_email.get(email_normalize(text) if "@" in text else None)
            or by_name.get(text.lower())
            or nobody
            for text in texts
        }

    def _search_by_email(self, emails):
        """Return ``{e-mail address: people}``, archived ones only where nobody else has it."""
        return self._group_people(Domain("email_normalized", "in", list(emails)), "email_normalized", emails)

    def _search_by_name(self, names):
        """Return ``{name in lower case: people}``, archived ones only where nobody else has it."""

        def to_sql(_model, alias, _query):
            return SQL("lower(%s) = ANY(%s)", SQL.identifier(alias, "name"), list(names))

        return self._group_people(Domain.custom(to_sql=to_sql), "name", names)

    def _group_people(self, domain, field, wanted):
        found = defaultdict(self.env["res.partner"].browse)
        if not wanted:
            return found
        domain &= Domain("company_id", "in", [False, self.company_id.id]) & Domain("is_company", "=", False)
        people = self.env["res.partner"].with_context(active_test=False)
        for person in people.search_fetch(domain, ["name", "email_normalized", "active"], order="id"):
            found[(person[field] or "").lower()] |= person
        return {text: (them.filtered("active") or them).with_env(self.env) for text, them in found.items()}

    # === WHAT THE PRACTICE HAS === #

    def _find_named(self, model, domain=()):
        """Return ``{name: records}`` of all of ``model`` in the company, archived ones too, by their names in all
        languages, as :func:`fold` compares them; there are few of them."""
        records = self.env[model].with_context(active_test=False)
        records = records.search([("company_id", "parent_of", self.company_id.ids), *domain])
        found = defaultdict(self.env[model].browse)
        for lang, _name in self.env["res.lang"].get_installed():
            for record in records.with_context(lang=lang):
                found[fold(record.name)] |= record
        return {name: them.with_env(self.env) for name, them in found.items()}

    def _pick(self, row, sheet, outcome, name, named):
        """Return the one active record that a cell names, or ``None`` with a problem."""
        found = named.get(fold(row.text(name))) or ()
        active = [it for it in found if it.active]
        if len(active) == 1:
            return active[0]
        if len(active) > 1:
            message = self.env._("%s have this name. Rename them, so that it is clear.", len(active))
        elif found:
            message = self.env._("%s is archived. Restore it first.", found[0].name)
        else:
            message = self.env._(
                "%s has none of this name. Make it first, or write it as it is there.", self.company_id.name
            )
        self._refuse(row, sheet, outcome, name, message)
        return None
