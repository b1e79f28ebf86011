from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ....tools.credits import COUNTERS
from ...common.plain_reading import cache_rows, select_columns
from .credit_lot import COUNTER_FIELDS

#: What planning reads of the credits that pay. Each column that is fetched takes time, and there are twice as many.
SPENT_FIELDS = (
    *("partner_id", "package_id", "company_id", "keeping_voucher_id", "date", "state", "is_paid", "activation_date"),
    *("expiry_date", "never_expires", "first_visit_date", "validity_date", "validity_from", "validity_months"),
    *(*COUNTER_FIELDS.values(), "credits_paid", "credits_spendable", "credits_overdrawn"),
    *("value_open", "value_recognised"),
)

#: What is added up of the credits that a patient has.
BALANCE_FIELDS = (*COUNTER_FIELDS.values(), "credits_spendable")


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
        names = ("partner_id", "beneficiary_ids", "credits_spendable", "package_id", "expiry_date")
        lists = self._get_spent_lists()
        spendable = SQL("lot.credits_spendable > 0 AND lot.package_id = ANY(%s)", packages.ids)
        if day:
            spendable = SQL("%s AND (lot.expiry_date IS NULL OR lot.expiry_date >= %s)", spendable, day)
        # In two parts, so that PostgreSQL looks at the lots of these patients only, however many others there are.
        rows = self.env.execute_query(
            SQL(
                """(SELECT %(columns)s FROM practice_credit_lot lot
                     WHERE lot.partner_id = ANY(%(patients)s) AND %(spendable)s
                     ORDER BY lot.expiry_date, lot.id LIMIT %(credits)s)
                    UNION ALL
                    SELECT %(columns)s FROM practice_credit_lot lot
                     WHERE lot.id = ANY(ARRAY(SELECT lot_id FROM practice_credit_lot_beneficiary_rel
                                               WHERE partner_id = ANY(%(patients)s)))
                       AND lot.partner_id <> ALL(%(patients)s) AND %(spendable)s
                    ORDER BY expiry_date, id LIMIT %(credits)s""",
                columns=SQL(", ").join([select_columns("lot", SPENT_FIELDS), *lists.values()]),
                patients=patients.ids,
                spendable=spendable,
                credits=credits or None,
                to_flush=[self._fields[name] for name in names],
            )
        )
        return cache_rows(self.sudo(), (*SPENT_FIELDS, *lists), rows)  # sudo: as _settle

    @api.model
    def _get_spent_lists(self):
        """Return what lists of the credits that pay are read together with them, because a change of credits asks for
        them: ``{field: SQL of an array of ids}``; the query calls them ``lot``. A hook."""
        return {}

    @api.model
    def _get_balances(self, owners):
        """Return ``{(patient, package): balance}``: the credits each has, own and shared, as dicts of whole numbers.

        Keys of a balance are the counters of ``tools.credits`` plus ``pending`` (available once they are paid). Only
        lots that still have open credits count: the purchases that are being spent.
        """
        # Numbers only, of patients whom the caller may already see.
        return self._add_up_balances(owners, self.env.execute_query(self._get_balances_sql(owners)) if owners else ())

    @api.model
    def _get_balances_sql(self, owners):
        """Return the SQL of :meth:`_get_balances`: rows of patient, package, ``BALANCE_FIELDS``."""
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        return SQL(
            """SELECT users.partner_id, lot.package_id, %(sums)s
                 FROM %(users)s users JOIN practice_credit_lot lot ON lot.id = users.lot_id
                WHERE lot.package_id = ANY(%(packages)s) AND lot.state IN ('pending', 'active') AND NOT %(kept)s
                GROUP BY users.partner_id, lot.package_id""",
            sums=SQL(", ").join(SQL("SUM(%s)", SQL.identifier("lot", name)) for name in BALANCE_FIELDS),
            users=self._get_users_sql(patients),
            packages=packages.ids,
            kept=self._get_kept_sql("lot"),
            to_flush=[self._fields[name] for name in (*BALANCE_FIELDS, "package_id", "state")],
        )

    @api.model
    def _add_up_balances(self, owners, rows):
        """Return the balances of ``owners`` from rows of :meth:`_get_balances_sql`."""
        balances = {owner: dict.fromkeys([*COUNTERS, "pending"], 0) for owner in owners}
        balance_of = {(patient.id, package.id): balance for (patient, package), balance in balances.items()}
        for patient_id, package_id, *numbers, spendable in rows:
            if (balance := balance_of.get((patient_id, package_id))) is None:
                continue
            for counter, number in zip(COUNTERS, numbers, strict=True):
                balance[counter] += spendable if counter == "available" else number
            balance["pending"] += numbers[COUNTERS.index("available")] - spendable
        return balances
