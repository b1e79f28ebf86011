from odoo import api, models
from odoo.fields import Domain

from ...collecting.account_move import BROKEN, UNPAID
from ...common.account_move_payment import SETTLED


class PracticeSubscription(models.Model):
    """What is unpaid, late and overdue: the one place that says so."""

    _inherit = "practice.subscription"

    @api.model
    def _get_unpaid_domain(self):
        """Return the invoices of subscriptions that are not paid."""
        return Domain("practice_subscription_id", "!=", False) & self._get_open_domain()

    @api.model
    def _get_open_domain(self):
        """Return the invoices, of whatever, that are not paid."""
        return (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", UNPAID)
        )

    @api.model
    def _get_late_domain(self):
        """Return the invoices whose due date has passed, in each company's time zone."""
        return self.env["res.company"]._practice_get_due_domain("invoice_date_due", days=1)

    @api.model
    def _get_overdue_domain(self):
        """Return the invoices of subscriptions that should be paid by now.

        One that is collected automatically is overdue when that has failed for good, and not before: a direct debit
        takes days, and so do the attempts after one that failed.
        """
        by_itself = Domain("practice_collection", "=", False) & self._get_late_domain()
        return self._get_unpaid_domain() & (Domain("practice_collection", "in", BROKEN) | by_itself)

    @api.model
    def _get_blocking_domain(self):
        """Return the invoices that keep a subscription past due or suspended until they are paid: late, or failed once.

        A new attempt is no payment yet.
        """
        failed = Domain("practice_attempt_ids", "any", [("state", "in", ("error", "cancel"))])
        return self._get_unpaid_domain() & (
            self._get_late_domain() | failed | Domain("practice_collection", "=", "returned")
        )

    def _filter_written_off(self):
        """Return those of which an invoice was written off as a loss since they are past due: nobody paid."""
        domain = Domain("practice_subscription_id", "in", self.ids) & Domain("payment_state", "in", SETTLED)
        moves = self.env["account.move"].search(domain & Domain("move_type", "=", "out_invoice"))

        def was_lost(move):
            since = move.practice_subscription_id.past_due_since
            day_of = move.company_id._practice_day
            days = [day_of(it.create_date) for it in move._practice_get_receivable_lines().matched_credit_ids]
            return since and max(days, default=since) >= since and move._practice_is_written_off()

        return moves.filtered(was_lost).practice_subscription_id

    def _get_unpaid_invoices(self):
        """Return the posted invoices of this subscription that are not paid, oldest first."""
        self.ensure_one()
        domain = self._get_unpaid_domain() & Domain("practice_subscription_id", "=", self.id)
        return self.env["account.move"].search(domain, order="invoice_date, id")

    def _get_unpaid_fees(self):
        """Return the fees charged for invoices of this subscription that are not paid; they suspend nobody."""
        self.ensure_one()
        return self.env["account.move"].search(
            self._get_open_domain() & self._get_fee_domain(), order="invoice_date, id"
        )

    def _get_fee_domain(self):
        """Return which documents are fees charged for invoices of this subscription."""
        return Domain("practice_fee_origin_id.practice_subscription_id", "=", self.id)

    def _mark_past_due(self):
        self._enter("past_due", past_due_since=self.company_id._practice_day())
