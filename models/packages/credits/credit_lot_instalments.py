from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from ....tools.credits import credits_covered, credits_touched, paid_credits


class PracticeCreditLot(models.Model):
    """Credits whose invoice is paid in parts are given as it is paid: whole credits for what is covered.

    The rest waits for payment, as all of it does on an invoice that is due on one day: nobody agreed on parts there.
    Several purchases on one invoice share what is paid of it in proportion. When a part is undone, what is planned
    stays planned, and what is free and not covered any more waits again.
    """

    _inherit = "practice.credit.lot"

    is_in_parts = fields.Boolean(
        string="Paid in Parts",
        compute="_compute_is_in_parts",
        help="Whether the credits are given as the invoice is paid, because it is due on several days.",
    )
    parts_note = fields.Char(
        string="Payment", compute="_compute_parts_note", help="How much is paid, and until when the next part is."
    )

    @api.depends("invoice_id.state")
    def _compute_is_in_parts(self):
        for lot in self:
            invoice_sudo = lot.sudo().invoice_id  # sudo: whether, for those who see the credits
            lot.is_in_parts = bool(invoice_sudo) and invoice_sudo._practice_is_paid_in_parts()

    @api.depends("credits_paid", "credits_unpaid", "due_date")
    def _compute_parts_note(self):
        for lot in self:
            lot.parts_note = lot._describe_parts()

    # === WHAT IS PAID === #

    @api.depends("invoice_id.state", "invoice_id.amount_residual", "invoice_id.reversal_move_ids.state")
    def _compute_credits_paid(self):
        return super()._compute_credits_paid()

    def _count_paid(self):
        if self.is_paid or not self.is_in_parts:
            return super()._count_paid()
        if self.source_lot_id:
            return self._count_received_paid()
        return min(credits_covered(*self._get_parts_paid()), self._count_to_pay())

    def _count_received_paid(self):
        """Return how many of the credits that were received from another patient are paid.

        Only what was paid is transferred; so what the giver has taken since a part was undone is missing here.
        """
        self.ensure_one()
        giver = self.source_lot_id
        return max(self._count_to_pay() - max(giver._count_taken() - giver._count_paid(), 0), 0)

    def _get_parts_paid(self):
        """Return ``(credits, paid, price)``: credits, what they cost, and what of that is paid; exact.

        Credits that were taken back because their price was a loss count: the price of the others stays paid.
        """
        self.ensure_one()
        bill = self.invoice_id._practice_get_bill()
        lost = self._count_taken_back_as_lost() if bill.lost else 0
        credits, line = self._count_to_pay() + lost, self.invoice_line_id
        if line in bill.prices:
            return credits, bill.paid[line], bill.prices[line]
        # What costs nothing comes with what was sold with it.
        return credits, sum(bill.paid.values()), sum(bill.prices.values())

    def _count_taken_back_as_lost(self):
        moves = self.move_ids.filtered(
            lambda move: move.kind == "refund" and move.invoice_line_id.move_id.move_type != "out_refund"
        )
        return sum(moves.mapped("credits"))

    def _apply(self, moves):
        """Look anew at what is paid of the credits of the same invoice: they share it, and give it to each other."""
        result = super()._apply(moves)
        for lot in moves.lot_id:
            if not lot.is_paid and lot.is_in_parts:
                lot.invoice_id.practice_lot_ids.modified(["is_paid"])
        return result

    # === TAKING BACK === #

    def _count_to_take_back(self):
        """Return how many available credits are taken back because nobody pays them.

        Of credits that are paid in parts those that wait for payment, but no more than what is owed has to do with;
        when nothing is owed any more, their price was written off.
        """
        self.ensure_one()
        if not self.is_in_parts:
            return self.credits_available
        return min(self._count_waiting(), credits_touched(self._get_credits_not_paid()))

    def _get_part_not_paid(self, credits):
        """Return which part (0 to 1) of the price of ``credits``, which are taken back, is not paid.

        Of the last one a part can be: it stays with the credits that are left, and nobody gets money back.
        """
        self.ensure_one()
        if not self.is_in_parts or not credits:
            return 1.0
        return float(min(self._get_credits_not_paid() / credits, 1))

    def _get_credits_not_paid(self):
        """Return how many credits are owed, exactly; when nothing is owed any more, how many were written off."""
        self.ensure_one()
        bill, (credits, paid, price) = self.invoice_id._practice_get_bill(), self._get_parts_paid()
        unpaid = credits - paid_credits(credits, paid, price)
        return unpaid * bill.owed / (bill.owed + bill.lost) if bill.owed else unpaid

    # === IN WORDS === #

    def _describe_parts(self, *, with_amount=False):
        """Return in words how many of these credits are paid and when the next part is due; nothing when all are.

        :param bool with_amount: for those who may see the money
        """
        self.ensure_one()
        if not self.credits_unpaid or not self.is_in_parts:
            return ""
        invoice_sudo = self.sudo().invoice_id  # sudo: words for those who see the credits
        numbers = {"paid": self.credits_paid, "total": self._count_to_pay()}
        part = invoice_sudo._get_invoice_next_payment_values()
        if not invoice_sudo._practice_get_open_parts():
            return self.env._("Credits paid: %(paid)s of %(total)s; the rest was written off.", **numbers)
        numbers["day"] = format_date(self.env, part["next_due_date"])
        numbers["amount"] = formatLang(self.env, part["next_amount_to_pay"], currency_obj=invoice_sudo.currency_id)
        overdue = part["installment_state"] == "overdue"
        if with_amount and overdue:
            return self.env._("Credits paid: %(paid)s of %(total)s. Overdue since %(day)s: %(amount)s.", **numbers)
        if with_amount:
            return self.env._("Credits paid: %(paid)s of %(total)s. Next part: %(amount)s, due %(day)s.", **numbers)
        if overdue:
            return self.env._("Credits paid: %(paid)s of %(total)s. A part is overdue since %(day)s.", **numbers)
        return self.env._("Credits paid: %(paid)s of %(total)s. The next part is due %(day)s.", **numbers)
