"""Get a real Odoo 19 with this module running, tested and checked."""

import argparse
import errno
import os
import re
import signal
import subprocess
import sys

from . import benchmarks, dumping, linting, rooms_picture, server, testing, translations
from . import core_tests as core
from . import load as loading
from . import mutants as mutating
from . import pictures as picturing
from .databases import Databases
from .errors import DevError
from .odoo import Odoo
from .postgres import Cluster
from .progress import say
from .settings import Settings
from .tools import postgres_binaries

DEMO_DATABASE = "demo"
CLUSTERS = ("durable", "fast")
DETAILS = """\
The database called "demo" is kept safely on disk, as PostgreSQL does by default. All others are in a second, fast
PostgreSQL that does not wait for the disk: use them for what can be made again.

environment:
  ODOO_HOME               an Odoo 19 checkout to use instead of downloading one
  ODOO_EXTRA_ADDONS       more add-on folders, separated by ":"
  PRACTICE_BILLING_CACHE  where everything fetched is kept (default: ~/.cache/practice_billing)
"""


def databases(settings, name, with_dev=False):
    """The databases among which ``name`` is or will be."""
    odoo = Odoo.provide(settings, with_dev)
    cluster = Cluster(settings, "durable" if name == DEMO_DATABASE else "fast").start()
    return Databases(odoo, cluster)


def existing(settings, name):
    """Like ``databases``, but ``name`` has to be there."""
    place = databases(settings, name)
    place.require(name)
    return place


# === COMMANDS === #


def run(settings, arguments):
    """make the demo database when there is none, and serve it"""
    server.require_free_port(arguments.port)
    place = databases(settings, DEMO_DATABASE)
    server.prepare_demo(place, DEMO_DATABASE)
    return server.serve(place, DEMO_DATABASE, arguments.port, ["--log-level=warn"])


def test(settings, arguments):
    """run the tests; other arguments are passed on to pytest"""
    os.environ["PRACTICE_BILLING_DOSE"] = arguments.dose
    return testing.run_tests(databases(settings, "test", with_dev=True), arguments.rest)


def core_tests(settings, arguments):
    """run the tests of Odoo's own modules with ours installed; say which fail because of us"""
    place = databases(settings, "core", with_dev=True)
    return core.run_core_tests(place, arguments.modules, without_us=arguments.without_us)


def mutants(settings, arguments):
    """break the checks of access one after the other, and demand a red test for each"""
    place = databases(settings, "test", with_dev=True)
    try:
        return mutating.run_mutants(settings, arguments.names)
    finally:
        mutating.drop_database(place)


def lint(settings, arguments):
    """run ruff, pylint-odoo, Odoo's test_lint, and check the plan of the house and its maps"""
    return linting.run_lint(databases(settings, "lint", with_dev=True), arguments.words)


def i18n(settings, _arguments):
    """export the messages of the module and merge the translations"""
    return translations.update_translations(databases(settings, "i18n"))


def rooms(settings, _arguments):
    """draw the picture of the rooms anew from the plan that lint holds the code to"""
    (settings.checkout / rooms_picture.PICTURE).write_text(rooms_picture.draw(), encoding="utf-8")


def bench(settings, arguments):
    """run the benchmarks, each in a fresh database"""
    return benchmarks.run_benchmarks(databases(settings, "bench"), arguments.names)


def load(settings, arguments):
    """let many people at once use an Odoo with several workers, and compare what they were told with the database"""
    scenario = arguments.scenario
    size = {
        "seconds": arguments.seconds or loading.SECONDS[scenario],
        "workers": arguments.workers,
        "think": [arguments.think / 2, arguments.think * 3 / 2],
        **{who: getattr(arguments, who) for who in loading.PEOPLE[scenario]},
    }
    return loading.run_load(databases(settings, "load"), scenario, size)


def pictures(settings, arguments):
    """take the pictures of the README and the guides anew, from the demo data of a fresh database"""
    place = databases(settings, "pictures", with_dev=True)
    return picturing.take_pictures(place, arguments.port, arguments.languages, arguments.names)


def tasks(settings, arguments):
    """do the ten tasks of docs/tasks.md in a browser, in a fresh demo database, and count the clicks"""
    return picturing.do_tasks(databases(settings, "pictures", with_dev=True), arguments.port, arguments.names)


def vitals(settings, arguments):
    """measure the portal's main pages as on a slow phone, in a fresh demo database"""
    place = databases(settings, "pictures", with_dev=True)
    return picturing.measure_vitals(place, arguments.port, arguments.rounds, arguments.network, plain=arguments.plain)


def new(settings, arguments):
    """make database NAME with the module, replacing an old one"""
    databases(settings, arguments.name).new(arguments.name, arguments.demo, arguments.install)


def drop(settings, arguments):
    """drop database NAME"""
    if not databases(settings, arguments.name).drop(arguments.name):
        say(f"there was no database {arguments.name}")


def update(settings, arguments):
    """update the module in database NAME"""
    existing(settings, arguments.name).update(arguments.name)


def serve(settings, arguments):
    """serve database NAME"""
    server.require_free_port(arguments.port)
    return server.serve(existing(settings, arguments.name), arguments.name, arguments.port)


def shell(settings, arguments):
    """run the Python script on standard input with an env of database NAME"""
    place = existing(settings, arguments.name)
    command = place.odoo.shell(place.cluster, arguments.name)
    return subprocess.run(command, env=place.odoo.environment(place.cluster), check=False).returncode


def psql(settings, arguments):
    """open psql on database NAME"""
    place = existing(settings, arguments.name)
    command = [str(postgres_binaries(settings) / "psql"), "-d", arguments.name, *arguments.arguments]
    return subprocess.run(command, env=place.odoo.environment(place.cluster), check=False).returncode


def dump(settings, arguments):
    """fill a database with the code of COMMIT and dump it for the test of upgrades"""
    target = dumping.make_dump(settings, arguments.commit)
    print(f"{target.relative_to(settings.checkout)}: {target.stat().st_size:,} bytes")


def status(settings, _arguments):
    """say what runs and which databases there are"""
    print(f"cache       {settings.cache}")
    for port, pid in server.running(settings).items():
        print(f"server      http://localhost:{port} (process {pid})")
    for name in CLUSTERS:
        cluster = Cluster(settings, name)
        rows = cluster.databases() if cluster.is_running() else ["(not running)"]
        print(f"{name:<12}{', '.join(rows) or '(no database)'}")


def stop(settings, _arguments):
    """stop the servers and PostgreSQL"""
    for port in server.stop(settings):
        print(f"stopped the server on port {port}")
    for name in CLUSTERS:
        if Cluster(settings, name).stop():
            print(f"stopped the {name} PostgreSQL")


# === COMMAND LINE === #


def database_name(text):
    """``text`` if a database may be called so."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", text) or text in ("postgres", "template0", "template1"):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be a database name: use a-z, 0-9, _ and -")
    return text


def parser():
    """The command line's grammar."""
    formatter = argparse.RawDescriptionHelpFormatter
    main_parser = argparse.ArgumentParser("dev/odoo", description=__doc__, epilog=DETAILS, formatter_class=formatter)
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)

    def command(function, *names):
        sub = commands.add_parser(
            function.__name__.replace("_", "-"), help=function.__doc__, description=function.__doc__, allow_abbrev=False
        )
        for name in names:
            sub.add_argument(name, type=database_name)
        sub.set_defaults(function=function)
        return sub

    def port(sub, default=8069):
        sub.add_argument("--port", type=int, default=default, help=f"default: {default}")

    port(command(run))
    command(test).add_argument("--dose", choices=("quick", "full"), default="quick", help="rounds of the slow tests")
    sub = command(core_tests)
    sub.add_argument("modules", nargs="*", metavar="MODULE", help=f"default: {' '.join(core.CORE_MODULES)}")
    sub.add_argument("--without-us", action="store_true", help="without our module; writes the list of what fails then")
    command(mutants).add_argument("names", nargs="*", metavar="WORDS", help="of a mutant's name; default: all")
    command(lint).add_argument("words", nargs="*", metavar="WORDS", help="of a check's name; default: all")
    command(i18n)
    command(rooms)
    sub = command(pictures)
    sub.add_argument("names", nargs="*", metavar="NAME", help="docs/NAME….png; default: all")
    languages = picturing.LANGUAGES
    sub.add_argument(
        "--languages", nargs="+", choices=languages, default=list(languages), metavar="LANGUAGE", help="default: all"
    )
    port(sub, 8073)
    sub = command(tasks)
    sub.add_argument("names", nargs="*", metavar="NAME", help="such as 'cancel late'; default: all")
    port(sub, 8073)
    sub = command(vitals)
    sub.add_argument("--rounds", type=int, default=5, help="how often each page is opened; default: 5")
    sub.add_argument("--network", choices=picturing.NETWORKS, default="4G", help="default: 4G")
    sub.add_argument("--plain", action="store_true", help="without the proxy that compresses")
    port(sub, 8074)
    command(bench).add_argument("names", nargs="*", metavar="NAME", help="benchmarks/bench_NAME.py; default: all")
    sub = command(load)
    sub.add_argument("scenario", nargs="?", choices=loading.PEOPLE, default="practice", help="default: practice")
    sub.add_argument("--seconds", type=int, help="default: 180; usage: 60")
    sub.add_argument("--workers", type=int, default=2, help="of Odoo; default: 2")
    sub.add_argument("--patients", type=int, default=50, help="who book on the portal; default: 50")
    sub.add_argument("--desks", type=int, default=5, help="who plan in the back office; default: 5")
    sub.add_argument("--clients", type=int, default=20, help="programs that record usage; default: 20")
    sub.add_argument("--think", type=float, default=10, help="seconds between two clicks, on average; default: 10")
    command(stop)
    command(status)
    sub = command(new, "name")
    sub.add_argument("--demo", action="store_true", help="with the demo data of all modules")
    sub.add_argument("-i", "--install", metavar="MODULE,…", default=[], type=lambda text: text.split(","))
    command(drop, "name")
    command(update, "name")
    port(command(serve, "name"))
    command(shell, "name")
    command(psql, "name").add_argument("arguments", nargs=argparse.REMAINDER, help="for psql")
    command(dump).add_argument("commit", nargs="?", default="HEAD", metavar="COMMIT", help="default: HEAD")
    return main_parser


def main(argv):
    """Run the command line ``argv``; return the exit code."""
    grammar = parser()
    arguments, rest = grammar.parse_known_args(argv)
    arguments.rest = rest
    if rest and arguments.function is not test:
        grammar.error(f"unrecognized arguments: {' '.join(rest)}")
    # End like on Ctrl-C: what was started is ended by the `finally` of whoever started it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return arguments.function(Settings(), arguments) or 0
    except DevError as error:
        print(f"dev/odoo: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output, such as `head`, has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        print(f"dev/odoo: {error.filename}: {error.strerror}; is PRACTICE_BILLING_CACHE right?", file=sys.stderr)
    return 1
