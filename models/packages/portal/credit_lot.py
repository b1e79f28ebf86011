from odoo import api, models
from odoo.fields import Domain


class PracticeCreditLot(models.Model):
    """What patients see of credits on the portal."""

    _inherit = "practice.credit.lot"

    @api.model
    def _practice_get_portal_domain(self, patients, *, only_open=False):
        """Return the credits of ``patients`` and those shared with them, without sales that were undone."""
        states = ("pending", "active") if only_open else ("pending", "active", "used_up", "expired")
        return self._get_usable_domain(patients) & Domain("state", "in", states) & self._get_own_domain()

    def _prepare_portal_cards(self, patients):
        """Return what a card shows of each lot: numbers for everybody, the history only for whom it belongs to."""
        cards = []
        for lot in self:
            own = lot.partner_id in patients
            cards.append(
                {
                    "lot": lot,
                    "own": own,
                    "expiry": lot._describe_expiry(),
                    "facts": lot._prepare_facts() if own else [],
                    **lot._prepare_portal_parts(),
                    "rows": lot._prepare_history()[::-1] if own else [],
                }
            )
        return cards

    def _prepare_portal_parts(self):
        """Return in words what is paid of these credits, and where the next part is: for who may see the invoice."""
        self.ensure_one()
        invoice = self.invoice_id.with_user(self.env.user)
        if not self._is_unpaid() or not self.is_in_parts or not invoice.has_access("read"):
            return {"parts": "", "pay_url": ""}
        payable = self.invoice_id._has_to_be_paid()
        return {
            "parts": self._describe_parts(with_amount=True),
            # Odoo's page of the invoice knows the parts: it offers the next one, or all.
            "pay_url": f"/my/invoices/{invoice.id}?payment=True#portal_pay" if payable else "",
        }
