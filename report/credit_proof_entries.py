from odoo import api, fields, models
from odoo.tools import SQL

from .credit_proof import Source

#: A condition that leaves nothing out.
ALL = SQL("TRUE")

#: The package that items of a release name; those of its VAT name none.
OF_RELEASE = SQL("release.package_id")

#: What parts of entries come to, and what the oldest of them is.
SUMS = SQL(
    """
    SUM(part.expected) AS expected, SUM(part.booked) AS booked, MIN(part.release_date) AS release_date,
    MIN(part.release_id) AS release_id, MIN(part.line_id) AS line_id, MIN(part.lot_id) AS lot_id,
    MIN(part.own_post_id) AS own_post_id
    """
)


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
    def _get_sources(self, posts):
        more = ("package_id", "release_id", "line_id", "balance", "released")
        return [*super()._get_sources(posts), Source("mismatch", self._select_mismatched_revenue(posts), more)]

    @api.model
    def _select_mismatched_revenue(self, posts):
        elsewhere = SQL("(part.account_id, part.company_id) NOT IN (SELECT account_id, company_id FROM sole)")
        return SQL(
            """
            SELECT wrong.source_id, wrong.date, wrong.company_id, wrong.account_id, wrong.package_id, wrong.payer_id,
                   wrong.release_id, wrong.line_id, wrong.booked AS balance, wrong.expected AS released
              FROM (%s) wrong
            """,
            self._select_mismatches(posts.to_compare, which=elsewhere),
        )

    @api.model
    def _select_mismatches(self, entries=ALL, lots=ALL, which=ALL):
        """Return where entries of releases, of imports and of transfers do not hold what they should, credit positive.

        Each row has the ``post_id``, the balance post of the releases or credits of its entry. Releases that took each
        other back have no entry; whatever of them does not is a row without one.

        Contacts of one customer are one; but that is asked only where a contact's amounts differ.

        :param entries: which releases, as a condition on ``release``
        :param lots: which imported and transferred credits, as a condition on ``lot``
        :param which: which accounts, as a condition on ``part``
        """
        return SQL(
            """
            SELECT wrong.*, COALESCE(2 * release_id, 2 * line_id + 1, -lot_id) AS source_id,
                   COALESCE(entry.date, wrong.release_date) AS date, COALESCE(wrong.own_post_id, %(post)s) AS post_id
              FROM (
                SELECT part.company_id, part.move_id, part.account_id, part.package_id,
                       customer.commercial_partner_id AS payer_id, %(sums)s
                  FROM (%(unlike)s) part
             LEFT JOIN res_partner customer ON customer.id = part.partner_id
              GROUP BY part.company_id, part.move_id, part.account_id, part.package_id, customer.commercial_partner_id
                HAVING SUM(part.expected) <> SUM(part.booked)
                   ) wrong
         LEFT JOIN account_move entry ON entry.id = wrong.move_id
            """,
            post=self._select_post_of_entry(),
            sums=SUMS,
            unlike=self._select_unlike([*self._get_release_parts(entries), *self._get_lot_parts(lots)], which),
        )

    @api.model
    def _select_unlike(self, parts, which=ALL):
        """Return the contacts for whom entries do not hold what they should: it is another contact's of the same
        customer, or it is wrong.

        :param list parts: selects of what entries should hold and of what they hold
        :param which: which accounts, as a condition on ``part``
        """
        return SQL(
            """
            SELECT part.company_id, part.move_id, part.account_id, part.package_id, part.partner_id, %s
              FROM (%s) part
             WHERE %s
          GROUP BY part.company_id, part.move_id, part.account_id, part.package_id, part.partner_id
            HAVING SUM(part.expected) <> SUM(part.booked)
            """,
            SUMS,
            SQL(" UNION ALL ").join(parts),
            which,
        )

    @api.model
    def _select_post_of_entry(self):
        """Return the balance post of an entry, ``wrong``, of which an account has no release or credits at all."""
        return SQL(
            """(
            SELECT MIN(post_id) FROM (
                SELECT deferred_account_id AS post_id FROM practice_revenue_release WHERE move_id = wrong.move_id
                 UNION ALL
                SELECT deferred_account_id FROM practice_credit_lot WHERE entry_id = wrong.move_id
                 UNION ALL
                SELECT lot.deferred_account_id
                  FROM practice_credit_move credit
                  JOIN practice_credit_lot lot ON lot.id = credit.lot_id
                 WHERE credit.transfer_entry_id = wrong.move_id
                   ) of_entry
            )"""
        )

    @api.model
    def _get_release_parts(self, entries):
        """Return the selects of what entries of releases should hold and of what they hold."""
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
        ]

    @api.model
    def _get_lot_parts(self, lots):
        """Return the selects of what entries of imports and of transfers should hold and of what they hold."""
        return [
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
                   release.partner_id, release.date AS release_date, release.id AS release_id,
                   NULL::integer AS line_id, NULL::integer AS lot_id, release.deferred_account_id AS own_post_id,
                   %s AS expected, 0.0 AS booked
              FROM practice_revenue_release release
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
                   lot.payer_id, NULL::date, NULL::integer, NULL::integer, lot.id,
                   lot.deferred_account_id, credit.value, 0.0
              FROM practice_credit_lot lot
              JOIN practice_credit_move credit ON credit.lot_id = lot.id AND credit.kind = 'grant'
             WHERE lot.entry_id IS NOT NULL AND credit.credits > 0 AND %s
            """,
            lots,
        )

    @api.model
    def _select_transferred(self, lots):
        """Return what entries of transfers should hold: less for one customer, and as much more for the other."""
        return SQL(
            """
            SELECT lot.company_id, credit.transfer_entry_id, lot.deferred_account_id, lot.package_id,
                   lot.payer_id, NULL::date, NULL::integer, NULL::integer, lot.id,
                   lot.deferred_account_id, credit.value, 0.0
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
             WHERE credit.transfer_entry_id IS NOT NULL AND %s
            """,
            lots,
        )

    @api.model
    def _select_booked(self, moves, items=ALL):
        """Return what these entries hold, or some items of them, as a condition on ``item``."""
        return SQL(
            """
            SELECT item.company_id, item.move_id, item.account_id, item.practice_package_id,
                   item.partner_id, NULL::date, NULL::integer, item.id, NULL::integer, NULL::integer,
                   0.0, -item.balance
              FROM account_move_line item
             WHERE item.parent_state = 'posted' AND item.account_id IS NOT NULL AND item.move_id IN (%s) AND %s
            """,
            moves,
            items,
        )
