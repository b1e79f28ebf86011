"""The run that charges is killed, and run by several processes at once: one key per invoice, and one payment."""

# Other processes see only what is committed; pylint: disable=invalid-commit
from odoo.tests import tagged

from ..common.attacks import AttackCase
from ..common.payments import PaymentMixin
from ..common.practice import dose


@tagged("post_install", "-at_install")
class TestCollectionUnderAttack(PaymentMixin, AttackCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_provider()
        cls.cr.commit()

    def setUp(self):
        super().setUp()
        self.script, self.asked = self.make_asking_run(
            request="_send_payment_request", key="reference", pause=0.02, run="_cron_collect"
        )

    def bill(self, count):
        """Return ``count`` posted invoices of subscriptions with a saved card."""
        subscriptions = self.subscribe(count)
        for subscription in subscriptions:
            subscription._set_payment_token(self.make_token(subscription.organisation_id))
        self.env["practice.subscription"]._cron_bill()
        moves = self.env["account.move"].search([("practice_subscription_id", "in", subscriptions.ids)])
        self.assertEqual(set(moves.mapped("practice_collection")), {"scheduled"})
        self.cr.commit()
        return moves

    def assertChargedOnce(self, moves):
        """Check that each invoice is paid, by one payment, and that the provider knows one key for it."""
        self.cr.rollback()
        self.env.invalidate_all()
        self.assertLessEqual(set(moves.mapped("payment_state")), {"paid", "in_payment"})
        attempts = moves.practice_attempt_ids
        self.assertEqual(len(attempts), len(moves))
        self.assertEqual(set(attempts.mapped("state")), {"done"})
        self.assertEqual(set(self.asked.read_text().split()), set(attempts.mapped("reference")))
        payments = self.env["account.payment"].search([("payment_transaction_id", "in", attempts.ids)])
        self.assertEqual(len(payments), len(moves))
        self.assertEqual(sum(payments.mapped("amount")), sum(moves.mapped("amount_total")))

    def test_a_run_that_is_killed_again_and_again_charges_each_invoice_once(self):
        moves = self.bill(dose(20, 150))
        cut = self.kill_again_and_again(self.script, dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(self.script)))
        # What was answered when the process died is followed by Odoo's own run.
        self.env["payment.transaction"]._cron_post_process()
        self.assertChargedOnce(moves)

    def test_several_processes_at_once_ask_once(self):
        moves = self.bill(dose(20, 150))
        processes = [self.start(self.script) for _number in range(3)]
        self.assertEqual([self.finish(process) for process in processes], [True] * 3)
        self.finish(self.start(self.script))
        self.env["payment.transaction"]._cron_post_process()
        self.assertChargedOnce(moves)
        asked = self.asked.read_text().split()
        self.assertEqual(len(asked), len(set(asked)), "nobody died, so nobody had to ask twice")
