"""Run the module's benchmarks, each in a fresh database."""

import subprocess

from .errors import DevError
from .progress import say, step

#: What takes too long to be run with the others, or wants add-ons that not everybody has.
ON_REQUEST = {"peers", "scale"}

#: Add-ons that a benchmark wants installed besides ours.
BESIDE = {"peers": ("contract", "subscription_oca")}


def run_benchmarks(databases, names):
    """Run ``benchmarks/bench_NAME.py`` for the ``names``; return 1 when one fails or falls short.

    Without names it is all of them but for what runs on request.
    A script runs with an ``env`` like one given to ``dev/odoo shell`` and prints lines ``name value limit ok|SHORT``.
    """
    settings = databases.settings
    available = {
        path.stem.removeprefix("bench_"): path for path in sorted((settings.checkout / "benchmarks").glob("bench_*.py"))
    }
    if unknown := [name for name in names if name not in available]:
        raise DevError(f"no benchmark {', '.join(unknown)}; there are: {', '.join(available) or 'none'}")
    fresh = f"bench_{settings.checkout_id}"
    databases.new(fresh)
    try:
        wanted = names or sorted(available.keys() - ON_REQUEST)
        missed = [name for name in wanted if not _run(databases, fresh, name, available[name])]
    finally:
        databases.drop(fresh)
    if missed:
        say(f"fell short or failed: {', '.join(missed)}")
    return 1 if missed else 0


def _run(databases, fresh, name, script):
    """Print what ``script`` prints in a copy of the database ``fresh``; True when it ends well and no line ends in
    SHORT."""
    database = f"{fresh}_{name}"
    if name in BESIDE:
        databases.new(database, modules=BESIDE[name])
    else:
        databases.copy(fresh, database)
    command = databases.odoo.shell(databases.cluster, database)
    environment = databases.odoo.environment(databases.cluster, importable=script.parent)
    good = True
    with step(f"benchmark {name}"), script.open() as source:
        process = subprocess.Popen(command, env=environment, stdin=source, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            print(line, end="", flush=True)
            good = good and line.split()[-1:] != ["SHORT"]
        ended_well = process.wait() == 0
    databases.drop(database)
    return ended_well and good
