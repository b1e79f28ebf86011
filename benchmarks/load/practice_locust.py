"""Patients who book on the portal, and front desks that plan in the back office: what ``dev/odoo load`` lets loose.

What a server confirmed is kept and compared with the database afterwards, by ``practice_check.py``.
"""

import random
import re
from datetime import UTC, datetime, timedelta
from http.client import SEE_OTHER

from load import sizes
from locust import HttpUser, between, events, task

FACTS, SIZE = sizes.read("facts"), sizes.read("size")
#: A patient takes one of the first free times: so do the others, and some of them come too late.
WANTED = 12
#: Errors of the server that tell a person what to do; others are faults.
IN_WORDS = ("odoo.exceptions.UserError", "odoo.exceptions.ValidationError")
#: What the form of an appointment reads back when it was saved.
SHOWN = {
    name: {}
    for name in ("name", "start", "stop", "attendance", "user_id", "patient_id", "practice_appointment_type_id")
}

#: Everything that was confirmed: ``[event, patient, practitioner, start]``, once more when it moved; then what became
#: of an event.
booked, cancelled, attended, refused = [], [], [], []
#: By which doors an event came to its time: ``{event: [what was done]}``.
doors = {}


@events.test_stop.add_listener
def keep_what_was_confirmed(**_kw):
    kept = {"booked": booked, "doors": doors, "cancelled": cancelled, "attended": attended, "refused": len(refused)}
    sizes.keep("done", kept)


def note_booked(door, event, patient, practitioner, start):
    """Keep that a server confirmed an appointment at this time; ``start`` is naive UTC."""
    booked.append([event, patient, practitioner, str(start)])
    doors.setdefault(event, []).append(f"{door} at {datetime.now():%H:%M:%S}")


class Person(HttpUser):
    """Somebody who is logged in, and thinks before each click."""

    abstract = True
    word = None

    def on_start(self):
        # As a reverse proxy asks: a worker that keeps a connection waits two seconds on it, and serves nobody else.
        self.client.headers["Connection"] = "close"
        self.client.cookies["session_id"] = FACTS["sessions"][self.word].pop()

    def read_token(self, path, name):
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(path, name=name).text or "")
        return found and found.group(1)


class Patient(Person):
    """Looks at the own packages and appointments, books, moves and cancels now and then."""

    weight = SIZE["patients"]
    fixed_count = SIZE["patients"]
    wait_time = between(*SIZE["think"])
    word = "patient"

    def on_start(self):
        super().on_start()
        self.coming = []

    @task(2)
    def look_at_packages(self):
        self.client.get("/my/packages", name="my packages")

    @task(2)
    def look_at_appointments(self):
        self.client.get("/my/appointments", name="my appointments")

    @task(6)
    def book(self):
        event = self.choose_time("book", f"/my/appointments/book?type_id={FACTS['type']}", "/my/appointments/book")
        if event:
            self.coming.append(event)
            self.client.get(f"/my/appointments/{event}?message=booked", name="an appointment")

    @task(1)
    def move(self):
        if self.coming:
            path = f"/my/appointments/{random.choice(self.coming)}/move"
            self.choose_time("move", path, path)

    def choose_time(self, door, page, path):
        """Choose one of the first free times of ``page`` and confirm it; return the event, or ``None``.

        :param str path: where a chosen time is confirmed and planned
        """
        page = self.client.get(page, name=f"{door}: free times")
        slots = re.findall(rf"{path}/confirm\?booking=([0-9-]+)", page.text or "")
        if not slots:
            return None
        slot = random.choice(slots[:WANTED])
        # Without a token the page says that somebody was faster, or that the credits are used up.
        token = self.read_token(f"{path}/confirm?booking={slot}", f"{door}: confirm a time")
        if not token:
            refused.append(slot)
            return None
        form = {"csrf_token": token, "booking": slot}
        with self.client.post(
            f"{path}/plan", data=form, name=door, allow_redirects=False, catch_response=True
        ) as answer:
            place = answer.headers.get("Location", "") if answer.status_code == SEE_OTHER else ""
        if "message=booked" not in place and "message=moved" not in place:
            refused.append(slot)
            return None
        event = int(re.search(r"/my/appointments/(\d+)", place).group(1))
        _type, practitioner, patient, moment = map(int, slot.split("-"))
        start = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
        note_booked(f"portal {door}", event, patient, practitioner, start)
        return event

    @task(1)
    def cancel(self):
        if not self.coming:
            return
        event = self.coming.pop(random.randrange(len(self.coming)))
        token = self.read_token(f"/my/appointments/{event}", "an appointment")
        with self.client.post(
            f"/my/appointments/{event}/cancel",
            data={"csrf_token": token, "cost": "0"},
            name="cancel",
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            if "message=cancelled" in answer.headers.get("Location", ""):
                cancelled.append(event)


class FrontDesk(Person):
    """Plans and marks appointments in the back office, with the calls that the web client makes."""

    weight = SIZE["desks"]
    fixed_count = SIZE["desks"]
    wait_time = between(*(0.5 * seconds for seconds in SIZE["think"]))
    word = "desk"

    def on_start(self):
        super().on_start()
        view = self.call("calendar.event", "get_views", [], views=[[False, "form"], [False, "search"]], options={})
        names = view["models"]["calendar.event"]["fields"] if view else SHOWN
        self.specification = {name: {} for name in names}
        self.planned = []

    def call(self, model, method, args, **kwargs):
        """Call a method; return the result (``True`` for none), or ``None`` after an error.

        An error that tells a person what to do counts as refused.
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        with self.client.post(
            f"/web/dataset/call_kw/{model}/{method}",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            name=f"{model} {method}",
            catch_response=True,
        ) as answer:
            try:
                body = answer.json()
            except ValueError:
                answer.failure(f"no JSON: {answer.status_code}")
                return None
            if "error" not in body:
                return body.get("result", True)
            name = body["error"].get("data", {}).get("name")
            if name in IN_WORDS:
                refused.append(name)
            else:
                answer.failure(f"{name}: {body['error'].get('data', {}).get('message')}")
            return None

    @task(2)
    def look_at_the_board(self):
        first = datetime.now().date()
        self.call("calendar.event", "practice_get_board", [str(first), str(first + timedelta(days=6))])

    @task(2)
    def look_at_a_patient(self):
        domain = [["patient_id", "=", random.choice(FACTS["patients"])]]
        self.call("calendar.event", "web_search_read", [], domain=domain, specification=SHOWN, limit=80)

    @task(5)
    def plan(self):
        if planned := self.plan_on(datetime.now() + timedelta(days=random.randint(1, 20)), "desk plan"):
            self.planned.append(planned)

    @task(1)
    def drag(self):
        """Drag an appointment of this desk on the day board, to another hour and perhaps to a colleague."""
        if not self.planned:
            return
        event, patient, start = random.choice(self.planned)
        start = start.replace(hour=random.randint(8, 15))
        practitioner = random.choice(FACTS["practitioners"])
        times = [str(start), str(start + timedelta(hours=1)), practitioner]
        said = self.call("calendar.event", "practice_move_on_board", [[event], *times])
        if said and not said["conflicts"] and not said["costs"]:
            note_booked("desk drag", event, patient, practitioner, start)
        elif said:
            refused.append(event)

    @task(2)
    def note_a_visit(self):
        """Enter a visit of the last weeks that nobody planned, and mark it."""
        day = datetime.now() - timedelta(days=random.randint(1, FACTS["past_days"]))
        if noted := self.plan_on(day, "desk note"):
            event, _patient, _start = noted
            if self.call("calendar.event", "action_practice_mark_attended", [[event]]) is not None:
                attended.append(event)

    def plan_on(self, day, door):
        """Plan for somebody who is looked up by name, at some hour; return ``(event, patient, start)``, or ``None``."""
        number = random.randrange(SIZE["patients"])
        found = self.call("res.partner", "name_search", [], name=f"patient {number}", domain=[], limit=8)
        patient = found and next((id_ for id_, name in found if name == f"patient {number}"), None)
        if not patient:
            return None
        start = day.replace(hour=random.randint(8, 15), minute=0, second=0, microsecond=0)
        practitioner = random.choice(FACTS["practitioners"])
        vals = {
            "practice_appointment_type_id": FACTS["type"],
            "patient_id": patient,
            "user_id": practitioner,
            "start": str(start),
            "stop": str(start + timedelta(hours=1)),
            "name": "Session",
        }
        self.call("calendar.event", "onchange", [[], vals, ["patient_id"], self.specification])
        saved = self.call("calendar.event", "web_save", [[], vals], specification=SHOWN)
        if not saved:
            return None
        event = saved[0]["id"]
        note_booked(door, event, patient, practitioner, start)
        return event, patient, start
