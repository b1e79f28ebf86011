"""A browser without a browser: pages of the portal, asked of Odoo in this process but in transactions of their own."""

import time

from measuring import Measured
from werkzeug.test import Client

from odoo import http, sql_db
from odoo.service import security


def log_in(env, user):
    """Return the key of a session in which ``user`` is logged in; no password was hashed for it."""
    session = http.root.session_store.new()
    session.update(http.get_default_session(), db=env.cr.dbname, _trace_disable=True)
    session.uid, session.login = user.id, user.login
    session.session_token = security.compute_session_token(session, env(user=user))
    session.context = {"lang": user.lang, "tz": user.tz}
    http.root.session_store.save(session)
    return session.sid


class Portal:
    """Somebody who is logged in and opens pages."""

    def __init__(self, env, user):
        self.client = Client(http.root)
        self.client.set_cookie("session_id", log_in(env, user))

    def open(self, path, accepted=(200,)):
        """Open a page; return what it took.

        :param accepted: what the page may answer
        :raises RuntimeError: when the page is not what was asked for
        """
        queries, started = sql_db.sql_counter, time.perf_counter()
        answer = self.client.get(path, headers={"Host": "localhost"})
        taken = Measured(time.perf_counter() - started, sql_db.sql_counter - queries, mimetype=answer.mimetype)
        if answer.status_code not in accepted:
            raise RuntimeError(f"{path}: {answer.status}")
        return taken
