"""Build the add-on as a wheel: what pip calls because ``pyproject.toml`` says so.

whool packs all of the folder that it is called in, under that folder's name. This repository is the add-on, whatever
its folder is called, and holds more than that: so whool is called in a copy of what Odoo reads, with the right name.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

from whool import buildapi

ADDON = "practice_billing"
ROOT = Path(__file__).resolve().parents[1]

#: What stands in the root and belongs to the add-on; tests, tooling, benchmarks and their settings do not.
FOLDERS = (
    *("controllers", "data", "demo", "i18n", "migrations", "models", "report", "security", "static", "tools"),
    *("views", "wizards"),
)
FILES = ("__init__.py", "__manifest__.py", "CHANGES.md", "LICENSE", "README.md")


@contextlib.contextmanager
def _in_copy_of_addon():
    """Be in a copy of the add-on meanwhile, which has its name."""
    with tempfile.TemporaryDirectory() as folder:
        addon = Path(folder) / ADDON
        addon.mkdir()
        for name in FILES:
            shutil.copy(ROOT / name, addon)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, addon / name, ignore=shutil.ignore_patterns("__pycache__", "tests", ".*"))
        with contextlib.chdir(addon):
            yield


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Write the wheel into ``wheel_directory``, an absolute path; return its file name."""
    with _in_copy_of_addon():
        return buildapi.build_wheel(wheel_directory, config_settings, metadata_directory)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Write the wheel's metadata into ``metadata_directory``, an absolute path; return the name of their folder."""
    with _in_copy_of_addon():
        return buildapi.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_sdist(sdist_directory, config_settings=None):
    """Refuse: the repository itself is the source."""
    raise buildapi.UnsupportedOperation("Only wheels are built: the repository is the source.")
