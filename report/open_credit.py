from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools.credits import open_credits_per_kind
from ..tools.workbook import Column

#: Ages in months since the sale: name, and the number of months that it ends before.
AGES = (("0_3", 3), ("3_6", 6), ("6_12", 12), ("12_24", 24))

#: An id is that of the purchase, and the days from here until the date.
FIRST_DAY = date(2000, 1, 1)
DAYS = 65536


class PracticeOpenCredit(models.Model):
    """What was open of each purchase of credits at the end of a date, and what of it was not paid.

    It is added up from the movements until that date, which nobody changes, so it can be asked for any date: the one in
    the context (``practice_open_date``), or today. An id says the date too: what is cached for one date is never read
    for another.

    ``value_unpaid`` is as much of the open value as was not paid: what of the invoice was neither paid nor credited by
    then, for its line with these credits. The expiry is the one of today; a later extension is not undone.
    """

    _name = "practice.open.credit"
    _description = "Open Credits at a Date"
    _inherit = ["practice.sql.report.mixin", "practice.books.report"]
    _auto = False
    _order = "sold_date, id"
    _rec_name = "lot_id"

    _report_sequence = 20

    lot_id = fields.Many2one("practice.credit.lot", string="Purchase", readonly=True)
    date = fields.Date(string="At Date", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Patient", readonly=True)
    payer_id = fields.Many2one("res.partner", string="Paid By", readonly=True)
    package_id = fields.Many2one("practice.package", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    account_id = fields.Many2one("account.account", string="Balance Post", readonly=True)
    invoice_id = fields.Many2one("account.move", readonly=True)
    reference = fields.Char(readonly=True)
    origin = fields.Selection(
        selection=lambda self: self.env["practice.credit.lot"]._fields["origin"]._description_selection(self.env),
        readonly=True,
    )
    sold_date = fields.Date(string="Sold On", readonly=True, help="Day on which they were sold, imported or given.")
    used_date = fields.Date(string="Last Used", readonly=True, help="Day of the last visit until the date.")
    expiry_date = fields.Date(readonly=True, help="As it is today.")
    age = fields.Selection(
        [
            ("0_3", "0 to 3 months"),
            ("3_6", "3 to 6 months"),
            ("6_12", "6 to 12 months"),
            ("12_24", "12 to 24 months"),
            ("24_", "24 months and more"),
        ],
        readonly=True,
        help="Since they were sold.",
    )
    credits = fields.Integer(string="Open Credits", readonly=True, help="Available and reserved for planned visits.")
    value = fields.Monetary(string="Open Value", readonly=True, help="What the balance post held for them.")
    value_unpaid = fields.Monetary(
        string="Not Paid",
        readonly=True,
        help="As much of the open value as was not paid by the date. Those credits could not be used yet.",
    )
    is_pending = fields.Boolean(string="Not Paid in Full", readonly=True, help="Their invoice was not paid in full.")

    # What has to be written before the database is asked.
    _depends = {
        "account.move": ["state"],
        "account.move.line": ["balance", "display_type", "move_id"],
        "account.partial.reconcile": ["amount", "credit_move_id", "debit_move_id", "max_date"],
        "practice.credit.lot": [
            *("company_id", "date", "deferred_account_id", "expiry_date", "invoice_id", "invoice_line_id", "origin"),
            *("package_id", "partner_id", "payer_id", "reference"),
        ],
        "practice.credit.move": ["credits", "date", "kind", "lot_id", "value"],
        "res.company": ["currency_id"],
        "res.currency": ["rounding"],
    }

    # === SQL === #

    @property
    def _table_query(self):
        day = self._get_day()
        return SQL(
            """
            SELECT lot.id::bigint * %(days)s + %(number)s AS id, lot.id AS lot_id, %(day)s::date AS date,
                   lot.partner_id, lot.payer_id, lot.package_id, lot.company_id, company.currency_id,
                   lot.deferred_account_id AS account_id, lot.invoice_id, lot.reference, lot.origin,
                   lot.date AS sold_date, moved.used_date, lot.expiry_date, %(age)s AS age, moved.credits, moved.value,
                   COALESCE(bill.unpaid > 0, FALSE) AS is_pending,
                   GREATEST(LEAST(moved.value, COALESCE(ROUND(
                       bill.unpaid * -line.balance / NULLIF(bill.total, 0) / currency.rounding
                   ) * currency.rounding, 0)), 0) AS value_unpaid
              FROM (%(moved)s) moved
              JOIN practice_credit_lot lot ON lot.id = moved.lot_id
              JOIN res_company company ON company.id = lot.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
         LEFT JOIN account_move_line line ON line.id = lot.invoice_line_id
         LEFT JOIN LATERAL (%(bill)s) bill
                ON lot.invoice_id IS NOT NULL AND moved.value IS NOT NULL  -- only of what is open
            """,
            days=DAYS,
            number=(day - FIRST_DAY).days,
            day=day,
            age=self._sql_age(day),
            moved=self._select_moved(day),
            bill=self._select_bill(day),
        )

    @api.model
    def _get_day(self):
        """Return the date that is asked for: today, unless the context names one."""
        return fields.Date.to_date(self.env.context.get("practice_open_date")) or self.env.company._practice_day()

    @api.model
    def _sql_age(self, day):
        return SQL(
            "CASE %s ELSE '24_' END",
            SQL(" ").join(
                SQL("WHEN lot.date > %s THEN %s", day - relativedelta(months=months), name) for name, months in AGES
            ),
        )

    @api.model
    def _select_moved(self, day):
        """Return what movements until ``day`` left open of each purchase."""
        return SQL(
            """
            SELECT credit.lot_id, SUM(credit.credits * CASE credit.kind %s ELSE 0 END)::integer AS credits,
                   SUM(credit.value) AS value,
                   MAX(credit.date) FILTER (WHERE credit.kind = 'use' AND credit.credits > 0) AS used_date
              FROM practice_credit_move credit
             WHERE credit.date <= %s
          GROUP BY credit.lot_id
            HAVING SUM(credit.credits * CASE credit.kind %s ELSE 0 END) <> 0 OR SUM(credit.value) <> 0
            """,
            self._sql_changes(),
            day,
            self._sql_changes(),
        )

    @api.model
    def _sql_changes(self):
        return SQL(" ").join(SQL("WHEN %s THEN %s", kind, change) for kind, change in open_credits_per_kind().items())

    @api.model
    def _select_bill(self, day):
        """Return what the customer owed for the invoice of ``lot``, and what of it was open on ``day``, with tax.

        What is reconciled is paid or credited.
        """
        return SQL(
            """
            SELECT SUM(owed.balance) AS total, GREATEST(SUM(owed.balance) - SUM(owed.settled), 0) AS unpaid
              FROM (
                SELECT item.balance, (
                           SELECT COALESCE(SUM(part.amount), 0) FROM account_partial_reconcile part
                            WHERE part.debit_move_id = item.id AND part.max_date <= %(day)s
                       ) - (
                           SELECT COALESCE(SUM(part.amount), 0) FROM account_partial_reconcile part
                            WHERE part.credit_move_id = item.id AND part.max_date <= %(day)s
                       ) AS settled
                  FROM account_move_line item
                  JOIN account_move move ON move.id = item.move_id AND move.state = 'posted'
                 WHERE item.move_id = lot.invoice_id AND item.display_type = 'payment_term'
                   ) owed
            """,
            day=day,
        )

    # === ACTIONS === #

    def action_open_source(self):
        """Open the purchase."""
        self.ensure_one()
        return self.lot_id.get_formview_action()

    def action_open_pdf(self):
        return self._get_report_pdf_action(self.env.company, None, self._get_day())

    def action_open_xlsx(self):
        return self._get_report_xlsx_action(self.env.company, None, self._get_day())

    @api.model
    def _get_action_at(self, company, day):
        """Return the action that shows what was open in a company at the end of ``day``."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_open_credit_action")
        title = self.env._("Open Credits at %s", format_date(self.env, day))
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(Domain("company_id", "=", company.id)),
            "context": {"search_default_group_package": 1, "practice_open_date": fields.Date.to_string(day)},
        }

    # === REPORT === #

    @api.model
    def _report_title(self):
        return self.env._("Open Credits")

    @api.model
    def _report_columns(self):
        kinds = {"char": "text", "many2one": "text", "selection": "text", "integer": "credits", "monetary": "money"}
        names = (
            *("partner_id", "package_id", "reference", "sold_date", "used_date", "expiry_date", "age"),
            *("credits", "value", "value_unpaid"),
        )
        return [
            Column(name, self._fields[name]._description_string(self.env), kinds.get(self._fields[name].type, "date"))
            for name in names
        ]

    @api.model
    def _report_rows(self, company, date_from, date_to):
        at_date = self.with_context(practice_open_date=fields.Date.to_string(date_to))
        found = at_date.search(Domain("company_id", "=", company.id), order="partner_id, sold_date, id")
        found.invalidate_recordset()  # what was read before in this transaction may have changed since
        ages = dict(self._fields["age"]._description_selection(self.env))
        return [
            {
                "key": row.lot_id.ids,
                "partner_id": row.partner_id.display_name,
                "package_id": row.package_id.display_name,
                "reference": row.reference or "",
                "sold_date": row.sold_date,
                "used_date": row.used_date or None,
                "expiry_date": row.expiry_date or None,
                "age": ages[row.age],
                "credits": row.credits,
                "value": row.value,
                "value_unpaid": row.value_unpaid,
            }
            for row in found
        ]
