from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class PracticeCreditProof(models.Model):
    """The proof that the open value of credits equals the balance of their balance posts, on any date.

    Every row is one dated, signed step of one of three amounts, so that the sums up to a date say what was true on
    that date, for each company, balance post and package:

    * ``value_credits``: what the credits still stand for. It changes on the day of the sale and of the visit;
    * ``to_release``: visits that have taken place and whose entry is not posted yet, or is dated later because the
      day was locked. The balance post holds their money although the credits are gone;
    * ``balance``: what the balance post holds according to posted journal items, credit positive.

    ``difference`` = value_credits + to_release - balance, and has to add up to 0.00. All amounts are in the
    company's currency.
    """

    _name = "practice.credit.proof"
    _description = "Credits and Balance Posts"
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
            ("opening", "In the opening balance"),
        ],
        string="What",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    account_id = fields.Many2one("account.account", string="Balance Post", readonly=True)
    package_id = fields.Many2one("practice.package", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
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
        help="The company, balance post and package of this row do not add up to 0.00.",
    )

    # What has to be written before the database is asked.
    _depends = {
        "account.move": ["date", "state"],
        "account.move.line": [
            "account_id", "balance", "company_id", "date", "parent_state", "partner_id", "practice_package_id",
        ],
        "practice.credit.lot": [
            "company_id", "deferred_account_id", "entry_id", "invoice_id", "package_id", "payer_id",
        ],
        "practice.credit.move": ["company_id", "date", "invoice_line_id", "kind", "lot_id", "package_id", "value"],
        "practice.package": ["company_id", "deferred_account_id"],
        "practice.revenue.release": [
            "amount", "company_id", "credit_move_id", "date", "deferred_account_id", "move_id", "package_id",
            "partner_id", "state",
        ],
    }  # fmt: skip

    # === SQL === #

    @property
    def _table_query(self):
        """Return the rows of all sources, with the company's currency and the difference added."""
        sources = self._get_sources()
        rows = SQL(" UNION ALL ").join(
            # Ids follow from those of the sources, spread so that no two sources share one.
            SQL(
                "SELECT source.source_id::bigint * %s + %s AS id, source.* FROM (%s) source",
                len(sources),
                number,
                source,
            )
            for number, source in enumerate(sources)
        )
        return SQL(
            """
            WITH post AS (%s), sole AS (
                SELECT account_id, company_id, CASE WHEN count(*) = 1 THEN min(package_id) END AS package_id
                  FROM post
              GROUP BY account_id, company_id
            )
            SELECT step.*, company.currency_id, %s - step.balance AS difference
              FROM (%s) step
              JOIN res_company company ON company.id = step.company_id
            """,
            self._select_posts(),
            SQL(" + ").join(SQL.identifier("step", name) for name in self._get_claims()),
            rows,
        )

    @api.model
    def _get_claims(self):
        """Return the columns that together have to be what the balance post holds."""
        return ["value_credits", "to_release"]

    @api.model
    def _get_sources(self):
        """Return the selects that together are the proof; each has the columns of :meth:`_select_credits`."""
        return [
            self._select_credits(),
            self._select_releases_begun(),
            self._select_releases_ended(),
            self._select_items(),
            self._select_opening_claimed(),
            self._select_opening_left(),
        ]

    @api.model
    def _select_posts(self):
        """Return every account that is the balance post of a package, or still is that of credits, per company.

        Credits know the account that their invoice was really booked to (a fiscal position may map it, and a package
        may have got another one since). A company's package can be sold by its branches.
        """
        return SQL(
            """
            SELECT deferred_account_id AS account_id, company_id, package_id
              FROM practice_credit_lot
             WHERE deferred_account_id IS NOT NULL
             UNION
            SELECT package.deferred_account_id, branch.id, package.id
              FROM practice_package package
              JOIN res_company company ON company.id = package.company_id
              JOIN res_company branch ON branch.parent_path LIKE company.parent_path || '%%'
             WHERE package.deferred_account_id IS NOT NULL
            """
        )

    @api.model
    def _select_credits(self):
        return SQL(
            """
            SELECT credit.id AS source_id, 'credit' AS kind, credit.date, credit.company_id,
                   lot.deferred_account_id AS account_id, credit.package_id, lot.payer_id AS partner_id,
                   credit.id AS credit_move_id, NULL::integer AS release_id, NULL::integer AS line_id,
                   credit.value AS value_credits, 0.0 AS to_release, 0.0 AS balance
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
             WHERE credit.value <> 0
            """
        )

    @api.model
    def _select_releases_begun(self):
        """Return what waits from the day of the visit on. A visit whose entry has that very day never waits.

        A release that says it is posted while its entry is not (any more) does not wait for anything: it is left out,
        so that it shows as a difference.
        """
        return SQL(
            """
            SELECT release.id AS source_id, 'release' AS kind, release.date, release.company_id,
                   release.deferred_account_id AS account_id, release.package_id, release.partner_id,
                   release.credit_move_id, release.id AS release_id, NULL::integer AS line_id,
                   0.0 AS value_credits, release.amount AS to_release, 0.0 AS balance
              FROM practice_revenue_release release
         LEFT JOIN account_move entry ON entry.id = release.move_id
             WHERE release.credit_move_id IS NOT NULL
               AND (release.state = 'due' OR (entry.state = 'posted' AND entry.date <> release.date))
            """
        )

    @api.model
    def _select_releases_ended(self):
        """Return what waits no longer from the day of its entry on."""
        return SQL(
            """
            SELECT release.id AS source_id, 'release' AS kind, entry.date, release.company_id,
                   release.deferred_account_id AS account_id, release.package_id, release.partner_id,
                   release.credit_move_id, release.id AS release_id, NULL::integer AS line_id,
                   0.0 AS value_credits, -release.amount AS to_release, 0.0 AS balance
              FROM practice_revenue_release release
              JOIN account_move entry ON entry.id = release.move_id
             WHERE release.credit_move_id IS NOT NULL AND entry.state = 'posted' AND entry.date <> release.date
            """
        )

    @api.model
    def _select_items(self):
        """Return the posted journal items on balance posts, of the package they name or else the only one it can be."""
        return SQL(
            """
            SELECT item.id AS source_id, 'item' AS kind, item.date, item.company_id, item.account_id,
                   COALESCE(item.practice_package_id, sole.package_id) AS package_id, item.partner_id,
                   NULL::integer AS credit_move_id, NULL::integer AS release_id, item.id AS line_id,
                   0.0 AS value_credits, 0.0 AS to_release, -item.balance AS balance
              FROM account_move_line item
              JOIN sole ON sole.account_id = item.account_id AND sole.company_id = item.company_id
             WHERE item.parent_state = 'posted'
            """
        )

    @api.model
    def _select_opening(self, package, sign):
        """Return the value of credits that came without an entry because the opening balance holds it already.

        The items of an opening balance name no package. Where several packages share the account, each such credit
        therefore claims its part (``sign`` 1), and the items without a package have that much less (``sign`` -1);
        what is left without a package then is money that no credit stands for, or, negative, is missing.
        """
        return SQL(
            """
            SELECT credit.id AS source_id, 'opening' AS kind, credit.date, credit.company_id,
                   lot.deferred_account_id AS account_id, %s AS package_id, lot.payer_id AS partner_id,
                   credit.id AS credit_move_id, NULL::integer AS release_id, NULL::integer AS line_id,
                   0.0 AS value_credits, 0.0 AS to_release, %s * credit.value AS balance
              FROM practice_credit_move credit
              JOIN practice_credit_lot lot ON lot.id = credit.lot_id
              JOIN sole ON sole.account_id = lot.deferred_account_id AND sole.company_id = lot.company_id
             WHERE credit.kind = 'grant' AND credit.value <> 0 AND sole.package_id IS NULL
               AND credit.invoice_line_id IS NULL AND lot.invoice_id IS NULL AND lot.entry_id IS NULL
            """,
            package,
            sign,
        )

    @api.model
    def _select_opening_claimed(self):
        return self._select_opening(SQL("credit.package_id"), 1)

    @api.model
    def _select_opening_left(self):
        return self._select_opening(SQL("NULL::integer"), -1)

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
            row.has_difference = (row.company_id, row.account_id, row.package_id) in wrong

    def _search_has_difference(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("account_id", "=", account.id)
            & Domain("package_id", "=", package.id)
            for company, account, package in self._get_keys_with_difference()
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
    def _get_keys_with_difference(self):
        """Return the (company, balance post, package) that do not add up, on the date in the context if there is one.

        Names are those of records: an empty package stands for what no package can be found for.
        """
        day = self.env.context.get("practice_proof_date")
        groups = self._read_group(
            Domain("date", "<=", day) if day else Domain.TRUE,
            ["company_id", "account_id", "package_id"],
            ["difference:sum"],
        )
        return {
            (company, account, package)
            for company, account, package, difference in groups
            if not company.currency_id.is_zero(difference)
        }
