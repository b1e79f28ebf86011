from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.subscriptions.agreement.subscription import BILLED
from ...models.subscriptions.portal.subscription_doors import REASONS
from ...tools.periods import INTERVAL_MONTHS
from .account import of_account
from .portal import OrganisationPortal


class OrganisationPlan(OrganisationPortal):
    """Selecting, changing and cancelling the plan."""

    def _practice_find_plan_sudo(self, account, plan):
        """Return the offered plan with this id, or none; others look like plans that never were."""
        plans_sudo = request.env["practice.plan"]._get_published_sudo(account.company)
        return plans_sudo.filtered(lambda it: str(it.id) == str(plan))

    @http.route("/my/subscription/plans", type="http", auth="user", website=True, readonly=True)
    @of_account()
    def practice_show_plans(self, account, /, interval=None, **kw):
        """Show the plans side by side; running subscriptions change, others begin."""
        subscription_sudo, company_sudo = account.subscription, account.company
        interval = interval if interval in INTERVAL_MONTHS else subscription_sudo.interval or "month"
        plans_sudo = request.env["practice.plan"]._get_published_sudo(company_sudo)
        checkout_sudo = request.env["practice.subscription.checkout"]._get_open_sudo(account.organisation, company_sudo)
        runs = subscription_sudo.state in BILLED
        values = self._practice_prepare_account_values(
            account,
            section="plans",
            interval=interval,
            cards=plans_sudo._prepare_portal_cards(
                interval, subscription_sudo.filtered(lambda it: runs), company_sudo._practice_day()
            ),
            offers={} if runs else self._practice_prepare_plan_offers(account, plans_sudo, interval),
            runs=runs,
            under_way=checkout_sudo._is_under_way(),
            seat_count=subscription_sudo.seat_count,
            practitioners=subscription_sudo._describe_practitioners(subscription_sudo.seat_count),
        )
        return request.render("practice_billing.portal_plans", values)

    def _practice_prepare_plan_offers(self, account, plans_sudo, interval):
        """Return ``{plan: what it costs this organisation now}``; a plan without such a price has none."""
        # sudo: not saved, only to ask for the price
        checkouts_sudo = request.env["practice.subscription.checkout"].sudo()
        offers = {}
        for plan_sudo in plans_sudo:
            draft_sudo = checkouts_sudo.new(
                {
                    "organisation_id": account.organisation.id,
                    "company_id": account.company.id,
                    "subscription_id": account.subscription.id,
                    "plan_id": plan_sudo.id,
                    "interval": interval,
                }
            )
            try:
                offers[plan_sudo.id] = draft_sudo._get_preview()
            except UserError:
                continue
        return offers

    # === CHANGE === #

    @http.route("/my/subscription/change", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account(needs_subscription=True)
    def practice_change_plan(self, account, /, plan=None, interval="month", code="", shown=None, confirm=None, **kw):
        """Show what a change of plan costs, with a code when one is given, then do it."""
        subscription_sudo, plan_sudo = account.subscription, self._practice_find_plan_sudo(account, plan)
        if not plan_sudo or interval not in INTERVAL_MONTHS or subscription_sudo.state not in BILLED:
            return self._practice_redirect("/my/subscription/plans", account)
        if not subscription_sudo.payment_token_id.active:
            self._practice_say(
                request.env._("Add an automatic payment method first: a card or direct debit."), "warning"
            )
            return self._practice_redirect("/my/subscription/method", account)
        if account.organisation._practice_get_open_terms_sudo(account.company, plan_sudo):
            query = self._practice_get_query(account)
            return request.redirect(
                f"/my/subscription/terms{query}&plan={plan_sudo.id}&interval={interval}&back=change"
            )
        is_sent, problem, change = request.httprequest.method == "POST", None, {}
        # An address is opened by anybody; a code is tried by a form.
        code = code if is_sent else ""
        if confirm and is_sent:
            problem = self._practice_try_code(
                account, code, lambda: subscription_sudo._portal_change_plan(plan_sudo, interval, code, shown)
            )
            if not problem:
                self._practice_say(request.env._("Your plan is updated."))
                return self._practice_redirect("/my/subscription", account)
            code = ""
        elif code:
            problem = self._practice_try_code(
                account,
                code,
                lambda: change.update(self._practice_find_change(subscription_sudo, plan_sudo, interval, code)),
            )
        change = change or self._practice_prepare_plan_change(subscription_sudo, plan_sudo, interval)
        change["problem"] = problem or change["problem"]
        values = self._practice_prepare_account_values(
            account, section="change", plan=plan_sudo, interval=interval, code=code, **change
        )
        return request.render("practice_billing.portal_change", values)

    def _practice_prepare_plan_change(self, subscription_sudo, plan_sudo, interval):
        """Return what a change costs without a code, or why it cannot be."""
        try:
            return self._practice_find_change(subscription_sudo, plan_sudo, interval)
        except UserError as error:
            return {"preview": None, "shown": "", "when": None, "problem": str(error)}

    def _practice_find_change(self, subscription_sudo, plan_sudo, interval, code=""):
        """Return what a change costs.

        :raises UserError: when it cannot be, or the code is refused
        """
        when, preview = subscription_sudo._portal_get_change(plan_sudo, interval, code)
        shown = subscription_sudo._describe_shown(when, preview)
        return {"when": when, "preview": preview, "shown": shown, "problem": None}

    @http.route("/my/subscription/change/withdraw", type="http", auth="user", website=True, methods=["POST"])
    @of_account(needs_subscription=True)
    def practice_withdraw_plan_change(self, account, /, **kw):
        self._practice_try(account.subscription._portal_withdraw_change, request.env._("You stay on your plan."))
        return self._practice_redirect("/my/subscription", account)

    # === CANCEL === #

    @http.route("/my/subscription/cancel", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account(needs_subscription=True)
    def practice_cancel_subscription(self, account, /, reason=None, note="", **kw):
        """Ask why, say until when everything goes on, then cancel."""
        subscription_sudo = account.subscription
        if request.httprequest.method == "POST" and self._practice_try(
            lambda: subscription_sudo._portal_cancel(reason, note), request.env._("Your subscription is cancelled.")
        ):
            return self._practice_redirect("/my/subscription", account)
        labels = dict(subscription_sudo._fields["cancel_reason"]._description_selection(request.env))
        values = self._practice_prepare_account_values(
            account, section="cancel", reasons=[(key, labels[key]) for key in REASONS], note=note, chosen=reason
        )
        return request.render("practice_billing.portal_cancel", values)

    @http.route("/my/subscription/cancel/undo", type="http", auth="user", website=True, methods=["POST"])
    @of_account(needs_subscription=True)
    def practice_withdraw_cancellation(self, account, /, **kw):
        self._practice_try(account.subscription._portal_undo_cancel, request.env._("Your subscription goes on."))
        return self._practice_redirect("/my/subscription", account)
