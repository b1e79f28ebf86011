"""Sessions that want the same thing at the same moment, with real commits in a copy of the database."""

import threading
import time
from contextlib import closing
from functools import partial
from unittest.mock import patch

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tools import mute_logger

from .databases import CopyCase


def done(outcomes):
    """Return what came through, of the outcomes of a race."""
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)]


def refused(outcomes):
    """Return the exceptions among the outcomes of a race."""
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


class RaceCase(CopyCase):
    """A test with several sessions at once; they see only what the test committed before."""

    #: Loggers that speak of conflicts, which are wanted here.
    muted = ("odoo.sql_db", "odoo.service.model")
    #: Seconds after which what still runs counts as a dead-lock.
    timeout = 180

    def race(self, works, users=SUPERUSER_ID, context=None, look=None):
        """Let each of ``works`` run in a session of its own, all from the same moment on.

        A session is what Odoo makes of a request: a cursor of its own, repeated on conflicts, committed at the end.
        The transactions of all sessions begin before any work does, so none of them sees what another one did until
        it is repeated.

        :param list works: functions of an ``env``
        :param users: the id of the user whose sessions they are, or a list with one for each work
        :param dict context: of every session
        :param look: a function of a session's number and ``env``: what it reads before any work begins, and again
            whenever it is repeated
        :return: for each work what it returned, or the exception that it raised
        :rtype: list
        :raises AssertionError: when a session does not end
        """
        users = users if isinstance(users, list) else [users] * len(works)
        look = look or (lambda _number, env: env.cr.execute("SELECT 1"))

        def session(number, work, user, wait_for_start):
            with closing(self.copy.cursor()) as cr:
                env = Environment(cr, user, context or {})

                def attempt():
                    look(number, env)
                    wait_for_start()
                    return work(env)

                return retrying(attempt, env)

        return self._run([partial(session, *it) for it in zip(range(len(works)), works, users, strict=True)])

    def at_once(self, calls):
        """Make all ``calls`` at the same moment: functions without arguments, such as requests to a server.

        :return: like :meth:`race`
        """

        def run(call, wait_for_start):
            wait_for_start()
            return call()

        return self._run([partial(run, call) for call in calls])

    def _run(self, runs):
        """Run each of ``runs`` in a thread; each calls the function that it is given when it stands at the start."""
        start, outcomes = threading.Barrier(len(runs)), [None] * len(runs)

        def thread(number, run):
            barriers = [start]

            def wait_for_start():
                if barriers:  # the first time
                    barriers.pop().wait(self.timeout)

            try:
                outcomes[number] = run(wait_for_start)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                outcomes[number] = error
                if barriers:
                    start.abort()

        threads = [threading.Thread(target=thread, args=it, daemon=True) for it in enumerate(runs)]
        deadline = time.monotonic() + self.timeout
        # Odoo's own runner holds the lock of registries all the time, which keeps other threads from asking for one.
        free = patch.object(Registry, "_lock", DummyRLock())
        with mute_logger(*self.muted), free, patch.object(self.cr, "execute", self._execute_outside_sessions):
            for it in threads:
                it.start()
            for it in threads:
                it.join(max(0, deadline - time.monotonic()))
            hanging = [number for number, it in enumerate(threads) if it.is_alive()]
            if hanging:
                self._end_sessions()
        self.cr.rollback()
        self.env.invalidate_all()
        if hanging:
            self.fail(f"{len(hanging)} of {len(runs)} still ran after {self.timeout} s: numbers {hanging}")
        if start.broken:
            raise next(error for error in outcomes if not isinstance(error, threading.BrokenBarrierError))
        return outcomes

    def _execute_outside_sessions(self, *args, **kwargs):
        """Execute with the cursor of the test, unless a session does so: two threads would take each other's rows."""
        if threading.current_thread() is not threading.main_thread():
            raise AssertionError("A session of a race reads records of the test; give it ids and dates instead.")
        return type(self.cr).execute(self.cr, *args, **kwargs)

    def _end_sessions(self):
        """Let PostgreSQL end what hangs, so that the next test does not wait for its locks."""
        self.cr.rollback()
        self.cr.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
