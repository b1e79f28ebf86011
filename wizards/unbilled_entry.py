from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import format_date


class PracticeUnbilledEntry(models.TransientModel):
    """Book what is not billed at a date as revenue that waits for its invoice, and take it back on the next day."""

    _name = "practice.unbilled.entry"
    _description = "Entry of What Is Not Billed"
    _check_company_auto = True

    report_id = fields.Many2one(
        "practice.unbilled.report",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.context.get("practice_unbilled_id"),
    )
    company_id = fields.Many2one(related="report_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(related="report_id.date")
    reversal_date = fields.Date(compute="_compute_amounts", help="The next day. A day to come is posted by itself.")
    amount = fields.Monetary(compute="_compute_amounts", help="Given until the date, without tax and after discount.")
    cancelled = fields.Monetary(compute="_compute_amounts", help="What was cancelled, and is not in the entry.")
    failed = fields.Integer(compute="_compute_amounts", help="Subscriptions whose invoice cannot be made.")
    account_id = fields.Many2one(
        "account.account",
        string="Invoices to Be Made",
        required=True,
        compute="_compute_books",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('account_type', '=', 'asset_current')]",
        help="Asset: what organisations owe and were not invoiced for. The company remembers it.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        compute="_compute_books",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type', '=', 'general')]",
    )

    # === COMPUTE METHODS === #

    @api.depends("report_id")
    def _compute_amounts(self):
        for entry in self:
            rows = entry._get_rows()
            rounded = (entry.currency_id or self.env.company.currency_id).round
            entry.reversal_date = entry.date and entry.date + timedelta(days=1)
            entry.amount = rounded(sum(row.given for row in rows))
            entry.cancelled = rounded(sum(row.amount for row in rows if row.reason == "cancelled"))
            entry.failed = len({row.subscription for row in rows if row.reason == "failed"})

    @api.depends("report_id")
    def _compute_books(self):
        for entry in self:
            entry.account_id = entry.company_id.practice_unbilled_account_id
            entry.journal_id = entry.company_id and entry.company_id._practice_get_release_journal()

    # === ACTIONS === #

    def action_post(self):
        """Post the entry and its reversal; a reversal of a day to come is posted on that day."""
        moves = self._make_entry()
        moves._post()
        return self._open(moves)

    def action_draft(self):
        """Leave both as drafts."""
        return self._open(self._make_entry())

    # === BUSINESS METHODS === #

    def _get_rows(self):
        """Return what is not billed now, and not when the list was made: this is what is booked."""
        return self.env["practice.subscription"]._get_unbilled(self.company_id, self.date) if self.report_id else []

    def _make_entry(self):
        """Return the entry and its reversal, both drafts.

        :raises RedirectWarning: when there is one of this date already
        :raises UserError: when the date is locked, or there is nothing to book
        """
        self.ensure_one()
        self._check_once()
        self._check_open()
        # sudo: whoever makes the entry; the next one begins with the same account
        self.company_id.sudo().practice_unbilled_account_id = self.account_id
        move = self.env["account.move"].create(self._prepare_move_vals())
        reference = self.env._("Reversal of what was not billed at %s", format_date(self.env, self.date))
        return move + move._reverse_moves([{"date": self.reversal_date, "ref": reference}])

    def _check_once(self):
        moves_sudo = self.env["account.move"].sudo()  # sudo: whether there is one
        first_sudo = moves_sudo.search(
            [
                ("company_id", "=", self.company_id.id),
                ("practice_unbilled_date", "=", self.date),
                ("state", "!=", "cancel"),
            ],
            limit=1,
        )
        if first_sudo:
            raise RedirectWarning(
                self.env._(
                    "%(entry)s has booked what is not billed at %(date)s. Cancel it and its reversal before you make "
                    "another one.",
                    entry=first_sudo.display_name,
                    date=format_date(self.env, self.date),
                ),
                first_sudo.sudo(False).get_formview_action(),
                self.env._("Open the Entry"),
            )

    def _check_open(self):
        if locked := self.company_id._practice_get_release_lock(self.journal_id, self.date):
            raise UserError(
                self.env._(
                    "The books of %(company)s are locked until %(locked)s: an entry of %(date)s cannot be posted.",
                    company=self.company_id.name,
                    locked=format_date(self.env, locked),
                    date=format_date(self.env, self.date),
                )
            )

    def _prepare_move_vals(self):
        """Return the values of the entry: what each organisation owes, against the revenue of its plans.

        :raises UserError: when nothing is to be booked, or a plan has no revenue account
        """
        sums = defaultdict(float)
        for row in self._get_rows():
            if row.given and not row.account:
                raise UserError(self.env._("%s has no ledger account. Choose one on the plan.", row.plan.name))
            if row.given:
                sums[row.subscription.organisation_id, self.account_id] += row.given
                sums[row.subscription.organisation_id, row.account] -= row.given
        lines = [
            {"partner_id": partner.id, "account_id": account.id, "balance": self.currency_id.round(balance)}
            for (partner, account), balance in sums.items()
            if not self.currency_id.is_zero(balance)
        ]
        if not lines:
            raise UserError(
                self.env._("Everything was billed at %s: no entry is needed.", format_date(self.env, self.date))
            )
        reference = self.env._("Not billed at %s", format_date(self.env, self.date))
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "date": self.date,
            "ref": reference,
            "practice_unbilled_date": self.date,
            "line_ids": [Command.create({**line, "name": reference}) for line in lines],
        }

    @api.model
    def _open(self, moves):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_journal_line")
        return {**action, "domain": [("id", "in", moves.ids)], "context": {"create": False}}
