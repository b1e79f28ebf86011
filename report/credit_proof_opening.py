from odoo import api, fields, models
from odoo.tools import SQL

from .credit_proof import Source


class PracticeCreditProof(models.Model):
    """Credits that came without an entry, because the opening balance holds their value already.

    An opening balance mostly is one item that names neither package nor customer, or those of the old system. So each
    such credit claims its part for its own package and customer, and what names neither has that much less: what is
    left there is money that no credit stands for, or, negative, is missing. On such an account an entry that names no
    package counts for no customer either, whomever its item names, unless it is a release.

    Who books an opening balance package by package, or also customer by customer, is taken at their word: credits claim
    from the item of their package where that is large enough, and need no claim where an item names both. These items
    are those of entries made by hand; invoices, releases, and entries of imports and transfers say exactly whose they
    are.
    """

    _inherit = "practice.credit.proof"

    kind = fields.Selection(
        selection_add=[("opening", "In the opening balance")],
        ondelete={"opening": "cascade"},
    )

    @api.model
    def _get_tables(self, posts):
        tables = super()._get_tables(posts)
        if posts.has_opening:
            tables |= {
                "opening": SQL("(%s)", self._select_openings()),
                "opened": SQL("(SELECT DISTINCT account_id, company_id FROM opening)"),
                "named": SQL("(%s)", self._select_named()),
                "claim": SQL("(%s)", self._select_claims()),
            }
        return tables

    @api.model
    def _get_sources(self, posts):
        sources = super()._get_sources(posts)
        if posts.has_opening:
            own = (self._select_opening_claimed(), self._select_opening_left())
            sources += [Source("opening", select, ("package_id", "credit_move_id", "balance")) for select in own]
        return sources

    @api.model
    def _get_item_customer(self, posts):
        customer = super()._get_item_customer(posts)
        if not posts.has_opening:
            return customer
        return SQL(
            """
            CASE WHEN %s OR (item.account_id, item.company_id) NOT IN (SELECT account_id, company_id FROM opened)
                 THEN %s END
            """,
            self._is_named(),
            customer,
        )

    @api.model
    def _is_named(self):
        """Return whether a journal item says whose it is: by a package, or because a release booked it. A hook."""
        return SQL(
            """
            item.practice_package_id IS NOT NULL
            OR item.move_id IN (SELECT move_id FROM practice_revenue_release WHERE move_id IS NOT NULL)
            """
        )

    @api.model
    def _select_openings(self):
        """Return the credits that the opening balance holds."""
        return SQL(
            """
            SELECT credit.id AS credit_move_id, credit.date, credit.company_id, credit.package_id, credit.value,
                   lot.deferred_account_id AS account_id, payer.commercial_partner_id AS payer_id
              FROM practice_credit_lot lot
              JOIN practice_credit_move credit ON credit.lot_id = lot.id
              JOIN res_partner payer ON payer.id = lot.payer_id
             WHERE credit.kind = 'grant' AND credit.value <> 0 AND credit.invoice_line_id IS NULL
               AND lot.deferred_account_id IS NOT NULL AND lot.invoice_id IS NULL AND lot.entry_id IS NULL
            """
        )

    @api.model
    def _select_named(self):
        """Return what entries made by hand brought to such accounts for a package and a customer, or for nobody."""
        return SQL(
            """
            SELECT item.account_id, item.company_id, item.practice_package_id AS package_id,
                   customer.commercial_partner_id AS payer_id, -SUM(item.balance) AS value
              FROM account_move_line item
              JOIN account_move entry ON entry.id = item.move_id AND entry.move_type = 'entry'
         LEFT JOIN res_partner customer ON customer.id = item.partner_id
             WHERE item.practice_package_id IS NOT NULL AND item.parent_state = 'posted'
               AND (item.account_id, item.company_id) IN (SELECT account_id, company_id FROM opened)
               AND item.move_id NOT IN (SELECT move_id FROM practice_revenue_release WHERE move_id IS NOT NULL)
               AND item.move_id NOT IN (SELECT entry_id FROM practice_credit_lot WHERE entry_id IS NOT NULL)
               AND item.move_id NOT IN (SELECT transfer_entry_id FROM practice_credit_move
                                         WHERE transfer_entry_id IS NOT NULL)
          GROUP BY 1, 2, 3, 4
            """
        )

    @api.model
    def _select_claims(self):
        """Return the credits that claim a part of the opening balance, and of which package they take it."""
        return SQL(
            """
            SELECT owned.*,
                   CASE WHEN COALESCE(whole.value, 0) >= SUM(owned.value) OVER (
                        PARTITION BY owned.account_id, owned.company_id, owned.package_id
                   ) THEN owned.package_id ELSE sole.package_id END AS left_package_id
              FROM (
                SELECT opening.*, COALESCE(own.value, 0) >= SUM(opening.value) OVER (
                       PARTITION BY opening.account_id, opening.company_id, opening.package_id, opening.payer_id
                       ) AS is_named
                  FROM opening
             LEFT JOIN named own
                    ON (own.account_id, own.company_id, own.package_id, own.payer_id)
                     = (opening.account_id, opening.company_id, opening.package_id, opening.payer_id)
                   ) owned
              JOIN sole ON sole.account_id = owned.account_id AND sole.company_id = owned.company_id
         LEFT JOIN named whole
                ON (whole.account_id, whole.company_id, whole.package_id)
                 = (owned.account_id, owned.company_id, owned.package_id) AND whole.payer_id IS NULL
             WHERE NOT owned.is_named
            """
        )

    @api.model
    def _select_opening(self, package, payer, sign):
        return SQL(
            """
            SELECT claim.credit_move_id AS source_id, claim.date, claim.company_id, claim.account_id,
                   %s AS package_id, %s AS payer_id, claim.credit_move_id, %s * claim.value AS balance
              FROM claim
            """,
            package,
            payer,
            sign,
        )

    @api.model
    def _select_opening_claimed(self):
        return self._select_opening(SQL("claim.package_id"), SQL("claim.payer_id"), 1)

    @api.model
    def _select_opening_left(self):
        return self._select_opening(SQL("claim.left_package_id"), SQL("NULL::integer"), -1)
