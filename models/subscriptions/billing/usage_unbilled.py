from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ....tools import pricing
from .unbilled import Unbilled

#: In this order use takes what the plan includes, as it does when it is billed.
REASONS = ("later", "draft", "due", "cancelled")


class PracticeSubscriptionUsage(models.Model):
    """Usage that was on no posted invoice on a day."""

    _inherit = "practice.subscription.usage"

    @api.model
    def _get_unbilled(self, facts, missed):
        """Return the :class:`~.unbilled.Unbilled` of usage until the day: together what shares a price.

        :param dict missed: the invoices of periods that have begun and have none, by the id of the subscription
        """
        usages = self.search(self._get_unbilled_domain(facts), order="date, id")
        by_reason = usages.grouped(lambda usage: usage._get_unbilled_reason(facts.day))
        before, rows = usages._get_billed_until(facts.day), []
        for reason in REASONS:
            of_reason = by_reason.get(reason, self.browse())
            for rules in of_reason._to_unbilled_rules(facts.day, before, missed):
                lines = pricing.usage_lines([rules], self.env["practice.plan"].browse(rules.plan).currency_id.rounding)
                of_rules = self.browse(rules.ids)
                rows += [of_rules._make_unbilled(line, reason, facts) for line in lines]
                if period := of_rules[0].use_period_id:
                    before[period, of_rules[0].kind_id] += rules.quantity
        return rows

    def _to_unbilled_rules(self, day, before, missed):
        """Return these usages as the pure rules know them; those in a period without invoice as they will be then."""
        in_missed, rules = defaultdict(self.browse), []
        for usage in self.filtered(lambda it: not it.use_period_id):
            for number, invoice in enumerate(missed.get(usage.subscription_id.id, ())):
                if invoice.date_from <= usage.date <= invoice.date_to:
                    in_missed[usage.subscription_id.id, number, usage.kind_id] += usage
        for (subscription, number, kind), usages in in_missed.items():
            invoice = missed[subscription][number]
            price, included = invoice.plan._get_usage_price(kind, invoice.price_date or invoice.date_from)
            rules.append(
                pricing.Usage(
                    plan=invoice.plan.id,
                    kind=kind.id,
                    unit_price=price,
                    quantity=sum(usages.mapped("quantity")),
                    included=included,
                    ids=tuple(usages.ids),
                )
            )
        others = self - self.browse().union(*in_missed.values())
        return [*others._to_rules(day, before), *rules]

    @api.model
    def _get_unbilled_domain(self, facts):
        """Return the domain of usage that may not have been billed on the day."""
        later = Domain("invoice_line_id.move_id.invoice_date", ">", facts.day)
        later |= Domain("period_id.move_id.invoice_date", ">", facts.day)
        return (
            Domain("company_id", "=", facts.company.id)
            & Domain("date", "<=", facts.day)
            & (Domain("state", "=", "unbilled") | Domain("period_id.state", "in", ("draft", "missing")) | later)
        )

    def _get_unbilled_reason(self, day):
        """Return why this usage was not billed on ``day``, or ``None`` when it was."""
        self.ensure_one()
        move = self.invoice_line_id.move_id or self.period_id.move_id
        if not self.period_id:
            return "due"
        if not move or move.state == "cancel":
            return "cancelled"
        if move.state == "draft":
            return "draft"
        return "later" if move.invoice_date > day else None

    def _get_billed_until(self, day):
        """Return ``{(period, kind): quantity}`` of what was billed by ``day`` of the periods of use of these."""
        posted = Domain("state", "=", "posted") & Domain("invoice_date", "<=", day)
        billed = Domain("invoice_line_id.move_id", "any", posted)
        billed |= Domain("invoice_line_id", "=", False) & Domain("period_id.move_id", "any", posted)
        groups = self._read_group(
            Domain("service_period_id", "in", self.use_period_id.ids) & billed,
            ["service_period_id", "kind_id"],
            ["quantity:sum"],
        )
        return defaultdict(float, {(period, kind): quantity for period, kind, quantity in groups})

    def _make_unbilled(self, line, reason, facts):
        """Return the row of a line that charges these usages."""
        subscription = self.subscription_id
        plan, kind = self.env["practice.plan"].browse(line.plan), self[0].kind_id
        amount = facts.convert(line.amount, plan.currency_id)
        position = subscription._get_unbilled_position(facts)
        return Unbilled(
            subscription=subscription,
            what="usage",
            reason=reason,
            plan=plan,
            name=kind.name,
            date_from=min(self.mapped("date")),
            date_to=max(self.mapped("date")),
            quantity=line.quantity,
            amount=amount,
            given=0.0 if reason == "cancelled" else amount,
            account=position.map_account(plan._get_usage_account(kind)),
            kind=kind,
            usages=tuple(self.ids),
            move=self.invoice_line_id.move_id[:1] or self.period_id.move_id[:1],
        )
