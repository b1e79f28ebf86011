from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ....tools.credits import share_of_value
from ...common.words import count_credits


class PracticeCreditLot(models.Model):
    """Credits that are never paid have an end: an accountant sees how long they wait, and takes them back.

    What is still owed is credited. What was written off (the customer owes nothing any more) leaves the balance post by
    an entry against the loss: nobody was served for it, so nothing was lost.
    """

    _inherit = "practice.credit.lot"

    due_date = fields.Date(
        compute="_compute_due_date",
        store=True,
        help="Day until which the invoice was to be paid, or the first part of it of which something is owed.",
    )
    days_overdue = fields.Integer(
        compute="_compute_days_overdue", help="Whole days since the due date, today in the practice's time zone."
    )
    amount_due = fields.Monetary(
        compute="_compute_payment",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What is still owed on the invoice and on its down payments, with tax, in company currency.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        compute="_compute_payment",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What of it was to be paid before today.",
    )
    amount_written_off = fields.Monetary(
        compute="_compute_payment",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What of the invoice was booked as a loss, with tax, in company currency.",
    )

    @api.depends("invoice_id.invoice_date_due", "invoice_id.amount_residual", "invoice_id.line_ids.date_maturity")
    def _compute_due_date(self):
        for lot in self:
            due = lot.invoice_id and len(lot.invoice_id._practice_get_parts()) > 1
            parts = lot.invoice_id._practice_get_open_parts() if due else ()
            lot.due_date = parts[0].date_maturity if parts else lot.invoice_id.invoice_date_due

    @api.depends("due_date")
    def _compute_days_overdue(self):
        for lot in self:
            lot.days_overdue = max((lot.company_id._practice_day() - lot.due_date).days, 0) if lot.due_date else 0

    @api.depends("invoice_id.payment_state", "invoice_id.amount_residual_signed", "credits_unpaid", "due_date")
    def _compute_payment(self):
        for lot in self:
            invoice_sudo = lot.sudo().invoice_id  # sudo: money for those who may read the field
            documents_sudo = invoice_sudo.browse()
            if invoice_sudo and lot._is_unpaid():
                documents_sudo = invoice_sudo + invoice_sudo._practice_get_down_payments_sudo()
            today = lot.company_id._practice_day()
            parts_sudo = documents_sudo.line_ids.filtered(lambda line: line.display_type == "payment_term")
            late_sudo = parts_sudo.filtered(lambda line, day=today: line.date_maturity and line.date_maturity < day)
            lot.amount_due = sum(documents_sudo.mapped("amount_residual_signed"))
            lot.amount_overdue = sum(late_sudo.mapped("amount_residual"))
            lot.amount_written_off = invoice_sudo._practice_get_written_off() if invoice_sudo else 0.0

    def _is_unpaid(self):
        """Return whether some of these credits are still to be used and not all are paid."""
        self.ensure_one()
        return self.state in ("pending", "active") and self.credits_unpaid > 0

    # === ACTIONS === #

    def action_take_back(self):
        """Open the dialog that takes these unpaid credits back."""
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_take_back_action")
        return {**action, "context": {"default_lot_ids": self.ids}}

    # === TAKING BACK === #

    def _check_unpaid(self):
        """Refuse to take back what is paid, or what appointments have reserved.

        :raises UserError: naming the credits
        """
        for lot in self:
            if not lot._is_unpaid() or not lot._count_to_take_back():
                raise UserError(
                    self.env._(
                        "%s: only credits that wait for payment are taken back. Refund what is paid instead.",
                        lot.display_name,
                    )
                )
            if lot.source_lot_id:
                raise UserError(
                    self.env._(
                        "%(credits)s were transferred from %(patient)s. Transfer them back first, then take them back "
                        "there.",
                        credits=lot.display_name,
                        patient=lot.source_lot_id.partner_id.name,
                    )
                )
            if lot.credits_reserved and lot.credits_overdrawn:
                raise UserError(
                    self.env._(
                        "%(credits)s: appointments that are planned have %(reserved)s of them. Cancel those first.",
                        credits=lot.display_name,
                        reserved=lot.credits_reserved,
                    )
                )

    def _take_back_unpaid(self, day, account):
        """Take back the available credits of these lots that nobody paid.

        :param date day: of the documents
        :param account: where the loss was booked, for what was written off
        :return: the credit notes and entries, posted
        :raises UserError: when something is paid or reserved, or when the account is missing
        """
        self._check_unpaid()
        written_off = self.filtered(lambda lot: not lot.amount_due)
        if written_off and not account:
            raise UserError(
                self.env._("Choose the account on which the loss was booked: what was written off goes back to it.")
            )
        return (self - written_off)._credit_unpaid(day) + written_off._undo_loss(day, account)

    def _credit_unpaid(self, day):
        """Credit what is still owed: one credit note for each invoice, settled with it."""
        notes = self.env["account.move"]
        for invoice, lots in self.grouped("invoice_id").items():
            refunds = [lot._prepare_unpaid_vals() for lot in lots]
            lines = [line for vals in refunds for line in vals["invoice_line_ids"]]
            ref = lots._describe_unpaid(invoice.name)
            days = invoice.company_id._practice_prepare_days(day)
            note = notes.create({**refunds[0], **days, "invoice_line_ids": lines, "ref": ref})
            note.action_post()
            receivable = (invoice + note)._practice_get_receivable_lines().filtered(lambda line: not line.reconciled)
            for of_account in receivable.grouped("account_id").values():
                of_account.reconcile()
            notes += note
        return notes

    def _prepare_unpaid_vals(self):
        """Return the values of the credit note for what is owed of the credits of this lot that are taken back."""
        self.ensure_one()
        credits = self._count_to_take_back()
        part = self._get_part_not_paid(credits)
        return self.invoice_line_id._practice_prepare_refund_vals(self, credits, part=part)

    def _describe_unpaid(self, reference):
        credits = sum(lot._count_to_take_back() for lot in self)
        return self.env._(
            "%(reference)s: %(credits)s not paid", reference=reference, credits=count_credits(self.env, credits)
        )

    def _undo_loss(self, day, account):
        """Take the value of these credits from the balance post to the account on which their invoice was lost."""
        valued = self.filtered("value_open")
        entries = self.env["account.move"].create([lot._prepare_undo_vals(day, account) for lot in valued])
        entries._post(soft=False)
        taken = dict(zip(valued, entries, strict=True))
        self._record(
            {
                "lot": lot,
                "kind": "refund",
                "credits": lot._count_to_take_back(),
                "value": -lot._get_unpaid_value(),
                "date": taken[lot].date if lot in taken else day,
                "invoice_line_id": taken[lot].line_ids[:1].id if lot in taken else False,
                "reason": self.env._("Not paid"),
            }
            for lot in self
        )
        return entries

    def _get_unpaid_value(self):
        """Return the open value of the credits that are taken back, as far as it is not paid; company currency."""
        self.ensure_one()
        credits, open_credits = self._count_to_take_back(), self.credits_available + self.credits_reserved
        value = share_of_value(self.value_open, open_credits, credits, rounding=self.currency_id.rounding)
        return value if credits == open_credits else self.currency_id.round(value * self._get_part_not_paid(credits))

    def _prepare_undo_vals(self, day, account):
        self.ensure_one()
        name, value = self._describe_unpaid(self.reference), self._get_unpaid_value()
        common = {"name": name, "partner_id": self.payer_id.id}
        return {
            "move_type": "entry",
            "journal_id": self.company_id._practice_get_release_journal().id,
            "date": day,
            "ref": name,
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "account_id": self.deferred_account_id.id,
                        "balance": value,
                        "practice_package_id": self.package_id.id,
                    }
                ),
                Command.create({**common, "account_id": account.id, "balance": -value}),
            ],
        }
