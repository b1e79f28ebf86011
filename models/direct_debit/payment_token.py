from odoo import models

from .payment_provider import CODE


class PaymentToken(models.Model):
    """A saved method of this provider stands for a mandate: removing the one revokes the other."""

    _inherit = "payment.token"

    def _practice_get_mandate_sudo(self):
        """Return the mandates that these methods stand for."""
        # sudo: who pays, or a run, need not read mandates; what leaves is checked where it does
        mandates_sudo = self.env["practice.sepa.mandate"].sudo()
        return mandates_sudo.search([("token_id", "in", self.ids)]) if self else mandates_sudo

    def _handle_archiving(self):
        result = super()._handle_archiving()
        self._practice_get_mandate_sudo()._revoke(self.env._("The payment method was removed."))
        return result

    def _build_display_name(self, *args, should_pad=True, **kwargs):
        # An account that is masked already.
        should_pad = should_pad and self.provider_code != CODE
        return super()._build_display_name(*args, should_pad=should_pad, **kwargs)
