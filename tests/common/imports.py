"""What the tests of imports share: files as other systems write them, and the run that works on them."""

import base64
import csv
import io

from .practice import PracticeCase

#: Titles of the columns of each kind of file, in the order in which the tests fill them.
TITLES = {
    "patient": ("Reference", "Name", "E-Mail", "Phone", "Street", "Zip", "City", "Country", "Language"),
    "credit": ("Reference", "Patient", "Package", "Credits", "Rate", "Expiry Date", "Date"),
    "appointment": ("Reference", "Patient", "Type", "Practitioner", "Start", "Duration", "Note"),
}


class ImportMixin:
    """Files, and what becomes of them, as the administrator :attr:`manager` works."""

    def make_file(self, kind, rows, titles=None, separator=";", encoding="utf-8"):
        """Return a CSV file of ``rows``, which may be short."""
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=separator)
        writer.writerows([titles or TITLES[kind], *rows])
        return stream.getvalue().encode(encoding)

    def upload(self, kind, rows=(), content=None, **vals):
        """Return a new import of a file."""
        content = self.make_file(kind, rows) if content is None else content
        # In the database: processes of pytest-xdist write into one folder, and those that tests start read another.
        self.env["ir.config_parameter"].sudo().set_param("ir_attachment.location", "db")
        return (
            self.env["practice.data.import"]
            .with_user(self.manager)
            .create({"kind": kind, "filename": f"{kind}.csv", "file": base64.b64encode(content), **vals})
        )

    def check(self, kind, rows=(), content=None, **vals):
        """Return an import of a file that was checked."""
        data_import = self.upload(kind, rows, content, **vals)
        data_import.action_check()
        self.run_import()
        return data_import

    def bring(self, kind, rows=(), content=None, **vals):
        """Return an import of a file, checked and imported."""
        data_import = self.check(kind, rows, content, **vals)
        if data_import.state == "checked":
            data_import.action_import_good()
            self.run_import()
        return data_import

    def run_import(self):
        """Let the run work, as the server does."""
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_import").method_direct_trigger()
        self.env.invalidate_all()

    def lots(self, patient=None):
        """Return the credits of a patient."""
        return self.env["practice.credit.lot"].search([("partner_id", "=", (patient or self.patient).id)])

    def problems(self, data_import, level="problem"):
        """Return what is wrong with rows: ``[(number, column, message)]``."""
        found = data_import.problem_ids.filtered(lambda it: it.level == level)
        return [(it.number, it.column, it.message) for it in found.sorted(lambda it: (it.number, it.id))]

    def assertResult(self, data_import, state="done", **counts):
        """Check what became of the rows: ``created``, ``unchanged``, ``refused``; those that are not named are 0."""
        self.assertFalse(data_import.error)
        self.assertEqual(data_import.state, state, self.problems(data_import))
        names = ("created", "unchanged", "refused")
        self.assertEqual(
            {name: data_import[f"{name}_count"] for name in names},
            {name: counts.get(name, 0) for name in names},
            self.problems(data_import),
        )

    def assertProblem(self, data_import, number, column, words):
        """Check that a row has one problem, of that column, which says ``words``."""
        found = [it for it in self.problems(data_import) if it[0] == number]
        self.assertEqual([it[1] or "" for it in found], [column], found)
        self.assertIn(words, found[0][2])


class ImportCase(ImportMixin, PracticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
