from odoo import api, fields, models
from odoo.tools import SQL

from .credit_proof import Source

#: A condition that leaves nothing out.
ALL = SQL("TRUE")

#: The package that items of a release name; those of its VAT name none.
OF_RELEASE = SQL("release.package_id")


class PracticeCreditProof(models.Model):
    """Every posted release equals the items of its entry, and so do the entries of imports and of transfers.

    What such an entry should hold is compared with what it holds, by account, package and customer. What differs on a
    balance post shows there anyway; what differs on a revenue account (an item was moved, changed or given to somebody
    else) has a row of its own, on that account, with what releases say in ``released`` and what the items say in
    ``balance``.
    """

    _inherit = "practice.credit.proof"

    kind = fields.Selection(
        selection_add=[("mismatch", "Release that is booked otherwise")],
        ondelete={"mismatch": "cascade"},
    )
    released = fields.Monetary(
        string="Released to Revenue",
        readonly=True,
        help="What releases should have booked, where their entry says otherwise. The balance then is what it says.",
    )
    difference = fields.Monetary(
        help="Value of credits + to release + released to revenue - balance: has to be 0.00.",
    )

    @api.model
    def _get_claims(self):
        return [*super()._get_claims(), "released"]

    @api.model
    def _get_more_columns(self):
        return {**super()._get_more_columns(), "released": SQL("0.0")}

    @api.model
    def _get_sources(self):
        return [*super()._get_sources(), Source(self._select_mismatched_revenue(), ("released",))]

    @api.model
    def _select_mismatched_revenue(self):
        return SQL(
            """
            SELECT wrong.source_id, 'mismatch' AS kind, wrong.date, wrong.company_id, wrong.account_id,
                   wrong.package_id, wrong.payer_id, NULL::integer AS credit_move_id, wrong.release_id, wrong.line_id,
                   0.0 AS value_credits, 0.0 AS to_release, wrong.booked AS balance, wrong.expected AS released
              FROM (%s) wrong
             WHERE (wrong.account_id, wrong.company_id) NOT IN (SELECT account_id, company_id FROM sole)
            """,
            self._select_mismatches(),
        )

    @api.model
    def _select_mismatches(self, entries=ALL, lots=ALL):
        """Return where entries of releases, of imports and of transfers do not hold what they should, credit positive.

        Each row has the ``post_id``, the balance post of its releases. Releases that took each other back have no
        entry; whatever of them does not is a row without one.

        :param entries: which releases, as a condition on ``release``
        :param lots: which imported and transferred credits, as a condition on ``lot``
        """
        return SQL(
            """
            SELECT COALESCE(2 * MIN(part.release_id), 2 * MIN(part.line_id) + 1, -MIN(part.lot_id)) AS source_id,
                   part.company_id, part.move_id, part.account_id, part.package_id,
                   customer.commercial_partner_id AS payer_id, MIN(part.date) AS date,
                   MIN(part.release_id) AS release_id, MIN(part.line_id) AS line_id, MIN(part.lot_id) AS lot_id,
                   SUM(part.expected) AS expected, SUM(part.booked) AS booked,
                   COALESCE(MIN(part.post_id), MIN(MIN(part.post_id)) OVER (PARTITION BY part.move_id)) AS post_id
              FROM (%s) part
         LEFT JOIN res_partner customer ON customer.id = part.partner_id
          GROUP BY part.company_id, part.move_id, part.account_id, part.package_id, customer.commercial_partner_id
            HAVING SUM(part.expected) <> SUM(part.booked)
            """,
            SQL(" UNION ALL ").join(self._get_parts(entries, lots)),
        )

    @api.model
    def _get_parts(self, entries, lots):
        """Return the selects of what entries should hold and of what they hold."""
        return [
            self._select_expected(SQL("deferred_account_id"), SQL("-release.amount"), entries),
            self._select_expected(
                SQL("income_account_id"), SQL("release.amount - COALESCE(release.tax_amount, 0)"), entries
            ),
            self._select_expected(
                SQL("tax_account_id"),
                SQL("release.tax_amount"),
                SQL("release.tax_amount <> 0 AND %s", entries),
                package=SQL("NULL::integer"),
            ),
            self._select_booked(SQL("SELECT release.move_id FROM practice_revenue_release release WHERE %s", entries)),
            self._select_imported(lots),
            self._select_booked(
                SQL("SELECT lot.entry_id FROM practice_credit_lot lot WHERE lot.entry_id IS NOT NULL AND %s", lots),
                SQL(
                    """(item.move_id, item.account_id) IN (
                    SELECT entry_id, deferred_account_id FROM practice_credit_lot WHERE entry_id IS NOT NULL)"""
                ),
            ),
            self._select_transferred(lots),
            self._select_booked(
                SQL(
                    """SELECT credit.transfer_entry_id
                         FROM practice_credit_move credit
                         JOIN practice_credit_lot lot ON lot.id = credit.lot_id
                        WHERE credit.transfer_entry_id IS NOT NULL AND %s""",
                    lots,
                )
            ),
        ]

    @api.model
    def _select_expected(self, account, amount, entries, package=OF_RELEASE):
        return SQL(
            """
            SELECT release.company_id, release.move_id, release.%s AS account_id, %s AS package_id,
                   release.partner_id, COALESCE(entry.date, release.date) AS date,
                   release.id AS release_id, NULL::integer AS line_id, NULL::integer AS lot_id,
                   release.deferred_account_id AS post_id, %s AS expected, 0.0 AS booked
              FROM practice_revenue_release release
         LEFT JOIN account_move entry ON entry.id = release.move_id
             WHERE release.state = 'posted' AND %s
            """,
            account,
            package,
            amount,
            entries,
        )

    @api.model
    def _select_imported(self, lots):
        """Return what entries of imports should hold. What was undone is reversed by an entry of its own."""
        return SQL(
            """
            SELECT lot.company_id, lot.entry_id, lot.deferred_account_id, lot.package_id,
                   lot.payer_id, entry.date, NULL::integer, NULL::integer, lot.id,
                   lot.deferred_account_id, credit.value, 0.0
              FROM practice_credit_lot lot
              JOIN practice_credit_move credit ON credit.lot_id = lot.id AND credit.kind = 'grant'
              JOIN account_move entry ON entry.id = lot.entry_id
             WHERE credit.credits > 0 AND %s
            """,
            lots,
        )

    @api.model
    def _select_transferred(self, lots):
        """Return what entries of transfers should hold: less for one customer, and as much more for the other."""
        return SQL(
            """
            SELECT lot.company_id, credit.transfer_entry_id, lot.deferred_account_id, lot.package_id,
                   lot.payer_id, entry.date, NULL::integer, NULL::integer, lot.id,
                   lot.deferred_account_id, credit.value, 0.0
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
              JOIN account_move entry ON entry.id = credit.transfer_entry_id
             WHERE %s
            """,
            lots,
        )

    @api.model
    def _select_booked(self, moves, items=ALL):
        """Return what entries hold: looked up entry by entry, because most journal items are of no such entry."""
        return SQL(
            """
            SELECT item.company_id, item.move_id, item.account_id, item.practice_package_id,
                   item.partner_id, item.date, NULL::integer, item.id, NULL::integer, NULL::integer,
                   0.0, -item.balance
              FROM (SELECT DISTINCT entry.id FROM (%s) entry (id) WHERE entry.id IS NOT NULL) entry
        CROSS JOIN LATERAL (
                SELECT * FROM account_move_line item
                 WHERE item.move_id = entry.id AND item.parent_state = 'posted' AND item.account_id IS NOT NULL
                OFFSET 0
                   ) item
             WHERE %s
            """,
            moves,
            items,
        )
