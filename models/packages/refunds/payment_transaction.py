import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """Money goes back to where it came from: one transaction for each payment that a credit note returns."""

    _inherit = "payment.transaction"

    practice_credit_note_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The credit note of refunded credits whose money this returns.",
    )

    # === WHAT CAN GO BACK === #

    def _practice_get_returnable(self):
        """Return how much of this payment can still go back through its provider, in its own currency."""
        self.ensure_one()
        support = self._practice_get_return_support()
        gone = self.child_transaction_ids.filtered(
            lambda it: it.operation == "refund" and it.state not in ("error", "cancel")
        )
        if support == "none" or (gone and support == "full_only"):
            return 0.0
        return self.currency_id.round(self.amount + sum(gone.mapped("amount")))

    def _practice_share_return(self, amount, currency):
        """Return ``(payment, part)`` of what of ``amount``, in ``currency``, goes back to each of these payments, the
        newest first. Together it is less where they cannot return all of it."""
        shares = []
        for payment in self.filtered(lambda it: it.currency_id == currency).sorted("id", reverse=True):
            part = min(amount, payment._practice_get_returnable())
            is_all = currency.compare_amounts(part, payment.amount) == 0
            # Some providers return all or nothing.
            if part > 0 and (is_all or payment._practice_get_return_support() == "partial"):
                shares.append((payment, part))
                amount = currency.round(amount - part)
        return shares

    def _practice_get_return_support(self):
        """Return ``partial``, ``full_only`` or ``none``: what provider and payment method both can do."""
        self.ensure_one()
        if self.state != "done" or self.operation in ("refund", "validation") or self.provider_id.state == "disabled":
            return "none"
        # Of a brand of cards, the card says it.
        method = self.payment_method_id.primary_payment_method_id or self.payment_method_id
        both = {self.provider_id.support_refund or "none", method.support_refund or "none"}
        return next(it for it in ("none", "full_only", "partial") if it in both)

    # === RETURNING === #

    def _post_process(self):
        """Also of what a provider answers later."""
        result = super()._post_process()
        self._practice_reverse_failed_returns()
        # sudo: whoever lets the answer in
        self.practice_credit_note_id.sudo()._practice_follow_return()
        return result

    def _practice_reverse_failed_returns(self):
        """Reverse the payment of a return that failed days after the provider had called it done: the money is still
        owed, and the credit note open again."""
        for refund in self.filtered(lambda it: it.practice_credit_note_id and it.state == "error"):
            refund._practice_reverse_payment(refund.company_id._practice_day(), self.env._("the refund failed"))

    def _practice_prepare_return(self, credit_note, amount):
        """Return the transaction that will return ``amount`` of this payment; nobody is asked yet."""
        self.ensure_one()
        return self._create_child_transaction(
            amount,
            is_refund=True,
            # Odoo refuses a method that was removed since, though the money goes back to it all the same.
            token_id=self.token_id.id if self.token_id.active else False,
            invoice_ids=[Command.set(credit_note.ids)],
            practice_credit_note_id=credit_note.id,
        )

    def _practice_return(self):
        """Ask the provider to return the money. Without an answer this stays a draft, and is not asked again by itself:
        providers do not know a second request for the first one."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._ensure_provider_is_not_disabled()
                self._log_sent_message()
                self._send_refund_request()
        except UserError as error:
            if not self._practice_is_unanswered(error):
                self._set_error(str(error))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            # Whatever happened, the request may have arrived: a person looks.
            _logger.exception("The provider could not be asked for %s", self.reference)

    def _practice_enter_return(self):
        """Enter the payment of what was returned. When that fails, Odoo's own run tries again."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._post_process()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("The payment of %s could not be entered", self.reference)
