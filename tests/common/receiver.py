"""Other software that is told of changes: a real server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver:
    """Other software: a real server on this machine that keeps what it gets and answers as it is told."""

    def __enter__(self):
        self.got, self.answers, receiver = [], [], self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()
                self.wfile.write(receiver.answer(body))

            def log_message(self, *args):
                """Say nothing on the tests' output."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def answer(self, body):
        """Return what is said to a message, besides the number. A hook."""
        return b""

    def listen_to(self, company, secret="a secret that both sides know"):
        """Have a company tell this software, which is on this machine."""
        for switch in ("http", "private"):
            company.env["ir.config_parameter"].set_param(f"practice_billing.webhook_allow_{switch}", "True")
        company.write({"practice_webhook_url": self.url, "practice_webhook_secret": secret})

    def told(self, event):
        """Return the data of all messages of this type, in the order in which they came."""
        messages = [json.loads(body) for _headers, body in self.got]
        return [message["data"] for message in messages if message["type"] == event]

    @property
    def states(self):
        return [data["state"] for data in self.told("subscription.state")]

    @property
    def seats(self):
        """Return the e-mail addresses, or else the ids, of who has a seat, for each message about seats."""
        return [
            [seat["email"] or seat["practitioner"] for seat in data["seats"]]
            for data in self.told("subscription.seats")
        ]
