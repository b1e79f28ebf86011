"""Who does not pay is told, step by step and once each, before access is lost."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.collection import CollectionCase
from ..common.subscriptions import day


@tagged("post_install", "-at_install")
class TestReminders(CollectionCase):
    """An invoice of 15 January, due on that day; 14 days of grace, noticed on the 16th: suspended on the 30th."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = cls.env["practice.reminder.step"]
        cls.plan = cls.steps.search([("company_id", "=", cls.company.id)])
        cls.organisation = cls.make_organisation()

    def setUp(self):
        super().setUp()
        self.subscription = self.subscribe(organisation=self.organisation, date_start="2026-01-15")
        self.invoice = self.bill(self.subscription)
        self.assertEqual(self.invoice.invoice_date_due, day(1, 15))

    def step(self, moment, days=0):
        return self.plan.filtered(lambda step: (step.moment, step.days) == (moment, days))

    def live(self, last, first="2026-01-16"):
        """Let every day pass, with the run in its morning; return ``[(day, what was sent)]`` to the organisation."""
        sent, today = [], day(*map(int, first.split("-")[1:]))
        while today <= last:
            before = self.subscription.reminder_ids
            mails = self.all_mails()
            self.follow_time(today)
            self.follow_time()
            new = self.subscription.reminder_ids - before
            sent += [(today.day, step.moment, step.days) for step in new.filtered("is_sent").step_id]
            self.assertEqual(len(self.all_mails() - mails), len(new.filtered("is_sent").step_id))
            today += timedelta(days=1)
        return sent

    def all_mails(self):
        mails = self.env["mail.mail"].search([("model", "=", "practice.subscription")], order="id")
        return mails.filtered(lambda mail: self.organisation in mail.recipient_ids)

    # === THE PLAN === #

    def test_a_company_begins_with_a_plan(self):
        self.assertEqual(
            [(step.moment, step.days, bool(step.template_id)) for step in self.plan],
            [
                ("overdue", 3, True),
                ("overdue", 10, True),
                ("before_suspension", 3, True),
                ("suspended", 0, True),
                ("ended", 0, True),
            ],
        )
        company = self.env["res.company"].create({"name": "Another"})
        self.assertEqual(self.steps.search_count([("company_id", "=", company.id)]), len(self.plan))
        self.plan.active = False
        self.env["res.company"]._practice_make_reminder_plans()
        mine = [("company_id", "=", self.company.id)]
        self.assertFalse(self.steps.search(mine), "what was archived is not made again")

    def test_nobody_is_suspended_without_a_word(self):
        self.assertEqual(
            self.live(day(1, 31)),
            [(18, "overdue", 3), (25, "overdue", 10), (27, "before_suspension", 3), (30, "suspended", 0)],
        )
        self.assertEqual(self.subscription.state, "suspended")
        self.assertEqual(set(self.subscription.reminder_ids.move_id), set(self.invoice))
        self.assertEqual(set(self.subscription.reminder_ids.mapped("amount")), {self.invoice.amount_residual})
        self.assertEqual(len(self.problems(self.subscription)), 1)

    def test_the_mail_says_what_is_open_and_until_when(self):
        self.follow_time("2026-01-16")
        self.follow_time("2026-01-18")
        mail = self.all_mails()
        body = str(mail.body_html)
        for words in (self.invoice.name, "94.38", "/my/subscription/open", "01/30/2026"):
            self.assertIn(words, body)
        self.assertEqual(mail.recipient_ids, self.organisation)

    def test_after_a_pause_of_the_run_one_reminder_comes_and_not_all(self):
        self.follow_time("2026-01-16")
        self.follow_time("2026-01-26")
        self.follow_time()
        self.assertEqual(len(self.all_mails()), 1)
        sent = self.subscription.reminder_ids.filtered("is_sent")
        self.assertEqual(sent.step_id, self.step("overdue", 10))
        self.assertEqual((self.subscription.reminder_ids - sent).step_id, self.step("overdue", 3))

    def test_several_invoices_are_in_one_mail_each_step_once(self):
        self.company.practice_grace_days = 60
        self.live(day(1, 26))
        self.bill(self.subscription, "2026-02-15")
        self.follow_time("2026-02-18")
        new = self.subscription.reminder_ids.filtered(lambda it: it.date == day(2, 18))
        second = self.last_invoice(self.subscription)
        self.assertEqual((new.move_id, new.step_id), (second, self.step("overdue", 3)))
        body = str(self.all_mails()[-1].body_html)
        self.assertTrue(self.invoice.name in body and second.name in body)

    def test_who_pays_hears_nothing_more(self):
        self.live(day(1, 20))
        self.pay(self.invoice)
        self.assertEqual(self.live(day(1, 31), "2026-01-21"), [])
        self.assertEqual(self.subscription.state, "active")

    def test_before_the_due_date_only_when_somebody_wants_it(self):
        self.steps.create({"moment": "before_due", "days": 5})
        later = self.env["account.payment.term"].create({"name": "PB 14 days", "line_ids": [(0, 0, {"nb_days": 14})]})
        organisation = self.make_organisation("Later", property_payment_term_id=later.id)
        subscription = self.subscribe(organisation=organisation, date_start="2026-01-15")
        self.bill(subscription)
        self.follow_time("2026-01-23")
        self.assertFalse(subscription.reminder_ids)
        self.follow_time("2026-01-24")
        self.assertEqual(subscription.reminder_ids.step_id.moment, "before_due")

    # === WAITING === #

    def test_a_promise_is_waited_for(self):
        self.follow_time("2026-01-16")
        self.subscription.promised_until = "2026-01-31"
        self.assertEqual(self.live(day(1, 31), "2026-01-17"), [])
        self.assertEqual((self.subscription.state, self.subscription.suspension_date), ("past_due", day(2, 1)))
        self.follow_time("2026-02-01")
        self.assertEqual(self.subscription.state, "suspended")

    def test_what_is_collected_by_itself_is_not_reminded_of_until_that_failed(self):
        self.subscription._set_payment_token(self.make_token(self.organisation, "pending"))
        self.collect()
        self.assertEqual(self.invoice.practice_collection, "collecting")
        self.assertEqual(self.live(day(1, 31)), [])
        self.invoice.transaction_ids._set_error("AM04")
        self.follow_time("2026-02-01")
        self.assertEqual((self.subscription.state, self.subscription.past_due_since), ("past_due", day(2, 1)))
        self.assertEqual(
            self.live(day(2, 15), "2026-02-02"),
            [(3, "overdue", 3), (10, "overdue", 10), (12, "before_suspension", 3), (15, "suspended", 0)],
        )

    # === FEE === #

    def test_a_fee_is_charged_once(self):
        product = self.make_service("Reminder fee")
        self.step("overdue", 10).write({"fee_product_id": product.id, "fee_amount": 40.0})
        self.live(day(1, 26))
        [fee] = self.subscription.reminder_ids.fee_move_id
        self.assertEqual((fee.state, fee.amount_total, fee.partner_id), ("posted", 48.4, self.organisation))
        self.assertIn(self.invoice.name, fee.invoice_line_ids.name)
        self.assertTrue(fee.sending_data)

    def test_a_plan_that_makes_no_sense_is_refused(self):
        product = self.make_service("Reminder fee")
        for vals, words in (
            ({"moment": "suspended", "days": 2}, "happens on that day"),
            ({"moment": "overdue", "days": 0}, "at least 1 day"),
            ({"moment": "overdue", "days": 4, "fee_product_id": product.id}, "Give both or neither"),
            ({"moment": "before_due", "days": 4, "fee_product_id": product.id, "fee_amount": 1}, "not late yet"),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
                self.steps.create(vals)
        with self.assertRaisesRegex(Exception, "_moment_uniq"), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.steps.create({"moment": "overdue", "days": 3})
