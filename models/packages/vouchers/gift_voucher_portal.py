from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date


class PracticeGiftVoucher(models.Model):
    """What is shown on the portal: to who gave a voucher, and to who has its code."""

    _inherit = "practice.gift.voucher"

    @api.model
    def _get_given_domain(self, buyer):
        """Return the vouchers that this person gave; what is not sold yet is a purchase that waits."""
        return Domain("buyer_id", "=", buyer.id) & Domain("state", "!=", "draft")

    def _prepare_given(self):
        """Return what who gave these vouchers reads of them: what became of each, and nothing of who redeemed it."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        return [
            {
                "id": voucher.id,
                "what": voucher.package_id.name,
                "credits": voucher.credits,
                "receiver": voucher.receiver_name or "",
                "email": voucher.receiver_email or "",
                "code": voucher.name,
                "state": voucher.state,
                "label": labels[voucher.state],
                "until": self._describe_day(voucher.valid_until),
                "sent": self._describe_day(voucher._get_day(voucher.sent_on)),
                "send_on": self._describe_day(voucher.send_date),
                "redeemed": self._describe_day(voucher._get_day(voucher.redeemed_on)),
            }
            for voucher in self
        ]

    def _prepare_found(self):
        """Return what who has the code reads of this voucher before it is redeemed, and after."""
        self.ensure_one()
        lot, today = self.lot_id, self.company_id._practice_day()
        problem = self._find_problem()
        return {
            "what": self.package_id.name,
            "credits": self.credits,
            "company": self.company_id.name,
            "giver": self.buyer_id.name,
            "message": self.message or "",
            "until": self._describe_day(self.valid_until),
            "usable_until": "" if problem else self._describe_day(lot._get_expiry_once_redeemed(today)),
            "usable_months": lot.validity_months if lot.validity_from == "first_visit" else 0,
            "problem": problem,
        }

    def _get_day(self, moment):
        return moment and self.company_id._practice_day(moment)

    @api.model
    def _describe_day(self, day):
        return format_date(self.env, day) if day else ""
