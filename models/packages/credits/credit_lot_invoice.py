from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.credits import share_of_value
from .credit_lot import COUNTER_FIELDS


class PracticeCreditLot(models.Model):
    """Credits and invoices: an invoice line gives credits, a credit note takes back what is unused."""

    _inherit = "practice.credit.lot"

    @api.model
    def _follow_posted_lines(self, lines):
        """Give or take back the credits of package lines that have just been posted.

        :raises UserError: when a line is not fit for it; the message names the line and says what to do
        """
        refunds = lines.filtered(lambda line: line._practice_takes_back())
        if grants := lines - refunds:
            self._grant_lines(grants)
        for line in refunds:
            self._record(self._prepare_refunds(line))

    @api.model
    def _follow_withdrawn_lines(self, lines):
        """Undo what posted package lines did, because their invoice or credit note goes back to draft.

        :raises UserError: when credits of the line were used, lost, reserved or refunded
        """
        # sudo: whoever may withdraw the invoice; movements follow
        moves_sudo = self.env["practice.credit.move"].sudo().search([("invoice_line_id", "in", lines.ids)])
        entries = []
        for (lot, line), of_line in moves_sudo.grouped(lambda move: (move.lot_id, move.invoice_line_id)).items():
            granted = sum(move.credits for move in of_line if move.kind == "grant")
            if granted > lot.credits_available:
                lot._raise_too_many(self.env._("Credits that this invoice gave: %s.", granted))
            # What went to revenue comes back from the account that it went to, and on its day: the entry vanishes from
            # the books, so the credits vanish on the same day.
            alike = of_line.grouped(lambda move: (move.kind, move.release_ids.income_account_id, move.date))
            for (kind, account, day), of_kind in alike.items():
                credits, value = sum(of_kind.mapped("credits")), lot.currency_id.round(sum(of_kind.mapped("value")))
                if credits or value:
                    entries.append(
                        {
                            "lot": lot,
                            "kind": kind,
                            "credits": -credits,
                            "value": -value,
                            "date": day,
                            "invoice_line_id": line.id,
                            "income_account_id": account.id,
                        }
                    )
        self._record(entries)

    # === SOLD === #

    @api.model
    def _grant_lines(self, lines):
        # sudo: whoever may post the invoice
        known = self.sudo().search([("invoice_line_id", "in", lines.ids)]).grouped("invoice_line_id")
        vals_list = []
        for line in lines:
            vals = line._practice_prepare_credit_lot_vals()
            if lot := known.get(line):
                lot._grant_again(vals)
            else:
                vals_list.append(vals)
        return self._grant(vals_list)

    def _grant_again(self, vals):
        """Give the credits of an invoice that was reset to draft, perhaps changed, and posted again."""
        self.ensure_one()
        own = self._without_grant(vals)
        if vals["package_id"] == self.package_id.id:
            # What was agreed on stays, whatever the package says by now, and so does an expiry that was extended.
            agreed = {*self.package_id._prepare_terms(), "expiry_date", "expiry_warned"}
            own = {name: value for name, value in own.items() if name not in agreed}
        else:
            # Another package has a validity of its own, which begins anew.
            own |= {"activation_date": False, "expiry_date": False, "never_expires": False, "expiry_warned": 0}
        self.write(own)
        self._record([self._prepare_grant(vals), *self._prepare_regrant_corrections()])

    def _prepare_regrant_corrections(self):
        """Return what takes back the revenue that withdrawing the invoice had to correct.

        A credit note may have lowered the price before: without the invoice the balance post held less than nothing, so
        the difference went to revenue. With the invoice it is the price of these credits again.
        """
        self.ensure_one()
        corrections = self.move_ids.filtered(
            lambda move: move.kind == "adjust" and move.invoice_line_id == self.invoice_line_id
        )
        return [
            {
                "lot": self,
                "kind": "adjust",
                "credits": 0,
                "value": -value,
                "date": self.date,
                "invoice_line_id": self.invoice_line_id.id,
                "income_account_id": account.id,
            }
            for account, moves in corrections.grouped(lambda move: move.release_ids.income_account_id).items()
            if (value := self.currency_id.round(sum(moves.mapped("value"))))
        ]

    # === CREDITED === #

    def action_refund_rest(self):
        """Make the draft credit note for the available credits of this lot; posting it takes them back.

        :raises UserError: when the lot was not sold through an invoice, or nothing is left
        """
        self.ensure_one()
        line = self.invoice_line_id
        if not line or not self.credits_available:
            raise UserError(self.env._("There are no credits left that were sold through an invoice."))
        credit_note = self.env["account.move"].create(line._practice_prepare_refund_vals(self))
        return credit_note.get_formview_action()

    def _get_paid_part(self):
        """Return what is paid for these credits as a part of their invoice line's amount, 1.0 when it is all of it.

        It is less after discounts on lines of their own and after credit notes that took no credits.
        """
        self.ensure_one()
        lot_sudo = self.sudo()  # sudo: money, of which only the share is told
        moves_sudo = lot_sudo.move_ids
        paid = sum(
            move.value for move in moves_sudo if move.kind == "grant" or (move.kind == "refund" and not move.credits)
        )
        billed = -lot_sudo.invoice_line_id.balance
        return max(paid, 0.0) / billed if billed > 0 and lot_sudo.deferred_account_id else 1.0

    @api.model
    def _get_refundable_lots_sudo(self, line):
        """Return the lots that a credit note line may take from: the one of the line it credits, then the others of
        its invoice; without an invoice those that the patient bought, newest first. All of one balance post.
        """
        sold, origin = line.practice_sold_line_id, line.move_id.reversed_entry_id
        domain = Domain("package_id", "=", line.practice_package_id.id)
        domain &= Domain("company_id", "=", line.company_id.id)
        # What was transferred stays credits of its invoice as long as its money is that of the same customer.
        if invoice := sold.move_id or origin:
            domain &= Domain("invoice_id", "=", invoice.id)
        else:
            domain &= Domain("partner_id", "=", line._practice_get_patient().id) & Domain("origin", "=", "invoice")
            domain &= self._get_own_domain()
        lots_sudo = self.sudo().search(domain, order="id desc")  # sudo: a credit note may be posted by any accountant
        billed_sudo = lots_sudo.filtered(lambda lot: not lot.source_lot_id).payer_id.commercial_partner_id
        lots_sudo = lots_sudo.filtered(
            lambda lot: not lot.source_lot_id or lot.payer_id.commercial_partner_id in billed_sudo
        )
        lots_sudo = lots_sudo.sorted(
            lambda lot: (lot.invoice_line_id != sold, bool(lot.source_lot_id), not lot.credits_available)
        )
        return lots_sudo.filtered(lambda lot: lot.deferred_account_id == lots_sudo[0].deferred_account_id)

    @api.model
    def _prepare_refunds(self, line):
        """Return the movements of a credit note line: its credits and its amount, shared over the lots it takes from.

        :raises UserError: when more credits are asked back than are available, or before the day they were sold
        :raises AccessError: when it gives back more than they hold and the user is no accountant
        """
        lots_sudo, credits = self._get_refundable_lots_sudo(line), -line._practice_get_package_credits()
        if not lots_sudo or credits > sum(lots_sudo.mapped("credits_available")):
            lots_sudo._raise_too_many(self.env._("Credits that this credit note asks back: %s.", credits))
        amount = line._practice_get_deferred_amount()
        parts = lots_sudo._share_credited(credits, amount) if credits else lots_sudo._share_price_reduction(amount)
        line._practice_check_refund_date(self.browse().union(*(lot for lot, _taken, _value in parts)))
        line._practice_follow_customer(lots_sudo)
        currency = line.company_currency_id
        excess = currency.round(sum(max(value - lot.value_open, 0.0) for lot, _taken, value in parts))
        if excess > 0:
            line._practice_check_excess(excess, lots_sudo[0].income_account_id.sudo(False))
        return [
            {
                "lot": lot,
                "kind": "refund",
                "credits": taken,
                "value": -value,
                "date": line.move_id.date,
                "invoice_line_id": line.id,
            }
            for lot, taken, value in parts
        ]

    def _share_credited(self, credits, amount):
        """Return ``(lot, credits, value)`` of what is taken back from these lots, in their order.

        The amount is shared like the credits; the last lot takes what rounding left.
        """
        parts = []
        for lot in self:
            taken = min(credits, lot.credits_available)
            if taken:
                value = share_of_value(amount, credits, taken, rounding=lot.currency_id.rounding)
                parts.append((lot, taken, value if lot.deferred_account_id else 0.0))
                amount, credits = lot.currency_id.round(amount - value), credits - taken
        return parts

    def _share_price_reduction(self, amount):
        """Return ``(lot, 0, value)`` of what is given back without credits: as much as each lot holds, in their order.

        What none of them holds (visits that were had are made cheaper) is on the first.
        """
        parts = []
        for lot in self:
            value = min(amount, lot.value_open)
            parts.append((lot, 0, value))
            amount = lot.currency_id.round(amount - value)
        [lot, _taken, value], *others = parts
        return [(lot, 0, lot.currency_id.round(value + amount)), *(part for part in others if part[2])]

    def _raise_too_many(self, start):
        """Refuse to take back credits of these lots, with the numbers.

        :param str start: a sentence that says how many are asked
        """
        total = {name: sum(self.mapped(field)) for name, field in COUNTER_FIELDS.items()}
        # What one of these lots has from another one of them is there once.
        twice = sum(lot.credits_total for lot in self if lot.source_lot_id in self)
        total = {**total, "total": total["total"] - twice, "transferred": total["transferred"] - twice}
        if total["transferred"]:
            raise UserError(
                self.env._(
                    "%(start)s Only %(available)s can go back: of %(total)s, %(used)s are used, %(lost)s lost, "
                    "%(refunded)s refunded, %(reserved)s reserved and %(transferred)s transferred to another patient. "
                    "Credit fewer, cancel the planned appointments, or have the credits transferred back first.",
                    start=start,
                    **total,
                )
            )
        raise UserError(
            self.env._(
                "%(start)s Only %(available)s can go back: of %(total)s, %(used)s are used, %(lost)s lost, "
                "%(refunded)s refunded and %(reserved)s reserved. Credit fewer, or cancel the planned appointments "
                "first.",
                start=start,
                **total,
            )
        )
