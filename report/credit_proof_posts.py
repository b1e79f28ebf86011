from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from .revenue_release import MANY_TO_COMPARE, TO_COMPARE

#: Where money can wait.
LIABILITIES = ("liability_current", "liability_non_current")


@dataclass(frozen=True)
class Posts:
    """The balance posts that there are, and which releases have to be compared with their entries.

    :param list rows: ids of account, company and of the only package that it can be of, if there is one; and whether
        an opening balance on it holds credits
    :param SQL to_compare: releases, as a condition on ``release``
    """

    rows: list
    to_compare: SQL

    @property
    def account_ids(self):
        return sorted({account_id for account_id, *_rest in self.rows})

    @property
    def has_opening(self):
        return any(is_opened for *_ids, is_opened in self.rows)


class PracticeCreditProof(models.Model):
    """Which accounts are proved: asked for beforehand, because they are few and journal items are many."""

    _inherit = "practice.credit.proof"

    @api.model
    def _get_posts(self):
        """Return the :class:`Posts`.

        PostgreSQL is asked for them beforehand and then told: it cannot know how few they are, would read and sort all
        journal items to find those on them, and would not let several processes share the work.
        """
        self._flush_depends()
        query = SQL(
            """
            SELECT account_id, company_id,
                   CASE WHEN count(*) FILTER (WHERE claims) = 1 THEN min(package_id) FILTER (WHERE claims) END,
                   (account_id, company_id) IN (SELECT account_id, company_id FROM (%s) opening),
                   (%s)
              FROM (%s) post
          GROUP BY account_id, company_id
            """,
            self._select_openings(),
            MANY_TO_COMPARE,
            self._select_posts(),
        )
        rows = self.env.execute_query(query)
        return Posts([row[:4] for row in rows], SQL("TRUE") if any(row[4] for row in rows) else TO_COMPARE)

    @api.model
    def _flush_depends(self):
        """Write what has to be written before the database is asked."""
        for model, names in self._depends.items():
            self.env[model].flush_model(names)

    @api.model
    def _select_posts(self):
        """Return every account that is or was a balance post, per company and package, and whose it can be.

        Credits know the account that their invoice was really booked to (a fiscal position may map it, and a package
        may have got another one since), and so do posted items. A company's package can be sold by its branches. What
        only was the balance post of something once (``claims`` is false) is proved, but makes nothing uncertain.

        Whether there is an item is asked for each package and liability, of an index: they are few, the items are not.
        """
        return SQL(
            """
            SELECT deferred_account_id AS account_id, company_id, package_id, TRUE AS claims
              FROM practice_credit_lot
             WHERE deferred_account_id IS NOT NULL
             UNION
            SELECT account.id, company.id, package.id, TRUE
              FROM practice_package package
        CROSS JOIN account_account account
        CROSS JOIN res_company company
              JOIN LATERAL (
                SELECT FROM account_move_line item
                 WHERE item.practice_package_id = package.id AND item.account_id = account.id
                   AND item.company_id = company.id AND item.parent_state = 'posted'
                 LIMIT 1
                   ) item ON TRUE
             WHERE account.account_type IN %s
             UNION
            SELECT package.deferred_account_id, branch.id, package.id, TRUE
              FROM practice_package package
              JOIN res_company company ON company.id = package.company_id
              JOIN res_company branch ON branch.parent_path LIKE company.parent_path || '%%'
             WHERE package.deferred_account_id IS NOT NULL
             UNION
            SELECT known.account_id, branch.id, NULL::integer, FALSE
              FROM practice_balance_post known
              JOIN res_company company ON company.id = known.company_id
              JOIN res_company branch ON branch.parent_path LIKE company.parent_path || '%%'
             WHERE known.active
            """,
            LIABILITIES,
        )

    @api.model
    def _select_openings(self):
        """Return the account and company of credits that an opening balance holds. A hook."""
        return SQL("SELECT NULL::integer AS account_id, NULL::integer AS company_id WHERE FALSE")
