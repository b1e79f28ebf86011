from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ....tools.client import notification
from ...common.payment_transaction import ON_ITS_WAY

#: Who may read how the money of a refund goes back.
READERS = "practice_billing.group_user,account.group_account_readonly,account.group_account_invoice"

#: The ways in which the money of a refund goes back.
REFUND_METHODS = [
    ("provider", "To where it was paid from"),
    ("payment", "As a payment"),
    ("open", "It stays open for the customer"),
]


class AccountMove(models.Model):
    """A credit note of refunded credits returns the money the way it came, once.

    It is asked for with the credit note, and a run returns it: it commits each transaction before the provider is
    asked, and the answer before anything follows. Where it stands follows from the transactions, so it cannot drift
    from them.
    """

    _name = "account.move"
    _inherit = ["account.move", "practice.retry.mixin"]

    practice_refund_method = fields.Selection(
        REFUND_METHODS,
        string="Money Back",
        copy=False,
        readonly=True,
        index="btree_not_null",
        groups=READERS,
    )
    practice_refund_date = fields.Date(
        string="Money Returned From",
        copy=False,
        readonly=True,
        groups=READERS,
        help="Day, in the company's time zone, from which the payment provider is asked; empty when it was.",
    )
    practice_refund_error = fields.Char(
        string="Could Not Be Asked", copy=False, readonly=True, groups=READERS, help="It is tried again on that day."
    )
    practice_refund_transaction_ids = fields.One2many(
        "payment.transaction",
        "practice_credit_note_id",
        string="Returns of the Money",
        readonly=True,
        copy=False,
        groups=READERS,
    )
    practice_refund_state = fields.Selection(
        [
            ("queued", "To Return"),
            ("unanswered", "No Answer"),
            ("pending", "On Its Way"),
            ("failed", "Failed"),
            ("done", "Paid Back"),
        ],
        string="Return of the Money",
        compute="_compute_practice_refund",
        store=True,
        copy=False,
        groups=READERS,
        help="No Answer: the payment provider was asked, and nobody knows whether it has returned the money.",
    )
    practice_refund_reason = fields.Char(
        string="Not Returned",
        compute="_compute_practice_refund",
        store=True,
        copy=False,
        groups=READERS,
        help="In the words of the payment provider.",
    )

    # What the run searches.
    _practice_refund_idx = models.Index("(company_id, practice_refund_date) WHERE practice_refund_date IS NOT NULL")

    @api.depends(
        *("practice_refund_method", "practice_refund_date", "practice_refund_error", "payment_state"),
        *("practice_refund_transaction_ids.state", "practice_refund_transaction_ids.state_message"),
    )
    def _compute_practice_refund(self):
        for move in self:
            state = move._practice_get_refund_state() if move.practice_refund_method == "provider" else False
            move.practice_refund_state = state
            move.practice_refund_reason = state == "failed" and move._practice_get_refund_reason()

    def _practice_get_refund_state(self):
        self.ensure_one()
        states = set(self.practice_refund_transaction_ids.mapped("state"))
        if self.practice_refund_date:
            return "failed" if self.practice_refund_error else "queued"
        if "draft" in states:
            return "unanswered"
        if not states.isdisjoint(ON_ITS_WAY):
            return "pending"
        is_settled = self.payment_state in ("paid", "in_payment", "reversed")
        return "done" if is_settled or states == {"done"} else "failed"

    def _practice_get_refund_reason(self):
        """Return in words why the money was not returned."""
        self.ensure_one()
        if self.practice_refund_date:
            return self.practice_refund_error
        failed = self.practice_refund_transaction_ids.filtered(lambda it: it.state in ("error", "cancel"))
        text = html2plaintext(failed.sorted("id")[-1:].state_message or "").strip()
        return text or self.env._("No reason was given")

    # === TELLING === #

    def _practice_follow_return(self):
        """Tell who made these credit notes that money was not returned; once it is, there is nothing to do."""
        kind = "practice_billing.mail_activity_type_refund"
        for move in self:
            move.activity_unlink([kind])
            if move.practice_refund_state in ("failed", "unanswered"):
                labels = dict(move._fields["practice_refund_state"]._description_selection(self.env))
                note = move.practice_refund_reason or labels[move.practice_refund_state]
                move.activity_schedule(kind, user_id=move.create_uid.id, note=note)

    # === ACTIONS === #

    def action_practice_return_money(self):
        """Have the provider asked again to return what is still open of these credit notes.

        :raises UserError: when money is on its way, or nothing is open
        """
        self.check_access("write")
        for move in self.sudo():  # sudo: checked above; transactions belong to the system
            if move.practice_refund_state not in ("failed", "unanswered"):
                raise UserError(self.env._("%s: the money is on its way, or was returned.", move.display_name))
            unanswered = move.practice_refund_transaction_ids.filtered(lambda it: it.state == "draft")
            unanswered._set_error(self.env._("Nobody knows an answer; asked again by %s.", self.env.user.name))
            move._practice_queue_refund()
        return notification(self.env._("The provider is asked again. The result appears on the credit note."), "info")

    def action_practice_money_returned(self):
        """Write down that the provider has returned the money, though its answer did not arrive.

        :raises UserError: when no answer is missing
        """
        self.check_access("write")
        for move in self.sudo():  # sudo: checked above; transactions belong to the system
            unanswered = move.practice_refund_transaction_ids.filtered(lambda it: it.state == "draft")
            if not unanswered or move.practice_refund_date:
                raise UserError(self.env._("%s: no answer is missing.", move.display_name))
            move.message_post(body=self.env._("%s has seen at the provider that it returned it.", self.env.user.name))
            unanswered._set_done()
            for transaction in unanswered:
                transaction._post_process()

    # === RETURNING === #

    def _practice_queue_refund(self):
        """Have the run return what is open of these credit notes, once this transaction is committed."""
        for move in self:
            move.write({"practice_refund_date": move.company_id._practice_day(), "practice_refund_error": False})
        self.env.ref("practice_billing.ir_cron_return_money").sudo()._trigger()  # sudo: the run belongs to the system

    @api.model
    def _practice_get_return_domain(self):
        """Return the credit notes whose money is to be returned today, in each company's time zone."""
        # One that was reset to draft waits until it is posted again.
        return Domain("state", "=", "posted") & self.env["res.company"]._practice_get_due_domain("practice_refund_date")

    @api.model
    def _cron_return_money(self):
        """Ask the providers for what is due, one credit note after the other."""
        due = self.search(self._practice_get_return_domain(), order="practice_refund_date, id")
        self._practice_run_one_by_one([move._practice_return for move in due])

    def _practice_return(self, cron, remaining):
        """Make and commit the transactions that return the money of this credit note, then ask for each.

        :return: the seconds that the run has left
        """
        move, me = self.try_lock_for_update(allow_referencing=True), type(self)
        due = move.filtered_domain(self._practice_get_return_domain())
        made = due._practice_try(me._practice_begin_return, set_aside=me._practice_postpone_return)
        time_left = cron._commit_progress(1, remaining=remaining)
        for transaction in made[0] if made else ():
            # Locked until the answer is committed, so that nobody has it asked again, or is in its way, meanwhile.
            move.try_lock_for_update(allow_referencing=True)
            asked = transaction.try_lock_for_update(allow_referencing=True)
            if asked.state == "draft":
                asked._practice_return()
            time_left = cron._commit_progress(remaining=remaining)
            if asked.state == "done":
                asked._practice_enter_return()
            else:
                move._practice_follow_return()
            time_left = cron._commit_progress(remaining=remaining)
        return time_left

    def _practice_begin_return(self):
        """Return the transactions that will return the money of this credit note; none when it was settled meanwhile.

        :raises UserError: when no payment of its invoice can be returned now
        """
        self.ensure_one()
        shares = self.reversed_entry_id.transaction_ids._practice_share_return(self.amount_residual, self.currency_id)
        if not shares and not self.currency_id.is_zero(self.amount_residual):
            raise UserError(
                self.env._(
                    "No payment of the invoice can be returned now. See whether its payment provider is enabled, or "
                    "register a payment."
                )
            )
        self.write({"practice_refund_date": False, "practice_refund_error": False})
        return [payment._practice_prepare_return(self, part) for payment, part in shares]

    def _practice_postpone_return(self, reason):
        """Try again tomorrow, and tell who refunded."""
        for move in self:
            tomorrow = move.company_id._practice_day() + timedelta(days=1)
            move.write({"practice_refund_date": tomorrow, "practice_refund_error": reason})
            move._practice_follow_return()
