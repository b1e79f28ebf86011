from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .account_move import WAITING
from .subscription_unpaid import BROKEN


class PracticeSubscription(models.Model):
    """The saved payment method of a subscription."""

    _inherit = "practice.subscription"

    def _set_payment_token(self, token):
        """Collect the invoices of this subscription with ``token`` from now on; an empty one ends that.

        What could not be collected before is charged at once; what the organisation was going to pay by itself, on its
        due date, so that a transfer under way is not paid twice.

        :raises UserError: when the method is no longer valid, or not one of this organisation with this company
        """
        self.ensure_one()
        # sudo: doors check who may; the method itself is not shown to them
        token, me, organisation = token.sudo(), self.sudo(), self.organisation_id.commercial_partner_id
        if token and (
            not token.active
            or token.partner_id.commercial_partner_id != organisation
            or token.company_id != self.company_id
        ):
            raise UserError(
                self.env._("This payment method cannot be used for %s: add one of the organisation.", self.display_name)
            )
        if me.payment_token_id == token:
            return
        me.payment_token_id = token
        invoices = me._get_unpaid_invoices()
        if not token:
            invoices.filtered(lambda it: it.practice_collection in WAITING).practice_collect_date = False
            return
        today = self.company_id._practice_day()
        for invoice in invoices.filtered(lambda it: it.practice_collection in (*WAITING, *BROKEN, False)):
            waits = not invoice.practice_collection and invoice.invoice_date_due
            invoice.practice_collect_date = max(waits or today, today)
        invoices._collect_soon()

    def _get_unpaid_invoices(self):
        """Return the posted invoices of this subscription that are not paid, oldest first."""
        self.ensure_one()
        domain = self._get_unpaid_domain() & Domain("practice_subscription_id", "=", self.id)
        return self.env["account.move"].search(domain, order="invoice_date, id")


class PaymentToken(models.Model):
    _inherit = "payment.token"

    practice_expiry_date = fields.Date(
        string="Good Until", readonly=True, help="Last day on which the card can be charged, as far as it is known."
    )
    practice_expiry_warned = fields.Boolean(readonly=True)

    def _handle_archiving(self):
        """A method that is removed collects nothing any more."""
        result = super()._handle_archiving()
        # sudo: whoever may remove the method
        subscriptions = self.env["practice.subscription"].sudo().search([("payment_token_id", "in", self.ids)])
        for subscription in subscriptions:
            subscription._set_payment_token(self.browse())
        return result
