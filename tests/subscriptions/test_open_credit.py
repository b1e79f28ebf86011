"""What an organisation has open in its favour pays its next invoices before its card is charged."""

from odoo.fields import Command
from odoo.tests import tagged

from ..common.collection import CollectionCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestOpenCredit(CollectionCase):
    def overpay(self, amount, partner=None, **vals):
        """Enter money of the organisation that belongs to no invoice; return its open journal item."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.organisation).id,
                "amount": amount,
                "journal_id": self.bank.id,
                "date": self.today(),
                **vals,
            }
        )
        payment.action_post()
        return payment.move_id._practice_get_receivable_lines()

    def loose_credit_note(self, amount, partner=None):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": (partner or self.organisation).id,
                "invoice_date": self.today(),
                "invoice_line_ids": [
                    Command.create({"name": "A gift", "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
            }
        )
        note.action_post()
        return note

    def test_an_overpayment_and_a_credit_note_are_used_and_the_rest_is_charged(self):
        self.overpay(10.0)
        note = self.loose_credit_note(14.38)
        move = self.bill_one(self.subscribe_with("done"))
        self.assertEqual(move.amount_total, 94.38)
        self.assertEqual(move.amount_residual, 70.0)
        self.assertEqual(note.payment_state, "paid")
        self.collect()
        self.assertEqual(move.practice_attempt_ids.amount, 70.0)
        self.assertIn(move.payment_state, ("paid", "in_payment"))

    def test_what_is_more_than_the_invoice_waits_for_the_next_one(self):
        credit = self.overpay(100.0)
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.collect()
        self.assertFalse(move.practice_attempt_ids, "nothing is left to charge")
        self.assertFalse(move.practice_collection)
        self.assertEqual(credit.amount_residual, -5.62)
        self.go_to(day(2, 15))
        following = self.bill_one(subscription)
        self.assertEqual(following.amount_residual, 88.76)

    def test_it_is_used_without_a_saved_method_too_and_the_invoice_says_so(self):
        credit = self.overpay(30.0)
        move = self.bill_one(self.subscribe(organisation=self.organisation))
        self.assertEqual(move.amount_residual, 64.38)
        self.assertIn(credit.move_id.name, move.message_ids.mapped("body")[0])
        context = move._notify_by_email_prepare_rendering_context(move.message_ids[:1], {})
        self.assertTrue([words for words in context["subtitles"] if "30.00" in words and "64.38" in words])
        report = self.env["ir.actions.report"]
        html, _kind = report._render_qweb_html("account.report_invoice_with_payments", move.ids)
        self.assertIn("64.38", html.decode())

    def test_credit_that_comes_between_two_attempts_is_used_by_the_second(self):
        move = self.bill_one(self.subscribe_with("error"))
        self.collect()
        self.assertEqual(move.practice_collection, "retry")
        self.overpay(50.0)
        self.collect(day(1, 18))
        self.assertEqual(move.practice_attempt_ids.sorted("practice_attempt").mapped("amount"), [94.38, 44.38])

    def test_credit_that_pays_all_of_it_before_the_second_attempt_ends_the_collection(self):
        move = self.bill_one(self.subscribe_with("error"))
        self.collect()
        self.overpay(94.38)
        self.collect(day(1, 18))
        self.assertEqual(len(move.practice_attempt_ids), 1)
        self.assertFalse(move.practice_collection)
        self.assertIn(move.payment_state, ("paid", "in_payment"))

    def test_a_company_can_switch_it_off(self):
        self.company.practice_use_open_credit = False
        credit = self.overpay(30.0)
        subscription = self.subscribe_with("done")
        self.assertEqual(subscription._get_open_credit(), 0.0)
        self.bill_one(subscription)
        self.collect()
        self.assertEqual(credit.amount_residual, -30.0)

    def test_only_credit_of_this_customer_company_and_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        credits = [
            self.overpay(30.0, partner=self.make_organisation("Another")),
            self.overpay(30.0, currency_id=dollar.id),
        ]
        move = self.bill_one(self.subscribe_with("done"))
        self.assertEqual(move.amount_residual, move.amount_total)
        self.assertFalse(any(credit.reconciled for credit in credits))

    def test_money_that_goes_back_is_not_used(self):
        note = self.loose_credit_note(30.0)
        for method, open_amount in (("provider", 94.38), ("payment", 94.38), ("open", 64.38)):
            with self.subTest(method=method), self.env.cr.savepoint() as savepoint:
                note.practice_refund_method = method
                move = self.bill_one(self.subscribe(organisation=self.organisation))
                self.assertEqual(move.amount_residual, open_amount)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_invoices_that_are_no_subscriptions_are_left_alone(self):
        self.overpay(30.0)
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.organisation.id,
                "invoice_line_ids": [Command.create({"name": "Something else", "price_unit": 100.0})],
            }
        )
        move.action_post()
        self.assertEqual(move.amount_residual, move.amount_total)

    def test_credit_is_used_once_by_invoices_of_one_run(self):
        """Two companies of one group share their credit; a run bills both in one batch."""
        self.overpay(100.0)
        branch = self.make_organisation("A Branch", parent_id=self.organisation.id, is_company=False)
        subscriptions = self.subscribe(organisation=self.organisation) + self.subscribe(
            plan=self.starter, organisation=branch, seats=("Cor",)
        )
        self.run_billing()
        moves = subscriptions.period_ids.move_id
        self.assertEqual(moves.commercial_partner_id, self.organisation)
        self.assertEqual(self.currency.round(sum(moves.mapped("amount_total")) - 100.0), 12.53)
        self.assertEqual(self.currency.round(sum(moves.mapped("amount_residual"))), 12.53)

    def test_what_cannot_be_reconciled_does_not_stop_the_billing(self):
        self.overpay(30.0)
        name = "Broken by a test"
        lines = type(self.env["account.move.line"])
        self.patch(lines, "reconcile", lambda self: (_ for _ in ()).throw(ValueError(name)))
        with self.assertLogs("odoo.addons.practice_billing", "ERROR"):
            move = self.bill_one(self.subscribe(organisation=self.organisation))
        self.assertEqual((move.state, move.amount_residual), ("posted", 94.38))
        self.assertTrue([body for body in move.message_ids.mapped("body") if name in body])

    def test_a_debit_that_came_back_leaves_nothing_that_pays_the_next_invoice(self):
        subscription = self.subscribe_with("done")
        move = self.bill_one(subscription)
        self.collect()
        payment = move.practice_attempt_ids.payment_id
        payment.move_id._reverse_moves(
            [{"date": self.today()}],
            cancel=True,
        )
        self.assertEqual(move.payment_state, "not_paid")
        self.go_to(day(2, 15))
        following = self.bill_one(subscription)
        self.assertEqual(following.amount_residual, following.amount_total)

    def test_the_queries_of_looking_for_it_do_not_grow(self):
        moves = self.env["account.move"]
        for number in range(6):
            moves += self.bill(self.subscribe(organisation=self.make_organisation(f"Number {number}")))
        counts = []
        for some in (moves[:2], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.sudo()._practice_use_open_credit()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_the_portal_says_what_is_used_first(self):
        subscription = self.subscribe_with("done")
        self.assertFalse(subscription._prepare_portal_next_invoice()["open_credit"])
        self.overpay(30.0)
        self.assertIn("30.00", subscription._prepare_portal_next_invoice()["open_credit"])
        self.overpay(1000.0)
        self.assertIn("94.38", subscription._prepare_portal_next_invoice()["open_credit"])
