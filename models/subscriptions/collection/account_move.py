from odoo import api, models


class AccountMove(models.Model):
    """Invoices of a subscription are charged to the method saved for it, on their date."""

    _inherit = "account.move"

    # What is looked through every day: subscriptions with an overdue invoice.
    _practice_unpaid_idx = models.Index(
        "(company_id, invoice_date_due) WHERE practice_subscription_id IS NOT NULL"
        " AND payment_state IN ('not_paid', 'partial')"
    )

    @api.depends("practice_subscription_id")
    def _compute_practice_collection(self):
        return super()._compute_practice_collection()

    def _practice_is_collected(self):
        return bool(self.practice_subscription_id) or super()._practice_is_collected()

    def _practice_get_collecting_token(self):
        return self.practice_subscription_id.payment_token_id or super()._practice_get_collecting_token()

    def _practice_check_may_collect(self):
        self.practice_subscription_id._check_may_bill()
        return super()._practice_check_may_collect()

    def _practice_note_collection_problem(self, note):
        if self.practice_subscription_id:
            self.practice_subscription_id._note_payment_problem(note)
        return super()._practice_note_collection_problem(note)

    def _practice_tell_attempt_failed(self, attempt):
        if self.practice_subscription_id:
            template = "payment_confirm" if attempt.practice_needs_payer else "payment_failed"
            self.practice_subscription_id._send_to_billing_contacts(f"practice_billing.mail_template_{template}", self)
        return super()._practice_tell_attempt_failed(attempt)

    def _practice_tell_attempt_paid(self, attempt):
        if self.practice_subscription_id:
            self.practice_subscription_id._send_to_billing_contacts(
                "practice_billing.mail_template_payment_receipt", self
            )
        return super()._practice_tell_attempt_paid(attempt)

    def _practice_give_up_collecting(self, attempt):
        if self.practice_subscription_id:
            self.practice_subscription_id._give_up_collecting(self)
        return super()._practice_give_up_collecting(attempt)
