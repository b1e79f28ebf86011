from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ....tools.credits import COUNTERS
from .credit_lot import COUNTER_FIELDS

#: What planning reads of the credits that pay. Each column that is fetched takes time, and there are twice as many.
SPENT_FIELDS = (
    *("partner_id", "package_id", "company_id", "keeping_voucher_id", "date", "state", "is_paid", "activation_date"),
    *("expiry_date", "never_expires", "first_visit_date", "validity_date", "validity_from", "validity_months"),
    *(*COUNTER_FIELDS.values(), "credits_paid", "credits_spendable", "credits_overdrawn"),
    *("value_open", "value_recognised"),
)


class PracticeCreditLot(models.Model):
    """What a patient has: the balance of own and shared credits, in numbers and in words, for many at once."""

    _inherit = "practice.credit.lot"

    @api.model
    def _get_own_domain(self):
        """Return the credits that are for the patient whom they belong to; a hook of what keeps them for others."""
        return ~Domain.custom(to_sql=lambda lots, alias, _query: lots._get_kept_sql(alias))

    @api.model
    def _get_kept_sql(self, alias):
        """Return the SQL condition of the credits that are kept for somebody else now. A hook.

        :param str alias: what the query calls the lots
        """
        return SQL("FALSE")

    @api.model
    def _get_users_sql(self, patients):
        """Return the SQL of who may spend which lots: rows of ``lot_id`` and ``partner_id``, each once; of ``patients``
        only. Merging contacts can make an owner a beneficiary too."""
        return SQL(
            """(SELECT id AS lot_id, partner_id FROM practice_credit_lot WHERE partner_id = ANY(%(ids)s) UNION
                SELECT lot_id, partner_id FROM practice_credit_lot_beneficiary_rel WHERE partner_id = ANY(%(ids)s))""",
            ids=patients.ids,
            to_flush=(self._fields["partner_id"], self._fields["beneficiary_ids"]),
        )

    @api.model
    def _get_usable_domain(self, patients):
        """Return the credits of ``patients`` and those shared with them."""
        return Domain.custom(to_sql=partial(self._get_usable_sql, patients))

    @api.model
    def _get_usable_sql(self, patients, _lots, alias, _query):
        """Return the condition of :meth:`_get_usable_domain`: looked up by who it is, however many others have some."""
        id_column, users = SQL.identifier(alias, "id"), self._get_users_sql(patients)
        return SQL("%s = ANY(ARRAY(SELECT lot_id FROM %s own_or_shared))", id_column, users)

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
        wanted = partial(self._get_spendable_sql, patients, packages, day, credits)
        return self.sudo().search_fetch(Domain.custom(to_sql=wanted), SPENT_FIELDS, limit=credits)  # sudo: as _settle

    @api.model
    def _get_spendable_sql(self, patients, packages, day, credits, _lots, alias, _query):
        """Return the condition of the lots that :meth:`_search_spendable_sudo` looks for.

        As an array, so that PostgreSQL looks at the lots of these patients only, however many others there are.
        """
        names = ("partner_id", "beneficiary_ids", "credits_spendable", "package_id", "expiry_date")
        spendable = SQL("credits_spendable > 0 AND package_id = ANY(%s)", packages.ids)
        if day:
            spendable = SQL("%s AND (expiry_date IS NULL OR expiry_date >= %s)", spendable, day)
        return SQL(
            """%(id)s = ANY(ARRAY(
                (SELECT id FROM practice_credit_lot WHERE partner_id = ANY(%(patients)s) AND %(spendable)s
                  ORDER BY expiry_date, id LIMIT %(credits)s)
                 UNION ALL
                 SELECT id FROM practice_credit_lot JOIN practice_credit_lot_beneficiary_rel shared ON lot_id = id
                  WHERE shared.partner_id = ANY(%(patients)s) AND %(spendable)s))""",
            id=SQL.identifier(alias, "id"),
            patients=patients.ids,
            spendable=spendable,
            credits=credits or None,
            to_flush=[self._fields[name] for name in names],
        )

    @api.model
    def _get_balances(self, owners):
        """Return ``{(patient, package): balance}``: the credits each has, own and shared, as dicts of whole numbers.

        Keys of a balance are the counters of ``tools.credits`` plus ``pending`` (available once they are paid). Only
        lots that still have open credits count: the purchases that are being spent.
        """
        balances = {owner: dict.fromkeys([*COUNTERS, "pending"], 0) for owner in owners}
        if not owners:
            return balances
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        names = (*COUNTER_FIELDS.values(), "credits_spendable")
        # Numbers only, of patients whom the caller may already see.
        rows = self.env.execute_query(
            SQL(
                """SELECT users.partner_id, lot.package_id, %(sums)s
                     FROM %(users)s users JOIN practice_credit_lot lot ON lot.id = users.lot_id
                    WHERE lot.package_id = ANY(%(packages)s) AND lot.state IN ('pending', 'active') AND NOT %(kept)s
                    GROUP BY users.partner_id, lot.package_id""",
                sums=SQL(", ").join(SQL("SUM(%s)", SQL.identifier("lot", name)) for name in names),
                users=self._get_users_sql(patients),
                packages=packages.ids,
                kept=self._get_kept_sql("lot"),
                to_flush=[self._fields[name] for name in (*names, "package_id", "state")],
            )
        )
        for user, package, *numbers, spendable in rows:
            owner = patients.browse(user), packages.browse(package)
            if owner not in balances:
                continue
            balance = balances[owner]
            for counter, number in zip(COUNTERS, numbers, strict=True):
                balance[counter] += spendable if counter == "available" else number
            balance["pending"] += numbers[COUNTERS.index("available")] - spendable
        return balances
