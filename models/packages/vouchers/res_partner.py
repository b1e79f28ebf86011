from odoo import fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Gift vouchers that a patient gave or redeemed."""

    _inherit = "res.partner"

    practice_voucher_count = fields.Integer(
        compute="_compute_practice_voucher_count",
        groups="practice_billing.group_user,account.group_account_readonly",
    )

    def _compute_practice_voucher_count(self):
        vouchers = self.env["practice.gift.voucher"].search_fetch(
            self._practice_get_voucher_domain(), ["buyer_id", "redeemed_partner_id"]
        )
        for partner in self:
            partner.practice_voucher_count = len(
                vouchers.filtered(lambda it, who=partner._origin: who in it.buyer_id | it.redeemed_partner_id)
            )

    def action_open_practice_vouchers(self):
        """Open the gift vouchers of this patient."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_gift_voucher_action")
        return {**action, "domain": list(self._practice_get_voucher_domain()), "context": {}}

    def _practice_get_voucher_domain(self):
        """Return the vouchers that these people gave or redeemed."""
        return Domain("buyer_id", "in", self.ids) | Domain("redeemed_partner_id", "in", self.ids)
