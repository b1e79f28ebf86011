"""Where things lie: the checkout, the cache folder and what the environment says about them."""

import contextlib
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from .errors import DevError

MODULE = "practice_billing"


def _default_cache():
    """The cache folder: our own variable, then XDG's, then the usual place."""
    if own := os.environ.get("PRACTICE_BILLING_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / MODULE


def short_hash(text):
    """Eight hexadecimal digits of ``text``: enough to keep a few checkouts and versions apart."""
    return hashlib.sha256(str(text).encode()).hexdigest()[:8]


def _existing_folders(variable):
    """The folders named in the ``:``-separated environment ``variable``."""
    folders = [Path(part).expanduser().resolve() for part in os.environ.get(variable, "").split(":") if part]
    for folder in folders:
        if not folder.is_dir():
            raise DevError(f"{variable}: there is no folder {folder}")
    return folders


@dataclass(frozen=True)
class Settings:
    """Paths and choices of this invocation.

    Everything downloaded is shared by all checkouts of one user; what depends on the module's code (the link that
    Odoo finds it by, the test database) carries ``checkout_id``, so that two checkouts can be used side by side.
    """

    checkout: Path = field(default_factory=lambda: Path(__file__).resolve().parents[2])
    cache: Path = field(default_factory=lambda: _default_cache().absolute())
    odoo_home: str = field(default_factory=lambda: os.environ.get("ODOO_HOME", ""))
    extra_addons: list = field(default_factory=lambda: _existing_folders("ODOO_EXTRA_ADDONS"))

    @property
    def is_root(self):
        return os.geteuid() == 0

    @property
    def checkout_id(self):
        return short_hash(self.checkout)

    @property
    def links(self):
        """The add-on folder in which this checkout carries the module's technical name."""
        return self.cache / "links" / self.checkout_id

    @property
    def module_link(self):
        return self.links / MODULE

    @property
    def has_module(self):
        return (self.checkout / "__manifest__.py").is_file() and (self.checkout / "__init__.py").is_file()

    @property
    def data_dir(self):
        """Odoo's own data: attachments and sessions."""
        return self.cache / "data"

    def prepare(self):
        """Make the cache folder and point the module's link at this checkout."""
        try:
            self.links.mkdir(parents=True, exist_ok=True)
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            message = f"cannot write to the cache folder {self.cache} ({error.strerror}): set PRACTICE_BILLING_CACHE"
            raise DevError(message) from error
        with contextlib.suppress(FileExistsError):
            self.module_link.symlink_to(self.checkout)
