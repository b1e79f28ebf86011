from odoo import models
from odoo.exceptions import UserError


class PracticeSubscription(models.Model):
    """Automatic payment: the saved method of a subscription, and when its invoices are charged to it."""

    _inherit = "practice.subscription"

    # === THE SAVED METHOD === #

    def _set_payment_token(self, token):
        """Collect the invoices of this subscription with ``token`` from now on; an empty one ends that.

        :raises UserError: when the method is no longer valid, or not one of this organisation with this company
        """
        self.ensure_one()
        # sudo: doors check who may; the method itself is not shown to them
        token, organisation = token.sudo(), self.organisation_id.commercial_partner_id
        if token and (
            not token.active
            or token.partner_id.commercial_partner_id != organisation
            or token.company_id != self.company_id
        ):
            raise UserError(
                self.env._(
                    "This payment method cannot be used for %s: add one of the organisation.", self.display_name
                )
            )
        self.sudo().payment_token_id = token  # sudo: as above
