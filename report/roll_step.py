from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.credits import CORRECTING_KINDS, ROLL_CELLS, open_credits_per_kind
from .credit_proof import Source

#: The field of a step that holds a source of a model.
TRACED = {
    "account.move.line": "line_id",
    "practice.credit.move": "credit_move_id",
    "practice.revenue.release": "release_id",
}

#: What is on a balance post is, in the roll-forward, in one of these.
CELLS = [
    ("sold", "Sold or given"),
    ("used", "Used"),
    ("lost", "No-show or late"),
    ("expired", "Expired"),
    ("breakage", "Expected Breakage"),
    ("refunded", "Refunded"),
    ("transferred", "Transferred"),
    ("corrected", "Corrected"),
    ("waiting", "To release"),
    ("account", "Balance of account"),
]


class PracticeRollStep(models.Model):
    """The dated, signed steps of the proof, each with its credits and the cell of the roll-forward that it is in.

    The steps are those of the proof, so the roll-forward and the proof cannot say different things. Movements of
    credits without value are steps here too. ``value`` is what credits, subscriptions and down payments
    stand for.

    Journal items of releases of subscriptions do not say of which plan they are, because an entry books those of
    several plans in one line; so each posted release claims its part of its entry for its plan, and what names no plan
    has that much less. Over an account nothing changes by that.
    """

    _name = "practice.roll.step"
    _description = "Movement of the Roll-Forward"
    _inherit = ["practice.credit.proof"]
    _auto = False

    cell = fields.Selection(CELLS, string="Column", readonly=True)
    credits = fields.Integer(readonly=True, help="Change of the open credits: those available and those reserved.")
    value = fields.Monetary(
        readonly=True,
        help="Change of what credits stand for and of what was paid in advance, in company currency.",
    )
    plan_id = fields.Many2one("practice.plan", readonly=True)
    patient_id = fields.Many2one("res.partner", readonly=True, help="Who got or spent the credits.")
    lot_id = fields.Many2one("practice.credit.lot", string="Purchase", readonly=True)

    _depends = {
        "account.move.line": ["practice_origin_id", "practice_period_id"],
        "practice.credit.move": ["partner_id"],
        "practice.subscription.period": ["plan_id"],
    }

    # === SQL === #

    @property
    def _table_query(self):
        """Return the steps of the proof with more columns, of what each comes from.

        PostgreSQL expects too many steps and would read all journal items for a few; OFFSET 0 has each looked up.
        """
        return SQL(
            """
            SELECT step.*, step.value_credits + step.value_subscriptions + step.down_payments AS value,
                   %(cell)s AS cell,
                   CASE WHEN step.kind = 'credit' THEN %(credits)s ELSE 0 END AS credits,
                   CASE WHEN step.package_id IS NULL THEN period.plan_id END AS plan_id,
                   credit.partner_id AS patient_id, credit.lot_id
              FROM (%(steps)s) step
         LEFT JOIN LATERAL (
                SELECT * FROM practice_credit_move credit WHERE credit.id = step.credit_move_id OFFSET 0
                   ) credit ON TRUE
         LEFT JOIN LATERAL (SELECT * FROM account_move_line item WHERE item.id = step.line_id OFFSET 0) item ON TRUE
         LEFT JOIN practice_subscription_period period
                ON period.id = COALESCE(step.period_id, item.practice_period_id)
             WHERE step.kind <> 'mismatch'
            """,
            cell=self._sql_cell(),
            credits=self._sql_open_credits(),
            steps=super()._table_query,
        )

    @api.model
    def _sql_cell(self):
        """Return the cell of a step. What credits a line of a period takes it back; a discount makes a sale smaller."""
        document_type = SQL("(SELECT move_type FROM account_move document WHERE document.id = item.move_id)")
        return SQL(
            """
            CASE step.kind
                 WHEN 'credit' THEN CASE WHEN credit.credits < 0 AND credit.kind IN %s THEN 'corrected' %s END
                 WHEN 'subscription' THEN CASE
                      WHEN step.release_id IS NOT NULL AND step.value_subscriptions > 0 THEN 'corrected'
                      WHEN step.release_id IS NOT NULL THEN 'used'
                      WHEN %s = 'out_refund' THEN 'refunded'
                      WHEN item.balance > 0 AND item.practice_origin_id IS NOT NULL THEN 'refunded'
                      ELSE 'sold' END
                 WHEN 'unplanned' THEN 'corrected'
                 WHEN 'down_payment' THEN CASE WHEN %s = 'out_refund' THEN 'refunded' ELSE 'sold' END
                 WHEN 'unreceived' THEN 'corrected'
                 WHEN 'release' THEN 'waiting'
                 ELSE 'account' END
            """,
            CORRECTING_KINDS,
            SQL(" ").join(SQL("WHEN credit.kind = %s THEN %s", kind, cell) for kind, cell in ROLL_CELLS.items()),
            document_type,
            document_type,
        )

    @api.model
    def _sql_open_credits(self):
        """Return by how much a movement changes the open credits of its lot."""
        changes = open_credits_per_kind().items()
        return SQL(
            "credit.credits * CASE credit.kind %s ELSE 0 END",
            SQL(" ").join(SQL("WHEN %s THEN %s", kind, change) for kind, change in changes),
        )

    @api.model
    def _which_credits(self):
        changing = SQL("credit.kind IN %s", tuple(open_credits_per_kind()))
        return SQL("(%s OR %s)", super()._which_credits(), changing)

    @api.model
    def _get_sources(self):
        return [
            *super()._get_sources(),
            Source(self._select_entry_part(SQL("release.period_id"), 1), ("period_id",)),
            Source(self._select_entry_part(SQL("NULL::integer"), -1), ("period_id",)),
        ]

    @api.model
    def _select_entry_part(self, period, sign):
        """Return what posted releases of subscriptions took from the account: theirs (1), and nobody's no more (-1)."""
        return SQL(
            """
            SELECT release.id AS source_id, 'item' AS kind, entry.date, release.company_id,
                   release.deferred_account_id AS account_id, NULL::integer AS package_id,
                   release.partner_id AS payer_id, NULL::integer AS credit_move_id, release.id AS release_id,
                   NULL::integer AS line_id, 0.0 AS value_credits, 0.0 AS to_release,
                   %s * -release.amount AS balance, %s AS period_id
              FROM practice_revenue_release release
              JOIN account_move entry ON entry.id = release.move_id
             WHERE release.period_id IS NOT NULL AND release.state = 'posted' AND entry.state = 'posted'
            """,
            sign,
            period,
        )

    # === BUSINESS METHODS === #

    def _get_source(self):
        """Return the journal entry behind the step where there is one, else what it comes from."""
        credit = self.credit_move_id
        entry = credit.release_ids.move_id or credit.invoice_line_id.move_id or credit.transfer_entry_id
        entry = entry or self.release_id.move_id
        return self.line_id.move_id or entry or super()._get_source()

    def _get_trace(self):
        """Return a name of this step that stays the same as long as it is on the same day and in the same cell."""
        self.ensure_one()
        source = self.line_id or self.release_id or self.credit_move_id
        return f"{source._name},{source.id},{self.date},{self.cell}"

    @api.model
    def _get_trace_domain(self, traces):
        """Return the steps named by :meth:`_get_trace`, those of the same sources on other days as well."""
        ids = self._group_traces(traces)
        return Domain.OR(Domain(TRACED[model], "in", numbers) for model, numbers in ids.items())

    @api.model
    def _group_traces(self, traces):
        """Return ``{model: [id]}`` of the sources of steps."""
        ids = defaultdict(list)
        for trace in traces:
            model, number, _day, _cell = trace.split(",")
            ids[model].append(int(number))
        return ids

    @api.model
    def _get_traced_documents(self, traces):
        """Return the documents behind steps named by :meth:`_get_trace`, as far as they still are, without doubles."""
        documents = []
        for model, numbers in self._group_traces(traces).items():
            documents += map(self._get_document, self.env[model].browse(numbers).exists())
        return list(dict.fromkeys(documents))

    @api.model
    def _get_document(self, record):
        """Return what a person knows a journal item, a release or a movement of credits by."""
        if record._name == "account.move.line":
            return record.move_id
        if record._name == "practice.credit.move":
            return record.invoice_line_id.move_id or record.transfer_entry_id or record.lot_id
        return record.move_id or record
