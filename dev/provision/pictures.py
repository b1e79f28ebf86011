"""Serve a fresh demo database and have the pictures of the README and the guides taken from it."""

import subprocess
from contextlib import contextmanager

from . import server
from .errors import DevError

#: Languages of the pictures, as the guides and as Odoo call them.
LANGUAGES = {"en": "en_GB", "nl": "nl_BE", "fr": "fr_BE"}

#: What is in other languages too; README and developers are in English only.
TRANSLATED = [f"guides/{role}_" for role in ("front_desk", "administrator", "accountant", "patient", "organisation")]

ADD_LANGUAGES = """
for code in {codes}:
    env["res.lang"]._activate_lang(code)
    env["ir.module.module"].search([("state", "=", "installed")])._update_translations([code])
env.cr.commit()
"""


def take_pictures(databases, port, languages, names):
    """Run ``dev/pictures.py`` against a server on ``port``, once for each language; return the first exit code that is
    not 0."""
    server.require_free_port(port)
    name = f"pictures_{databases.settings.checkout_id}"
    databases.new(name, demo=True)
    checkout = databases.settings.checkout
    try:
        codes = [LANGUAGES[language] for language in languages]
        databases.odoo.execute(databases.cluster, name, ADD_LANGUAGES.format(codes=codes))
        script = [str(databases.odoo.python), str(checkout / "dev" / "pictures.py")]
        command = [*script, f"http://127.0.0.1:{port}", str(checkout / "docs")]
        with _served(databases, name, port):
            for language, code in zip(languages, codes, strict=True):
                chosen = names or ([] if language == "en" else TRANSLATED)
                if failed := subprocess.run([*command, code, *chosen], check=False).returncode:
                    return failed
        return 0
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
