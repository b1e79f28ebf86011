from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .plan import VALIDITIES


class PracticePriceMixin(models.AbstractModel):
    """A price of a plan: it stays as it is from the moment that subscriptions are billed at it."""

    _name = "practice.price.mixin"
    _description = "Price of a Plan"

    plan_id = fields.Many2one("practice.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    date_from = fields.Date(string="From")
    validity = fields.Selection(VALIDITIES, compute="_compute_validity")

    def write(self, vals):
        self._check_not_in_force(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_in_force(self):
        self._check_not_in_force()

    def _get_billed_domain(self):
        """Return the periods that were billed at this price, or may have been."""
        self.ensure_one()
        return Domain("plan_id", "=", self.plan_id.id)

    def _was_billed(self):
        """Return whether a subscription was billed at this price, or may have been. A hook."""
        self.ensure_one()
        return False

    def _check_not_in_force(self, vals=None):
        """Refuse to change (to ``vals``) or delete what subscriptions were promised.

        :raises UserError: when a price is in force already and was billed
        """
        names = [name for name in vals or () if name in self._fields]
        for price in self:
            after = price._convert_to_write({name: price[name] for name in names})
            if vals is not None and all(after[name] == vals[name] for name in names):
                continue
            day = price.company_id._practice_day()
            in_force = not price.date_from or price.date_from <= day
            if in_force and price._was_billed():
                raise UserError(
                    self.env._(
                        "Subscriptions were billed at this price of %s. Add a price with a date instead: it holds for "
                        "periods that begin from that day on.",
                        price.plan_id.name,
                    )
                )
