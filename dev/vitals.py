"""Measure the portal's main pages as on a slow phone: ``vitals.py ADDRESS ROUNDS NETWORK [plain]``.

Called by ``dev/odoo vitals``, which makes a demo database and serves it. Each page is opened so often without anything
kept from before, and again with what the browser kept; the table has the middle of the rounds, the least and the most.
Unless ``plain`` it is asked through a proxy that compresses, as people run Odoo: its own server does not.
"""

import gzip
import statistics
import sys
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from pictures import PATIENCE, chromium, phone

#: Chromium's own profiles: milliseconds there and back, and bytes a second down and up.
NETWORKS = {"4G": (165, 1_012_500, 168_750), "slow 4G": (562.5, 180_000, 84_375)}

#: A phone's processor is so many times slower than a developer's.
SLOWER = 4

#: For the browser to be steered; another one than that of pictures, so that both can be made at once.
PORT = 9336

PAGES = [
    phone("patient", "/my"),
    phone("patient", "/my/packages"),
    phone("patient", "/my/packages/buy"),
    phone("patient", "/my/appointments"),
    phone("patient", "/my/appointments/book?type_id={appointment_type_psychotherapy}"),
    phone("patient", "/my/statements"),
    phone("organisation", "/my/subscription"),
    phone("organisation", "/my/subscription/portal"),
    phone("organisation", "/my/subscription/plans"),
]

#: Whether all scripts are there, also those that Odoo asks for last.
COMPLETE = """(() => {
    const known = new Set(performance.getEntriesByType("resource").map((it) => it.name));
    return !document.querySelector("script[data-src]")
        && [...document.querySelectorAll("script[src]")].every((it) => known.has(it.src));
})()"""

#: When the largest thing was painted that is to be seen at first, in milliseconds since the page was asked for.
LARGEST_PAINT = """new Promise((done) => {
    new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe(
        {type: "largest-contentful-paint", buffered: true});
})"""

#: Bytes and requests; what came from the cache has no bytes.
WEIGHT = """(() => {
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const sent = all.filter((it) => it.transferSize);
    return [sent.reduce((sum, it) => sum + it.transferSize, 0), sent.length];
})()"""


class Compressing(BaseHTTPRequestHandler):
    """Asks the server at ``behind``, and compresses what is text."""

    protocol_version = "HTTP/1.1"
    behind = None

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = HTTPConnection(self.behind, timeout=PATIENCE)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        kind = answer.headers.get_content_type()
        is_text = kind.startswith("text/") or kind.endswith(("javascript", "json", "+xml"))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Connection", "Content-Length", "Date", "Server", "Transfer-Encoding"):
                self.send_header(name, value)
        if is_text and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *arguments):
        """Say nothing."""


class Proxy(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Complain, unless a browser only went elsewhere."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def compressed(address):
    """Yield the address of a proxy before the server at ``address``."""
    handler = type("Before", (Compressing,), {"behind": urlsplit(address).netloc})
    with Proxy(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}"
        proxy.shutdown()


def measure(browser, page):
    """Return milliseconds until the largest paint, bytes and requests of a page."""
    browser.open(page)
    deadline = time.monotonic() + PATIENCE
    while not browser.evaluate(COMPLETE, page.path):
        if time.monotonic() > deadline:
            raise SystemExit(f"{page.path}: a script is missing after {PATIENCE} seconds")
        time.sleep(0.3)
    return [browser.evaluate(LARGEST_PAINT, page.path), *browser.evaluate(WEIGHT, page.path)]


def measure_pages(address, rounds, network):
    """Print a row for each page."""
    latency, down, up = NETWORKS[network]
    row = "{:<62}{:>18}{:>18}{:>6}{:>6}{:>6}{:>6}"
    print(row.format("page", "first, s", "again, s", "kB", "asked", "again", "asked"))
    with chromium(address, PORT) as browser:
        browser.call("Emulation.setCPUThrottlingRate", rate=SLOWER)
        for page in PAGES:
            browser.open(page)  # so that the server has made what all visitors share
            browser.call(
                "Network.emulateNetworkConditions",
                offline=False,
                latency=latency,
                downloadThroughput=down,
                uploadThroughput=up,
            )
            first, again = [], []
            for _round in range(rounds):
                browser.call("Network.clearBrowserCache")
                first.append(measure(browser, page))
                again.append(measure(browser, page))
            words = [describe(first), describe(again), *weigh(first), *weigh(again)]
            print(row.format(f"{page.login} {page.path}", *words), flush=True)


def describe(rounds):
    """Return the middle of the seconds, the least and the most: others may use the machine too."""
    seconds = [milliseconds / 1000 for milliseconds, *_weight in rounds]
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


def weigh(rounds):
    """Return kB and requests of the last round."""
    _milliseconds, size, requests = rounds[-1]
    return f"{size / 1000:.0f}", requests


def main(address, rounds, network, *plain):
    if plain:
        measure_pages(address, int(rounds), network)
    else:
        with compressed(address) as before:
            measure_pages(before, int(rounds), network)


if __name__ == "__main__":
    main(*sys.argv[1:])
