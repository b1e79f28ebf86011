from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ...models.subscriptions.portal.subscription_people import MOST_PEOPLE
from ...tools.people import write_people
from ...tools.tables import MOST_BYTES
from .account import OrganisationAccount, of_account

#: Characters of a list: so many people, each with a long name and a long address.
MOST_OF_LIST = MOST_PEOPLE * 400


class OrganisationPeople(OrganisationAccount):
    """Several practitioners at once: a list is checked row by row, what it costs is shown, the good ones are added."""

    @http.route(
        "/my/subscription/practitioners/several",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
        practice_characters={"people": MOST_OF_LIST},
    )
    @of_account(needs_subscription=True)
    def practice_add_people(self, account, /, people="", file=None, shown=None, confirm=None, **kw):
        """Ask for a list, show what is wrong with which row and what the others cost, then add them."""
        values = {"people": people, "checked": [], "good": [], "consequence": None, "shown": "", "problem": None}
        if request.httprequest.method == "POST":
            try:
                if confirm and self._practice_add_shown(account, people, shown):
                    return self._practice_redirect("/my/subscription", account)
                values |= self._practice_check_list(account, people, file)
                if confirm and values["good"]:
                    values["problem"] = request.env._("What it costs has changed meanwhile. This is what it costs now.")
            except UserError as error:
                values["problem"] = str(error)
        values = self._practice_prepare_account_values(account, section="several", most=MOST_PEOPLE, **values)
        return request.render("practice_billing.portal_add_people", values)

    def _practice_check_list(self, account, people, file):
        """Return what a page says of a list: each row, and what it costs to add the good ones."""
        subscription_sudo = account.subscription
        uploaded = file.read(MOST_BYTES + 1) if getattr(file, "filename", "") else b""
        rows = subscription_sudo._portal_read_people(uploaded or people.encode())
        checked, consequence, shown = subscription_sudo._portal_preview_people(rows)
        good = [it for it in checked if not it.problem]
        return {
            "people": write_people(rows),
            "checked": checked,
            "good": good,
            "consequence": consequence,
            "shown": shown,
            "added": subscription_sudo._describe_practitioners(len(good)),
        }

    def _practice_add_shown(self, account, people, shown):
        """Add the good ones of a list when they cost what was shown; return whether it was done."""
        subscription_sudo = account.subscription
        with request.env.cr.savepoint():
            rows = subscription_sudo._portal_read_people(people.encode())
            checked = subscription_sudo._portal_add_shown_people(rows, shown)
        if checked is None:
            return False
        self._practice_forget_accounts()
        self._practice_say(*subscription_sudo._describe_added(checked))
        return True
