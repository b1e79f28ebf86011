from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .account import OrganisationAccount, of_account

#: What the form of a practitioner sends.
PRACTITIONER_FIELDS = ("name", "email", "kind", "student_until", "invite")


class OrganisationPractitioners(OrganisationAccount):
    """Practitioners come and go; what it costs is shown before it is confirmed."""

    @http.route("/my/subscription/practitioners/add", type="http", auth="user", website=True, methods=["GET", "POST"])
    @of_account(needs_subscription=True)
    def practice_add_practitioner(self, account, /, confirm=None, **kw):
        """Ask who comes, show who pays what from when, then do it."""
        subscription_sudo = account.subscription
        form = {name: kw.get(name, "") for name in PRACTITIONER_FIELDS}
        consequence = problem = None
        if request.httprequest.method == "POST":
            try:
                add = self._practice_prepare_addition(subscription_sudo, form)
                if confirm and not (problem := self._practice_attempt(lambda: add(invite=bool(form["invite"])))):
                    self._practice_say(request.env._("%s is added.", form["name"]))
                    return self._practice_redirect("/my/subscription", account)
                consequence = subscription_sudo._describe_addition(*subscription_sudo._portal_preview(add))
            except UserError as error:
                problem = str(error)
        values = self._practice_prepare_account_values(
            account, section="add", form=form, consequence=consequence, problem=problem
        )
        return request.render("practice_billing.portal_add_practitioner", values)

    def _practice_prepare_addition(self, subscription_sudo, form):
        """Return what adds the practitioner of a form, to be called."""
        until = subscription_sudo._portal_parse_day(form["student_until"])

        def add(invite=False):
            subscription_sudo._portal_add_practitioner_sudo(
                form["name"], form["email"], form["kind"] or "standard", until, invite=invite
            )

        return add

    @http.route(
        "/my/subscription/practitioners/<int:seat_id>/end",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
    )
    @of_account(needs_subscription=True)
    def practice_end_seat(self, account, /, seat_id, last_day=None, confirm=None, **kw):
        """Ask for the last day, show what it means, then do it."""
        subscription_sudo = account.subscription
        consequence = problem = None
        try:
            seat_sudo = subscription_sudo._portal_find_seat(seat_id)
        except UserError as error:
            self._practice_say(str(error), "danger")
            return self._practice_redirect("/my/subscription", account)
        last_day = last_day or str(max(subscription_sudo.company_id._practice_day(), seat_sudo.date_from))
        try:
            day = subscription_sudo._portal_parse_day(last_day)
            if confirm and request.httprequest.method == "POST":
                with request.env.cr.savepoint():
                    subscription_sudo._portal_end_seat(seat_id, day)
                self._practice_say(request.env._("The end of the seat of %s is noted.", seat_sudo.practitioner_id.name))
                return self._practice_redirect("/my/subscription", account)
            sums = subscription_sudo._portal_preview(lambda: subscription_sudo._portal_end_seat(seat_id, day))
            consequence = subscription_sudo._describe_end(*sums)
        except UserError as error:
            problem = str(error)
        values = self._practice_prepare_account_values(
            account, section="end", seat=seat_sudo, last_day=last_day, consequence=consequence, problem=problem
        )
        return request.render("practice_billing.portal_end_seat", values)

    @http.route(
        "/my/subscription/practitioners/<int:seat_id>/<string:what>",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    @of_account(needs_subscription=True)
    def practice_change_seat(self, account, /, seat_id, what, student_until=None, **kw):
        """Keep a practitioner who was to leave, prolong a student's proof, or invite."""
        subscription_sudo = account.subscription
        if what == "keep":
            self._practice_try(
                lambda: subscription_sudo._portal_keep_seat(seat_id), request.env._("The practitioner stays.")
            )
        elif what == "student":
            self._practice_try(
                lambda: subscription_sudo._portal_prolong_proof(
                    seat_id, subscription_sudo._portal_parse_day(student_until)
                ),
                request.env._("The proof is noted."),
            )
        elif what == "invite":
            self._practice_try(
                lambda: subscription_sudo._portal_invite(seat_id),
                request.env._(
                    "An invitation goes to the e-mail address, unless we know it already; then we get in touch."
                ),
            )
        return self._practice_redirect("/my/subscription", account)
