from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .credit_proof import name_columns

#: How dates are compared with a day before rows are added up.
OPERATORS = {"<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">=")}


class PracticeCreditProof(models.Model):
    """Sums are made source by source: of a million rows only what they come to is put together and named.

    Dates are no key, because there are too many; a condition on them, joined to the others by *and*, is met before.
    """

    _inherit = "practice.credit.proof"

    # === SQL === #

    @property
    def _table_query(self):
        if not (summed := self._get_summed()):
            return super()._table_query
        columns = self._get_key_columns()
        keys = sorted({"company_id", *(columns[name] for name in summed.keys)})
        grouped = SQL(", ").join(SQL.identifier("part", name) for name in keys)
        amounts = {name: self._sum_column(name) for name in self._get_amounts()}
        amounts["row_count"] = SQL("COUNT(*)")
        if "payer_id" not in keys:
            amounts["payer_id"] = SQL("NULL::integer")  # nobody is looked up
        days = [SQL("part.date %s %s", OPERATORS[operator], day) for operator, day in summed.days]
        posts = self._get_posts()
        return self._select_steps(
            posts,
            [
                SQL(
                    "SELECT %s, %s FROM (%s) part WHERE %s GROUP BY %s",
                    grouped,
                    name_columns(amounts),
                    rows,
                    SQL(" AND ").join(days or [SQL("TRUE")]),
                    grouped,
                )
                for rows in self._get_rows(posts)
            ],
        )

    @api.model
    def _sum_column(self, name):
        """Return the sum of a column of rows; that of a whole number is one."""
        amount = SQL("SUM(%s)", SQL.identifier("part", name))
        return SQL("%s::integer", amount) if self._fields[name].type == "integer" else amount

    # === WHAT CAN BE SUMMED === #

    @api.model
    def _get_amounts(self):
        """Return the columns of rows that are added up."""
        return ["balance", *self._get_claims()]

    @api.model
    def _get_key_columns(self):
        """Return ``{field: column of the rows}`` of what rows can be added up by."""
        own = {name: name for name in ("company_id", "account_id", "package_id", "kind")}
        return {**own, "partner_id": "payer_id", "currency_id": "company_id"}

    @api.model
    def _get_sum_keys(self):
        return self._get_key_columns()

    @api.model
    def _get_sum_amounts(self):
        return {*self._get_amounts(), *self._get_totals()}

    @api.model
    def _split_days(self, domain):
        days, rest = [], []
        for condition in domain.children if getattr(domain, "OPERATOR", None) == "&" else (domain,):
            is_day = getattr(condition, "field_expr", None) == "date"
            if is_day and condition.operator in OPERATORS and isinstance(condition.value, date):
                days.append((condition.operator, condition.value))
            else:
                rest.append(condition)
        return Domain.AND(rest), days
