"""The Odoo 19 source: a checkout the developer names, or Debian's package unpacked in the cache folder."""

import re
import shutil
from pathlib import Path

from .debian import KEYRING, Apt, is_debian, unpack
from .errors import DevError
from .process import lock
from .progress import step

# The font is only in sid.
SID_PACKAGES = ["odoo-19", "fonts-montserrat"]
# Odoo's other web assets in the Debian package are links to files of these packages. They come from the machine's own
# release, not from sid: sid's Font Awesome is another major version, with which no icon shows.
ASSET_PACKAGES = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
]
# Debian removes it as non-free; as a missing file it would be a console error, and that fails every browser test.
STRIPPED_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
PACKAGE_ROOT = Path("usr/lib/python3/dist-packages")
NEEDED_BYTES = 4 * 2**30


def odoo_path(settings):
    """The folder to put on PYTHONPATH, which holds the package ``odoo``; provided when it is not there yet."""
    if settings.odoo_home:
        return _path_in(Path(settings.odoo_home).expanduser().resolve())
    with lock(settings.cache / "odoo.lock", "it is fetching Odoo"):
        found = sorted((settings.cache / "odoo").glob("19.0*/" + str(PACKAGE_ROOT)))
        return found[-1] if found else _fetch(settings)


def odoo_version(path):
    """The version the source itself states, such as ``19.0``, or None when ``path`` holds no Odoo."""
    release = path / "odoo" / "release.py"
    if not release.is_file():
        return None
    numbers = re.search(r"version_info\s*=\s*\(\s*([^,]+),\s*([^,]+),", release.read_text())
    return numbers and ".".join(part.strip().strip("'\"") for part in numbers.groups())


def _path_in(home):
    """The PYTHONPATH entry of an existing checkout: a git checkout, a dist-packages folder or its parent system."""
    for path in (home, home / PACKAGE_ROOT, home.parent):
        if version := odoo_version(path):
            if version != "19.0":
                raise DevError(f"ODOO_HOME={home} is Odoo {version}: it has to be Odoo 19.0")
            return path
    raise DevError(f"ODOO_HOME={home} holds no Odoo: it has to be a checkout of Odoo 19.0")


def _fetch(settings):
    """Download Odoo and its assets, unpack them beside the final place and move them there when complete."""
    if not is_debian():
        raise DevError("Odoo comes from Debian, and this machine has no apt-get: set ODOO_HOME to an Odoo 19 checkout")
    free = shutil.disk_usage(settings.cache).free
    if free < NEEDED_BYTES:
        raise DevError(
            f"only {free / 2**30:.1f} GB free for the cache folder {settings.cache}, Odoo needs 4: "
            "make room or set PRACTICE_BILLING_CACHE"
        )
    unpacking = settings.cache / "odoo" / "unpacking"
    shutil.rmtree(unpacking, ignore_errors=True)
    unpacking.mkdir(parents=True)
    own, sid = _sources(settings.cache / "apt")
    version, size = sid.candidate("odoo-19")
    if not version.startswith("19.0"):
        raise DevError(f"Debian's mirror has odoo-19 {version}, not 19.0: set ODOO_HOME to an Odoo 19 checkout")
    debs = sid.download(SID_PACKAGES, size) + own.download(ASSET_PACKAGES)
    with step(f"Unpacking Odoo {version}"):
        unpack(debs, unpacking)
    stripped = unpacking / PACKAGE_ROOT / STRIPPED_FILE
    stripped.parent.mkdir(parents=True, exist_ok=True)
    stripped.touch()
    final = unpacking.with_name(version)
    unpacking.rename(final)
    for apt in (own, sid):
        shutil.rmtree(apt.folder, ignore_errors=True)
    return final / PACKAGE_ROOT


def _sources(folder):
    """apt for the machine's own release, and apt for sid from the same mirror, verified by the archive's keyring."""
    if not KEYRING.is_file():
        raise DevError(f"{KEYRING} is missing: install debian-archive-keyring, or set ODOO_HOME")
    with step("Reading the Debian package lists"):
        own = Apt(folder / "own")
        own.update()
        sid = Apt(folder / "sid", f"deb [signed-by={KEYRING}] {own.mirror()} sid main")
        sid.update()
    return own, sid
