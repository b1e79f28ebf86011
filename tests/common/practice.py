"""What the tests share: a practice with one package, and an account of the books that is made without the module."""

import os
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import TransactionCase, freeze_time, new_test_user

from ...models.common import carried

#: A Wednesday morning, far from month ends and clock changes: 10:00 in Brussels.
NOW = datetime(2026, 3, 11, 9, 0)
TODAY = date(2026, 3, 11)

#: Where each kind of movement takes credits from and to, written down once more on purpose: the module's own table
#: is not used to check the module.
FROM_TO = {
    "grant": (None, "available"),
    "reserve": ("available", "reserved"),
    "unreserve": ("reserved", "available"),
    "use": ("reserved", "used"),
    "forfeit": ("reserved", "lost"),
    "expire": ("available", "lost"),
    "refund": ("available", "refunded"),
    "transfer": ("available", "transferred"),
    "receive": (None, "available"),
    "adjust": (None, None),
    "breakage": (None, None),
}
COUNTERS = ("available", "reserved", "used", "lost", "refunded", "transferred")


def dose(quick, full):
    """Return how often a slow test tries: ``full`` in `make test-slow`, ``quick`` otherwise."""
    return full if os.environ.get("PRACTICE_BILLING_DOSE") == "full" else quick


class PracticeMixin:
    """A practice in the database's own company, with accounts, journals and people of its own."""

    #: The clock of the tests stands still at this moment; ``None``: the real time.
    now = NOW
    #: The day of the invoices, where visits are entered that were before today; ``None``: today.
    sold_on = None
    context = {
        "tracking_disable": True,
        "mail_create_nolog": True,
        "mail_create_nosubscribe": True,
        "no_mail_to_attendees": True,
        "no_reset_password": True,
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maxDiff = None
        if cls.now:
            cls.clock = cls.startClassPatcher(freeze_time(cls.now))
        cls.env = cls.env(context={**cls.env.context, **cls.context})
        cls.setup_practice()

    def setUp(self):
        super().setUp()
        if self.now:
            self.clock.move_to(self.now)

    @classmethod
    def setup_practice(cls):
        """Make the package of the worked examples, what sells it and what spends it."""
        cls.company = cls.env.company
        cls.company.practice_tz = "Europe/Brussels"
        cls.currency = cls.company.currency_id
        cls.liability = cls.make_account("liability_current", "PB balance post")
        cls.income = cls.make_account("income", "PB ledger account")
        cls.breakage = cls.make_account("income_other", "PB breakage")
        cls.misc = cls.env["account.journal"].create({"name": "PB releases", "code": "PBREL", "type": "general"})
        cls.company.practice_release_journal_id = cls.misc
        cls.sales = cls.env["account.journal"].create(
            {
                "name": "PB sales",
                "code": "PBSAL",
                "type": "sale",
                "default_account_id": cls.make_account("income", "PB other sales").id,
            }
        )
        cls.bank = cls.env["account.journal"].create({"name": "PB bank", "code": "PBBNK", "type": "bank"})
        cls.outstanding = cls.make_account("asset_current", "PB outstanding", reconcile=True)
        cls.bank.inbound_payment_method_line_ids.payment_account_id = cls.outstanding
        cls.bank.outbound_payment_method_line_ids.payment_account_id = cls.outstanding
        cls.package = cls.make_package()
        cls.product = cls.make_product(cls.package)
        cls.type = cls.make_type(cls.package)
        cls.patient = cls.make_patient("An Peeters")

    # === MAKING THINGS === #

    @classmethod
    def make_account(cls, account_type, name, **vals):
        cls.account_number = getattr(cls, "account_number", 0) + 1
        return cls.env["account.account"].create(
            {"name": name, "code": f"PB{cls.account_number:04}", "account_type": account_type, **vals}
        )

    @classmethod
    def make_package(cls, name="Ten sessions", **vals):
        """Make a package with the usual accounts; a balance post of its own when it is to be proved apart."""
        accounts = {
            "income_account_id": cls.income.id,
            "deferred_account_id": cls.liability.id,
            "breakage_account_id": cls.breakage.id,
        }
        return cls.env["practice.package"].create({"name": name, "internal_rate": 100.0, **accounts, **vals})

    @classmethod
    def make_product(cls, package, **vals):
        defaults = {
            "name": f"Product {package.name}",
            "type": "service",
            "package_id": package.id,
            "package_credits": 10,
            "list_price": 1200.0,
            "taxes_id": [Command.clear()],
            "supplier_taxes_id": [Command.clear()],
        }
        return cls.env["product.product"].create({**defaults, **vals})

    @classmethod
    def make_type(cls, package, **vals):
        defaults = {"name": "Session", "package_id": package.id, "package_credits": 1, "duration": 1.0}
        return cls.env["practice.appointment.type"].create({**defaults, **vals})

    @classmethod
    def make_stranger(cls, company, group="practice_billing.group_accountant"):
        """Make somebody (an accountant) of another company, who sees nothing of this one."""
        return new_test_user(
            cls.env,
            "pb_elsewhere",
            group,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def make_tax(cls, amount=21.0, account=True, **vals):
        """Make a sales tax inside the price, booked to an account of its own (or, as Odoo allows, to none)."""
        tax = cls.env["account.tax"].create(
            {"name": f"PB {amount:g}", "amount": amount, "price_include_override": "tax_included", **vals}
        )
        if account:
            lines = tax.invoice_repartition_line_ids + tax.refund_repartition_line_ids
            lines = lines.filtered(lambda line: line.repartition_type == "tax")
            lines.account_id = cls.make_account("liability_current", f"PB tax {amount:g}")
        return tax

    @classmethod
    def make_patient(cls, name="Bert Claes", **vals):
        email = f"{name.lower().replace(' ', '.')}@example.com"
        return cls.env["res.partner"].create({"name": name, "email": email, **vals})

    @classmethod
    def make_staff(cls):
        """Make one user for each role, and those who have none in the practice."""
        groups = {
            "front_desk": "practice_billing.group_user",
            "manager": "practice_billing.group_manager",
            "accountant": "practice_billing.group_accountant",
            "employee": "base.group_user",
            "portal": "base.group_portal",
        }
        for name, group in groups.items():
            user = new_test_user(cls.env, f"pb_{name}", group, name=f"PB {name}", tz="Europe/Brussels")
            setattr(cls, name, user)

    @classmethod
    def make_key(cls, user):
        """Make a key of ``user`` for the JSON API, valid for an hour of the real time."""
        keys = cls.env["res.users.apikeys"].with_user(user).sudo()
        return keys._generate("rpc", "tests", Datetime.now() + timedelta(hours=1))

    # === WHAT PEOPLE DO === #

    def invoice(self, patient=None, product=None, quantity=1.0, price=None, post=True, **vals):
        """Make (and post) a customer invoice of one package line."""
        line = {"product_id": (product or self.product).id, "quantity": quantity}
        if price is not None:
            line["price_unit"] = price
        line |= vals.pop("line", {})
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": self.sales.id,
                "partner_id": (patient or self.patient).id,
                "invoice_date": self.sold_on or self.today(),
                "invoice_line_ids": [Command.create(line)],
                **vals,
            }
        )
        if post:
            move.action_post()
        return move

    def sell(self, patient=None, product=None, quantity=1.0, **vals):
        """Sell and have it paid; return the lot."""
        invoice = self.invoice(patient, product, quantity, **vals)
        if invoice.amount_residual:
            self.pay(invoice)
        return self.lot_of(invoice)

    def give(self, patient, credits=5, **vals):
        """Give a patient credits of the package without a sale; return the lot."""
        return self.env["practice.credit.lot"]._grant(
            [
                {
                    "partner_id": patient.id,
                    "payer_id": patient.id,
                    "package_id": self.package.id,
                    "company_id": self.company.id,
                    "origin": "gift",
                    "date": self.today(),
                    "credits": credits,
                    **vals,
                }
            ]
        )

    def lot_of(self, invoice):
        return self.env["practice.credit.lot"].search([("invoice_id", "=", invoice.id)])

    def pay(self, invoice, amount=None, **vals):
        """Register a payment by hand, as a person does; return it."""
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        values = {"journal_id": self.bank.id, "payment_date": self.today(), **vals}
        if amount is not None:
            values["amount"] = amount
        return wizard.create(values)._create_payments()

    def unpay(self, invoice):
        """Undo all payments of an invoice, as after a chargeback."""
        lines = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.remove_move_reconcile()

    def credit_note(self, invoice, quantity=None, post=True, **vals):
        """Make (and post) a credit note for ``quantity`` units of the invoice's first line; default: all."""
        refund = invoice._reverse_moves([{"invoice_date": self.today(), "date": self.today(), **vals}])
        if quantity is not None:
            refund.invoice_line_ids[0].quantity = quantity
        if post:
            refund.action_post()
        return refund

    def plan(self, patient=None, start=None, appointment_type=None, **vals):
        """Plan an appointment; by default tomorrow at the same hour."""
        return self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": (appointment_type or self.type).id,
                "patient_id": (patient or self.patient).id,
                "start": start or self.at(days=1),
                **vals,
            }
        )

    def plan_series(self, count=5, patient=None, start=None, **vals):
        """Plan a weekly series; return all its appointments."""
        start = start or self.at(days=1)
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, f"{start:%a}".lower(): True}
        event = self.plan(patient, start, end_type="count", count=count, **weekly, **vals)
        return event.recurrence_id.calendar_event_ids.sorted("start")

    def plan_daily(self, days):
        """Plan an appointment on each of the coming days, all of them together."""
        vals = {"practice_appointment_type_id": self.type.id, "patient_id": self.patient.id}
        starts = [self.at(days=number) for number in range(1, days + 1)]
        return self.env["calendar.event"].create([{**vals, "start": start} for start in starts])

    def happen(self, events):
        """Let the time pass until these appointments are over, and mark them attended."""
        end = max(events.mapped("stop"))
        if self.now and self.clock() < end:
            self.travel(end + timedelta(minutes=1))
        events.attendance = "attended"

    def visit(self, **vals):
        """Plan an appointment and let it happen."""
        event = self.plan(**vals)
        self.happen(event)
        return event

    def import_credits(self, patient=None, booking="opening", package=None):
        """Bring five credits of 75 in from an old system, booked as ``booking`` says."""
        row = self.env["practice.credit.import"].create(
            {
                "partner_id": (patient or self.patient).id,
                "package_id": (package or self.package).id,
                "credits": 5,
                "internal_rate": 75.0,
                "booking": booking,
                "counterpart_account_id": self.income.id if booking == "entry" else False,
                "date": TODAY,
            }
        )
        row.action_confirm()
        return row

    def release(self):
        """Post what is due today; return the entries."""
        release = self.env["practice.revenue.release"]
        return release.search(release._get_due_domain())._post_due()

    def is_unpaid(self, event):
        """Return whether an appointment is flagged as unpaid, both when it is read and when it is searched for."""
        event.invalidate_recordset(["credit_unpaid"])
        found = self.env["calendar.event"].search([("id", "=", event.id), ("credit_unpaid", "=", True)])
        self.assertEqual(bool(found), event.credit_unpaid)
        return event.credit_unpaid

    # === TIME === #

    def today(self):
        return self.company._practice_day()

    def at(self, **delta):
        """Return the moment that lies this far from the clock."""
        return (self.clock() if self.now else datetime.now().replace(microsecond=0)) + timedelta(**delta)

    def travel(self, moment=None, **delta):
        """Set the clock to ``moment`` or forward by ``delta``."""
        self.clock.move_to(moment or self.at(**delta))

    # === THE BOOKS, ACCOUNT FOR THEMSELVES === #

    def query(self, sql, *parameters):
        self.env.flush_all()
        self.env.cr.execute(sql, parameters)
        return self.env.cr.fetchall()

    def balance(self, account):
        """Return the posted balance of an account, debit positive."""
        [[total]] = self.query(
            """SELECT COALESCE(SUM(balance), 0) FROM account_move_line
                WHERE account_id = %s AND parent_state = 'posted'""",
            account.id,
        )
        return self.currency.round(float(total))

    def proof(self):
        """Return ``{balance post: (open value of credits + what is still to be released, balance of the account)}``.

        Both sides are added up from rows that nothing else is computed from: movements and journal items.
        """
        held = defaultdict(float)
        for account_id, value in self.query(
            """SELECT lot.deferred_account_id, SUM(move.value)
                 FROM practice_credit_move move JOIN practice_credit_lot lot ON lot.id = move.lot_id
                WHERE lot.deferred_account_id IS NOT NULL GROUP BY 1"""
        ):
            held[account_id] += float(value)
        for account_id, value in self.query(
            "SELECT deferred_account_id, SUM(amount) FROM practice_revenue_release WHERE state = 'due' GROUP BY 1"
        ):
            held[account_id] += float(value)
        accounts = self.env["account.account"].browse(held) | self.liability
        return {
            account: (self.currency.round(held[account.id]), self.currency.round(-self.balance(account)))
            for account in accounts
        }

    def lot_problems(self):
        """Return everything that is wrong with the counters and the value of any lot, recomputed from the ledger."""
        problems = []
        sums = defaultdict(lambda: defaultdict(float))
        for lot_id, kind, credits, value in self.query(
            "SELECT lot_id, kind, SUM(credits), SUM(value) FROM practice_credit_move GROUP BY 1, 2"
        ):
            here, (source, target) = sums[lot_id], FROM_TO[kind]
            here["recognised" if kind == "breakage" else "value"] += float(value or 0)
            if source:
                here[source] -= credits
            if target:
                here[target] += credits
            if kind in ("grant", "receive"):
                here["total"] += credits
                here["granted"] += float(value or 0)
        names = ("total", *COUNTERS)
        for lot_id, value_open, value_total, recognised, deferred, *counters in self.query(
            f"""SELECT id, value_open, value_total, value_recognised, deferred_account_id,
                       {", ".join(f"credits_{n}" for n in names)}
                  FROM practice_credit_lot"""
        ):
            here = sums[lot_id]
            for name, number in zip(names, counters, strict=True):
                if number != here[name] or number < 0:
                    problems.append(f"lot {lot_id}: {number} {name}, the ledger says {here[name]:g}")
            open_credits = here["available"] + here["reserved"]
            value_open, value_total = float(value_open or 0), float(value_total or 0)
            if round(value_open - here["value"], 2) or round(value_total - here["granted"], 2):
                problems.append(f"lot {lot_id}: value {value_open} of {value_total}, the ledger says {dict(here)}")
            if round(float(recognised) + here["recognised"], 2) or not 0 <= round(float(recognised), 2) <= value_open:
                problems.append(
                    f"lot {lot_id}: {recognised} of {value_open} is recognised, the ledger says {dict(here)}"
                )
            if value_open < 0 or (value_open and not open_credits) or (value_open and not deferred):
                problems.append(f"lot {lot_id}: value {value_open} with {open_credits} credits on account {deferred}")
        return problems

    def release_problems(self):
        """Return the posted releases whose entry does not move exactly their sum."""
        rows = self.query(
            """SELECT release.move_id, release.deferred_account_id, SUM(release.amount),
                      (SELECT SUM(line.balance) FROM account_move_line line
                        WHERE line.move_id = release.move_id AND line.account_id = release.deferred_account_id)
                 FROM practice_revenue_release release
                WHERE release.move_id IS NOT NULL GROUP BY 1, 2"""
        )
        return [row for row in rows if round(float(row[2]) - float(row[3] or 0), 2)]

    def overdrawn_posts(self):
        """Return ``(balance post, month, balance)`` of the ends of months at which a balance post is overdrawn.

        More was released by then than had been sold.
        """
        return self.query(
            """SELECT account.id, month, held
                 FROM (SELECT account_id, date_trunc('month', date)::date AS month,
                              SUM(SUM(-balance)) OVER (PARTITION BY account_id ORDER BY date_trunc('month', date)) held
                         FROM account_move_line
                        WHERE parent_state = 'posted'
                          AND account_id IN (SELECT deferred_account_id FROM practice_credit_lot)
                     GROUP BY account_id, date_trunc('month', date)) ends
                 JOIN account_account account ON account.id = ends.account_id
                WHERE held < -0.004"""
        )

    @contextmanager
    def assertRefused(self, words, error=UserError):
        """Check that something is refused in these ``words`` (a pattern), and that nothing of it stays."""
        with self.assertRaisesRegex(error, words), self.env.cr.savepoint():
            yield
            self.env.flush_all()

    def assertNothingCarried(self, *classes):
        """Check that the objects of contexts have forgotten everything: a record would keep the cursor for good."""
        for cls in classes:
            unused = carried._unused[self.env.cr][cls]
            self.assertTrue(unused)
            for it in unused:
                self.assertEqual({**vars(it), "is_open": False}, {**vars(cls()), "is_open": False})
                self.assertFalse(isinstance(it, dict) and list(it))

    def assertBooksAgree(self):
        """Check invariants 1 and 3: counters and value follow the ledger, and balance posts hold exactly the value."""
        self.assertEqual(self.lot_problems(), [])
        self.assertEqual(self.release_problems(), [])
        for account, (held, balance) in self.proof().items():
            self.assertEqual(held, balance, f"credits say {held}, the books say {balance} on {account.display_name}")

    # === SAYING WHAT IS EXPECTED === #

    def assertLot(self, lot, **expected):
        """Compare counters (without ``credits_``), ``value`` (open) and other fields of a lot."""
        numbers = ("total", *COUNTERS, "paid", "unpaid", "spendable", "overdrawn")
        names = {name: f"credits_{name}" for name in numbers} | {"value": "value_open"}
        self.assertEqual({name: lot[names.get(name, name)] for name in expected}, expected)

    def assertEntry(self, move, *lines, date=None, partner=None):
        """Compare the booked lines of an entry: ``(account, debit minus credit)``, and its date and partner."""
        booked = move.line_ids.filtered("account_id")
        found = [(line.account_id.name, self.currency.round(line.balance)) for line in booked]
        self.assertCountEqual(found, [(account.name, balance) for account, balance in lines])
        self.assertEqual(move.state, "posted")
        if date:
            self.assertEqual(move.date, date)
        if partner:
            self.assertEqual(move.line_ids.partner_id, partner)

    def receivable(self, partner=None):
        return (partner or self.patient).property_account_receivable_id


class PracticeCase(PracticeMixin, TransactionCase):
    """A test in one transaction, with the clock standing still."""
