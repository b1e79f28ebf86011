from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ....tools.dates import first_open_day
from .account_move import UNDO_IMPORT


class PracticeCreditImport(models.Model):
    """Credits that a patient already had elsewhere: entered in a form or by file, checked, then confirmed.

    A row stays as the document of where the credits come from.
    """

    _name = "practice.credit.import"
    _description = "Import of Credits"
    _order = "id desc"
    _rec_name = "reference"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Patient", required=True, index=True, ondelete="restrict")
    package_id = fields.Many2one("practice.package", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    credits = fields.Integer(required=True, default=1, help="Whole credits.")
    internal_rate = fields.Monetary(
        compute="_compute_internal_rate",
        store=True,
        readonly=False,
        help="Money per credit of this import; by default the package's internal rate.",
    )
    value = fields.Monetary(compute="_compute_value", help="Credits x internal rate.")
    booking = fields.Selection(
        [
            ("none", "No entry"),
            ("entry", "Make the entry"),
            ("opening", "Already in the opening balance"),
        ],
        string="Books",
        required=True,
        default="none",
        help="No entry: the credits have no value in the books; the rate counts in production reports only.\n"
        "Make the entry: debit the chosen account, credit the balance post.\n"
        "Already in the opening balance: the balance post holds the value, no entry is made.",
    )
    counterpart_account_id = fields.Many2one(
        "account.account",
        domain="[('company_ids', 'parent_of', company_id), ('account_type', '!=', 'off_balance')]",
        ondelete="restrict",
        check_company=True,
        help="The account that is debited when the entry is made.",
    )
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._practice_day(),
        help="Day from which the books know the credits.",
    )
    expiry_date = fields.Date(help="Last day on which they can be used. Empty: as the package says, from today on.")
    reference = fields.Char(help="Where they come from, such as the list of the old system.")
    state = fields.Selection(
        [("draft", "To Check"), ("done", "Imported"), ("undone", "Undone")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    lot_id = fields.Many2one("practice.credit.lot", string="Imported Credits", readonly=True, copy=False)

    _credits_positive = models.Constraint("CHECK (credits > 0)", "Import at least one credit.")
    _rate_not_negative = models.Constraint("CHECK (internal_rate >= 0)", "The internal rate cannot be negative.")
    _lot_once = models.UniqueIndex("(lot_id) WHERE lot_id IS NOT NULL", "These credits were imported already.")

    # === COMPUTE METHODS === #

    @api.depends("package_id")
    def _compute_internal_rate(self):
        for row in self:
            row.internal_rate = row.package_id.internal_rate

    @api.depends("credits", "internal_rate")
    def _compute_value(self):
        for row in self:
            row.value = row.currency_id.round(row.credits * row.internal_rate) if row.currency_id else 0.0

    # === CONSTRAINTS === #

    @api.constrains("booking", "package_id", "counterpart_account_id")
    def _check_booking(self):
        for row in self:
            if row.booking == "none":
                continue
            if not row.package_id.deferred_account_id:
                raise ValidationError(
                    self.env._(
                        "%s has no balance post, so imported credits have no value in the books: choose No entry.",
                        row.package_id.name,
                    )
                )
            if row.booking == "entry" and not row.counterpart_account_id:
                raise ValidationError(self.env._("Choose the account that is debited when the entry is made."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # What was imported is decided by importing it, not by whoever calls.
        return super().create([{**vals, "state": "draft", "lot_id": False} for vals in vals_list])

    def write(self, vals):
        if not self.env.su and ({"state", "lot_id"} & vals.keys() or any(row.state != "draft" for row in self)):
            raise UserError(self.env._("Imported credits stay as they are. Undo the import and make another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(row.state != "draft" for row in self):
            raise UserError(self.env._("Imported credits stay as a document. Undo the import instead of deleting it."))

    # === ACTIONS === #

    def action_confirm(self):
        """Give the credits of these rows, all or none; rows already imported are left alone."""
        rows = self.filtered(lambda row: row.state == "draft")
        rows.check_access("write")
        entries = rows._create_entries()
        lots = self.env["practice.credit.lot"]._grant([row._prepare_lot_vals(entries.get(row)) for row in rows])
        for row, lot in zip(rows, lots, strict=True):
            row.sudo().write({"state": "done", "lot_id": lot.id})  # sudo: only these two methods write the state
        return True

    def action_undo(self):
        """Take back imported credits of which nothing has been spent, and reverse their entry.

        :raises UserError: when some were used, reserved or lost
        """
        self.check_access("write")
        for row in self.filtered(lambda row: row.state == "done"):
            lot_sudo = row.lot_id.sudo()  # sudo: administrators import, and only this method takes imports back
            if lot_sudo.credits_available < lot_sudo.credits_total:
                lot_sudo._raise_too_many(self.env._("Credits that this import gave: %s.", lot_sudo.credits_total))
            entry_sudo = lot_sudo.entry_id.with_context(practice_undo_import=UNDO_IMPORT)
            reversal = entry_sudo._reverse_moves([{"date": row._get_undo_day()}], cancel=True)
            lot_sudo._record(
                [
                    {
                        "lot": lot_sudo,
                        "kind": "grant",
                        "credits": -lot_sudo.credits_total,
                        "value": -lot_sudo.value_open,
                        "date": reversal.date or lot_sudo.date,
                        "reason": self.env._("Import undone"),
                    }
                ]
            )
            row.sudo().state = "undone"  # sudo: as in action_confirm
        return True

    def _get_undo_day(self):
        """Return the day on which undoing this import is booked: today, or the first open day when that is locked;
        not before the day of the import."""
        company = self.company_id
        journal, day = company._practice_get_release_journal(), max(company._practice_day(), self.date)
        return first_open_day(day, company._practice_get_release_lock(journal, day))

    def action_open_lot(self):
        self.ensure_one()
        return self.lot_id.get_formview_action()

    # === BUSINESS METHODS === #

    def _create_entries(self):
        """Post the entry of each row that wants one. Return ``{row: entry}``."""
        rows = self.filtered(lambda row: row.booking == "entry" and row.value)
        entries = self.env["account.move"].create([row._prepare_entry_vals() for row in rows])
        entries._post(soft=False)
        return dict(zip(rows, entries, strict=True))

    def _prepare_entry_vals(self):
        self.ensure_one()
        name = self.env._("%(credits)s x %(package)s", credits=self.credits, package=self.package_id.name)
        # The customer in the ledger is who pays, as on invoices.
        common = {"name": name, "partner_id": self.partner_id.commercial_partner_id.id}
        return {
            "move_type": "entry",
            "journal_id": self.company_id._practice_get_release_journal().id,
            "date": self.date,
            "ref": self.reference or self.env._("Import of credits"),
            "line_ids": [
                Command.create({**common, "account_id": self.counterpart_account_id.id, "balance": self.value}),
                Command.create(
                    {
                        **common,
                        "account_id": self.package_id.deferred_account_id.id,
                        "balance": -self.value,
                        "practice_package_id": self.package_id.id,
                    }
                ),
            ],
        }

    def _prepare_lot_vals(self, entry):
        self.ensure_one()
        in_books = self.booking != "none"
        return {
            "partner_id": self.partner_id.id,
            "payer_id": self.partner_id.commercial_partner_id.id,
            "package_id": self.package_id.id,
            "company_id": self.company_id.id,
            "origin": "import",
            "reference": self.reference or self.env._("Import"),
            "entry_id": entry.id if entry else False,
            "date": entry.date if entry else self.date,
            "expiry_date": self.expiry_date,
            "internal_rate": self.internal_rate,
            "deferred_account_id": self.package_id.deferred_account_id.id if in_books else False,
            "credits": self.credits,
            "value": self.value if in_books else 0.0,
        }
