from datetime import timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date

from ...common.words import count_credits

#: Days before their expiry from which on a patient's credits are something to look at.
EXPIRES_SOON = 30


class ResPartner(models.Model):
    """What patients see first on the portal: their next visit, what is left, what is to pay and to do."""

    _inherit = "res.partner"

    def _practice_prepare_portal_home(self, user):
        """Return what the home page shows ``user``, whose partner this is, of the patients it acts for.

        The number of queries does not depend on how much there is.

        :return: dict: ``visit``, the next one; ``packages``, what is left of each; ``dues``, what is to be paid;
            ``todos``, sentences with where to go; ``is_patient``: whether any of this is for them
        """
        self.ensure_one()
        patients = self._practice_get_portal_patients()
        events_sudo = self.env["calendar.event"].sudo()  # sudo: searched with the portal's domain only
        coming = events_sudo._practice_get_portal_domain(patients, coming=True)
        visit_sudo = events_sudo.search(coming, order="start, id", limit=1)
        packages = self.env["practice.credit.lot"]._prepare_portal_balances(patients, user)
        dues, todos = self._practice_prepare_portal_dues(user), self._practice_prepare_portal_todos(patients, packages)
        known = visit_sudo or packages or dues or todos
        return {
            "visit": visit_sudo._practice_prepare_portal_values()[0] if visit_sudo else None,
            "packages": packages,
            "dues": dues,
            "todos": todos,
            "several": len(patients) > 1,
            "can_book": bool(self.env["practice.appointment.type"]._get_bookable_types_sudo(user)),
            "is_patient": bool(
                known or events_sudo.search_count(events_sudo._practice_get_portal_domain(patients), limit=1)
            ),
        }

    def _practice_prepare_portal_dues(self, user):
        """Return what ``user`` has to pay: dicts of ``what``, ``note``, ``is_processing``, ``amount`` and ``url``.

        A hook of the rooms that sell.
        """
        return []

    def _practice_prepare_portal_todos(self, patients, packages):
        """Return what the login has to do for its ``patients``: dicts of ``text``, ``url`` and ``label``. A hook."""
        lots_sudo = self.env["practice.credit.lot"].sudo()  # sudo: searched with the portal's domain only
        domain = lots_sudo._practice_get_portal_domain(patients, only_open=True)
        domain &= Domain("credits_spendable", ">", 0)
        domain &= Domain("expiry_date", "<=", self.env.company._practice_day() + timedelta(days=EXPIRES_SOON))
        urls = {it["package"]: it["book_url"] for it in packages}
        return [
            {
                "text": self.env._(
                    "%(package)s: %(credits)s can be used until %(day)s.",
                    package=package.name,
                    credits=count_credits(self.env, credits),
                    day=format_date(self.env, day),
                ),
                "url": urls.get(package) or "/my/packages",
                "label": self.env._("Book") if urls.get(package) else self.env._("Look"),
            }
            for package, day, credits in lots_sudo._read_group(
                domain, ["package_id", "expiry_date:day"], ["credits_spendable:sum"]
            )
        ]
