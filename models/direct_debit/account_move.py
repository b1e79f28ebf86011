from odoo import models
from odoo.tools import format_amount, format_date


class AccountMove(models.Model):
    """Who pays by direct debit is told before: how much, on which day, with which mandate."""

    _inherit = "account.move"

    def _practice_get_debit(self):
        """Return the saved method that this invoice will be collected with, and the day on which that is asked for.

        A hook for whoever collects invoices; ``(empty, None)`` here.
        """
        self.ensure_one()
        return self.env["payment.token"], None

    def _practice_get_debit_notice(self):
        """Return what the debtor has to be told of the collection of this invoice, or ``None`` when there is none.

        :return: ``amount`` in ``currency``, ``day`` (not before), ``mandate`` and ``creditor`` (identifiers), ``iban``
            (masked)
        """
        self.ensure_one()
        if self.move_type != "out_invoice" or self.state != "posted" or not self.amount_residual:
            return None
        self_sudo = self.sudo()  # sudo: whoever reads the invoice
        collection_sudo = self_sudo.transaction_ids.filtered(lambda it: it.state == "pending" and it.sepa_day)[-1:]
        token_sudo, asked_on = (collection_sudo.token_id, None) if collection_sudo else self_sudo._practice_get_debit()
        mandate_sudo = token_sudo._practice_get_mandate_sudo()
        if not mandate_sudo or mandate_sudo.state != "active" or not (collection_sudo or asked_on):
            return None
        day = collection_sudo.sepa_batch_id.requested_day or collection_sudo.sepa_day
        return {
            "amount": collection_sudo.amount or self.amount_residual,
            "currency": self.currency_id,
            "day": day or mandate_sudo.provider_id._practice_get_sepa_day(told_on=asked_on),
            "mandate": mandate_sudo.name,
            "creditor": mandate_sudo.creditor_identifier,
            "iban": mandate_sudo.masked_iban,
        }

    def _practice_get_debit_words(self):
        """Return the sentence that tells the debtor of the collection of this invoice, or nothing."""
        self.ensure_one()
        notice = self._practice_get_debit_notice()
        if not notice:
            return ""
        return self.env._(
            "We will collect %(amount)s from your account %(iban)s on %(day)s or the first banking day after it. "
            "Mandate %(mandate)s, creditor identifier %(creditor)s.",
            **{
                **notice,
                "amount": format_amount(self.env, notice["amount"], notice["currency"]),
                "day": format_date(self.env, notice["day"]),
            },
        )

    def _notify_by_email_prepare_rendering_context(self, message, *args, **kwargs):
        """Say it in the heading of e-mails about the invoice, below its amount and due date."""
        context = super()._notify_by_email_prepare_rendering_context(message, *args, **kwargs)
        if words := self._practice_get_debit_words():
            context["subtitles"] = [*context.get("subtitles", ()), words]
        return context
