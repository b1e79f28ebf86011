"""Memberships: a plan that gives credits of a package each period, and the books that hold their money."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.subscriptions import SubscriptionCase, day


@tagged("post_install", "-at_install")
class TestMembership(SubscriptionCase):
    """Four visits a month for € 120, without tax: € 30 a visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visits = cls.make_product(cls.package, name="Four visits", package_credits=4, list_price=120.0)
        cls.membership = cls.make_plan(
            "Member",
            {"month": {"standard": 120.0}},
            product_id=cls.visits.id,
            income_account_id=False,
            deferred_account_id=False,
        )
        cls.member = cls.make_organisation("An Peeters", is_company=False)

    def begin(self, plan=None, pay=True, **vals):
        """Let the member subscribe; bill (and pay) the first period."""
        subscription = self.subscribe(plan or self.membership, self.member, seats=(), **vals)
        self.bill(subscription)
        if pay:
            self.pay(subscription.period_id.move_id)
        return subscription

    def lots(self, subscription):
        """Return the credits that a subscription gave, oldest first."""
        lots = self.env["practice.credit.lot"].search([("invoice_id", "in", subscription.period_ids.move_id.ids)])
        return lots.sorted("id")

    def test_the_member_has_a_seat_and_gets_the_credits_of_the_period(self):
        subscription = self.begin()
        self.assertEqual(subscription.seat_ids.practitioner_id, self.member)
        self.assertEntry(
            subscription.period_id.move_id, (self.receivable(self.member), 120.0), (self.liability, -120.0)
        )
        lot = self.lots(subscription)
        self.assertLot(lot, total=4, available=4, value=120.0, origin="plan", state="active", expiry_date=day(2, 14))
        self.assertEqual(lot.partner_id, self.member)
        self.assertFalse(subscription.period_id.release_ids)
        self.assertBooksAgree()

    def test_the_member_is_called_a_member(self):
        subscription = self.begin()
        subscription.seat_ids = [
            Command.create({"practitioner_id": self.practitioner("Bert").id, "date_from": day(2, 1)})
        ]
        self.bill(subscription, "2026-02-15")
        words = [
            *subscription.period_ids.move_id.invoice_line_ids.mapped("name"),
            subscription._prepare_portal_price(),
            self.membership._describe_price_from(130.0, day(3, 15)),
        ]
        self.assertIn("member", subscription._prepare_portal_price())
        for text in words:
            self.assertNotRegex(text, "(?i)practitioner|organisation")

    def test_credits_are_given_when_the_invoice_is_paid(self):
        subscription = self.begin(pay=False)
        self.assertLot(self.lots(subscription), available=4, state="pending")
        with self.assertRaises(UserError):
            self.plan_visit()
        self.pay(subscription.period_id.move_id)
        self.assertLot(self.lots(subscription), state="active")
        self.plan_visit()
        self.assertLot(self.lots(subscription), available=3, reserved=1)

    def plan_visit(self, start=None):
        return self.plan(self.member, start)

    def test_a_visit_releases_its_share_to_the_ledger_account_of_the_package(self):
        subscription = self.begin()
        self.happen(self.plan_visit())
        self.release()
        self.assertLot(self.lots(subscription), used=1, value=90.0)
        self.assertEqual((self.balance(self.liability), self.balance(self.income)), (-90.0, -30.0))
        self.assertBooksAgree()

    def test_what_is_not_used_expires_with_the_period(self):
        subscription = self.begin()
        self.happen(self.plan_visit())
        self.go_to("2026-02-15")
        self.expire()
        lot = self.lots(subscription)
        self.assertLot(lot, used=1, lost=3, available=0, value=0.0, state="expired")
        self.release()
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertEqual((self.balance(self.income), self.balance(self.breakage)), (-30.0, -90.0))
        self.assertBooksAgree()

    def expire(self):
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_expired_domain(self.company))._expire()

    def to_warn(self, days):
        """Return the credits whose warning of this many days is due."""
        lots = self.env["practice.credit.lot"]
        return lots.search(lots._get_warning_domain(self.company, days))

    def test_the_credits_of_a_month_are_warned_of_a_week_before_they_expire_and_not_at_once(self):
        lot = self.lots(self.begin())
        self.assertFalse(self.to_warn(30))
        self.go_to("2026-02-07")
        self.assertFalse(self.to_warn(30))
        self.assertEqual(self.to_warn(7), lot)

    def test_the_credits_of_a_year_are_warned_of_as_any_others(self):
        self.membership.price_ids = [Command.create({"interval": "year", "kind": "standard", "amount": 1200.0})]
        lot = self.lots(self.begin(interval="year"))
        self.go_to("2026-12-16")
        self.assertEqual(self.to_warn(30), lot)

    def test_credits_of_the_next_period_are_credits_of_their_own(self):
        subscription = self.begin()
        self.bill(subscription, "2026-02-15")
        self.pay(subscription.period_id.move_id)
        first, second = self.lots(subscription)
        self.assertEqual((first.expiry_date, second.expiry_date), (day(2, 14), day(3, 14)))
        self.assertLot(second, available=4, value=120.0, state="active")
        with self.assertRaises(UserError):
            self.plan_visit(self.at(days=40))

    def test_a_plan_may_let_its_credits_roll_over(self):
        self.membership.rollover = True
        subscription = self.begin()
        self.bill(subscription, "2026-02-15")
        self.pay(subscription.period_id.move_id)
        self.expire()
        lots = self.lots(subscription)
        self.assertEqual(lots.mapped("credits_available"), [4, 4])
        self.assertFalse(any(lots.mapped("expiry_date")))
        self.assertBooksAgree()

    def test_credits_that_roll_over_are_valid_as_the_package_says(self):
        self.membership.rollover = True
        self.package.validity_months = 3
        self.assertEqual(self.lots(self.begin()).expiry_date, day(4, 15))

    def test_a_credit_note_takes_the_credits_back(self):
        subscription = self.begin(pay=False)
        self.credit(subscription.period_id.move_id)
        self.assertLot(self.lots(subscription), total=4, available=0, refunded=4, value=0.0)
        self.assertEqual(subscription.period_id.state, "credited")
        self.assertEqual(self.balance(self.liability), 0.0)
        self.assertBooksAgree()

    def test_a_credit_note_does_not_take_back_what_was_used(self):
        subscription = self.begin()
        self.happen(self.plan_visit())
        with self.assertRefused("Only 3 can go back"):
            self.credit_note(subscription.period_id.move_id)

    def test_a_cancelled_invoice_takes_its_credits_along(self):
        subscription = self.begin(pay=False)
        self.cancel_invoice(subscription.period_id.move_id)
        self.assertLot(self.lots(subscription), available=0, value=0.0)
        subscription.period_id.action_bill_again()
        subscription.period_id.move_id.action_post()
        self.assertLot(self.lots(subscription), available=4, value=120.0, origin="plan", expiry_date=day(2, 14))
        self.assertBooksAgree()

    def test_a_discount_lowers_the_value_of_the_credits(self):
        subscription = self.begin(code=self.make_code())
        invoice = subscription.period_id.move_id
        self.assertInvoice(invoice, {"Member": [96.0]}, 96.0)
        self.assertIn("less discount WELCOME", self.lines(invoice)[1][0])
        self.assertLot(self.lots(subscription), available=4, value=96.0)
        self.assertBooksAgree()

    def test_credits_that_cost_nothing_are_worth_nothing(self):
        subscription = self.begin(pay=False, code=self.make_code(percentage=100.0))
        self.assertEqual(subscription.period_id.move_id.payment_state, "paid")
        self.assertLot(self.lots(subscription), available=4, value=0.0, state="active")
        self.assertBooksAgree()

    def test_members_of_a_company_have_a_line_and_credits_each(self):
        company = self.make_organisation()
        subscription = self.subscribe(self.membership, company, seats=("Bert", "Carla"))
        invoice = self.bill(subscription)
        self.assertInvoice(invoice, {"Member": [120.0, 120.0]}, 240.0)
        self.pay(invoice)
        lots = self.lots(subscription)
        self.assertEqual(lots.partner_id, self.practitioner("Bert") + self.practitioner("Carla"))
        self.assertEqual(lots.payer_id, company)

    def test_who_comes_later_is_paid_for_from_the_next_period_on(self):
        company = self.make_organisation()
        subscription = self.subscribe(self.membership, company, seats=("Bert",))
        self.bill(subscription)
        self.seat(subscription, "Carla", date_from=day(1, 20))
        self.assertInvoice(self.bill(subscription, "2026-02-15"), {"Member": [120.0, 120.0]})

    def test_a_dearer_membership_begins_with_the_next_period(self):
        subscription = self.begin()
        prices = [Command.clear(), Command.create({"amount": 300.0})]
        dearer = self.membership.copy({"name": "Much", "price_ids": prices})
        self.assertFalse(subscription._change_plan(dearer, "month"))
        self.assertInvoice(self.bill(subscription, "2026-02-15"), {"Much": [300.0]})

    def test_unused_days_of_a_membership_are_not_given_back(self):
        subscription = self.begin()
        vals = {"subscription_id": subscription.id, "reason": "price", "when": "now", "credit_unused": True}
        cancel = self.env["practice.subscription.cancel"].create(vals)
        self.assertFalse(cancel.can_credit)
        cancel.action_cancel_subscription()
        self.assertEqual(subscription.state, "cancelled")
        self.assertEqual(len(subscription.period_ids), 1)
        self.assertLot(self.lots(subscription), available=4)
        with self.assertRefused("A membership gives visits, not days"):
            self.begin_other()._cancel_now("price", credit_unused=True)

    def begin_other(self):
        self.member = self.make_organisation("Bert Claes", is_company=False)
        return self.begin()

    def test_a_membership_has_no_balance_post_of_its_own(self):
        with self.assertRefused("Leave the balance post of the plan empty", ValidationError):
            self.membership.write({"income_account_id": self.licences.id, "deferred_account_id": self.waiting.id})
