from odoo import models
from odoo.fields import Command

from ...tools.sepa import OF_THE_DEBTOR, RETRY, what_to_do


class PaymentTransaction(models.Model):
    """A collection that comes back: refused before its day, or returned afterwards."""

    _inherit = "payment.transaction"

    def _practice_come_back(self, code, day, *, ours=False):
        """Follow the bank's word that this collection came back on ``day``; the second time nothing happens.

        Before it was settled it has failed. Afterwards its payment is reversed, never cancelled: the bank's statement
        shows both; the invoice is open again. Either way the payment ends as *error*, from which whatever tries again,
        tells and suspends follows by itself.

        :param str code: of the reason
        :param bool ours: whether the bank refused the whole file: that says nothing of the mandate
        :return: whether anything changed
        """
        self.ensure_one()
        if self.state not in ("pending", "done"):
            return False
        was_settled = self.state == "done"
        if not was_settled:
            mandate_sudo = self.token_id._practice_get_mandate_sudo()
            self._practice_give_back_amendment(mandate_sudo)
            mandate_sudo._count(-1)
        else:
            self._practice_reverse_payment(day, code)
        self.write({"sepa_return_code": code, "sepa_returned_on": day})
        words = self.env["practice.sepa.message"]._describe_reason(code)
        if not ours and what_to_do(code) != RETRY:
            # Before the failure is followed, so that it is not tried again with this mandate.
            self.token_id._practice_get_mandate_sudo()._revoke(words)
        self._set_error(words, extra_allowed_states=("done",))
        if not was_settled:
            self.token_id._practice_get_mandate_sudo()._follow_collections()
        self._post_process()
        if not ours and code in OF_THE_DEBTOR:
            self._practice_try(type(self)._practice_bill_return_fee, set_aside=type(self)._practice_note_no_return_fee)
        return True

    def _practice_bill_return_fee(self):
        """Charge the debtor the fee for a return, when the provider has one: an invoice of its own."""
        provider = self.provider_id
        if provider.sepa_return_fee and self.invoice_ids:
            self.invoice_ids._practice_bill_fee(
                provider.sepa_return_fee_product_id, provider.sepa_return_fee, self.currency_id, self.reference
            )

    def _practice_note_no_return_fee(self, reason):
        """What came back is followed all the same."""
        self.token_id._practice_get_mandate_sudo()._practice_note_problem(
            self.env._(
                "%(payment)s came back, and its fee could not be invoiced: %(reason)s",
                payment=self.reference,
                reason=reason,
            )
        )

    def _practice_reverse_payment(self, day, code):
        """Enter that the money left again on ``day``; the first open day when the books are closed for it.

        Nothing happens without a payment, or when somebody has undone it already.
        """
        entry = self.payment_id.move_id
        if entry.state != "posted" or entry.reversal_move_ids:
            return
        debts = entry.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        debts.remove_move_reconcile()
        reversal = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": entry.journal_id.id,
                "date": entry._get_accounting_date(day, False),
                "ref": self.env._("Returned (%(code)s): %(payment)s", code=code, payment=self.reference),
                "line_ids": [
                    Command.create(
                        {
                            "name": line.name,
                            "account_id": line.account_id.id,
                            "partner_id": line.partner_id.id,
                            "currency_id": line.currency_id.id,
                            "amount_currency": -line.amount_currency,
                            "balance": -line.balance,
                        }
                    )
                    for line in entry.line_ids
                ],
            }
        )
        reversal.action_post()
        # Afterwards: with it Odoo would reconcile the outstanding items too, and both are on the bank's statement.
        reversal.reversed_entry_id = entry
        (debts + reversal.line_ids.filtered(lambda line: line.account_id in debts.account_id)).reconcile()
        self.payment_id.message_post(body=self.env._("The bank returned it: %s", reversal._get_html_link()))
