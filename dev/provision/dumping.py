"""Make the dump that the test of upgrades begins with: a small database, filled at a certain commit."""

import contextlib
import dataclasses
import lzma
import re
import shutil
import subprocess
import tarfile

from .databases import Databases
from .errors import DevError
from .odoo import Odoo
from .postgres import Cluster
from .progress import step
from .tools import postgres_binaries

DATABASE = "dump"
#: Where the test looks for dumps, below the checkout.
FOLDER = "tests/together/data"
# What a database makes again by itself, or is nobody's business: assets and pictures, whose files are not in the dump,
# the log, the keys that this database signs with.
LEFT_OUT = """
DELETE FROM ir_attachment WHERE store_fname IS NOT NULL;
DELETE FROM ir_logging;
DELETE FROM bus_bus;
UPDATE ir_config_parameter SET value = 'of a test' WHERE key IN ('database.secret', 'database.uuid');
"""
# Other versions of psql do not know these lines, which only newer ones of pg_dump write.
FOR_OTHERS = re.compile(rb"^(\\(un)?restrict .*|SET transaction_timeout .*)\n", re.MULTILINE)


def make_dump(settings, commit):
    """Fill a database with the code of ``commit`` and dump it; return the file, which is named after the commit."""
    name = _git(settings, "rev-parse", "--short=7", f"{commit}^{{commit}}").decode().strip()
    target = settings.checkout / FOLDER / f"filled_at_{name}.sql.xz"
    with _code_of(settings, name) as checkout:
        odoo = Odoo.provide(dataclasses.replace(settings, checkout=checkout))
        databases = Databases(odoo, Cluster(settings, "fast").start())
        databases.new(DATABASE)
        with step("Filling it"):
            _fill(databases, settings.checkout / "dev" / "fill_for_upgrade.py")
        databases.cluster.sql(LEFT_OUT, DATABASE)
        target.parent.mkdir(exist_ok=True)
        with step("Dumping it"):
            target.write_bytes(lzma.compress(FOR_OTHERS.sub(b"", _dump(databases)), preset=9 | lzma.PRESET_EXTREME))
        databases.drop(DATABASE)
    return target


@contextlib.contextmanager
def _code_of(settings, commit):
    """Yield a folder with the files of ``commit``; the working files of this checkout stay as they are."""
    folder = settings.cache / "commits" / commit
    other = dataclasses.replace(settings, checkout=folder)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive = folder.with_suffix(".tar")
        archive.write_bytes(_git(settings, "archive", commit))
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
        archive.unlink()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(other.links, ignore_errors=True)


def _git(settings, *arguments):
    done = subprocess.run(["git", "-C", str(settings.checkout), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise DevError(f"git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def _fill(databases, script):
    """Run ``script`` in the database; what Odoo says meanwhile is shown."""
    command = databases.odoo.shell(databases.cluster, DATABASE)
    environment = databases.odoo.environment(databases.cluster, importable=script.parent)
    with script.open() as source:
        if subprocess.run(command, env=environment, stdin=source, check=False).returncode:
            raise DevError(f"{script.name} failed, see above")


def _dump(databases):
    command = [str(postgres_binaries(databases.settings) / "pg_dump"), "--no-owner", "--no-privileges", DATABASE]
    environment = databases.odoo.environment(databases.cluster)
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise DevError(f"pg_dump: {done.stderr.decode().strip()}")
    return done.stdout
