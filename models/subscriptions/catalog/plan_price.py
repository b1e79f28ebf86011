from odoo import api, fields, models
from odoo.fields import Domain

from .plan import INTERVALS, KINDS


class PracticePlanPrice(models.Model):
    """What one seat costs for a whole period, from a date on."""

    _name = "practice.plan.price"
    _description = "Plan Price"
    _inherit = ["practice.price.mixin"]
    _order = "plan_id, interval, kind, date_from nulls first, id"

    interval = fields.Selection(INTERVALS, required=True, default="month")
    kind = fields.Selection(KINDS, string="Seat", required=True, default="standard")
    amount = fields.Monetary(string="Price", required=True, help="Per practitioner and period, without tax.")
    date_from = fields.Date(
        help="Periods that begin on this day or later cost this much. Running subscriptions pay the old price until "
        "then. Empty: from the beginning.",
    )

    _price_uniq = models.UniqueIndex(
        "(plan_id, interval, kind, COALESCE(date_from, '-infinity'))", "There is a price from this day already."
    )
    _amount_not_negative = models.Constraint("CHECK (amount >= 0)", "A price cannot be negative.")

    @api.depends("interval", "kind", "date_from", "plan_id.price_ids.date_from")
    def _compute_validity(self):
        for price in self:
            plan = price.plan_id
            same = plan.price_ids.filtered(lambda it, own=price: (it.interval, it.kind) == (own.interval, own.kind))
            price.validity = plan._get_validity(price, same)

    def _replaces_price(self):
        """Return whether there was a price of the interval before: without any, nothing could be promised."""
        first = self._get_first_day()
        # Students without a price of their own pay as everybody.
        return any(
            (price.interval, price.kind) == (self.interval, "standard")
            and (not price.date_from or price.date_from < first)
            for price in self.plan_id.price_ids - self
        )

    def _get_promised_domain(self, prefix=""):
        return super()._get_promised_domain(prefix) & Domain(f"{prefix}interval", "=", self.interval)
