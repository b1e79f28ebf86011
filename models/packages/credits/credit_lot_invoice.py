from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.credits import share_of_value


class PracticeCreditLot(models.Model):
    """Credits and invoices: an invoice line gives credits, a credit note takes back what is unused."""

    _inherit = "practice.credit.lot"

    @api.model
    def _follow_posted_lines(self, lines):
        """Give or take back the credits of package lines that have just been posted.

        :raises UserError: when a line is not fit for it; the message names the line and says what to do
        """
        grants, refunds = self.env["account.move.line"], self.env["account.move.line"]
        for line in lines:
            credits = line._practice_get_package_credits()
            if credits > 0:
                grants += line
            elif credits < 0:
                refunds += line
        if grants:
            self._grant_lines(grants)
        if refunds:
            self._refund_lines(refunds)

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
            for kind in ("grant", "refund", "adjust"):
                of_kind = of_line.filtered(lambda move, kind=kind: move.kind == kind)
                credits, value = sum(of_kind.mapped("credits")), lot.currency_id.round(sum(of_kind.mapped("value")))
                if credits or value:
                    entries.append(
                        {
                            "lot": lot,
                            "kind": kind,
                            "credits": -credits,
                            "value": -value,
                            # The entry vanishes from the books, so the credits vanish on the same day.
                            "date": of_kind[-1:].date,
                            "invoice_line_id": line.id,
                            "income_account_id": of_kind.release_ids[:1].income_account_id.id,
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
        if vals["package_id"] != self.package_id.id:
            # Another package has a validity of its own, which begins anew.
            own |= {"activation_date": False, "expiry_date": False, "expiry_warned": 0}
        self.write(own)
        self._record([self._prepare_grant(vals)])

    # === CREDITED === #

    def action_refund_rest(self):
        """Make the draft credit note for the available credits of this lot; posting it takes them back.

        :raises UserError: when the lot was not sold through an invoice, or nothing is left
        """
        self.ensure_one()
        line = self.invoice_line_id
        if not line or not self.credits_available:
            raise UserError(self.env._("There are no credits left that were sold through an invoice."))
        credit_note = self.env["account.move"].create(line._practice_prepare_refund_vals(self.credits_available))
        return credit_note.get_formview_action()

    @api.model
    def _refund_lines(self, lines):
        for line in lines:
            credits = -line._practice_get_package_credits()
            self._record(self._prepare_refunds(line, credits, self._get_refundable_lots_sudo(line)))

    @api.model
    def _get_refundable_lots_sudo(self, line):
        """Return the lots that a credit note line may take from: of its invoice, else the patient's, newest first."""
        package = line.product_id.package_id
        origin = line.move_id.reversed_entry_id
        domain = Domain("package_id", "=", package.id) & Domain("company_id", "=", line.company_id.id)
        if origin:
            domain &= Domain("invoice_id", "=", origin.id)
        else:
            domain &= Domain("partner_id", "=", line._practice_get_patient().id) & Domain("origin", "=", "invoice")
        return self.sudo().search(domain, order="id desc")  # sudo: a credit note may be posted by any accountant

    @api.model
    def _prepare_refunds(self, line, credits, lots):
        """Share the credits and the amount of a credit note line over the lots it takes back."""
        available = sum(lots.mapped("credits_available"))
        if credits > available:
            lots._raise_too_many(self.env._("Credits that this credit note asks back: %s.", credits))
        amount, entries = line._practice_get_deferred_amount(), []
        for lot in lots:
            taken = min(credits, lot.credits_available)
            if not taken:
                continue
            # The amount is shared like the credits; the last lot takes what rounding left.
            value = share_of_value(amount, credits, taken, rounding=lot.currency_id.rounding)
            entries.append(
                {
                    "lot": lot,
                    "kind": "refund",
                    "credits": taken,
                    "value": -value if lot.deferred_account_id else 0.0,
                    "date": line.move_id.date,
                    "invoice_line_id": line.id,
                }
            )
            amount, credits = lot.currency_id.round(amount - value), credits - taken
        return entries

    def _raise_too_many(self, start):
        """Refuse to take back credits of these lots, with the numbers.

        :param str start: a sentence that says how many are asked
        """
        total = defaultdict(int)
        for lot in self:
            for counter in ("total", "available", "reserved", "used", "lost", "refunded"):
                total[counter] += lot[f"credits_{counter}"]
        raise UserError(
            self.env._(
                "%(start)s Only %(available)s can go back: of %(total)s, %(used)s are used, %(lost)s lost, "
                "%(refunded)s refunded and %(reserved)s reserved. Credit fewer, or cancel the planned appointments "
                "first.",
                start=start,
                **{name: total[name] for name in ("available", "total", "used", "lost", "refunded", "reserved")},
            )
        )
