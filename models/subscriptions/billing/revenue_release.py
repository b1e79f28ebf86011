from odoo import fields, models


class PracticeRevenueRelease(models.Model):
    """A release that comes from the days of a subscription's period."""

    _inherit = "practice.revenue.release"

    period_id = fields.Many2one(
        "practice.subscription.period",
        string="Subscription Period",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
    )
    subscription_id = fields.Many2one(related="period_id.subscription_id", store=True, index="btree_not_null")

    def _get_service_days(self):
        """Return the days of its month that the period served; a release that takes back has its own day only."""
        period = self.period_id
        if not period or self.amount < 0:
            return super()._get_service_days()
        first, last = max(self.date.replace(day=1), period.date_from), min(self.date, period.service_to)
        return (first, last) if first <= last else super()._get_service_days()
