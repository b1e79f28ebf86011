from odoo import api, fields, models
from odoo.tools import SQL

from ..models.subscriptions.agreement.subscription import BILLED
from ..models.subscriptions.catalog.plan import INTERVALS
from ..tools.periods import INTERVAL_MONTHS

#: Measures that say how it is at a month's end; changes, unlike them, add up over months.
STATES = ("mrr", "arr", "seats", "seats_standard", "seats_student")

#: What became of a subscription's MRR since the month before, and the measure that holds its amount.
MOVEMENTS = {
    "new": "new_mrr",
    "expansion": "expansion",
    "reactivation": "reactivation",
    "contraction": "contraction",
    "churn": "churn",
}

#: By what months can be added up without looking at single subscriptions.
ALIKE = ("date", "is_current", "company_id", "currency_id", "plan_id", "interval", "kind")


class PracticeSubscriptionMrr(models.Model):
    """Monthly recurring revenue (MRR): a row for each subscription and calendar month, as it was at the month's end.

    The running month is as it is today, in the company's time zone. MRR is what the paid seats cost a month, without
    tax and usage, after discounts that last; it comes from the paid period that covers the day:

    * a period without an invoice (missing) or with a credited one counts nothing, a draft counts;
    * a practitioner who was added counts from their first day, once the addition is billed;
    * a subscription that is due but not billed (yet) goes on with what it paid last: a failure is no churn. Before its
      first invoice it counts nothing;
    * a suspended one counts until its paid period ends: after that nothing is billed, and what comes back later is a
      reactivation. So does a cancelled one, which ends on the day of the cancellation when that is earlier.

    The change since the month before is of one kind: *new* (never paid before), *reactivation* (paid before, but not
    the month before), *expansion*, *contraction* or *churn* (nothing any more; such a row has no MRR). Contraction and
    churn are negative, so the kinds add up to the change, and the changes of all months up to one to its MRR.

    Amounts are in the company's currency. Plans in other currencies are converted at today's rate in all months, so
    that the movement of a rate is neither expansion nor contraction.

    MRR, ARR and seats are states: those of several months together are their average a month (from the first of these
    months to the last one), not their sum.
    """

    _name = "practice.subscription.mrr"
    _description = "Recurring Revenue"
    _inherit = ["practice.sql.report.mixin"]
    _auto = False
    _order = "date desc, mrr desc, id"
    _rec_name = "subscription_id"

    date = fields.Date(readonly=True, help="The month's last day; today in the running month.")
    is_current = fields.Boolean(string="Running Month", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    subscription_id = fields.Many2one("practice.subscription", readonly=True)
    organisation_id = fields.Many2one("res.partner", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True, help="Of the subscription, today.")
    plan_id = fields.Many2one("practice.plan", readonly=True, help="Of the paid period; after churn the last one.")
    interval = fields.Selection(INTERVALS, string="Billing", readonly=True)
    kind = fields.Selection(
        [
            ("new", "New"),
            ("reactivation", "Reactivation"),
            ("expansion", "Expansion"),
            ("contraction", "Contraction"),
            ("churn", "Churn"),
            ("same", "Unchanged"),
        ],
        string="Movement",
        readonly=True,
        help="What the change since the month before is.",
    )
    mrr = fields.Monetary(string="MRR", readonly=True, help="Monthly recurring revenue at the end of the month.")
    arr = fields.Monetary(string="ARR", readonly=True, help="Annual recurring revenue: 12 times the monthly one.")
    change = fields.Monetary(string="MRR Change", readonly=True, help="MRR less that of the month before.")
    new_mrr = fields.Monetary(string="New", readonly=True, help="MRR of those who never paid before.")
    reactivation = fields.Monetary(readonly=True, help="MRR of those who come back.")
    expansion = fields.Monetary(readonly=True, help="More seats, a dearer plan, the end of a discount.")
    contraction = fields.Monetary(readonly=True, help="Fewer seats, a cheaper plan, a discount.")
    churn = fields.Monetary(readonly=True, help="MRR of the month before of those who left.")
    seats = fields.Integer(readonly=True, help="Paid seats at the end of the month.")
    seats_standard = fields.Integer(string="Standard Seats", readonly=True)
    seats_student = fields.Integer(string="Student Seats", readonly=True)

    # What has to be written before the database is asked.
    _depends = {
        "practice.plan": ["company_id", "currency_id"],
        "practice.subscription": [
            "end_date", "next_invoice_date", "organisation_id", "period_id", "state", "user_id",
        ],
        "practice.subscription.licence": ["billed_period_id", "date_from", "kind", "period_id", "price"],
        "practice.subscription.period": [
            "company_id", "date_from", "interval", "kind", "mrr", "plan_id", "recurring_rate", "seat_count",
            "service_to", "state", "student_count", "subscription_id",
        ],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
    }  # fmt: skip

    # === CRUD METHODS === #

    def _read_group_select(self, aggregate_spec, query):
        expression = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec.split(":")[0] not in STATES or ":sum" not in aggregate_spec:
            return expression
        number = SQL.identifier(self._table, "month_number")
        return SQL("%s::numeric / (MAX(%s) - MIN(%s) + 1)", expression, number, number)

    # === ACTIONS === #

    def action_open_source(self):
        """Open the subscription."""
        self.ensure_one()
        return self.subscription_id.get_formview_action()

    # === SUMS === #

    @api.model
    def _get_sum_keys(self):
        return ALIKE

    @api.model
    def _get_sum_amounts(self):
        return {"change", *STATES, *MOVEMENTS.values()}

    # === SQL === #

    @property
    def _table_query(self):
        """Return a row per subscription and month, and one more after the last month that was paid: the churn.

        MRR changes where a period begins or ends, so those edges are added up, sorted and compared; the months between
        them are made last. The window functions part by company as well, so that other companies are left out before
        and not after.
        """
        return SQL(
            """
            WITH conversion (company_id, plan_currency_id, currency_id, digits, rate, today, this_month)
                AS (VALUES %(conversions)s),
            stretch AS (%(stretches)s),
            edge AS (%(edges)s),
            since AS (
                SELECT edge.company_id, edge.subscription_id, edge.month_number, edge.plan_id, edge.interval,
                       edge.currency_id, edge.today, edge.this_month, LEAD(month_number) OVER past AS next_edge,
                       SUM(covers) OVER past > 0 AS is_paid, (SUM(seats) OVER past)::integer AS seats,
                       (SUM(students) OVER past)::integer AS seats_student, ROUND(SUM(mrr) OVER past, digits) AS mrr
                  FROM edge
                WINDOW past AS (PARTITION BY company_id, subscription_id ORDER BY month_number)
            ),
            step AS (
                SELECT since.*, LAG(mrr, 1, 0.0) OVER past AS mrr_before,
                       COALESCE(MAX(mrr) OVER (past ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0
                           AS paid_before
                  FROM since
                WINDOW past AS (PARTITION BY company_id, subscription_id ORDER BY month_number)
            ),
            stay AS (%(stays)s)
            %(rows)s
            """,
            conversions=self._get_conversions(),
            stretches=self._select_stretches(),
            edges=self._select_edges(),
            stays=self._select_stays(),
            rows=self._select_rows(),
        )

    @api.model
    def _get_conversions(self):
        """Return for each company and currency of its plans the rate, and the company's day of today."""
        plans_sudo = self.env["practice.plan"].sudo().with_context(active_test=False)  # sudo: rules hold for the rows
        pairs = [(company, currency) for company, currency in plans_sudo._read_group([], ["company_id", "currency_id"])]
        rows = []
        for company, currency in pairs or [(self.env.company, self.env.company.currency_id)]:
            own, today = company.currency_id, company._practice_day()
            rate = currency._get_conversion_rate(currency, own, company, today)
            row = (company.id, currency.id, own.id, own.decimal_places, rate, today, today.year * 12 + today.month - 1)
            rows.append(SQL("(%s, %s, %s, %s, %s::numeric, %s, %s)", *row))
        return SQL(", ").join(rows)

    @api.model
    def _select_stretches(self):
        """Return from when to when each period counts how much, until today at the latest.

        What is due but not billed is the last period once more. Whoever came during a period is among its seats, and
        is taken off again until the day before they came. Such seats are billed with a later period than they are
        paid for.
        """
        columns = SQL("period.company_id, period.subscription_id, period.plan_id, period.interval")
        counts = SQL("period.kind <> 'extras' AND period.state IN ('billed', 'draft')")
        periods = SQL(
            """
            SELECT %s, period.date_from, period.service_to AS date_to, period.seat_count AS seats,
                   period.student_count AS students, period.mrr
              FROM practice_subscription_period period
             WHERE %s AND period.date_from <= period.service_to
            """,
            columns,
            counts,
        )
        due = SQL(
            """
            SELECT %s, due.next_invoice_date, COALESCE(due.end_date, 'infinity'), period.seat_count,
                   period.student_count, period.mrr
              FROM practice_subscription due
              JOIN practice_subscription_period period ON period.id = due.period_id
             WHERE %s AND due.state IN %s AND period.service_to < due.next_invoice_date
               AND due.next_invoice_date <= COALESCE(due.end_date, 'infinity')
            """,
            columns,
            counts,
            BILLED,
        )
        not_yet = SQL(
            """
            SELECT %s, period.date_from, LEAST(licence.date_from - 1, period.service_to), -1,
                   CASE WHEN licence.kind = 'student' THEN -1 ELSE 0 END,
                   -licence.price * (1 - period.recurring_rate::numeric) / %s
              FROM practice_subscription_licence licence
              JOIN practice_subscription_period period ON period.id = licence.period_id
             WHERE licence.billed_period_id <> licence.period_id AND licence.date_from > period.date_from
               AND %s AND period.date_from <= period.service_to
            """,
            columns,
            SQL("CASE period.interval %s END", self._when_interval()),
            counts,
        )
        return SQL(
            """
            SELECT part.*, part.mrr * conversion.rate AS value, conversion.currency_id, conversion.digits,
                   conversion.today, conversion.this_month,
                   LEAST(part.date_to, conversion.today) AS until
              FROM (%s UNION ALL %s UNION ALL %s) part
              JOIN practice_plan plan ON plan.id = part.plan_id
              JOIN conversion ON conversion.company_id = part.company_id
                             AND conversion.plan_currency_id = plan.currency_id
             WHERE part.date_from <= conversion.today
            """,
            periods,
            due,
            not_yet,
        )

    @api.model
    def _when_interval(self):
        return SQL(" ").join(SQL("WHEN %s THEN %s", interval, months) for interval, months in INTERVAL_MONTHS.items())

    @api.model
    def _select_edges(self):
        """Return by how much each month's end differs from that of the month before; the running month ends today.

        A period that covers no month's end is none. Where one begins the plan is its plan, else that of what ends.
        Where a period only follows the one before nothing changes: most do, and are left out before they are compared.

        OFFSET 0 has the months worked out once for a period, and not wherever they are named.
        """
        return SQL(
            """
            SELECT company_id, subscription_id, edge.month_number,
                   COALESCE(MIN(plan_id) FILTER (WHERE edge.sign > 0), MIN(plan_id)) AS plan_id,
                   COALESCE(MIN(interval) FILTER (WHERE edge.sign > 0), MIN(interval)) AS interval,
                   MIN(currency_id) AS currency_id, MIN(digits) AS digits, MIN(today) AS today,
                   MIN(this_month) AS this_month, SUM(edge.sign) AS covers, SUM(edge.sign * seats) AS seats,
                   SUM(edge.sign * students) AS students, SUM(edge.value) AS mrr
              FROM (
                SELECT stretch.*, %s AS first_month,
                       CASE WHEN until = today THEN this_month ELSE %s - 1 END AS last_month
                  FROM stretch
                OFFSET 0
                   ) stretch
        CROSS JOIN LATERAL (
                VALUES (first_month, 1, stretch.value), (last_month + 1, -1, -stretch.value)
                   ) edge (month_number, sign, value)
             WHERE first_month <= last_month
          GROUP BY company_id, subscription_id, edge.month_number
            HAVING SUM(edge.sign) <> 0 OR SUM(edge.sign * seats) <> 0 OR SUM(edge.sign * students) <> 0
                OR SUM(edge.value) <> 0
                OR MIN(plan_id) <> MAX(plan_id) OR MIN(interval) <> MAX(interval)
            """,
            self._month_number(SQL("date_from")),
            self._month_number(SQL("(until + 1)")),
        )

    @api.model
    def _month_number(self, day):
        """Return the month of a day, counted from the year 0, so that the next one is one more."""
        return SQL("(DATE_PART('year', %(day)s) * 12 + DATE_PART('month', %(day)s) - 1)::integer", day=day)

    @api.model
    def _month_end(self, number):
        """Return the last day of a month that is counted from the year 0."""
        return SQL("(MAKE_DATE((%(n)s + 1) / 12, (%(n)s + 1) %% 12 + 1, 1) - 1)", n=number)

    @api.model
    def _select_stays(self):
        """Return from which month until which one the MRR stays what it became, of what kind that change is.

        Where nobody asks for single subscriptions, those that stay alike are added up: few are left to make months of.
        """
        stays = SQL(
            """
            SELECT company_id, currency_id, subscription_id, plan_id, interval, today, this_month,
                   month_number AS first_month,
                   CASE WHEN is_paid THEN next_edge - 1
                        WHEN mrr_before <> 0 AND month_number <= this_month THEN month_number
                        ELSE 0 END AS last_month,
                   CASE WHEN mrr = mrr_before THEN 'same'
                        WHEN mrr = 0 THEN 'churn'
                        WHEN mrr_before = 0 AND paid_before THEN 'reactivation'
                        WHEN mrr_before = 0 THEN 'new'
                        WHEN mrr > mrr_before THEN 'expansion'
                        ELSE 'contraction' END AS kind,
                   mrr, mrr_before, seats, seats_student, 1 AS row_count
              FROM step
            """
        )
        if not self._get_summed():
            return stays
        return SQL(
            """
            SELECT company_id, currency_id, NULL::integer AS subscription_id, plan_id, interval, today, this_month,
                   first_month, last_month, kind, SUM(mrr) AS mrr, SUM(mrr_before) AS mrr_before,
                   SUM(seats) AS seats, SUM(seats_student) AS seats_student, COUNT(*) AS row_count
              FROM (%s) stay
          GROUP BY company_id, currency_id, plan_id, interval, today, this_month, first_month, last_month, kind
            """,
            stays,
        )

    @api.model
    def _select_rows(self):
        """Return the rows of the model. PostgreSQL leaves a left join out where nobody asks for its columns."""
        measures = (
            SQL("CASE WHEN kind = %s THEN change ELSE 0 END AS %s", kind, SQL.identifier(name))
            for kind, name in MOVEMENTS.items()
        )
        return SQL(
            """
            SELECT moved.*, mrr * 12 AS arr, seats - seats_student AS seats_standard, %(measures)s,
                   subscription.organisation_id, subscription.user_id
              FROM (
                SELECT shown.subscription_id::bigint * 100000 + shown.month_number AS id, shown.month_number,
                       LEAST(%(month_end)s, shown.today) AS date, shown.month_number = shown.this_month AS is_current,
                       shown.mrr, shown.seats, shown.seats_student, shown.row_count,
                       shown.company_id, shown.currency_id, shown.subscription_id, shown.plan_id, shown.interval,
                       CASE WHEN month_number = first_month THEN shown.mrr - shown.mrr_before ELSE 0.0 END AS change,
                       CASE WHEN month_number = first_month THEN shown.kind ELSE 'same' END AS kind
                  FROM (SELECT stay.*, GENERATE_SERIES(first_month, last_month) AS month_number FROM stay) shown
              ) moved
         LEFT JOIN practice_subscription subscription ON subscription.id = moved.subscription_id
            """,
            measures=SQL(", ").join(measures),
            month_end=self._month_end(SQL("shown.month_number")),
        )
