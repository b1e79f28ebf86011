"""Tests that kill: subscriptions in a database of their own, and processes that work on them until they are ended."""

# Other processes see only what is committed; pylint: disable=invalid-commit
import random
import subprocess
import tempfile
import time
from pathlib import Path

from dateutil.relativedelta import relativedelta

from odoo.fields import Command

from .databases import CopyCase
from .forks import Forks
from .practice import PracticeMixin

#: What a process of a run that asks the provider executes. The provider writes down each request, as a real one does
#: outside the database, and takes its time to answer, so that the process can be killed after the money moved and
#: before that is known.
ASKING_RUN = """
import random, time

transactions = type(env["payment.transaction"])
answer = transactions.{request}

def send(transaction):
    with open({asked!r}, "a") as asked:
        asked.write(transaction.{key} + "\\n")
    time.sleep(random.uniform(0, {pause}))
    answer(transaction)

transactions.{request} = send
print("BEGIN", flush=True)
env["account.move"].{run}()
print("END", flush=True)
"""


class AttackCase(PracticeMixin, CopyCase):
    """Subscriptions in a database of their own, and processes that work on them and can be killed."""

    now = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forks = None
        cls.company.practice_subscription_journal_id = cls.sales
        cls.tax = cls.make_tax(price_include_override="tax_excluded")
        cls.plan = cls.env["practice.plan"].create(
            {
                "name": "Standard",
                "product_id": cls.env["product.product"]
                .create({"name": "Licence", "type": "service", "taxes_id": [Command.set(cls.tax.ids)]})
                .id,
                "income_account_id": cls.income.id,
                "deferred_account_id": cls.liability.id,
                "price_ids": [Command.create({"interval": "month", "amount": 39.0})],
            }
        )
        cls.cr.commit()

    def subscribe(self, count, months=1):
        """Make ``count`` subscriptions of two practitioners each, with ``months`` periods due by today."""
        start = self.today() - relativedelta(months=months - 1)
        country = self.env.ref("base.be").id
        address = {"street": "Coupure 1", "city": "Gent", "country_id": country, "is_company": True}
        organisations = self.env["res.partner"].create([{"name": f"Practice {n}", **address} for n in range(count)])
        people = self.env["res.partner"].create(
            [{"name": f"{name} of {org.name}"} for org in organisations for name in ("An", "Bert")]
        )
        subscriptions = self.env["practice.subscription"].create(
            [
                {
                    "organisation_id": organisation.id,
                    "plan_id": self.plan.id,
                    "date_start": start,
                    "seat_ids": [
                        Command.create({"practitioner_id": person.id, "date_from": start})
                        for person in people[2 * number : 2 * number + 2]
                    ],
                }
                for number, organisation in enumerate(organisations)
            ]
        )
        self.cr.commit()
        self.cr.execute("ANALYZE")
        self.cr.commit()
        return subscriptions

    def make_asking_run(self, **names):
        """Return the script of a run, and the file in which the provider writes down what it is asked.

        :param names: of ``ASKING_RUN``
        """
        asked = Path(self.enterContext(tempfile.TemporaryDirectory()), "asked")
        asked.touch()
        return ASKING_RUN.format(asked=str(asked), **names), asked

    def start(self, script):
        """Start a process that runs ``script``, which says BEGIN and END; return it once it begins."""
        process = self.get_forks().start(script)
        output = []
        for line in process.stdout:
            output.append(line)
            if line.startswith("BEGIN"):
                return process
        raise AssertionError("the process did not begin:\n" + "".join(output))

    @classmethod
    def get_forks(cls):
        """Return what starts processes in the database of this class, which is loaded for that once."""
        if cls.forks is None:
            cls.forks = cls.enterClassContext(Forks(cls.database))
        return cls.forks

    def finish(self, process):
        """Wait until a process ends, or was killed; return whether it came to its end."""
        output = process.stdout.read()
        process.wait()
        process.close()
        return "END" in output

    def kill_again_and_again(self, script, times):
        """Start ``times`` processes and kill each at a random moment; return how many were killed while they worked."""
        cut = 0
        for _attempt in range(times):
            process = self.start(script)
            try:
                process.wait(random.uniform(0.02, 0.6))
            except subprocess.TimeoutExpired:
                process.kill()
                cut += 1
            self.finish(process)
            self.wait_until_dead()
        return cut

    def wait_until_dead(self):
        """Wait until PostgreSQL has noticed that the killed process is gone, and given back its locks."""
        for _attempt in range(100):
            [[count]] = self.query(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state <> 'idle'"
            )
            self.cr.rollback()
            if not count:
                return
            time.sleep(0.1)
        raise AssertionError("a killed process still works in the database")
