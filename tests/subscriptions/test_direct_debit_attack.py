"""Files for the bank are made by processes that are killed, and by several at once: each collection is in one file."""

# Other processes see only what is committed; pylint: disable=invalid-commit
import base64
from collections import Counter

from odoo.tests import tagged

from ..common.attacks import AttackCase
from ..common.direct_debit import DirectDebitMixin
from ..common.payments import PaymentMixin
from ..common.practice import dose
from ..common.races import RaceCase, done

#: Makes files, slowly enough to be killed in between.
MAKING = """
import random, time

batches = type(env["practice.sepa.batch"])
take = batches._take

def slowly(batch, collection):
    time.sleep(random.uniform(0, 0.04))
    return take(batch, collection)

batches._take = slowly
print("BEGIN", flush=True)
env["practice.sepa.batch"]._cron_direct_debit()
print("END", flush=True)
"""


class WaitingMixin(DirectDebitMixin, PaymentMixin):
    """Collections that wait for a file, in a database in which others see what is committed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_provider()
        cls.setup_direct_debit()
        cls.cr.commit()

    def wait(self, count):
        """Return ``count`` collections of invoices that wait for a file."""
        subscriptions = self.subscribe(count)
        for subscription in subscriptions:
            subscription._set_payment_token(self.sign(subscription.organisation_id).token_id)
        self.env["practice.sepa.mandate"].search([]).text = False  # no documents here
        self.env["practice.subscription"]._cron_bill()
        self.env["account.move"]._cron_collect()
        collections = self.env["payment.transaction"].search(
            [("practice_subscription_id", "in", subscriptions.ids), ("state", "=", "pending")]
        )
        self.assertEqual(len(collections), count)
        self.cr.commit()
        return collections

    def assertInOneFile(self, collections):
        """Check that each collection is in one file, as a bank reads it, and that the rows say the same."""
        self.cr.rollback()
        self.env.invalidate_all()
        batches = self.env["practice.sepa.batch"].search([("state", "!=", "cancelled")])
        read = {batch: [payment["name"] for payment in self.read_file(batch)] for batch in batches}
        names = set(collections.mapped("sepa_end_to_end"))
        found = Counter(name for file in read.values() for name in file if name in names)
        self.assertEqual(found, Counter(names))
        for collection in collections:
            self.assertIn(collection.sepa_end_to_end, read[collection.sepa_batch_id])
        mandates = collections.token_id._practice_get_mandate_sudo()
        self.assertEqual(set(mandates.mapped("collection_count")), {1})


@tagged("post_install", "-at_install")
class TestDirectDebitUnderAttack(WaitingMixin, AttackCase):
    def test_a_run_that_is_killed_again_and_again_puts_each_collection_into_one_file(self):
        collections = self.wait(dose(20, 60))
        cut = self.kill_again_and_again(MAKING, dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(MAKING)))
        self.assertInOneFile(collections)

    def test_several_processes_at_once_make_one_file_of_each(self):
        collections = self.wait(dose(12, 60))
        processes = [self.start(MAKING) for _number in range(3)]
        self.assertEqual([self.finish(process) for process in processes], [True] * 3)
        self.assertTrue(self.finish(self.start(MAKING)))
        self.assertInOneFile(collections)


@tagged("post_install", "-at_install")
class TestDirectDebitRaces(WaitingMixin, AttackCase, RaceCase):
    muted = (*RaceCase.muted, "odoo.addons.payment.models.payment_transaction")

    def make(self, count=2):
        collections = self.wait(count)
        self.env["practice.sepa.batch"]._cron_direct_debit()
        self.cr.commit()
        return collections, collections.sepa_batch_id

    def test_made_by_two_people_at_once(self):
        collections = self.wait(4)
        make = [lambda env: env["practice.sepa.batch"].action_make() and True] * 2
        outcomes = self.race(make, context={"allowed_company_ids": self.company.ids})
        self.assertTrue(done(outcomes), outcomes)
        self.assertInOneFile(collections)

    def test_cancelled_by_two_people_at_once_or_uploaded_meanwhile(self):
        for other in ("action_cancel", "action_mark_uploaded"):
            with self.subTest(other=other):
                collections, batch = self.make()
                number = batch.id

                def act(name, number=number):
                    return lambda env: getattr(env["practice.sepa.batch"].browse(number), name)() or True

                outcomes = self.race([act("action_cancel"), act(other)])
                self.assertEqual(len(done(outcomes)), 1)
                self.assertIn(batch.state, ("cancelled", "uploaded"))
                self.assertEqual(bool(collections.sepa_batch_id), batch.state == "uploaded")
                counts = set(collections.token_id._practice_get_mandate_sudo().mapped("collection_count"))
                self.assertEqual(counts, {int(batch.state == "uploaded")})
                if batch.state == "cancelled":
                    self.env["practice.sepa.batch"]._cron_direct_debit()
                    self.cr.commit()

    def test_settled_by_two_people_at_once(self):
        collections, batch = self.make()
        batch.action_mark_uploaded()
        self.cr.commit()
        number = batch.id
        outcomes = self.race([lambda env: env["practice.sepa.batch"].browse(number).action_settle() or True] * 2)
        self.assertEqual(len(done(outcomes)), 1)
        payments = self.env["account.payment"].search([("payment_transaction_id", "in", collections.ids)])
        self.assertEqual(len(payments), len(collections))

    def test_the_same_answer_loaded_twice_at_once(self):
        collections, batch = self.make()
        batch.action_mark_uploaded()
        batch.action_settle()
        self.cr.commit()
        company = self.company.id
        files = [
            base64.b64encode(self.say_returned(collections, "AM04", message=message).encode()).decode()
            for message in ("A", "A", "B")
        ]

        def load(content):
            return lambda env: (
                env["practice.sepa.message"].with_context(allowed_company_ids=[company]).load_file("a.xml", content)
            )

        self.assertTrue(done(self.race([load(content) for content in files])))
        # Who met a lock was refused, and loads the file again.
        for content in files:
            load(content)(self.env)
        self.assertEqual(set(collections.mapped("state")), {"error"})
        for collection in collections:
            self.assertEqual(len(collection.payment_id.move_id.reversal_move_ids), 1)
        self.assertEqual(len(self.env["practice.sepa.message"].search([("name", "=", "A")])), 1)

    def test_revoked_while_the_file_is_made(self):
        collections = self.wait(2)
        number = collections[0].token_id._practice_get_mandate_sudo().id
        self.race(
            [
                lambda env: env["practice.sepa.batch"]._cron_direct_debit() or True,
                lambda env: env["practice.sepa.mandate"].browse(number).action_revoke() or True,
            ]
        )
        batch = collections[0].sepa_batch_id
        if batch:  # made first: it says so before it is uploaded
            self.assertTrue(batch._find_problems())
        else:
            self.env["practice.sepa.batch"]._cron_direct_debit()
            self.assertEqual(collections[0].state, "error")
