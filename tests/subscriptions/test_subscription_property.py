"""Whatever happens to a subscription: what was previewed is billed, every day is billed once, and the books agree."""

from datetime import timedelta
from itertools import pairwise

import pytest

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..common.lives import Dice, Life, live_many, undone
from ..common.master_data import MasterData, Subject
from ..common.subscriptions import SubscriptionCase

NAMES = ("An", "Bert", "Carla", "Dirk", "Els")
QUANTITIES = (1.0, 2.0, 7.0, 0.25, 3.33)
CODES = (
    {"percentage": 20.0},
    {"percentage": 33.33, "duration": "forever"},
    {"percentage": 100.0, "duration": "periods", "periods": 1},
    {"kind": "amount", "amount": 25.0, "duration": "periods", "periods": 2},
    {"kind": "amount", "amount": 1000.0, "duration": "forever"},
)

#: Numbers decide what a step is about; a large one decides several things.
NUMBERS = 10**9

#: Fields of master data that are not changed here, and why.
LEFT_OUT = {
    "account.account.code_store": "Odoo's own column behind the code",
    "account.account.tag_ids": "for reports of Odoo only",
    "product.template.account_tag_ids": "for reports of Odoo only",
    "res.company.practice_release_journal_id": "the other half: test_package_property",
    "res.company.practice_webhook_secret": "what other software is told",
    "res.company.practice_webhook_url": "what other software is told",
}

#: What can happen, as often as it stands here.
STEPS = (
    *("join", "join", "join", "join", "leave", "leave", "come_back", "graduate", "prove"),
    *("use", "use", "use", "redeem", "redeem", "redeem", "end_code"),
    *("bill", "bill", "bill", "bill", "bill_late", "bill_extras"),
    *("change", "change", "change", "change", "change", "withdraw"),
    *("pass_time", "pass_time", "pass_time", "release", "change_price"),
    *("pay", "withdraw_invoice", "credit_invoice", "repost", "bill_again", "bill_again"),
    *("credit_part", "edit", "make_anew", "change_tax"),
    *("change_master_data", "change_master_data", "change_master_data", "change_master_data"),
    *("pause", "resume", "resume", "end_later", "undo_end", "end_now", "begin_again", "begin_again", "follow_time"),
)


class SubscriptionLife(Life):
    """A subscription to which things happen."""

    def __init__(self, case):
        super().__init__(case)
        self.subscription = case.subscription
        self.restarts = set()  # first days of periods before which nothing was served
        self.may_fail = False  # master data was changed: billing may be set aside, with the reason

    def step(self, name, number):
        restarts = set(self.restarts)
        error = super().step(name, number)
        if error:
            self.restarts = restarts
        return error

    def day(self, number, spread):
        """Return a day around today."""
        return self.case.today() + timedelta(days=number % spread - spread // 2)

    # === SEATS AND USAGE === #

    def join(self, number):
        seated = self.subscription.seat_ids.filtered(lambda it: not it.date_to).mapped("practitioner_id.name")
        free = [name for name in NAMES if name not in seated] or NAMES
        kind = "student" if number % 3 == 0 else "standard"
        self.case.seat(
            self.subscription,
            self.one(free, number),
            kind=kind,
            date_from=self.day(number // 5, 21),
            student_until=self.day(number // 7, 60) if kind == "student" and number % 2 else False,
        )

    def leave(self, number):
        if seat := self.one(self.subscription.seat_ids.filtered(lambda it: not it.date_to), number):
            seat.date_to = max(seat.date_from, self.day(number // 5, 15))

    def come_back(self, number):
        if seat := self.one(self.subscription.seat_ids.filtered("date_to"), number):
            self.case.seat(
                self.subscription,
                seat.practitioner_id.name,
                date_from=seat.date_to + timedelta(days=1 + number % 4),
                kind=seat.kind,
            )

    def graduate(self, number):
        if seat := self.one(self.subscription.seat_ids, number):
            seat.write({"kind": "standard", "student_until": False})

    def prove(self, number):
        if seat := self.one(self.subscription.seat_ids.filtered(lambda it: it.kind == "student"), number):
            seat.student_until = self.day(number, 90)

    def use(self, number):
        kind = self.one(("file", "questionnaire"), number)
        used_on = self.case.today() - timedelta(days=number // 3 % 50)
        self.case.use(self.subscription, self.one(QUANTITIES, number), kind=kind, day=used_on)

    # === CODES AND PLANS === #

    def redeem(self, number):
        self.one(self.case.codes, number)._redeem(self.subscription)

    def end_code(self, number):
        if redemption := self.one(self.subscription.redemption_ids, number):
            redemption.action_end()

    def change(self, number):
        """Change the plan, with a code now and then, as it was previewed."""
        self.bill_due()
        plan = self.one(self.case.plans, number)
        interval = "year" if number // 3 % 3 == 0 else "month"
        code = self.one(self.case.codes, number // 9) if number % 4 == 0 else None
        when, invoice = self.subscription._get_change_preview(plan, interval, code)
        preview = invoice and self.subscription._get_preview(invoice)
        move = self.subscription._change_plan(plan, interval, code)
        if when == "now":
            self.case.assertPreviewed(preview, move)
        elif when == "period_end":
            self.case.assertFalse(move)
            again = self.subscription._get_preview(self.subscription._make_next_invoice())
            self.case.assertEqual(again["lines"], preview["lines"])
            self.case.assertEqual(again["total"], preview["total"])

    def withdraw(self, _number):
        self.subscription.action_withdraw_change()

    def change_price(self, number):
        plan = self.one(self.case.plans, number)
        start = self.case.today() + timedelta(days=number % 45)
        plan.price_ids = [Command.create({"amount": 10 + number / 7, "date_from": start})]

    # === BILLING === #

    def bill(self, number):
        """Let the next period begin, and bill it up to two days late."""
        self.begin_next(number % 3)

    def bill_late(self, number):
        """Bill several periods at once."""
        self.begin_next(20 + number % 60)

    def begin_next(self, days):
        if coming := self.subscription.next_invoice_date:
            self.case.go_to(max(coming + timedelta(days=days), self.case.today()))
            self.bill_due()

    def bill_due(self):
        """Bill what is due, one period at a time as the run does; each is the invoice that was previewed."""
        subscription = self.subscription
        while subscription._filter_due_sudo():
            number = subscription.next_number
            invoice = subscription._make_next_invoice()
            preview = subscription._get_preview(invoice)
            moves = subscription._bill_or_set_aside()
            if subscription.error and self.may_fail:
                raise UserError(subscription.error)
            self.case.assertFalse(subscription.error)
            if invoice.bill.lines:
                self.case.assertPreviewed(preview, moves)
                self.case.assertEqual(subscription.next_number, number + 1)
            else:
                self.case.assertFalse(moves)
                self.case.assertEqual(subscription.state, "cancelled")

    def bill_extras(self, _number):
        self.compare_extras(self.subscription._bill_extras)

    def compare_extras(self, work, credit_from=None):
        """Let ``work`` make an invoice of extras; it is the one that was previewed."""
        subscription = self.subscription
        until = min(self.case.today(), subscription.end_date or self.case.today())
        invoice = subscription._make_extras_invoice(until, credit_from)
        preview, number = subscription._get_preview(invoice), subscription.next_number
        work()
        made = self.subscription.period_ids.filtered(lambda it: it.number == number)
        self.case.assertEqual(len(made), 1 if invoice.bill.lines else 0)
        if made:
            self.case.assertPreviewed(preview, made.move_id)

    def invoice(self, number, *states):
        periods = self.subscription.period_ids.sorted("number")
        return self.one(periods.move_id.filtered(lambda move: move.state in (states or ("posted",))), number)

    def pay(self, number):
        invoice = self.invoice(number)
        if invoice and invoice.payment_state in ("not_paid", "partial"):
            self.case.pay(invoice)

    def withdraw_invoice(self, number):
        if invoice := self.invoice(number):
            self.case.cancel_invoice(invoice)

    def credit_invoice(self, number):
        invoice = self.invoice(number)
        if invoice and invoice.move_type == "out_invoice" and not invoice.reversal_move_ids:
            self.case.credit(invoice)

    def repost(self, number):
        if invoice := self.invoice(number):
            invoice.button_draft()
            invoice.action_post()

    def licence_line(self, move, number):
        return self.one(move.invoice_line_ids.filtered("practice_period_id"), number)

    def credit_part(self, number):
        """Credit something of a line by hand."""
        invoice = self.invoice(number)
        if invoice and invoice.move_type == "out_invoice":
            note = self.case.credit_note(invoice, post=False)
            if line := self.licence_line(note, number):
                (note.invoice_line_ids - line).unlink()
                line.price_unit *= number % 10 / 10
                note.action_post()

    def edit(self, number):
        """Change an amount on an invoice, or add a rebate on its balance post."""
        if invoice := self.invoice(number):
            invoice.button_draft()
            if line := self.licence_line(invoice, number):
                if number % 3 and line.account_id in self.case.waiting + self.case.elsewhere:
                    rebate = {"name": "Rebate", "price_unit": -5, "account_id": line.account_id.id}
                    invoice.invoice_line_ids = [Command.create({**rebate, "tax_ids": [Command.clear()]})]
                else:
                    line.price_unit *= number % 17 / 10
            invoice.action_post()

    def make_anew(self, number):
        """Correct an invoice as Odoo's *Reverse and Create Invoice* does."""
        invoice = self.invoice(number)
        if invoice and invoice.move_type == "out_invoice":
            wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
            wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": self.case.today()})
            new = invoice.browse(wizard.modify_moves()["res_id"])
            new.invoice_date = self.case.today()
            new.action_post()

    def change_tax(self, number):
        self.case.licence_product.taxes_id = self.one(self.case.taxes, number)

    def change_master_data(self, number):
        """Change any field of what is sold today: it is for what is sold from now on."""
        master_data = self.case.master_data
        record, name, value = master_data.choose(Dice(number))
        self.say(master_data.describe(record, name, value))
        master_data.change(record, name, value)
        self.may_fail = True

    def bill_again(self, number):
        if period := self.one(self.subscription.period_ids.filtered(lambda it: it.state == "missing"), number):
            period.action_bill_again()
            period.move_id.action_post()

    # === STATES === #

    def pause(self, _number):
        self.bill_due()
        self.subscription.action_pause()

    def resume(self, _number):
        self.subscription.action_resume()
        self.restarts.add(self.subscription.next_invoice_date)

    def end_later(self, _number):
        self.bill_due()
        self.subscription._cancel_at_period_end("other")

    def undo_end(self, _number):
        self.subscription.action_undo_cancel()

    def end_now(self, number):
        self.bill_due()
        credit = number % 2 == 0
        end = self.subscription._cancel_now
        if self.subscription.is_running:
            tomorrow = self.case.today() + timedelta(days=1)
            self.compare_extras(lambda: end("other", credit_unused=credit), tomorrow if credit else None)
        self.case.assertEqual(self.subscription.state, "cancelled")

    def begin_again(self, number):
        plan = self.one(self.case.plans, number)
        self.subscription._begin_billing(
            plan if number % 2 else None, day=None if number % 3 else self.day(number // 2, 20)
        )
        self.restarts.add(self.subscription.next_invoice_date)

    def follow_time(self, _number):
        for step in self.subscription._get_time_steps():
            if step.records._name == self.subscription._name and self.subscription.filtered_domain(step.domain):
                step.work(self.subscription)
        if self.subscription.state == "active" and self.subscription.next_invoice_date == self.case.today():
            self.restarts.add(self.case.today())

    # === TIME AND BOOKS === #

    def pass_time(self, number):
        self.case.travel(days=1 + number % 25)

    def release(self, _number):
        self.case.release()


@tagged("post_install", "-at_install", "slow")
@pytest.mark.slow
class TestWhateverHappens(SubscriptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.make_account("liability_current", "PB elsewhere")
        low = cls.make_tax(6.0, price_include_override="tax_excluded")
        cls.taxes = cls.tax + low + cls.make_tax(12.0, name="PB 12", price_include_override="tax_excluded")
        # One plan waits on a post of its own and has another tax, and one is revenue at once.
        cls.blended.write(
            {
                "deferred_account_id": cls.elsewhere.id,
                "product_id": cls.make_service("Library", taxes_id=[Command.set(low.ids)]).id,
            }
        )
        cls.starter.deferred_account_id = False
        cls.starter.usage_price_ids.included = 3.0
        cls.standard.usage_price_ids = [Command.create({"kind_id": cls.questionnaire.id, "unit_price": 1.237})]
        cls.plans = cls.standard + cls.starter + cls.blended
        cls.codes = cls.env["practice.discount.code"].union(
            *(cls.make_code(f"CODE {number}", **vals) for number, vals in enumerate(CODES))
        )
        cls.codes[1].plan_ids = cls.standard + cls.blended
        cls.subscription = cls.subscribe(cls.starter, seats=("An", "Bert"), students=("Carla",))
        cls.master_data = cls.make_master_data()

    @classmethod
    def make_master_data(cls):
        ours = ("practice_billing",)
        cls.other_licences = cls.make_account("income", "PB other licences")
        cls.revenue = cls.licences + cls.extras + cls.other_licences
        accounts = cls.waiting + cls.elsewhere + cls.revenue
        products = cls.plans.product_id + cls.usage_product
        journal = cls.env["account.journal"].create({"name": "PB other", "code": "PBOTH", "type": "sale"})
        return MasterData(
            [
                Subject(cls.plans),
                Subject(cls.plans.price_ids),
                Subject(cls.plans.usage_price_ids),
                Subject(cls.codes),
                Subject(cls.file + cls.questionnaire),
                Subject(products.product_tmpl_id, (*ours, "account")),
                Subject(cls.company, ours),
                Subject(accounts),
            ],
            {
                "account.account": accounts,
                "account.journal": cls.journal + journal,
                "account.tax": cls.taxes,
                "practice.package": cls.package,
                "practice.plan": cls.plans,
                "practice.usage.kind": cls.file + cls.questionnaire,
                "product.product": products,
                "res.company": cls.company + cls.env["res.company"].create({"name": "PB other company"}),
                "res.currency": cls.currency,
            },
            LEFT_OUT,
        )

    def test_every_field_of_master_data_is_changed_or_left_out_with_a_reason(self):
        self.assertEqual(self.master_data.problems(), [])

    # === WHAT HAS TO HOLD === #

    def waiting_problems(self):
        """Return the balance posts that hold something else than what is still to be released."""
        return [
            (account.name, due, held)
            for account in self.waiting + self.elsewhere
            if (due := self.due_releases(("deferred_account_id", "=", account.id))) != (held := -self.balance(account))
        ]

    def period_problems(self, restarts):
        """Return days that were billed twice, and days between two periods that nobody billed."""
        periods = self.subscription.period_ids.filtered(lambda it: it.kind != "extras").sorted("number")
        served = periods.filtered(lambda it: it.service_to >= it.date_from)
        # When the invoice of a change is withdrawn, the period before goes on for what was paid. The rest of the days
        # was billed, and given back.
        withdrawn = served.filtered(
            lambda it: (
                it.kind == "change"
                and it.state in ("missing", "credited")
                and any(other.number < it.number and other.service_to >= it.date_from for other in served)
            )
        )
        problems = []
        for before, after in pairwise(served - withdrawn):
            between = withdrawn.filtered(lambda it, at=(before.number, after.number): at[0] < it.number < at[1])
            gap = (after.date_from - max([before.service_to, *between.mapped("service_to")])).days - 1
            if after.date_from <= before.service_to or (gap > 0 and after.date_from not in restarts):
                problems.append((before.date_from, before.service_to, after.date_from, after.service_to))
        return problems

    def usage_problems(self):
        """Return usage that is billed twice, or counted as billed by an invoice that does not hold it."""
        return self.query(
            """
            SELECT line.id, line.quantity, SUM(usage.quantity)
              FROM practice_subscription_usage usage JOIN account_move_line line ON line.id = usage.invoice_line_id
             GROUP BY line.id HAVING line.quantity > SUM(usage.quantity) + 0.001
            """
        )

    def estimate_problems(self):
        """Return the unbilled usage whose estimate is not what billing would charge for it."""
        expected = self.unbilled_shares(self.subscription)
        estimates = self.env["practice.unbilled.usage"]
        estimates.invalidate_model()  # what was estimated before the last step
        rows = estimates.search([("subscription_id", "=", self.subscription.id)])
        found = {row.usage_id: (round(row.quantity_charged, 6), row.amount) for row in rows}
        return [] if found == expected else [(found, expected)]

    def live(self, steps):
        """Let ``steps`` happen one by one, check after each that everything agrees, and end it all."""
        life = SubscriptionLife(self)
        with undone(self), life.told():
            for name, number in steps:
                life.step(name, number)
                self.assertEqual(self.waiting_problems(), [])
                self.assertEqual(self.customer_problems(self.waiting + self.elsewhere), [])
                self.assertEqual(self.period_problems(life.restarts), [])
                self.assertEqual(self.usage_problems(), [])
                self.assertEqual(self.estimate_problems(), [])
            life.step("end_now", 0)
            self.assertEqual(self.waiting_problems(), [])
            self.assertEverythingReleased()

    def assertEverythingReleased(self):
        """Check that in the end nothing waits, and that revenue is exactly what was invoiced."""
        # An archived account keeps its releases waiting, which is told; somebody reacts to that.
        (self.waiting + self.elsewhere + self.revenue).active = True
        self.travel(days=800)
        self.release()
        self.assertEqual((self.balance(self.waiting), self.balance(self.elsewhere)), (0.0, 0.0))
        self.assertEqual(self.release_problems(), [])
        [[invoiced]] = self.query(
            "SELECT COALESCE(SUM(amount_untaxed_signed), 0) FROM account_move"
            " WHERE (practice_subscription_id = %s OR journal_id = ANY(%s)) AND state = 'posted'",
            self.subscription.id,
            self.master_data.pools["account.journal"].ids,
        )
        earned = sum(self.balance(account) for account in self.revenue)
        self.assertEqual(-self.currency.round(earned), float(invoiced))

    def draw(self, chance):
        steps = [(chance.choice(STEPS), chance.randrange(NUMBERS)) for _number in range(chance.randint(10, 30))]
        return [("bill", 0), *steps]

    def test_what_is_previewed_is_billed_and_the_books_agree_in_any_life(self):
        live_many(self.live, self.draw, quick=40, full=1000)
