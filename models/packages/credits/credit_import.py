from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ....tools.client import notification
from ....tools.dates import first_open_day

#: Accounts on which each item is what somebody owes, or is owed.
OF_CUSTOMERS = ("asset_receivable", "liability_payable")


def _whose(account, customer):
    """Return whose an item of this account has to be: the customer's, or, where nobody asks, ``None``."""
    return customer if account.account_type in OF_CUSTOMERS else None


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

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Credits"),
                "template": "/practice_billing/static/csv/credits.csv",
            }
        ]

    def action_confirm(self):
        """Give the credits of these rows, all or none, and say so; rows already imported are left alone."""
        rows = self.filtered(lambda row: row.state == "draft")
        rows.check_access("write")
        entries = rows._create_entries()
        lots = self.env["practice.credit.lot"]._grant([row._prepare_lot_vals(entries.get(row)) for row in rows])
        for row, lot in zip(rows, lots, strict=True):
            row.sudo().write({"state": "done", "lot_id": lot.id})  # sudo: only these two methods write the state
        if not rows:
            return notification(self.env._("There is nothing to import: these rows were imported before."), "info")
        message = self.env._(
            "Imported. Credits: %(credits)s; patients: %(patients)s; rows: %(rows)s.",
            credits=sum(rows.mapped("credits")),
            patients=len(rows.partner_id),
            rows=len(rows),
        )
        return notification(message, "success")

    def action_undo(self):
        """Take back imported credits of which nothing has been spent, and what their entry booked of them.

        :raises UserError: when some were used, reserved or lost
        """
        self.check_access("write")
        rows_sudo = self.filtered(lambda row: row.state == "done").sudo()  # sudo: only this method takes imports back
        for lot in rows_sudo.lot_id:
            if lot.credits_available < lot.credits_total:
                lot._raise_too_many(self.env._("Credits that this import gave: %s.", lot.credits_total))
        reversals = rows_sudo._reverse_entries()
        self.env["practice.credit.lot"]._record(
            [
                {
                    "lot": row.lot_id,
                    "kind": "grant",
                    "credits": -row.lot_id.credits_total,
                    "value": -row.lot_id.value_open,
                    "date": reversals[row].date if row in reversals else row.lot_id.date,
                    "reason": self.env._("Import undone"),
                }
                for row in rows_sudo
            ]
        )
        rows_sudo.write({"state": "undone"})
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
        """Post one entry for each day of the rows that want one. Return ``{row: entry}``."""
        rows = self.filtered(lambda row: row.booking == "entry" and row.value)
        groups = rows.grouped(lambda row: (row.company_id, row.date))
        entries = self.env["account.move"].create([rows._prepare_entry_vals() for rows in groups.values()])
        entries._post(soft=False)
        return {row: entry for rows, entry in zip(groups.values(), entries, strict=True) for row in rows}

    def _prepare_entry_vals(self):
        """Return the values of the entry of these rows, of one company and day."""
        return {
            "move_type": "entry",
            "journal_id": self.company_id._practice_get_release_journal().id,
            "date": self[0].date,
            "ref": (len(self) == 1 and self.reference) or self.env._("Import of credits"),
            # The customer in the ledger is who pays, as on invoices.
            "line_ids": self._prepare_items(
                (row, row.partner_id.commercial_partner_id, row.package_id.deferred_account_id, row.value)
                for row in self
            ),
        }

    @api.model
    def _prepare_items(self, parts):
        """Return the commands of the items that bring values to balance posts, or, negative, take them back.

        Balance posts have one for each customer and package, so that the proof holds for each. Against them stands one
        for each account; only what customers owe is theirs there too.

        :param parts: ``(row, customer, balance post, value)``
        """
        items = defaultdict(list)
        for row, customer, post, value in parts:
            account = row.counterpart_account_id
            items[account, _whose(account, customer), None].append((row, customer, value))
            items[post, customer, row.package_id].append((row, customer, -value))
        commands = []
        for (account, _customer, package), held in items.items():
            rows = self.browse([row.id for row, *_rest in held])
            customers = {customer for _row, customer, _value in held}
            vals = {
                "name": rows._describe_item(),
                "account_id": account.id,
                "partner_id": customers.pop().id if len(customers) == 1 else False,
                "balance": rows.currency_id.round(sum(value for *_rest, value in held)),
            }
            if package:
                # Analytic distributions are those of the revenue; Odoo would look for one item by item.
                vals |= {"practice_package_id": package.id, "analytic_distribution": False}
            commands.append(Command.create(vals))
        return commands

    def _describe_item(self):
        if len(self.package_id) > 1:
            return self.env._("Import of credits")
        return self.env._(
            "%(credits)s x %(package)s", credits=sum(self.mapped("credits")), package=self.package_id.name
        )

    def _reverse_entries(self):
        """Post what takes back the part that these rows have in their entries. Return ``{row: entry}``."""
        groups = self.filtered("lot_id.entry_id").grouped(lambda row: row.lot_id.entry_id)
        reversals = self.env["account.move"].create(
            [rows._prepare_reversal_vals(entry) for entry, rows in groups.items()]
        )
        reversals._post(soft=False)
        for reversal, entry in zip(reversals, groups, strict=True):
            # Written afterwards: posting would settle items of one customer with those of another.
            reversal.reversed_entry_id = entry
            items = (entry + reversal).line_ids.filtered(lambda item: item.account_id.reconcile and not item.reconciled)
            for same in items.grouped(lambda it: (it.account_id, _whose(it.account_id, it.partner_id))).values():
                same.reconcile()
        return {row: reversal for rows, reversal in zip(groups.values(), reversals, strict=True) for row in rows}

    def _prepare_reversal_vals(self, entry):
        """Return the values of what takes back these rows' part of ``entry``, which is of one company and day."""
        return {
            "move_type": "entry",
            "journal_id": entry.journal_id.id,
            "date": self[0]._get_undo_day(),
            "ref": self.env._("Undone of %(entry)s: %(ref)s", entry=entry.name, ref=entry.ref),
            # What was agreed when they were imported is with the credits.
            "line_ids": self._prepare_items(
                (row, row.lot_id.payer_id, row.lot_id.deferred_account_id, -row.lot_id.value_open) for row in self
            ),
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
