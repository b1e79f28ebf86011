"""Serve a database in the foreground, and say where it is and who can log in."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from .errors import DevError
from .progress import say
from .testing import module_digest

# (who, login, password) of the demo data; those that a database lacks are not shown.
LOGINS = [
    ("administrator", "admin", "admin"),
    ("front desk", "frontdesk", "frontdesk"),
    ("accountant", "accountant", "accountant"),
    ("patient", "patient", "patient"),
    ("organisation administrator", "organisation", "organisation"),
    ("… whose trial ends", "trial", "trial"),
    ("… whose trial has ended", "expired", "expired"),
    ("practitioner", "practitioner", "practitioner"),
]
SECONDS_TO_END = 10


def require_free_port(port):
    """Complain in one line when another program listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise DevError(f"port {port} is for root only: choose another with --port N") from error
        except OverflowError as error:
            raise DevError(f"there is no port {port}: choose one up to 65535 with --port N") from error
        except OSError as error:
            message = f"port {port} is taken: stop what uses it (dev/odoo stop, if it is ours) or choose --port N"
            raise DevError(message) from error


def prepare_demo(databases, name):
    """Have the demo database, with the module as it is now."""
    wanted = module_digest(databases.settings.checkout)
    if not databases.exists(name):
        databases.new(name, demo=True)
    elif databases.settings.has_module and databases.facts(name).get("module") != wanted:
        say(f"the module changed since the last start: updating it (dev/odoo drop {name} makes a new database)")
        databases.update(name)
    databases.remember(name, module=wanted)


def serve(databases, name, port, options=()):
    """Run Odoo on database ``name`` until it is stopped; return its exit code."""
    require_free_port(port)
    _print_pdf_from(databases, name, port)
    settings = ["-d", name, "--db-filter", f"^{name}$", "--http-port", port, *options]
    command = databases.odoo.command(databases.cluster, *settings)
    process = subprocess.Popen(command, env=databases.odoo.environment(databases.cluster), stdin=subprocess.DEVNULL)
    pid_file = _pid_folder(databases.settings) / str(port)
    try:
        pid_file.parent.mkdir(exist_ok=True)
        pid_file.write_text(str(process.pid))
        if wait_until_ready(process, port):
            _announce(databases, name, port)
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        end(process)
        pid_file.unlink(missing_ok=True)


def running(settings):
    """Port and process number of the servers that were started from this cache folder."""
    found = {}
    for pid_file in _pid_folder(settings).glob("*"):
        with contextlib.suppress(ValueError, OSError):
            pid = int(pid_file.read_text())
            if str(settings.cache) in Path(f"/proc/{pid}/cmdline").read_text():
                found[pid_file.name] = pid
    return found


def stop(settings):
    """End those servers; return their ports."""
    found = running(settings)
    for pid in found.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_END
    while running(settings) and time.monotonic() < deadline:
        time.sleep(0.2)
    for pid in running(settings).values():
        os.kill(pid, signal.SIGKILL)
    return sorted(found)


def _pid_folder(settings):
    return settings.cache / "servers"


def _print_pdf_from(databases, name, port):
    """wkhtmltopdf fetches the style sheets of a PDF from this address, whatever address the user came by."""
    statement = (
        "INSERT INTO ir_config_parameter (key, value) VALUES ('report.url', 'http://127.0.0.1:{port}') "
        "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
    )
    databases.cluster.sql(statement.format(port=int(port)), name)


def wait_until_ready(process, port):
    """True once the server answers, False when it ended instead."""
    while process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=60).close()
            return True
        time.sleep(0.2)
    return False


def _announce(databases, name, port):
    logins = ", ".join(f"'{login}'" for _who, login, _password in LOGINS)
    known = databases.cluster.sql(f"SELECT login FROM res_users WHERE active AND login IN ({logins})", name)
    print(f"\n    http://localhost:{port}    (database {name}; Ctrl-C ends it)\n")
    print(f"    {'who':<28}{'login':<16}password")
    for who, login, password in LOGINS:
        if login in known:
            print(f"    {who:<28}{login:<16}{password}")
    print(flush=True)


def end(process):
    """End Odoo, gently first; it may already be ending, on the signal that ends us."""
    for signal_it, seconds in ((lambda: None, 2), (process.terminate, SECONDS_TO_END), (process.kill, None)):
        signal_it()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
