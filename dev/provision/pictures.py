"""Serve a fresh demo database, and have pictures taken from it, the tasks done in it, or its pages measured."""

import subprocess
from contextlib import contextmanager

from . import server
from .errors import DevError

#: Languages of the pictures, as the guides and as Odoo call them.
LANGUAGES = {"en": "en_GB", "nl": "nl_BE", "fr": "fr_BE"}

#: What is in other languages too; README and developers are in English only.
TRANSLATED = [f"guides/{role}_" for role in ("front_desk", "administrator", "accountant", "patient", "organisation")]

#: Networks that pages are measured on, as ``dev/vitals.py`` knows them.
NETWORKS = ("4G", "slow 4G")

ADD_LANGUAGES = """
for code in {codes}:
    env["res.lang"]._activate_lang(code)
    env["ir.module.module"].search([("state", "=", "installed")])._update_translations([code])
env.cr.commit()
# PostgreSQL knows nothing of tables that were just filled, and plans the reports badly.
env.cr.execute("ANALYZE")
env.cr.commit()
"""


def take_pictures(databases, port, languages, names):
    """Run ``dev/pictures.py`` in a demo, once for each language; return the first exit code that is not 0."""
    codes = [LANGUAGES[language] for language in languages]
    with _demo(databases, port, codes) as address:
        for language, code in zip(languages, codes, strict=True):
            chosen = names or ([] if language == "en" else TRANSLATED)
            folder = databases.settings.checkout / "docs"
            if failed := _run(databases, "pictures.py", address, folder, code, *chosen):
                return failed
    return 0


def do_tasks(databases, port, names):
    """Run ``dev/tasks.py`` in a demo; return its exit code."""
    with _demo(databases, port) as address:
        return _run(databases, "tasks.py", address, *names)


def measure_vitals(databases, port, rounds, network, *, plain=False):
    """Run ``dev/vitals.py`` in a demo; return its exit code."""
    with _demo(databases, port) as address:
        return _run(databases, "vitals.py", address, rounds, network, *(["plain"] if plain else []))


def _run(databases, script, *arguments):
    command = [databases.odoo.python, databases.settings.checkout / "dev" / script, *arguments]
    return subprocess.run([str(part) for part in command], check=False).returncode


@contextmanager
def _demo(databases, port, codes=()):
    """Yield the address of a server with a fresh demo, which has these languages as well; it is dropped afterwards."""
    server.require_free_port(port)
    name = f"pictures_{databases.settings.checkout_id}"
    databases.new(name, demo=True)
    try:
        databases.odoo.execute(databases.cluster, name, ADD_LANGUAGES.format(codes=codes))
        with _served(databases, name, port):
            yield f"http://127.0.0.1:{port}"
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
