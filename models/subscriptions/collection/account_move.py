from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.client import notification
from ....tools.collection import next_attempt
from ...common.payment_transaction import PAYING
from .subscription_unpaid import UNPAID

#: Collections that wait for their day.
WAITING = ("scheduled", "retry")

#: Collections whose money is expected: nobody is reminded, nothing is overdue.
ON_THE_WAY = ("scheduled", "charging", "collecting", "retry")


class AccountMove(models.Model):
    """Automatic payment: an invoice of a subscription is charged to the saved method, once per attempt.

    Where a collection stands follows from its attempts (``payment.transaction``), so it cannot drift from them. The
    run makes an attempt, commits it, and only then asks the provider (``payment_attempt``).
    """

    _name = "account.move"
    _inherit = ["account.move", "practice.retry.mixin"]

    practice_attempt_ids = fields.One2many(
        "payment.transaction",
        "practice_invoice_id",
        string="Payment Attempts",
        groups="practice_billing.group_manager,account.group_account_readonly,account.group_account_invoice",
    )
    practice_collect_date = fields.Date(
        string="Charged On",
        copy=False,
        readonly=True,
        groups="practice_billing.group_user,account.group_account_readonly,account.group_account_invoice",
        help="Day, in the company's time zone, on which the saved payment method is charged.",
    )
    practice_collection = fields.Selection(
        [
            ("scheduled", "Scheduled"),
            ("charging", "Being Charged"),
            ("collecting", "Collecting"),
            ("retry", "Retrying"),
            ("failed", "Failed"),
            ("refused", "Refused"),
            ("returned", "Returned"),
        ],
        string="Collection",
        compute="_compute_practice_collection",
        store=True,
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly,account.group_account_invoice",
        help="Where the automatic payment stands. Collecting: the bank is working on it, which takes days for a direct "
        "debit. Refused: not tried again until there is a new payment method. Returned: it was paid and taken back.",
    )

    practice_collection_reason = fields.Char(
        string="Reason",
        compute="_compute_practice_collection",
        store=True,
        copy=False,
        groups="practice_billing.group_user,account.group_account_readonly,account.group_account_invoice",
        help="Why the last attempt failed, in the words of the payment provider.",
    )

    # What the run searches.
    _practice_collect_idx = models.Index(
        "(company_id, practice_collect_date, id) WHERE practice_collection IN ('scheduled', 'retry')"
    )
    # What the accountant's list and the overview search.
    _practice_collection_idx = models.Index("(company_id, practice_collection) WHERE practice_collection IS NOT NULL")

    # What is looked through every day: subscriptions with an overdue invoice.
    _practice_unpaid_idx = models.Index(
        "(company_id, invoice_date_due) WHERE practice_subscription_id IS NOT NULL"
        " AND payment_state IN ('not_paid', 'partial')"
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "practice_subscription_id",
        "practice_collect_date",
        "state",
        "payment_state",
        "transaction_ids.state",
        "practice_attempt_ids.state",
        "practice_attempt_ids.is_post_processed",
        "practice_attempt_ids.practice_is_hard",
        "practice_attempt_ids.practice_reason",
    )
    def _compute_practice_collection(self):
        for move in self:
            move.practice_collection = move._practice_get_collection()
            failed = move.practice_collection in ("retry", "failed", "refused")
            move.practice_collection_reason = failed and move._practice_get_last_attempt().practice_reason

    # === CRUD METHODS === #

    def write(self, vals):
        """Have an invoice of a subscription charged once it is posted."""
        result = super().write(vals)
        if vals.get("state") == "posted":
            self.sudo()._practice_schedule_collection()  # sudo: whoever posts it
        return result

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # sudo: whoever registers a payment need not read subscriptions
        if mine_sudo := self.sudo().filtered("practice_subscription_id"):
            # Should the money be taken back, it is not charged again by itself.
            mine_sudo.practice_collect_date = False
        return result

    # === WHERE IT STANDS === #

    def _practice_get_collection(self):
        """Return where the automatic payment stands; ``False`` when there is none, or the invoice is paid."""
        open_invoice = self.move_type == "out_invoice" and self.state == "posted" and self.payment_state in UNPAID
        if not self.practice_subscription_id or not open_invoice:
            return False
        if any(transaction.state in ("pending", "authorized") for transaction in self.transaction_ids):
            return "collecting"
        last = self._practice_get_last_attempt()
        if last.state == "draft" or (last.state == "done" and not last.is_post_processed):
            return "charging"
        if self.practice_collect_date:
            return "retry" if last else "scheduled"
        if not last:
            return False
        if last.state == "done":
            return "returned"
        return "refused" if last.practice_is_hard else "failed"

    def _practice_get_last_attempt(self):
        return self.practice_attempt_ids.sorted("practice_attempt")[-1:]

    # === WHEN === #

    def _practice_schedule_collection(self):
        """Have these invoices, just posted, charged on their date, when their subscription has a saved method."""
        charged = self.filtered(
            lambda move: move.move_type == "out_invoice" and move.practice_subscription_id.payment_token_id
        )
        for day, moves in charged.grouped("invoice_date").items():
            moves.practice_collect_date = day
        charged._practice_collect_soon()

    def _practice_collect_soon(self):
        """Have the run charge what is due once this transaction is committed."""
        if self:
            self.env.ref("practice_billing.ir_cron_collect").sudo()._trigger()  # sudo: the run belongs to the system

    def action_practice_collect(self):
        """Charge these invoices now, without waiting for the day.

        :raises UserError: when there is no payment method, it was refused, or nothing is to be charged
        """
        self.check_access("read")
        self.practice_subscription_id._check_may_bill()
        for move in self.sudo():  # sudo: checked above
            token = move.practice_subscription_id.payment_token_id
            if not token:
                raise UserError(self.env._("%s: no payment method is saved.", move.display_name))
            if move.practice_collection == "refused" and move._practice_get_last_attempt().token_id == token:
                raise UserError(
                    self.env._(
                        "%s: the payment method was refused. Ask the organisation for another one.", move.display_name
                    )
                )
            if move.practice_collection in ("charging", "collecting") or move.payment_state not in UNPAID:
                raise UserError(self.env._("%s: there is nothing to charge now.", move.display_name))
            move.practice_collect_date = move.company_id._practice_day()
        self._practice_collect_soon()
        return notification(
            self.env._("The payment method is being charged. The result appears on the invoice."), "info"
        )

    # === RUN === #

    @api.model
    def _practice_get_collect_domain(self):
        """Return the invoices to charge today, in each company's time zone."""
        due = self.env["res.company"]._practice_get_due_domain("practice_collect_date")
        return Domain("practice_collection", "in", WAITING) & due

    @api.model
    def _cron_collect(self):
        """Charge what is due, one invoice after the other; first what a process that died had begun.

        Each attempt is committed before the provider is asked, and what it answered before anything follows from it.
        """
        attempts = self.env["payment.transaction"]
        begun = attempts.search(attempts._practice_get_begun_domain(), order="id")
        due = self.search(self._practice_get_collect_domain(), order="practice_collect_date, id")
        self._practice_run_one_by_one(
            [*(attempt._practice_charge for attempt in begun), *(invoice._practice_collect for invoice in due)]
        )

    def _practice_collect(self, cron, remaining):
        """Make and commit the next attempt for this invoice, and charge it.

        :return: the seconds that the run has left
        """
        invoice, me = self.try_lock_for_update(allow_referencing=True), type(self)
        made = invoice._practice_try(me._practice_make_due_attempt, set_aside=me._practice_postpone_collection)
        time_left = cron._commit_progress(remaining=remaining)
        for attempt in filter(None, made if time_left else ()):
            time_left = attempt._practice_charge(cron, remaining)
        return time_left

    def _practice_make_due_attempt(self):
        """Return the next attempt, or none when it is no longer due or somebody may be paying at this moment."""
        if not self.filtered_domain(self._practice_get_collect_domain()) or self._practice_is_being_paid():
            return self.env["payment.transaction"]
        return self._practice_make_attempt()

    def _practice_postpone_collection(self, reason):
        """Try again tomorrow to charge these invoices, and tell who is responsible why it was not possible."""
        for invoice in self:
            invoice.practice_collect_date = invoice.company_id._practice_day() + timedelta(days=1)
            invoice.practice_subscription_id._note_payment_problem(
                self.env._("%(invoice)s could not be charged: %(error)s", invoice=invoice.name, error=reason)
            )

    def _practice_is_being_paid(self):
        """Return whether somebody may be paying this invoice in another way at this moment: on its own page."""
        self.ensure_one()
        since = fields.Datetime.now() - PAYING
        return any(
            transaction.state == "draft" and not transaction.practice_invoice_id and transaction.create_date > since
            for transaction in self.transaction_ids
        )

    def _practice_make_attempt(self):
        """Return a new attempt to charge what is open of this invoice to the saved method; nothing is charged yet."""
        self.ensure_one()
        token = self.practice_subscription_id.payment_token_id
        self.practice_collect_date = False
        if not token:
            return self.env["payment.transaction"]
        transactions = self.env["payment.transaction"].with_company(self.company_id)
        return transactions.create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "token_id": token.id,
                # The key that the provider recognises a repeated request by.
                "reference": transactions._compute_reference(token.provider_id.code, prefix=self.name),
                "amount": self.amount_residual,
                "currency_id": self.currency_id.id,
                "partner_id": token.partner_id.id,
                "operation": "offline",
                "invoice_ids": [fields.Command.set(self.ids)],
                "practice_invoice_id": self.id,
                "practice_attempt": self._practice_get_last_attempt().practice_attempt + 1,
            }
        )

    # === WHAT FOLLOWS === #

    def _practice_follow_failed_attempt(self, attempt):
        """Plan the next attempt after one that failed, or give up; the organisation is told either way."""
        self.ensure_one()
        subscription, company = self.practice_subscription_id, self.company_id
        hard = attempt.state == "cancel" or not attempt.token_id.active
        attempt.practice_is_hard = hard
        # A new method begins anew.
        failed = self.practice_attempt_ids.filtered(
            lambda it: it.token_id == attempt.token_id and it.state in ("error", "cancel")
        )
        retries = company._practice_get_retry_days()
        self.practice_collect_date = not hard and next_attempt(company._practice_day(), len(failed), retries)
        subscription._send_to_billing_contacts("practice_billing.mail_template_payment_failed", self)
        if not self.practice_collect_date:
            subscription._give_up_collecting(self)

    def _practice_follow_paid_attempt(self, attempt):
        """Tell the organisation that it has paid."""
        self.ensure_one()
        self.practice_collect_date = False
        subscription = self.practice_subscription_id
        if self.company_id.practice_send_receipts:
            subscription._send_to_billing_contacts("practice_billing.mail_template_payment_receipt", self)
        if not attempt.payment_id.is_reconciled:
            subscription._note_payment_problem(
                self.env._(
                    "%(invoice)s: the payment %(payment)s does not fit what is open. It may have been paid twice.",
                    invoice=self.name,
                    payment=attempt.reference,
                )
            )
