from odoo import api, fields, models

from .credit_lot import COUNTER_FIELDS


class PracticeCreditLot(models.Model):
    """How many of the available credits can be planned now: those that are paid, and that nothing holds back.

    Both numbers follow from the invoice and the counters, so that no door of payment, or of its undoing, can be
    forgotten. What is planned already stays planned, whatever becomes of the payment.
    """

    _inherit = "practice.credit.lot"

    credits_paid = fields.Integer(
        string="Paid Credits",
        compute="_compute_credits_paid",
        store=True,
        help="How many of the credits that were given, and did not go back, are paid for; those that need no payment "
        "count as paid.",
    )
    credits_unpaid = fields.Integer(
        string="Not Paid",
        compute="_compute_credits_paid",
        store=True,
        help="How many of the credits that were given, and did not go back, are not paid for yet.",
    )
    credits_spendable = fields.Integer(
        string="Free to Plan",
        compute="_compute_credits_spendable",
        store=True,
        help="Available credits that are paid: appointments can be planned with them.",
    )
    credits_overdrawn = fields.Integer(
        string="Taken, Not Paid",
        compute="_compute_credits_spendable",
        store=True,
        help="How many more credits were planned, used, lost or transferred than are paid: a payment was undone.",
    )

    # What planning searches: the patient's spendable lots in spending order.
    _spending_idx = models.Index("(partner_id, package_id, expiry_date, id) WHERE credits_spendable > 0")
    # What marks planned appointments as unpaid, and what the list of unpaid credits shows.
    _overdrawn_idx = models.Index("(id) WHERE credits_overdrawn > 0")
    _unpaid_idx = models.Index("(due_date) WHERE credits_unpaid > 0")

    @api.depends("is_paid", "credits_total", "credits_refunded")
    def _compute_credits_paid(self):
        for lot in self:
            lot.credits_paid = lot._count_paid()
            lot.credits_unpaid = lot._count_to_pay() - lot.credits_paid

    @api.depends("state", "credits_paid", *COUNTER_FIELDS.values())
    def _compute_credits_spendable(self):
        for lot in self:
            lot.credits_spendable = lot._count_spendable()
            lot.credits_overdrawn = max(lot._count_taken() - lot.credits_paid, 0)

    def _count_paid(self):
        """Return how many whole credits of those to be paid are paid for. A hook."""
        self.ensure_one()
        return self._count_to_pay() if self.is_paid else 0

    def _count_to_pay(self):
        """Return how many credits are to be paid for: those that were given and did not go back."""
        self.ensure_one()
        return self.credits_total - self.credits_refunded

    def _count_taken(self):
        """Return how many of the credits to be paid are taken: planned, used, lost, or transferred."""
        self.ensure_one()
        return self._count_to_pay() - self.credits_available

    def _count_waiting(self):
        """Return how many of the available credits wait for payment."""
        self.ensure_one()
        return min(self.credits_available, self.credits_unpaid)

    def _count_spendable(self, extra=0):
        """Return how many credits can be planned now. A hook of what holds them back.

        :param int extra: credits that are taken, and about to be available again
        """
        self.ensure_one()
        if self.state != "active":
            return 0
        taken = self._count_taken() - extra
        return max(min(self.credits_available + extra, self.credits_paid - taken), 0)
