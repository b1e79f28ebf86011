from odoo import http
from odoo.http import request

from ...tools.periods import INTERVAL_MONTHS
from .account import of_account
from .plan import OrganisationPlan


class OrganisationTerms(OrganisationPlan):
    """What the organisation agreed to, and has to agree to."""

    @http.route("/my/subscription/terms", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account()
    def practice_show_terms(self, account, /, terms=None, plan=None, interval=None, back=None, **kw):
        """Show the terms of the plan, or of one that is about to be chosen, and keep that they are accepted."""
        plan_sudo = self._practice_find_plan_sudo(account, plan) or account.subscription.plan_id
        if request.httprequest.method == "POST":
            fingerprints = request.httprequest.form.getlist("terms")
            done = request.env._("Thank you: what you accepted is kept.")
            organisation = account.organisation
            if self._practice_try(
                lambda: organisation._practice_accept_terms(account.company, plan_sudo, fingerprints), done
            ):
                return self._practice_go_back(account, plan_sudo, interval, back)
        values = self._practice_prepare_account_values(
            account,
            section="terms",
            plan=plan_sudo,
            interval=interval if interval in INTERVAL_MONTHS else "",
            back=back if back in ("checkout", "change") else "",
            terms=account.organisation._practice_get_open_terms_sudo(account.company, plan_sudo),
            agreed=account.organisation._practice_get_agreed(account.company),
        )
        return request.render("practice_billing.portal_terms", values)

    def _practice_go_back(self, account, plan_sudo, interval, back):
        """Return to what the terms were asked for."""
        if back == "checkout":
            return self._practice_redirect("/my/subscription/checkout", account)
        if back == "change" and plan_sudo and interval in INTERVAL_MONTHS:
            query = self._practice_get_query(account)
            return request.redirect(f"/my/subscription/change{query}&plan={plan_sudo.id}&interval={interval}")
        return self._practice_redirect("/my/subscription/terms", account)
