from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, models

from ....tools import pricing


class DayOfUse(NamedTuple):
    """What was used of one kind on one day, as far as it is not billed.

    ``period`` is the period of use, or none; ``ids`` are those of the usages, where they are asked for.
    """

    subscription: models.BaseModel
    period: models.BaseModel
    kind: models.BaseModel
    date: date
    quantity: float
    ids: tuple = ()


class PracticeSubscriptionUsage(models.Model):
    """What usage is billed at."""

    _inherit = "practice.subscription.usage"

    def _to_rules(self, until=None, before=None):
        """Return these unbilled usages as the pure rules know them: together what shares a price and what is included.

        :param date until: the last day that is billed; without it the day that the period, or the last use, ends
        :param dict before: what was billed of each period and kind on another day than today
        """
        days = [
            DayOfUse(*key, sum(of_day.mapped("quantity")), tuple(of_day.ids))
            for key, of_day in self.grouped(
                lambda it: (it.subscription_id, it.use_period_id, it.kind_id, it.date)
            ).items()
        ]
        if before is None:
            before = {(it.use_period_id, it.kind_id): it.billed_before for it in self}
        return self._make_rules(days, before, until)

    @api.model
    def _make_rules(self, days, before, until=None):
        """Return what was used on ``days`` as the pure rules know it, see :meth:`_to_rules`.

        Use in a period has the price that the period began with; outside any, that of its own day.

        :param list days: :class:`DayOfUse`
        :param dict before: what was billed before of each ``(period, kind)``
        """
        same, rules = defaultdict(list), []
        for day in days:
            price = self._get_price_of_day(day)
            same[day.subscription, day.period, day.kind, not day.period and price].append((day, price))
        for (_subscription, period, kind, _price), of_use in same.items():
            of_days, (price, included) = [day for day, _price in of_use], of_use[0][1]
            first, last = min(it.date for it in of_days), max(it.date for it in of_days)
            rules.append(
                pricing.Usage(
                    plan=self._get_plan_of_day(of_days[0]).id,
                    kind=kind.id,
                    unit_price=price,
                    quantity=sum(it.quantity for it in of_days),
                    included=included,
                    billed_before=before.get((period, kind), 0.0) if period else 0.0,
                    date_from=period.date_from or first,
                    # A change of plan, or an invoice of extras, comes in the middle of the period.
                    date_to=min(filter(None, (period.service_to, until)), default=last),
                    ids=tuple(number for it in of_days for number in it.ids),
                    days=tuple((period.id, kind.id, it.date) for it in of_days),
                )
            )
        return tuple(rules)

    @api.model
    def _get_plan_of_day(self, day):
        """Return the plan whose price holds: that of the period of use."""
        return day.period.plan_id or day.subscription.plan_id

    @api.model
    def _get_price_of_day(self, day):
        """Return ``(unit price, included quantity)`` of the period of use, or of the day outside any."""
        return self._get_plan_of_day(day)._get_usage_price(day.kind, day.period._get_price_date() or day.date)
