from odoo import api, fields, models
from odoo.fields import Domain

from .usage import DayOfUse


class PracticeSubscription(models.Model):
    """What was used and is not billed: sums for whoever asks what it costs, the rows only when they are billed."""

    _inherit = "practice.subscription"

    unbilled_sums = fields.Json(
        compute="_compute_unbilled_sums",
        help="What is not billed, summed up by the database: of each day of use, and what was billed before of the "
        "same periods.",
    )

    @api.depends(
        "period_id",
        "next_number",
        "usage_ids.state",
        "usage_ids.date",
        "usage_ids.kind_id",
        "usage_ids.quantity",
        "usage_ids.service_period_id",
    )
    def _compute_unbilled_sums(self):
        usages = self.env["practice.subscription.usage"]
        groups = usages._read_group(
            [("subscription_id", "in", self.ids), ("state", "=", "unbilled")],
            ["subscription_id", "service_period_id", "kind_id", "date:day"],
            ["quantity:sum"],
        )
        periods = self._get_periods_since(min((day for *_key, day, _quantity in groups), default=None))
        days, used = {}, self.env["practice.subscription.period"]
        for subscription, period, kind, day, quantity in groups:
            covering = (it for it in periods.get(subscription, ()) if it.date_from <= day <= it.date_to)
            period = period or next(covering, used.browse())
            used |= period
            row = [period.id, kind.id, fields.Date.to_string(day), quantity]
            days.setdefault(subscription, []).append(row)
        billed = used and usages._read_group(
            Domain("service_period_id", "in", used.ids) & Domain("period_id", "!=", False),
            ["subscription_id", "service_period_id", "kind_id"],
            ["quantity:sum"],
        )
        before = {}
        for subscription, period, kind, quantity in billed:
            before.setdefault(subscription, []).append([period.id, kind.id, quantity])
        for subscription in self:
            subscription.unbilled_sums = {
                "days": days.get(subscription._origin, []),
                "before": before.get(subscription._origin, []),
            }

    def _get_periods_since(self, day):
        """Return the periods of these subscriptions that end on ``day`` or later, the newest first, by subscription."""
        if not day:
            return {}
        # sudo: whoever records usage need not read periods; they decide which price holds.
        periods_sudo = self.env["practice.subscription.period"].sudo()
        domain = [("subscription_id", "in", self.ids), ("kind", "!=", "extras"), ("date_to", ">=", day)]
        return periods_sudo.search(domain, order="number desc").sudo(self.env.su).grouped("subscription_id")

    def _get_usage_to_bill(self, until, since=None):
        """Return what this subscription used until ``until`` (included) and was not billed for, as the rules know it.

        Usage is billed at the price of the period it falls in, or of its day outside any, however late it is recorded.

        :param date since: the first day of use that counts; without it all
        """
        self.ensure_one()
        usages, sums = self.env["practice.subscription.usage"], self.unbilled_sums
        periods, kinds = self.env["practice.subscription.period"], self.env["practice.usage.kind"]
        # Browsed together, to be read together.
        period_of = {it.id: it for it in periods.browse({row[0] for row in sums["days"] if row[0]})}
        kind_of = {it.id: it for it in kinds.browse({row[1] for row in sums["days"]})}
        days = [
            DayOfUse(self, period_of.get(period, periods), kind_of[kind], fields.Date.to_date(day), quantity)
            for period, kind, day, quantity in sums["days"]
        ]
        # As they stand on the invoice: what is late comes first, then the kinds in their order.
        days = sorted(
            (it for it in days if it.date <= until and (not since or it.date >= since)),
            key=lambda it: (it.period.number, it.kind.sequence, it.kind.id, it.date),
        )
        before = {(periods.browse(period), kinds.browse(kind)): quantity for period, kind, quantity in sums["before"]}
        return usages._make_rules(days, before, until)

    def _get_usage_of_rules_sudo(self, invoice):
        """Return ``[(rules, usages)]`` of what counts as billed with ``invoice``: the rows behind the sums."""
        self.ensure_one()
        if not invoice.usages:
            return []
        rules_of = {day: rules for rules in invoice.usages for day in rules.days}
        # sudo: written by the module only
        usages_sudo = self.sudo().unbilled_usage_ids.filtered(
            lambda it: it.state == "unbilled" and it.date <= invoice.until
        )
        by_rules = usages_sudo.grouped(lambda it: rules_of.get((it.use_period_id.id, it.kind_id.id, it.date)))
        return [(rules, found) for rules, found in by_rules.items() if rules]
