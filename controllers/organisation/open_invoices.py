from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import request

from .account import of_account
from .checkout import OrganisationCheckout


class OrganisationOpenInvoices(OrganisationCheckout):
    """What is open, and one payment for all of it."""

    @http.route("/my/subscription/open", type="http", auth="user", website=True)
    @of_account(needs_subscription=True, otherwise="/my/subscription/portal")
    def practice_show_open_invoices(self, account, /, **kw):
        """Show the open invoices of the subscription, and Odoo's form that pays all of them."""
        subscription_sudo = account.subscription
        payable_sudo, amount = subscription_sudo._portal_get_payable()
        context = {}
        if amount:
            route = f"/my/subscription/open/{subscription_sudo.id}/transaction"
            context = self._practice_prepare_payment_context(subscription_sudo, route, amount, False)
            context["landing_route"] = "/my/subscription/open" + self._practice_get_query(account)
        values = self._practice_prepare_account_values(
            account,
            **context,
            section="open",
            # With the document's own key: an administrator need not be a contact of the organisation.
            invoices=[
                (it, it.get_portal_url(), subscription_sudo._describe_portal_collection(it))
                for it in subscription_sudo._get_portal_open_invoices()
            ],
            payable=payable_sudo,
        )
        return request.render("practice_billing.portal_open_invoices", values)

    @http.route("/my/subscription/open/<int:subscription_id>/transaction", type="jsonrpc", auth="user")
    def practice_create_open_transaction(
        self, subscription_id, provider_id=None, payment_method_id=None, token_id=None, flow=None, **kwargs
    ):
        """Make the transaction that pays what is open now; whatever amount the request names is not looked at.

        :raises UserError: when the login does not run this subscription, nothing is open, or the method was not offered
        """
        accounts = request.env.user.partner_id._practice_get_portal_accounts()
        account = next((it for it in accounts if it.subscription.id == subscription_id), None)
        if not account:
            raise UserError(request.env._("There is no such subscription."))
        payable_sudo, amount = account.subscription._portal_get_payable()
        if not amount:
            raise UserError(request.env._("Nothing is open any more. Load the page again."))
        return self._practice_pay(
            account.subscription,
            amount,
            {"invoice_ids": [Command.set(payable_sudo.ids)]},
            "/my/subscription/open" + self._practice_get_query(account),
            provider_id=provider_id,
            payment_method_id=payment_method_id,
            token_id=token_id,
            flow=flow,
        )
