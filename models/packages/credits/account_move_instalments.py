from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

from odoo import models

from ....tools.credits import share_paid


class Bill(NamedTuple):
    """What an invoice asks for, and what became of it: exact, with tax, in the currency of the invoice.

    ``prices`` are ``{line: what it asks for}`` and ``paid`` what of that is paid. What credit notes took off is not
    asked for any more: it lowers the price and pays nothing, wherever it went. ``owed`` and ``lost`` are of all lines.
    """

    prices: dict
    paid: dict
    owed: Fraction
    lost: Fraction


class AccountMove(models.Model):
    """An invoice that was agreed to be paid in parts gives its credits as it is paid.

    Which part is paid follows from what is owed, so every door of payment and of its undoing is the same to it.
    """

    _inherit = "account.move"

    def _practice_is_paid_in_parts(self):
        """Return whether this invoice gives its credits as it is paid: it is due on more than one day. A hook.

        The items that say so are those of its posting, whatever has become of the payment terms.
        """
        self.ensure_one()
        return self.state == "posted" and len(self._practice_get_parts()) > 1

    def _practice_get_parts(self):
        """Return the items of this invoice that say what is due when, the first one first."""
        self.ensure_one()
        return self.line_ids.filtered(lambda line: line.display_type == "payment_term").sorted("date_maturity")

    def _practice_get_open_parts(self):
        """Return those parts of which something is owed."""
        return self._practice_get_parts().filtered(lambda line: not line.reconciled)

    def _practice_get_bill(self):
        """Return what this invoice asks for and what became of it, as a :class:`Bill`."""
        self.ensure_one()
        before, before_unpaid = self._practice_get_prepaid()
        sold, credited = self._practice_share_price(before), defaultdict(Fraction)
        notes = self.reversal_move_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_refund")
        for note in notes:
            for line, amount in note._practice_share_price().items():
                credited[line.practice_sold_line_id] += note._practice_in_currency_of(self, amount)
        # What credits no line that was sold lowers none of them alone.
        other = credited.pop(self.env["account.move.line"], Fraction(0)) / (sum(sold.values()) or 1)
        left = {line: price - credited[line] - price * other for line, price in sold.items()}
        owed = Fraction(str(self.amount_residual)) + Fraction(str(before_unpaid))
        lost = Fraction(str(self._practice_get_written_off("debit_amount_currency")))
        paid = share_paid(sum(left.values()) - owed - lost, {line: (sold[line], left[line]) for line in sold})
        return Bill(left, paid, owed, lost)

    def _practice_share_price(self, before=0.0):
        """Return ``{line: amount}``: the total of this document and what was paid ``before``, by what lines ask for.

        Lines that lower it lower all others alike. Exact, with tax, in the currency of the document.
        """
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product" and line.price_total > 0)
        weights = {line: Fraction(str(line.price_total)) for line in lines}
        total = Fraction(str(self.amount_total)) + Fraction(str(before))
        return {line: total * weight / sum(weights.values()) for line, weight in weights.items()}

    def _practice_in_currency_of(self, invoice, amount):
        """Return an ``amount`` of this document in the currency of ``invoice``, at the rate of this document's day."""
        if self.currency_id == invoice.currency_id:
            return amount
        rate = self.currency_id._get_conversion_rate(self.currency_id, invoice.currency_id, self.company_id, self.date)
        return amount * Fraction(str(rate))

    def _practice_get_prepaid(self):
        """Return what negative lines of this invoice say was paid before, and how much of that was not. A hook.

        Both with tax, in the currency of the invoice, >= 0. Discounts are no payment.
        """
        self.ensure_one()
        return 0.0, 0.0
