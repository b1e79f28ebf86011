"""Run Odoo's own program with the right Python, source, add-ons and database server."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import DevError
from .odoo_source import odoo_path
from .process import run
from .python_env import python
from .settings import Settings, short_hash
from .tools import provide_pdf, search_path

# Odoo says so whenever root runs it; on a development machine or in CI that is no news.
ROOT_WARNING = "Running as user 'root' is a security risk.\n"

FULL_DISK = 64 * 2**20

FIND_UNKNOWN = """
import sys
from odoo.modules import Manifest
from odoo.tools import config
config.parse_config(["-c", sys.argv[1]])
for name in sys.argv[2:]:
    manifest = Manifest.for_addon(name, display_warning=False)
    if not manifest or not manifest["installable"]:
        print(name)
"""


@dataclass(frozen=True)
class Odoo:
    """An Odoo 19 that is ready to be started."""

    settings: Settings
    source: Path
    python: Path

    @classmethod
    def provide(cls, settings, with_dev=False):
        """Fetch and install whatever is missing."""
        settings.prepare()
        source, interpreter = odoo_path(settings), python(settings, with_dev)
        provide_pdf(settings, interpreter)
        return cls(settings, source, interpreter)

    @property
    def identity(self):
        """Changes when databases made with this Odoo should be made again: another folder or another commit."""
        if not self.settings.odoo_home:
            return short_hash(self.source)
        asked = subprocess.run(
            ["git", "-C", str(self.source), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        return short_hash(f"{self.source} {asked.stdout}")

    def environment(self, cluster, importable=None):
        """The environment of Odoo's process; settings of another Odoo on this machine are left out.

        Only Odoo and the folder ``importable`` can be imported from: the checkout, from which one usually calls this,
        has folders called ``tools`` and ``models`` that are not for everybody.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "ODOO_", "OPENERP_"))}
        return {
            **kept,
            **cluster.environment(),
            "PATH": search_path(self.settings),
            "PYTHONPATH": os.pathsep.join(str(path) for path in (self.source, importable) if path),
            "PYTHONSAFEPATH": "1",
            "PYTHONUNBUFFERED": "1",
            "VIRTUAL_ENV": str(self.python.parent.parent),
        }

    def config(self, cluster):
        """The configuration file of this checkout for ``cluster``.

        It is named after what stands in it: two invocations that want different things do not overwrite each other's.
        """
        addons = [*([self.settings.links] if self.settings.has_module else []), *self.settings.extra_addons]
        values = {
            "addons_path": ",".join(str(path) for path in addons),
            "data_dir": self.settings.data_dir,
            "db_host": cluster.socket,
            "db_port": cluster.environment()["PGPORT"],
            "db_user": cluster.environment()["PGUSER"],
            "http_interface": "127.0.0.1",
            "list_db": False,
            "workers": 0,
        }
        text = "[options]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        path = self.settings.links / f"odoo-{cluster.name}-{short_hash(text)}.conf"
        if not path.is_file():
            temporary = path.with_name(f"{path.name}.{os.getpid()}")
            temporary.write_text(text)
            temporary.replace(path)
        return path

    def command(self, cluster, *arguments, subcommand="server"):
        return [str(self.python), "-m", "odoo", subcommand, "-c", str(self.config(cluster)), *map(str, arguments)]

    def shell(self, cluster, database):
        """The command that runs the script on its standard input with an ``env`` of ``database``."""
        return self.command(cluster, "-d", database, "--no-http", "--log-level=warn", subcommand="shell")

    def get_unknown(self, cluster, modules):
        """Return those of ``modules`` that Odoo cannot install; it would only log a warning and go on."""
        if not modules:
            return []
        command = [str(self.python), "-c", FIND_UNKNOWN, str(self.config(cluster)), *modules]
        return run(command, what="asking Odoo for its modules", env=self.environment(cluster)).splitlines()

    def install(self, cluster, database, modules, demo=False, update=False, quiet=False):
        """Install (or update) ``modules`` in ``database``, which is made when it does not exist.

        What Odoo complains about meanwhile is shown, unless ``quiet`` and it went well.
        """
        arguments = ["-d", database, "-u" if update else "-i", ",".join(modules)]
        arguments += ["--with-demo"] if demo else []
        command = self.command(cluster, *arguments, "--stop-after-init", "--no-http", "--log-level=warn")
        done = subprocess.run(
            command,
            env=self.environment(cluster),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode and shutil.disk_usage(self.settings.cache).free < FULL_DISK:
            raise DevError(f"the disk of {self.settings.cache} is full: make room or set PRACTICE_BILLING_CACHE")
        if done.returncode or not quiet:
            print(done.stdout.replace(ROOT_WARNING, ""), end="", file=sys.stderr, flush=True)
        if done.returncode:
            verb = "updating" if update else "installing"
            raise DevError(f"{verb} {', '.join(modules)} in {database} failed, see above")

    def execute(self, cluster, database, code):
        """Run the Python ``code`` with an ``env`` of ``database`` and return what it prints."""
        command = self.shell(cluster, database)
        return run(command, what=f"a script in database {database}", input=code, env=self.environment(cluster))
