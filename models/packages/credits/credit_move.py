from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ....tools.credits import BREAKAGE_KINDS, RELEASED_KINDS
from ...common.rounded_monetary import RoundedMonetary


class PracticeCreditMove(models.Model):
    """The ledger of credits: what happened to each credit of a lot. Rows are written once and stay.

    Creating a row is the only thing that changes the counters and the value of a lot, and the only thing that
    makes a revenue release; so the ledger, the counters and the books cannot drift apart.
    """

    _name = "practice.credit.move"
    _inherit = ["practice.insert.mixin"]
    _description = "Credit Movement"
    _order = "date desc, id desc"
    _rec_name = "kind"
    _insert_columns = (
        *("lot_id", "package_id", "company_id", "partner_id", "kind", "credits", "value", "production", "date"),
        *("event_id", "user_id", "invoice_line_id", "other_lot_id", "transfer_entry_id", "reason"),
    )
    _insert_empty = {"credits": 0, "value": 0.0, "production": 0.0}

    lot_id = fields.Many2one("practice.credit.lot", required=True, index=True, ondelete="restrict")
    package_id = fields.Many2one("practice.package", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Patient", required=True, index=True, ondelete="restrict", help="Who spent or got them."
    )
    kind = fields.Selection(
        [
            ("grant", "Given"),
            ("reserve", "Reserved"),
            ("unreserve", "Reservation ended"),
            ("use", "Used"),
            ("forfeit", "Lost: no-show or late"),
            ("expire", "Expired"),
            ("refund", "Refunded"),
            ("transfer", "Transferred"),
            ("receive", "Received"),
            ("adjust", "Value corrected"),
            ("breakage", "Expected breakage"),
        ],
        required=True,
    )
    credits = fields.Integer(required=True, help="Whole credits; negative undoes an earlier row of the same kind.")
    value = RoundedMonetary(
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Change of the lot's open value, in company currency; of expected breakage, of what waits of it.",
    )
    production = RoundedMonetary(
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Work done, at the internal rate: credits used x the lot's internal rate.",
    )
    date = fields.Date(required=True, help="Day in the practice's time zone from which the books know it.")
    event_id = fields.Many2one(
        "calendar.event",
        string="Appointment",
        index="btree_not_null",
        ondelete="set null",
        groups="practice_billing.group_user",
    )
    user_id = fields.Many2one(
        "res.users", string="Practitioner", index="btree_not_null", ondelete="set null", readonly=True
    )
    invoice_line_id = fields.Many2one("account.move.line", index="btree_not_null", ondelete="set null")
    other_lot_id = fields.Many2one(
        "practice.credit.lot",
        string="Transferred To or From",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The credits of the other patient.",
    )
    transfer_entry_id = fields.Many2one(
        "account.move",
        string="Entry of the Transfer",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Moves the value from one customer to the other, where it changes hands.",
    )
    release_ids = fields.One2many("practice.revenue.release", "credit_move_id", string="Revenue Release")
    reason = fields.Char(help="Why staff decided so.")

    # What a list begins with.
    _latest_idx = models.Index("(date, id)")

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for move in self:
            move.display_name = labels.get(move.kind)

    @api.model_create_multi
    def create(self, vals_list):
        """Write rows and everything that follows from them: counters, open value and revenue releases.

        An optional ``income_account_id`` in the values names the revenue account of the release; a correction
        uses it to go back to the account that the original went to.
        """
        accounts = [vals.get("income_account_id") for vals in vals_list]
        vals_list = [{name: value for name, value in vals.items() if name != "income_account_id"} for vals in vals_list]
        moves = super().create(vals_list)
        moves.lot_id._apply(moves)
        releases = [
            move._prepare_release_vals(account_id)
            for move, account_id in zip(moves, accounts, strict=True)
            if move.kind in RELEASED_KINDS and move.value
        ]
        if releases:
            self.env["practice.revenue.release"].create(releases)
        return moves

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What happened to a credit is never changed; a correction is a row of its own."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What happened to a credit is never deleted; a correction is a row of its own."))

    @api.model
    def _get_paid_sql(self):
        """Return the SQL of what was really paid for the credits of a movement, without tax.

        It is the value that went out with the credits. Where no balance post holds it, or the package releases its
        internal rate instead, it is the part of the price: of the value given, else of the invoice's line. Credits that
        were given away are worth 0.00.

        The query calls the movement ``credit``, its lot ``lot``, and the invoice line of the lot, which need not be
        there, ``line``.
        """
        return SQL(
            """
            CASE WHEN lot.deferred_account_id IS NULL
                 THEN credit.credits * COALESCE(-line.balance / NULLIF(line.practice_credits, 0), 0)
                 WHEN lot.release_method = 'internal_rate'
                 THEN credit.credits * COALESCE(lot.value_total / NULLIF(lot.credits_total, 0), 0)
                 ELSE -credit.value END
            """
        )

    def _forget_reasons(self):
        """Forget why staff decided so, because the patient is forgotten: the only thing of a row that ever changes."""
        # Around `write`, which refuses every change.
        models.Model.write(self, {"reason": False})

    def _prepare_release_vals(self, income_account_id=None):
        """Return the release of the value that this row took out of its lot (or, negative, brought back)."""
        self.ensure_one()
        lot = self.lot_id
        account = lot.breakage_account_id if self.kind in BREAKAGE_KINDS else lot.income_account_id
        return {
            "name": self.package_id.name,
            "date": self.date,
            "company_id": self.company_id.id,
            "partner_id": lot.payer_id.id,
            "deferred_account_id": lot.deferred_account_id.id,
            "income_account_id": income_account_id or account.id,
            "analytic_distribution": lot.analytic_distribution,
            "amount": -self.value,
            "credit_move_id": self.id,
            "package_id": self.package_id.id,  # else computed afterwards, and written a second time
        }
