from odoo import api, fields, models
from odoo.exceptions import AccessError

from ....tools.credits import (
    COUNTERS,
    EXPECTED_KIND,
    GIVING_KINDS,
    RELEASED_KINDS,
    counters_after,
    open_credits_change,
    share_of_value,
)
from ..catalog.package import RELEASE_METHODS, VALIDITY_BEGINNINGS

#: Counters of a lot that movements change; their fields are named ``credits_<counter>``.
COUNTER_FIELDS = {counter: f"credits_{counter}" for counter in COUNTERS}

#: What a grant may say of its movement, besides the values of the lot.
OF_MOVEMENT = ("reason", "other_lot_id", "transfer_entry_id")

#: What staff may write on a lot. Everything else follows from the ledger or has a method of its own.
EDITABLE_FIELDS = {"beneficiary_ids", "note"}


class PracticeCreditLot(models.Model):
    """The credits of one purchase, import or gift, and what is left of their value.

    The counters are the sums of the lot's movements; :meth:`_record` is the one door to both. A booking *updates*
    the lot's row, so that of two bookings of the same credit one gets a serialization failure and is repeated.

    This file holds the lot and its ledger; where credits come from and go to has files of its own:
    ``credit_lot_invoice`` (sold, credited), ``credit_lot_appointment`` (reserved, used, lost, given back),
    ``credit_lot_expiry`` (expired, extended), ``credit_lot_low`` (running low), the room ``transfers`` (to another
    patient); ``credit_lot_spendable`` says how many can be planned now, ``credit_lot_instalments`` how many are paid
    when that is done in parts, ``credit_lot_balance`` what a patient has.
    """

    _name = "practice.credit.lot"
    _description = "Credits"
    _inherit = ["practice.retry.mixin", "mail.thread"]
    _order = "expiry_date, id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner", string="Patient", required=True, index=True, ondelete="restrict", help="Whose credits they are."
    )
    beneficiary_ids = fields.Many2many(
        "res.partner",
        "practice_credit_lot_beneficiary_rel",
        "lot_id",
        "partner_id",
        string="Shared With",
        help="Others of the household who may spend these credits. They see the balance, not the money.",
    )
    payer_id = fields.Many2one(
        "res.partner", string="Paid By", required=True, index=True, ondelete="restrict", help="The invoice's customer."
    )
    package_id = fields.Many2one("practice.package", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    origin = fields.Selection(
        [("invoice", "Invoice"), ("import", "Import"), ("gift", "Gift"), ("transfer", "Transfer")],
        required=True,
        readonly=True,
    )
    reference = fields.Char(readonly=True, help="Where the credits come from: invoice number, list of the old system.")
    note = fields.Char()
    source_lot_id = fields.Many2one(
        "practice.credit.lot",
        string="Transferred From",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The credits of another patient that these were a part of.",
    )
    source_partner_id = fields.Many2one(related="source_lot_id.partner_id", string="Received From")
    transferred_lot_ids = fields.One2many(
        "practice.credit.lot", "source_lot_id", string="Transferred To", help="What other patients got of these."
    )
    invoice_line_id = fields.Many2one("account.move.line", ondelete="set null", readonly=True)
    invoice_id = fields.Many2one("account.move", index="btree_not_null", ondelete="set null", readonly=True)
    entry_id = fields.Many2one(
        "account.move",
        string="Opening Entry",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The entry that brought the value of imported credits to the balance post.",
    )
    date = fields.Date(required=True, readonly=True, help="Day on which the credits were sold, imported or given.")
    activation_date = fields.Date(
        compute="_compute_state", store=True, help="Day from which the credits could be used: when they were paid."
    )
    expiry_date = fields.Date(
        compute="_compute_expiry_date",
        store=True,
        readonly=False,
        help="Last day on which the credits can be used. Empty: they do not expire.",
    )
    expired_on = fields.Date(readonly=True, help="Day on which the rest was written off.")
    expiry_warned = fields.Integer(
        readonly=True, help="The last warning sent, in days before expiry; 0 when none was sent."
    )
    error = fields.Text(readonly=True, help="Why a run could not write these credits off, or warn that they expire.")
    retry_date = fields.Date(readonly=True, help="It is tried again from this day on.")
    internal_rate = fields.Monetary(
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Money per credit, as the package (or the import) had it when the credits were given.",
    )
    deferred_account_id = fields.Many2one(
        "account.account",
        string="Balance Post",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="The account that holds the value; empty when nothing waits.",
    )
    income_account_id = fields.Many2one(
        "account.account",
        string="Ledger Account",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Revenue of these credits, as it was agreed when they were given.",
    )
    breakage_account_id = fields.Many2one(
        "account.account",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Revenue of those that are lost or expire.",
    )
    release_method = fields.Selection(
        RELEASE_METHODS,
        string="Release",
        required=True,
        readonly=True,
        default="sale_value",
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    validity_months = fields.Integer(
        string="Validity",
        readonly=True,
        help="Months, as the package had it when they were sold. 0: they do not expire.",
    )
    validity_from = fields.Selection(
        VALIDITY_BEGINNINGS,
        string="Counted From",
        required=True,
        readonly=True,
        default="activation",
        help="What the months begin with, as the package had it when they were sold.",
    )
    validity_date = fields.Date(
        string="Until at Most", readonly=True, help="Fixed end, as the package had it when they were sold."
    )
    first_visit_date = fields.Date(
        string="First Visit", readonly=True, help="Day of the first visit, where the validity begins with it."
    )
    analytic_distribution = fields.Json(
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Of the sale; the revenue carries it when it is released.",
    )
    is_paid = fields.Boolean(
        string="Paid",
        compute="_compute_is_paid",
        store=True,
        help="Whether the invoice of these credits was settled by more than writing it off; others need no payment.",
    )
    state = fields.Selection(
        [
            ("pending", "Waiting for Payment"),
            ("active", "Active"),
            ("used_up", "Used Up"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    # Required: a CHECK lets NULL through.
    credits_total = fields.Integer(string="Given", default=0, required=True, readonly=True)
    credits_available = fields.Integer(string="Available", default=0, required=True, readonly=True)
    credits_reserved = fields.Integer(string="Reserved", default=0, required=True, readonly=True)
    credits_used = fields.Integer(string="Used", default=0, required=True, readonly=True)
    credits_lost = fields.Integer(
        string="Lost", default=0, required=True, readonly=True, help="No-shows, late cancellations and expiry."
    )
    credits_refunded = fields.Integer(string="Refunded", default=0, required=True, readonly=True)
    credits_transferred = fields.Integer(
        string="Transferred", default=0, required=True, readonly=True, help="To other patients."
    )
    value_total = fields.Monetary(
        string="Value Given",
        default=0.0,
        required=True,
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="Without tax, in company currency.",
    )
    value_open = fields.Monetary(
        string="Open Value",
        default=0.0,
        required=True,
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What the balance post still holds for this lot.",
    )
    move_ids = fields.One2many("practice.credit.move", "lot_id", string="History")

    _counters_not_negative = models.Constraint(
        """CHECK (credits_total >= 0 AND credits_available >= 0 AND credits_reserved >= 0 AND credits_used >= 0
                  AND credits_lost >= 0 AND credits_refunded >= 0 AND credits_transferred >= 0)""",
        "There are not enough credits for this.",
    )
    _counters_add_up = models.Constraint(
        """CHECK (credits_available + credits_reserved + credits_used + credits_lost + credits_refunded
                  + credits_transferred = credits_total)""",
        "Every credit is available, reserved, used, lost, refunded or transferred.",
    )
    _value_open_sound = models.Constraint(
        "CHECK (value_open >= 0 AND (value_open = 0 OR credits_available + credits_reserved > 0))",
        "Credits that are gone cannot have an open value.",
    )
    _invoice_line_uniq = models.UniqueIndex(
        "(invoice_line_id) WHERE invoice_line_id IS NOT NULL", "An invoice line gives its credits once."
    )
    # What the expiry run searches.
    _expiring_idx = models.Index("(expiry_date) WHERE credits_available > 0 AND state = 'active'")

    # === COMPUTE METHODS === #

    # Apart from the state, which every movement asks for: what settled an invoice is a matter of many tables.
    @api.depends("invoice_id.payment_state", "invoice_id.state", "origin")
    def _compute_is_paid(self):
        for lot in self:
            # An invoice that was deleted took its credits along, and nothing is left to pay.
            invoice = lot.invoice_id
            lot.is_paid = not lot._is_invoiced() or bool(invoice and invoice._practice_is_paid())

    @api.depends("credits_paid", "expired_on", *COUNTER_FIELDS.values())
    def _compute_state(self):
        """Derive the state, so that no door of payment or of its undoing can be forgotten."""
        for lot in self:
            lot.state = lot._get_state()
            first_time = lot.state == "active" and not lot.activation_date
            lot.activation_date = lot.company_id._practice_day() if first_time else lot.activation_date

    def _get_state(self):
        if not self.credits_available + self.credits_reserved:
            if not self.credits_used + self.credits_lost + self.credits_transferred:
                return "cancelled"
            return "expired" if self.expired_on else "used_up"
        return "active" if self.credits_paid else "pending"

    def _is_invoiced(self):
        """Return whether these credits are to be paid by invoice before they can be used. A hook of other origins."""
        self.ensure_one()
        # What was transferred waits when the payment of its invoice is undone, as the rest of it does.
        return self.origin == "invoice" or (self.origin == "transfer" and bool(self.invoice_id))

    def _count_kept(self):
        """Return how many credits were given and did not go back, or to somebody else: those that count as sessions."""
        self.ensure_one()
        return self.credits_total - self.credits_refunded - self.credits_transferred

    @api.depends("activation_date")
    def _compute_expiry_date(self):
        for lot in self:
            if not lot.expiry_date:
                lot.expiry_date = lot._get_first_expiry_date()

    @api.depends("package_id", "reference", "credits_available", "credits_total")
    def _compute_display_name(self):
        for lot in self:
            lot.display_name = self.env._(
                "%(package)s: %(available)s of %(total)s (%(reference)s)",
                package=lot.package_id.name,
                available=lot.credits_available,
                total=lot.credits_total,
                reference=lot.reference or lot.id,
            )

    # === CRUD METHODS === #

    def write(self, vals):
        if not self.env.su and not vals.keys() <= EDITABLE_FIELDS:
            raise AccessError(self.env._("Credits change by what happens to them; only sharing and the note are free."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("Credits are never deleted; refund them or let them expire."))

    # === ACTIONS === #

    def action_open_moves(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_move_action")
        return {**action, "domain": [("lot_id", "in", self.ids)], "context": {"create": False}}

    def action_extend(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_extend_action")
        return {**action, "context": {"default_lot_ids": self.ids}}

    def action_open_invoice(self):
        self.ensure_one()
        return self.invoice_id.get_formview_action()

    # === LEDGER === #

    @api.model
    def _grant(self, vals_list):
        """Give credits: the one door for invoices, imports, gifts and memberships.

        :param list vals_list: values of lots, each with ``credits`` (whole, positive) and ``value`` (company
            currency, without tax; 0.0 when no balance post holds anything) besides the fields of the lot, and perhaps
            ``reason``, ``other_lot_id`` and ``transfer_entry_id`` of the movement
        :return: the new lots
        """
        # sudo: whoever may do what gives credits
        lots_sudo = self.sudo().with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        packages_sudo = self.env["practice.package"].sudo()  # sudo: as above
        lots_sudo = lots_sudo.create(
            [
                packages_sudo.browse(vals["package_id"])._prepare_terms() | self._without_grant(vals)
                for vals in vals_list
            ]
        )
        self._record(lot._prepare_grant(vals) for lot, vals in zip(lots_sudo, vals_list, strict=True))
        return lots_sudo.sudo(self.env.su)

    @api.model
    def _without_grant(self, vals):
        """Return the values of the lot's own fields among those of a grant."""
        return {name: value for name, value in vals.items() if name not in ("credits", "value", *OF_MOVEMENT)}

    def _prepare_grant(self, vals):
        """Return the movement that gives this lot the ``credits`` and the ``value`` of a grant."""
        self.ensure_one()
        return {
            "lot": self,
            "kind": "receive" if self.source_lot_id else "grant",
            "credits": vals["credits"],
            "value": vals.get("value", 0.0),
            "date": self.date,
            "invoice_line_id": self.invoice_line_id.id,
            **{name: vals[name] for name in OF_MOVEMENT if name in vals},
        }

    @api.model
    def _record(self, entries):
        """Write movements, each worth what the lot says at that moment: the one door to counters and value.

        :param entries: dicts with ``lot``, ``kind``, ``credits`` and ``date``, in the order in which they happen,
            and optionally ``value`` (else the rule of :func:`share_of_value`), ``event``, ``partner_id``,
            ``invoice_line_id``, ``reason``, ``other_lot_id``, ``transfer_entry_id`` and ``income_account_id`` (see
            ``practice.credit.move.create``)
        :return: the movements
        """
        # sudo: nobody has rights to write movements; the doors that lead here have checked who may
        position = {}  # lot: [open credits, open value, recognised], ahead of the database while rows are prepared
        vals_list = []
        for entry in entries:
            lot_sudo = entry["lot"].sudo()  # sudo: as above
            if not (here := position.get(lot_sudo.id)):
                open_credits = lot_sudo.credits_available + lot_sudo.credits_reserved
                here = position[lot_sudo.id] = [open_credits, lot_sudo.value_open, lot_sudo.value_recognised]
            vals = lot_sudo._prepare_move_vals(entry, *here[:2])
            vals_list.append(vals)
            if vals["kind"] == EXPECTED_KIND:
                here[2] = lot_sudo.currency_id.round(here[2] - vals["value"])
                continue
            here[0] += open_credits_change(vals["kind"], vals["credits"])
            if vals["value"]:
                here[1] = lot_sudo.currency_id.round(here[1] + vals["value"])
            if here[1] < 0 or (here[1] and not here[0]):
                # What is left once the last credit is gone (or was missing when it was credited) goes to revenue.
                rest = {"kind": "adjust", "credits": 0, "value": -here[1], "production": 0.0}
                account = lot_sudo._get_rest_account(kind=vals["kind"], rest=here[1])
                vals_list.append({**vals, **rest, "income_account_id": account.id})
                here[1] = 0.0
            if here[2] > here[1]:
                # More goes out than was expected: what is revenue already of it comes back.
                day = max(vals["date"], lot_sudo.company_id._practice_day())
                back = {"kind": EXPECTED_KIND, "credits": 0, "date": day, "value": here[2] - here[1]}
                vals_list.append(lot_sudo._prepare_move_vals(back, *here[:2]))
                here[2] = here[1]
        moves = self.env["practice.credit.move"]
        return moves.sudo().create(vals_list).sudo(self.env.su) if vals_list else moves  # sudo: as above

    def _prepare_move_vals(self, entry, open_credits, value_open):
        """Return the values of one movement of this lot, which has this much open when it happens.

        What was before the credits were sold (a visit that is entered later) is booked on the day they were: a balance
        post never releases what it does not hold yet. Invoices and credit notes have the date of their entry.
        """
        kind, credits = entry["kind"], entry["credits"]
        date = entry["date"] if kind in ("grant", "refund") else max(entry["date"], self.date)
        value = entry.get("value")
        if value:
            value = self.currency_id.round(value)
        elif value is None:
            value = 0.0
            if kind in RELEASED_KINDS:
                rate = self.internal_rate if self.release_method == "internal_rate" else None
                value = -share_of_value(
                    value_open, open_credits, credits, rounding=self.currency_id.rounding, rate=rate
                )
        event = entry.get("event")
        return {
            "lot_id": self.id,
            "package_id": self.package_id.id,
            "company_id": self.company_id.id,
            "partner_id": entry.get("partner_id") or self.partner_id.id,
            "kind": kind,
            "credits": credits,
            "value": value,
            "production": self.currency_id.round(credits * self.internal_rate) if kind == "use" else 0.0,
            "date": date,
            "event_id": event.id if event else False,
            "user_id": event.user_id.id if event else False,
            "invoice_line_id": entry.get("invoice_line_id", False),
            **{name: entry.get(name, False) for name in OF_MOVEMENT},
            "income_account_id": entry.get("income_account_id"),
        }

    def _get_rest_account(self, kind, rest):
        """Return the account of what is left (or, negative, missing) when the last credit went with a movement.

        Money that is kept when credits go back is breakage: nobody was served for it. With releases at the internal
        rate it is the part of the price that the visits did not take.
        """
        kept = kind == "refund" and rest > 0 and self.release_method == "sale_value"
        return self.breakage_account_id if kept else self.income_account_id

    def _apply(self, moves):
        """Add new movements to the counters and the value of their lots."""
        for lot, of_lot in moves.grouped("lot_id").items():
            rows = list(zip(*map(of_lot.mapped, ("kind", "credits", "value")), strict=True))
            changes = counters_after((kind, credits) for kind, credits, _value in rows)
            vals = {COUNTER_FIELDS[counter]: lot[COUNTER_FIELDS[counter]] + n for counter, n in changes.items() if n}
            expected = [value for kind, _credits, value in rows if kind == EXPECTED_KIND]
            if value := sum(value for kind, _credits, value in rows if kind != EXPECTED_KIND):
                vals["value_open"] = lot.currency_id.round(lot.value_open + value)
            if expected:
                vals["value_recognised"] = lot.currency_id.round(lot.value_recognised - sum(expected))
            is_other = any(open_credits_change(kind, credits) for kind, credits, _value in rows)
            if is_other and lot.value_open and lot.package_id.recognises_breakage:
                vals["breakage_due"] = True
            if granted := sum(value for kind, _credits, value in rows if kind in GIVING_KINDS):
                vals["value_total"] = lot.currency_id.round(lot.value_total + granted)
            lot.write(vals)
            lot._note_if_low(of_lot)
            lot._note_first_visit(of_lot)

    # === WHEN A RUN FAILS === #

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        self.package_id._tell_books(self.env._("Credits need attention"), reason)
        return result

    def _practice_untell(self):
        result = super()._practice_untell()
        self.package_id._untell_books()
        return result
