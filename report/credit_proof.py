from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: What every source of rows selects, besides ``source_id``: an id that is its own.
COLUMNS = ("date", "company_id", "account_id", "payer_id")

#: What only some sources select, and what the rows of the others have there.
MORE_COLUMNS = {
    **dict.fromkeys(("package_id", "credit_move_id", "release_id", "line_id"), SQL("NULL::integer")),
    **dict.fromkeys(("value_credits", "to_release", "balance"), SQL("0.0")),
}

#: Of which type the invoice of a journal item is.
DOCUMENT_TYPE = SQL("(SELECT move_type FROM account_move document WHERE document.id = item.move_id)")

#: Kinds of rows that are a difference each, also when two of them cancel each other out.
WRONG_BY_THEMSELVES = ("mismatch",)


def name_columns(columns):
    """Return ``{name: value}`` as a list of columns."""
    return SQL(", ").join(SQL("%s AS %s", value, SQL.identifier(name)) for name, value in columns.items())


class Source(NamedTuple):
    """A part of the proof: rows of one kind, by a select of ``source_id``, ``COLUMNS`` and the columns in ``more``."""

    kind: str
    select: SQL
    more: tuple = ()


class PracticeCreditProof(models.Model):
    """The proof that the open value of credits equals the balance of their balance posts, on any date.

    Every row is one dated, signed step of one of three amounts, so that the sums up to a date say what was true on
    that date, for each company, balance post, package and customer:

    * ``value_credits``: what the credits still stand for. It changes on the day of the sale and of the visit;
    * ``to_release``: visits that have taken place and whose entry is not posted yet, or is dated later because the
      day was locked. The balance post holds their money although the credits are gone;
    * ``balance``: what the balance post holds according to posted journal items, credit positive.

    ``difference`` = value_credits + to_release - balance, and has to add up to 0.00. All amounts are in the
    company's currency.

    **Which accounts**: those of credits, of packages, of whatever ever was a balance post (``practice.balance.post``),
    and every liability on which a posted journal item names a package. What packages say today hides none.

    **Which customer**: the commercial entity, as in Odoo's partner ledger: a customer who became a contact of another
    one is that other one on both sides.

    **Opening balances** (``credit_proof_opening``) rarely say whose they are: what they hold beyond the credits that
    claim it is nobody's.
    """

    _name = "practice.credit.proof"
    _description = "Credits and Balance Posts"
    _inherit = ["practice.sql.report.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "name"

    name = fields.Char(string="Reference", compute="_compute_name")
    date = fields.Date(readonly=True, help="Day from which this counts.")
    kind = fields.Selection(
        [
            ("credit", "Credits"),
            ("release", "To release"),
            ("item", "Journal item"),
        ],
        string="What",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    account_id = fields.Many2one("account.account", string="Balance Post", readonly=True)
    package_id = fields.Many2one("practice.package", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        help="Who paid, or the company of that contact. Nobody: an opening balance, less what imported credits claim "
        "of it; and entries that name no customer.",
    )
    credit_move_id = fields.Many2one("practice.credit.move", readonly=True)
    release_id = fields.Many2one("practice.revenue.release", readonly=True)
    line_id = fields.Many2one("account.move.line", readonly=True)
    value_credits = fields.Monetary(string="Value of Credits", readonly=True, help="Open value of the credits.")
    to_release = fields.Monetary(
        readonly=True, help="Visits that have taken place and whose entry is not posted yet, or is dated later."
    )
    balance = fields.Monetary(
        string="Balance of Account", readonly=True, help="What the balance post holds: posted items, credit positive."
    )
    difference = fields.Monetary(readonly=True, help="Value of credits + to release - balance: has to be 0.00.")
    has_difference = fields.Boolean(
        compute="_compute_has_difference",
        search="_search_has_difference",
        help="The company, balance post, package and customer of this row do not add up to 0.00.",
    )

    # What has to be written before the database is asked.
    _depends = {
        "account.account": ["account_type"],
        "account.move": ["date", "move_type", "state"],
        "account.move.line": [
            "account_id", "balance", "company_id", "date", "display_type", "move_id", "parent_state", "partner_id",
            "practice_package_id",
        ],
        "practice.balance.post": ["account_id", "active", "company_id"],
        "practice.credit.lot": [
            "company_id", "deferred_account_id", "entry_id", "invoice_id", "package_id", "payer_id",
        ],
        "practice.credit.move": [
            "company_id", "credits", "date", "invoice_line_id", "kind", "lot_id", "package_id", "transfer_entry_id",
            "value",
        ],
        "practice.package": ["company_id", "deferred_account_id"],
        "practice.revenue.release": [
            "amount", "company_id", "credit_move_id", "date", "deferred_account_id", "income_account_id", "move_id",
            "package_id", "partner_id", "state", "tax_account_id", "tax_amount",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id"],
    }  # fmt: skip

    # === SQL === #

    @property
    def _table_query(self):
        """Return the rows of all sources, with the customer, the company's currency and the difference."""
        posts = self._get_posts()
        return self._select_steps(posts, self._get_rows(posts))

    @api.model
    def _select_steps(self, posts, rows):
        """Return rows, or sums of rows, with what follows from their columns."""
        return SQL(
            """
            WITH %s
            SELECT step.*, customer.commercial_partner_id AS partner_id, company.currency_id, %s
              FROM (%s) step
              JOIN res_company company ON company.id = step.company_id
         LEFT JOIN res_partner customer ON customer.id = step.payer_id
            """,
            SQL(", ").join(SQL("%s AS %s", SQL.identifier(it), query) for it, query in self._get_tables(posts).items()),
            name_columns(self._get_totals()),
            SQL(" UNION ALL ").join(rows),
        )

    @api.model
    def _get_rows(self, posts):
        """Return a select of the rows of each source. Ids follow from those of the source; no two sources share one."""
        sources = self._get_sources(posts)
        return [
            SQL(
                "SELECT source.source_id::bigint * %s + %s AS id, %s FROM (%s) source",
                len(sources),
                number,
                name_columns(self._get_columns(source)),
                source.select,
            )
            for number, source in enumerate(sources)
        ]

    @api.model
    def _get_columns(self, source):
        """Return ``{name: value}`` of all columns of the rows of a source, in the order that all sources share."""
        empty = self._get_more_columns()
        known = {name: SQL.identifier("source", name) for name in (*COLUMNS, *source.more)}
        return {
            "kind": SQL("%s", source.kind),
            **dict.fromkeys(COLUMNS),
            **empty,
            **known,
        }  # in one order

    @api.model
    def _get_tables(self, posts):
        """Return ``{name: query}`` of what the sources have in common, in the order in which they build on another.

        Processes cannot share the work on what is worked out beforehand, so the balance posts are written out.
        """
        columns = [[post[number] for post in posts.rows] for number in range(3)]
        sole = SQL("UNNEST(%s::int[], %s::int[], %s::int[]) sole (account_id, company_id, package_id)", *columns)
        return {"sole": SQL("NOT MATERIALIZED (SELECT * FROM %s)", sole)}

    @api.model
    def _get_more_columns(self):
        """Return ``{name: value in sources that do not know it}`` of the columns that are not in every source."""
        return MORE_COLUMNS

    @api.model
    def _get_claims(self):
        """Return the columns that together have to be what the balance post holds."""
        return ["value_credits", "to_release"]

    @api.model
    def _get_totals(self):
        """Return ``{name: amount}`` of what is added up from amounts of a row, or of a sum of rows, ``step``."""
        claims = SQL(" + ").join(SQL.identifier("step", name) for name in self._get_claims())
        return {"difference": SQL("%s - step.balance", claims)}

    @api.model
    def _get_sources(self, posts):
        """Return the :class:`Source` objects that together are the proof."""
        return [
            Source("credit", self._select_credits(), ("package_id", "credit_move_id", "value_credits")),
            Source(
                "release", self._select_waiting(posts), ("package_id", "credit_move_id", "release_id", "to_release")
            ),
            Source("item", self._select_items(posts), ("package_id", *self._get_item_columns())),
        ]

    @api.model
    def _which_credits(self):
        """Return which movements of credits are steps, as a condition on ``credit``: the proof is about money only."""
        return SQL("credit.value <> 0")

    @api.model
    def _select_credits(self):
        return SQL(
            """
            SELECT credit.id AS source_id, credit.date, credit.company_id, lot.deferred_account_id AS account_id,
                   credit.package_id, lot.payer_id AS payer_id, credit.id AS credit_move_id,
                   credit.value AS value_credits, credit.kind AS movement, credit.credits, lot.id AS lot_id,
                   credit.partner_id AS patient_id
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
             WHERE %s
            """,
            self._which_credits(),
        )

    @api.model
    def _select_waiting(self, posts):
        """Return what waits from the day of the visit on, and no longer from the day of its entry on.

        A visit whose entry has that very day never waits, so none of an entry that was compared does. A release that
        says it is posted while its entry is not (any more) does not wait for anything: it is left out, so that it shows
        as a difference.
        """
        return SQL(
            """
            SELECT 2 * release.id + change.number AS source_id, change.date, release.company_id,
                   release.deferred_account_id AS account_id, release.package_id, release.partner_id AS payer_id,
                   release.credit_move_id, release.id AS release_id, change.amount AS to_release
              FROM practice_revenue_release release
         LEFT JOIN account_move entry ON entry.id = release.move_id
        CROSS JOIN LATERAL (
                VALUES (0, release.date, release.amount), (1, entry.date, -release.amount)
                   ) change (number, date, amount)
             WHERE release.credit_move_id IS NOT NULL AND %s
               AND (release.state = 'due' OR (entry.state = 'posted' AND entry.date <> release.date))
               AND (change.number = 0 OR (entry.state = 'posted' AND entry.date <> release.date))
            """,
            posts.to_compare,
        )

    @api.model
    def _select_items(self, posts):
        """Return the posted journal items on balance posts, of the package they name or else the only one it can be."""
        return SQL(
            """
            SELECT item.id AS source_id, item.date, item.company_id, item.account_id,
                   COALESCE(item.practice_package_id, sole.package_id) AS package_id, %s AS payer_id,
                   %s
              FROM account_move_line item
              JOIN sole ON sole.account_id = item.account_id AND sole.company_id = item.company_id
             WHERE item.parent_state = 'posted' AND item.account_id = ANY(%s)
            """,
            self._get_item_customer(posts),
            name_columns(self._get_item_columns()),
            posts.account_ids,
        )

    @api.model
    def _get_item_columns(self):
        """Return ``{name: value}`` of what the row of a journal item on a balance post has besides. A hook."""
        return {"line_id": SQL("item.id"), "balance": SQL("-item.balance")}

    @api.model
    def _get_item_customer(self, posts):
        """Return whose a journal item on a balance post is."""
        return SQL("item.partner_id")

    # === COMPUTE METHODS === #

    @api.depends("credit_move_id", "release_id", "line_id")
    def _compute_name(self):
        for row in self:
            if row.line_id:
                row.name = row.line_id.move_id.name
            elif row.release_id:
                row.name = row.release_id.move_id.name or row.release_id.name
            else:
                row.name = row.credit_move_id.lot_id.reference or row.credit_move_id.lot_id.display_name

    @api.depends_context("practice_proof_date")
    def _compute_has_difference(self):
        wrong = self._get_keys_with_difference()
        for row in self:
            key = (row.company_id, row.account_id, row.package_id, row.partner_id)
            row.has_difference = key in wrong or row.kind in WRONG_BY_THEMSELVES

    def _search_has_difference(self, operator, value):
        if operator != "in":
            return NotImplemented
        customers = defaultdict(list)
        for *key, customer in self._get_keys_with_difference():
            customers[tuple(key)].append(customer.id)
        domain = Domain("kind", "in", WRONG_BY_THEMSELVES) | Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("account_id", "=", account.id)
            & Domain("package_id", "=", package.id)
            & Domain("partner_id", "in", of_key)
            for (company, account, package), of_key in customers.items()
        )
        return domain if True in value else ~domain

    # === ACTIONS === #

    def action_open_source(self):
        """Open what the row comes from: the credits, the release or the journal entry."""
        self.ensure_one()
        return self._get_source().get_formview_action()

    # === BUSINESS METHODS === #

    def _get_source(self):
        """Return the record that the row comes from."""
        self.ensure_one()
        return self.line_id.move_id or self.release_id or self.credit_move_id.lot_id

    @api.model
    def _get_keys_with_difference(self, domain=Domain.TRUE):
        """Return what does not add up, on the date in the context if there is one.

        :return: ``{(company, balance post, package, customer): difference}``, all records; an empty one stands for what
            no package, or no customer, can be found for
        """
        day = self.env.context.get("practice_proof_date")
        groups = self._read_group(
            domain & Domain("date", "<=", day) if day else domain,
            ["company_id", "account_id", "package_id", "partner_id"],
            ["difference:sum"],
        )
        return {tuple(key): difference for *key, difference in groups if not key[0].currency_id.is_zero(difference)}
