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

#: In which of them all steps of a kind are.
CELL_OF_KIND = {
    "release": "waiting",
    "item": "account",
    "opening": "account",
    "unplanned": "corrected",
    "unreceived": "corrected",
}


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

    @api.model
    def _get_totals(self):
        value = SQL("step.value_credits + step.value_subscriptions + step.down_payments")
        return {**super()._get_totals(), "value": value}

    @api.model
    def _get_key_columns(self):
        return {**super()._get_key_columns(), **{name: name for name in ("cell", "plan_id", "patient_id")}}

    @api.model
    def _get_amounts(self):
        return [*super()._get_amounts(), "credits"]

    @api.model
    def _get_columns(self, source):
        empty = {"credits": SQL("0"), **dict.fromkeys(("plan_id", "patient_id", "lot_id"), SQL("NULL::integer"))}
        known = {"cell": self._sql_cell(source)}
        if source.kind == "credit":
            known |= {name: SQL.identifier("source", name) for name in ("patient_id", "lot_id")}
            known["credits"] = self._sql_open_credits()
        if "period_id" in source.more:
            known["plan_id"] = self._sql_plan(source)
        return {**super()._get_columns(source), **empty, **known}

    @api.model
    def _sql_plan(self, source):
        """Return the plan of a step that names a period. What a package is named for is the package's."""
        plan = SQL("(SELECT plan_id FROM practice_subscription_period period WHERE period.id = source.period_id)")
        return SQL("CASE WHEN source.package_id IS NULL THEN %s END", plan) if "package_id" in source.more else plan

    @api.model
    def _sql_cell(self, source):
        """Return the cell of a step. What credits a line of a period takes it back; a discount makes a sale smaller."""
        if source.kind == "credit":
            cells = SQL(" ").join(SQL("WHEN %s THEN %s", kind, cell) for kind, cell in ROLL_CELLS.items())
            return SQL(
                """
                CASE WHEN source.credits < 0 AND source.movement IN %s THEN 'corrected'
                     ELSE CASE source.movement %s END END
                """,
                CORRECTING_KINDS,
                cells,
            )
        if source.kind == "subscription" and "release_id" in source.more:
            return SQL("CASE WHEN source.value_subscriptions > 0 THEN 'corrected' ELSE 'used' END")
        if source.kind == "subscription":
            return SQL(
                """
                CASE WHEN source.document_type = 'out_refund' THEN 'refunded'
                     WHEN source.value_subscriptions < 0 AND source.has_origin THEN 'refunded'
                     ELSE 'sold' END
                """
            )
        if source.kind == "down_payment":
            return SQL("CASE WHEN source.document_type = 'out_refund' THEN 'refunded' ELSE 'sold' END")
        return SQL("%s", CELL_OF_KIND[source.kind])

    @api.model
    def _sql_open_credits(self):
        """Return by how much a movement changes the open credits of its lot."""
        changes = open_credits_per_kind().items()
        return SQL(
            "source.credits * CASE source.movement %s ELSE 0 END",
            SQL(" ").join(SQL("WHEN %s THEN %s", kind, change) for kind, change in changes),
        )

    @api.model
    def _which_credits(self):
        changing = SQL("credit.kind IN %s", tuple(open_credits_per_kind()))
        return SQL("(%s OR %s)", super()._which_credits(), changing)

    @api.model
    def _get_sources(self, posts):
        more = ("release_id", "period_id", "balance")
        return [
            *(source for source in super()._get_sources(posts) if source.kind != "mismatch"),
            Source("item", self._select_entry_part(SQL("release.period_id"), 1), more),
            Source("item", self._select_entry_part(SQL("NULL::integer"), -1), more),
        ]

    @api.model
    def _select_entry_part(self, period, sign):
        """Return what posted releases of subscriptions took from the account: theirs (1), and nobody's no more (-1)."""
        return SQL(
            """
            SELECT release.id AS source_id, entry.date, release.company_id, release.deferred_account_id AS account_id,
                   release.partner_id AS payer_id, release.id AS release_id, %s * -release.amount AS balance,
                   %s AS period_id
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
