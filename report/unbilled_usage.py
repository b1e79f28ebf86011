from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import pricing


class PracticeUnbilledUsage(models.Model):
    """Usage that waits for an invoice, with what the next invoice will charge for it.

    The amount is the one that billing computes (``pricing.usage_lines``), without tax and in the company's currency at
    today's rate. Of usage that falls under the same terms the earliest takes what the plan includes. It is an estimate
    only because more usage and another plan may come before it is billed.
    """

    _name = "practice.unbilled.usage"
    _description = "Unbilled Usage"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "usage_id"

    usage_id = fields.Many2one("practice.subscription.usage", readonly=True)
    date = fields.Date(readonly=True, help="Day of use.")
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    subscription_id = fields.Many2one("practice.subscription", readonly=True)
    organisation_id = fields.Many2one("res.partner", readonly=True)
    plan_id = fields.Many2one("practice.plan", readonly=True, help="Whose price holds: that of the period of use.")
    kind_id = fields.Many2one("practice.usage.kind", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    next_invoice_date = fields.Date(string="Next Invoice", readonly=True, help="Empty when no invoice is planned.")
    quantity = fields.Float(readonly=True, digits="Product Unit")
    quantity_charged = fields.Float(
        string="Charged Quantity", readonly=True, digits="Product Unit", help="What the plan does not include."
    )
    amount = fields.Monetary(string="Estimated Amount", readonly=True, help="Without tax, at the price of the plan.")

    # What has to be written before the database is asked.
    _depends = {
        "practice.plan.usage.price": ["date_from", "included", "kind_id", "plan_id", "unit_price"],
        "practice.subscription": ["next_invoice_date", "organisation_id", "period_id", "plan_id", "user_id"],
        "practice.subscription.period": ["date_from", "date_to", "plan_id", "service_to", "subscription_id"],
        "practice.subscription.usage": ["date", "kind_id", "period_id", "quantity", "service_period_id", "state"],
    }

    @property
    def _table_query(self):
        """Return the unbilled usage, next to the amounts that the rules of billing give."""
        amounts = self._get_amounts()
        values = SQL(", ").join(SQL("(%s, %s, %s::numeric, %s::numeric)", *row) for row in amounts)
        return SQL(
            """
            SELECT usage.id, usage.id AS usage_id, usage.date, usage.company_id, company.currency_id,
                   usage.subscription_id, usage.organisation_id, estimate.plan_id, usage.kind_id,
                   subscription.user_id, subscription.next_invoice_date, usage.quantity, estimate.quantity_charged,
                   estimate.amount
              FROM practice_subscription_usage usage
              JOIN practice_subscription subscription ON subscription.id = usage.subscription_id
              JOIN res_company company ON company.id = usage.company_id
              JOIN (VALUES %s) AS estimate (usage_id, plan_id, quantity_charged, amount)
                ON estimate.usage_id = usage.id
            """,
            values or SQL("(NULL::integer, NULL::integer, NULL::numeric, NULL::numeric)"),
        )

    @api.model
    def _get_amounts(self):
        """Return ``[(usage, plan, charged quantity, amount in company currency)]`` of the companies in sight."""
        usages = self.env["practice.subscription.usage"].sudo()  # sudo: rules and rights hold for the rows
        domain = [("state", "=", "unbilled"), ("company_id", "in", self.env.companies.ids)]
        usages = usages.search(domain, order="date, id")
        rows, rates = [], {}
        for rules in usages._to_rules():
            plan = self.env["practice.plan"].sudo().browse(rules.plan)  # sudo: as above
            company, currency = plan.company_id, plan.currency_id
            own, today = company.currency_id, company._practice_day()
            if (company, currency) not in rates:
                rates[company, currency] = currency._get_conversion_rate(currency, own, company, today)
            rate = rates[company, currency]
            rows += [
                (usage, plan.id, quantity, own.round(amount * rate))
                for usage, quantity, amount in self._share(rules, usages, currency.rounding)
            ]
        return rows

    @api.model
    def _share(self, rules, usages, rounding):
        """Share what is charged for usage under the same terms among its rows: ``(usage, quantity, amount)`` each.

        Each row's share is what the bill has more with it than without; so the shares add up to the bill.
        """
        taken, done = Decimal(0), (Decimal(0), Decimal(0))
        for usage in usages.browse(rules.ids):
            taken += Decimal(str(usage.quantity))
            lines = pricing.usage_lines([replace(rules, quantity=float(taken))], rounding)
            now = tuple(Decimal(str(sum(getattr(line, name) for line in lines))) for name in ("quantity", "amount"))
            yield usage.id, *(float(after - before) for after, before in zip(now, done, strict=True))
            done = now

    def action_open_source(self):
        """Open the usage."""
        self.ensure_one()
        return self.usage_id.get_formview_action()
