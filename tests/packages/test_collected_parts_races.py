"""Parts are charged by processes that are killed, by several at once, and while their payer stops it: charged once."""

# Other processes see only what is committed; pylint: disable=invalid-commit
from odoo.tests import new_test_user, tagged

from ..common.attacks import AttackCase
from ..common.instalments import CollectedPartsMixin
from ..common.practice import PracticeMixin, dose
from ..common.races import RaceCase, done


@tagged("post_install", "-at_install")
class TestCollectedPartsUnderAttack(CollectedPartsMixin, AttackCase):
    def setUp(self):
        super().setUp()
        self.script, self.asked = self.make_asking_run(
            request="_send_payment_request", key="reference", pause=0.05, run="_cron_collect"
        )

    def sell(self, count):
        """Return ``count`` invoices in parts, of which the first one is due today, to be charged to a saved card."""
        invoices = self.env["account.move"]
        for number in range(count):
            patient = self.make_patient(f"Payer {number}")
            login = f"pb_payer_{patient.id}"
            payer = new_test_user(self.env, login, groups="base.group_portal", partner_id=patient.id)
            invoice = self.in_parts(patient=patient).invoice_id
            self.agree(invoice, self.make_token(patient), payer)
            invoices |= invoice
        self.cr.commit()
        return invoices

    def assertFirstPartChargedOnce(self, invoices):
        self.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(set(invoices.mapped("amount_residual")), {800.0})
        attempts = invoices.practice_attempt_ids
        self.assertEqual((len(attempts), set(attempts.mapped("state"))), (len(invoices), {"done"}))
        self.assertEqual(set(self.asked.read_text().split()), set(attempts.mapped("reference")))
        payments = self.env["account.payment"].search([("payment_transaction_id", "in", attempts.ids)])
        self.assertEqual((len(payments), set(payments.mapped("amount"))), (len(invoices), {400.0}))
        self.assertEqual(set(invoices.practice_lot_ids.mapped("credits_paid")), {3})
        self.assertEqual(set(invoices.mapped("practice_collection")), {"scheduled"})

    def test_a_run_that_is_killed_again_and_again_charges_each_part_once(self):
        invoices = self.sell(dose(12, 100))
        cut = self.kill_again_and_again(self.script, dose(10, 40))
        self.assertTrue(cut, "no run was killed while it worked")
        self.assertTrue(self.finish(self.start(self.script)))
        # What was answered when the process died is followed by Odoo's own run.
        self.env["payment.transaction"]._cron_post_process()
        self.cr.commit()
        self.assertTrue(self.finish(self.start(self.script)))
        self.assertFirstPartChargedOnce(invoices)

    def test_several_processes_at_once_ask_once(self):
        invoices = self.sell(dose(12, 100))
        processes = [self.start(self.script) for _number in range(3)]
        self.assertEqual([self.finish(process) for process in processes], [True] * 3)
        self.finish(self.start(self.script))
        self.env["payment.transaction"]._cron_post_process()
        self.cr.commit()
        self.assertFirstPartChargedOnce(invoices)
        asked = self.asked.read_text().split()
        self.assertEqual(len(asked), len(set(asked)), "nobody died, so nobody had to ask twice")


@tagged("post_install", "-at_install")
class TestStoppedWhileCharged(CollectedPartsMixin, PracticeMixin, RaceCase):
    """Real sessions, real commits."""

    now = None

    def test_stopped_while_the_run_charges(self):
        """Either it was charged first and the next part is not, or it was stopped first and nothing is charged."""
        invoice = self.agreed(paid=0)
        self.cr.commit()

        def stop(env):
            env["account.move"].browse(invoice.id)._practice_withdraw(env["res.users"].browse(self.payer.id))

        def run(env):
            env["account.move"]._cron_collect()

        outcomes = self.race([stop, run])
        self.assertEqual(len(done(outcomes)), 2)
        self.env["account.move"]._cron_collect()
        self.env["payment.transaction"]._cron_post_process()
        self.cr.commit()
        self.env.invalidate_all()
        self.assertRecordValues(invoice, [{"practice_parts_stopped": "withdrawn", "practice_parts_token_id": False}])
        charged = sum(invoice.practice_attempt_ids.filtered(lambda it: it.state == "done").mapped("amount"))
        self.assertIn(charged, (0.0, 400.0))
        self.assertEqual(invoice.amount_residual, 1200.0 - charged)
        self.assertNotIn("draft", invoice.practice_attempt_ids.mapped("state"))
