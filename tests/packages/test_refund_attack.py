"""The run that returns money is killed, and run by several processes at once: a provider is asked once for each."""

# Other processes see only what is committed; pylint: disable=invalid-commit
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.attacks import AttackCase
from ..common.practice import dose
from ..common.races import RaceCase, done, refused
from ..common.refunds import RefundPracticeMixin


@tagged("post_install", "-at_install")
class TestRefundsUnderAttack(RefundPracticeMixin, AttackCase):
    def setUp(self):
        super().setUp()
        self.script, self.asked = self.make_asking_run(
            request="_send_refund_request", key="practice_credit_note_id.name", pause=0.05, run="_cron_return_money"
        )

    def queue(self, count):
        """Return ``count`` credit notes whose money waits for the run."""
        notes = self.env["account.move"].union(*(self.ask_refund(self.sell_online()) for _number in range(count)))
        self.assertEqual(set(notes.mapped("practice_refund_state")), {"queued"})
        self.cr.commit()
        return notes

    def assertAskedOnce(self, notes):
        """Check that no provider was asked twice for a credit note, and that what is returned is entered once."""
        self.env["payment.transaction"]._cron_post_process()
        self.cr.rollback()
        self.env.invalidate_all()
        asked = self.asked.read_text().split()
        self.assertEqual(len(asked), len(set(asked)))
        for note in notes:
            self.assertEqual(len(note.practice_refund_transaction_ids), 1)
            settled = note.practice_refund_state == "done"
            self.assertEqual(note.amount_residual, 0.0 if settled else note.amount_total)
            self.assertIn(note.practice_refund_state, ("done", "unanswered"))
            if settled:
                self.assertIn(note.name, asked)
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "in", notes.practice_refund_transaction_ids.ids)]
        )
        self.assertEqual(len(payments), len(notes.filtered(lambda it: it.practice_refund_state == "done")))

    def test_a_run_that_is_killed_again_and_again_asks_once(self):
        notes = self.queue(dose(20, 100))
        cut = self.kill_again_and_again(self.script, dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(self.script)))
        self.assertAskedOnce(notes)

    def test_several_processes_at_once_ask_once(self):
        notes = self.queue(dose(12, 60))
        processes = [self.start(self.script) for _number in range(3)]
        self.assertEqual([self.finish(process) for process in processes], [True] * 3)
        self.finish(self.start(self.script))
        self.assertAskedOnce(notes)
        self.assertEqual(set(notes.mapped("practice_refund_state")), {"done"}, "nobody died")


@tagged("post_install", "-at_install")
class TestRefundRaces(RefundPracticeMixin, RaceCase):
    now = None

    def test_of_two_who_refund_the_same_credits_one_does(self):
        lot = self.sell_online()
        self.cr.commit()

        def refund(env):
            return env["practice.credit.refund"].create({"lot_id": lot.id}).action_refund()["res_id"]

        outcomes = self.race([refund] * 4)
        self.assertEqual(len(done(outcomes)), 1)
        for loser in refused(outcomes):
            self.assertIsInstance(loser, UserError)
        self.assertLot(lot, available=0, refunded=10, value=0.0)
