"""Databases of their own for tests that commit, install modules or need another process."""

import contextlib
import lzma
import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from psycopg2 import OperationalError

import odoo.sql_db
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import config
from odoo.tools.misc import exec_pg_environ, find_pg_tool

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Options that say where PostgreSQL is.
CONNECTION = ("db_host", "db_port", "db_user", "db_password")
#: ``{name: registry}`` of copies that are gone.
_left = {}
#: Seconds that a server may take to start, and a command to end.
START_TIMEOUT = 120
COMMAND_TIMEOUT = 600


def _sql(statement):
    """Run a statement that may not be in a transaction."""
    with contextlib.closing(odoo.sql_db.db_connect("postgres").cursor()) as cr:
        cr._cnx.autocommit = True
        cr.execute(statement)


class CopyCase(BaseCase):
    """A test in a copy of the database, in which it may commit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = cls.enterClassContext(database_copy("race"))
        cls.copy = cls.enterClassContext(registry_of_copy(cls.database))
        cls.cr = cls.enterClassContext(contextlib.closing(cls.copy.cursor()))
        cls.env = Environment(cls.cr, SUPERUSER_ID, {})


@contextlib.contextmanager
def database_copy(suffix, source=None):
    """Yield the name of a copy of the tests' database; it is dropped afterwards, with whatever still uses it.

    :param str source: another database to copy
    """
    source = source or get_db_name()
    name = f"{source}_{suffix}"
    drop_database(name)
    _copy(source, name)
    try:
        yield name
    finally:
        drop_database(name)


def _copy(source, name):
    """Copy a database, waiting for connections to it that are about to end."""
    for attempt in range(40):
        odoo.sql_db.close_db(source)
        try:
            _sql(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        except OperationalError:
            if attempt == 39:
                raise
            time.sleep(0.5)
        else:
            return


@contextlib.contextmanager
def database_restored(suffix, dump):
    """Yield the name of a database with what ``dump`` holds, SQL that xz compressed; it is dropped afterwards."""
    name = f"{get_db_name()}_{suffix}"
    drop_database(name)
    _sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        _restore(name, dump)
        yield name
    finally:
        drop_database(name)


def _restore(name, dump):
    done = subprocess.run(
        [find_pg_tool("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", name],
        input=lzma.decompress(dump.read_bytes()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=COMMAND_TIMEOUT,
        env=exec_pg_environ(),
    )
    if done.returncode:
        raise AssertionError(f"{dump.name} could not be restored:\n{done.stderr.decode()}")


def load_registry(name):
    """Load another database's registry; with ``test_enable`` Odoo would run the tests of its modules meanwhile."""
    before = config["test_enable"]
    config["test_enable"] = False
    try:
        return Registry(name)
    finally:
        config["test_enable"] = before


@contextlib.contextmanager
def registry_of_copy(name):
    """Yield the registry of a copy; that of the copy before it, which took seconds to load, while its models are those
    of the database that is copied."""
    if registry := _left.pop(name, None):
        Registry.registries[name] = registry
        registry.clear_all_caches()
        registry.setup_signaling()
    else:
        registry = load_registry(name)
    version = registry.registry_sequence
    yield registry
    with registry.cursor() as cr:
        unchanged = registry.get_sequences(cr)[0] == version and Registry.registries.get(name) is registry
    if unchanged and not registry.registry_invalidated:
        _left[name] = registry


def drop_database(name):
    Registry.delete(name)
    odoo.sql_db.close_db(name)
    _sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def odoo_command(database, *arguments, subcommand="server", program=None):
    """Return the command line of an Odoo process like this one, on another database.

    :param program: what to give to Python instead of the module of Odoo and the subcommand
    """
    options = [
        f"--database={database}",
        f"--addons-path={','.join(map(str, config['addons_path']))}",
        f"--data-dir={config['data_dir']}",
        *(f"--{option}={config[option]}" for option in CONNECTION if config[option]),
    ]
    quiet = ["--log-level=warn", "--max-cron-threads=0", "--workers=0"]
    return [sys.executable, *(program or ("-m", "odoo", subcommand)), *options, *quiet, *arguments]


def run_odoo(database, *arguments):
    """Run Odoo on ``database`` until it ends; return its output. A failure raises with that output."""
    return run_command(odoo_command(database, *arguments, "--stop-after-init", "--no-http"))


def run_script(database, script, *arguments, importable=None):
    """Run a Python script with an ``env`` of ``database`` in a process of its own; return its output.

    :param arguments: of the command line
    :param importable: a folder that it can import from
    """
    return run_command(odoo_command(database, "--no-http", *arguments, subcommand="shell"), script, importable)


def run_command(command, script=None, importable=None):
    """Run a command until it ends, a script on its input; return its output. A failure raises with that output."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command,
        input=script or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=COMMAND_TIMEOUT,
        env=odoo_environment(importable),
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


@contextlib.contextmanager
def server(database, workers=0):
    """Serve ``database`` in a process of its own, or in one for each of ``workers``; yield the port."""
    port = find_free_port()
    options = [f"--http-port={port}", "--http-interface=127.0.0.1", f"--db-filter=^{database}$"]
    command = odoo_command(database, *options)
    if workers:
        options += [f"--workers={workers}", f"--gevent-port={find_free_port()}"]
        command = odoo_command(database, *options, program=(str(BENCHMARKS / "load" / "odoo_bin.py"),))
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=odoo_environment(),
    )
    try:
        _wait_until_ready(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def post_json(port, path, key, body):
    """Send ``body`` (text) with an API key to a :func:`server`; return the status and the text of the answer."""
    headers = {"Authorization": f"bearer {key}", "Content-Type": "application/json"}
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=120)) as http:
        http.request("POST", path, body, headers)
        response = http.getresponse()
        return response.status, response.read().decode()


def _wait_until_ready(process, port):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=60)) as http:
            http.request("GET", "/web/health")
            if http.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise AssertionError("the server did not start")


def odoo_environment(importable=None):
    """This process's environment, without what would make the other one a test."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "ODOO_RC"))}
    if importable:
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, [kept.get("PYTHONPATH"), str(importable)]))
    return kept
