import re
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

#: What can be asked of amounts that were added up, and of the fields by which they were.
OF_AMOUNTS, OF_KEYS = ("sum", "sum_currency"), ("array_agg_distinct", "count_distinct", "max", "min")


@dataclass(frozen=True)
class Summed:
    """What a query has to add up by itself, because it is asked for nothing but sums.

    :param frozenset keys: the fields by which rows are grouped, chosen or otherwise told apart
    :param tuple days: ``(operator, day)`` that rows have to meet before they are added up
    """

    keys: frozenset
    days: tuple = ()


class PracticeSqlReportMixin(models.AbstractModel):
    """A report whose rows PostgreSQL works out anew from a query of several pages, each time that it is read.

    PostgreSQL compiles what it thinks will take long (JIT), and of a query with so many parts it thinks so wherever its
    statistics are young: compiling took eight seconds where running takes a few hundredths of one. So it does not,
    until the transaction ends; what else happens in it loses nothing. Sorting and adding up get the memory that keeps
    them off the disk.

    **Sums**: a report that names :meth:`_get_sum_keys` is told by :meth:`_get_summed` when rows are only added up, by
    no other fields than these. Its query may then add up early what it would otherwise join, name and compare row by
    row, and says in ``row_count`` of how many rows each of its rows is the sum.
    """

    _name = "practice.sql.report.mixin"
    _description = "Report Worked Out by the Database"

    @property
    def _table_sql(self):
        self._plan_well()
        return super()._table_sql

    @api.model
    def _plan_well(self):
        """Have PostgreSQL answer without compiling and with some memory, for the rest of this transaction."""
        self.env.cr.execute(SQL("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"))

    # === SUMS === #

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        arguments = {"having": having, "offset": offset, "limit": limit, "order": order}
        ordered = [term.split()[0] for term in (order or "").split(",") if term]
        chosen = [term[0] for term in having if term not in ("&", "|", "!")]
        domain = Domain(domain).optimize_full(self)
        rest, days = self._split_days(domain)
        summed = self._plan_sums(rest, days, groupby, [*aggregates, *ordered, *chosen])
        if not summed:
            return super()._read_group(domain, groupby, aggregates, **arguments)
        report = self.with_context(practice_summed=summed)
        groups = super(PracticeSqlReportMixin, report)._read_group(rest, groupby, aggregates, **arguments)
        return [
            tuple(value.with_env(self.env) if isinstance(value, models.BaseModel) else value for value in group)
            for group in groups
        ]

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec == "__count" and self._get_summed():
            return SQL("COALESCE(SUM(%s), 0)::bigint", SQL.identifier(self._table, "row_count"))
        return super()._read_group_select(aggregate_spec, query)

    @api.model
    def _plan_sums(self, domain, days, groupby, specs):
        """Return the :class:`Summed` with which groups can be answered, or nothing if single rows have to be read.

        :param list specs: what is asked of the groups, or orders or chooses them
        """
        known, names = {*self._get_sum_keys()}, [*groupby]
        for spec in specs:
            name, _colon, function = spec.partition(":")
            if function in OF_KEYS or spec in groupby:
                names.append(name)
            elif spec != "__count" and (function not in OF_AMOUNTS or name not in self._get_sum_amounts()):
                return None
        rules = Domain.TRUE if self.env.su else self.env["ir.rule"]._compute_domain(self._name, "read")
        names += [condition.field_expr for it in (domain, rules) for condition in it.iter_conditions()]
        keys = frozenset(re.split("[.:]", name)[0] for name in names)
        return Summed(keys, tuple(days)) if known and keys <= known else None

    @api.model
    def _get_summed(self):
        """Return the :class:`Summed` that is asked for, or nothing; a client cannot say so."""
        summed = self.env.context.get("practice_summed")
        return summed if isinstance(summed, Summed) else None

    @api.model
    def _get_sum_keys(self):
        """Return the names of the fields by which the query can add up rows. A hook; without any it never does."""
        return ()

    @api.model
    def _get_sum_amounts(self):
        """Return the names of the fields that are added up. A hook."""
        return ()

    @api.model
    def _split_days(self, domain):
        """Return a domain and, parted from it, the days that rows have to meet before they are added up. A hook."""
        return domain, ()
