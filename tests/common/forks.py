"""Processes that work in a database beside the test, and can be killed: forks of one that has loaded it."""

import os
import select
import signal
import socket
import subprocess
import tempfile

from .databases import odoo_command, odoo_environment

#: What the process that is forked executes. It keeps no connection, which its forks would share; each makes its own, as
#: Odoo's workers do.
FORKING = """
import os, socket, sys, traceback
import odoo.sql_db
from odoo.api import Environment
from odoo.modules.registry import Registry

def work(script):
    cursor = Registry(env.cr.dbname).check_signaling().cursor()
    exec(script, {{"env": Environment(cursor, env.uid, {{}})}})

env.cr.close()
odoo.sql_db.close_all()
door = socket.socket(fileno={door})
while True:
    script, outputs, _flags, _address = socket.recv_fds(door, {longest}, 1)
    if not script:
        os._exit(0)
    [output] = outputs
    pid = os.fork()
    if not pid:
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            work(script.decode())
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.close(output)
    # Whoever has this knows when the process ends, and kills no other one that got its number.
    socket.send_fds(door, [b"begun"], [os.pidfd_open(pid)])
"""

#: Bytes of a script at most.
LONGEST = 100_000


class Fork:
    """A process; like one of ``subprocess``, as far as tests need it.

    :ivar stdout: what it says, and what goes wrong in it
    """

    def __init__(self, handle, stdout):
        self._handle, self.stdout = handle, stdout

    def wait(self, timeout=None):
        """Wait until it has ended.

        :raises subprocess.TimeoutExpired: after ``timeout`` seconds
        """
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("fork", timeout)

    def kill(self):
        signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def close(self):
        self.stdout.close()
        os.close(self._handle)


class Forks:
    """A process that has loaded ``database``, and forks: loading it again and again would take seconds each time.

    To be used in a ``with``.
    """

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        self._door, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile("w+")
        with inside:
            self._process = subprocess.Popen(
                odoo_command(self.database, "--no-http", subcommand="shell"),
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                text=True,
                env=odoo_environment(),
                pass_fds=[inside.fileno()],
            )
            self._process.stdin.write(FORKING.format(door=inside.fileno(), longest=LONGEST))
            self._process.stdin.close()
        return self

    def __exit__(self, *_error):
        self._door.close()
        self._process.wait()
        self._log.close()

    def start(self, script):
        """Return a :class:`Fork` that executes ``script`` with an ``env`` of the superuser."""
        reading, writing = os.pipe()
        with os.fdopen(writing, "w"):
            socket.send_fds(self._door, [script.encode()], [writing])
            answer, handles, _flags, _address = socket.recv_fds(self._door, LONGEST, 1)
        stdout = os.fdopen(reading)
        if not answer:
            self._log.seek(0)
            raise AssertionError(f"no process could be started:\n{self._log.read()}")
        return Fork(handles[0], stdout)
