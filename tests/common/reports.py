"""What the tests of the accountant's reports share: a roll-forward that is made without the module's own, by hand."""

import io
from collections import defaultdict

import openpyxl

from .practice import FROM_TO

OPEN = ("available", "reserved")
#: The cell of each kind of movement, written down once more on purpose.
CELL = {
    "grant": "sold",
    "use": "used",
    "forfeit": "lost",
    "expire": "expired",
    "refund": "refunded",
    "transfer": "transferred",
    "receive": "transferred",
    "adjust": "corrected",
    "breakage": "breakage",
}
CHANGES = ("sold", "used", "lost", "expired", "breakage", "refunded", "transferred", "corrected")


class ReportsMixin:
    """Reads the reports of the books, and adds up what they should say from movements and journal items."""

    def roll(self, first, last, company=None, user=None):
        """Return ``{(package or plan): row}`` of the roll-forward of a company, for rows with a balance post."""
        report = self.env["practice.roll.forward"]
        if user:
            report = report.with_user(user)
        rows = report._report_rows(company or self.company, self.day(first), self.day(last))
        by_name = {}
        for row in rows:
            if row["account_id"]:
                self.assertNotIn((row["account_id"], row["name"]), by_name)
                by_name[row["account_id"], row["name"]] = row
        return {name: row for (_account, name), row in by_name.items()}

    def day(self, text):
        return self.env["practice.roll.forward"]._fields["date_to"].to_date(text)

    def assertCells(self, row, **expected):
        """Compare cells of a row: ``sold=(10, 1200.0)`` in credits and money, others as plain numbers."""
        found = {
            cell: (row[f"{cell}_credits"], row[f"{cell}_value"]) if isinstance(value, tuple) else row[cell]
            for cell, value in expected.items()
        }
        self.assertEqual(found, expected)

    def assertRollAgrees(self, first, last, package, account):
        """Check a row of a package with a balance post of its own against movements and journal items."""
        first, last = self.day(first), self.day(last)
        expected = defaultdict(lambda: [0, 0.0])
        for kind, credits, value, day in self.query(
            """SELECT move.kind, move.credits, move.value, move.date
                 FROM practice_credit_move move JOIN practice_credit_lot lot ON lot.id = move.lot_id
                WHERE lot.package_id = %s AND lot.deferred_account_id = %s AND lot.company_id = %s""",
            package.id,
            account.id,
            self.company.id,
        ):
            source, target = FROM_TO[kind]
            change = credits * ((target in OPEN) - (source in OPEN))
            cell = "corrected" if credits < 0 and kind in ("use", "forfeit", "expire") else CELL.get(kind)
            if not cell:
                self.assertFalse(change or value, kind)
                continue
            for name in ("opening",) if day < first else (cell,) if day <= last else ():
                expected[name][0] += change
                expected[name][1] += float(value)
            if day <= last:
                expected["closing"][0] += change
                expected["closing"][1] += float(value)
        row = self.roll(first, last).get(package.display_name)
        if row is None:
            self.assertFalse({name: it for name, it in expected.items() if any(it)})
            return
        for cell in ("opening", *CHANGES, "closing"):
            credits, value = expected[cell]
            found = {unit: row[f"{cell}_{unit}"] for unit in self.units(cell)}
            self.assertEqual({"credits": 0, **found}, {"credits": credits, "value": round(value, 2)}, cell)
        [[balance]] = self.query(
            """SELECT COALESCE(-SUM(balance), 0) FROM account_move_line
                WHERE account_id = %s AND parent_state = 'posted' AND date <= %s AND company_id = %s""",
            account.id,
            last,
            self.company.id,
        )
        self.assertEqual(row["balance"], round(float(balance), 2))
        self.assertEqual(row["difference"], 0.0)
        self.assertAddsUp(row)

    @staticmethod
    def units(cell):
        """Return the units of a cell: breakage that is expected is money only."""
        return ("value",) if cell == "breakage" else ("credits", "value")

    def assertAddsUp(self, row):
        """Check that a row adds up from left to right, in credits and in money."""
        for unit in ("credits", "value"):
            cells = ["opening", *(cell for cell in CHANGES if unit in self.units(cell))]
            total = sum(row[f"{cell}_{unit}"] for cell in cells)
            self.assertEqual(round(total, 2), row[f"closing_{unit}"])

    def show(self, first, last, user=None):
        """Open the roll-forward as a person does; return its lines."""
        rolls = self.env["practice.roll.forward"]
        if user:
            rolls = rolls.with_user(user)
        roll = rolls.create({"company_id": self.company.id, "date_from": first, "date_to": last})
        action = roll.action_show()
        return rolls.env[action["res_model"]].search(action["domain"])

    def cell(self, line, name):
        """Open a cell of the roll-forward; return the movements that it shows."""
        action = line.with_context(practice_cell=name).action_open_cell()
        return line.env[action["res_model"]].search(action["domain"])

    def sheet(self, content):
        """Read an xlsx file back: return its rows of values."""
        [sheet] = openpyxl.load_workbook(io.BytesIO(content)).worksheets
        return [list(row) for row in sheet.iter_rows(values_only=True)]
