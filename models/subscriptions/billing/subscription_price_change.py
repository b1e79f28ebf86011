from dataclasses import dataclass

from odoo import models

from ....tools.periods import period_start
from ..agreement.subscription import BILLED


@dataclass(frozen=True)
class PriceChange:
    """Another price of the same plan for a running subscription.

    :param invoice: the :class:`~.subscription_next_invoice.NextInvoice` that has it first
    :param dict before: what a seat costs until then, by kind, for a whole period, in the currency of the plan
    :param dict after: what it costs from then on, likewise
    """

    invoice: object
    before: dict
    after: dict

    @property
    def day(self):
        """The first day of the first period at the new price."""
        return self.invoice.date_from


class PracticeSubscription(models.Model):
    """What a seat costs now, and from when on it costs something else."""

    _inherit = "practice.subscription"

    def _get_prices_now(self):
        """Return what a seat costs, by kind: as the paid period was billed, else as the first one will be.

        :raises UserError: when the plan has no price for the interval
        """
        self.ensure_one()
        period = self.period_id
        if period and (period.plan_id, period.interval) == (self.plan_id, self.interval):
            return {"standard": period.price_standard, "student": period.price_student}
        today = self.company_id._practice_day()
        first = max(self.next_invoice_date or today, today)
        return self.plan_id._get_tariff(self.interval, self._get_price_date(self.plan_id, self.interval, first)).prices

    def _get_price_change(self):
        """Return the next :class:`PriceChange` of this subscription that is known today, or ``None``.

        The invoices that the run would make say when it is, and for whom: a price of another interval, of students
        where there are none, or from a day after the end changes nothing here. Who has chosen another plan has agreed
        to its price.

        :raises UserError: when one of those invoices cannot be made
        """
        self.ensure_one()
        days = [price.date_from for price in self.plan_id.price_ids if price.interval == self.interval]
        last = max((day for day in days if day), default=None)
        begun = self.period_id and self.period_id._get_price_date()
        if self.state not in BILLED or not last or (begun and last <= begun):
            return None
        before, kinds = self._get_prices_now(), self._get_seat_kinds()
        # After the last price nothing differs any more, but for a first period at a price that was promised.
        for invoice in self._make_invoices_until(period_start(max(last, self.next_invoice_date), 1, self.interval)):
            if not invoice.period or (invoice.plan, invoice.interval) != (self.plan_id, self.interval):
                return None
            after = invoice.period.tariff.prices
            if any(before[kind] != after[kind] for kind in kinds):
                return PriceChange(invoice, before, after)
        return None

    def _get_seat_kinds(self):
        """Return the kinds of seats whose price matters here: those of today and later, by default the usual one."""
        today = self.company_id._practice_day()
        return set(self.seat_ids.filtered(lambda it: not it.date_to or it.date_to >= today).mapped("kind")) or {
            "standard"
        }
