"""Programs that are not Python: PostgreSQL, Chromium and wkhtmltopdf. Used from the machine, else provided."""

import os
import shutil
from pathlib import Path

from .errors import DevError


def postgres_binaries(settings):
    """The folder with ``initdb``, ``pg_ctl`` and ``psql`` of the newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise DevError("PostgreSQL is not installed")
    return found[-1].parent


def search_path(settings):
    """The PATH of Odoo and its tests: what we provide first, then the machine's own."""
    return os.pathsep.join([str(postgres_binaries(settings)), os.environ.get("PATH", os.defpath)])
