"""Private PostgreSQL clusters: in folders of ours, on a Unix socket of ours, no TCP port.

There are two. ``durable`` keeps what ``make run`` shows and is as safe as PostgreSQL is by default; ``fast`` holds
everything that can be made again (tests, benchmarks, lint, ``new``) and does not wait for the disk.
"""

import os
import pwd
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import DevError
from .process import lock, run
from .progress import step
from .settings import MODULE, Settings, short_hash
from .tools import postgres_binaries

ROLE = "odoo"
# With no TCP listener the port is only part of the socket's file name.
PORT = "5432"
SOCKET_PATH_LIMIT = 107
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "512MB"}
DURABLE = {"shared_buffers": "256MB"}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server, started when it is first asked for."""

    settings: Settings
    name: str

    @property
    def home(self):
        """The folder of the data and the log.

        PostgreSQL refuses to run as root, so for root it runs as the system user ``postgres``. That user cannot look
        into root's home folder, where the cache usually is; the data then is in /var/cache, one per cache folder.
        """
        if self.settings.is_root:
            return Path("/var/cache") / MODULE / short_hash(self.settings.cache) / self.name
        return self.settings.cache / "postgres" / self.name

    @property
    def log(self):
        return self.home / "log"

    @property
    def socket(self):
        """The folder of the socket: beside the data, or in /tmp when that path is too long for a socket."""
        inside = self.home / "socket"
        if len(f"{inside}/.s.PGSQL.{PORT}.lock") <= SOCKET_PATH_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"{MODULE}-{os.geteuid()}-{short_hash(self.home)}"

    @property
    def owner(self):
        """Options of subprocess that run a program as the user who owns the data."""
        if not self.settings.is_root:
            return {}
        try:
            group = pwd.getpwnam("postgres").pw_gid
        except KeyError as error:
            message = "PostgreSQL does not run as root, and this machine has no user postgres for it: make one"
            raise DevError(message) from error
        return {"user": "postgres", "group": group, "extra_groups": [], "cwd": "/"}

    def environment(self):
        """What libpq needs to find this server."""
        return {"PGHOST": str(self.socket), "PGPORT": PORT, "PGUSER": ROLE}

    # === SERVER === #

    def start(self):
        """Have the server running; make its data folder first when there is none."""
        binaries = postgres_binaries(self.settings)
        with lock(self.settings.cache / f"postgres-{self.name}.lock", "it is starting PostgreSQL"):
            data = self._data(binaries)
            if self._is_running(data):
                return self
            if not data.is_dir():
                self._initialise(binaries, data)
            self._make_folder(self.socket)
            self._start(binaries, data)
        return self

    def stop(self):
        """Stop the server; True when it was running."""
        if not self.is_running():
            return False
        binaries = postgres_binaries(self.settings)
        data = self._data(binaries)
        self._as_owner([binaries / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop"], "stopping PostgreSQL")
        return True

    def is_running(self):
        """Whether the server runs, without starting it."""
        if not self.home.is_dir():
            return False
        binaries = postgres_binaries(self.settings)
        return self._is_running(self._data(binaries))

    def _data(self, binaries):
        """The data folder, named after PostgreSQL's major version because another one cannot read it."""
        version = run([binaries / "postgres", "--version"], what="asking PostgreSQL for its version")
        return self.home / f"data-{re.search(r'[0-9]+', version)[0]}"

    def _is_running(self, data):
        """Whether a PostgreSQL serves ``data``: the number in its pid file may by now be another program's."""
        try:
            pid = int((data / "postmaster.pid").read_text().split()[0])
            return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    def _initialise(self, binaries, data):
        """Make the data folder under another name first: what carries the final name is complete."""
        with step(f"Making the {self.name} PostgreSQL cluster"):
            self._make_folder(self.home)
            unfinished = data.with_name("unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
            self._as_owner([binaries / "initdb", "-D", unfinished, *options], "making the PostgreSQL cluster")
            unfinished.rename(data)

    def _start(self, binaries, data):
        # Left behind by a crash; PostgreSQL would not start if their process number has been given out again.
        for leftover in (data / "postmaster.pid", self.socket / f".s.PGSQL.{PORT}.lock"):
            leftover.unlink(missing_ok=True)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket,
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            **(FAST if self.name == "fast" else DURABLE),
        }
        arguments = " ".join(f"-c {key}='{value}'" for key, value in options.items())
        command = [binaries / "pg_ctl", "-D", data, "-l", self.log, "-w", "-t", "60", "-o", arguments, "start"]
        try:
            self._as_owner(command, "starting PostgreSQL")
        except DevError as error:
            tail = "\n".join(self.log.read_text().splitlines()[-5:]) if self.log.is_file() else ""
            hint = f" (to make it anew, remove {self.home})" if self.name == "fast" else ""
            raise DevError(f"{error}{hint} The end of {self.log} says:\n{tail}") from error

    def _make_folder(self, folder):
        """A folder that only the server's user may enter (and root, who may enter all)."""
        before = os.umask(0o022)  # root's may be stricter, and the server's user has to pass through the parents
        folder.mkdir(parents=True, exist_ok=True)
        os.umask(before)
        if self.settings.is_root:
            shutil.chown(folder, "postgres", "postgres")
        elif folder.stat().st_uid != os.geteuid():
            raise DevError(f"{folder} belongs to another user: remove it")
        folder.chmod(0o700)

    def _as_owner(self, command, what):
        return run(command, what=what, **self.owner)

    # === SQL === #

    def databases(self):
        """The names of the databases that are not PostgreSQL's own."""
        return self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname != 'postgres' ORDER BY 1")

    def sql(self, statement, database="postgres"):
        """Run ``statement`` and return its rows as lines."""
        binaries = postgres_binaries(self.settings)
        command = [binaries / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
        environment = {**os.environ, **self.environment()}
        return run(command, what=f"database {database}", env=environment).splitlines()
