"""Files of other systems: how they are read, which columns they have, and what a cell means; no database is needed."""

import io
import unittest
import zipfile
from datetime import date, datetime, time

import openpyxl

from odoo.addons.practice_billing.tools import imports
from odoo.addons.practice_billing.tools.imports import COLUMNS, CellError, fold, read_header
from odoo.addons.practice_billing.tools.tables import MOST_BYTES, TableError, read_table
from odoo.addons.practice_billing.tools.workbook import make_sheets

MOST = 50


def workbook(*rows):
    """Return an XLSX file with ``rows``, as Excel saves it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class TestTables(unittest.TestCase):
    def assertUnreadable(self, code, content):
        with self.subTest(content=content[:20]), self.assertRaises(TableError) as caught:
            read_table(content, MOST)
        self.assertEqual(caught.exception.code, code)

    def test_every_way_in_which_a_spreadsheet_saves_text_is_read(self):
        rows = [(1, ("Naam", "Plaats")), (2, ("Zoë, Peeters", "Liège")), (4, ("An", ""))]
        for separator in ",;\t":
            text = f'Naam{separator}Plaats\r\n"Zoë, Peeters"{separator}Liège\r\n\r\n An {separator}\r\n'
            for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
                with self.subTest(separator=separator, encoding=encoding):
                    self.assertEqual(read_table(text.encode(encoding), MOST), rows)

    def test_a_cell_may_have_lines_and_quotes(self):
        [(_number, cells)] = read_table(b'"He said ""no""\nand left";b', MOST)
        self.assertEqual(cells, ('He said "no"\nand left', "b"))

    def test_a_workbook_keeps_numbers_and_days(self):
        content = workbook(
            ["Reference", "Day", "Rate", "Zip", "At", "Yes"],
            [12.0, datetime(2026, 12, 31), 45.5, "0900", datetime(2026, 12, 31, 14, 30), True],
            [None] * 6,
            [None, None, 3],
        )
        self.assertEqual(
            read_table(content, MOST)[1:],
            [
                (2, (12, date(2026, 12, 31), 45.5, "0900", datetime(2026, 12, 31, 14, 30), "1")),
                (4, ("", "", 3)),
            ],
        )

    def test_what_looks_like_a_formula_stays_a_text(self):
        text = "=cmd|' /C calc'!A0"
        content = make_sheets([("x", ["Name"], [[text], ["+1"], ["@x"]])])
        self.assertEqual([cells[0] for _number, cells in read_table(content, MOST)], ["Name", text, "+1", "@x"])
        self.assertEqual(read_table(f"Name\n{text}".encode(), MOST)[1][1][0], text)

    def test_nonsense_is_refused(self):
        self.assertUnreadable("empty", b"")
        self.assertUnreadable("empty", b" \r\n ; \n")
        self.assertUnreadable("text", b"Name\0;x")
        self.assertUnreadable("text", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x81")
        self.assertUnreadable("text", b"Name;\x81\x8d")
        self.assertUnreadable("text", b"\xff\xfea")
        self.assertUnreadable("broken", b"PK\x03\x04 and no zip")
        self.assertUnreadable("broken", workbook(["Name"])[:-200])
        self.assertUnreadable("old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        self.assertUnreadable("large", b"x" * (MOST_BYTES + 1))
        self.assertUnreadable("long", b"Name\n" * (MOST + 2))
        self.assertEqual(len(read_table(b"Name\n" * (MOST + 1), MOST)), MOST + 1)

    def test_a_zip_that_is_no_workbook_is_refused(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as parts:
            parts.writestr("x.txt", "x")
        self.assertUnreadable("broken", stream.getvalue())


class TestColumns(unittest.TestCase):
    def test_the_names_of_the_template_lead_to_their_column_in_every_language(self):
        for kind, columns in COLUMNS.items():
            for lang in ("en_US", "nl_BE", "fr_FR", "de_DE"):
                titles = [column.label(lang) for column in columns]
                header = read_header(kind, titles)
                with self.subTest(kind=kind, lang=lang):
                    self.assertEqual(list(header.places), [column.name for column in columns])
                    self.assertFalse(header.unknown or header.missing or header.double)

    def test_other_names_are_recognised_whatever_their_case_and_accents(self):
        header = read_header("credit", ["PATIËNTNUMMER", "klant", " Pakket ", "saldo", "Prijs", "verval", "Kleur"])
        self.assertEqual(list(header.places), ["reference", "patient", "package", "credits", "rate"])
        self.assertEqual(header.unknown, ("verval", "Kleur"))
        header = read_header("patient", ["naam", "e-mail", "Téléphone", "Geboortedatum", "E-mailadres"])
        self.assertEqual(header.places, {"name": 0, "email": 1, "phone": 2})
        self.assertEqual((header.unknown, header.double), (("Geboortedatum",), ("E-mailadres",)))

    def test_what_is_missing_is_said(self):
        header = read_header("appointment", ["Reference", "Patient", ""])
        self.assertEqual([column.name for column in header.missing], ["type", "start"])

    def test_a_row_that_is_short_has_empty_cells(self):
        header = read_header("patient", ["Name", "E-Mail", "City"])
        row = header.row(7, ("An", ""))
        self.assertEqual((row.number, row.cells, row.text("city")), (7, {"name": "An"}, ""))

    def test_names_are_compared_without_accents_case_and_punctuation(self):
        self.assertEqual(fold(" Zoë  De Smet-Peeters "), fold("zoe de smet peeters"))


class TestCells(unittest.TestCase):
    def check(self, parse, good, bad):
        for cell, value in good.items():
            with self.subTest(cell=cell):
                self.assertEqual(parse(cell), value)
        for cell, code in bad.items():
            with self.subTest(cell=cell), self.assertRaises(CellError) as caught:
                parse(cell)
            self.assertEqual(caught.exception.code, code)

    def test_numbers(self):
        self.check(
            imports.parse_number,
            {
                "1.234,50": 1234.5,
                "1,234.50": 1234.5,
                "1234,5": 1234.5,
                "1234.567": 1234.567,
                "-3": -3.0,
                "1 234,50": 1234.5,
                "1\u202f234,50": 1234.5,
                "1'234.50": 1234.5,
                "€ 45,00": 45.0,
                "12,5": 12.5,
                "1.234.567": 1234567.0,
                "1,234,567.8": 1234567.8,
                "0,500": 0.5,
                "0": 0.0,
                7: 7.0,
                1.234: 1.234,
            },
            {
                "1.234": "ambiguous",
                "12,500": "ambiguous",
                "": "number",
                "x": "number",
                "1.2.3": "number",
                "1,23,456.7": "number",
                "1.234,5,6": "number",
                "1e5": "number",
                "12-3": "number",
                "٣": "number",
                "9" * 16: "number",
                float("nan"): "number",
                float("inf"): "number",
                date(2026, 1, 1): "number",
            },
        )

    def test_whole_numbers(self):
        self.check(
            imports.parse_whole,
            {"5": 5, "5,0": 5, "5.00": 5, 5.0: 5, "-2": -2},
            {"5,5": "whole", 0.5: "whole", "x": "number", 10**11: "whole"},
        )

    def test_days_begin_with_the_day(self):
        day = date(2026, 12, 31)
        self.check(
            imports.parse_day,
            {
                "31/12/2026": day,
                "31-12-2026": day,
                "31.12.2026": day,
                "2026-12-31": day,
                "2026/12/31": day,
                "3/4/2026": date(2026, 4, 3),
                day: day,
                datetime(2026, 12, 31, 9): day,
            },
            dict.fromkeys(("12/31/2026", "31/12/26", "31/02/2026", "46022", "x", "", 46022, "0001-01-01"), "day"),
        )

    def test_times_of_the_day(self):
        self.check(
            imports.parse_time,
            {
                "14:30": time(14, 30),
                "9:05": time(9, 5),
                "14h30": time(14, 30),
                "14u": time(14),
                "14.30": time(14, 30),
                "14:30:59": time(14, 30),
                "2:30 pm": time(14, 30),
                "12:00 AM": time(0),
                time(9, 0, 5): time(9),
            },
            dict.fromkeys(("14", "24:00", "14:60", "13:00 pm", "x", "", 14, 0.5), "time"),
        )

    def test_moments_are_in_one_cell_or_in_two(self):
        moment = datetime(2026, 12, 31, 14, 30)
        for cells in (
            *(("31/12/2026 14:30",), ("2026-12-31T14:30:00",), (moment,), ("31/12/2026", "14:30")),
            *(
                (date(2026, 12, 31), time(14, 30)),
                (datetime(2026, 12, 31, 0, 0), "14u30"),
                ("31-12-2026 00:00", "14:30"),
            ),
        ):
            with self.subTest(cells=cells):
                self.assertEqual(imports.parse_moment(*cells), moment)
        for cell, code in {"31/12/2026": "time", date(2026, 12, 31): "time", "14:30": "day", "": "day"}.items():
            with self.subTest(cell=cell), self.assertRaises(CellError) as caught:
                imports.parse_moment(cell)
            self.assertEqual(caught.exception.code, code)

    def test_lengths_are_minutes(self):
        self.check(
            imports.parse_minutes,
            {"45": 45, 45: 45, "0:45": 45, "1:30": 90, "1:30:00": 90, time(0, 45): 45, 1440: 1440},
            dict.fromkeys(("0", "-5", 0.75, 1441, "1:60:30", "x", ""), "minutes"),
        )
