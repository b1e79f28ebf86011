"""The command line: what the subcommands are and which module does them."""

import argparse
import errno
import os
import signal
import subprocess
import sys

from .databases import Databases
from .errors import DevError
from .odoo import Odoo
from .postgres import Cluster
from .progress import say
from .settings import MODULE, Settings
from .testing import run_tests
from .tools import postgres_binaries

DEMO_DATABASE = "demo"


def databases(settings, name, with_dev=False):
    """The databases among which ``name`` is: ``demo`` is kept durably, all others are fast and can be made again."""
    odoo = Odoo.provide(settings, with_dev)
    cluster = Cluster(settings, "durable" if name == DEMO_DATABASE else "fast").start()
    return Databases(odoo, cluster)


def new(settings, arguments):
    databases(settings, arguments.name).new(arguments.name, arguments.demo, arguments.install)


def drop(settings, arguments):
    if not databases(settings, arguments.name).drop(arguments.name):
        say(f"there was no database {arguments.name}")


def update(settings, arguments):
    place = databases(settings, arguments.name)
    place.require(arguments.name)
    place.odoo.install(place.cluster, arguments.name, [MODULE], update=True)


def shell(settings, arguments):
    place = databases(settings, arguments.name)
    place.require(arguments.name)
    options = ["-d", arguments.name, "--no-http", "--log-level=warn"]
    command = place.odoo.command(place.cluster, *options, subcommand="shell")
    return subprocess.run(command, env=place.odoo.environment(place.cluster), check=False).returncode


def psql(settings, arguments):
    place = databases(settings, arguments.name)
    place.require(arguments.name)
    command = [str(postgres_binaries(settings) / "psql"), "-d", arguments.name, *arguments.arguments]
    return subprocess.run(command, env=place.odoo.environment(place.cluster), check=False).returncode


def serve(settings, arguments):
    place = databases(settings, arguments.name)
    place.require(arguments.name)
    options = ["-d", arguments.name, "--db-filter", f"^{arguments.name}$", "--http-port", arguments.port]
    return subprocess.run(place.odoo.command(place.cluster, *options), env=place.odoo.environment(place.cluster), check=False).returncode


def test(settings, arguments):
    os.environ["PRACTICE_BILLING_DOSE"] = arguments.dose
    return run_tests(databases(settings, "test", with_dev=True), arguments.rest)


def parser():
    """The command line's grammar."""
    main_parser = argparse.ArgumentParser(prog="dev/odoo", description=__doc__)
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)

    def command(function, help_text, *names):
        sub = commands.add_parser(function.__name__, help=help_text, description=help_text)
        for name in names:
            sub.add_argument(name)
        sub.set_defaults(function=function)
        return sub

    sub = command(new, "make database NAME with the module, replacing an old one", "name")
    sub.add_argument("--demo", action="store_true", help="with the demo data of all modules")
    sub.add_argument("-i", "--install", metavar="MODULE,…", default=[], type=lambda text: text.split(","))
    command(drop, "drop database NAME", "name")
    command(update, "update the module in database NAME", "name")
    command(shell, "run the Python script on standard input with an env of database NAME", "name")
    sub = command(psql, "open psql on database NAME", "name")
    sub.add_argument("arguments", nargs=argparse.REMAINDER)
    sub = command(serve, "serve database NAME", "name")
    sub.add_argument("--port", type=int, default=8069)
    sub = command(test, "run the tests; arguments are passed on to pytest")
    sub.add_argument("--dose", choices=("quick", "full"), default="quick", help="rounds of the slow tests")
    return main_parser


def main(argv):
    """Run the command line ``argv``; return the exit code."""
    arguments, rest = parser().parse_known_args(argv)
    if rest and arguments.function is not test:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return arguments.function(Settings(), arguments) or 0
    except DevError as error:
        print(f"dev/odoo: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"dev/odoo: the disk is full ({error.filename}): make room or set PRACTICE_BILLING_CACHE", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1
