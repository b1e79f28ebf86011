"""Other software that listens."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


@contextmanager
def other_software(*answers):
    """Yield the address of software that answers webhooks like this, then with 200."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(left.pop(0) if left else 200)
            self.end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    receiver = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{receiver.server_port}/hook"
    finally:
        receiver.shutdown()
        receiver.server_close()
