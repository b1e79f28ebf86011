from odoo import models


class PaymentToken(models.Model):
    """Saved methods of organisations are for their administrators.

    Odoo shows the methods of a company to all its contacts; here they pay for everybody's subscription.
    """

    _inherit = "payment.token"

    def _get_available_tokens(self, *args, **kwargs):
        tokens = super()._get_available_tokens(*args, **kwargs)
        return tokens.filtered(lambda token: token._is_for_user())

    def _is_for_user(self):
        """Return whether the user may see, use and remove this method: staff, the administrators, whose own it is."""
        self.ensure_one()
        user, partner = self.env.user, self.sudo().partner_id  # sudo: whose it is
        organisation = partner.commercial_partner_id
        if user._is_internal() or not organisation._is_subscriber():
            return True
        if organisation._is_practice_administrator():
            return True
        return partner == user.partner_id and partner != organisation


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _is_subscriber(self):
        """Return whether this organisation has, or had, a subscription, or people who run it."""
        self.ensure_one()
        me = self.sudo()  # sudo: only whether there is one
        return me.is_company and bool(me.practice_administrator_ids or me.practice_subscription_ids)
