"""Let many people at once use an Odoo with several workers, and compare what they were told with the database."""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import server
from .errors import DevError
from .progress import step
from .python_env import load_python

#: Who uses Odoo in a scenario, and for how long.
PEOPLE = {"practice": ("patients", "desks"), "usage": ("clients",)}
SECONDS = {"practice": 180, "usage": 60}
#: Seconds between two looks at the memory of the workers.
LOOK_EVERY = 10
#: The memory of the workers is compared with what it was after this part of the time, at most ten minutes.
WARM_PART, WARM_SECONDS = 1 / 3, 600
MOST_GROWTH = 1.2


def run_load(databases, scenario, size):
    """Run ``benchmarks/load/SCENARIO_*.py`` against two workers; return 1 when something fell short.

    :param dict size: ``seconds``, ``workers`` of Odoo, and what the scenario reads
    """
    settings = databases.settings
    interpreter = load_python(settings)
    database = f"load_{settings.checkout_id}"
    scripts = settings.checkout / "benchmarks"
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        (Path(folder) / "size.json").write_text(json.dumps(size))
        databases.new(database)
        stack.callback(databases.drop, database)
        environment = {
            **databases.odoo.environment(databases.cluster, importable=scripts),
            "PRACTICE_LOAD_FOLDER": folder,
        }

        def run_script(name):
            with (scripts / "load" / f"{scenario}_{name}.py").open() as source:
                command = databases.odoo.shell(databases.cluster, database)
                done = subprocess.run(
                    command, env=environment, stdin=source, stdout=subprocess.PIPE, text=True, check=False
                )
            print(done.stdout, end="", flush=True)
            if done.returncode:
                raise DevError(f"{scenario}_{name}.py failed, see above")
            return "SHORT" in done.stdout

        with step("Filling the database"):
            run_script("fill")
        log = Path(folder) / "log"
        port, process = stack.enter_context(_serve(databases, database, size["workers"], log))
        workers = _Workers(process.pid)
        with step(f"{scenario} for {size['seconds']} s"), workers:
            people = sum(size[who] for who in PEOPLE[scenario])
            script = scripts / "load" / f"{scenario}_locust.py"
            requests, failed = _locust(interpreter, script, port, people, size["seconds"], environment)
        server.end(process)
        short = [failed, _report_log(log), workers.report(size["seconds"], requests), run_script("check")]
    return 1 if any(short) else 0


@contextlib.contextmanager
def _serve(databases, database, workers, log):
    """Serve ``database`` with so many workers; yield the port and the process."""
    port, gevent_port = _free_port(), _free_port()
    command = [
        *(databases.odoo.python, databases.settings.checkout / "benchmarks" / "load" / "odoo_bin.py"),
        *("-c", databases.odoo.config(databases.cluster), "-d", database, "--db-filter", f"^{database}$"),
        *("--http-port", port, "--gevent-port", gevent_port, "--workers", workers),
        # Without runs beside it: they would be measured as workers. The check lets them run afterwards.
        *("--max-cron-threads", 0, "--log-level=warn", "--log-handler=odoo.service.model:INFO"),
    ]
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=databases.odoo.environment(databases.cluster),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if not server.wait_until_ready(process, port):
            raise DevError(f"Odoo ended: {log.read_text()[-500:]}")
        yield port, process
    finally:
        server.end(process)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _locust(interpreter, script, port, people, seconds, environment):
    """Let the people loose and print what each page took.

    :return: the number of requests, and whether one of them failed
    """
    options = {
        "--locustfile": script,
        "--host": f"http://127.0.0.1:{port}",
        "--users": people,
        "--spawn-rate": 2,
        "--run-time": f"{seconds}s",
        "--stop-timeout": 120,
        "--exit-code-on-error": 1,
        "--loglevel": "ERROR",
    }
    # With its statistics reset once all have come: what the first pages of a fresh worker take is not counted.
    command = [interpreter, "-m", "locust", "--headless", "--json", "--only-summary", "--reset-stats"]
    command = [str(part) for part in (*command, *(part for option in options.items() for part in option))]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    pages = json.loads(done.stdout or "[]")
    print(f"{'page':<42}{'asked':>8}{'failed':>8}{'median':>8}{'p95':>8}  (milliseconds)")
    for page in sorted(pages, key=lambda it: it["name"]):
        figures = (page["num_requests"], page["num_failures"], _part(page, 0.5), _part(page, 0.95))
        print(f"{page['name']:<42}" + "".join(f"{figure:>8}" for figure in figures))
    failed = _report("load_failed_requests", sum(page["num_failures"] for page in pages), 0)
    return sum(page["num_requests"] for page in pages), failed or bool(done.returncode)


def _part(page, part):
    """Return the milliseconds that so large a ``part`` of the answers of a page took at most."""
    left = part * page["num_requests"]
    for milliseconds, count in sorted((float(key), count) for key, count in page["response_times"].items()):
        left -= count
        if left <= 0:
            return round(milliseconds)
    return 0


def _report_log(log):
    """Say how often Odoo repeated a request because of a conflict, and how often it gave up or failed."""
    lines = log.read_text().splitlines()
    repeated = sum("tries left, try again" in line for line in lines)
    given_up = sum("maximum number of tries reached" in line for line in lines)
    # Odoo writes down the query of a conflict as an error, before it repeats the request.
    errors = [line for line in lines if (" ERROR " in line or " CRITICAL " in line) and "odoo.sql_db" not in line]
    print("\n".join(errors[:20]), end="\n" if errors else "")
    print(f"load_requests_repeated {repeated}")
    return _report("load_requests_given_up", given_up, 0) | _report("load_errors_in_the_log", len(errors), 0)


def _report(name, value, limit):
    print(f"{name} {value:.2f} <={limit:g} {'ok' if value <= limit else 'SHORT'}", flush=True)
    return value > limit


class _Workers:
    """Looks at the processor time and the resident memory of Odoo's workers from time to time."""

    def __init__(self, parent):
        self.parent, self.samples, self._ended = parent, [], threading.Event()

    def __enter__(self):
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(LOOK_EVERY):
            self.samples.append((time.monotonic() - self._began, _measure_workers(self.parent)))

    def report(self, seconds, requests):
        """Say what a request took, and compare the memory at the end with that when the workers were warm."""
        warm = min(WARM_SECONDS, WARM_PART * seconds)
        at_first = next((workers for moment, workers in self.samples if moment >= warm), None)
        if not at_first:
            return False
        moment, at_last = self.samples[-1]
        taken = sum(seconds for _memory, seconds in at_last.values())
        print(f"load_worker_milliseconds_a_request {1000 * taken / max(1, requests):.0f}")
        first, last = (sorted(memory for memory, _seconds in it.values()) for it in (at_first, at_last))
        print(f"load_memory_mib {first} after {warm:.0f} s, {last} after {moment:.0f} s")
        replaced = len(set().union(*(workers for _moment, workers in self.samples)) - set(at_last))
        growth = _report("load_memory_growth", last[-1] / first[-1], MOST_GROWTH)
        return _report("load_workers_replaced", replaced, 0) | growth


def _measure_workers(parent):
    """Return ``{process: (MiB, seconds of processor time)}`` of the children of Odoo that answer requests."""
    found = {}
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"gevent" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                continue
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            found[pid] = (resident * os.sysconf("SC_PAGE_SIZE") // 2**20, seconds)
    return found
