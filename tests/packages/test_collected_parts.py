"""The parts of a package are charged by themselves, once the payer agreed: what is charged when, and what ends it."""

from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.instalments import CollectedPartsCase

SECOND, THIRD = date(2026, 4, 10), date(2026, 5, 10)


@tagged("post_install", "-at_install")
class TestAgreeing(CollectedPartsCase):
    def test_the_payer_agrees_to_days_and_amounts(self):
        invoice = self.agreed()
        self.assertRecordValues(
            invoice,
            [
                {
                    "practice_agreed_user_id": self.payer.id,
                    "practice_agreed_plan": f"2026-04-10 400.00 {invoice.currency_id.name}\n"
                    f"2026-05-10 400.00 {invoice.currency_id.name}",
                    "practice_agreed_amount": 800.0,
                    "practice_collect_date": SECOND,
                    "practice_collection": "scheduled",
                    "practice_parts_stopped": False,
                }
            ],
        )

    def test_what_was_shown_is_what_is_agreed_to(self):
        invoice = self.in_parts(paid=1).invoice_id
        plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
        self.pay(invoice, 100.0)
        with self.assertRaisesRegex(UserError, "have changed"):
            invoice._practice_agree_as_shown(self.payer, self.make_token(self.patient), plan)

    def test_nobody_agrees_for_the_payer(self):
        other = new_test_user(self.env, "pb_other", groups="base.group_portal")
        invoice = self.in_parts(paid=1).invoice_id
        for user in (other, self.env.user):
            with self.assertRaises(AccessError):
                self.agree(invoice, self.make_token(self.patient), user)
        self.assertFalse(invoice.practice_agreed_date)

    def test_the_patient_does_not_agree_for_who_pays(self):
        parent = self.make_patient("A Parent")
        invoice = self.in_parts(paid=1, partner_id=parent.id).invoice_id
        self.assertEqual(invoice.partner_id, parent)
        with self.assertRaises(AccessError):
            self.agree(invoice, self.make_token(self.patient))

    def test_only_an_own_method_with_this_company(self):
        invoice = self.in_parts(paid=1).invoice_id
        stranger = self.make_token(self.make_patient("A Stranger"))
        removed = self.make_token(self.patient)
        removed.active = False
        elsewhere = self.env["res.company"].create({"name": "PB elsewhere"})
        provider = self.provider.copy({"company_id": elsewhere.id, "state": "test"})
        provider.payment_method_ids = [Command.set(self.method.ids)]
        foreign = self.make_token(self.patient, provider_id=provider.id)
        for token in (stranger, removed, foreign, self.env["payment.token"]):
            with self.assertRaises(UserError):
                self.agree(invoice, token)
        self.assertFalse(invoice.practice_agreed_date)

    def test_an_invoice_due_on_one_day_is_not_collected(self):
        invoice = self.invoice()
        with self.assertRaises(UserError):
            self.agree(invoice, self.make_token(self.patient))

    def test_people_do_not_write_it(self):
        invoice, token = self.in_parts(paid=1).invoice_id, self.make_token(self.patient)
        for vals in ({"practice_parts_token_id": token.id}, {"practice_agreed_date": "2026-03-11 09:00:00"}):
            with self.assertRaises(AccessError):
                invoice.with_user(self.env.ref("base.user_admin")).write(vals)


@tagged("post_install", "-at_install")
class TestCollecting(CollectedPartsCase):
    def test_each_part_is_charged_on_its_day(self):
        invoice = self.agreed()
        lot = self.lot_of(invoice)
        self.collect()
        self.assertFalse(invoice.practice_attempt_ids)
        self.collect(days=30)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])
        self.assertLot(lot, paid=6, spendable=6, value=1200.0, state="active")
        self.assertRecordValues(invoice, [{"practice_collection": "scheduled", "practice_collect_date": THIRD}])
        self.collect()
        self.collect(days=30)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")] * 2)
        self.assertTrue(lot.is_paid)
        self.assertRecordValues(
            invoice,
            [
                {
                    "practice_collection": False,
                    "practice_collect_date": False,
                    "practice_parts_stopped": "paid",
                    "practice_parts_token_id": False,
                }
            ],
        )
        self.assertEqual(len(self.told(invoice, "receipt")), 2)
        self.assertFalse(self.problems(invoice))
        self.assertBooksAgree()

    def test_agreed_late_what_is_due_is_charged_at_once(self):
        invoice = self.in_parts().invoice_id
        self.travel(days=31)
        self.agree(invoice, self.make_token(self.patient))
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(800.0, "done")])
        self.assertEqual(invoice.practice_collect_date, THIRD)

    def test_announced_once(self):
        invoice = self.agreed()
        self.collect(days=26)
        self.assertFalse(self.told(invoice, "announced"))
        self.collect(days=1)
        self.collect()
        self.collect(days=1)
        [mail] = self.told(invoice, "announced")
        self.assertEqual(mail.recipient_ids, self.patient)
        self.assertIn("400.00", mail.body_html)
        self.assertIn("4242", mail.body_html)
        self.assertIn(f"/my/packages/parts/{invoice.id}", mail.body_html)
        self.collect(days=2)
        self.assertEqual(len(self.told(invoice, "announced")), 1)
        self.collect(days=27)
        self.assertEqual(len(self.told(invoice, "announced")), 2)

    def test_not_announced_when_that_is_switched_off(self):
        self.company.practice_announce_days = 0
        invoice = self.agreed()
        self.collect(days=29)
        self.assertFalse(self.told(invoice, "announced"))

    def test_a_failed_part_is_tried_again_and_then_given_up(self):
        invoice = self.agreed("error")
        self.collect(days=30)
        self.assertRecordValues(invoice, [{"practice_collection": "retry", "practice_collect_date": date(2026, 4, 13)}])
        self.collect(days=1)
        self.assertEqual(len(invoice.practice_attempt_ids), 1)
        self.collect(days=2)
        self.assertEqual(invoice.practice_collect_date, date(2026, 4, 18))
        self.assertFalse(self.problems(invoice))
        self.collect(days=5)
        self.assertEqual(self.card_payments(invoice), [(400.0, "error")] * 3)
        self.assertRecordValues(
            invoice,
            [{"practice_collection": "failed", "practice_parts_stopped": "failed", "practice_parts_token_id": False}],
        )
        self.assertEqual(len(self.told(invoice, "failed")), 3)
        self.assertEqual(len(self.problems(invoice)), 1)
        self.collect(days=60)
        self.assertEqual(len(invoice.practice_attempt_ids), 3)
        self.assertLot(self.lot_of(invoice), paid=3)

    def test_each_part_has_its_own_attempts(self):
        invoice = self.agreed("error")
        token = invoice.practice_parts_token_id
        self.collect(days=30)
        token.demo_simulated_state = "done"
        self.collect(days=3)
        self.assertEqual(self.card_payments(invoice), [(400.0, "error"), (400.0, "done")])
        token.demo_simulated_state = "error"
        self.collect(days=27)
        self.assertRecordValues(invoice, [{"practice_collection": "retry", "practice_collect_date": date(2026, 5, 13)}])

    def test_a_failed_part_that_is_paid_by_hand_is_not_tried_again(self):
        invoice = self.agreed("error")
        self.collect(days=30)
        self.pay_part(invoice)
        self.collect()
        self.assertRecordValues(invoice, [{"practice_collection": "scheduled", "practice_collect_date": THIRD}])
        self.collect(days=3)
        self.assertEqual(len(invoice.practice_attempt_ids), 1)

    def test_agreed_anew_after_it_was_given_up(self):
        self.company.practice_retry_days = False
        invoice = self.agreed("error")
        self.collect(days=30)
        self.assertEqual(invoice.practice_parts_stopped, "failed")
        self.agree(invoice, self.make_token(self.patient))
        self.assertEqual(invoice.practice_collection, "scheduled")
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(400.0, "error"), (400.0, "done")])

    def test_a_debit_on_its_way_is_not_charged_twice(self):
        invoice = self.agreed("pending")
        self.collect(days=30)
        self.assertEqual(invoice.practice_collection, "collecting")
        self.collect(days=31)
        self.assertEqual(self.card_payments(invoice), [(400.0, "pending")])
        self.notify(invoice.practice_attempt_ids, "done")
        self.assertLot(self.lot_of(invoice), paid=6)
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(400.0, "done"), (400.0, "pending")])

    def test_returned(self):
        invoice = self.agreed()
        self.collect(days=30)
        lot = self.lot_of(invoice)
        self.bounce(invoice.practice_attempt_ids.payment_id)
        self.collect()
        self.assertLot(lot, paid=3, spendable=3, value=1200.0)
        self.assertRecordValues(
            invoice,
            [{"practice_collection": "returned", "practice_parts_stopped": "returned", "practice_collect_date": False}],
        )
        self.assertEqual(len(self.told(invoice, "failed")), 1)
        self.assertEqual(len(self.problems(invoice)), 1)
        self.collect(days=40)
        self.assertEqual(len(invoice.practice_attempt_ids), 1, "nothing more is charged")
        self.agree(invoice, self.make_token(self.patient))
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(400.0, "done"), (800.0, "done")])
        self.assertTrue(lot.is_paid)
        self.assertBooksAgree()

    def test_the_last_part_returned_after_all_was_paid(self):
        invoice = self.agreed(paid=2)
        self.collect(days=60)
        self.assertEqual(invoice.practice_parts_stopped, "paid")
        self.bounce(invoice.practice_attempt_ids.payment_id)
        self.collect()
        self.assertEqual((invoice.practice_parts_stopped, len(self.problems(invoice))), ("returned", 1))

    def test_booked_when_it_is_on_the_statement_is_not_charged_twice(self):
        self.bank.inbound_payment_method_line_ids.payment_account_id = False
        invoice = self.agreed()
        self.collect(days=30)
        self.collect(days=1)
        self.assertEqual(len(invoice.practice_attempt_ids), 1)
        self.collect(days=29)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")] * 2)


@tagged("post_install", "-at_install")
class TestWhatIsOwed(CollectedPartsCase):
    """What is charged follows what is owed on the day."""

    def test_paid_by_transfer_on_the_same_day(self):
        invoice = self.agreed()
        self.travel(days=30)
        self.pay_part(invoice)
        self.collect()
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_collect_date, THIRD)

    def test_paid_in_half(self):
        invoice = self.agreed()
        self.travel(days=30)
        self.pay(invoice, 150.0)
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(250.0, "done")])

    def test_a_credit_note_lowers_what_is_charged(self):
        invoice = self.agreed()
        self.credit_note(invoice, 0.4)
        owed = invoice.amount_residual
        self.collect(days=30)
        self.collect(days=30)
        self.assertEqual(sum(amount for amount, _state in self.card_payments(invoice)), owed)
        self.assertFalse(invoice.amount_residual)
        self.assertBooksAgree()

    def test_written_off(self):
        invoice = self.agreed()
        self.lose(self.lot_of(invoice), 800.0)
        self.collect(days=60)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_parts_stopped, "paid")

    def test_due_on_another_day(self):
        invoice = self.agreed()
        second = invoice._practice_get_open_parts()[0]
        second.date_maturity = date(2026, 4, 20)
        self.collect(days=30)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_collect_date, date(2026, 4, 20))
        second.date_maturity = date(2026, 4, 11)
        self.collect()
        self.collect(days=1)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])

    def test_never_more_than_was_agreed_to(self):
        invoice = self.in_parts(paid=1).invoice_id
        payment = self.pay(invoice, 100.0)
        self.agree(invoice, self.make_token(self.patient))
        self.bounce(payment)
        self.collect(days=30)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_parts_stopped, "changed")

    def test_what_was_collected_counts_for_what_was_agreed_to(self):
        """A payment by hand that bounces is not charged on top of what was agreed to."""
        invoice = self.in_parts().invoice_id
        payment = self.pay_part(invoice)
        self.agree(invoice, self.make_token(self.patient))
        self.collect(days=30)
        self.bounce(payment)
        self.collect(days=30)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])
        self.assertEqual(invoice.practice_parts_stopped, "changed")

    def test_a_run_does_not_call_itself_again(self):
        invoice = self.agreed("error")
        self.collect(days=30)
        self.assertEqual(invoice.practice_collection, "retry")
        cron = self.env.ref("practice_billing.ir_cron_collect")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self.collect(hours=1)
        self.assertFalse(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_cancelled(self):
        invoice = self.agreed(paid=0)
        self.travel(days=-1)
        invoice.button_draft()
        self.assertFalse(invoice.practice_collection)
        invoice.button_cancel()
        self.collect(days=40)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_parts_stopped, "changed")

    def test_several_purchases_on_one_invoice(self):
        line = {"product_id": self.product.id, "quantity": 1.0}
        invoice = self.invoice(invoice_payment_term_id=self.three_parts.id, post=False)
        invoice.invoice_line_ids = [Command.create(line)]
        invoice.action_post()
        self.pay_part(invoice)
        self.agree(invoice, self.make_token(self.patient))
        self.collect(days=30)
        self.assertEqual(self.card_payments(invoice), [(800.0, "done")])
        self.assertEqual(self.lot_of(invoice).mapped("credits_paid"), [6, 6])
        self.assertBooksAgree()

    def test_of_another_customer_by_now(self):
        invoice = self.agreed()
        other = self.make_patient("Another One")
        invoice.practice_parts_token_id.partner_id = other
        self.collect(days=30)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_parts_stopped, "changed")

    def test_merged_contacts(self):
        invoice = self.agreed()
        other = self.make_patient("The Same One")
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.patient + other).ids, other, extra_checks=False)
        self.assertEqual(invoice.partner_id, other)
        self.collect(days=30)
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])
        self.assertEqual(invoice.practice_attempt_ids.partner_id, other)


@tagged("post_install", "-at_install")
class TestStopping(CollectedPartsCase):
    def assertStopped(self, invoice, reason):
        self.assertRecordValues(
            invoice,
            [
                {
                    "practice_parts_token_id": False,
                    "practice_collect_date": False,
                    "practice_collection": False,
                    "practice_parts_stopped": reason,
                }
            ],
        )
        self.collect(days=60)
        self.assertFalse(invoice.practice_attempt_ids)

    def test_by_the_payer(self):
        invoice = self.agreed()
        with self.assertRaises(AccessError):
            invoice._practice_withdraw(self.env.user)
        invoice._practice_withdraw(self.payer)
        self.assertStopped(invoice, "withdrawn")

    def test_by_the_practice(self):
        invoice = self.agreed()
        employee = new_test_user(self.env, "pb_somebody", groups="base.group_user,account.group_account_invoice")
        with self.assertRaises(AccessError):
            invoice.with_user(employee).action_practice_stop_collecting()
        desk = new_test_user(self.env, "pb_desk", groups="practice_billing.group_user")
        invoice.with_user(desk).action_practice_stop_collecting()
        self.assertStopped(invoice, "practice")

    def test_by_removing_the_method(self):
        invoice = self.agreed()
        invoice.practice_parts_token_id.active = False
        self.assertStopped(invoice, "method")

    def test_by_deleting_the_method(self):
        invoice = self.agreed()
        invoice.practice_parts_token_id.unlink()
        self.collect(days=60)
        self.assertFalse(invoice.practice_attempt_ids)
        self.assertEqual(invoice.practice_parts_stopped, "method")

    def test_stopped_after_the_attempt_was_made_and_before_it_was_asked_for(self):
        invoice = self.agreed()
        self.travel(days=30)
        attempt = invoice._practice_make_attempt()
        invoice._practice_withdraw(self.payer)
        self.collect()
        self.assertEqual(attempt.state, "error")
        self.assertFalse(self.told(invoice, "failed"))
        self.assertLot(self.lot_of(invoice), paid=3)
        self.assertEqual((invoice.practice_parts_stopped, invoice.practice_collection), ("withdrawn", False))

    def test_stopped_while_the_bank_works_on_it(self):
        invoice = self.agreed("pending")
        self.collect(days=30)
        invoice._practice_withdraw(self.payer)
        self.assertEqual(invoice.practice_collection, "collecting")
        self.notify(invoice.practice_attempt_ids, "done")
        self.assertLot(self.lot_of(invoice), paid=6)
        self.collect(days=31)
        self.assertEqual(len(invoice.practice_attempt_ids), 1)

    def test_only_what_is_due_is_charged_by_hand(self):
        invoice = self.agreed()
        with self.assertRaises(AccessError):
            desk = new_test_user(self.env, "pb_desk", groups="practice_billing.group_user")
            invoice.with_user(desk).action_practice_collect()
        with self.assertRaisesRegex(UserError, "nothing to charge"):
            invoice.action_practice_collect()


@tagged("post_install", "-at_install")
class TestBetween(CollectedPartsCase):
    """Between the attempt, which is committed, and the answer of the provider."""

    def test_killed_before_the_provider_was_asked(self):
        invoice = self.agreed()
        self.travel(days=30)
        attempt = invoice._practice_make_attempt()
        self.assertEqual(invoice.practice_collection, "charging")
        self.collect()
        self.assertEqual((attempt.state, self.card_payments(invoice)), ("done", [(400.0, "done")]))

    def test_paid_by_transfer_between(self):
        invoice = self.agreed()
        self.travel(days=30)
        attempt = invoice._practice_make_attempt()
        self.pay_part(invoice)
        self.collect()
        self.assertEqual(attempt.state, "error")
        self.assertFalse(self.told(invoice, "failed"))
        self.assertRecordValues(invoice, [{"practice_collection": "scheduled", "practice_collect_date": THIRD}])

    def test_the_provider_answers_late(self):
        invoice = self.agreed("pending")
        self.collect(days=30)
        attempt = invoice.practice_attempt_ids
        self.pay_part(invoice)
        self.notify(attempt, "done")
        self.assertLot(self.lot_of(invoice), paid=10)

    @mute_logger("odoo.addons.practice_billing.models.collecting.payment_transaction")
    def test_no_answer_is_asked_again_with_the_same_key(self):
        invoice = self.agreed()
        self.travel(days=30)

        def fail(transaction):
            raise RuntimeError("no network")

        with self.patch_charge(fail):
            self.collect()
            self.collect(hours=1)
        self.assertEqual(self.card_payments(invoice), [(400.0, "draft")])
        self.collect()
        self.assertEqual(self.card_payments(invoice), [(400.0, "done")])

    def patch_charge(self, fail):
        return patch.object(type(self.env["payment.transaction"]), "_send_payment_request", fail)

    def test_agreed_while_paying(self):
        invoice = self.in_parts().invoice_id
        coming = invoice._practice_get_open_parts() - invoice._practice_get_next_parts()
        transaction = (
            self.env["payment.transaction"]
            .with_user(self.payer)
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "reference": "first part",
                    "amount": 400.0,
                    "currency_id": invoice.currency_id.id,
                    "partner_id": self.patient.id,
                    "operation": "online_direct",
                    "invoice_ids": [Command.set(invoice.ids)],
                    "practice_agreed_plan": invoice._practice_describe_plan(coming),
                    "practice_agreed_amount": 800.0,
                }
            )
        )
        transaction.token_id = self.make_token(self.patient)
        self.notify(transaction, "done")
        self.assertRecordValues(
            invoice,
            [
                {
                    "practice_parts_token_id": transaction.token_id.id,
                    "practice_agreed_user_id": self.payer.id,
                    "practice_agreed_amount": 800.0,
                    "practice_collect_date": SECOND,
                }
            ],
        )
        invoice._practice_withdraw(self.payer)
        transaction._post_process()
        self.assertEqual(invoice.practice_parts_stopped, "withdrawn", "what is repeated does not agree anew")
        self.collect(days=30)
        self.assertFalse(invoice.practice_attempt_ids)
