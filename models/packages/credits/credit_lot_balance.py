from odoo import api, models
from odoo.fields import Domain

from ....tools.credits import COUNTERS
from .credit_lot import COUNTER_FIELDS


class PracticeCreditLot(models.Model):
    """What a patient has: the balance of own and shared credits, in numbers and in words, for many at once."""

    _inherit = "practice.credit.lot"

    @api.model
    def _get_own_domain(self):
        """Return the credits that are for the patient whom they belong to; a hook of what keeps them for others."""
        return Domain.TRUE

    @api.model
    def _get_usable_domain(self, partners, packages):
        """Return the domain of lots that ``partners`` may see as theirs: their own and those shared with them."""
        return Domain("package_id", "in", packages.ids) & (
            Domain("partner_id", "in", partners.ids) | Domain("beneficiary_ids", "in", partners.ids)
        )

    def _is_usable_by(self, patient):
        """Return whether ``patient`` may spend this lot: the owner or somebody it is shared with."""
        return patient == self.partner_id or patient in self.beneficiary_ids

    def _get_users(self):
        """Return who may spend this lot, each once: the owner and those it is shared with."""
        self.ensure_one()
        return self.partner_id | self.beneficiary_ids

    @api.model
    def _search_spendable_sudo(self, patients, packages, day=None, credits=None):
        """Return lots with spendable credits in spending order, for one visit of ``credits`` on ``day`` when given.

        Every lot found has at least one credit, so a visit never needs more lots than credits.
        """
        domain = self._get_usable_domain(patients, packages) & Domain("credits_spendable", ">", 0)
        if day:
            domain &= Domain("expiry_date", "=", False) | Domain("expiry_date", ">=", day)
        return self.sudo().search(domain, limit=credits)  # sudo: as _settle

    @api.model
    def _get_balances(self, owners):
        """Return ``{(patient, package): balance}``: the credits each has, own and shared, as dicts of whole numbers.

        Keys of a balance are the counters of ``tools.credits`` plus ``pending`` (available once they are paid). Only
        lots that still have open credits count: the purchases that are being spent.
        """
        balances = {owner: dict.fromkeys([*COUNTERS, "pending"], 0) for owner in owners}
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        open_lots = Domain("package_id", "in", packages.ids) & Domain("state", "in", ("pending", "active"))
        open_lots &= self._get_own_domain()
        sums = [f"{field}:sum" for field in (*COUNTER_FIELDS.values(), "credits_spendable")]
        lots_sudo = self.sudo()  # sudo: numbers only, of patients whom the caller may already see
        own = lots_sudo._read_group(
            open_lots & Domain("partner_id", "in", patients.ids), ["partner_id", "package_id"], sums
        )
        shared = lots_sudo._read_group(
            open_lots & Domain("beneficiary_ids", "in", patients.ids),
            ["beneficiary_ids", "package_id", "partner_id"],
            sums,
        )
        # Merging contacts can make an owner a beneficiary too.
        shared = [(user, package, *n) for user, package, owner, *n in shared if user != owner]
        for partner, package, *numbers, spendable in [*own, *shared]:
            balance = balances.get((partner.sudo(False), package.sudo(False)))
            if balance is None:
                continue
            for counter, number in zip(COUNTERS, numbers, strict=True):
                balance[counter] += spendable if counter == "available" else number
            balance["pending"] += numbers[COUNTERS.index("available")] - spendable
        return balances
