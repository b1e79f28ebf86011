from odoo import api, fields, models


class PracticePlanUsagePrice(models.Model):
    """What a plan charges for one unit of a kind of usage. A kind without a price is free."""

    _name = "practice.plan.usage.price"
    _description = "Usage Price"
    _inherit = ["practice.price.mixin"]
    _order = "plan_id, kind_id, date_from nulls first, id"

    kind_id = fields.Many2one(
        "practice.usage.kind",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    unit_price = fields.Float(required=True, min_display_digits="Product Price", help="Per unit, without tax.")
    included = fields.Float(digits="Product Unit", help="Units of each period that the plan includes.")
    date_from = fields.Date(help="Usage of periods that begin on this day or later. Empty: all.")

    _price_uniq = models.UniqueIndex(
        "(plan_id, kind_id, COALESCE(date_from, '-infinity'))", "There is a price from this day already."
    )
    _not_negative = models.Constraint(
        "CHECK (unit_price >= 0 AND included >= 0)", "Neither the price nor what is included can be negative."
    )

    @api.depends("kind_id", "date_from", "plan_id.usage_price_ids.date_from")
    def _compute_validity(self):
        for price in self:
            plan = price.plan_id
            same = plan.usage_price_ids.filtered(lambda it, kind=price.kind_id: it.kind_id == kind)
            price.validity = plan._get_validity(price, same)
