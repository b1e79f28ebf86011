from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.payment.controllers.portal import PaymentPortal

from ...tools.periods import INTERVAL_MONTHS
from ..payment import is_offered
from .account import of_account
from .plan import OrganisationPlan


class OrganisationCheckout(OrganisationPlan, PaymentPortal):
    """Paying for a plan, and saving a payment method: Odoo's payment form, with amounts that the models say."""

    # === CHECKOUT === #

    @http.route("/my/subscription/checkout/start", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_start_checkout(self, account, /, plan=None, interval="month", **kw):
        """Choose a plan."""
        chosen = self._practice_find_plan_sudo(account, plan)
        checkouts = request.env["practice.subscription.checkout"]
        if not chosen or interval not in INTERVAL_MONTHS:
            self._practice_say(request.env._("This plan is not offered. Choose another one."), "danger")
        elif self._practice_try(lambda: checkouts._start(account.organisation, account.company, chosen, interval)):
            return self._practice_redirect("/my/subscription/checkout", account)
        return self._practice_redirect("/my/subscription/plans", account)

    @http.route("/my/subscription/checkout", type="http", auth="user", website=True)
    @of_account()
    def practice_show_checkout(self, account, /, **kw):
        """Show the first invoice, take a code, and have it paid."""
        checkout = request.env["practice.subscription.checkout"]._get_open(account.organisation, account.company)
        if not checkout:
            return self._practice_redirect(
                "/my/subscription" if account.subscription else "/my/subscription/plans", account
            )
        values = {"checkout": checkout, "section": "checkout", "address": self._practice_get_address_sudo(account)}
        if checkout._is_under_way():
            values["under_way"] = True
        else:
            values |= self._practice_prepare_checkout_values(account, checkout)
        return request.render(
            "practice_billing.portal_checkout", self._practice_prepare_account_values(account, **values)
        )

    def _practice_prepare_checkout_values(self, account, checkout):
        """Return the price as it is now, what stands in the way of paying it, and else Odoo's form."""
        try:
            preview = checkout._refresh_amount()
        except UserError as error:
            return {"problem": str(error)}
        values = {"preview": preview, "failed": checkout._get_failure()}
        try:
            checkout._check_ready()
        except UserError as error:
            return {**values, "address_problem": str(error)}
        route = f"/my/subscription/checkout/{checkout.id}/transaction"
        is_validation = not preview["total"]
        context = self._practice_prepare_payment_context(checkout, route, preview["total"], is_validation)
        context["landing_route"] = "/my/subscription/checkout/done" + self._practice_get_query(account)
        return {**values, **context, "is_validation": is_validation, "free_token": context["tokens_sudo"][:1]}

    def _practice_prepare_payment_context(self, record, route, amount, is_validation):
        """Return what Odoo's payment form needs; only providers and methods that can be saved.

        :param record: a checkout or a subscription: its organisation pays its company
        """
        partner, company = record.organisation_id.commercial_partner_id, record.company_id
        currency, report = record.currency_id, {}
        # sudo: portal users cannot read providers, methods and tokens; all are those of the organisation and company
        providers = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                company.id,
                partner.id,
                amount,
                currency_id=currency.id,
                force_tokenization=True,
                is_validation=is_validation,
                report=report,
            )
        )
        methods = (
            request.env["payment.method"]
            .sudo()  # sudo: as above
            ._get_compatible_payment_methods(
                providers.ids, partner.id, currency_id=currency.id, force_tokenization=True, report=report
            )
        )
        tokens = request.env["payment.token"].sudo()  # sudo: as above
        tokens = tokens._get_available_tokens(providers.ids, partner.id)
        return {
            "mode": "validation" if is_validation else "payment",
            "allow_token_selection": not is_validation,
            "reference_prefix": self._practice_get_reference(record),
            "amount": amount,
            "currency": currency,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "tokens_sudo": tokens,
            "availability_report": report,
            "show_tokenize_input_mapping": dict.fromkeys(providers.ids, False),
            "transaction_route": route,
            "access_token": None,
            "res_company": company,
        }

    def _practice_get_reference(self, record):
        subscription = record if record._name == "practice.subscription" else record.subscription_id
        return subscription.name or f"SUB-{record.id}"

    @http.route("/my/subscription/checkout/code", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_set_checkout_code(self, account, /, code="", **kw):
        checkout = request.env["practice.subscription.checkout"]._get_open(account.organisation, account.company)
        if checkout:
            done = request.env._("The discount code is applied.") if code.strip() else None
            self._practice_try(lambda: checkout._set_code(code), done)
        return self._practice_redirect("/my/subscription/checkout", account)

    @http.route("/my/subscription/checkout/free", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_finish_free_checkout(self, account, /, **kw):
        """Begin with nothing to pay now and a method that is saved already."""
        checkout = request.env["practice.subscription.checkout"]._get_open(account.organisation, account.company)
        if checkout:
            tokens = self._practice_prepare_payment_context(checkout, "", 0.0, False)["tokens_sudo"]
            if tokens and self._practice_try(lambda: checkout._finish_without_payment(tokens[:1])):
                return self._practice_redirect("/my/subscription/checkout/done", account)
        return self._practice_redirect("/my/subscription/checkout", account)

    @http.route("/my/subscription/checkout/<int:checkout_id>/transaction", type="jsonrpc", auth="user")
    def practice_create_checkout_transaction(
        self, checkout_id, provider_id=None, payment_method_id=None, token_id=None, flow=None, **kwargs
    ):
        """Make the transaction of a checkout and return what the browser needs to go on.

        Whatever else the request says (amount, currency, partner, landing route) is not looked at.

        :raises UserError: see ``_begin_payment``; also for a method that was not offered
        """
        accounts = request.env.user.partner_id._get_portal_accounts()
        checkouts = request.env["practice.subscription.checkout"]
        mine = ((account, checkouts._get_open(account.organisation, account.company)) for account in accounts)
        account, checkout = next(((account, it) for account, it in mine if it.id == checkout_id), (None, None))
        if not checkout:
            raise UserError(request.env._("This was paid or withdrawn already. Load the page again."))
        amount = checkout._begin_payment()
        return self._practice_pay(
            checkout,
            amount,
            {"practice_checkout_id": checkout.id},
            "/my/subscription/checkout/done" + self._practice_get_query(account),
            provider_id=provider_id,
            payment_method_id=payment_method_id,
            token_id=token_id,
            flow=flow,
        )

    def _practice_pay(self, record, amount, vals, landing_route, *, provider_id, payment_method_id, token_id, flow):
        """Make a transaction that saves its method for the organisation, of what the page offered only."""
        is_validation = not amount
        context = self._practice_prepare_payment_context(record, "", amount, is_validation)
        # A validation is for a method that is not saved yet.
        tokens_sudo = context["tokens_sudo"].browse() if is_validation else context["tokens_sudo"]
        if not is_offered(
            context["providers_sudo"],
            context["payment_methods_sudo"],
            tokens_sudo,
            flow=flow,
            provider_id=provider_id,
            payment_method_id=payment_method_id,
            token_id=token_id,
        ):
            raise UserError(request.env._("This payment method is not offered. Choose another one."))
        transaction = self._create_transaction(
            provider_id,
            payment_method_id,
            token_id if flow == "token" else None,
            amount or None,
            record.currency_id.id,
            context["partner_id"],
            flow,
            True,
            landing_route,
            reference_prefix=context["reference_prefix"],
            is_validation=is_validation,
            custom_create_values=vals,
            practice_saves_method=True,
        )
        return transaction._get_processing_values()

    @http.route("/my/subscription/checkout/done", type="http", auth="user", website=True)
    @of_account()
    def practice_show_checkout_result(self, account, /, **kw):
        """Say how it went, wherever the payment is by now."""
        checkout = request.env["practice.subscription.checkout"]._get_last(account.organisation, account.company)
        if checkout.state == "draft" and not checkout._is_under_way():
            return self._practice_redirect("/my/subscription/checkout", account)
        if checkout.state == "done":
            self._practice_say(request.env._("Welcome: your subscription is active."))
        return self._practice_redirect("/my/subscription", account)

    # === PAYMENT METHODS === #

    @http.route("/my/subscription/method", type="http", auth="user", website=True)
    @of_account(needs_subscription=True)
    def practice_show_methods(self, account, /, **kw):
        """Show the saved methods, and Odoo's form that adds one."""
        subscription = account.subscription
        route = f"/my/subscription/method/{subscription.id}/transaction"
        context = self._practice_prepare_payment_context(subscription, route, 0.0, True)
        values = self._practice_prepare_account_values(
            account,
            **{
                **context,
                "tokens_sudo": context["tokens_sudo"].browse(),
                "section": "method",
                "tokens": subscription._portal_get_tokens(),
                "landing_route": "/my/subscription/method" + self._practice_get_query(account),
            },
        )
        return request.render("practice_billing.portal_method", values)

    @http.route("/my/subscription/method/<int:subscription_id>/transaction", type="jsonrpc", auth="user")
    def practice_create_method_transaction(
        self, subscription_id, provider_id=None, payment_method_id=None, flow=None, **kwargs
    ):
        """Make the validation that saves a method for the organisation.

        :raises UserError: when the login does not run this subscription, or the method was not offered
        """
        accounts = request.env.user.partner_id._get_portal_accounts()
        account = next((it for it in accounts if it.subscription.id == subscription_id), None)
        if not account:
            raise UserError(request.env._("There is no such subscription."))
        return self._practice_pay(
            account.subscription,
            0.0,
            {"practice_method_subscription_id": subscription_id},
            "/my/subscription/method" + self._practice_get_query(account),
            provider_id=provider_id,
            payment_method_id=payment_method_id,
            token_id=None,
            flow=flow,
        )

    @http.route(
        "/my/subscription/method/<int:token_id>/<string:what>", type="http", auth="user", website=True, methods=["POST"]
    )
    @of_account(needs_subscription=True)
    def practice_change_method(self, account, /, token_id, what, **kw):
        """Collect with another saved method, or remove one."""
        subscription = account.subscription
        if what == "use":
            done = request.env._("Invoices are collected with this method from now on.")
            self._practice_try(lambda: subscription._portal_use_token(token_id), done)
        elif what == "remove":
            self._practice_try(
                lambda: subscription._portal_remove_token(token_id), request.env._("The method is removed.")
            )
        return self._practice_redirect("/my/subscription/method", account)
