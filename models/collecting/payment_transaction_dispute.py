from odoo import fields, models
from odoo.tools import format_amount

#: What becomes of a dispute when its provider says so, and cannot change any more.
ENDED = ("won", "lost")


class PaymentTransaction(models.Model):
    """A payment that its payer disputes at the bank: an accountant is told, and when it is lost the money has left."""

    _inherit = "payment.transaction"

    practice_dispute = fields.Selection(
        [("open", "Disputed"), ("won", "Dispute Won"), ("lost", "Dispute Lost")],
        string="Dispute",
        readonly=True,
        copy=False,
        help="The payer disputes the payment at the bank. Lost: the bank has taken the money back.",
    )

    def _practice_follow_dispute(self, outcome, amount, reason):
        """Follow the provider's word about a dispute; what it says again, or late, changes nothing.

        A payment that is lost as a whole is reversed like one that the bank returns: the invoice is open again. Its
        saved method is removed, so that nobody is charged again who did not want to be. A part is for people.

        :param str outcome: of the dispute, as in ``practice_dispute``
        :param float amount: that is disputed, in the currency of the payment
        :param str reason: in the words of the provider
        """
        self.ensure_one()
        if self.practice_dispute in (outcome, *ENDED):
            return
        self.practice_dispute = outcome
        document = self.invoice_ids[:1] or self.payment_id
        document.activity_unlink(["practice_billing.mail_activity_type_dispute"])
        is_whole = self.currency_id.compare_amounts(amount, self.amount) >= 0
        if outcome == "won":
            self._log_message_on_linked_documents(
                self.env._("The dispute of %s has ended, and the money stays.", self.reference)
            )
            return
        if document:
            document.activity_schedule(
                "practice_billing.mail_activity_type_dispute",
                summary=self._practice_get_dispute_summary(outcome),
                note=self._practice_describe_dispute(outcome, amount, reason, is_whole),
                user_id=self.company_id._practice_get_accountant().id,
            )
        if outcome == "lost" and is_whole:
            self._practice_lose(reason)

    def _set_done(self, **kwargs):
        """What the bank took back is not paid because its provider says so late, or again."""
        lost = self.filtered(lambda it: it.practice_dispute == "lost")
        return super(PaymentTransaction, self - lost)._set_done(**kwargs)

    def _practice_lose(self, reason):
        """Enter that the bank took the money back, and let whatever follows from an unpaid invoice follow."""
        self._practice_reverse_payment(self.company_id._practice_day(), reason)
        # Before the failure is followed, so that it is not tried again with this method.
        self.token_id.active = False
        self._set_error(self.env._("The payment was disputed: %s", reason), extra_allowed_states=("done",))
        self._post_process()

    def _practice_get_dispute_summary(self, outcome):
        return self.env._("A dispute is lost") if outcome == "lost" else self.env._("A payment is disputed")

    def _practice_describe_dispute(self, outcome, amount, reason, is_whole):
        """Return in words what happened and what is to be done."""
        words = {
            "payment": self.reference,
            "amount": format_amount(self.env, amount, self.currency_id),
            "reason": reason,
            "provider": self.provider_id.name,
        }
        if outcome != "lost":
            return self.env._(
                "%(amount)s of %(payment)s are disputed (%(reason)s). Answer at %(provider)s. If it is lost, the "
                "payment is reversed.",
                **words,
            )
        if is_whole:
            return self.env._(
                "%(amount)s of %(payment)s were taken back (%(reason)s). The payment is reversed, and its saved method "
                "is removed.",
                **words,
            )
        return self.env._(
            "%(amount)s of %(payment)s were taken back (%(reason)s), which is a part of it. Enter that by hand.",
            **words,
        )
