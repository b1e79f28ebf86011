"""Stripe on this machine: localstripe, which is a process of its own, behind a proxy that a provider is pointed at."""

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from .databases import find_free_port

#: Stripe's own test cards and accounts: https://docs.stripe.com/testing
GOOD_CARD = "4242424242424242"
DECLINED_LATER = "4000000000000341"  # is saved, and declined when it is charged
ASKS_UNTIL_SAVED = "4000002500003155"  # wants authentication, not any more once it was saved with one
ASKS_ALWAYS = "4000002760003184"
GOOD_IBAN, BAD_IBAN = "DE89370400440532013000", "DE62370400440532013001"

SECRET_KEY, WEBHOOK_SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"

#: What localstripe does not take, of what Odoo sends.
NOT_TAKEN = {"description", "shipping", "setup_future_usage", "mandate", "payment_method_options"}
KEPT = ("description", "setup_future_usage")

#: Serves localstripe to this machine only. It would serve all networks, and keep all it knows in a file in /tmp, which
#: stops it where another user has run it before.
LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)
"""

Request = namedtuple("Request", "method path key params")


class Stripe:
    """A proxy with localstripe behind it; to be used in a ``with``.

    localstripe keeps customers, cards, accounts, intents, charges and refunds. The proxy adds what it lacks:

    - *description* (by which Odoo finds a payment), *shipping*, *setup_future_usage*, *mandate* and
      *payment_method_options*, which localstripe refuses, are taken out; the first and third are in the answers again.
    - What Odoo sends in the body of a GET goes into the address, where localstripe reads it.
    - Idempotency keys, as documented: the same request with the same key gets the first answer and is not made again;
      another request with the key is refused, and one while the first is not answered too.
    - A payment without anybody there, with a card that wants authentication, is refused with 402 and
      ``authentication_required``. A card that was saved with authentication is charged, but for ``ASKS_ALWAYS``.
    - A SEPA debit is *processing*, with a mandate, until :meth:`settle`; at localstripe it has ended at once.
    - Disputes, and webhooks: signed as Stripe does it, and sent by the test, so that they come when it wants.
    - What Stripe.js does in the browser: :meth:`confirm`.

    :ivar requests: what Odoo asked, in its order
    :ivar answered: what Stripe answered to those with a key, also when the line broke
    :ivar troubles: what happens to the next requests for money: ``lost`` (done, and the line breaks before the answer),
        ``unreached`` (the line breaks before), a number (Stripe says this status, and does nothing)
    :ivar before_answer: is called once, when the next request with a key was done and not answered yet
    """

    def __enter__(self):
        self._asking, self._lock = set(), threading.Lock()
        self.forget_requests()
        self._kept, self._methods, self._settled, self._known = {}, {}, set(), set()
        self.port = find_free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOCALSTRIPE, str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers["Content-Length"] or 0)
                body = self.rfile.read(length).decode()
                status, answer = proxy._answer(self.command, self.path, self.headers["Idempotency-Key"], body)
                if not status:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            do_GET = do_POST = answer  # noqa: N815 - as http.server calls them

            def log_message(self, *args):
                """Say nothing on the tests' output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self._wait_for_localstripe()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()
        self.process.terminate()
        self.process.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def _wait_for_localstripe(self):
        for _attempt in range(400):
            try:
                self.call("GET", "balance")
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("localstripe did not start")

    # === WHAT ODOO ASKS === #

    def forget_requests(self, *troubles):
        """Forget the keys, because the next test uses the same references, and begin anew with these ``troubles``."""
        self.requests, self.answered, self._answers = [], [], {}
        self.troubles, self.before_answer = list(troubles), None

    def _answer(self, method, path, key, body):
        """Return the status and the answer for a request of Odoo; no status: the line breaks."""
        endpoint, params = urlsplit(path), dict(parse_qsl(body, keep_blank_values=True))
        params.update(parse_qsl(endpoint.query))
        request = Request(method, endpoint.path.removeprefix("/v1/"), key, params)
        with self._lock:
            self.requests.append(request)
            moves_money = key or request.path == "refunds"
            trouble = self.troubles.pop(0) if moves_money and self.troubles else None
        if trouble == "unreached":
            return None, None
        if isinstance(trouble, int):
            return trouble, _error("api_error", "An unknown error occurred.")
        answer = self._answer_with_key(request) if key else self.call(request.method, request.path, request.params)
        return (None, None) if trouble == "lost" else answer

    def _answer_with_key(self, request):
        """Do what is asked with a key, once; whoever asks again gets the same answer."""
        with self._lock:
            if request.key in self._asking:
                return 409, _error("idempotency_key_in_use", "There is another request with this key.")
            if request.key in self._answers:
                before, *answer = self._answers[request.key]
                words = "Keys can only be used with the same parameters."
                return answer if before == request else (400, _error("idempotency_error", words))
            self._asking.add(request.key)
        try:
            status, answer = self.call(request.method, request.path, request.params)
            self._answers[request.key] = (request, status, answer)
            self.answered.append(answer)
            if self.before_answer:
                look, self.before_answer = self.before_answer, None
                look()
            return status, answer
        finally:
            self._asking.discard(request.key)

    @property
    def asked(self):
        """Return the payments that Odoo asked for: ``[(key, description)]``."""
        return [
            (it.key, it.params.get("description"))
            for it in self.requests
            if (it.method, it.path) == ("POST", "payment_intents")
        ]

    def charged(self):
        """Return the amounts in cents that really were charged, of everybody, oldest first."""
        charges = self.call("GET", "charges", {"limit": 100})[1]["data"]
        return [it["amount"] for it in charges if it["status"] == "succeeded"]

    # === WHAT LOCALSTRIPE LACKS === #

    def call(self, method, path, params=()):
        """Call localstripe as Stripe would be called; return the status and the answer."""
        params = dict(params)
        status, answer = self._forward(method, path, {k: v for k, v in params.items() if _get_root(k) not in NOT_TAKEN})
        if status == 200 and method == "POST" and path in ("payment_intents", "setup_intents"):
            self._kept[answer["id"]] = {key: params[key] for key in KEPT if key in params}
            if params.get("off_session") and answer["status"] == "requires_action":
                status, answer = self._charge_without_anybody(answer)
        if status == 200 and path == "payment_methods" and method == "POST":
            self._methods[answer["id"]] = answer
        self._complete(answer)
        return status, answer

    def _forward(self, method, path, params=()):
        address, body = f"/v1/{path}", urlencode(params)
        if method == "GET" and body:
            address, body = f"{address}?{body}", ""
        http = HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {SECRET_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        http.request(method, address, body, headers)
        response = http.getresponse()
        said = response.read().decode()
        http.close()
        if response.getheader("Content-Type", "").startswith("text/plain"):
            raise AssertionError(f"localstripe failed: {said}")
        return response.status, json.loads(said)

    def _charge_without_anybody(self, intent):
        method = intent["payment_method"]["id"]
        if method not in self._known:
            words = "Your card was declined. This transaction requires authentication."
            error = _error("authentication_required", words)["error"]
            refused = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
            return 402, {"error": {**error, "payment_intent": {**intent, **refused, "last_payment_error": error}}}
        self._authenticate(intent)
        return self._forward("GET", f"payment_intents/{intent['id']}", {"expand[]": "payment_method"})

    def _authenticate(self, intent, success=True):
        params = {"client_secret": intent["client_secret"], "success": str(success).lower()}
        return self._forward("POST", f"payment_intents/{intent['id']}/_authenticate", params)

    def _complete(self, thing):
        """Write into an answer, in place, what localstripe does not know."""
        for part in thing.values() if isinstance(thing, dict) else thing:
            if isinstance(part, dict | list):
                self._complete(part)
        if not isinstance(thing, dict):
            return
        thing.update(self._kept.get(thing.get("id"), {}))
        kind = thing.get("object")
        if kind == "charge":
            self._complete_charge(thing)
        elif kind == "payment_intent" and thing["latest_charge"] and self._is_processing(thing["latest_charge"]):
            thing.update(status="processing", last_payment_error=None)

    def _complete_charge(self, charge):
        charge.update(self._kept.get(charge["payment_intent"], {}))
        method = self._methods[charge["payment_method"]]
        details = dict(method[method["type"]])
        if method["type"] == "sepa_debit":
            details["mandate"] = f"mandate_{method['id']}"
        charge["payment_method_details"] = {"type": method["type"], method["type"]: details}
        if self._is_processing(charge):
            charge["status"] = "pending"

    def _is_processing(self, charge):
        is_debit = self._methods[charge["payment_method"]]["type"] == "sepa_debit"
        return is_debit and charge["payment_intent"] not in self._settled

    def settle(self, intent_id):
        """Let the bank answer a SEPA debit; return the kind of the event and its object."""
        self._settled.add(intent_id)
        for _attempt in range(100):
            intent = self.call("GET", f"payment_intents/{intent_id}")[1]
            if intent["status"] != "processing":
                outcome = "succeeded" if intent["status"] == "succeeded" else "payment_failed"
                return f"payment_intent.{outcome}", intent
            time.sleep(0.05)
        raise AssertionError("the debit did not end")

    # === IN THE BROWSER === #

    def confirm(self, client_secret, card=None, iban=None, authenticate=True):
        """Do what Stripe.js does when somebody enters a card or account and, if asked, authenticates.

        :return: the intent; or the error, which the page shows
        """
        intent_id = client_secret.partition("_secret_")[0]
        kind = "setup_intents" if intent_id.startswith("seti_") else "payment_intents"
        customer = self.call("GET", f"{kind}/{intent_id}")[1]["customer"]
        status, method = self.save_method(customer, card, iban)
        if status != 200:
            return method
        if kind == "setup_intents":
            status, intent = self.call("POST", f"{kind}/{intent_id}/confirm", {"payment_method": method["id"]})
            if status == 200 and intent["status"] == "requires_action" and authenticate:
                status, intent = self.call("POST", f"{kind}/{intent_id}/confirm", {"use_stripe_sdk": "true"})
        else:
            self.call("POST", f"{kind}/{intent_id}", {"payment_method": method["id"]})
            status, intent = self.call("POST", f"{kind}/{intent_id}/confirm")
            if status == 200 and intent["status"] == "requires_action":
                status, intent = self._authenticate(intent, authenticate)
        is_saved = kind == "setup_intents" or self._kept[intent_id].get("setup_future_usage")
        if status == 200 and authenticate and is_saved and card != ASKS_ALWAYS:
            self._known.add(method["id"])
        return intent

    def save_method(self, customer, card=None, iban=None):
        """Give a customer a card or account; return the status and the payment method, or the error."""
        params = {"type": "sepa_debit", "sepa_debit[iban]": iban}
        if card:
            date = {"card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"}
            params = {"type": "card", "card[number]": card, **date}
        method = self.call("POST", "payment_methods", params)[1]
        return self.call("POST", f"payment_methods/{method['id']}/attach", {"customer": customer})

    # === WHAT STRIPE SAYS BY ITSELF === #

    def dispute(self, intent_id, status="needs_response", amount=None, reason="fraudulent"):
        """Return a dispute of a payment as Stripe describes it."""
        charge = self.call("GET", f"payment_intents/{intent_id}")[1]["latest_charge"]
        return {
            "id": f"dp_{charge['id'].removeprefix('ch_')}",
            "object": "dispute",
            "amount": amount or charge["amount"],
            "charge": charge["id"],
            "currency": charge["currency"],
            "payment_intent": intent_id,
            "reason": reason,
            "status": status,
        }


def sign_event(kind, thing, now, secret=WEBHOOK_SECRET):
    """Return the body and the headers of a webhook of Stripe.

    :param str kind: of the event, such as ``payment_intent.succeeded``
    :param dict thing: the object that it is about
    :param int now: seconds since 1970
    """
    digest = hashlib.sha256(json.dumps(thing).encode()).hexdigest()
    event = {"id": f"evt_{digest[:14]}", "object": "event", "type": kind, "data": {"object": thing}}
    body = json.dumps(event)
    signature = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={now},v1={signature}"}


def _get_root(name):
    """Return ``shipping`` of ``shipping[address][city]``."""
    return name.partition("[")[0]


def _error(code, message):
    kind = "card_error" if code == "authentication_required" else code
    return {"error": {"type": kind, "code": code, "message": message}}
