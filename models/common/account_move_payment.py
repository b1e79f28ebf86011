from odoo import models

#: What Odoo calls an invoice of which nothing is open any more.
SETTLED = ("paid", "in_payment", "reversed")


class AccountMove(models.Model):
    """An invoice is paid when money, or the customer's own credit, covers it. Odoo calls a bad debt paid as well."""

    _inherit = "account.move"

    def _practice_is_paid(self):
        """Return whether this invoice was settled by more than writing it off."""
        self.ensure_one()
        return self.payment_state in SETTLED and not self._practice_is_written_off()

    def _practice_is_written_off(self):
        """Return whether more of this invoice was settled as a loss than the small difference that is allowed."""
        self.ensure_one()
        allowed = self.company_id.practice_writeoff_percent / 100 * abs(self.amount_total_signed)
        return self.company_currency_id.compare_amounts(self._practice_get_written_off(), allowed) > 0

    def _practice_get_written_off(self, amount="amount"):
        """Return how much of this invoice was settled as a loss: with tax, >= 0.

        :param amount: ``amount`` in company currency, or ``debit_amount_currency`` in that of the invoice
        """
        self.ensure_one()
        return sum(
            partial[amount] * partial.credit_move_id.move_id._practice_get_loss_part()
            for partial in self._practice_get_receivable_lines().matched_credit_ids
        )

    def _practice_get_loss_part(self):
        """Return which part (0 to 1) of what this entry settles is a loss: neither money nor anybody's debt.

        Credit notes are the customer's credit. Exchange differences and the discount for paying early are part of what
        was agreed.
        """
        self.ensure_one()
        if self.is_invoice(include_receipts=True) or self.exchange_diff_partial_ids:
            return 0.0
        company = self.company_id
        agreed = (
            company.account_journal_early_pay_discount_loss_account_id
            + company.account_journal_early_pay_discount_gain_account_id
        )
        settled = -sum(line.balance for line in self._practice_get_receivable_lines() if line.balance < 0)
        lost = sum(line.balance for line in self._practice_get_result_lines() if line.account_id not in agreed)
        return min(max(lost / settled, 0.0), 1.0) if settled else 0.0

    def _practice_get_loss_accounts(self):
        """Return the accounts on which this invoice was written off."""
        entries = self._practice_get_receivable_lines().matched_credit_ids.credit_move_id.move_id
        entries = entries.filtered(lambda entry: entry._practice_get_loss_part())
        return entries._practice_get_result_lines().account_id

    def _practice_get_receivable_lines(self):
        """Return the items of these entries that are somebody's debt."""
        return self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _practice_get_result_lines(self):
        """Return the items of these entries on expense and revenue accounts."""
        return self.line_ids.filtered(lambda line: line.account_id.internal_group in ("expense", "income"))
