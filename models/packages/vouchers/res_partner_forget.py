from odoo import models
from odoo.fields import Domain
from odoo.tools import escape_psql


class ResPartner(models.Model):
    """What is forgotten of gift vouchers, with who gave one and with who got it: name, address and message.

    A code that is open stays: whoever has it can redeem it.
    """

    _inherit = "res.partner"

    def _practice_get_keeping_companies(self):
        return super()._practice_get_keeping_companies() | self._practice_get_all_vouchers_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        vouchers_sudo = self._practice_get_all_vouchers_sudo()
        vouchers_sudo.write({"receiver_name": False, "receiver_email": False, "message": False, "error": False})
        vouchers_sudo.activity_ids.unlink()
        self._practice_forget_messages("practice.gift.voucher", vouchers_sudo.ids)
        return result

    def _practice_get_all_vouchers_sudo(self):
        """Return the vouchers that these people gave, redeemed or were sent, of all companies."""
        domain = self._practice_get_voucher_domain()
        for email in filter(None, self.mapped("email_normalized")):
            domain |= Domain("receiver_email", "=ilike", escape_psql(email))
        # sudo: asked for an administrator, and forgotten
        return self.env["practice.gift.voucher"].sudo().search(domain)
