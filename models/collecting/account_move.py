from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.client import notification
from ...tools.collection import next_attempt
from ..common.payment_transaction import ON_ITS_WAY, PAYING

#: An invoice that counts as not paid.
UNPAID = ("not_paid", "partial")

#: Collections that wait for their day.
WAITING = ("scheduled", "retry")

#: Collections whose money is expected: nobody is reminded, nothing is overdue.
ON_THE_WAY = ("scheduled", "charging", "collecting", "retry")

#: Automatic payments that have come to an end without money: somebody has to do something.
BROKEN = ("failed", "refused", "returned")


class AccountMove(models.Model):
    """Automatic payment: an invoice is charged to a saved method, once per attempt.

    Where a collection stands follows from its attempts (``payment.transaction``), so it cannot drift from them. The
    run makes an attempt, commits it, and only then asks the provider (``payment_attempt``). Which invoices, which
    method, how much and when, and what follows for those who owe it, say the rooms above, in the hooks at the end.
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

    # === COMPUTE METHODS === #

    @api.depends(
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
        """Have an invoice charged once it is posted."""
        result = super().write(vals)
        if vals.get("state") == "posted":
            self.sudo()._practice_schedule_collection()  # sudo: whoever posts it
        return result

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # sudo: whoever registers a payment need not know what is collected
        if mine_sudo := self.sudo().filtered(lambda move: move._practice_is_collected()):
            # Should the money be taken back, it is not charged again by itself.
            mine_sudo.practice_collect_date = False
        return result

    # === WHERE IT STANDS === #

    def _practice_get_collection(self):
        """Return where the automatic payment stands; ``False`` when there is none, or the invoice is paid."""
        open_invoice = self.move_type == "out_invoice" and self.state == "posted" and self.payment_state in UNPAID
        if not self._practice_is_collected() or not open_invoice:
            return False
        if any(transaction.state in ON_ITS_WAY for transaction in self.transaction_ids):
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

    def _practice_describe_collection_failure(self):
        """Return in words for who pays, in the language of the context, why the last attempt failed, or nothing."""
        self.ensure_one()
        failed = self.practice_collection in ("retry", "failed", "refused")
        return (failed and self._practice_get_last_attempt()._practice_describe_failure().rstrip(".")) or ""

    def _practice_get_last_attempt(self):
        return self.practice_attempt_ids.sorted("practice_attempt")[-1:]

    # === WHEN === #

    def _practice_schedule_collection(self):
        """Have these invoices, just posted, charged on their day, when there is a saved method for them."""
        charged = self.filtered(lambda move: move.move_type == "out_invoice" and move._practice_get_collecting_token())
        for day, moves in charged.grouped(lambda move: move._practice_get_collect_day()).items():
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
        self._practice_check_may_collect()
        for move in self.sudo():  # sudo: checked above
            token = move._practice_get_collecting_token()
            if not token:
                raise UserError(self.env._("%s: no payment method is saved.", move.display_name))
            if move.practice_collection == "refused" and move._practice_get_last_attempt().token_id == token:
                raise UserError(
                    self.env._(
                        "%s: the payment method was refused. Ask the customer for another one.", move.display_name
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
            invoice._practice_note_collection_problem(
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
        """Return a new attempt to charge what is to be collected of this invoice now; nothing is charged yet."""
        self.ensure_one()
        token, amount = self._practice_get_collecting_token(), self._practice_get_amount_to_collect()
        self.practice_collect_date = False
        if not token or self.currency_id.compare_amounts(amount, 0) <= 0:
            return self.env["payment.transaction"]
        transactions = self.env["payment.transaction"].with_company(self.company_id)
        return transactions.create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "token_id": token.id,
                # The key that the provider recognises a repeated request by.
                "reference": transactions._compute_reference(token.provider_id.code, prefix=self.name),
                "amount": amount,
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
        """Plan the next attempt after one that failed, or give up; who pays is told either way."""
        self.ensure_one()
        company = self.company_id
        hard = attempt.state == "cancel" or not attempt.token_id.active
        attempt.practice_is_hard = hard
        failures, retries = self._practice_count_failures(attempt), company._practice_get_retry_days()
        self.practice_collect_date = not hard and next_attempt(company._practice_day(), failures, retries)
        self._practice_tell_attempt_failed(attempt)
        if not self.practice_collect_date:
            self._practice_give_up_collecting(attempt)

    def _practice_follow_paid_attempt(self, attempt):
        """Tell who pays that it is paid."""
        self.ensure_one()
        self.practice_collect_date = False
        if self.company_id.practice_send_receipts:
            self._practice_tell_attempt_paid(attempt)
        if not attempt.payment_id.is_reconciled:
            self._practice_note_collection_problem(
                self.env._(
                    "%(invoice)s: the payment %(payment)s does not fit what is open. It may have been paid twice.",
                    invoice=self.name,
                    payment=attempt.reference,
                )
            )

    # === WHAT ROOMS ABOVE SAY === #

    def _practice_is_collected(self):
        """Return whether this invoice is one that is collected automatically, or was. A hook."""
        self.ensure_one()
        return False

    def _practice_get_collecting_token(self):
        """Return the saved method that this invoice is to be charged to, or none. A hook."""
        self.ensure_one()
        return self.env["payment.token"]

    def _practice_get_collect_day(self):
        """Return the day, of the company, on which this invoice, just posted, is charged first. A hook."""
        self.ensure_one()
        return self.invoice_date

    def _practice_get_amount_to_collect(self):
        """Return what is to be charged now, in the currency of the invoice: all that is open. A hook."""
        self.ensure_one()
        return self.amount_residual

    def _practice_find_attempt_obstacle(self, attempt):
        """Return in words why ``attempt``, made before, is not to be asked for any more; nothing otherwise. A hook."""
        self.ensure_one()
        return "" if self.payment_state in UNPAID else self.env._("The invoice was paid in another way.")

    def _practice_count_failures(self, attempt):
        """Return how many attempts failed, up to ``attempt``, that count for the next one. A hook."""
        self.ensure_one()
        # A new method begins anew.
        failed = self.practice_attempt_ids.filtered(
            lambda it: it.token_id == attempt.token_id and it.state in ("error", "cancel")
        )
        return len(failed)

    def _practice_check_may_collect(self):
        """Refuse those who may not have these invoices charged. A hook.

        :raises AccessError: saying what is missing
        """

    def _practice_note_collection_problem(self, note):
        """Tell who is responsible for this invoice that collecting it needs attention. A hook."""

    def _practice_tell_attempt_failed(self, attempt):
        """Tell who pays that ``attempt`` failed, and whether there will be another one. A hook."""

    def _practice_tell_attempt_paid(self, attempt):
        """Tell who pays that ``attempt`` succeeded. A hook."""

    def _practice_give_up_collecting(self, attempt):
        """No attempt comes after ``attempt``, which failed: it is a matter for people. A hook."""
