from odoo import models

#: Accounts whose home says all; of more there are links only.
MOST_HOMES = 3


class ResPartner(models.Model):
    """What administrators see first: how their subscriptions stand, and what is to be done."""

    _inherit = "res.partner"

    def _practice_prepare_portal_homes(self, accounts, banners):
        """Return what the home page shows of each of ``accounts``, of which the first ``MOST_HOMES`` only.

        What ``banners`` above it say is not said again.

        :return: ``[{"account", "is_urged", "todos", …}]``, see :meth:`_prepare_portal_home`
        """
        urged = {(it["organisation"].id, it["company"].id): it["button"] for it in banners}
        homes = []
        for account in accounts[:MOST_HOMES]:
            subscription, organisation = account.subscription, account.organisation
            home = subscription._prepare_portal_home() if subscription else {}
            urgent = urged.get((organisation.id, account.company.id))
            todos = home.pop("todos", [])
            homes.append(
                {
                    "account": account,
                    **home,
                    "todos": [it for it in todos if it["button"] != urgent],
                    "is_urged": bool(urgent),
                }
            )
        return homes
