"""Read what people save from a spreadsheet: CSV in the encodings that Excel writes, and XLSX.

Odoo's own reader (``base_import``) leaves empty rows out, so that nobody can say which row is wrong, guesses
the encoding of short files, and turns days into text. This one keeps the number of each row and the value of each cell.
"""

import csv
import io
import zipfile
from datetime import date, datetime, time

import openpyxl

#: Bytes that a file may have, and that the parts of a workbook may have once they are unpacked.
MOST_BYTES = 10_000_000
MOST_UNPACKED = 200_000_000

#: Columns of a row that are looked at.
MOST_COLUMNS = 200

#: What separates cells; the one that the first row has most of.
SEPARATORS = ";,\t"

#: What a workbook begins with (it is a zip), and one of Excel before 2007.
ZIP, OLD_EXCEL = b"PK", b"\xd0\xcf\x11\xe0"


class TableError(ValueError):
    """A file cannot be read as a table; ``code`` says why: ``empty``, ``large``, ``old``, ``broken``, ``text`` or
    ``long``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def read_table(content, most_rows, separators=SEPARATORS):
    """Return the rows of a file that are not empty: ``[(number, cells)]``, the first of which is the header.

    What a file is, is seen from its content: its name may say anything.

    :param bytes content: CSV (UTF-8 with or without mark, UTF-16 with a mark, else Windows-1252; cells separated by
        comma, semicolon or tab), or an XLSX workbook, of which the first sheet counts
    :param int most_rows: that may follow the header
    :param str separators: of cells in a CSV file, as far as they are known
    :return: cells are texts without spaces around them, or what a workbook knows them to be: numbers and days. Formulas
        are what they showed when the workbook was saved; a text that looks like one stays a text
    :raises TableError: when it is no such file, or has no rows, or too many
    """
    if len(content) > MOST_BYTES:
        raise TableError("large")
    if content.startswith(OLD_EXCEL):
        raise TableError("old")
    found = _read_workbook(content) if content.startswith(ZIP) else _read_text(content, separators)
    rows = []
    for number, cells in enumerate(found, start=1):
        cells = tuple(_clean(cell) for cell in cells[:MOST_COLUMNS])
        if any(cell != "" for cell in cells):
            rows.append((number, cells))
        if len(rows) > most_rows + 1:
            raise TableError("long")
    if not rows:
        raise TableError("empty")
    return rows


def _clean(cell):
    """Return a cell without what is not seen of it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, int | float | date | time) else str(cell).strip().replace("\xa0", " ")


def _read_text(content, separators):
    """Return the rows of a CSV file."""
    text = _decode(content)
    if "\0" in text:
        raise TableError("text")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(separators, key=first.count)
    try:
        # Not split into lines before: a cell in quotes may have several.
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise TableError("text") from error


def _decode(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise TableError("text") from error
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("text")


def _read_workbook(content):
    """Yield the rows of the first sheet of a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise TableError("large")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # A workbook may say that it is larger, or smaller, than it is.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(values_only=True)
    except TableError:
        raise
    except Exception as error:
        # What a broken workbook raises depends on where it is broken.
        raise TableError("broken") from error
