from odoo import fields, models

from ....tools.seats import Licence
from ..catalog.plan import KINDS


class PracticeSubscriptionLicence(models.Model):
    """A paid seat of a period. Who takes it over when the first one leaves pays nothing."""

    _name = "practice.subscription.licence"
    _inherit = ["practice.insert.mixin"]
    _description = "Paid Seat"
    _order = "period_id, date_from, id"
    _rec_name = "practitioner_id"
    _insert_columns = (
        *("period_id", "billed_period_id", "company_id", "seat_id", "practitioner_id", "kind", "date_from", "price"),
        *("discount_rate", "invoice_line_id", "discount_line_id", "is_paid_for"),
    )
    _insert_empty = {"price": 0.0, "discount_rate": 0.0, "is_paid_for": False}

    period_id = fields.Many2one("practice.subscription.period", required=True, index=True, ondelete="cascade")
    billed_period_id = fields.Many2one(
        "practice.subscription.period",
        string="Billed With",
        required=True,
        index=True,
        ondelete="cascade",
        help="The period whose invoice charged it: an addition is charged with the next one.",
    )
    company_id = fields.Many2one(related="period_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="period_id.currency_id")
    seat_id = fields.Many2one("practice.subscription.seat", required=True, index=True, ondelete="restrict")
    practitioner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(KINDS, string="Rate", required=True)
    date_from = fields.Date(string="Paid From", required=True)
    date_to = fields.Date(related="period_id.date_to", string="Paid Until")
    price = fields.Monetary(required=True, help="For a whole period, without tax and before discount.")
    discount_rate = fields.Float(digits=(16, 10), help="The part of the price, from 0 to 1, that a code took off.")
    invoice_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The line that charged it first. What repeats or credits that line points to it.",
    )
    discount_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The line that took off the discount.",
    )
    is_paid_for = fields.Boolean(
        string="Billed",
        default=True,
        readonly=True,
        help="Not when its invoice was credited or cancelled: whoever takes the seat over is then charged for it.",
    )

    _added_idx = models.Index("(period_id) WHERE billed_period_id <> period_id")

    def _to_rules(self):
        """Return these licences as the pure rules know them."""
        return tuple(
            Licence(
                licence.seat_id.id,
                licence.practitioner_id.id,
                licence.kind,
                licence.date_from,
                licence.price,
                licence.discount_rate,
                licence.is_paid_for,
            )
            for licence in self
        )
