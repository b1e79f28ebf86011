from odoo import api, models
from odoo.fields import Domain

from ....tools.charges import share_amount
from .unbilled import Unbilled


class AccountMoveLine(models.Model):
    """Lines of subscriptions' invoices that were not posted yet on a day: what they bill of the days until then."""

    _inherit = "account.move.line"

    @api.model
    def _practice_get_unbilled(self, facts):
        """Return the :class:`~.unbilled.Unbilled` of documents that are a draft, cancelled, or of a later date."""
        lines = self.search(self._practice_get_unbilled_domain(facts), order="id")
        lines = lines.filtered(lambda it: it._practice_is_unbilled(facts.day))
        # Of all lines of those documents: a discount is shared among them.
        charged = lines.move_id.invoice_line_ids._practice_get_origins()
        licences = self.env["practice.subscription.licence"].search([("invoice_line_id", "in", charged.ids)])
        discounts = lines._practice_share_discounts(licences)
        taken = licences.discount_line_id
        licences = licences.grouped("invoice_line_id")
        return [
            line._practice_make_unbilled(facts, licences.get(line._practice_get_origins()), discounts.get(line, 0.0))
            for line in lines
            if line._practice_get_origins() not in taken
        ]

    @api.model
    def _practice_get_unbilled_domain(self, facts):
        """Return the domain of lines that bill days until the day; what people credit afterwards is not among them."""
        later = Domain("parent_state", "=", "posted") & Domain("move_id.invoice_date", ">", facts.day)
        return (
            Domain("company_id", "=", facts.company.id)
            & Domain("practice_period_id", "!=", False)
            & Domain("practice_date_from", "<=", facts.day)
            & Domain("display_type", "=", "product")
            & Domain("move_id.practice_period_id", "!=", False)
            & Domain("move_id.reversed_entry_id", "=", False)
            & (Domain("parent_state", "in", ("draft", "cancel")) | later)
        )

    def _practice_is_unbilled(self, day):
        """Return whether this line counts: a cancelled one while its period has no other invoice, and what repeats a
        line that was billed by then does not."""
        self.ensure_one()
        period, origin = self.move_id.practice_period_id, self.practice_origin_id
        if self.parent_state == "cancel":
            return period.state == "missing" and period.move_id == self.move_id
        repeats = origin and origin.move_id.practice_period_id == period
        return not (repeats and origin.parent_state == "posted" and origin.move_id.invoice_date <= day)

    def _practice_get_origins(self):
        """Return the lines that these repeat or credit, or themselves."""
        return self.browse().union(*(line.practice_origin_id or line for line in self))

    def _practice_share_discounts(self, licences):
        """Return ``{line: amount}``: what lines of discounts take off each of these lines, in company currency.

        :param licences: the seats that these lines charge
        """
        shares, of_line = {}, licences.filtered("discount_line_id").grouped("invoice_line_id")
        for move in self.move_id:
            for discount in move.invoice_line_ids.filtered("practice_period_id"):
                of_discount = [
                    (line, charged)
                    for line in move.invoice_line_ids
                    if (charged := of_line.get(line._practice_get_origins()))
                    and charged.discount_line_id == discount._practice_get_origins()
                ]
                weights = [-line.balance * charged[0].discount_rate for line, charged in of_discount]
                amounts = share_amount(discount.balance, weights, move.company_currency_id.rounding)
                shares |= {line: amount for (line, _), amount in zip(of_discount, amounts, strict=True)}
        return shares

    def _practice_make_unbilled(self, facts, licences, discount):
        """Return the row of this line.

        :param licences: the seats that it charges, or ``None``
        :param float discount: what lines of discounts take off it
        """
        period, currency = self.practice_period_id, self.company_currency_id
        amount = currency.round(-self.balance - discount)
        days = self.practice_date_from, self.practice_date_to or self.practice_date_from
        # Cancelled is billed again on purpose only; a membership is paid for visits.
        paid_otherwise = self.parent_state == "cancel" or period.is_membership
        return Unbilled(
            subscription=period.subscription_id,
            what=self._practice_get_unbilled_kind(licences),
            reason={"draft": "draft", "cancel": "cancelled"}.get(self.parent_state, "later"),
            plan=period.plan_id,
            name=", ".join(licences.practitioner_id.mapped("name")) if licences else (self.name or "").split("\n")[0],
            date_from=days[0],
            date_to=days[1],
            quantity=len(licences) if licences else self.quantity,
            amount=amount,
            given=0.0 if paid_otherwise else period.subscription_id._get_given(amount, *days, facts),
            account=period.income_account_id if self._practice_is_deferred() else self.account_id,
            seats=tuple(licences.seat_id.ids) if licences else (),
            move=self.move_id,
        )

    def _practice_get_unbilled_kind(self, licences):
        if self.balance > 0:
            return "credit"
        if not licences:
            return "other"
        of_before = self.practice_period_id != self.move_id.practice_period_id
        return "addition" if of_before else "licence"
