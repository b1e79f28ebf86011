"""The virtual environment with the pinned Python packages."""

import hashlib
import os
import shutil
import subprocess

from .debian import install, is_debian
from .errors import DevError
from .process import lock, run
from .progress import step

SUPPORTED = [(3, 13), (3, 12), (3, 11)]


def python(settings, with_dev=False):
    """The interpreter of the virtual environment; made, and filled with the pinned packages, when needed.

    The environment is named after what is in it: another Python or another pin gets another folder. A stamp is
    written last, so that an interrupted installation is started anew.
    """
    with lock(settings.cache / "venv.lock", "it is installing Python packages"):
        folder = _provide(settings, "requirements.txt", "Installing Odoo's Python packages")
        if with_dev:
            wanted = settings.checkout / "dev" / "requirements-dev.txt"
            stamp = folder / f"stamp-dev-{_digest(wanted)}"
            if not stamp.is_file():
                _install(folder, wanted, "Installing the test and lint tools")
                stamp.touch()
    return folder / "bin" / "python"


def load_python(settings):
    """The interpreter of the virtual environment with the load generator, which shares nothing with Odoo's."""
    with lock(settings.cache / "venv.lock", "it is installing Python packages"):
        folder = _provide(settings, "requirements-load.txt", "Installing the load generator", "load-")
    return folder / "bin" / "python"


def _provide(settings, name, task, prefix=""):
    """The folder of the environment with what ``dev/NAME`` pins; made and filled when it is not there."""
    interpreter, version = _interpreter()
    requirements = settings.checkout / "dev" / name
    folder = settings.cache / "venv" / f"{prefix}{version}-{_digest(requirements)}"
    if not (folder / "stamp").is_file():
        _make(settings, interpreter, folder)
        _install(folder, requirements, task)
        (folder / "stamp").touch()
    return folder


def _interpreter():
    """The command and the version of a suitable Python: ``python3`` if it is one, else the newest there is."""
    for command in ("python3", *(f"python{major}.{minor}" for major, minor in SUPPORTED)):
        if not shutil.which(command):
            continue
        asked = subprocess.run(
            [command, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        version = tuple(int(part) for part in asked.stdout.split())
        if not asked.returncode and version in SUPPORTED:
            return command, "{}.{}".format(*version)
    raise DevError("Odoo 19 here needs Python 3.11, 3.12 or 3.13, none is on the PATH: install one of them")


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def _make(settings, interpreter, folder):
    """An empty virtual environment in ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    if subprocess.run([interpreter, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        if not (settings.is_root and is_debian()):
            raise DevError("this Python has no venv module: as root, apt-get install python3-venv")
        install(["python3-venv"])
    run([interpreter, "-m", "venv", folder], what="making the virtual environment")


def _install(folder, requirements, title):
    with step(title):
        command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input"]
        environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": ""}
        run([*command, "-r", requirements], what=f"pip install -r {requirements.name}", env=environment)
