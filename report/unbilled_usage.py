from odoo import api, fields, models
from odoo.tools import SQL

#: What rows have in common that share a price and what the plan includes: the last four columns. The others follow
#: from these; with them PostgreSQL leaves out what is not asked for before it computes, and not after.
SAME_USE = SQL(
    "use.company_id, use.organisation_id, use.plan_id, use.subscription_id, use.kind_id, use.period_id, use.price"
)

#: What is the same for all usage of a day, kind and subscription.
OF_DAY = (
    *("date", "company_id", "currency_id", "subscription_id", "organisation_id", "plan_id", "kind_id", "user_id"),
    "next_invoice_date",
)


class PracticeUnbilledUsage(models.Model):
    """Usage that waits for an invoice, with what the next invoice will charge for it.

    The amount is what billing would charge (``pricing.usage_lines``), without tax and in the company's currency at
    today's rate. Of the usage of one kind in a period the earliest takes what the plan includes. It is an estimate only
    because more usage and another plan may come before it is billed.
    """

    _name = "practice.unbilled.usage"
    _description = "Unbilled Usage"
    _inherit = ["practice.sql.report.mixin"]
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
        "practice.plan": ["currency_id"],
        "practice.plan.usage.price": ["date_from", "included", "kind_id", "plan_id", "unit_price"],
        "practice.subscription": ["next_invoice_date", "plan_id", "user_id"],
        "practice.subscription.period": [
            *("date_from", "date_to", "kind", "number", "plan_id", "price_date", "subscription_id"),
        ],
        "practice.subscription.usage": [
            *("company_id", "date", "kind_id", "organisation_id", "period_id", "quantity", "service_period_id"),
            *("state", "subscription_id"),
        ],
        "res.company": ["currency_id"],
        "res.currency": ["rounding"],
    }

    def _fetch_query(self, query, fields):
        """Read rows of a page: find which they are first, then look at the usage of their subscriptions only.

        Which rows they are is known without amounts, unless they are sorted by one. The window functions of
        :attr:`_table_query` part by subscription, so PostgreSQL leaves the others out before it computes.
        """
        rows = self.browse(query)
        # sudo: the query has found rows that the user may read
        subscriptions_sudo = self.env["practice.subscription.usage"].sudo().browse(rows.ids).subscription_id
        narrowed = rows._as_query()
        column = SQL.identifier(self._table, "subscription_id")
        narrowed.add_where(SQL("%s = ANY(%s)", column, subscriptions_sudo.ids))
        return super()._fetch_query(narrowed, fields)

    # === SUMS === #

    @api.model
    def _get_sum_keys(self):
        return OF_DAY

    @api.model
    def _get_sum_amounts(self):
        return ("quantity", "quantity_charged", "amount")

    # === SQL === #

    @property
    def _table_query(self):
        """Return the unbilled usage with what ``pricing.usage_lines`` says, in SQL; a test compares the two.

        Each row's share is what the bill has more with it than without; so the shares add up to the bill. PostgreSQL
        leaves out columns, windows and left joins that nobody asks for, so rows without amounts cost little.
        """
        before = SQL("(part.taken - part.quantity)")
        share = SQL("(%s - %s)", self._sql_amount(SQL("part.taken")), self._sql_amount(before))
        return SQL(
            """
            SELECT part.id, part.id AS usage_id, part.date, part.company_id, company.currency_id, part.subscription_id,
                   part.organisation_id, part.plan_id, part.kind_id, part.user_id, part.next_invoice_date,
                   part.row_count, part.quantity,
                   CASE WHEN part.price[1] > 0 THEN %(charged)s ELSE 0 END AS quantity_charged, %(amount)s AS amount
              FROM (%(parts)s) part
              JOIN res_company company ON company.id = part.company_id
              LEFT JOIN practice_plan plan ON plan.id = part.plan_id
              LEFT JOIN res_currency currency ON currency.id = plan.currency_id
              LEFT JOIN res_currency own ON own.id = company.currency_id
              LEFT JOIN (VALUES %(rates)s) AS exchange (company_id, currency_id, rate)
                     ON exchange.company_id = part.company_id AND exchange.currency_id = plan.currency_id
            """,
            charged=SQL("%s - %s", self._sql_charged(SQL("part.taken")), self._sql_charged(before)),
            amount=self._sql_round(SQL("%s * COALESCE(exchange.rate, 1)", share), SQL("own.rounding")),
            parts=self._select_parts(),
            rates=self._get_rates(),
        )

    @api.model
    def _select_parts(self):
        """Return unbilled usage with its price and what the plan includes, and what was used before.

        ``taken`` is the quantity of the same kind and period of use until this row, ``billed_before`` what was billed
        of it.
        """
        return SQL(
            """
            SELECT use.*, SUM(use.quantity) OVER (PARTITION BY %(same)s ORDER BY use.date, use.id) AS taken,
                   (SELECT SUM(billed.quantity)
                      FROM practice_subscription_usage billed
                     WHERE billed.service_period_id = use.period_id AND billed.kind_id = use.kind_id
                       AND billed.period_id IS NOT NULL) AS billed_before
              FROM (%(uses)s) use
            """,
            same=SAME_USE,
            uses=self._select_uses(),
        )

    @api.model
    def _select_uses(self):
        """Return unbilled usage with its period of use, the plan whose price holds, and that price.

        It is the price that the period began with; use outside any period has that of its own day.
        """
        return SQL(
            """
            SELECT use.*,
                   (SELECT ARRAY[price.unit_price, price.included]
                      FROM practice_plan_usage_price price
                     WHERE price.plan_id = use.plan_id AND price.kind_id = use.kind_id
                       AND (price.date_from IS NULL OR price.date_from <= use.price_date)
                     ORDER BY price.date_from DESC NULLS LAST
                     LIMIT 1) AS price
              FROM (
                    SELECT usage.id, usage.date, usage.quantity, usage.row_count, usage.company_id, usage.kind_id,
                           usage.organisation_id, usage.subscription_id, subscription.user_id,
                           subscription.next_invoice_date, period.id AS period_id,
                           COALESCE(period.price_date, period.date_from, usage.date) AS price_date,
                           COALESCE(period.plan_id, subscription.plan_id) AS plan_id
                      FROM (%(unbilled)s) usage
                      JOIN practice_subscription subscription ON subscription.id = usage.subscription_id
                      LEFT JOIN practice_subscription_period period
                        ON period.id = COALESCE(usage.service_period_id, (
                               SELECT covering.id
                                 FROM practice_subscription_period covering
                                WHERE covering.subscription_id = usage.subscription_id AND covering.kind <> 'extras'
                                  AND usage.date BETWEEN covering.date_from AND covering.date_to
                                ORDER BY covering.number DESC
                                LIMIT 1
                           ))
                   ) use
            """,
            unbilled=self._select_unbilled(),
        )

    @api.model
    def _select_unbilled(self):
        """Return usage that is not billed, by itself or, where only sums are asked for, that of each day added up."""
        same = SQL("subscription_id, organisation_id, company_id, kind_id, date, service_period_id")
        unbilled = SQL(
            "practice_subscription_usage WHERE state = 'unbilled' AND company_id = ANY(%s)", self.env.companies.ids
        )
        if self._get_summed():
            return SQL(
                """
                SELECT %(same)s, MIN(id) AS id, SUM(quantity) AS quantity, COUNT(*) AS row_count
                  FROM %(unbilled)s
              GROUP BY %(same)s
                """,
                same=same,
                unbilled=unbilled,
            )
        return SQL("SELECT %s, id, quantity, 1 AS row_count FROM %s", same, unbilled)

    @api.model
    def _sql_charged(self, taken):
        """Return the quantity of ``taken`` that the plan does not include, besides what was billed before."""
        before, included = SQL("COALESCE(part.billed_before, 0)"), SQL("COALESCE(part.price[2], 0)")
        return SQL("(GREATEST(%(b)s + %(t)s - %(i)s, 0) - GREATEST(%(b)s - %(i)s, 0))", b=before, t=taken, i=included)

    @api.model
    def _sql_amount(self, taken):
        """Return what is charged for ``taken``, in the currency of the plan."""
        amount = SQL("%s * COALESCE(part.price[1], 0)", self._sql_charged(taken))
        return self._sql_round(amount, SQL("currency.rounding"))

    @api.model
    def _sql_round(self, amount, unit):
        """Round half away from zero to a multiple of ``unit``, as ``round_money`` does."""
        return SQL("(ROUND(%(amount)s / %(unit)s) * %(unit)s)", amount=amount, unit=unit)

    @api.model
    def _get_rates(self):
        """Return today's exchange rates of plans in another currency than their company's, as rows of SQL."""
        plans_sudo = self.env["practice.plan"].sudo().with_context(active_test=False)  # sudo: rules hold for the rows
        domain = [("company_id", "in", self.env.companies.ids)]
        rows = [
            (company.id, currency.id, currency._get_conversion_rate(currency, own, company, company._practice_day()))
            for company, currency in plans_sudo._read_group(domain, ["company_id", "currency_id"])
            if (own := company.currency_id) != currency
        ]
        return SQL(", ").join(
            SQL("(%s::integer, %s::integer, %s::numeric)", *row) for row in rows or [(None, None, None)]
        )

    # === ACTIONS === #

    def action_open_source(self):
        """Open the usage."""
        self.ensure_one()
        return self.usage_id.get_formview_action()
