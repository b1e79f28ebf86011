"""Debian packages: found with the machine's own apt configuration, unpacked where we say.

Nothing here names a mirror. All lists live in the cache folder, so an ordinary user can do it and the machine's own
apt state is left alone; only root installs packages, and only what is missing.
"""

import os
import re
import shutil
from pathlib import Path

from .errors import DevError
from .process import run
from .progress import step

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
C_LIBRARY = ("libc6", "libc-bin")
NO_MIRROR = (
    "no Debian mirror answers on this machine (apt): check its network and /etc/apt/sources.list, "
    "or set ODOO_HOME to an Odoo 19 checkout"
)


class Apt:
    """apt with lists and archives of its own: the machine's sources, or one ``source`` line instead of them."""

    def __init__(self, folder, source=None):
        self.folder = folder
        self.source = source
        self.archives = folder / "archives"

    def options(self):
        """Command line options that keep apt inside our folder."""
        options = {
            "Dir::State::lists": self.folder / "lists",
            "Dir::Cache": self.folder,
            "Dir::Cache::archives": self.archives,
            # Without it apt, run by root, switches to a user who may not read root's folders.
            "APT::Sandbox::User": "root",
            "APT::Get::Assume-Yes": "true",
            "Acquire::Retries": "3",
            "Acquire::Languages": "none",
        }
        if self.source:
            options["Dir::Etc::sourcelist"] = self.folder / "sources.list"
            options["Dir::Etc::sourceparts"] = "/dev/null"
            options["APT::Update::Error-Mode"] = "any"
        return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]

    def update(self):
        """Fetch the package lists.

        Of the machine's own sources a broken one must not stop us (a missing package will); our one source must be
        there, and signed.
        """
        for folder in (self.folder / "lists" / "partial", self.archives / "partial"):
            folder.mkdir(parents=True, exist_ok=True)
        if self.source:
            (self.folder / "sources.list").write_text(self.source + "\n")
        run(["apt-get", *self.options(), "update"], what="reading the Debian package lists")

    def mirror(self):
        """The address of the Debian archive that this machine uses."""
        wanted = ["--format", "$(LABEL)|$(CODENAME)|$(REPO_URI)", "Created-By: Packages"]
        rows = run(["apt-get", *self.options(), "indextargets", *wanted], what="asking apt for its mirrors")
        for row in rows.splitlines():
            label, codename, uri = row.split("|", 2)
            if label == "Debian" and "-" not in codename:
                return uri
        raise DevError(NO_MIRROR)

    def candidate(self, package):
        """Version and size in bytes of ``package`` in these sources."""
        command = ["apt-cache", *self.options(), "show", "--no-all-versions", package]
        output = run(command, what=f"looking for {package} on the Debian mirror")
        fields = dict(re.findall(r"^(Version|Size): (.+)$", output, re.MULTILINE))
        return fields["Version"], int(fields["Size"])

    def missing_packages(self, packages):
        """``packages`` and all they depend on, as far as this machine does not have them.

        Never the C library: another one than the machine's own cannot be used from a folder.
        """
        command = ["apt-get", *self.options(), "--simulate", "--no-install-recommends", "install", *packages]
        output = run(command, what=f"looking for {' '.join(packages)}")
        return [name for name in re.findall(r"^Inst (\S+)", output, re.MULTILINE) if name not in C_LIBRARY]

    def download(self, packages, size=0):
        """Bring the .deb files of ``packages``, their signatures and hashes checked by apt, and return their paths.

        What an interrupted run left behind is fetched again by apt, which trusts no file whose hash it has not checked.
        """

        def measure():
            done = sum(path.stat().st_size for path in self.archives.rglob("*.deb"))
            return f"{min(100, 100 * done // size)} %" if size else f"{done // 2**20} MB"

        title = " ".join(packages) if len(packages) < 3 else f"{len(packages)} Debian packages"
        with step(f"Downloading {title}", measure):
            run(["apt-get", *self.options(), "download", *packages], what="downloading from Debian", cwd=self.archives)
        return sorted(self.archives.glob("*.deb"))


def is_debian():
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def unpack(debs, folder):
    """Unpack ``debs`` into ``folder`` without installing them."""
    for deb in debs:
        run(["dpkg", "-x", deb, folder], what=f"unpacking {Path(deb).name}")


def install(packages):
    """Install ``packages`` on this machine; only root may."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patient = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    with step(f"Installing {' '.join(packages)}"):
        run([*patient, "update"], what="apt-get update", env=environment)
        command = [*patient, "install", "--yes", "--no-install-recommends", *packages]
        run(command, what=f"installing {' '.join(packages)}", env=environment)
