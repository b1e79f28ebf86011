"""The examples of ``docs/extending.md``: an add-on that is installed, does what the page says, and stands there word by
word."""

import re
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tools import config

from ..common.databases import database_copy, run_odoo, run_script

DATA = Path(__file__).parent / "data"
EXAMPLE = "practice_billing_example"
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"

#: A block of code on the page, and the file that it is: "`models/plan.py`" stands on the line before.
QUOTED = re.compile(r"^`(\S+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Subscribe for a year to a plan with monthly prices only, record video, and miss an appointment.
SCRIPT = """
from odoo.fields import Command
from odoo.addons.practice_billing.tests.common.subscriptions import SubscriptionMixin

class Practice(SubscriptionMixin):
    now = None

Practice.env = env
Practice.setup_practice()
practice = Practice()

kind = env.ref("practice_billing_example.usage_kind_video")
plan = practice.starter
plan.usage_price_ids = [Command.create({"kind_id": kind.id, "unit_price": 4.0})]
subscription = practice.subscribe(plan, interval="year")
yearly = subscription._make_next_invoice().bill.total
print("a year for two:", yearly)

for _again in range(2):
    subscription._example_record_video(3, practice.today())
usage = subscription.unbilled_usage_ids
print("recorded:", usage.mapped("quantity"), usage.kind_id.name)

practice.give(practice.patient, credits=2)
event = practice.plan(start=practice.at(days=-1))
event.action_practice_mark_no_show()
event.action_practice_mark_no_show()
print("to call:", practice.patient.activity_ids.mapped("summary"), event.credit_state)
"""


@tagged("post_install", "-at_install")
class TestExtending(BaseCase):
    def test_the_examples_do_what_the_page_says(self):
        path = ",".join(map(str, [*config["addons_path"], DATA]))
        with database_copy("example") as database:
            output = run_odoo(database, f"--init={EXAMPLE}", f"--addons-path={path}")
            self.assertNotIn("ERROR", output)
            done = run_script(database, SCRIPT, f"--addons-path={path}")
        self.assertIn("a year for two: 300.0", done)
        self.assertIn("recorded: [3.0] Hour of video", done)
        self.assertIn("to call: ['Did not come: ask how it goes'] forfeited", done)

    def test_the_page_quotes_them_word_by_word(self):
        quoted = dict(QUOTED.findall(PAGE.read_text()))
        files = {
            str(path.relative_to(DATA / EXAMPLE)): path.read_text()
            for path in (DATA / EXAMPLE).rglob("*.*")
            if path.suffix in (".py", ".xml") and path.name != "__init__.py"
        }
        self.assertEqual(quoted, files)

    def test_the_methods_that_the_page_names_are_there(self):
        code = "".join(path.read_text() for path in (ROOT / "models").rglob("*.py"))
        named = set(re.findall(r"`(_[a-z_]+|record_many)`", PAGE.read_text()))
        self.assertEqual([name for name in named if f"def {name}(" not in code], [])
        self.assertGreater(len(named), 5)
