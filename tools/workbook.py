"""Tables as an xlsx workbook, for people and for the programs of an auditor: numbers are numbers, days are days."""

import io
from dataclasses import dataclass, field
from typing import NamedTuple

import xlsxwriter

#: Kinds of columns that are added up.
SUMMED = ("credits", "money")

#: What Excel refuses in the name of a sheet, and how long that may be.
FORBIDDEN = str.maketrans("", "", "[]:*?/\\")
NAME_LENGTH = 31


class Column(NamedTuple):
    """A column of a table.

    :param str name: the key of its value in a row
    :param str label: what people read above it
    :param str kind: ``text``, ``date``, ``credits`` (whole numbers) or ``money`` (in the currency of the table)
    """

    name: str
    label: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """What a report says about a company and a date, or about the days until that date.

    :param str title: of the report
    :param str company: its name
    :param str dates: the date or the days in words
    :param str currency: name of the currency of all money
    :param int decimals: of that currency
    :param tuple columns: of :class:`Column`
    :param tuple rows: dicts with a value for each column; a value may be missing
    """

    title: str
    company: str
    dates: str
    currency: str
    columns: tuple
    rows: tuple = field(default=())
    decimals: int = 2

    def totals(self):
        """Return ``{column: sum}`` of the columns that can be added up, rounded to the currency."""
        return {
            column.name: round(sum(row.get(column.name) or 0 for row in self.rows), self.decimals)
            for column in self.columns
            if column.kind in SUMMED
        }

    def parts(self, widest=12):
        """Return the columns in the parts that fit beside each other on paper: all, or credits and then money."""
        if len(self.columns) <= widest:
            return [self.columns]
        others = tuple(column for column in self.columns if column.kind not in SUMMED)
        parts = [tuple(column for column in self.columns if column.kind == kind) for kind in SUMMED]
        return [others + part for part in parts if part]


def make_workbook(tables, total_label="Total"):
    """Return the bytes of an xlsx file with a sheet for each :class:`Table`; its first rows say what it is about."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        for table in tables:
            _write_sheet(book, table, total_label)
    return stream.getvalue()


def make_sheets(sheets):
    """Return the bytes of an xlsx file for people to fill in.

    :param list sheets: ``(title, [title of a column], [row])``; numbers stay numbers, all else is text
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for title, columns, rows in sheets:
            sheet = book.add_worksheet(title.translate(FORBIDDEN)[:NAME_LENGTH])
            sheet.freeze_panes(1, 0)
            for place, label in enumerate(columns):
                sheet.write_string(0, place, label, head)
                longest = max(len(str(it)) for it in (label, *(row[place] for row in rows)))
                sheet.set_column(place, place, min(max(longest + 2, 12), 80))
            for number, row in enumerate(rows, start=1):
                for place, value in enumerate(row):
                    if isinstance(value, int | float):
                        sheet.write_number(number, place, value)
                    elif value:
                        sheet.write_string(number, place, value, wrapped)
    return stream.getvalue()


def _write_sheet(book, table, total_label):
    sheet = book.add_worksheet(table.title.translate(FORBIDDEN)[:NAME_LENGTH])
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    number = {"credits": "#,##0", "money": "#,##0." + "0" * table.decimals if table.decimals else "#,##0"}
    plain = {kind: book.add_format({"num_format": number[kind]}) for kind in SUMMED}
    plain["date"] = book.add_format({"num_format": "yyyy-mm-dd"})
    total = {kind: book.add_format({"num_format": number[kind], "bold": True, "top": 1}) for kind in SUMMED}
    for row, words in enumerate((table.title, table.company, table.dates, table.currency)):
        sheet.write_string(row, 0, words, bold if not row else None)
    top = 5
    for column, (_name, label, kind) in enumerate(table.columns):
        sheet.write_string(top, column, label, head)
        sheet.set_column(column, column, 28 if kind == "text" else 13)
    for row, values in enumerate(table.rows, start=top + 1):
        for column, (name, _label, kind) in enumerate(table.columns):
            _write_cell(sheet, row, column, values.get(name), plain.get(kind), kind)
    totals, row = table.totals(), top + 1 + len(table.rows)
    sheet.write_string(row, 0, total_label, bold)
    for column, (name, _label, kind) in enumerate(table.columns):
        if kind in SUMMED:
            sheet.write_number(row, column, totals[name], total[kind])
    sheet.freeze_panes(top + 1, 1)


def _write_cell(sheet, row, column, value, style, kind):
    if kind in SUMMED:
        sheet.write_number(row, column, value or 0, style)
    elif kind == "date" and value:
        sheet.write_datetime(row, column, value, style)
    elif value:
        sheet.write_string(row, column, str(value), style)
