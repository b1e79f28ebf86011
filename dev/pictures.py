"""Take the pictures of the README from a server with the demo data: ``pictures.py ADDRESS FOLDER [NAME…]``.

Called by ``dev/odoo pictures``, which makes the database and serves it. A picture shows one page, or several beside
each other, as somebody sees it who is logged in; steps are JavaScript that is run before it is taken.
"""

import base64
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
import websocket
from PIL import Image

#: Seconds that a page and each step get to show what they show.
PATIENCE = 4

#: Pixels between pages that stand beside each other.
GAP = 20


class Page(NamedTuple):
    """One page of a picture; the addresses of demo records are found by what their list shows."""

    login: str
    path: str
    steps: tuple = ()
    width: int = 1366
    height: int = 850


def phone(login, path, *steps):
    return Page(login, path, steps, 390, 832)


def click(selector, text=""):
    """Return the step that clicks the first element with this text."""
    elements = f"[...document.querySelectorAll({json.dumps(selector)})]"
    return f"{elements}.find((it) => it.innerText.includes({json.dumps(text)})).click()"


PICTURES = {
    "appointments": [Page("frontdesk", "/odoo/appointments")],
    "day_board": [Page("frontdesk", "/odoo/day-board")],
    "class": [
        Page(
            "frontdesk",
            "/odoo/appointments",
            (click(".fc-event", "Back school"), click(".o_cw_popover_edit")),
        )
    ],
    "credits": [Page("accountant", "/odoo/action-practice_billing.practice_credit_proof_action", height=340)],
    "subscriptions": [
        Page(
            "admin",
            "/odoo/action-practice_billing.practice_subscription_action",
            (
                click(".o_data_row td, .o_kanban_record", "Logopediepraktijk Klankrijk"),
                click(".nav-link", "Next Invoice"),
            ),
            height=1110,
        )
    ],
    "subscription_overview": [
        Page("admin", "/odoo/action-practice_billing.practice_subscription_overview_action"),
    ],
    "portal": [
        phone("patient", "/my/packages"),
        phone("patient", "/my/packages/buy"),
        phone("patient", "/my/appointments"),
        phone("patient", "/my/appointments/book", click("a", "Psychotherapy session")),
    ],
    "organisation": [
        Page("trial", "/my/subscription/plans", width=1060, height=600),
        Page("expired", "/my/subscription", width=300, height=600),
        Page("organisation", "/my/subscription", width=300, height=600),
    ],
}


class Browser:
    """Chromium without a window, steered over its debugging port."""

    def __init__(self, address, port):
        self.address, self.port, self.number = address, port, 0
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10) as answer:
            [tab] = [it for it in json.load(answer) if it["type"] == "page"]
        self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=60)
        for domain in ("Network", "Page", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number:
                return answer.get("result") or {}

    def log_in(self, login):
        session = requests.Session()
        page = session.get(f"{self.address}/web/login", timeout=60).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
        form = {"login": login, "password": login, "csrf_token": token}
        session.post(f"{self.address}/web/login", data=form, timeout=60).raise_for_status()
        self.call("Network.setCookie", name="session_id", value=session.cookies["session_id"], url=self.address)

    def take(self, page):
        self.log_in(page.login)
        size = {"width": page.width, "height": page.height, "deviceScaleFactor": 1, "mobile": page.width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=self.address + page.path)
        time.sleep(2 * PATIENCE)
        for step in page.steps:
            result = self.call("Runtime.evaluate", expression=step, awaitPromise=True)
            if "exceptionDetails" in result:
                raise SystemExit(
                    f"{page.path}: {step} failed: {result['exceptionDetails']['exception']['description']}"
                )
            time.sleep(PATIENCE)
        return Image.open(io.BytesIO(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])))


@contextmanager
def chromium(address, port=9335):
    """Yield a :class:`Browser`; its profile is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
        options += ["--remote-allow-origins=*", f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(["chromium", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _attempt in range(50):
                try:
                    browser = Browser(address, port)
                    break
                except OSError:
                    time.sleep(0.3)
            else:
                raise SystemExit("Chromium does not start")
            yield browser
        finally:
            process.kill()
            process.wait()


def beside(images):
    """Return one image with ``images`` beside each other, on white."""
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    whole = Image.new("RGB", (width, max(image.height for image in images)), "white")
    left = 0
    for image in images:
        whole.paste(image, (left, 0))
        left += image.width + GAP
    return whole


def main(address, folder, *names):
    with chromium(address) as browser:
        for name in names or PICTURES:
            path = Path(folder) / f"{name}.png"
            beside([browser.take(page) for page in PICTURES[name]]).quantize(256).save(path, optimize=True)
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
