"""Take the pictures of the README, the guides and the store from a server with the demo data.

``pictures.py ADDRESS FOLDER LANGUAGE [NAME…]`` is called by ``dev/odoo pictures``, which makes the database and serves
it. A picture shows one page, or several beside each other, as somebody sees it who is logged in; steps are JavaScript
that is run before it is taken. Demo records and what is clicked are named by what is the same in all languages:
external ids, names of fields and of people.
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

#: Seconds that a page and each step may take.
PATIENCE = 60

#: Bytes of a picture: what is larger shows too much.
LARGEST = 120_000

#: Whether the page is there, with what Odoo's web client shows on it.
READY = """document.readyState === "complete"
    && (!location.pathname.startsWith("/odoo") || !!document.querySelector(".o_action .o_content, .o_dialog"))"""

#: Ends once nothing on the page has changed for a while.
QUIET = """new Promise((done) => {
    let timer;
    const wait = () => { clearTimeout(timer); timer = setTimeout(done, 1200); };
    new MutationObserver(wait).observe(document, {subtree: true, childList: true, characterData: true});
    wait();
    setTimeout(done, 20000);
})"""

#: Whether the web client still waits for the server, and shows it.
LOADING = """!!document.querySelector(".o_loading_indicator")"""

#: Lets the page send nothing more.
SILENCE = """navigator.sendBeacon = () => true;
    window.fetch = () => new Promise(() => {});
    XMLHttpRequest.prototype.send = () => {};"""

#: Pixels between pages that stand beside each other.
GAP = 20

#: Where the pictures of the store lie, seen from those of the documentation.
STORE_FOLDER = "../static/description/"


class Page(NamedTuple):
    """One page of a picture; in its path the external id of a demo record, between braces, stands for its id."""

    login: str
    path: str
    steps: tuple = ()
    width: int = 1366
    height: int = 850


def phone(login, path, *steps):
    return Page(login, path, steps, 390, 832)


def wait_for(selector, text, what):
    """Return the step that waits for the first element with this text that is shown, and does ``what`` with ``it``."""
    selector, text = json.dumps(selector), json.dumps(text)
    return f"""(async () => {{
        for (let attempt = 0; attempt < 250; attempt++) {{
            const all = [...document.querySelectorAll({selector})];
            const it = all.find((it) => it.checkVisibility() && it.innerText.includes({text}));
            if (it) {{ {what} return; }}
            await new Promise((done) => setTimeout(done, 200));
        }}
        throw new Error("there is no " + {selector} + " with " + {text});
    }})()"""


def click(selector, text=""):
    """Return the step that clicks the first element with this text."""
    return wait_for(selector, text, "it.click();")


def action(login, name, *steps, of="", **size):
    """Return a page of the back office: an action of our module, or one record in it."""
    path = f"/odoo/action-practice_billing.{name}" + (of and f"/{{{of}}}")
    return Page(login, path, steps, **{"width": 1180, "height": 700, **size})


def tab(name):
    """Return the step that opens a page of a form."""
    return click(f".nav-link[name={name}]")


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
        action(
            "admin",
            "practice_subscription_action",
            tab("next_invoice"),
            of="subscription_klankrijk",
            width=1366,
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
        phone("patient", "/my/appointments/book?type_id={appointment_type_psychotherapy}"),
    ],
    "organisation": [
        Page("trial", "/my/subscription/plans", width=1060, height=600),
        Page("expired", "/my/subscription", width=300, height=600),
        Page("organisation", "/my/subscription", width=300, height=600),
    ],
    # === GUIDES === #
    "guides/front_desk_day": [action("frontdesk", "calendar_event_action_board")],
    "guides/front_desk_sell": [
        action(
            "frontdesk",
            "res_partner_action_patient",
            click("button[name=action_practice_sell_package]"),
            of="patient_greet",
        )
    ],
    "guides/front_desk_plan": [
        action(
            "frontdesk",
            "res_partner_action_patient",
            click("button[name=action_practice_plan_appointment]"),
            of="patient_hilde",
        )
    ],
    "guides/front_desk_cancel": [
        action(
            "frontdesk",
            "calendar_event_action_appointment",
            click("button[name=action_practice_cancel_appointment]"),
            of="appointment_hilde_0_in_1",
        )
    ],
    "guides/front_desk_credits": [
        action("frontdesk", "practice_credit_lot_action", click(".o_data_row td", "Hilde De Backer"))
    ],
    "guides/administrator_package": [action("admin", "practice_package_action", of="package_physiotherapy")],
    "guides/administrator_type": [
        action("admin", "practice_appointment_type_action", of="appointment_type_physiotherapy", height=860)
    ],
    "guides/administrator_plan": [action("admin", "practice_plan_action", of="plan_standard")],
    "guides/administrator_subscription": [
        action("admin", "practice_subscription_action", tab("next_invoice"), of="subscription_de_brug", height=900)
    ],
    "guides/accountant_proof": [action("accountant", "practice_credit_proof_action", height=420)],
    "guides/accountant_release": [action("accountant", "practice_revenue_release_action")],
    "guides/accountant_roll_forward": [
        action("accountant", "practice_roll_forward_action", click("button[name=action_show]"), width=1366, height=520)
    ],
    "guides/accountant_closing": [
        action("accountant", "practice_month_closing_action", click(".o_data_row [name=name]"))
    ],
    "guides/patient_packages": [phone("patient", "/my/packages"), phone("patient", "/my/packages/buy")],
    "guides/patient_book": [
        phone("patient", "/my/appointments/book"),
        phone("patient", "/my/appointments/book?type_id={appointment_type_psychotherapy}"),
    ],
    "guides/patient_cancel": [
        phone("patient", "/my/appointments"),
        phone("patient", "/my/appointments/{appointment_an_1_in_1}"),
    ],
    "guides/organisation_plans": [Page("trial", "/my/subscription/plans", width=1060, height=640)],
    "guides/organisation_billing": [Page("organisation", "/my/subscription", width=1060, height=900)],
    "guides/organisation_portal": [Page("organisation", "/my/subscription/portal", width=1060, height=900)],
    "guides/developer_usage": [action("admin", "practice_subscription_usage_action", height=520)],
}

#: The page of the app in Odoo's store and in *Apps*: pictures that README and guides have too, under other names.
STORE = {
    "board": "day_board",
    "appointments": "appointments",
    "patient": "guides/front_desk_credits",
    "portal": "portal",
    "cancel": "guides/front_desk_cancel",
    "credits": "credits",
    "subscriptions": "subscriptions",
    "organisation": "organisation",
}
PICTURES |= {f"{STORE_FOLDER}{name}": PICTURES[same] for name, same in STORE.items()}
PICTURES[f"{STORE_FOLDER}mrr"] = [action("admin", "practice_subscription_mrr_action", width=1180, height=620)]


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
        session = self.open_session(login)
        self.call("Network.setCookie", name="session_id", value=session.cookies["session_id"], url=self.address)

    def open_session(self, login):
        session = requests.Session()
        page = session.get(f"{self.address}/web/login", timeout=60).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
        form = {"login": login, "password": login, "csrf_token": token}
        session.post(f"{self.address}/web/login", data=form, timeout=60).raise_for_status()
        return session

    def evaluate(self, script, path):
        """Return what a script says; a step that fails ends all."""
        for _attempt in range(20):
            answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
            if answer:
                break
            time.sleep(0.3)  # the page went elsewhere meanwhile
        else:
            raise SystemExit(f"{path}: no answer to {script}")
        if "exceptionDetails" in answer:
            raise SystemExit(f"{path}: {answer['exceptionDetails']['exception']['description']}\n{script}")
        return answer.get("result", {}).get("value")

    def wait(self, path):
        """Wait until the page shows what it shows."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(READY, path):
            if time.monotonic() > deadline:
                raise SystemExit(f"{path}: nothing to see after {PATIENCE} seconds")
            time.sleep(0.3)
        self.evaluate(QUIET, path)
        while self.evaluate(LOADING, path) and time.monotonic() < deadline:
            self.evaluate(QUIET, path)

    def speak(self, language):
        """Let everybody read this language."""
        ids = self.ask("res.users", "search", [["active", "=", True]])
        self.ask("res.users", "write", ids, {"lang": language})

    def get_id(self, name):
        """Return the id of a demo record."""
        domain = [["module", "=", "practice_billing"], ["name", "=", name]]
        [row] = self.ask("ir.model.data", "search_read", domain, ["res_id"])
        return row["res_id"]

    def ask(self, model, method, *arguments):
        """Call a method as the administrator; return its answer."""
        params = {"model": model, "method": method, "args": arguments, "kwargs": {}}
        session = self.open_session("admin")
        answer = session.post(f"{self.address}/web/dataset/call_kw", json={"params": params}, timeout=60).json()
        if "error" in answer:
            raise SystemExit(answer["error"]["data"]["debug"])
        return answer["result"]

    def take(self, page):
        """Return the picture of a page."""
        self.open(page)
        return Image.open(io.BytesIO(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])))

    def leave(self):
        """Leave the page without a trace: Odoo saves a form that is left, and the next login need not be allowed to."""
        self.evaluate(SILENCE, "the page that is left")
        self.call("Page.navigate", url="about:blank")

    def open(self, page):
        """Show a page to who looks at it, and do its steps."""
        self.leave()
        self.log_in(page.login)
        size = {"width": page.width, "height": page.height, "deviceScaleFactor": 1, "mobile": page.width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        path = re.sub(r"{(\w+)}", lambda found: str(self.get_id(found[1])), page.path)
        self.call("Page.navigate", url=self.address + path)
        self.wait(page.path)
        for step in page.steps:
            self.evaluate(step, page.path)
            time.sleep(0.5)  # what it leads to may be another page
            self.wait(page.path)


@contextmanager
def chromium(address, port=9335):
    """Yield a :class:`Browser`; its profile is thrown away."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
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


def main(address, folder, language, *names):
    """Take the pictures whose name begins with one of ``names``, all of them without any."""
    chosen = [name for name in PICTURES if not names or name.startswith(names)]
    if not chosen:
        raise SystemExit(f"no picture is called so: there are {', '.join(PICTURES)}")
    with chromium(address) as browser:
        browser.speak(language)
        for name in chosen:
            path = get_path(Path(folder), name, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside([browser.take(page) for page in PICTURES[name]]).quantize(256).save(path, optimize=True)
            size = path.stat().st_size
            print(f"{name}: {size:,} bytes", flush=True)
            if size > LARGEST:
                raise SystemExit(f"{path.name} is too large: show less")


def get_path(folder, name, language):
    """Return the file of a picture: English beside the English page that shows it, others in a folder of theirs."""
    path = folder / f"{name}.png"
    return path if language.startswith("en") else path.parent / language[:2] / path.name


if __name__ == "__main__":
    main(*sys.argv[1:])
