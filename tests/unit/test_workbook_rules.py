"""Tables as workbooks, read back; no database is needed."""

import io
import unittest
from datetime import date, datetime

import openpyxl

from odoo.addons.practice_billing.tools.workbook import Column, Table, make_workbook

COLUMNS = (
    Column("name", "Name"),
    Column("day", "Day", "date"),
    Column("credits", "Credits", "credits"),
    Column("money", "Money", "money"),
)


class TestWorkbook(unittest.TestCase):
    def table(self, *rows, **vals):
        defaults = {"title": "Report", "company": "Practice", "dates": "At 1 May", "currency": "EUR"}
        return Table(**{**defaults, "columns": COLUMNS, "rows": rows, **vals})

    def read_back(self, *tables):
        return openpyxl.load_workbook(io.BytesIO(make_workbook(tables)))

    def test_numbers_are_numbers_days_are_days_and_words_stay_words(self):
        [sheet] = self.read_back(
            self.table({"name": "=1+1", "day": date(2026, 5, 1), "credits": 3, "money": 0.1})
        ).worksheets
        values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7, max_row=7)]
        self.assertEqual(values, [["=1+1", datetime(2026, 5, 1), 3, 0.1]])
        self.assertEqual(sheet["A7"].data_type, "s")

    def test_what_is_missing_is_nothing(self):
        [sheet] = self.read_back(self.table({"name": "Only a name"})).worksheets
        self.assertEqual([cell.value for cell in sheet[7]], ["Only a name", None, 0, 0])

    def test_the_total_is_rounded_to_the_currency(self):
        table = self.table(*({"credits": 1, "money": 0.1} for _number in range(3)))
        self.assertEqual(table.totals(), {"credits": 3, "money": 0.3})
        [sheet] = self.read_back(table).worksheets
        self.assertEqual([cell.value for cell in sheet[10]], ["Total", None, 3, 0.3])

    def test_yen_have_no_cents(self):
        [sheet] = self.read_back(self.table({"money": 1200}, decimals=0, currency="JPY")).worksheets
        self.assertEqual((sheet["D7"].number_format, sheet["A4"].value), ("#,##0", "JPY"))

    def test_any_title_is_the_name_of_a_sheet(self):
        book = self.read_back(self.table(title="Not billed: at a date [estimate] of /this/ practice"))
        self.assertEqual(book.sheetnames, ["Not billed at a date estimate o"])

    def test_a_wide_table_is_printed_in_two_parts(self):
        self.assertEqual(self.table().parts(), [COLUMNS])
        self.assertEqual(self.table().parts(widest=3), [COLUMNS[:3], (*COLUMNS[:2], COLUMNS[3])])
