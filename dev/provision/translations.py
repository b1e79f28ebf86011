"""Write the files of ``i18n/`` anew from the code as it is."""

import subprocess

DATABASE = "i18n"


def update_translations(databases):
    """Export the messages and merge the languages, in a database of this checkout; return the exit code.

    With demo data, whose names are translated too.
    """
    name = f"{DATABASE}_{databases.settings.checkout_id}"
    databases.new(name, demo=True)
    try:
        with (databases.settings.checkout / "dev" / "translate.py").open() as source:
            command = databases.odoo.shell(databases.cluster, name)
            environment = databases.odoo.environment(databases.cluster)
            return subprocess.run(command, env=environment, stdin=source, check=False).returncode
    finally:
        databases.drop(name)
