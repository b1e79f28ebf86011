"""How large a load is: what ``dev/odoo load`` and the tests hand to the scripts of this folder."""

import json
import os
from pathlib import Path

#: The environment's name for the folder in which the scripts leave what the next one reads.
FOLDER = "PRACTICE_LOAD_FOLDER"


def read(name):
    """Return what was kept as ``name`` in the folder of this load."""
    return json.loads(Path(os.environ[FOLDER], f"{name}.json").read_text())


def keep(name, value):
    """Keep ``value`` as ``name`` in the folder of this load."""
    Path(os.environ[FOLDER], f"{name}.json").write_text(json.dumps(value))
