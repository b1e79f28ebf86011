from odoo import api, fields, models
from odoo.tools import SQL

from .credit_proof import DOCUMENT_TYPE, Source
from .credit_proof_posts import LIABILITIES


class PracticeCreditProof(models.Model):
    """The same proof for what subscriptions paid in advance, on accounts of their own or shared with packages.

    ``value_subscriptions`` is what was invoiced for periods, less what was credited and what was released, each on the
    day it came to the books: so it is known on any date, although releases are planned anew when something changes.
    What is left on the last of these days has to be exactly what is planned to be released, period by period and
    customer by customer; if it is not, a row of the kind *not planned* brings the column to the plan, and the
    difference shows.

    Subscriptions have no package. Where they share an account with packages, journal items that name no package are
    theirs, or nobody's.
    """

    _inherit = "practice.credit.proof"

    kind = fields.Selection(
        selection_add=[("subscription", "Subscriptions"), ("unplanned", "Not planned for release")],
        ondelete={"subscription": "cascade", "unplanned": "cascade"},
    )
    period_id = fields.Many2one("practice.subscription.period", string="Subscription Period", readonly=True)
    value_subscriptions = fields.Monetary(
        string="Paid in Advance", readonly=True, help="What subscriptions paid in advance and is not released yet."
    )
    difference = fields.Monetary(
        help="Value of credits + paid in advance + down payments + to release + released to revenue - balance: has to "
        "be 0.00.",
    )

    _depends = {
        "account.move.line": ["display_type", "practice_period_id"],
        "practice.plan": ["company_id", "deferred_account_id"],
        "practice.revenue.release": ["period_id"],
        "practice.subscription.period": ["company_id", "date_from", "deferred_account_id"],
    }

    # === SQL === #

    @api.model
    def _get_claims(self):
        return [*super()._get_claims(), "value_subscriptions"]

    @api.model
    def _get_more_columns(self):
        return {**super()._get_more_columns(), "period_id": SQL("NULL::integer"), "value_subscriptions": SQL("0.0")}

    @api.model
    def _get_sources(self, posts):
        more = ("period_id", "value_subscriptions")
        return [
            *super()._get_sources(posts),
            Source("subscription", self._select_invoiced(posts), (*more, "line_id")),
            Source("subscription", self._select_released(), (*more, "release_id")),
            Source("unplanned", self._select_unplanned(posts), more),
        ]

    @api.model
    def _select_posts(self):
        return SQL(
            """
            %s
             UNION
            SELECT deferred_account_id, company_id, NULL::integer, TRUE
              FROM practice_subscription_period
             WHERE deferred_account_id IS NOT NULL
             UNION
            SELECT account.id, company.id, NULL::integer, TRUE
              FROM account_account account
        CROSS JOIN res_company company
              JOIN LATERAL (
                SELECT FROM account_move_line item
                 WHERE item.account_id = account.id AND item.company_id = company.id
                   AND item.practice_period_id IS NOT NULL AND item.parent_state = 'posted'
                   AND item.display_type = 'product'
                 LIMIT 1
                   ) item ON TRUE
             WHERE account.account_type IN %s
             UNION
            SELECT deferred_account_id, company_id, NULL::integer, TRUE
              FROM practice_plan
             WHERE deferred_account_id IS NOT NULL
            """,
            super()._select_posts(),
            LIABILITIES,
        )

    @api.model
    def _get_item_columns(self):
        return {**super()._get_item_columns(), "period_id": SQL("item.practice_period_id")}

    @api.model
    def _is_named(self):
        return SQL("item.practice_period_id IS NOT NULL OR %s", super()._is_named())

    @api.model
    def _select_invoiced(self, posts):
        """Return what invoices and credit notes brought to the balance posts of their periods."""
        return SQL(
            """
            SELECT item.id AS source_id, item.date, item.company_id, item.account_id, item.partner_id AS payer_id,
                   item.id AS line_id, period.id AS period_id, -item.balance AS value_subscriptions,
                   item.practice_origin_id IS NOT NULL AS has_origin,
                   %s AS document_type
              FROM account_move_line item
              JOIN practice_subscription_period period
                ON period.id = item.practice_period_id AND period.deferred_account_id = item.account_id
             WHERE item.parent_state = 'posted' AND item.display_type = 'product'
               AND item.practice_period_id IS NOT NULL AND item.account_id = ANY(%s)
            """,
            DOCUMENT_TYPE,
            posts.account_ids,
        )

    @api.model
    def _select_released(self):
        """Return what was released of periods, on the day of its entry.

        Releases that took each other back on their day have no entry. One whose entry is not posted (any more) is left
        out, so that it shows as a difference.
        """
        return SQL(
            """
            SELECT release.id AS source_id, COALESCE(entry.date, release.date) AS date,
                   release.company_id, release.deferred_account_id AS account_id, release.partner_id AS payer_id,
                   release.id AS release_id, release.period_id, -release.amount AS value_subscriptions
              FROM practice_revenue_release release
         LEFT JOIN account_move entry ON entry.id = release.move_id
             WHERE release.period_id IS NOT NULL AND release.state = 'posted'
               AND (release.move_id IS NULL OR entry.state = 'posted')
            """
        )

    @api.model
    def _select_unplanned(self, posts):
        """Return what the releases that are still to come have too much or too little, by period and customer.

        Each row has the id of its first item or release, which are those of one period and one customer.
        """
        return SQL(
            """
            SELECT step.source_id, COALESCE(step.date, period.date_from) AS date, period.company_id,
                   period.deferred_account_id AS account_id, step.payer_id, period.id AS period_id,
                   step.amount AS value_subscriptions
              FROM (
                SELECT part.period_id, customer.commercial_partner_id AS payer_id, SUM(part.amount) AS amount,
                       MAX(part.date) FILTER (WHERE part.booked) AS date,
                       COALESCE(2 * MIN(part.release_id), 2 * MIN(part.line_id) + 1) AS source_id
                  FROM (
                    SELECT period_id, payer_id, -value_subscriptions AS amount, date, TRUE AS booked,
                           NULL::integer AS release_id, line_id
                      FROM (%s) invoiced
                     UNION ALL
                    SELECT period_id, payer_id, -value_subscriptions, date, TRUE, release_id, NULL::integer
                      FROM (%s) released
                     UNION ALL
                    SELECT period_id, partner_id, amount, date, FALSE, id, NULL::integer FROM practice_revenue_release
                     WHERE period_id IS NOT NULL AND state = 'due'
                       ) part
             LEFT JOIN res_partner customer ON customer.id = part.payer_id
              GROUP BY part.period_id, customer.commercial_partner_id
                HAVING SUM(part.amount) <> 0
                   ) step
              JOIN practice_subscription_period period ON period.id = step.period_id
            """,
            self._select_invoiced(posts),
            self._select_released(),
        )

    # === COMPUTE METHODS === #

    @api.depends("period_id")
    def _compute_name(self):
        unplanned = self.filtered(lambda row: row.kind == "unplanned")
        for row in unplanned:
            row.name = row.period_id.display_name
        return super(PracticeCreditProof, self - unplanned)._compute_name()

    # === BUSINESS METHODS === #

    def _get_source(self):
        return super()._get_source() or self.period_id
