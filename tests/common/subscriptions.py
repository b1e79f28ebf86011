"""What the tests of subscriptions share: the plans of the worked examples, organisations, and what people do."""

from dataclasses import replace
from datetime import date, datetime

from odoo.fields import Command, Date, Datetime
from odoo.tests import TransactionCase

from ...tools import pricing
from .practice import PracticeMixin

#: A Thursday morning, the first day of the worked examples: 10:00 in Brussels.
START = datetime(2026, 1, 15, 9, 0)

#: Price per seat, by plan, interval and kind.
PRICES = {
    "Standard": {"month": {"standard": 39.0, "student": 19.0}, "year": {"standard": 390.0, "student": 190.0}},
    "Starter": {"month": {"standard": 15.0, "student": 9.0}},
    "Blended": {"month": {"standard": 59.0, "student": 29.0}, "year": {"standard": 590.0, "student": 290.0}},
}


class SubscriptionMixin(PracticeMixin):
    """A software house with three plans; licences wait on a balance post of their own, usage is revenue at once."""

    now = START

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.waiting = cls.make_account("liability_current", "PB licences in advance")
        cls.licences = cls.make_account("income", "PB licences")
        cls.extras = cls.make_account("income", "PB usage")
        cls.journal = cls.env["account.journal"].create({"name": "PB subscriptions", "code": "PBSUB", "type": "sale"})
        cls.company.practice_subscription_journal_id = cls.journal
        cls.tax = cls.make_tax(21.0, name="PB 21 on top", price_include_override="tax_excluded")
        cls.licence_product = cls.make_service("Licence", property_account_income_id=cls.licences.id)
        cls.usage_product = cls.make_service("Extra", property_account_income_id=cls.extras.id)
        kinds = cls.env["practice.usage.kind"]
        cls.file = kinds.create({"name": "New file", "code": "file", "product_id": cls.usage_product.id})
        cls.questionnaire = kinds.create({"name": "Questionnaire", "code": "questionnaire"})
        cls.standard, cls.starter, cls.blended = (cls.make_plan(name) for name in PRICES)
        cls.starter.usage_price_ids = [Command.create({"kind_id": cls.file.id, "unit_price": 5.0})]
        cls.sent = 0
        return result

    # === MAKING THINGS === #

    @classmethod
    def make_service(cls, name, **vals):
        defaults = {"name": name, "type": "service", "taxes_id": [Command.set(cls.tax.ids)]}
        return cls.env["product.product"].create({**defaults, **vals})

    @classmethod
    def make_plan(cls, name="Standard", prices=None, **vals):
        """Make a plan with ``prices`` (by default those of that name) and the usual accounts."""
        prices = prices or PRICES[name]
        defaults = {
            "name": name,
            "product_id": cls.licence_product.id,
            "income_account_id": cls.licences.id,
            "deferred_account_id": cls.waiting.id,
            "price_ids": [
                Command.create({"interval": interval, "kind": kind, "amount": amount})
                for interval, by_kind in prices.items()
                for kind, amount in by_kind.items()
            ],
        }
        return cls.env["practice.plan"].create({**defaults, **vals})

    @classmethod
    def make_organisation(cls, name="De Brug", **vals):
        defaults = {
            "name": name,
            "is_company": True,
            "street": "Kerkstraat 1",
            "zip": "9000",
            "city": "Gent",
            "country_id": cls.env.ref("base.be").id,
            "email": f"{name.lower().replace(' ', '.')}@example.com",
        }
        return cls.env["res.partner"].create({**defaults, **vals})

    @classmethod
    def practitioner(cls, name):
        """Return the practitioner called ``name``, who is made when he is heard of for the first time."""
        people, ref = cls.env["res.partner"], "PB practitioner"
        return people.search([("name", "=", name), ("ref", "=", ref)]) or people.create({"name": name, "ref": ref})

    @classmethod
    def make_code(cls, name="WELCOME", **vals):
        """Make a discount code; by default 20 % off the first invoice."""
        return cls.env["practice.discount.code"].create({"name": name, "percentage": 20.0, **vals})

    @classmethod
    def subscribe(cls, plan=None, organisation=None, seats=("An", "Bert"), students=(), **vals):
        """Make a subscription, with seats from its first day on."""
        plan = plan or cls.standard
        code = vals.pop("code", None)
        organisation = organisation or cls.make_organisation()
        subscription = cls.env["practice.subscription"].create(
            {"organisation_id": organisation.id, "plan_id": plan.id, "company_id": plan.company_id.id, **vals}
        )
        first = subscription.date_start or subscription.company_id._practice_day()
        for name in seats:
            cls.seat(subscription, name, date_from=first)
        for name in students:
            cls.seat(subscription, name, kind="student", date_from=first)
        if code:
            code._redeem(subscription)
        return subscription

    @classmethod
    def seat(cls, subscription, name, **vals):
        """Let a practitioner join, by default today; return the seat."""
        defaults = {"date_from": subscription.company_id._practice_day()}
        return cls.env["practice.subscription.seat"].create(
            {
                "subscription_id": subscription.id,
                "practitioner_id": cls.practitioner(name).id,
                **defaults,
                **vals,
            }
        )

    # === WHAT PEOPLE DO === #

    def leave(self, subscription, name, last=None):
        """Let a practitioner leave; ``last`` is his last day, by default today."""
        seat = subscription.seat_ids.filtered(lambda it: it.practitioner_id.name == name and not it.date_to)
        seat.date_to = last or self.today()
        return seat

    def use(self, subscription, quantity=1.0, kind="file", day=None, reference=None):
        """Record usage as other software does; return it."""
        type(self).sent += 1
        usage = self.env["practice.subscription.usage"]
        answer = usage.record(subscription.id, kind, quantity, reference or f"use {self.sent}", day and str(day))
        return usage.browse(answer["id"])

    def bill(self, subscription, day=None):
        """Bill what is due (on ``day``, to which the clock is set), and return the posted invoices.

        :raises AssertionError: when it could not be billed
        """
        if day:
            self.go_to(day)
        moves = subscription._bill_now()
        self.assertFalse(subscription.error)
        return moves

    def run_cron(self, name):
        """Let a scheduled action run; return the invoices of subscriptions that it made, oldest first."""
        moves = self.env["account.move"]
        domain = [("practice_period_id", "!=", False)]
        before = moves.search(domain)
        with self.enter_registry_test_mode():
            self.env.ref(f"practice_billing.{name}").method_direct_trigger()
        self.env.invalidate_all()
        return (moves.search(domain, order="id") - before).sorted("id")

    def run_billing(self, day=None):
        """Let the billing run bill all that is due, on ``day`` if given; return the invoices."""
        if day:
            self.go_to(day)
        return self.run_cron("ir_cron_bill")

    def follow_time(self, day=None):
        """Let the run of trials, overdue invoices and cancelled subscriptions do what is due."""
        if day:
            self.go_to(day)
        self.run_cron("ir_cron_subscription_time")

    def release_until(self, day):
        """Post what is to be released until ``day``; return the entries in order of their dates."""
        self.go_to(day)
        return self.release().sorted("date")

    def cancel_invoice(self, invoice):
        invoice.button_draft()
        invoice.button_cancel()

    def credit(self, invoice):
        """Credit an invoice as a whole, as the button does; return the credit note."""
        return invoice._reverse_moves([{"invoice_date": self.today(), "date": self.today()}], cancel=True)

    # === TIME === #

    def go_to(self, day, hour=9):
        """Set the clock to an hour (UTC) of a day."""
        day = Date.to_date(day)
        self.clock.move_to(datetime(day.year, day.month, day.day, hour))

    # === READING === #

    def lines(self, move):
        """Return the lines of an invoice as they stand there: ``[(text, amount)]``; a title has no amount."""
        return [
            (line.name, None if line.display_type == "line_section" else line.price_subtotal)
            for line in move.invoice_line_ids.sorted(lambda it: (it.sequence, it.id))
        ]

    def amounts(self, move):
        """Return ``{section: [amounts]}`` of an invoice; a licence's section is called after its plan."""
        sections = {}
        for text, amount in self.lines(move):
            if amount is None:
                current = sections.setdefault(text.split(",")[0], [])
            else:
                current.append(amount)
        return sections

    def periods(self, subscription):
        """Return ``[(first day, last day)]`` of the periods that were billed, oldest first."""
        periods = subscription.period_ids.filtered(lambda it: it.kind != "extras").sorted("number")
        return [(period.date_from, period.date_to) for period in periods]

    def last_invoice(self, subscription):
        """Return the last invoice or credit note that was made, extras included."""
        return subscription.period_ids.sorted("number")[-1:].move_id

    def due_releases(self, *domain):
        """Return the sum of what is still to be released."""
        releases = self.env["practice.revenue.release"].search([("state", "=", "due"), *domain])
        return self.currency.round(sum(releases.mapped("amount")))

    def activities(self, subscription):
        """Return the activities about a failed invoice."""
        kind = self.env.ref("practice_billing.mail_activity_type_billing")
        return subscription.activity_ids.filtered(lambda it: it.activity_type_id == kind)

    def unbilled_shares(self, subscription):
        """Return what the rule of billing charges more because of each unbilled usage than without it, oldest first.

        :return: ``{usage: (quantity, amount)}``, in the currency of the plan
        """
        usages, shares = subscription.unbilled_usage_ids.filtered(lambda it: it.state == "unbilled"), {}
        for rules in usages.sorted(lambda it: (it.date, it.id))._to_rules():
            rounding, taken, before = subscription.plan_id.browse(rules.plan).currency_id.rounding, 0.0, (0.0, 0.0)
            for usage in usages.browse(rules.ids):
                taken += usage.quantity
                lines = pricing.usage_lines([replace(rules, quantity=round(taken, 6))], rounding)
                now = sum(line.quantity for line in lines), sum(line.amount for line in lines)
                shares[usage] = tuple(round(after - earlier, 6) for after, earlier in zip(now, before, strict=True))
                before = now
        return shares

    def customer_problems(self, accounts):
        """Return the customers for whom a balance post holds something else than what is still to be released."""
        return self.query(
            """SELECT account_id, partner_id, SUM(amount)
                 FROM (SELECT account_id, partner_id, -balance AS amount
                         FROM account_move_line WHERE parent_state = 'posted' AND account_id = ANY(%s)
                        UNION ALL
                       SELECT deferred_account_id, partner_id, -amount
                         FROM practice_revenue_release WHERE state = 'due') part
                GROUP BY 1, 2 HAVING ROUND(SUM(amount), 2) <> 0""",
            accounts.ids,
        )

    # === SAYING WHAT IS EXPECTED === #

    def assertInvoice(self, move, sections, untaxed=None, tax=None, total=None, move_type="out_invoice"):
        """Check a posted document: its sections with the amounts of their lines, and its totals."""
        self.assertEqual(len(move), 1)
        self.assertEqual((move.move_type, move.state), (move_type, "posted"))
        self.assertEqual(self.amounts(move), sections)
        expected = {"amount_untaxed": untaxed, "amount_tax": tax, "amount_total": total}
        expected = {name: amount for name, amount in expected.items() if amount is not None}
        self.assertEqual({name: move[name] for name in expected}, expected)

    def assertPreviewed(self, preview, move):
        """Check that ``move`` is what the preview showed: line by line, without and with tax."""
        sign = -1 if move.move_type == "out_refund" else 1
        shown = [
            (line["section"], line["name"], line["quantity"], line["price"], line["amount"])
            for line in preview["lines"]
        ]
        posted = [
            (True, line.name, None, None, None)
            if line.display_type == "line_section"
            else (False, line.name, line.quantity, sign * line.price_unit, sign * line.price_subtotal)
            for line in move.invoice_line_ids.sorted(lambda it: (it.sequence, it.id))
        ]
        self.assertEqual(shown, posted)
        totals = {
            "untaxed": sign * move.amount_untaxed,
            "tax": sign * move.amount_tax,
            "total": sign * move.amount_total,
        }
        self.assertEqual({name: preview[name] for name in totals}, totals)

    def assertWaiting(self, amount=None):
        """Check that the balance post holds exactly what is still to be released (and ``amount``, if given)."""
        held = -self.balance(self.waiting)
        self.assertEqual(self.due_releases(("deferred_account_id", "=", self.waiting.id)), held)
        if amount is not None:
            self.assertEqual(held, self.currency.round(amount))
        self.assertEqual(self.release_problems(), [])


class SubscriptionCase(SubscriptionMixin, TransactionCase):
    """A test of subscriptions in one transaction, with the clock standing still."""


def day(month, number, year=2026):
    return date(year, month, number)


def noon(month, number, year=2026):
    """Return 12:00 UTC of a day."""
    return Datetime.to_datetime(datetime(year, month, number, 12))
