from dataclasses import dataclass, replace
from datetime import date, timedelta

from odoo import models

from ....tools import pricing
from ....tools.periods import period_days, period_number
from ..agreement.subscription import BILLED

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class NextInvoice:
    """An invoice as the run would make it: whose, what for, and its bill.

    :param str kind: regular, change or extras, as a period's
    :param plan: the plan and ``interval`` in force from this invoice on
    :param date anchor: the day that later periods are counted from
    :param pricing.Period period: the period that is paid in advance; ``None`` for extras
    :param date until: the last day whose usage and additions are on it
    :param date price_date: the day whose prices hold, when it is another one than the period's first
    :param tuple usages: the :class:`pricing.Usage` that count as billed with it, charged or not
    :param redemption: the discount code at work, or none
    """

    subscription: object
    kind: str
    plan: object
    interval: str
    anchor: date
    bill: pricing.Bill
    until: date
    usages: tuple = ()
    period: pricing.Period | None = None
    redemption: object = None
    price_date: date | None = None

    @property
    def date_from(self):
        return self.period.date_from if self.period else self.until

    @property
    def date_to(self):
        return self.period.date_to if self.period else self.until


class PracticeSubscription(models.Model):
    """What the next invoice is made of: the facts are collected here, ``tools.pricing`` makes the lines."""

    _inherit = "practice.subscription"

    def _make_next_invoice(self, plan=None, interval=None, discount=None):
        """Return what the run bills when the next period begins: the :class:`NextInvoice`.

        :param plan: preview the invoice as if this plan (and ``interval``) were chosen for the next period
        :param discount: a redemption that is not saved yet, for a preview
        :raises UserError: when the plan has no price for the interval
        """
        self.ensure_one()
        if self.end_date and self.next_invoice_date > self.end_date:
            return self._make_extras_invoice(self.end_date)
        plan = plan or self.pending_plan_id or self.plan_id
        interval = interval or self.pending_interval or self.interval
        anchor = self._get_next_anchor(interval)
        first, last = period_days(anchor, period_number(anchor, self.next_invoice_date, interval), interval)
        price_date = self._get_price_date(plan, interval, first)
        redemption = discount or self._get_running_redemption_sudo(plan)
        usages = self._get_usage_to_bill(first - ONE_DAY)
        days = first, last, price_date
        return self._make_regular_invoice(plan, interval, anchor, days, self.period_id._to_rules(), redemption, usages)

    def _make_following_invoice(self, invoices):
        """Return the invoice that the run makes after those of ``invoices``, which are not made yet; without usage.

        :param list invoices: regular ones, oldest first
        :raises UserError: when the plan has no price for the interval
        """
        before = invoices[-1]
        plan, interval, anchor = before.plan, before.interval, before.anchor
        first = before.date_to + ONE_DAY
        first, last = period_days(anchor, period_number(anchor, first, interval), interval)
        redemption = self._get_running_redemption_sudo(plan, [invoice.redemption for invoice in invoices])
        return self._make_regular_invoice(plan, interval, anchor, (first, last, first), before.period, redemption)

    def _make_regular_invoice(self, plan, interval, anchor, days, previous, redemption, usages=()):
        """Return the invoice of a period.

        :param tuple days: its first and its last day, and the day whose prices hold
        :param pricing.Period previous: the period before, or ``None``
        """
        first, last, price_date = days
        period, until = pricing.Period(plan._get_tariff(interval, price_date), first, last, first), first - ONE_DAY
        bill = pricing.regular_bill(
            previous,
            period,
            self.seat_ids._to_rules(),
            usages,
            redemption and redemption._to_rules(),
            rounding=plan.currency_id.rounding,
        )
        invoice = self._make_invoice("regular", plan, interval, anchor, period, bill, until, usages, redemption)
        return invoice if price_date == first else replace(invoice, price_date=price_date)

    def _get_price_date(self, plan, interval, first):
        """Return the day whose prices hold for a period of ``plan`` that begins on ``first``: mostly that day itself.

        The first period of a subscription begins after a trial, or on a later day that was agreed. It costs what the
        plan cost on the day of the agreement, licences and usage, because that price was shown then; unless the licence
        costs less by now. From the second period on everybody pays what the plan costs on its first day.
        """
        self.ensure_one()
        promised = self.promised_on
        agreed = (plan, interval) == (self.plan_id, self.interval)
        if self.period_id or not agreed or not promised or promised >= first:
            return first
        then, now = (plan._get_price(interval, "standard", day) for day in (promised, first))
        return first if then is None or now < then else promised

    def _get_next_anchor(self, interval):
        """Return the day that periods are counted from when the next one has this interval."""
        self.ensure_one()
        return self.anchor_date if interval == self.interval else self.next_invoice_date

    def _make_change_invoice(self, plan, interval, day, discount=None):
        """Return the invoice of a change of plan or interval on ``day``, in the middle of the paid period.

        The same interval keeps its dates; another one begins on ``day``, which becomes the anchor.
        """
        self.ensure_one()
        previous = self.period_id._to_rules(self._get_paid_periods(day)._get_charges())
        if interval == self.interval:
            anchor, first, last, base = self.anchor_date, day, previous.date_to, previous.base_from
        else:
            anchor = base = day
            first, last = period_days(day, 0, interval)
        period = pricing.Period(plan._get_tariff(interval, day), first, last, base)
        redemption = discount or self._get_running_redemption_sudo(plan)
        until = day - ONE_DAY
        usages = self._get_usage_to_bill(until)
        bill = pricing.change_bill(
            previous,
            period,
            self.seat_ids._to_rules(),
            usages,
            redemption and redemption._to_rules(),
            rounding=plan.currency_id.rounding,
        )
        return self._make_invoice("change", plan, interval, anchor, period, bill, until, usages, redemption)

    def _make_extras_invoice(self, until, credit_from=None):
        """Return the invoice of additions and usage until ``until`` (included), without a new period.

        :param date credit_from: first unused day, when the rest of the paid period is given back
        :raises UserError: when a document of that period is a draft
        """
        self.ensure_one()
        redemption = self._get_extras_redemption_sudo(self.plan_id)
        usages = self._get_usage_to_bill(until)
        charges = self._get_paid_periods(credit_from)._get_charges() if self.period_id and credit_from else ()
        bill = pricing.extras_bill(
            self.period_id._to_rules(charges),
            self.seat_ids._to_rules(),
            usages,
            redemption and redemption._to_rules(),
            until=until,
            credit_from=credit_from,
            rounding=self.currency_id.rounding,
        )
        choice = self.plan_id, self.interval, self.anchor_date
        return self._make_invoice("extras", *choice, None, bill, until, usages, redemption)

    def _get_extras_redemption_sudo(self, plan, carried=()):
        """Return the redemption that an invoice of extras carries; see :meth:`_get_running_redemption_sudo`.

        An amount is for each period's invoice; extras may be billed as often as one likes.
        """
        redemption_sudo = self._get_running_redemption_sudo(plan, carried)
        return redemption_sudo.filtered(lambda it: it.kind == "percentage")

    def _make_invoices_until(self, day):
        """Yield what the run bills of the periods that begin until ``day`` and have no invoice, oldest first.

        They are as everything is today: those of days to come hold what is planned already (seats that begin or end,
        prices, another plan, the end). The first one has the usage until then; the others have none.

        :raises UserError: when one of them cannot be made
        """
        self.ensure_one()
        invoices, first = [], self.next_invoice_date
        while self.state in BILLED and first <= min(day, self.end_date or day):
            invoices.append(self._make_following_invoice(invoices) if invoices else self._make_next_invoice())
            first = invoices[-1].date_to + ONE_DAY
            yield invoices[-1]

    def _make_invoice(self, kind, plan, interval, anchor, period, bill, until, usages, redemption):
        if period:
            period = replace(period, licences=bill.licences)
        if not bill.is_discounted:
            redemption = None
        return NextInvoice(self, kind, plan, interval, anchor, bill, until, usages, period, redemption)

    def _get_paid_periods(self, day):
        """Return the periods that serve ``day`` or later days: the current one, and the one before an undone change.

        Memberships are not among them: they give visits, not days.
        """
        self.ensure_one()
        return self.period_ids.filtered(
            lambda it: it.kind != "extras" and not it.is_membership and it.service_to >= max(day, it.date_from)
        )
