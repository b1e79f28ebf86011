"""Serve a fresh demo database and have the pictures of the README taken from it."""

import subprocess
from contextlib import contextmanager

from . import server
from .errors import DevError


def take_pictures(databases, port, names):
    """Run ``dev/pictures.py`` against a server on ``port``; return its exit code."""
    server.require_free_port(port)
    name = f"pictures_{databases.settings.checkout_id}"
    databases.new(name, demo=True)
    checkout = databases.settings.checkout
    try:
        with _served(databases, name, port):
            script = [str(databases.odoo.python), str(checkout / "dev" / "pictures.py")]
            command = [*script, f"http://127.0.0.1:{port}", str(checkout / "docs"), *names]
            return subprocess.run(command, check=False).returncode
    finally:
        databases.drop(name)


@contextmanager
def _served(databases, name, port):
    settings = ["-d", name, "--db-filter", f"^{name}$", "--http-port", port, "--log-level=warn"]
    command = databases.odoo.command(databases.cluster, *settings)
    process = subprocess.Popen(command, env=databases.odoo.environment(databases.cluster), stdin=subprocess.DEVNULL)
    try:
        if not server.wait_until_ready(process, port):
            raise DevError("the server ended before it answered")
        yield
    finally:
        server.end(process)
