"""The run that imports is killed, and one file is imported by several at once: every row becomes one record."""

# Other sessions see only what is committed; pylint: disable=invalid-commit
from functools import partial

from odoo.tests import tagged

from ..common.attacks import AttackCase
from ..common.imports import ImportMixin
from ..common.practice import PracticeMixin, dose
from ..common.races import RaceCase, refused

#: What a process executes that works on what waits.
RUN = """
print("BEGIN", flush=True)
env["practice.data.import"]._cron_import()
print("END", flush=True)
"""


class FileMixin(ImportMixin):
    def queue(self, kind, rows, **vals):
        """Return an import that waits for the run."""
        data_import = self.upload(kind, rows, **vals).sudo()
        data_import.write({"state": "importing", "user_id": self.manager.id, "rows_total": len(rows)})
        self.cr.commit()
        return data_import

    def assertEachOnce(self, kind, imports, count):
        """Check that all rows of files that are the same became ``count`` records."""
        self.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(set(imports.mapped("state")), {"done"}, imports.mapped("error"))
        self.assertFalse(imports.problem_ids.mapped("message"))
        self.assertEqual(sum(imports.mapped("created_count")), count)
        self.assertEqual(sum(imports.mapped("unchanged_count")), count * (len(imports) - 1))
        keys = self.env["practice.import.key"].search([("kind", "=", kind), ("import_id", "in", imports.ids)])
        self.assertEqual(len(keys), count)
        return keys


@tagged("post_install", "-at_install")
class TestImportRaces(FileMixin, PracticeMixin, RaceCase):
    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.cr.commit()

    def import_at_once(self, imports):
        def work(env, import_id):
            data_import = env["practice.data.import"].browse(import_id)
            data_import._import_next(data_import._read_as_asked())

        self.assertFalse(refused(self.race([partial(work, import_id=it.id) for it in imports])))

    def test_of_two_who_import_one_file_one_makes_the_patients(self):
        rows = [(f"P-{number}", f"Racing {number}", f"racing{number}@example.com") for number in range(40)]
        imports = self.queue("patient", rows) | self.queue("patient", rows)
        self.import_at_once(imports)
        self.assertEachOnce("patient", imports, 40)
        self.assertEqual(self.env["res.partner"].search_count([("name", "like", "Racing ")]), 40)

    def test_of_two_who_import_one_file_one_gives_the_credits(self):
        rows = [(f"C-{number}", "An Peeters", "Ten sessions", 2) for number in range(20)]
        imports = self.queue("credit", rows, booking="opening") | self.queue("credit", rows, booking="opening")
        self.import_at_once(imports)
        keys = self.assertEachOnce("credit", imports, 20)
        self.assertEqual(len(self.lots()), 20)
        self.assertEqual(set(keys.credit_import_id.lot_id.mapped("credits_available")), {2})


@tagged("post_install", "-at_install")
class TestImportUnderAttack(FileMixin, AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_staff()
        cls.cr.commit()

    def test_a_run_that_is_killed_again_and_again_imports_each_row_once(self):
        count = dose(1000, 4000)
        rows = [(f"C-{number}", "An Peeters", "Ten sessions", 1) for number in range(count)]
        data_import = self.queue("credit", rows, booking="opening")
        cut = self.kill_again_and_again(RUN, dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(RUN)))
        self.assertEachOnce("credit", data_import, count)
        self.assertEqual(len(self.lots()), count)

    def test_two_processes_at_once_import_each_row_once(self):
        rows = [(f"P-{number}", f"Racing {number}", f"racing{number}@example.com") for number in range(400)]
        imports = self.queue("patient", rows) | self.queue("patient", rows)
        processes = [self.start(RUN) for _number in range(2)]
        self.assertEqual([self.finish(process) for process in processes], [True] * 2)
        self.finish(self.start(RUN))
        self.assertEachOnce("patient", imports, 400)
