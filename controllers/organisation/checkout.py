from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_amount

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
        plan_sudo = self._practice_find_plan_sudo(account, plan)
        checkouts = request.env["practice.subscription.checkout"]
        if not plan_sudo or interval not in INTERVAL_MONTHS:
            self._practice_say(request.env._("This plan is not offered. Choose another one."), "danger")
        elif self._practice_try(
            lambda: checkouts._start_sudo(account.organisation, account.company, plan_sudo, interval)
        ):
            return self._practice_redirect("/my/subscription/checkout", account)
        return self._practice_redirect("/my/subscription/plans", account)

    @http.route("/my/subscription/checkout", type="http", auth="user", website=True)
    @of_account()
    def practice_show_checkout(self, account, /, **kw):
        """Show the first invoice, take a code, and have it paid."""
        checkout_sudo = request.env["practice.subscription.checkout"]._get_open_sudo(
            account.organisation, account.company
        )
        if not checkout_sudo:
            return self._practice_redirect(
                "/my/subscription" if account.subscription else "/my/subscription/plans", account
            )
        values = {"checkout": checkout_sudo, "section": "checkout", "address": self._practice_get_address_sudo(account)}
        if checkout_sudo._is_under_way():
            values["under_way"] = True
        else:
            values |= self._practice_prepare_checkout_values(account, checkout_sudo)
        return request.render(
            "practice_billing.portal_checkout", self._practice_prepare_account_values(account, **values)
        )

    def _practice_prepare_checkout_values(self, account, checkout_sudo):
        """Return the price as it is now, what stands in the way of paying it, and else Odoo's form."""
        try:
            preview = checkout_sudo._refresh_amount()
        except UserError as error:
            return {"problem": str(error)}
        plan_sudo, interval = checkout_sudo.plan_id, checkout_sudo.interval
        values = {
            "preview": preview,
            "failed": checkout_sudo._get_failure(),
            "coming_price": plan_sudo._describe_coming_price(interval, preview["first_day"]),
        }
        try:
            checkout_sudo._check_ready()
        except UserError as error:
            return {**values, "address_problem": str(error)}
        if terms_sudo := account.organisation._practice_get_open_terms_sudo(account.company, plan_sudo):
            return {**values, "terms": terms_sudo, "plan": plan_sudo, "interval": interval, "back": "checkout"}
        begun_sudo = checkout_sudo._get_begun_payment_sudo()
        if begun_sudo:
            return {**values, "begun": begun_sudo._practice_get_begin_time()}
        route = f"/my/subscription/checkout/{checkout_sudo.id}/transaction"
        is_validation = not preview["total"]
        context = self._practice_prepare_payment_context(checkout_sudo, route, preview["total"], is_validation)
        context["landing_route"] = "/my/subscription/checkout/done" + self._practice_get_query(account)
        return {**values, **context, "is_validation": is_validation, "free_token": context["tokens_sudo"][:1]}

    def _practice_prepare_payment_context(self, record_sudo, route, amount, is_validation):
        """Return what Odoo's payment form needs; only providers and methods that can be saved.

        :param record: a checkout or a subscription: its organisation pays its company
        """
        partner_sudo, company_sudo = record_sudo.organisation_id.commercial_partner_id, record_sudo.company_id
        currency, report = record_sudo.currency_id, {}
        # sudo: portal users cannot read providers, methods and tokens; all are those of the organisation and company
        providers_sudo = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                company_sudo.id,
                partner_sudo.id,
                amount,
                currency_id=currency.id,
                force_tokenization=True,
                is_validation=is_validation,
                report=report,
            )
        )
        methods_sudo = (
            request.env["payment.method"]
            .sudo()  # sudo: as above
            ._get_compatible_payment_methods(
                providers_sudo.ids, partner_sudo.id, currency_id=currency.id, force_tokenization=True, report=report
            )
        )
        tokens_sudo = request.env["payment.token"].sudo()  # sudo: as above
        tokens_sudo = tokens_sudo._get_available_tokens(providers_sudo.ids, partner_sudo.id)
        return {
            "mode": "validation" if is_validation else "payment",
            "allow_token_selection": not is_validation,
            "reference_prefix": self._practice_get_reference(record_sudo),
            "amount": amount,
            "submit_button_label": amount and request.env._("Pay %s", format_amount(request.env, amount, currency)),
            "currency": currency,
            "partner_id": partner_sudo.id,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo,
            "tokens_sudo": tokens_sudo,
            "availability_report": report,
            "show_tokenize_input_mapping": dict.fromkeys(providers_sudo.ids, False),
            "transaction_route": route,
            "access_token": None,
            "res_company": company_sudo,
        }

    def _practice_get_reference(self, record_sudo):
        subscription_sudo = record_sudo if record_sudo._name == "practice.subscription" else record_sudo.subscription_id
        return subscription_sudo.name or f"SUB-{record_sudo.id}"

    @http.route("/my/subscription/checkout/code", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_set_checkout_code(self, account, /, code="", **kw):
        checkout_sudo = request.env["practice.subscription.checkout"]._get_open_sudo(
            account.organisation, account.company
        )
        if checkout_sudo:
            problem = self._practice_try_code(account, code, lambda: checkout_sudo._set_code(code))
            if problem:
                self._practice_say(problem, "danger")
            elif code.strip():
                self._practice_say(request.env._("The discount code is applied."))
        return self._practice_redirect("/my/subscription/checkout", account)

    @http.route("/my/subscription/checkout/restart", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_restart_checkout(self, account, /, **kw):
        """Give up a payment that was begun and left, and pay anew."""
        checkout_sudo = request.env["practice.subscription.checkout"]._get_open_sudo(
            account.organisation, account.company
        )
        if checkout_sudo:
            self._practice_try(checkout_sudo._start_over)
        return self._practice_redirect("/my/subscription/checkout", account)

    @http.route("/my/subscription/checkout/free", type="http", auth="user", website=True, methods=["POST"])
    @of_account()
    def practice_finish_free_checkout(self, account, /, **kw):
        """Begin with nothing to pay now and a method that is saved already."""
        checkout_sudo = request.env["practice.subscription.checkout"]._get_open_sudo(
            account.organisation, account.company
        )
        if checkout_sudo:
            tokens_sudo = self._practice_prepare_payment_context(checkout_sudo, "", 0.0, False)["tokens_sudo"]
            if tokens_sudo and self._practice_try(lambda: checkout_sudo._finish_without_payment(tokens_sudo[:1])):
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
        accounts = request.env.user.partner_id._practice_get_portal_accounts()
        checkouts = request.env["practice.subscription.checkout"]
        mine = ((account, checkouts._get_open_sudo(account.organisation, account.company)) for account in accounts)
        account, checkout_sudo = next(((account, it) for account, it in mine if it.id == checkout_id), (None, None))
        if not checkout_sudo:
            raise UserError(request.env._("This was paid or withdrawn already. Load the page again."))
        amount = checkout_sudo._begin_payment()
        return self._practice_pay(
            checkout_sudo,
            amount,
            {"practice_checkout_id": checkout_sudo.id},
            "/my/subscription/checkout/done" + self._practice_get_query(account),
            provider_id=provider_id,
            payment_method_id=payment_method_id,
            token_id=token_id,
            flow=flow,
        )

    def _practice_pay(
        self, record_sudo, amount, vals, landing_route, *, provider_id, payment_method_id, token_id, flow
    ):
        """Make a transaction that saves its method for the organisation, of what the page offered only."""
        is_validation = not amount
        context = self._practice_prepare_payment_context(record_sudo, "", amount, is_validation)
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
        transaction_sudo = self._create_transaction(
            provider_id,
            payment_method_id,
            token_id if flow == "token" else None,
            amount or None,
            record_sudo.currency_id.id,
            context["partner_id"],
            flow,
            True,
            landing_route,
            reference_prefix=context["reference_prefix"],
            is_validation=is_validation,
            custom_create_values=vals,
            practice_saves_method=True,
        )
        return transaction_sudo._get_processing_values()

    @http.route("/my/subscription/checkout/done", type="http", auth="user", website=True)
    @of_account()
    def practice_show_checkout_result(self, account, /, **kw):
        """Say how it went, wherever the payment is by now."""
        checkout_sudo = request.env["practice.subscription.checkout"]._get_last_checkout(
            account.organisation, account.company
        )
        if checkout_sudo.state == "draft" and not checkout_sudo._is_under_way():
            return self._practice_redirect("/my/subscription/checkout", account)
        if checkout_sudo.state == "done":
            self._practice_say(request.env._("Welcome: your subscription is active."))
        return self._practice_redirect("/my/subscription", account)

    # === PAYMENT METHODS === #

    @http.route("/my/subscription/method", type="http", auth="user", website=True)
    @of_account(needs_subscription=True)
    def practice_show_methods(self, account, /, **kw):
        """Show the saved methods, and Odoo's form that adds one."""
        subscription_sudo = account.subscription
        route = f"/my/subscription/method/{subscription_sudo.id}/transaction"
        context = self._practice_prepare_payment_context(subscription_sudo, route, 0.0, True)
        values = self._practice_prepare_account_values(
            account,
            **{
                **context,
                "tokens_sudo": context["tokens_sudo"].browse(),
                "section": "method",
                "tokens": subscription_sudo._portal_get_tokens(),
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
        accounts = request.env.user.partner_id._practice_get_portal_accounts()
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
        subscription_sudo = account.subscription
        if what == "use":
            done = request.env._("Invoices are collected with this method from now on.")
            self._practice_try(lambda: subscription_sudo._portal_use_token(token_id), done)
        elif what == "remove":
            self._practice_try(
                lambda: subscription_sudo._portal_remove_token(token_id), request.env._("The method is removed.")
            )
        return self._practice_redirect("/my/subscription/method", account)
