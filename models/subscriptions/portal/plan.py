from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ....tools.periods import INTERVAL_MONTHS, first_start_from


class PracticePlan(models.Model):
    """What organisations can choose by themselves."""

    _inherit = "practice.plan"

    def _prepare_portal_cards(self, interval, subscription, day):
        """Return what a card shows of each plan for periods that begin on ``day``, without tax.

        :param subscription: the running one of whoever looks, or none: its own plan costs what it pays
        """
        return [plan._prepare_portal_card(interval, subscription, day) for plan in self]

    def _prepare_portal_card(self, interval, subscription, day):
        self.ensure_one()
        card = {
            "plan": self,
            "price": self._get_price(interval, "standard", day),
            "student": self._get_price(interval, "student", day),
            "coming": self._describe_coming_price(interval, day),
            "usage": self._prepare_portal_usage_prices(day),
            "saving": self._describe_saving(day) if interval == "year" else "",
        }
        if subscription:
            card["change"] = self._prepare_portal_change(interval, subscription)
        if (subscription.plan_id, subscription.interval) == (self, interval):
            try:
                prices = subscription._get_prices_now()
            except UserError:
                return card
            card |= {
                "price": prices["standard"],
                "student": prices["student"] if card["student"] is not None else None,
                "coming": subscription._prepare_portal_price_change(),
            }
        return card

    def _describe_saving(self, day):
        """Return in words what a year costs less than twelve months, from ``day`` on; nothing when it does not."""
        self.ensure_one()
        month, year = (self._get_price(it, "standard", day) for it in ("month", "year"))
        if month is None or year is None or self.currency_id.compare_amounts(year, 12 * month) >= 0:
            return ""
        saved = 12 * month - year
        months = round(saved / month)
        if self.currency_id.compare_amounts(saved, months * month):
            return self.env._("You save %s a year.", format_amount(self.env, saved, self.currency_id))
        if months == 1:
            return self.env._("You save 1 month.")
        return self.env._("You save %s months.", months)

    def _prepare_portal_change(self, interval, subscription):
        """Return what choosing this plan means for who has ``subscription``: ``{"kind", "when"}``, or ``None``.

        The kind is ``upgrade``, ``downgrade``, ``interval`` (the same plan) or ``other``; ``when`` is said in words.
        """
        self.ensure_one()
        if (subscription.plan_id, subscription.interval) == (self, interval):
            return None
        try:
            when = subscription._get_change(self, interval)
            return {"kind": self._name_change(interval, subscription), "when": subscription._describe_when(when)}
        except UserError as error:
            return {"kind": "", "when": str(error)}

    def _name_change(self, interval, subscription):
        """Return whether this plan is an upgrade: what it costs a month, and not when it is paid, says so."""
        if subscription.plan_id == self:
            return "interval"
        now = subscription._get_prices_now()["standard"] / INTERVAL_MONTHS[subscription.interval]
        new = self._get_price(interval, "standard", subscription.company_id._practice_day()) or 0.0
        difference = self.currency_id.compare_amounts(new / INTERVAL_MONTHS[interval], now)
        return {1: "upgrade", -1: "downgrade"}.get(difference, "other")

    def _describe_coming_price(self, interval, day):
        """Return in words what a practitioner costs later, for who begins on ``day``; nothing when that is not known.

        The day is that of the first period at the new price.
        """
        self.ensure_one()
        coming = self._get_coming_price(interval, "standard", day)
        if not coming:
            return ""
        first, amount = coming
        return self._describe_price_from(amount, first_start_from(day, first, interval))

    def _describe_price_from(self, amount, day):
        """Return in words that who has a seat costs ``amount``, in the currency of the plan, from ``day`` on."""
        said = {"price": format_amount(self.env, amount, self.currency_id), "day": format_date(self.env, day)}
        if self.package_id:
            return self.env._("A member pays %(price)s from %(day)s on.", **said)
        return self.env._("A practitioner costs %(price)s from %(day)s on.", **said)

    def _prepare_portal_usage_prices(self, day):
        """Return ``[(kind, unit price, included)]`` of what this plan charges beyond the licence."""
        self.ensure_one()
        rows = []
        for kind in self.usage_price_ids.kind_id.sorted(lambda it: (it.sequence, it.id)):
            price, included = self._get_usage_price(kind, day)
            rows.append((kind.name, format_amount(self.env, price, self.currency_id), f"{included:g}"))
        return rows
