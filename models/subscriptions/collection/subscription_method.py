from odoo import fields, models
from odoo.exceptions import UserError

from ...collecting.account_move import BROKEN, WAITING


class PracticeSubscription(models.Model):
    """The saved payment method of a subscription."""

    _inherit = "practice.subscription"

    payment_token_id = fields.Many2one(
        "payment.token",
        string="Payment Method",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="The saved card or direct debit that invoices are collected with. Empty: the organisation pays by itself.",
    )

    def _get_open_credit(self):
        """Return what pays the next invoice before anything else, in the currency of the plan; 0 where that is off."""
        self.ensure_one()
        if not self.company_id.practice_use_open_credit:
            return 0.0
        # sudo: journal items, asked for those who may see the next invoice
        moves_sudo = self.env["account.move"].sudo()
        partner, currency = self._get_invoice_partner().commercial_partner_id, self.plan_id.currency_id
        domain = moves_sudo._practice_get_open_credit_domain(partner, self.company_id, currency)
        return -sum(moves_sudo.line_ids.search(domain).mapped("amount_residual_currency"))

    def _set_payment_token(self, token):
        """Collect the invoices of this subscription with ``token`` from now on; an empty one ends that.

        What could not be collected before is charged at once; what the organisation was going to pay by itself, on its
        due date, so that a transfer under way is not paid twice.

        :raises UserError: when the method is no longer valid, or not one of this organisation with this company
        """
        self.ensure_one()
        # sudo: doors check who may; the method itself is not shown to them
        token_sudo, self_sudo, organisation = token.sudo(), self.sudo(), self.organisation_id.commercial_partner_id
        if token_sudo and (
            not token_sudo.active
            or token_sudo.partner_id.commercial_partner_id != organisation
            or token_sudo.company_id != self.company_id
        ):
            raise UserError(
                self.env._("This payment method cannot be used for %s: add one of the organisation.", self.display_name)
            )
        if self_sudo.payment_token_id == token_sudo:
            return
        self_sudo.payment_token_id = token_sudo
        invoices_sudo = self_sudo._get_unpaid_invoices()
        if not token_sudo:
            invoices_sudo.filtered(lambda it: it.practice_collection in WAITING).practice_collect_date = False
            return
        today = self.company_id._practice_day()
        for invoice_sudo in invoices_sudo.filtered(lambda it: it.practice_collection in (*WAITING, *BROKEN, False)):
            waits = not invoice_sudo.practice_collection and invoice_sudo.invoice_date_due
            invoice_sudo.practice_collect_date = max(waits or today, today)
        invoices_sudo._practice_collect_soon()
