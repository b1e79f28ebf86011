import base64
from dataclasses import dataclass, field
from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError

from ....tools.imports import COLUMNS, Header, fold, read_header, show
from ....tools.tables import TableError, read_table
from ....tools.text import find_problem, quote
from ...common.words import describe_unreadable

#: Rows of a file at most: what is checked in one go.
MOST_ROWS = 5000

#: Characters of a cell at most.
MOST_TEXT = 500


class FileError(UserError):
    """A file cannot be imported as it is: another one is needed."""


class Problem(NamedTuple):
    """What is wrong with a row; ``column`` and ``value`` are empty when it is not one cell."""

    number: int
    message: str
    column: str = ""
    value: str = ""
    level: str = "problem"


@dataclass
class Sheet:
    """A file that was read: its header and rows, and what can be said of rows without the database."""

    header: Header
    rows: list
    problems: dict = field(default_factory=dict)  # {number of the row: [Problem]}

    def is_sound(self, row):
        """Return whether nothing keeps a row from being imported, as far as the file tells."""
        return not any(problem.level == "problem" for problem in self.problems.get(row.number, ()))


class PracticeDataImport(models.Model):
    """Reading a file: what is said of it, and of its rows, before the database is asked."""

    _inherit = "practice.data.import"

    def _read_sheet(self):
        """Return the file as a :class:`Sheet`.

        :raises FileError: when it cannot be read, or lacks a column
        """
        content = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            [(_number, titles), *rows] = read_table(content, MOST_ROWS)
        except TableError as error:
            raise FileError(self._describe_unreadable(error.code)) from error
        header = read_header(self.kind, titles)
        if header.missing or header.double:
            raise FileError(self._describe_header(header, titles))
        if not rows:
            raise FileError(self.env._("The file has titles and no rows."))
        sheet = Sheet(header, [header.row(number, cells) for number, cells in rows])
        self._judge_alone(sheet)
        return sheet

    def _describe_unreadable(self, code):
        return {
            **describe_unreadable(self.env),
            "empty": self.env._("The file is empty, or it was removed after some days. Upload it again."),
            "long": self.env._("The file has too many rows: at most %s. Split it.", MOST_ROWS),
        }[code]

    def _describe_header(self, header, titles):
        """Return in words which columns are missing, or there twice."""
        if header.double:
            return self.env._(
                "Two columns mean the same: %s. Remove or rename one of them.", quote(list(header.double), 200)
            )
        return self.env._(
            "The first row has to name the columns. Missing: %(missing)s. Found: %(found)s. The template has "
            "all of them.",
            missing=", ".join(column.label(self.env.lang) for column in header.missing),
            found=quote([show(title) for title in titles if title != ""], 300),
        )

    def _judge_alone(self, sheet):
        """Keep what is wrong with rows whatever the database says: cells that are missing or cannot be kept, references
        that stand in two rows, the example of the template."""
        seen, people = {}, {}
        for row in sheet.rows:
            problems = [*self._judge_cells(row, sheet.header)]
            reference = self._get_reference(row)
            if not problems and self._is_example(row):
                problems.append(Problem(row.number, self.env._("This is the example of the template: delete the row.")))
            elif reference and reference in seen:
                message = self.env._("Row %s has the same reference: each row needs its own.", seen[reference])
                problems.append(self._make_problem(row, sheet.header, "reference", message))
            elif self.kind == "patient" and "email" in row.cells:
                problems += self._judge_family(row, sheet.header, people)
            seen.setdefault(reference, row.number)
            if problems:
                sheet.problems[row.number] = problems

    def _judge_family(self, row, header, people):
        """Yield what is to be said of a patient whose e-mail address another row has too.

        :param dict people: ``{e-mail address: {name: number of the row}}`` of the rows before
        """
        of_address, name = people.setdefault(row.text("email").lower(), {}), fold(row.text("name"))
        if name in of_address:
            message = self.env._("Row %s is the same patient: remove one of them.", of_address[name])
            yield self._make_problem(row, header, "email", message)
        elif of_address:
            message = self.env._(
                "Row %s has this e-mail address with another name: two people of one family? Both are imported.",
                min(of_address.values()),
            )
            yield self._make_problem(row, header, "email", message, "warning")
        of_address.setdefault(name, row.number)

    def _judge_cells(self, row, header):
        for column in COLUMNS[self.kind]:
            if column.required and column.name not in row.cells:
                yield self._make_problem(row, header, column.name, self.env._("This is empty: fill it in."))
        for name in row.cells:
            text = row.text(name)
            wrong = find_problem(text, MOST_TEXT)
            if wrong == "long":
                yield self._make_problem(
                    row, header, name, self.env._("This is too long: at most %s characters.", MOST_TEXT)
                )
            elif wrong:
                yield self._make_problem(
                    row, header, name, self.env._("This has characters that cannot be kept: type it again.")
                )

    def _make_problem(self, row, header, name, message, level="problem"):
        """Return a :class:`Problem` of the cell ``name`` of a row, as the file calls it."""
        column = header.labels.get(name) or next(
            (it.label(self.env.lang) for it in COLUMNS[self.kind] if it.name == name), ""
        )
        return Problem(row.number, message, quote(column, 100), quote(row.text(name), 100), level)

    def _is_example(self, row):
        """Return whether a row is the one that the template shows."""
        example = {column.name: fold(column.example) for column in COLUMNS[self.kind]}
        told = ("reference", "patient", "name", "email")
        return all(fold(row.text(name)) == example[name] for name in told if name in example)

    def _get_reference(self, row):
        """Return what a row is known by: its reference; of a patient without one the e-mail address and name."""
        if reference := row.text("reference"):
            return reference
        if self.kind == "patient" and row.text("email"):
            return f"{row.text('email').lower()} {fold(row.text('name'))}"
        return ""

    def _names(self, words):
        """Return whether the file, or what problems repeat of it, has one of ``words``, as :func:`fold` compares them.

        A file that cannot be read may name anybody.
        """
        said = [it[name] or "" for it in self.problem_ids for name in ("value", "message")]
        if any(f" {word} " in f" {fold(text)} " for text in said for word in words):
            return True
        content = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            rows = read_table(content, MOST_ROWS) if content else []
        except TableError:
            return True
        return any(fold(cell) in words for _number, cells in rows for cell in cells)
