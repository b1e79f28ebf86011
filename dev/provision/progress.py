"""Tell on standard error what is going on and how long it takes. Standard output stays free for results."""

import contextlib
import sys
import threading
import time

_started = time.monotonic()


def say(text):
    """One line, with the time since the start."""
    print(f"[{time.monotonic() - _started:4.0f}s] {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title, measure=None):
    """Announce ``title``, show that it is alive while it runs, and say how long it took.

    ``measure`` may return a short text such as ``37 %``; on a terminal it is refreshed in place, in a log it is
    printed every few seconds.
    """
    begin = time.monotonic()
    say(f"{title} …")
    finished = threading.Event()
    thread = threading.Thread(target=_tick, args=(title, measure, begin, finished), daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    say(f"{title}: done in {time.monotonic() - begin:.0f} s")


def _tick(title, measure, begin, finished):
    """Refresh the line of a running step until ``finished``."""
    on_terminal = sys.stderr.isatty()
    shown = None
    while not finished.wait(0.5 if on_terminal else 5):
        text = measure() if measure else ""
        if on_terminal:
            print(f"\r\033[K        {text} {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
        elif text and text != shown:
            say(f"{title} … {text}")
            shown = text
