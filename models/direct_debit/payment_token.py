from odoo import fields, models

from .payment_provider import CODE


class PaymentToken(models.Model):
    """A saved method of this provider stands for a mandate: removing the one revokes the other."""

    _inherit = "payment.token"

    sepa_mandate_ids = fields.One2many(
        "practice.sepa.mandate",
        "token_id",
        string="Mandate",
        readonly=True,
        copy=False,
        groups="account.group_account_readonly",
        help="One at most.",
    )

    def _practice_get_mandate_sudo(self):
        """Return the mandates that these methods stand for."""
        return self.sudo().sepa_mandate_ids  # sudo: who pays, or a run, need not read mandates

    def _handle_archiving(self):
        result = super()._handle_archiving()
        self._practice_get_mandate_sudo()._revoke(self.env._("The payment method was removed."))
        return result

    def _build_display_name(self, *args, should_pad=True, **kwargs):
        # An account that is masked already.
        should_pad = should_pad and self.provider_code != CODE
        return super()._build_display_name(*args, should_pad=should_pad, **kwargs)
