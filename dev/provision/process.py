"""Run other programs, and keep two ``dev/odoo`` at the same time out of each other's way."""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import signal
import subprocess

from .errors import DevError
from .progress import say

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """Have the kernel end this child when dev/odoo dies, even by kill -9: two apt-get must not share a folder."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(command, *, what, **options):
    """Run ``command`` and return its output; when it fails, say ``what`` failed and why in one line."""
    command = [str(part) for part in command]
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    try:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        options.setdefault("preexec_fn", _end_with_parent)
        done = subprocess.run(command, check=False, **streams, **options)
    except FileNotFoundError as error:
        raise DevError(f"{what}: {error.filename} is not installed") from error
    if done.returncode:
        raise DevError(f"{what}: {reason(done.stdout) or f'exit code {done.returncode}'}")
    return done.stdout


def reason(output):
    """The line of a failed program's ``output`` that most likely says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any(os.strerror(errno.ENOSPC) in line for line in lines):
        return "the disk is full: make room or set PRACTICE_BILLING_CACHE"
    if any("connection broken" in line or "NewConnectionError" in line for line in lines):
        return "the Python package index does not answer: check the network and pip's configuration"
    errors = [line for line in lines if re.search(r"\b(E|error|fatal):", line, re.IGNORECASE)]
    return (errors or lines or [""])[-1]


@contextlib.contextmanager
def lock(path, waiting_for):
    """Hold an exclusive lock on ``path``; the kernel frees it when this process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another dev/odoo: {waiting_for} …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
