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
