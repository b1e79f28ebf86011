from odoo import api, models
from odoo.tools import SQL


class PracticeSqlReportMixin(models.AbstractModel):
    """A report whose rows PostgreSQL works out anew from a query of several pages, each time that it is read.

    PostgreSQL compiles what it thinks will take long (JIT), and of a query with so many parts it thinks so wherever its
    statistics are young: compiling took eight seconds where running takes a few hundredths of one. So it does not,
    until the transaction ends; what else happens in it loses nothing.
    """

    _name = "practice.sql.report.mixin"
    _description = "Report Worked Out by the Database"

    @property
    def _table_sql(self):
        self._plan_without_compiling()
        return super()._table_sql

    @api.model
    def _plan_without_compiling(self):
        """Have PostgreSQL answer without compiling, for the rest of this transaction."""
        self.env.cr.execute(SQL("SET LOCAL jit = off"))
