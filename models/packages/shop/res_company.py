from odoo import fields, models


class ResCompany(models.Model):
    """How patients pay what they buy on the portal."""

    _inherit = "res.company"

    practice_portal_invoice = fields.Boolean(
        string="Buy on Invoice",
        default=True,
        help="Patients who buy on the portal may ask for the invoice and pay it later; credits are ready once it is "
        "paid. Otherwise they pay online at once.",
    )

    def _practice_get_portal_providers_sudo(self, partner, amount, currency):
        """Return the payment providers of this company with which ``partner`` can pay ``amount`` on the portal.

        A bank transfer that waits for the practice to see the money is no online payment: the invoice does that.
        """
        self.ensure_one()
        providers_sudo = self.env["payment.provider"].sudo()  # sudo: what the payment form shows to everybody
        if partner.sudo().company_id not in (self.env["res.company"], self):
            return providers_sudo
        found = providers_sudo._get_compatible_providers(self.id, partner.id, amount, currency_id=currency.id)
        return found.filtered(lambda provider: provider.code not in ("none", "custom"))

    def _practice_get_portal_ways(self, user, amount, currency):
        """Return how ``user`` can buy on the portal: ``online``, on ``invoice``, both or not at all."""
        self.ensure_one()
        ways, buyer = [], user.partner_id
        providers = self._practice_get_portal_providers_sudo(buyer, amount, currency)
        methods_sudo = self.env["payment.method"].sudo()  # sudo: only whether there is one
        if providers and methods_sudo._get_compatible_payment_methods(providers.ids, buyer.id, currency_id=currency.id):
            ways.append("online")
        if self.sudo().practice_portal_invoice and buyer._practice_is_reachable(self):  # sudo: a setting
            ways.append("invoice")
        return ways
