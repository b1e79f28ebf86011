from odoo import models


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
        token_sudo, asked_on = self.sudo()._practice_get_debit()  # sudo: whoever reads the invoice
        mandate_sudo = token_sudo._practice_get_mandate_sudo()
        if not mandate_sudo or mandate_sudo.state != "active" or not asked_on:
            return None
        return {
            "amount": self.amount_residual,
            "currency": self.currency_id,
            "day": mandate_sudo.provider_id._practice_get_sepa_day(told_on=asked_on),
            "mandate": mandate_sudo.name,
            "creditor": mandate_sudo.creditor_identifier,
            "iban": mandate_sudo.masked_iban,
        }
