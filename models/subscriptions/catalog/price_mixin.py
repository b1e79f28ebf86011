from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .plan import VALIDITIES


class PracticePriceMixin(models.AbstractModel):
    """A price of a plan. What was promised stays: one that holds already does not change, and none begins in the past.

    A plan is promised as long as a subscription has it (in trial and before it begins, too), and for good once it was
    billed. So what something cost on a day can be asked at any time later.
    """

    _name = "practice.price.mixin"
    _description = "Price of a Plan"

    plan_id = fields.Many2one("practice.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    date_from = fields.Date(string="From")
    validity = fields.Selection(VALIDITIES, compute="_compute_validity")

    @api.model_create_multi
    def create(self, vals_list):
        prices = super().create(vals_list)
        prices._check_begins_in_time()
        return prices

    def write(self, vals):
        changed = self._filter_changed(vals)
        changed._check_not_in_force()
        result = super().write(vals)
        changed._check_begins_in_time()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_in_force(self):
        self._check_not_in_force()

    # === WHAT IS PROMISED === #

    def _get_promised_domain(self, prefix=""):
        """Return which subscriptions and periods have this price.

        :param str prefix: of the names of the fields that say plan and interval
        """
        self.ensure_one()
        return Domain(f"{prefix}plan_id", "=", self.plan_id.id)

    def _is_promised(self):
        """Return whether a subscription pays this price, will, or did. A hook."""
        self.ensure_one()
        return False

    def _replaces_price(self):
        """Return whether something else was charged before this price, be it nothing."""
        self.ensure_one()
        return True

    def _get_first_day(self):
        """Return the earliest day from which a promised plan can have this price: today, a day of its company."""
        self.ensure_one()
        return self.company_id._practice_day()

    def _filter_changed(self, vals):
        """Return those of these prices that ``vals`` would change."""
        names = [name for name in vals if name in self._fields]
        changed = self.browse()
        for price in self:
            after = price._convert_to_write({name: price[name] for name in names})
            if any(after[name] != vals[name] for name in names):
                changed |= price
        return changed

    # === CHECKS === #

    def _check_not_in_force(self):
        """Refuse to change or delete what subscriptions were promised.

        :raises UserError: when a price is in force already, and somebody has it
        """
        for price in self:
            in_force = not price.date_from or price.date_from <= price.company_id._practice_day()
            if in_force and price._is_promised():
                raise UserError(
                    self.env._(
                        "Subscriptions have this price of %s, or were billed at it. Add a price with a date instead: "
                        "it holds for periods that begin from that day on.",
                        price.plan_id.name,
                    )
                )

    def _check_begins_in_time(self):
        """Refuse a price that would change what was used, billed or agreed before.

        :raises UserError: when the plan is promised and the price begins too early
        """
        # One without a plan is refused by the database.
        for price in self.filtered("plan_id"):
            first = price._get_first_day()
            in_time = price.date_from and price.date_from >= first
            if in_time or not price._replaces_price() or not price._is_promised():
                continue
            names = {"plan": price.plan_id.name, "first": format_date(self.env, first)}
            if not price.date_from:
                raise UserError(
                    self.env._(
                        "A price without a date would hold from the beginning, and subscriptions have %(plan)s "
                        "already. Let it begin on %(first)s or later.",
                        **names,
                    )
                )
            raise UserError(
                self.env._(
                    "Subscriptions have %(plan)s already, so what was used and agreed keeps its price: a new one "
                    "cannot begin on %(day)s. Let it begin on %(first)s or later.",
                    day=format_date(self.env, price.date_from),
                    **names,
                )
            )
