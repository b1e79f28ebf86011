from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

from ...collecting.account_move import UNPAID
from ...common.retry_mixin import Step
from .account_move_agreement import GROUPS


class AccountMove(models.Model):
    """The parts of a package whose payer agreed are charged on their days, to the saved method.

    What is charged is what is owed of the parts due by then, so a part that was paid, credited or written off otherwise
    is not. The run looks at each agreement anew before it charges anything: days may have moved, money been taken back.
    """

    _inherit = "account.move"

    practice_parts_announced = fields.Date(
        string="Announced", readonly=True, copy=False, groups=GROUPS, help="The day of the charge that was announced."
    )

    @api.depends("practice_agreed_date", "practice_parts_stopped")
    def _compute_practice_collection(self):
        return super()._compute_practice_collection()

    # === WHERE IT STANDS === #

    def _practice_is_collected(self):
        return bool(self.practice_agreed_date) or super()._practice_is_collected()

    def _practice_get_collection(self):
        """An agreement has several charges: what became of earlier ones is history once the next one is planned."""
        state = super()._practice_get_collection()
        if not self.practice_agreed_date:
            return state
        if state == "retry" and not self._practice_waits_for_retry():
            return "scheduled"
        if state == "returned" and self.practice_parts_stopped not in ("returned", "paid"):
            return False
        if state in ("failed", "refused") and self.practice_parts_stopped != "failed":
            return False
        return state

    def _practice_waits_for_retry(self):
        """Return whether the part that is owed first was tried, and will be tried again."""
        last, day = self._practice_get_last_attempt(), self.practice_collect_date
        tried = last.practice_attempt >= self.practice_first_attempt and last.state in ("error", "cancel")
        return bool(tried and day and not last.practice_given_up) and self._practice_get_first_day() < day

    def _practice_get_first_day(self):
        """Return the day of the part that is owed first, of an invoice of which something is owed."""
        return self._practice_get_open_parts()[:1].date_maturity or self.invoice_date_due

    # === WHEN AND HOW MUCH === #

    def _practice_get_collecting_token(self):
        token = self.practice_parts_token_id
        if token and self._practice_is_usable_token(token):
            return token
        return super()._practice_get_collecting_token()

    def _practice_get_collect_day(self):
        return self._practice_get_first_day() if self.practice_parts_token_id else super()._practice_get_collect_day()

    def _practice_get_amount_to_collect(self):
        if not self.practice_parts_token_id:
            return super()._practice_get_amount_to_collect()
        return self._practice_get_amount_due(self.company_id._practice_day())

    def _practice_get_amount_due(self, day):
        """Return what is to be charged on ``day``: what is owed of the parts due by then, without money under way."""
        self.ensure_one()
        due = self._practice_get_open_parts().filtered(lambda part: part.date_maturity <= day)
        owed = min(sum(due.mapped("amount_residual_currency")), self.amount_residual)
        # Odoo may book a payment only when it is on the bank's statement; until then the part looks open.
        unbooked = self.transaction_ids.filtered(
            lambda it: it.state == "done" and it.payment_id.state == "in_process" and not it.payment_id.move_id
        )
        return max(owed - sum(unbooked.mapped("amount")), 0.0)

    def _practice_is_being_paid(self):
        return super()._practice_is_being_paid() or bool(
            self.practice_parts_token_id
            and self.transaction_ids.filtered(lambda it: it.state == "done" and not it.is_post_processed)
        )

    def _practice_find_attempt_obstacle(self, attempt):
        """What was agreed to may have been stopped, or paid otherwise, since the attempt was made.

        An attempt for less than is owed by now goes on: it may have been asked for, and is not replaced by another one.
        """
        if self.practice_agreed_date:
            if not self.practice_parts_token_id:
                return self.env._("The automatic payment was stopped.")
            owed = self._practice_get_amount_to_collect()
            if self.state != "posted" or self.currency_id.compare_amounts(attempt.amount, owed) > 0:
                return self.env._("Less is owed by now.")
        return super()._practice_find_attempt_obstacle(attempt)

    def _practice_count_failures(self, attempt):
        """Each part begins anew, and so does each agreement."""
        if not self.practice_agreed_date:
            return super()._practice_count_failures(attempt)
        attempts = self.practice_attempt_ids.filtered(lambda it: not it.practice_given_up)
        begin = max(attempts.filtered(lambda it: it.state == "done").mapped("practice_attempt"), default=0)
        begin = max(begin + 1, self.practice_first_attempt)
        return len(attempts.filtered(lambda it: it.practice_attempt >= begin and it.state in ("error", "cancel")))

    def _practice_plan_collecting(self):
        """Have the part that is owed first charged on its day; one that waits for another attempt goes on waiting."""
        for move in self:
            today, planned = move.company_id._practice_day(), move.practice_collect_date
            day = bool(move._practice_get_open_parts()) and move._practice_get_first_day()
            postponed = day and day <= today and planned == today + timedelta(days=1)
            if day != planned and not postponed and not (day and move._practice_waits_for_retry()):
                move.practice_collect_date = day

    # === RUN === #

    @api.model
    def _practice_get_agreement_domain(self):
        """Return the invoices whose agreement has not ended, or ended paid and is owed again."""
        undone = (
            Domain("practice_parts_stopped", "=", "paid")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", UNPAID)
        )
        return Domain("practice_agreed_date", "!=", False) & (Domain("practice_parts_stopped", "=", False) | undone)

    @api.model
    def _practice_get_announce_domain(self):
        """Return the invoices whose next charge is near; each company says how near."""
        # sudo: a run works for all companies
        companies_sudo = self.env["res.company"].sudo().search([("practice_announce_days", ">", 0)])
        near = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "practice_collect_date",
                "<=",
                company._practice_day() + timedelta(days=company.practice_announce_days),
            )
            for company in companies_sudo
        )
        return Domain("practice_parts_token_id", "!=", False) & Domain("practice_collection", "=", "scheduled") & near

    @api.model
    def _cron_collect(self):
        """Look at the agreements anew before anything is charged; afterwards announce what is near."""
        me = type(self)
        refresh = Step(
            self,
            self._practice_get_agreement_domain(),
            me._practice_refresh_agreements,
            me._practice_postpone_collection,
            size=100,
        )
        self._practice_run([refresh])
        result = super()._cron_collect()
        announce = Step(
            self,
            self._practice_get_announce_domain(),
            me._practice_announce_charge,
            me._practice_postpone_collection,
            size=100,
        )
        self._practice_run([announce])
        return result

    def _practice_refresh_agreements(self):
        """End the agreements whose ground is gone, and plan the next charge of the others."""
        for move in self:
            reason = move._practice_find_end()
            if reason == "returned":
                move._practice_follow_returned()
            elif reason and not move.practice_parts_stopped:
                move._practice_stop(reason)
            elif not reason and not move.practice_parts_stopped and move.state == "posted":
                move._practice_plan_collecting()

    def _practice_find_end(self):
        """Return why the automatic payment of this invoice ends now; nothing when it goes on."""
        self.ensure_one()
        if self._practice_find_returned():
            return "returned"
        if not self.practice_parts_token_id.active:
            return "method"
        left = self.practice_agreed_amount - self._practice_get_collected()
        more = self.currency_id.compare_amounts(self.amount_residual, left) > 0
        if self.state == "cancel" or more or not self._practice_get_collecting_token():
            return "changed"
        if self.state == "posted" and self.payment_state not in UNPAID:
            return "paid"
        return False

    def _practice_get_paid_attempts(self):
        """Return the attempts of this agreement that succeeded, and were not found to be taken back."""
        return self.practice_attempt_ids.filtered(
            lambda it: it.practice_attempt >= self.practice_first_attempt and it.practice_followed == "done"
        )

    def _practice_get_collected(self):
        """Return how much of what was agreed to is collected, and not owed any more."""
        return sum(self._practice_get_paid_attempts().filtered("payment_id.move_id").mapped("amount"))

    def _practice_find_returned(self):
        """Return the attempts of this agreement whose money was taken back: their payment pays the invoice no more."""
        paying = self._practice_get_receivable_lines().matched_credit_ids.credit_move_id.payment_id
        return self._practice_get_paid_attempts().filtered(
            lambda it: (
                it.payment_id.state in ("canceled", "rejected")
                or (it.payment_id.move_id and it.payment_id not in paying)
            )
        )

    def _practice_announce_charge(self):
        """Tell the payers what is charged when, once per charge, with the way to stop it."""
        for move in self:
            day = move.practice_collect_date
            if move.practice_parts_announced == day:
                continue
            move.practice_parts_announced = day
            if (amount := move._practice_get_amount_due(day)) > 0 and day > move.company_id._practice_day():
                move._practice_mail_payer("practice_billing.mail_template_part_announced", amount)

    # === WHAT FOLLOWS === #

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # sudo: whoever registers a payment need not know what was agreed
        self.sudo().filtered(lambda move: move.practice_agreed_date and not move.practice_parts_stopped)._practice_stop(
            "paid"
        )
        return result

    def _practice_follow_failed_attempt(self, attempt):
        if not attempt.practice_given_up or not self.practice_agreed_date:
            return super()._practice_follow_failed_attempt(attempt)
        # It was called off before anybody was asked: nothing failed.
        if self.practice_parts_token_id:
            self._practice_plan_collecting()
        return None

    def _practice_follow_paid_attempt(self, attempt):
        result = super()._practice_follow_paid_attempt(attempt)
        if self.practice_parts_token_id:
            self._practice_plan_collecting()
        return result

    def _practice_follow_returned(self):
        """Money that was collected was taken back: nothing more is charged until the payer agrees anew."""
        self.ensure_one()
        attempts = self._practice_find_returned()
        attempts.practice_followed = "returned"
        self._practice_stop("returned")
        self._practice_mail_payer("practice_billing.mail_template_part_failed", sum(attempts.mapped("amount")))
        self._practice_note_collection_problem(
            self.env._("%s: a part that was collected was taken back. Nothing more is charged.", self.name)
        )

    def _practice_tell_attempt_failed(self, attempt):
        if self.practice_agreed_date:
            template = "payment_confirm" if attempt.practice_needs_payer else "part_failed"
            self._practice_mail_payer(f"practice_billing.mail_template_{template}", attempt.amount)
        return super()._practice_tell_attempt_failed(attempt)

    def _practice_tell_attempt_paid(self, attempt):
        if self.practice_agreed_date:
            self._practice_mail_payer("practice_billing.mail_template_part_receipt", attempt.amount)
        return super()._practice_tell_attempt_paid(attempt)

    def _practice_give_up_collecting(self, attempt):
        result = super()._practice_give_up_collecting(attempt)
        if self.practice_agreed_date:
            if not self.practice_parts_stopped:
                self._practice_stop("failed")
            self._practice_note_collection_problem(
                self.env._(
                    "%(invoice)s could not be collected: %(reason)s. Nothing more is charged.",
                    invoice=self.name,
                    reason=attempt.practice_reason,
                )
            )
        return result

    def _practice_note_collection_problem(self, note):
        """Tell who is responsible; the newest problem takes the place of the one before."""
        if self.practice_agreed_date:
            self.activity_unlink(["practice_billing.mail_activity_type_part"])
            self.activity_schedule(
                "practice_billing.mail_activity_type_part",
                note=note,
                user_id=self.company_id._practice_get_responsible(self.invoice_user_id).id,
            )
        return super()._practice_note_collection_problem(note)

    def _practice_mail_payer(self, template, amount):
        """Queue the mail of ``template`` about ``amount`` to the customer of this invoice, in their language."""
        self.ensure_one()
        template_sudo = self.env.ref(template, raise_if_not_found=False)
        if not template_sudo:
            return
        if not self.partner_id.email:
            self._message_log(body=self.env._("Not sent, because nobody has an e-mail address: %s", template_sudo.name))
            return
        template_sudo = template_sudo.sudo().with_context(  # sudo: the run
            practice_amount=amount,
            practice_method=self._practice_describe_method(),
        )
        template_sudo.send_mail(
            self.id, email_values={"recipient_ids": [Command.set(self.partner_id.ids)], "email_to": False}
        )

    # === BY HAND === #

    def _practice_check_may_collect(self):
        """Charging by hand takes a role, and only what is due: the payer agreed to the days as well."""
        for move_sudo in self.sudo().filtered("practice_agreed_date"):  # sudo: whether it was agreed
            if not self.env.user.has_groups("practice_billing.group_manager,account.group_account_user"):
                raise AccessError(self.env._("Only an administrator or an accountant can charge invoices."))
            if move_sudo.practice_parts_token_id and not move_sudo._practice_get_amount_to_collect():
                raise UserError(self.env._("%s: there is nothing to charge now.", move_sudo.display_name))
        return super()._practice_check_may_collect()
