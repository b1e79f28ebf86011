from odoo import api, models
from odoo.exceptions import UserError

from ....tools import pricing
from ....tools.periods import given_by_days
from .invoice_facts import InvoiceFacts
from .unbilled import Unbilled


class PracticeSubscription(models.Model):
    """What was given until a day and is on no posted invoice of that day: what the next invoices will bill of it.

    The amounts are those of the invoices: of documents where there are some (``account_move_line_unbilled``), of the
    invoice that the run would make where there are none, and of ``pricing`` for usage (``usage_unbilled``).
    """

    _inherit = "practice.subscription"

    @api.model
    def _get_unbilled(self, company, day):
        """Return what subscriptions of ``company`` got until ``day`` (included) and were not billed for by then.

        Whether something was billed by then is a question of the invoice date of documents that are posted now. Seats,
        plans and codes are those of today.

        :return: a list of :class:`~.unbilled.Unbilled`, by subscription
        """
        # sudo: a report for whoever may read it: the report asks; the amounts come from all that billing reads
        self_sudo = self.sudo().with_company(company)
        facts = InvoiceFacts(company.sudo(), day)  # sudo: as above
        subscriptions_sudo = self_sudo.search([("company_id", "=", company.id), ("state", "!=", "trial")], order="id")
        subscriptions_sudo._read_for_unbilled()
        rows, missed = self_sudo.env["account.move.line"]._practice_get_unbilled(facts), {}
        for subscription in subscriptions_sudo:
            of_seats, missed[subscription.id] = subscription._get_unbilled_seats(facts)
            rows += of_seats
        rows += self_sudo.env["practice.subscription.usage"]._get_unbilled(facts, missed)
        rows = [row for row in rows if row.amount or row.reason == "failed"]
        return sorted(rows, key=lambda row: (row.subscription.id, row.date_from, row.what))

    def _read_for_unbilled(self):
        """Read at once what would be read for each of these subscriptions: names, addresses, fiscal positions."""
        customers = self.organisation_id | self.organisation_id.child_ids
        customers.mapped("property_account_position_id")
        self.seat_ids.practitioner_id.mapped("name")

    def _get_unbilled_seats(self, facts):
        """Return the periods that have begun and the seats that have come, of which there is no document yet.

        :return: ``(rows, the invoices of those periods as the run would make them)``
        """
        self.ensure_one()
        rows, invoices = [], []
        try:
            for invoice in self._make_invoices_until(facts.day):
                invoices.append(invoice)
                rows += self._make_unbilled_rows(invoice.bill, invoice.plan, facts, invoice.period)
        except UserError as error:
            first = invoices[-1].date_to if invoices else self.next_invoice_date
            return [*rows, Unbilled(self, "licence", "failed", self.plan_id, str(error), first, first)], invoices
        plan = invoices[-1].plan if invoices else self.plan_id
        period = invoices[-1].period if invoices else self.period_id._to_rules()
        redemption = self._get_extras_redemption_sudo(plan, [it.redemption for it in invoices])
        bill = pricing.extras_bill(
            period,
            self.seat_ids._to_rules(),
            discount=redemption and redemption._to_rules(),
            until=min(facts.day, self.end_date or facts.day),
            rounding=plan.currency_id.rounding,
        )
        return rows + self._make_unbilled_rows(bill, plan, facts, period), invoices

    def _make_unbilled_rows(self, bill, plan, facts, period):
        """Return a row for each line of a bill that charges seats."""
        return [
            self._make_unbilled_row(line, facts, period.tariff.by_days)
            for line in bill.lines
            if line.section in pricing.CHARGED_SECTIONS
        ]

    def _make_unbilled_row(self, line, facts, by_days):
        plan = self.env["practice.plan"].browse(line.plan)
        amount = facts.convert(line.net, plan.currency_id)
        return Unbilled(
            subscription=self,
            what="addition" if line.section == "addition" else "licence",
            reason="due",
            plan=plan,
            name=", ".join(self._get_practitioners(line).mapped("name")),
            date_from=line.date_from,
            date_to=line.date_to,
            quantity=len(line.seats),
            amount=amount,
            given=self._get_given(amount, line.date_from, line.date_to, facts) if by_days else 0.0,
            account=self._get_unbilled_position(facts).map_account(plan._get_income_account()),
            seats=tuple(seat.id for seat in line.seats),
        )

    def _get_given(self, amount, first, last, facts):
        """Return the part of ``amount`` that was given until the day of what is charged from ``first`` to ``last``.

        A subscription that has ended owes all of it: nothing else is to come, and what is given back is a line of its
        own.
        """
        if self.end_date and self.end_date <= facts.day:
            return amount
        return given_by_days(amount, first, last, facts.day, rounding=facts.company.currency_id.rounding)

    def _get_unbilled_position(self, facts):
        """Return the fiscal position that the next invoice has."""
        self.ensure_one()
        return facts.get_position(facts.get_partner(self))
