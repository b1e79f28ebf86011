from odoo.tests import TransactionCase, tagged

MODULE = "practice_billing"


@tagged("post_install", "-at_install")
class TestSqlReports(TransactionCase):
    """Reports are answered at once, in a database as well that PostgreSQL has no statistics of."""

    def test_postgresql_compiles_no_report(self):
        models = [self.env[name] for name in self.env.registry]
        reports = [model for model in models if model._original_module == MODULE and model._table_query]
        self.assertIn("practice.credit.proof", [report._name for report in reports])
        for report in reports:
            for read in (
                lambda report=report: report._read_group([], [], ["__count"]),
                lambda report=report: report.search([], limit=1),
            ):
                with self.subTest(report=report._name):
                    self.cr.execute("SET LOCAL jit = on")
                    read()
                    self.cr.execute("SHOW jit")
                    self.assertEqual(self.cr.fetchone(), ("off",))
