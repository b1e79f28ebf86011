from odoo import models

from ....tools.imports import parse_day, parse_number, parse_whole
from .data_import_run import QUIET, Ready


class PracticeDataImport(models.Model):
    """Open credits: each row becomes a ``practice.credit.import``, which gives the credits and holds all the rules."""

    _inherit = "practice.data.import"

    def _import_credits(self, sheet, rows, outcome):
        """Import rows of open credits that no earlier import knows."""
        patients = self._find_patients(sheet, rows, outcome)
        packages = self._find_named("practice.package")
        today = self.company_id._practice_day()
        ready = []
        for row in rows:
            package = self._pick(row, sheet, outcome, "package", packages)
            if package and self.booking != "none" and not package.deferred_account_id:
                message = self.env._("%s has no balance post: add one, or choose No entry.", package.name)
                self._refuse(row, sheet, outcome, "package", message)
            vals = self._judge_numbers(row, sheet, outcome, today)
            if row.number not in outcome.refused:
                ready.append(
                    Ready(
                        row,
                        self._get_reference(row),
                        {**vals, "partner_id": patients[row.number].id, "package_id": package.id},
                    )
                )
        self._make_safely(ready, self._make_credits, outcome)

    def _judge_numbers(self, row, sheet, outcome, today):
        """Return the credits, the rate and the days of a row; what is wrong with them is a problem."""
        credits = self._parse(row, sheet, outcome, "credits", parse_whole)
        if credits is not None and credits <= 0:
            self._refuse(
                row, sheet, outcome, "credits", self.env._("Import at least one credit, or leave the row out.")
            )
        rate = self._parse(row, sheet, outcome, "rate", parse_number)
        if rate is not None and rate < 0:
            self._refuse(row, sheet, outcome, "rate", self.env._("The rate cannot be negative."))
        expiry = self._parse(row, sheet, outcome, "expiry", parse_day)
        if expiry and expiry < today:
            message = self.env._("These credits have expired: leave the row out, or agree on another date.")
            self._refuse(row, sheet, outcome, "expiry", message)
        date = self._parse(row, sheet, outcome, "date", parse_day)
        if date and date > today:
            self._refuse(row, sheet, outcome, "date", self.env._("This day is still to come."))
        return {
            "company_id": self.company_id.id,
            "credits": credits,
            "expiry_date": expiry,
            "date": date or self.date,
            "booking": self.booking,
            "counterpart_account_id": self.counterpart_account_id.id if self.booking == "entry" else False,
            "reference": row.text("reference"),
            **({} if rate is None else {"internal_rate": rate}),
        }

    def _make_credits(self, ready):
        """Give the credits of rows; return their imports."""
        imports = self.env["practice.credit.import"].with_context(**QUIET).create([it.vals for it in ready])
        imports.action_confirm()
        return imports
