from odoo import models

from ....tools import pricing


class PracticeSubscriptionUsage(models.Model):
    """What usage is billed at."""

    _inherit = "practice.subscription.usage"

    def _to_rules(self, until=None, before=None):
        """Return these unbilled usages as the pure rules know them: together what shares a price and what is included.

        Use in a period has the price that the period began with; outside any, that of its own day.

        :param date until: the last day that is billed; without it the day that the period, or the last use, ends
        :param dict before: what was billed of each period and kind on another day than today
        """
        rules = []
        for (_subscription, period, kind, _price), of_use in self.grouped(
            lambda usage: (
                usage.subscription_id,
                usage.use_period_id,
                usage.kind_id,
                not usage.use_period_id and usage._get_price_of_use(),
            )
        ).items():
            price, included = of_use[0]._get_price_of_use()
            first, last = min(of_use.mapped("date")), max(of_use.mapped("date"))
            rules.append(
                pricing.Usage(
                    plan=of_use[0]._get_plan_of_use().id,
                    kind=kind.id,
                    unit_price=price,
                    quantity=sum(of_use.mapped("quantity")),
                    included=included,
                    billed_before=before.get((period, kind), 0.0) if before is not None else of_use[0].billed_before,
                    date_from=period.date_from or first,
                    # A change of plan, or an invoice of extras, comes in the middle of the period.
                    date_to=min(filter(None, (period.service_to, until)), default=last),
                    ids=tuple(of_use.ids),
                )
            )
        return tuple(rules)

    def _get_plan_of_use(self):
        """Return the plan whose price holds: that of the period of use."""
        self.ensure_one()
        return self.use_period_id.plan_id or self.subscription_id.plan_id

    def _get_price_of_use(self):
        """Return ``(unit price, included quantity)`` of the period of use, or of the day outside any."""
        self.ensure_one()
        day = self.use_period_id._get_price_date() or self.date
        return self._get_plan_of_use()._get_usage_price(self.kind_id, day)
