"""A few seconds of `dev/odoo load`: many at once use two workers, and what they were told is what the database has."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..common.databases import BENCHMARKS, database_copy, odoo_environment, run_script, server
from ..common.practice import dose

#: The Python that has the load generator; `dev/odoo test` provides it.
PYTHON = os.environ.get("PRACTICE_LOAD_PYTHON")


@tagged("post_install", "-at_install")
@unittest.skipUnless(PYTHON or os.environ.get("CI"), "no load generator: run the tests with dev/odoo test")
class TestLoad(BaseCase):
    def run_load(self, scenario, people, **size):
        """Let so many ``people`` use two workers; return the figures that fell short."""
        seconds = dose(5, 60)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(patch.dict(os.environ, PRACTICE_LOAD_FOLDER=folder))
        Path(folder, "size.json").write_text(json.dumps({"think": [0.1, 0.5], **size}))
        scripts = {it: BENCHMARKS / "load" / f"{scenario}_{it}.py" for it in ("fill", "locust", "check")}
        with database_copy("load") as database:
            run_script(database, scripts["fill"].read_text(), importable=BENCHMARKS)
            with server(database, workers=2) as port:
                command = [
                    *(PYTHON, "-m", "locust", "--locustfile", scripts["locust"], "--headless", "--only-summary"),
                    *("--host", f"http://127.0.0.1:{port}", "--users", people, "--spawn-rate", people),
                    *("--run-time", f"{seconds}s", "--stop-timeout", 60, "--exit-code-on-error", 1),
                ]
                done = subprocess.run(
                    [str(part) for part in command],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                    env=odoo_environment(BENCHMARKS),
                )
            self.assertFalse(done.returncode, done.stdout)
            figures = run_script(database, scripts["check"].read_text(), importable=BENCHMARKS).splitlines()
        self.assertTrue(figures)
        return [line for line in figures if line.endswith("SHORT")]

    def test_patients_and_front_desks_at_once_lose_nothing_and_take_no_time_twice(self):
        self.assertEqual(self.run_load("practice", 8, patients=6, desks=2), [])

    def test_programs_that_send_usage_twice_have_it_recorded_once(self):
        self.assertEqual(self.run_load("usage", 8, clients=8), [])
