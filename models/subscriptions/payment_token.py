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

    def _handle_archiving(self):
        """Collect nothing more with a method that was removed."""
        # sudo: whoever may remove the method
        subscriptions = self.env["practice.subscription"].sudo().search([("payment_token_id", "in", self.ids)])
        for subscription in subscriptions:
            subscription._set_payment_token(self.browse())
        return super()._handle_archiving()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _is_subscriber(self):
        """Return whether this organisation has, or had, a subscription, or people who run it."""
        self.ensure_one()
        me = self.sudo()  # sudo: only whether there is one
        return me.is_company and bool(me.practice_administrator_ids or me.practice_subscription_ids)
