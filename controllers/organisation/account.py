from functools import wraps

from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


def of_account(needs_subscription=False, otherwise=None):
    """Find the account that a request names and pass it to the page, before what the route itself passes.

    Without such an account the page is not called. The page takes the account by position only, so that no parameter
    of a request can be one, and ``**kw``, because the account is named by parameters that it does not list.
    ``@http.route`` stays outermost: an add-on that overrides the page is given, and passes on, no account.

    :param bool needs_subscription: whether an account that never had a subscription will not do
    :param str otherwise: where to go without such an account; by default to the account when it only lacks a
        subscription, else home
    """
    otherwise = otherwise or ("/my/subscription" if needs_subscription else "/my")

    def decorate(page):
        @wraps(page)
        def find_account(self, *args, **kw):
            # Odoo repeats a request in a new transaction after a conflict.
            self._practice_forget_accounts()
            account = self._practice_find_account_sudo(kw.get("organisation"), kw.get("company"))
            if not account or (needs_subscription and not account.subscription):
                return request.redirect(otherwise)
            return page(self, account, *args, **kw)

        return find_account

    return decorate


#: The buttons of the banner that lead to where somebody is already, by section of the pages. It is silent there.
COVERED = {
    "plans": ("plan", None),
    "checkout": ("plan", None),
    "change": ("plan",),
    "open": ("pay",),
    "method": ("method",),
}


class OrganisationAccount(CustomerPortal):
    """What all pages of an account have in common: whose it is, what they show, where they go, what they say.

    Pages find what the login runs (:func:`of_account`) and show what the models prepare; whatever changes something
    goes through a door of the model, which asks for the role again.
    """

    # === WHAT IS THEIRS === #

    def _practice_get_accounts_sudo(self):
        """Return what the login runs, with the rights to read it: looked up once a request."""
        if getattr(request, "practice_accounts", None) is None:
            request.practice_accounts = request.env.user.partner_id._practice_get_portal_accounts()
        return request.practice_accounts

    def _practice_forget_accounts(self):
        """Look up again what the login runs, because it may have changed."""
        request.practice_accounts = None

    def _practice_find_account_sudo(self, organisation=None, company=None):
        """Return the account that the login runs and a request names, the first by default.

        Ids of others give ``None``, as those that never were. With several accounts a form has to say which one.
        """
        accounts = self._practice_get_accounts_sudo()
        if organisation is None and company is None:
            several = len(accounts) > 1 and request.httprequest.method == "POST"
            return accounts[0] if accounts and not several else None
        for account in accounts:
            if (str(account.organisation.id), str(account.company.id)) == (organisation, company):
                return account
        return None

    # === PAGES === #

    def _practice_prepare_account_values(self, account, **values):
        """Return what all pages of an account need."""
        accounts = self._practice_get_accounts_sudo()
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "practice_subscription",
            "practice_accounts": accounts,
            "organisation": account.organisation,
            "practice_company": account.company,
            "subscription": account.subscription,
            "accounts": accounts if len(accounts) > 1 else [],
            "query": self._practice_get_query(account) if len(accounts) > 1 else "",
            "flash": request.session.pop("practice_flash", None),
            "practice_covered": COVERED.get(values.get("section"), ()),
            **values,
        }

    def _practice_get_query(self, account):
        return f"?organisation={account.organisation.id}&company={account.company.id}"

    def _practice_redirect(self, path, account):
        """Go to a page of the same account."""
        several = len(self._practice_get_accounts_sudo()) > 1
        return request.redirect(path + (self._practice_get_query(account) if several else ""))

    def _practice_say(self, text, level="success"):
        """Let the next page say something."""
        request.session["practice_flash"] = {"level": level, "text": text}

    def _practice_try(self, work, done=None):
        """Do ``work()`` as a whole or not at all; the next page says ``done``, or why not.

        :return: whether it was done
        """
        problem = self._practice_attempt(work)
        if problem:
            self._practice_say(problem, "danger")
        elif done:
            self._practice_say(done)
        return not problem

    def _practice_try_code(self, account, code, work):
        """Do ``work()`` with a discount code; return why not, or nothing. Whoever guesses is slowed down.

        The count stays when the rest is taken back.
        """
        if not code.strip():
            return self._practice_attempt(work)
        attempts_sudo = request.env["practice.code.attempt"].sudo()  # sudo: counters that nobody sees
        who = account.organisation, request.httprequest.remote_addr
        until = attempts_sudo._count(*who)
        if until:
            return request.env._("Too many discount codes were tried. Try again after %s.", until)
        problem = self._practice_attempt(work)
        if not problem:
            attempts_sudo._forgive(*who)
        return problem

    def _practice_attempt(self, work):
        """Do ``work()`` as a whole or not at all; return why not, or nothing."""
        try:
            with request.env.cr.savepoint():
                work()
        except UserError as error:
            return str(error)
        self._practice_forget_accounts()
        return None
