from odoo import models

from ....tools.imports import COLUMNS
from ....tools.workbook import make_sheets


class PracticeDataImport(models.Model):
    """The template of each kind of file: its columns with an example, and a sheet that explains them."""

    _inherit = "practice.data.import"

    def _make_template(self, kind):
        """Return the bytes of a workbook, in the language of the user.

        :param str kind: of ``COLUMNS``
        """
        columns, lang = COLUMNS[kind], self.env.lang
        about = self._explain_columns()[kind]
        needed, other = self.env._("Yes"), self.env._("No")
        explained = [
            (column.label(lang), needed if column.required else other, about[column.name]) for column in columns
        ]
        labels = dict(self._fields["kind"]._description_selection(self.env))
        return make_sheets(
            [
                (labels[kind], [column.label(lang) for column in columns], [[column.example for column in columns]]),
                (
                    self.env._("Columns"),
                    [self.env._("Column"), self.env._("Needed"), self.env._("What It Holds")],
                    [*explained, ("", "", self.env._("Delete the example before you import the file."))],
                ),
            ]
        )

    def _explain_columns(self):
        """Return ``{kind: {column: what it holds}}`` in the language of the user."""
        number = self.env._("The number in the old system. A row that was imported with it is not imported again.")
        patient = self.env._(
            "Who: the number in the old system, the e-mail address or, when only one has it, the name."
        )
        return {
            "patient": {
                "reference": self.env._(
                    "The number in the old system, by which credits and appointments name the patient. A row without "
                    "it needs an e-mail address."
                ),
                "name": self.env._("First name and last name."),
                "email": self.env._(
                    "A patient with the same address and the same name is there already, and stays as they are."
                ),
                "phone": self.env._("With the prefix of the country, for SMS."),
                "street": self.env._("Street and number."),
                "zip": self.env._("Postal code."),
                "city": self.env._("City."),
                "country": self.env._("Two letters: BE, NL, FR."),
                "language": self.env._("In which the patient is written to: nl, fr, en. Empty: your own language."),
            },
            "credit": {
                "reference": number,
                "patient": patient,
                "package": self.env._("The name of a package of this practice."),
                "credits": self.env._("How many are left: a whole number, at least 1."),
                "rate": self.env._("Money per credit, without tax. Empty: the internal rate of the package."),
                "expiry": self.env._("The last day on which they can be used. Empty: as the package says, from today."),
                "date": self.env._("From which day the books know them. Empty: the date of the import."),
            },
            "appointment": {
                "reference": number,
                "patient": patient,
                "type": self.env._("The name of an appointment type of this practice."),
                "practitioner": self.env._(
                    "Who gives it: login, e-mail address or name. Empty: the only one who gives this type."
                ),
                "start": self.env._("Day and time by the clock of the practice, like 31/12/2026 14:30. It is to come."),
                "time": self.env._("The time, when the column before has the day only."),
                "duration": self.env._("Minutes. Empty: as the appointment type says."),
                "note": self.env._("A note for the practice, kept with the messages of the appointment."),
            },
        }
