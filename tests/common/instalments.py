"""Packages that are paid in parts: € 1,200 for ten credits, in three parts of € 400 on three days."""

from fractions import Fraction
from math import floor

from odoo.fields import Command
from odoo.tests import new_test_user

from .payments import PaymentMixin
from .practice import PracticeCase

PARTS = ((33.333333, 0), (33.333333, 30), (33.333334, 60))


def make_term(env, name="PB in 3 parts", parts=PARTS):
    """Make a payment term; ``parts`` are pairs of percent and days."""
    lines = [{"value": "percent", "value_amount": percent, "nb_days": days} for percent, days in parts]
    return env["account.payment.term"].create({"name": name, "line_ids": [Command.create(line) for line in lines]})


class InstalmentsMixin:
    """A payment term in three parts, and what people do with it."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.three_parts = make_term(cls.env)
        cls.loss = cls.make_account("expense", "PB bad debts")
        return result

    def in_parts(self, paid=0, **vals):
        """Sell in three parts, of which ``paid`` are paid; return the lot."""
        invoice = self.invoice(invoice_payment_term_id=self.three_parts.id, **vals)
        lot = self.lot_of(invoice)
        for _part in range(paid):
            self.pay_part(invoice)
        return lot

    def pay_part(self, invoice):
        """Register the payment of the next part, as the dialog proposes it; return the payment."""
        payment = self.pay(invoice)
        self.env.flush_all()  # what begins with a payment begins on its day
        return payment

    def bounce(self, payment):
        """Let a payment be undone: it is reset and cancelled."""
        payment.action_draft()
        payment.action_cancel()

    def lose(self, lot, amount):
        """Write ``amount`` of the invoice of ``lot`` off, by an entry against the loss; return the entry."""
        return self.settle(lot.invoice_id, self.loss, amount)

    def settle(self, invoice, account, amount):
        debt = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable" and not line.reconciled)
        items = ((account, amount), (debt.account_id, -amount))
        lines = [
            {"account_id": of_item.id, "partner_id": invoice.partner_id.id, "balance": balance}
            for of_item, balance in items
        ]
        entry = self.env["account.move"].create(
            {"journal_id": self.misc.id, "date": self.today(), "line_ids": [Command.create(line) for line in lines]}
        )
        entry.action_post()
        (debt + entry.line_ids.filtered(lambda line: line.account_type == "asset_receivable")).reconcile()
        return entry

    def take_back(self, lots, **vals):
        """Take unpaid credits back as the dialog does; return the documents."""
        before = self.env["account.move"].search([])
        self.env["practice.credit.take.back"].with_context(default_lot_ids=lots.ids).create(vals).action_take_back()
        return self.env["account.move"].search([]) - before


class InstalmentsCase(InstalmentsMixin, PracticeCase):
    """A test in one transaction."""


# === WHAT IS PAID, ADDED UP FROM THE JOURNAL === #


def payment_problems(case):
    """Return the purchases of which more can be planned than is paid, or fewer; from journal items alone.

    The debt of an invoice is the sum of its items on receivable accounts, less what was reconciled with them. Of what
    was reconciled, credit notes and losses pay nothing. Money covers credits at the price that is left of the sale.
    """
    case.env.flush_all()
    lots = case.env["practice.credit.lot"].search([("package_id", "in", case.packages.ids)], order="id")
    problems = []
    for invoice, purchases in lots.filtered("invoice_id").grouped("invoice_id").items():
        items = invoice.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
        bill = _Bill(case, invoice, items)
        for lot in purchases.filtered("invoice_line_id"):
            family = purchases.filtered(lambda it, lot=lot: _first(it) == lot)
            problems += _purchase_problems(bill, lot, family, alone=len(purchases - family) == 0)
    return problems


def _first(lot):
    while lot.source_lot_id:
        lot = lot.source_lot_id
    return lot


class _Bill:
    """What was asked for, paid, owed and lost; in the currency of the invoice, exact."""

    def __init__(self, case, invoice, items):
        self.invoice, self.in_parts = invoice, invoice.state == "posted" and len(items) > 1
        partials = items.matched_credit_ids
        notes = case.env["account.move"].search([("reversed_entry_id", "=", invoice.id), ("state", "=", "posted")])
        note_items = notes.line_ids.filtered(lambda it: it.account_type == "asset_receivable")
        credited = -sum(note_items.mapped("amount_currency"))
        total, settled = sum(items.mapped("amount_currency")), sum(partials.mapped("debit_amount_currency"))
        lost = lost_here = 0.0
        for part in partials:
            entry = part.credit_move_id.move_id
            losses = sum(entry.line_ids.filtered(lambda it: it.account_id == case.loss).mapped("balance"))
            whole = -sum(entry.line_ids.filtered(lambda it: it.account_type == "asset_receivable").mapped("balance"))
            if losses and entry.move_type == "entry":
                lost += part.debit_amount_currency * losses / whole
                lost_here += part.amount * losses / whole
        self.left = round(total - credited, 2)
        self.owed = round(total - settled, 2)
        self.paid = round(self.left - self.owed - lost, 2)
        self.is_settled = invoice.state == "posted" and not self.owed and invoice.payment_state != "invoicing_legacy"
        self.is_paid = self.is_settled and round(lost_here - 0.01 * sum(items.mapped("balance")), 2) <= 0

    def cover(self, credits):
        """Return how many of ``credits``, all that the invoice sold, are covered."""
        if self.left <= 0:
            return credits
        share = Fraction(str(max(self.paid, 0.0))) / Fraction(str(self.left))
        return min(floor(credits * share + Fraction(1, 100)), credits)


def _purchase_problems(bill, lot, family, *, alone):
    """Yield what is wrong with what can be planned of a purchase, whoever has its credits by now."""
    sold = bill.invoice.invoice_line_ids.filtered(lambda line: line.price_total > 0)
    # Those whose price was a loss were taken back; the price of the others is paid as before.
    refunds = lot.move_ids.filtered(lambda it: it.kind == "refund")
    gone = refunds.filtered(lambda it: it.invoice_line_id.move_id.move_type != "out_refund")
    kept = sum(it.credits_total - it.credits_refunded - it.credits_transferred for it in family)
    taken = sum(it.credits_reserved + it.credits_used + it.credits_lost for it in family)
    free = sum(family.mapped("credits_spendable"))
    here = f"{lot.display_name} ({taken} taken, {free} free of {kept}, {bill.paid} of {bill.left} paid)"
    if bill.is_paid:
        return
    if free and not bill.in_parts:
        yield f"{here}: can be planned, and is not paid"
    if bill.in_parts and alone and len(sold) == 1:
        covered = min(bill.cover(kept + sum(gone.mapped("credits"))), kept)
        if free > max(covered - taken, 0):
            yield f"{here}: more can be planned than the {covered} that are covered"
        if len(family) == 1 and free != min(max(covered - taken, 0), lot.credits_available):
            yield f"{here}: other than the {covered} that are covered"


class CollectedPartsMixin(PaymentMixin, InstalmentsMixin):
    """Packages paid in parts whose payer agreed that the coming ones are charged to a saved card."""

    @classmethod
    def setup_practice(cls):
        result = super().setup_practice()
        cls.setup_provider()
        cls.company.practice_retry_days = "3, 5"
        cls.patient.email = "an@example.com"
        cls.payer = new_test_user(cls.env, "pb_payer", groups="base.group_portal", partner_id=cls.patient.id)
        return result

    def agreed(self, outcome="done", paid=1, **vals):
        """Sell in three parts of which ``paid`` are paid, and let the payer agree to the others; return the invoice."""
        invoice = self.in_parts(paid=paid, **vals).invoice_id
        self.agree(invoice, self.make_token(invoice.partner_id, outcome))
        return invoice

    def agree(self, invoice, token, user=None):
        plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
        invoice._practice_agree_as_shown(user or self.payer, token, plan)

    def collect(self, **delta):
        """Let the run that charges do its work, after some time if given."""
        if delta:
            self.travel(**delta)
        with self.enter_registry_test_mode():
            self.env.ref("practice_billing.ir_cron_collect").method_direct_trigger()
        self.env.invalidate_all()

    def told(self, invoice, template):
        """Return the mails of ``template`` about ``invoice`` that wait to be sent, oldest first."""
        subject = self.env.ref(f"practice_billing.mail_template_part_{template}")._render_field("subject", invoice.ids)
        mails = self.env["mail.mail"].search([("res_id", "=", invoice.id), ("model", "=", "account.move")], order="id")
        return mails.filtered(lambda mail: mail.subject == subject[invoice.id])

    def problems(self, invoice):
        kind = self.env.ref("practice_billing.mail_activity_type_part")
        return invoice.activity_ids.filtered(lambda it: it.activity_type_id == kind)

    def card_payments(self, invoice):
        """Return what became of each attempt: pairs of amount and state."""
        return [(it.amount, it.state) for it in invoice.practice_attempt_ids.sorted("practice_attempt")]


class CollectedPartsCase(CollectedPartsMixin, PracticeCase):
    pass
