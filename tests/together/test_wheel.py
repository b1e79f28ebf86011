"""The wheel that pip builds: the add-on and nothing else, found by an Odoo that knows it from nowhere else."""

import ast
import contextlib
import re
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tools import config

from ..common.databases import database_copy, odoo_command, run_command

ROOT = Path(__file__).resolve().parents[2]
ADDON = "odoo/addons/practice_billing/"

#: Says where Odoo has the add-on from, with all its models loaded, and whether what browsers load is there.
WHERE = """
from odoo.addons import practice_billing
from odoo.modules import Manifest
print("found in", Manifest.for_addon("practice_billing").path)
print("loaded from", practice_billing.__file__, len(env["practice.credit.lot"]._fields) > 20)
for bundle in ("web.assets_backend", "web.assets_frontend", "web.assets_tests"):
    paths = env["ir.asset"]._get_asset_paths(bundle, {})
    print(bundle, any("practice_billing/static" in path[0] for path in paths))
"""


def pip(*arguments):
    """Run pip with what is installed already: nothing is fetched."""
    return run_command([sys.executable, "-m", "pip", *arguments, "--no-index", "--no-deps"])


@tagged("post_install", "-at_install")
class TestWheel(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        pip("wheel", "--no-build-isolation", "--wheel-dir", cls.folder, ROOT)
        [cls.wheel] = cls.folder.glob("*.whl")

    def test_it_holds_the_add_on_and_nothing_else(self):
        with zipfile.ZipFile(self.wheel) as archive:
            names = [name for name in archive.namelist() if ".dist-info/" not in name]
        self.assertEqual([name for name in names if not name.startswith(ADDON)], [])
        inside = {name.removeprefix(ADDON) for name in names}
        parts = {part for name in inside for part in Path(name).parts}
        self.assertFalse(parts & {"tests", "dev", "benchmarks", "docs", "__pycache__", "pyproject.toml"})
        self.assertFalse([part for part in parts if part.startswith(".")])
        manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
        self.assertLessEqual({"LICENSE", "README.md", *manifest["data"], *manifest["demo"]}, inside)

    def test_it_says_what_it_is(self):
        with zipfile.ZipFile(self.wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = archive.read(name).decode()
        version = ast.literal_eval((ROOT / "__manifest__.py").read_text())["version"]
        for line in ("Name: odoo-addon-practice_billing", f"Version: {version}", "License: LGPL-3"):
            with self.subTest(line):
                self.assertIn(f"{line}\n", metadata)
        self.assertEqual(re.findall("^Requires-Dist: (.+)$", metadata, re.MULTILINE), ["odoo==19.0.*"])

    def test_odoo_finds_it_and_runs_a_database_with_it(self):
        environment = self.folder / "venv"
        run_command([sys.executable, "-m", "venv", "--without-pip", environment])
        [packages] = environment.glob("lib/*/site-packages")
        # What Odoo needs is taken from the environment of the tests.
        (packages / "odoo-needs.pth").write_text(sysconfig.get_path("purelib"))
        pip("--python", environment / "bin" / "python", "install", self.wheel)

        with database_copy("wheel") as database, self.without_the_checkout():
            shell = odoo_command(database, "--no-http", subcommand="shell")[1:]
            found = run_command([environment / "bin" / "python", *shell], WHERE)
        self.assertIn(f"found in {packages}/{ADDON}".rstrip("/"), found)
        self.assertIn(f"loaded from {packages}/{ADDON}__init__.py True", found)
        self.assertIn("web.assets_backend True", found)
        self.assertIn("web.assets_frontend True", found)
        self.assertIn("web.assets_tests False", found)

    @contextlib.contextmanager
    def without_the_checkout(self):
        """Leave the folders out of Odoo's add-ons path meanwhile in which the checkout is."""
        before = config["addons_path"]
        config["addons_path"] = [path for path in before if not (Path(path) / "practice_billing").exists()]
        try:
            yield
        finally:
            config["addons_path"] = before

    def test_the_builder_is_the_one_that_is_tested(self):
        required = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
        pinned = (ROOT / "dev" / "requirements-dev.txt").read_text().splitlines()
        self.assertLessEqual(set(required), set(pinned))
