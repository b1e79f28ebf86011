"""Read a list of people that somebody pastes or uploads: a name and an e-mail address in each row.

Rows are those of :func:`~.tables.read_table`: a spreadsheet, CSV, or lines that were typed, with commas, semicolons or
tabs between the cells. Which cell is the address is seen by its ``@``; all others together are the name.
"""

import re
from dataclasses import dataclass

from .tables import SEPARATORS, read_table

#: What separates cells in a line of another kind than the first one.
BETWEEN = re.compile(r"[;,\t]")

#: Somebody as mail programs write them.
ADDRESSED = re.compile(r"^\s*\"?(?P<name>[^\"<>]*?)\"?\s*<(?P<email>[^<>]*)>\s*$")


@dataclass(frozen=True)
class Row:
    """A row as it was found: its number in the list, and the name and the address in it; either may be empty."""

    number: int
    name: str
    email: str


def read_people(content, most):
    """Return the :class:`Row` of each row that is not empty; a first row that names the columns is left out.

    :param bytes content: see :func:`~.tables.read_table`
    :param int most: rows that there may be
    :raises TableError: see :func:`~.tables.read_table`
    """
    # Nobody has a tab in a name; commas some have.
    separators = "\t" if b"\t" in content.lstrip().split(b"\n")[0] else SEPARATORS
    rows = []
    for number, cells in read_table(content, most, separators):
        row = _read_row(number, [str(cell) for cell in cells])
        if rows or row.email or not _names_columns(cells):
            rows.append(row)
    return rows


def write_people(rows):
    """Return rows as lines that :func:`read_people` reads to the same rows."""
    lines = [""] * max((row.number for row in rows), default=0)
    for row in rows:
        lines[row.number - 1] = "\t".join(" ".join(cell.split()) for cell in (row.name, row.email))
    return "\n".join(lines)


def _read_row(number, cells):
    parts = []
    for cell in cells:
        if found := ADDRESSED.match(cell):
            parts += [found["name"], found["email"]]
        elif "@" in cell and BETWEEN.search(cell):
            parts += BETWEEN.split(cell)
        else:
            parts.append(cell)
    parts = [part.strip() for part in parts]
    email = next((part for part in parts if "@" in part), "")
    names = [part for part in parts if part and part != email]
    return Row(number, " ".join(names), email)


def _names_columns(cells):
    """Return whether a row without an address says what the columns are, and is nobody."""
    return any("mail" in str(cell).lower() for cell in cells)
