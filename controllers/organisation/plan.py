from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.subscriptions.portal.subscription_doors import REASONS
from ...models.subscriptions.agreement.subscription import BILLED
from ...tools.periods import INTERVAL_MONTHS
from .account import of_account
from .portal import OrganisationPortal


class OrganisationPlan(OrganisationPortal):
    """Selecting, changing and cancelling the plan."""

    def _practice_find_plan_sudo(self, account, plan):
        """Return the offered plan with this id, or none; others look like plans that never were."""
        plans = request.env["practice.plan"]._get_published(account.company)
        return plans.filtered(lambda it: str(it.id) == str(plan))

    @http.route("/my/subscription/plans", type="http", auth="user", website=True)
    @of_account()
    def practice_show_plans(self, account, /, interval=None, **kw):
        """Show the plans side by side; running subscriptions change, others begin."""
        subscription, company = account.subscription, account.company
        interval = interval if interval in INTERVAL_MONTHS else subscription.interval or "month"
        plans = request.env["practice.plan"]._get_published(company)
        checkout = request.env["practice.subscription.checkout"]._get_open(account.organisation, company)
        values = self._practice_prepare_account_values(
            account,
            section="plans",
            interval=interval,
            cards=plans._prepare_portal_cards(interval, company._practice_day()),
            offers={} if subscription.state in BILLED else self._practice_prepare_plan_offers(account, plans, interval),
            runs=subscription.state in BILLED,
            under_way=checkout._is_under_way(),
            seat_count=subscription.seat_count if subscription else 0,
        )
        return request.render("practice_billing.portal_plans", values)

    def _practice_prepare_plan_offers(self, account, plans, interval):
        """Return ``{plan: what it costs this organisation now}``; a plan without such a price has none."""
        checkouts = request.env["practice.subscription.checkout"].sudo()  # sudo: not saved, only to ask for the price
        offers = {}
        for plan in plans:
            draft = checkouts.new(
                {
                    "organisation_id": account.organisation.id,
                    "company_id": account.company.id,
                    "subscription_id": account.subscription.id,
                    "plan_id": plan.id,
                    "interval": interval,
                }
            )
            try:
                offers[plan.id] = draft._get_preview()
            except UserError:
                continue
        return offers

    # === CHANGE === #

    @http.route("/my/subscription/change", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account(needs_subscription=True)
    def practice_change_plan(self, account, /, plan=None, interval="month", code="", shown=None, confirm=None, **kw):
        """Show what a change of plan costs, with a code when one is given, then do it."""
        subscription, chosen = account.subscription, self._practice_find_plan_sudo(account, plan)
        if not chosen or interval not in INTERVAL_MONTHS or subscription.state not in BILLED:
            return self._practice_redirect("/my/subscription/plans", account)
        if not subscription.payment_token_id.active:
            self._practice_say(
                request.env._("Add an automatic payment method first: a card or direct debit."), "warning"
            )
            return self._practice_redirect("/my/subscription/method", account)
        problem = None
        if confirm and request.httprequest.method == "POST":
            problem = self._practice_attempt(lambda: subscription._portal_change_plan(chosen, interval, code, shown))
            if not problem:
                self._practice_say(request.env._("Your plan is updated."))
                return self._practice_redirect("/my/subscription", account)
        change = self._practice_prepare_plan_change(subscription, chosen, interval, code)
        change["problem"] = problem or change["problem"]
        values = self._practice_prepare_account_values(
            account, section="change", plan=chosen, interval=interval, code=code, **change
        )
        return request.render("practice_billing.portal_change", values)

    def _practice_prepare_plan_change(self, subscription, plan, interval, code):
        """Return what a change costs, and why it cannot be; when the code is refused, what it costs without it."""
        try:
            when, preview = subscription._portal_get_change(plan, interval, code)
        except UserError as error:
            without = self._practice_prepare_plan_change(subscription, plan, interval, "") if code else {"when": None}
            return {"preview": None, "shown": "", **without, "problem": str(error)}
        shown = subscription._describe_shown(when, preview)
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
        subscription = account.subscription
        if request.httprequest.method == "POST" and self._practice_try(
            lambda: subscription._portal_cancel(reason, note), request.env._("Your subscription is cancelled.")
        ):
            return self._practice_redirect("/my/subscription", account)
        labels = dict(subscription._fields["cancel_reason"]._description_selection(request.env))
        values = self._practice_prepare_account_values(
            account, section="cancel", reasons=[(key, labels[key]) for key in REASONS], note=note, chosen=reason
        )
        return request.render("practice_billing.portal_cancel", values)

    @http.route("/my/subscription/cancel/undo", type="http", auth="user", website=True, methods=["POST"])
    @of_account(needs_subscription=True)
    def practice_withdraw_cancellation(self, account, /, **kw):
        self._practice_try(account.subscription._portal_undo_cancel, request.env._("Your subscription goes on."))
        return self._practice_redirect("/my/subscription", account)
