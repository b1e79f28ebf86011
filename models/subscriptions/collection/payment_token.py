from odoo import fields, models


class PaymentToken(models.Model):
    """Saved methods of organisations are for their administrators.

    Odoo shows the methods of a company to all its contacts; here they pay for everybody's subscription.
    """

    _inherit = "payment.token"

    practice_expiry_warned = fields.Boolean(readonly=True)

    def _handle_archiving(self):
        """A method that is removed collects nothing any more."""
        result = super()._handle_archiving()
        # sudo: whoever may remove the method
        subscriptions_sudo = self.env["practice.subscription"].sudo().search([("payment_token_id", "in", self.ids)])
        for subscription_sudo in subscriptions_sudo:
            subscription_sudo._set_payment_token(self.browse())
        return result

    def _get_available_tokens(self, *args, **kwargs):
        tokens = super()._get_available_tokens(*args, **kwargs)
        return tokens.filtered(lambda token: token._practice_is_for_user())

    def _practice_is_for_user(self):
        """Return whether the user may see, use and remove this method: staff, the administrators, whose own it is."""
        self.ensure_one()
        user, partner_sudo = self.env.user, self.sudo().partner_id  # sudo: whose it is
        organisation_sudo = partner_sudo.commercial_partner_id
        if user._is_internal() or not organisation_sudo._practice_is_subscriber():
            return True
        if organisation_sudo._practice_is_administrator():
            return True
        return partner_sudo == user.partner_id and partner_sudo != organisation_sudo
