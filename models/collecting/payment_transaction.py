import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import html2plaintext

from ...tools.collection import card_expiry, needs_payer
from .account_move import UNPAID

_logger = logging.getLogger(__name__)

#: Payments that a person makes, who may save the method with it.
ONLINE = ("online_redirect", "online_direct")

#: A provider that has not answered after this time is not asked with the same key any more: Stripe forgets keys after
#: 24 hours, others later, and the same request would be another payment then.
NO_ANSWER = timedelta(hours=20)


class UnansweredError(Exception):
    """The provider may have got a request, and nobody knows what became of it."""


class PaymentTransaction(models.Model):
    """One attempt to charge an invoice to a saved method.

    Its reference is the key that the provider knows it by. An attempt without an answer, after a crash or a time-out,
    is repeated with that key and never replaced by another one, so that money moves once.
    """

    _name = "payment.transaction"
    _inherit = ["payment.transaction", "practice.retry.mixin"]

    practice_invoice_id = fields.Many2one(
        "account.move",
        string="Collected Invoice",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The invoice that is charged automatically.",
    )
    practice_attempt = fields.Integer(string="Attempt", readonly=True)
    practice_is_hard = fields.Boolean(
        string="Refused", readonly=True, help="Not to be tried again with the same payment method."
    )
    practice_needs_payer = fields.Boolean(
        string="To Be Confirmed",
        readonly=True,
        help="The bank wants who pays to confirm the payment; charging the saved method again will probably fail.",
    )
    practice_followed = fields.Char(readonly=True, help="The last state from which something followed.")
    practice_reason = fields.Char(
        string="Reason", compute="_compute_practice_reason", store=True, help="Why the payment failed."
    )

    _practice_attempt_uniq = models.UniqueIndex(
        "(practice_invoice_id, practice_attempt) WHERE practice_invoice_id IS NOT NULL",
        "This attempt to collect the invoice was made already.",
    )
    # What a run looks for first.
    _practice_begun_idx = models.Index("(id) WHERE practice_invoice_id IS NOT NULL AND state = 'draft'")

    @api.depends("state", "state_message")
    def _compute_practice_reason(self):
        for transaction in self:
            failed = transaction.state in ("error", "cancel") and transaction.practice_invoice_id
            if not failed:
                transaction.practice_reason = False
                continue
            text = html2plaintext(transaction.state_message or "").strip()[:120]
            transaction.practice_reason = text or self.env._("No reason was given")

    # === ASKING THE PROVIDER === #

    @api.model
    def _practice_get_begun_domain(self):
        """Return the attempts that were committed and have no answer: of a process that died, or a provider that did
        not answer."""
        return Domain("practice_invoice_id", "!=", False) & Domain("state", "=", "draft")

    def _practice_charge(self, cron, remaining):
        """Ask the provider for the money of this committed attempt, and commit the answer before it is followed.

        Nobody else can be asking at the same time, because the row stays locked until the answer is committed.

        :return: the seconds that the run has left
        """
        attempt = self.try_lock_for_update(allow_referencing=True)
        if attempt.state == "draft":
            attempt._practice_ask_provider()
        time_left = cron._commit_progress(1, remaining=remaining)
        if attempt.state != "draft" and not attempt.is_post_processed:
            attempt._practice_try(type(self)._post_process, set_aside=type(self)._practice_note_unprocessed)
            time_left = cron._commit_progress(remaining=remaining)
        return time_left

    def _practice_ask_provider(self):
        """Send the request. Without an answer the attempt stays as it is, to be repeated with the same key."""
        self.ensure_one()
        if obstacle := self.practice_invoice_id._practice_find_attempt_obstacle(self):
            self.practice_given_up = True
            # Not cancelled: Odoo accepts a late confirmation of a payment that failed, and none of a cancelled one.
            self._set_error(obstacle)
            return
        if self.create_date < fields.Datetime.now() - NO_ANSWER:
            self._practice_end_unanswered()
            return
        try:
            with self.env.cr.savepoint():
                self._ensure_provider_is_not_disabled()
                self._send_payment_request()
        except ValidationError as error:
            if not self._practice_is_unanswered(error):
                self._set_error(str(error))
        except UnansweredError:
            _logger.warning("The provider did not answer for %s; it is asked again", self.reference)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("The provider could not be asked for %s", self.reference)

    def _practice_end_unanswered(self):
        """Let this attempt fail, and have people look whether its money moved before another one is made.

        Odoo still accepts that it was paid, should the provider say so.
        """
        self._set_error(self.env._("The payment provider did not answer."))
        self.practice_invoice_id._practice_note_collection_problem(
            self.env._(
                "The payment provider did not say whether %s was charged. Look there before it is charged again.",
                self.reference,
            )
        )

    def _send_api_request(self, method, *args, **kwargs):
        """Notice why an attempt was refused, and that it was not answered: some providers would call that a failure.

        :raises UnansweredError: which no provider takes for a refusal
        """
        try:
            return super()._send_api_request(method, *args, **kwargs)
        except ValidationError as error:
            if self.practice_invoice_id and method == "POST":
                if self._practice_is_unanswered(error):
                    raise UnansweredError from error
                self._practice_note_refusal(error.__context__)
            raise

    def _practice_note_refusal(self, error):
        """Notice that who pays has to confirm it, when that is what the provider answered."""
        try:
            self.practice_needs_payer = needs_payer(error.response.json())
        except (AttributeError, ValueError):  # no answer that can be read
            return

    def _apply_updates(self, payment_data):
        if self.practice_invoice_id and needs_payer(payment_data):
            self.practice_needs_payer = True
        return super()._apply_updates(payment_data)

    def _practice_describe_failure(self):
        """Return in words for who pays, in the language of the context, why this attempt failed, or nothing."""
        self.ensure_one()
        if self.sepa_return_code:
            return self.env["practice.sepa.message"]._get_reason(self.sepa_return_code)
        return self.practice_reason or ""

    # === WHAT FOLLOWS === #

    def _practice_note_unprocessed(self, reason):
        """Tell who is responsible that the answer of the provider could not be entered; Odoo's own run tries again."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for attempt in self:
            attempt.practice_invoice_id._practice_note_collection_problem(
                self.env._(
                    "The payment %(payment)s (%(state)s) could not be entered: %(error)s",
                    payment=attempt.reference,
                    state=labels[attempt.state],
                    error=reason,
                )
            )

    def _post_process(self):
        result = super()._post_process()
        # After Odoo has registered the payment: what an attempt still has to collect is known by then.
        self._practice_follow_collection()
        return result

    def _practice_follow_collection(self):
        """Follow the state of attempts, each once however often it is reported, and methods saved while paying."""
        attempts = self.filtered("practice_invoice_id")
        for attempt in attempts:
            if attempt.practice_followed != attempt.state:
                attempt.practice_followed = attempt.state
                attempt._practice_follow_state()
        for transaction in self - attempts:
            if transaction.state == "done" and transaction.operation in ONLINE and transaction.token_id:
                transaction._practice_adopt_token()

    def _practice_follow_state(self):
        self.ensure_one()
        invoice = self.practice_invoice_id.with_company(self.company_id)
        if self.state == "done":
            invoice._practice_follow_paid_attempt(self)
            return
        is_last = self == invoice._practice_get_last_attempt()
        if is_last and self.state in ("error", "cancel") and invoice.payment_state in UNPAID:
            invoice._practice_follow_failed_attempt(self)

    def _practice_adopt_token(self):
        """Let the method that was saved with this payment collect what comes, where that was agreed. A hook."""
        self.ensure_one()

    def _tokenize(self, payment_data):
        """Keep until when the card is good, when the provider says so."""
        before = self.token_id
        result = super()._tokenize(payment_data)
        if self.token_id != before:
            self.token_id.practice_expiry_date = card_expiry(payment_data)
        return result
