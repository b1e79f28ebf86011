"""What the tests over HTTP share: pages, forms, and the two doors that Odoo opens to programs."""

import re

import requests

from odoo.http import Request
from odoo.tests import new_test_user

from .practice import PracticeMixin


class PagesMixin(PracticeMixin):
    """Pages as whoever is logged in sees them; for an ``HttpCase``."""

    # The server runs in the same process but asks for the time itself.
    now = None

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    def page(self, path, status=200):
        """Open a page and return its text."""
        response = self.url_open(path)
        self.assertEqual(response.status_code, status, path)
        return response.text

    def count_queries(self, path):
        """Return the queries that a page takes once what every page needs is cached."""
        self.page(path)
        before = self.env.cr.sql_log_count
        self.page(path)
        return self.env.cr.sql_log_count - before

    def send_form(self, path, token=None, **data):
        """Send a form of a page, with the token that is on it or another; return the answer, not where it leads."""
        data["csrf_token"] = Request.csrf_token(self) if token is None else token
        return self.url_open(path, data=data, allow_redirects=False)

    def rpc(self, path, **params):
        """Call a route as a page's script does; return the answer, whose ``error`` or ``result`` says how it went."""
        return self.url_open(path, json={"jsonrpc": "2.0", "method": "call", "params": params}).json()

    def call_kw(self, model, method, *args, **kwargs):
        """Call a method over the web client's door; return the result, or the name of the error."""
        answer = self.rpc("/web/dataset/call_kw", model=model, method=method, args=args, kwargs=kwargs)
        return answer["error"]["data"]["name"] if "error" in answer else answer["result"]

    def json2(self, user, model, method, **body):
        """Call a method over the JSON API with a key of ``user``; return the response."""
        headers = {"Authorization": f"bearer {self.make_key(user)}"}
        return self.url_open(f"/json/2/{model}/{method}", json=body, headers=headers)


class Browser(requests.Session):
    """A browser in which somebody or nobody is logged in, for a server in another process; to be used in a ``with``."""

    def __init__(self, port, login=None):
        super().__init__()
        self.address = f"http://127.0.0.1:{port}"
        if login:
            self.send_form("/web/login", self.read_token("/web/login"), login=login, password=login.ljust(8, "x"))

    def read_token(self, path):
        """Open a page and return the token of its form."""
        text = self.get(self.address + path, timeout=120).text
        return re.search(r'name="csrf_token" value="([^"]+)"', text).group(1)

    def send_form(self, path, token, **data):
        """Send a form; return the answer, not where it leads."""
        data["csrf_token"] = token
        return self.post(self.address + path, data=data, timeout=120, allow_redirects=False)

    def call(self, path, **params):
        """Call a route as a page's script does; return the result.

        :raises ValueError: with the words of an error
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.post(self.address + path, json=body, timeout=120).json()
        if "error" in answer:
            raise ValueError(answer["error"]["data"]["message"])
        return answer.get("result")

    def pay_with_demo(self, path, form):
        """Do what the form of Odoo's demo provider does: begin the payment, then say that it is done.

        :return: the reference of the payment
        :raises ValueError: when the payment may not begin, in the words of the dialog
        """
        values = self.call(path, **form)
        self.call(
            "/payment/demo/simulate_payment",
            reference=values["reference"],
            payment_details="4242",
            simulated_state="done",
        )
        return values["reference"]


class FamilyMixin(PagesMixin):
    """A parent and a stranger with logins, and a child for whom the parent acts."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        for name in ("parent", "stranger"):
            user = new_test_user(
                cls.env,
                f"pb_{name}",
                "base.group_portal",
                name=f"PB {name}",
                email=f"{name}@example.com",
                tz="Europe/Brussels",
            )
            setattr(cls, f"{name}_user", user)
            setattr(cls, name, user.partner_id)
        cls.child = cls.make_patient("Little Lotte")
        cls.child.practice_representative_ids = cls.parent
        return result
