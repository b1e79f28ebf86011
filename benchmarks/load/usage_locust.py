"""Programs that record usage over the JSON API, and send much of it twice, as programs do that got no answer.

Two programs at a time are twins: they send the same references, so that both do it at the same instant now and then.
What the server said of each reference is kept and compared with the database afterwards, by ``usage_check.py``.
"""

import random
from collections import Counter, defaultdict

from load import sizes
from locust import HttpUser, between, events, task

FACTS, SIZE = sizes.read("facts"), sizes.read("size")
#: Rows of one call.
ROWS = 100

#: What was said of each reference: how often it was *recorded*, *duplicate* and *refused*.
said = defaultdict(Counter)
numbers = iter(range(SIZE["clients"]))


@events.test_stop.add_listener
def keep_what_was_said(**_kw):
    sizes.keep("done", said)


class Program(HttpUser):
    wait_time = between(*SIZE["think"])

    def on_start(self):
        self.client.headers.update({"Authorization": f"bearer {FACTS['key']}", "Connection": "close"})
        self.twins, self.calls = next(numbers) // 2, 0

    @task(3)
    def record_new_usage(self):
        self.calls += 1
        self.record(self.calls)

    @task(1)
    def send_again(self):
        if self.calls:
            self.record(random.randint(1, self.calls))

    def record(self, number):
        rows = [
            {
                "subscription": random.Random(f"{number} {row}").choice(FACTS["subscriptions"]),
                "kind": "file",
                "quantity": 1,
                "reference": f"{self.twins} {number} {row}",
            }
            for row in range(ROWS)
        ]
        with self.client.post(
            "/json/2/practice.subscription.usage/record_many",
            json={"rows": rows},
            name="record_many",
            catch_response=True,
        ) as answer:
            answers = answer.json() if answer.status_code == 200 else []
            if len(answers) != len(rows):
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
            for told in answers:
                said[told["reference"]][told["status"]] += 1
