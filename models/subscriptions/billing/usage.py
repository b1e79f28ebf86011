from odoo import models

from ....tools import pricing


class PracticeSubscriptionUsage(models.Model):
    """What usage is billed at."""

    _inherit = "practice.subscription.usage"

    def _to_rules(self, until=None):
        """Return these unbilled usages as the pure rules know them: together what shares a price and what is included.

        :param date until: the last day that is billed; without it the day that the period, or the last use, ends
        """
        rules = []
        for (subscription, period, kind), of_use in self.grouped(
            lambda usage: (usage.subscription_id, usage.use_period_id, usage.kind_id)
        ).items():
            plan = period.plan_id or subscription.plan_id
            first, last = min(of_use.mapped("date")), max(of_use.mapped("date"))
            price, included = plan._get_usage_price(kind, period.date_from or first)
            rules.append(
                pricing.Usage(
                    plan=plan.id,
                    kind=kind.id,
                    unit_price=price,
                    quantity=sum(of_use.mapped("quantity")),
                    included=included,
                    billed_before=of_use[0].billed_before,
                    date_from=period.date_from or first,
                    # A change of plan, or an invoice of extras, comes in the middle of the period.
                    date_to=min(filter(None, (period.service_to, until)), default=last),
                    ids=tuple(of_use.ids),
                )
            )
        return tuple(rules)
