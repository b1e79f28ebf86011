from typing import NamedTuple

from odoo import models
from odoo.fields import Domain

from ..agreement.subscription import BILLED, RUNNING

#: What the banner and the list of accounts read of a subscription, in one query.
BANNER_FIELDS = (
    "organisation_id",
    "company_id",
    "state",
    "trial_end",
    "activate_after_trial",
    "end_date",
    "suspended_reason",
    "past_due_since",
    "next_invoice_date",
    "payment_token_id",
)


class Account(NamedTuple):
    """An organisation that a login runs, and what it has with a company; all with the rights to read it."""

    #: ``res.partner``
    organisation: models.BaseModel
    #: ``res.company`` that sells the subscription
    company: models.BaseModel
    #: ``practice.subscription``; empty when the organisation never had one with this company
    subscription: models.BaseModel


class ResPartner(models.Model):
    """The subscriptions that a login runs on the portal, and what it has to know of them on every page."""

    _inherit = "res.partner"

    def _practice_get_portal_accounts(self):
        """Return what this login runs: ``[Account, …]``.

        An organisation has an account for each running subscription with a company of the login; without any, one for
        the last subscription, or, when there never was one, for the login's own company and no subscription.
        """
        self.ensure_one()
        user, self_sudo = self.env.user, self.sudo()  # sudo: a login asks what it runs
        organisations_sudo = self_sudo.search_fetch(
            [("practice_administrator_ids", "in", self.ids)], ["name", "commercial_partner_id"], order="name, id"
        )
        if not organisations_sudo:
            return []
        subscriptions_sudo = self.env["practice.subscription"].sudo()  # sudo: searched for what the login runs
        found_sudo = subscriptions_sudo.search_fetch(
            [("organisation_id", "in", organisations_sudo.ids), ("company_id", "in", user.company_ids.ids)],
            BANNER_FIELDS,
            order="id desc",
        )
        accounts = []
        for organisation in organisations_sudo:
            of_organisation = found_sudo.filtered(lambda it, own=organisation: it.organisation_id == own)
            running = of_organisation.filtered(lambda it: it.state in RUNNING).sorted(
                lambda it: (it.company_id != user.company_id, it.company_id.id)
            )
            shown = running or of_organisation[:1]
            accounts += [Account(organisation, it.company_id, it) for it in shown] or [
                Account(organisation, user.company_id, subscriptions_sudo)
            ]
        return accounts

    # === BANNER === #

    def _practice_get_portal_banners(self, accounts=None):
        """Return what an administrator has to do: ``[{"level", "text", "button", "url", "organisation"}]``.

        Nobody else gets any; it costs at most three queries, one for who is no administrator.
        """
        accounts = self._practice_get_portal_accounts() if accounts is None else accounts
        if not accounts:
            return []
        waiting = self._practice_get_checkouts_under_way(accounts)
        banners = []
        for account in accounts:
            key = account.organisation.id, account.company.id
            if key in waiting:
                banner = self._practice_get_payment_banner(account.organisation, waiting[key])
            elif account.subscription:
                banner = account.subscription._get_portal_banner()
            else:
                text = self.env._("%s has no subscription yet. Select a plan to begin.", account.organisation.name)
                banner = {"level": "danger", "text": text, "button": "plan"}
            if banner:
                banners.append({**banner, "organisation": account.organisation, "company": account.company})
        return banners

    def _practice_get_checkouts_under_way(self, accounts):
        """Return ``{(organisation, company): state}`` of payments that are on their way for these accounts."""
        to_pay = [
            account.organisation.id for account in accounts if account.subscription.state not in (*BILLED, "suspended")
        ]
        if not to_pay:
            return {}
        checkouts_sudo = self.env["practice.subscription.checkout"].sudo()  # sudo: of organisations that the login runs
        found_sudo = checkouts_sudo.search_fetch(
            Domain("organisation_id", "in", to_pay) & checkouts_sudo._get_under_way_domain(),
            ["organisation_id", "company_id", "state"],
        )
        return {(it.organisation_id.id, it.company_id.id): it.state for it in found_sudo}

    def _practice_get_payment_banner(self, organisation, state):
        if state == "paid":
            text = self.env._(
                "The payment of %s has arrived. We are completing the subscription; you need not do anything.",
                organisation.name,
            )
        else:
            text = self.env._(
                "The payment of %s is being processed. The subscription begins when it has arrived; you need not do "
                "anything.",
                organisation.name,
            )
        return {"level": "info", "text": text, "button": None}

    # === MY SEAT === #

    def _practice_get_portal_seats(self):
        """Return the seats of this login as a practitioner, now or later: nothing of colleagues, no money."""
        self.ensure_one()
        seats_sudo = self.env["practice.subscription.seat"].sudo()  # sudo: searched for the login's own
        mine_sudo = seats_sudo.search([("practitioner_id", "=", self.id)], order="date_from desc, id desc")
        return mine_sudo.filtered(lambda it: not it.date_to or it.date_to >= it.company_id._practice_day())
