"""What the tests share that ask every address of the module: which there are, and what each of them reads."""

import ast
import inspect
import re
import textwrap
from urllib.parse import unquote, urlencode

from lxml import html

from odoo.http import Request

#: What can be done with a seat or a payment method.
WHATS = ("use", "remove", "keep", "student", "invite")

#: Characters of an address that the server takes at all.
MOST_IN_ADDRESS = 60_000


def names_of(method):
    """Return the names that a page reads of a request.

    They are the parameters of its function and of the decorators around it, what these ask for by ``kw.get("…")``,
    and the tuples of them that it loops over (``…_FIELDS``, ``…_KEYS``).
    """
    functions, names = [method.original_endpoint], set()
    while hasattr(functions[-1], "__wrapped__"):
        functions.append(functions[-1].__wrapped__)
    for function in functions:
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
        names |= {it.name for it in parameters if it.kind in (it.POSITIONAL_OR_KEYWORD, it.KEYWORD_ONLY)}
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                names |= {it.value for it in node.args[:1] if isinstance(it, ast.Constant)}
            if isinstance(node, ast.Name) and node.id.endswith(("_FIELDS", "_KEYS")):
                names |= set(function.__globals__[node.id])
    return names - {"self", "account"}


class RoutesMixin:
    """The addresses of this module that match ``ours``; for an ``HttpCase``."""

    #: Which addresses the test is about: a pattern.
    ours = None

    def victims_values(self):
        """Return a value of the victim's for every name that a page of ours reads."""
        raise NotImplementedError

    def values_of(self, rule):
        """Return what stands in the address of ``rule`` alone."""
        return {}

    def rules(self):
        """Return the rules of this module's addresses."""
        self.url_open("/web/health")  # the server knows the addresses once it was asked for one
        return [rule for rule in self.env["ir.http"].routing_map().iter_rules() if self.ours.match(rule.rule)]

    def routes(self):
        """Return ``[(address, methods, whether it takes JSON, names)]`` of this module, with the victim's ids in them.

        The names are those that the page reads: see :func:`names_of`.
        """
        values, found = self.victims_values(), []
        for rule in self.rules():
            in_address = set(re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule.rule))
            for what in WHATS if "what" in in_address else WHATS[:1]:
                known = {**values, **self.values_of(rule), "what": what}
                address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda it, known=known: str(known[it[1]]), rule.rule)
                is_json = rule.endpoint.routing["type"] == "jsonrpc"
                names = names_of(rule.endpoint.func) - in_address
                found.append((address, rule.methods or {"GET", "POST"}, is_json, names))
        return found

    def pages(self):
        """Return ``[(address, address with all that its page reads)]`` of what a browser may ask for."""
        values = self.victims_values()
        return [
            (address, f"{address}?{urlencode({name: values[name] for name in sorted(names)})}")
            for address, methods, is_json, names in self.routes()
            if "GET" in methods and not is_json
        ]

    def is_page(self, path):
        """Return whether whoever is logged in sees a page there, no file and not another page."""
        answer = self.url_open(path, allow_redirects=False)
        return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")

    def assertReadOnlyPagesReadOnly(self, login=None):
        """Ask each page that says that it only reads, plainly and with every parameter: none of them tries to write.

        Odoo gives them a transaction in which nothing can be written; one that tries is done again in another, with a
        warning. With a replica that is twice the work, each time.
        """
        self.authenticate(login, login and login.ljust(8, "x"))
        values, asked = self.victims_values(), []
        for rule in self.rules():
            if not rule.endpoint.routing["readonly"]:
                continue
            known = {**values, **self.values_of(rule)}
            address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda it, known=known: str(known[it[1]]), rule.rule)
            names = names_of(rule.endpoint.func)
            with self.subTest(login=login, address=rule.rule), self.assertNoLogs("odoo.http", "WARNING"):
                for query in ({}, {name: known[name] for name in names if name in known}):
                    answer = self.url_open(f"{address}?{urlencode(query)}")
                    self.assertLess(answer.status_code, 500)
                # Where a form leads shows what it did, also when the replica does not know yet.
                self.assertTrue("message" not in names or rule.rule.endswith(("/book", "/move")))
            asked.append(rule.rule)
        self.assertTrue(asked)

    def assertTitledPages(self):
        """Ask each page plainly: what it shows has a title of its own, and one heading of the first level."""
        asked = 0
        for address, methods, is_json, _names in self.routes():
            answer = self.url_open(address) if "GET" in methods and not is_json else None
            # Where it led to another page, that one is asked for itself.
            if answer is None or answer.history or not answer.headers["Content-Type"].startswith("text/html"):
                continue
            with self.subTest(address=address):
                page = html.fromstring(answer.text)
                self.assertNotIn((page.findtext(".//title") or "").strip(), ("", "Odoo"))
                self.assertEqual(len(page.findall(".//h1")), 1)
                asked += 1
        self.assertGreater(asked, 3)

    def text_of(self, answer, address):
        """Yield the text of a page or file, and how a file is called: it may be after a patient."""
        self.assertLess(answer.status_code, 500, address)
        yield answer.text
        yield unquote(answer.headers.get("Content-Disposition", ""))

    def assertRefusedAs400(self, address, methods, is_json, form):
        if is_json:
            answer = self.url_open(address, json={"jsonrpc": "2.0", "method": "call", "params": form}).json()
            self.assertEqual(answer["error"]["data"]["name"], "werkzeug.exceptions.BadRequest", answer)
        elif "GET" in methods and len(query := urlencode(form)) < MOST_IN_ADDRESS:
            self.assertEqual(self.url_open(f"{address}?{query}").status_code, 400)
        if "POST" in methods and not is_json:
            data = {**form, "csrf_token": Request.csrf_token(self)}
            self.assertEqual(self.url_open(address, data=data).status_code, 400)

    def assertNulIsNoError(self):
        for rule in self.rules():
            address = re.sub(
                r"<(?:[^:<>]+:)?(\w+)>", lambda it: "%00" if it[1] in ("what", "token") else "1", rule.rule
            )
            with self.subTest(address=address):
                data = {"csrf_token": Request.csrf_token(self)}
                for answer in (self.url_open(address), self.url_open(address, data=data)):
                    self.assertLess(answer.status_code, 500)
