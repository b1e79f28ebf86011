from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api, models
from odoo.api import Environment
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, mute_logger

#: The tables that a run fills or joins, besides those of this module.
TABLES = ("account_move", "account_move_line", "account_partial_reconcile", "account_payment", "res_partner")

#: Those that every run fills. Once they were counted with rows in them, PostgreSQL keeps count by itself.
FILLED = ("account_move", "account_move_line", "practice_subscription_period", "practice_subscription_licence")

#: Subscriptions in a batch from which a bad join costs more than looking for it.
MANY = 100

#: The system parameter that remembers that all is counted. Without it the next large batch looks again.
COUNTED = "practice_billing.tables_are_counted"


class PracticeSubscription(models.Model):
    """What PostgreSQL has to know before a large batch: a database that was just filled has no statistics.

    It then joins badly, and the first batches take several times as long. Its autovacuum counts the tables too, but a
    minute or more after they were filled.
    """

    _inherit = "practice.subscription"

    @api.model
    def _ensure_statistics(self):
        """Have the tables counted that PostgreSQL knows nothing of, until it is known that it does.

        To be called before each large batch, because the first one fills tables that were empty. All happens on a
        connection of its own: it keeps no worker waiting, and several may do it at once.
        """
        if self.env["ir.config_parameter"].sudo().get_param(COUNTED):  # sudo: the run
            return
        with self.env.registry.cursor() as cr:
            if self._count_tables(cr):
                cr.commit()  # of a connection of its own; pylint: disable=invalid-commit
                self._remember_counted(cr)

    @api.model
    def _count_tables(self, cr):
        """Count the tables that have no statistics; return whether all have that every run fills.

        A table with few rows is left alone: what other workers have in flight would count as nothing, which is worse
        than not knowing.
        """
        own = {model._table for name, model in self.env.items() if name.startswith("practice.") and model._auto}
        cr.execute(
            """SELECT relname, reltuples > 0,
                      reltuples < 0 AND pg_relation_size(oid) = 0
                      OR reltuples <= 0 AND pg_stat_get_live_tuples(oid) >= 100
                 FROM pg_class
                WHERE relnamespace = current_schema::regnamespace AND relkind = 'r' AND relname IN %s""",
            [(*TABLES, *FILLED, *own)],
        )
        rows = cr.fetchall()
        if unknown := [SQL.identifier(name) for name, _counted, is_unknown in rows if is_unknown]:
            cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL(", ").join(unknown)))
        return {name for name, counted, _is_unknown in rows if counted}.issuperset(FILLED)

    @api.model
    def _remember_counted(self, cr):
        """Keep that the tables are counted; another worker may do so at the same instant."""
        parameters = Environment(cr, SUPERUSER_ID, {})["ir.config_parameter"]
        try:
            with mute_logger("odoo.sql_db"):
                parameters.set_param(COUNTED, "1")
                parameters.flush_model()
        except (IntegrityError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            cr.rollback()
