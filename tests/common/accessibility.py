"""What the tests share that look at pages in a browser: for who cannot see, zooms in, prints, or has no mouse."""

import contextlib
import json
import os
import time
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from odoo.tests.common import ChromeBrowser, ChromeBrowserException

from odoo.addons.bus.websocket import WebsocketConnectionHandler

#: The file of axe-core, which `dev/odoo test` provides.
AXE = os.environ.get("PRACTICE_AXE")

#: Widths of a desk and of a phone, and what is left of the first at 200 % zoom, and of the smallest phones.
DESK, ZOOMED, PHONE, SMALLEST = 1280, 640, 390, 320

#: How often Tab may stay in one element.
STAYS = 5

#: Seconds that a page may take.
PATIENCE = 30


class NotOurs(NamedTuple):
    """What axe finds in Odoo's own pages around ours."""

    selector: str
    reason: str
    rule: str = ""


NOT_OURS = (
    NotOurs(
        ".js_language_selector",
        "Odoo's choice of languages below every page, in a colour that the company chose",
        "color-contrast",
    ),
    NotOurs(
        ".o_payment_form [data-bs-toggle='tooltip']",
        "Odoo's payment form, of a provider in test mode only",
        "aria-prohibited-attr",
    ),
    NotOurs(".o_main_navbar, .o_control_panel", "Odoo's menu, and search above every view of the back office"),
    NotOurs("html:has(> .o_web_client)", "Odoo's back office does not say its language", "html-has-lang"),
)

FIND = """(async (notOurs) => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    const found = [];
    for (const {id, impact, nodes} of violations) {
        if (!["serious", "critical"].includes(impact)) continue;
        for (const {target, any, all, none} of nodes) {
            const it = document.querySelector(target[0]);
            if (notOurs.some(([selector, , rule]) => (!rule || rule === id) && it.closest(selector))) continue;
            found.push(`${id} of ${target}: ${[...any, ...all, ...none].map((it) => it.message)}`);
        }
    }
    return found;
})"""

#: Ends when the page has another size; the back office draws what it shows anew.
SETTLE = """new Promise((done) => {
    if (!document.querySelector(".o_web_client")) return requestAnimationFrame(() => setTimeout(done));
    let timer = setTimeout(done, 500);
    new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, 500); })
        .observe(document, {subtree: true, childList: true, attributes: true});
})"""

#: What sticks out of a page that has to be scrolled sideways.
STICKS_OUT = """(() => {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= width) return [];
    const all = [...document.querySelectorAll("body *")].filter((it) => it.getBoundingClientRect().right > width + 1);
    return all.slice(0, 3).map((it) => it.outerHTML.slice(0, 150));
})()"""

#: What is of no use on paper; the logo is a link, and stays. Nobody prints Odoo's back office and home page.
ON_PAPER = """document.querySelector(".o_web_client, .o_portal_my_home") ? [] : [...document.querySelectorAll(
    "nav a:not(.navbar-brand), footer, .breadcrumb, .pagination, button, .btn, [type=submit]"
)].filter((it) => it.checkVisibility() && it.getBoundingClientRect().width).map((it) => it.outerHTML.slice(0, 150))"""

#: How everything looks that can have the focus, while it has not; nothing moves meanwhile.
REMEMBER_LOOKS = """(() => {
    document.head.insertAdjacentHTML("beforeend", "<style>* { transition: none !important; }</style>");
    window.practiceLook = (it) => {
        const {outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor} = getComputedStyle(it);
        const outline = outlineStyle === "none" ? "" : outlineWidth;
        return [outline, boxShadow, borderColor, backgroundColor].join();
    };
    document.activeElement.blur();
    const all = document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]");
    window.practiceLooks = new Map([...all].map((it) => [it, window.practiceLook(it)]));
})()"""

#: What nobody sees the focus on, of what can have it; in the back office on the day board.
UNSEEN_FOCUS = """(() => {
    const ours = document.querySelector(".o_web_client") ? ".o_practice_board *" : "body *";
    const all = [...window.practiceLooks.keys()].filter((it) => it.matches(ours) && it.tabIndex >= 0 && !it.disabled);
    const unseen = all.filter((it) => {
        it.focus({focusVisible: true});
        return it === document.activeElement && window.practiceLooks.get(it) === window.practiceLook(it);
    });
    document.activeElement.blur();
    return unseen.map((it) => it.outerHTML.slice(0, 150));
})()"""

#: Where the focus is, as ``[number, HTML, whether it is seen, whether it is what is looked for]``.
LOOK = """(([selector, text]) => {
    const it = document.activeElement;
    const {width, height, bottom, top} = it.getBoundingClientRect();
    const isSeen = width && height && bottom > 0 && top < innerHeight && practiceLooks.get(it) !== practiceLook(it);
    const isIt = it.matches(selector) && (it.value || it.innerText).includes(text);
    return [[...document.querySelectorAll("*")].indexOf(it), it.outerHTML.slice(0, 200), isSeen, isIt];
})"""

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " "), "ArrowDown": (40, "")}


class BrowserMixin:
    """A browser that a test steers itself, page by page; for an ``HttpCase``."""

    def setUp(self):
        super().setUp()
        self.browser = ChromeBrowser(self)
        self.addCleanup(self.browser.stop)
        # A page that stays connected keeps the server from ending.
        self.enterContext(patch.object(WebsocketConnectionHandler, "websocket_allowed", return_value=False))

    @contextlib.contextmanager
    def looking_as(self, login):
        """Let the browser be of somebody who logs in, or with None of nobody; meanwhile only it asks the database."""
        self.authenticate(login, login and login.ljust(8, "x"), browser=self.browser)
        self.cr.flush()
        self.cr.clear()
        with self.allow_requests(browser=self.browser):
            yield
            self.call_browser("Page.navigate", url="about:blank")
            self._wait_remaining_requests()
        self.env.invalidate_all()

    def call_browser(self, method, **params):
        return self.browser._websocket_request(method, params=params, timeout=PATIENCE)

    def evaluate(self, script):
        """Return what a script says, once it has ended."""
        answer = self.call_browser("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        self.assertNotIn("exceptionDetails", answer, script[:200])
        return answer["result"].get("value")

    def wait_for(self, script):
        """Wait until a script says true."""
        deadline = time.monotonic() + PATIENCE
        while not self._says(script):
            self.assertLess(time.monotonic(), deadline, f"{script} on {self.evaluate('location.href')}")
            time.sleep(0.05)

    def _says(self, script):
        try:
            return self.evaluate(script)
        except ChromeBrowserException:  # the page went elsewhere meanwhile
            return False

    def show(self, path, ready="true"):
        """Show a page and wait until it is there."""
        self.call_browser("Page.navigate", url=self.base_url() + path)
        self.wait_for(f"document.readyState === 'complete' && {ready}")

    def resize(self, width, height=900):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call_browser("Emulation.setDeviceMetricsOverride", **size)
        self.evaluate(SETTLE)

    @contextlib.contextmanager
    def paper(self):
        self.call_browser("Emulation.setEmulatedMedia", media="print")
        yield
        self.call_browser("Emulation.setEmulatedMedia", media="")


class AccessibilityMixin(BrowserMixin):
    """Pages that everybody can read; a test says with :meth:`assertForEverybody` which."""

    def assertForEverybody(self, login, paths, ready="true"):
        """Check pages as somebody sees them.

        :param ready: a script that says whether a page is there
        """
        axe = Path(AXE).read_text(encoding="utf-8")
        with self.looking_as(login):
            for path in paths:
                self.resize(DESK)
                self.show(path, ready)
                self.evaluate(f"{axe};true")
                with self.subTest(login=login, path=path):
                    self.assertEqual({where: what for where, what in self.find_problems().items() if what}, {})

    def find_problems(self):
        """Return what is wrong with the page, by width; where nobody sees the focus; and what is on paper too much."""
        found = {}
        for width in (DESK, ZOOMED, PHONE, SMALLEST):
            self.resize(width)
            if width in (DESK, PHONE):
                found[width] = self.evaluate(f"{FIND}({json.dumps(NOT_OURS)})")
            found[f"{width} sideways"] = self.evaluate(STICKS_OUT)
        self.evaluate(REMEMBER_LOOKS)
        found["focus"] = self.evaluate(UNSEEN_FOCUS)
        with self.paper():
            found["paper"] = self.evaluate(ON_PAPER)
        return found


class KeyboardMixin(BrowserMixin):
    """Somebody without a mouse: real key events, and the focus seen wherever it goes."""

    def press(self, key):
        code, text = KEYS[key]
        name = " " if key == "Space" else key
        event = {"key": name, "code": key, "windowsVirtualKeyCode": code}
        self.call_browser("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.call_browser("Input.dispatchKeyEvent", type="keyUp", **event)

    def type_text(self, text):
        self.call_browser("Input.insertText", text=text)

    def tab_to(self, selector, text=""):
        """Press Tab until the focus has been everywhere, then until it is on the first element with this text."""
        self.wait_for("document.readyState === 'complete'")
        self.evaluate(REMEMBER_LOOKS)
        seen = []
        for _attempt in range(200):
            self.press("Tab")
            number, html, is_seen, is_it = self.evaluate(f"{LOOK}({json.dumps([selector, text])})")
            if html.startswith("<body"):  # the browser's own bar, which a page without window has not
                continue
            self.assertTrue(is_seen, f"nobody sees the focus on {html}")
            # Day, month and year of a date are one element.
            self.assertNotEqual(seen[-STAYS:], [number] * STAYS, f"Tab does not lead out of {html}")
            if is_it and number in seen[:-1]:
                return
            seen.append(number)
        self.fail(f"Tab does not lead to {selector} {text!r} on {self.evaluate('location.href')}")

    def follow(self, selector, text="", key="Enter"):
        """Go to an element with Tab, press a key on it, and wait for the page that it leads to."""
        self.tab_to(selector, text)
        self.evaluate("window.practiceLeft = true")
        self.press(key)
        self.wait_for("!window.practiceLeft && document.readyState === 'complete'")

    def see(self, selector, text=""):
        """Wait for an element with this text."""
        all_of_them = f"[...document.querySelectorAll({json.dumps(selector)})]"
        self.wait_for(f"{all_of_them}.some((it) => it.innerText.includes({json.dumps(text)}))")
