from odoo import models


class AccountMove(models.Model):
    """An invoice is paid when money, or the customer's own credit, covers it. Odoo calls a bad debt paid as well."""

    _inherit = "account.move"

    def _practice_is_paid(self):
        """Return whether this invoice was settled by more than writing it off."""
        self.ensure_one()
        if self.payment_state not in ("paid", "in_payment", "reversed"):
            return False
        allowed = self.company_id.practice_writeoff_percent / 100 * abs(self.amount_total_signed)
        return self.company_currency_id.compare_amounts(self._practice_get_written_off(), allowed) <= 0

    def _practice_get_written_off(self):
        """Return how much of this invoice was settled as a loss: with tax, company currency, >= 0."""
        self.ensure_one()
        receivable = self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return sum(
            partial.amount * partial.credit_move_id.move_id._practice_get_loss_part()
            for partial in receivable.matched_credit_ids
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
        settled = -sum(
            line.balance for line in self.line_ids if line.account_type == "asset_receivable" and line.balance < 0
        )
        lost = sum(
            line.balance
            for line in self.line_ids
            if line.account_id.internal_group in ("expense", "income") and line.account_id not in agreed
        )
        return min(max(lost / settled, 0.0), 1.0) if settled else 0.0

    def _practice_get_loss_accounts(self):
        """Return the accounts on which this invoice was written off."""
        receivable = self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        entries = receivable.matched_credit_ids.credit_move_id.move_id
        entries = entries.filtered(lambda entry: entry._practice_get_loss_part())
        return entries.line_ids.account_id.filtered(lambda account: account.internal_group in ("expense", "income"))
