from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_time

#: Refused codes in this time are counted together.
WINDOW = timedelta(hours=1)

#: How many may be refused: of an organisation, and of an address from which several organisations may come.
MOST_OF_ORGANISATION, MOST_OF_ADDRESS = 10, 30


class PracticeCodeAttempt(models.Model):
    """How often discount codes were tried lately: one row for each organisation and each address, however often."""

    _name = "practice.code.attempt"
    _description = "Discount Codes Tried"
    _rec_name = "key"
    _order = "id"

    key = fields.Char(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    tries = fields.Integer(required=True, readonly=True)

    _key_uniq = models.UniqueIndex("(key)", "There is a counter of this name already.")
    _since_idx = models.Index("(since)")

    @api.model
    def _get_limits(self, organisation, address):
        """Return ``{key: how many may be refused}`` of whoever tries a code."""
        return {
            f"organisation {organisation.id}": MOST_OF_ORGANISATION,
            f"address {(address or '')[:50]}": MOST_OF_ADDRESS,
        }

    @api.model
    def _count(self, organisation, address):
        """Count a try before it is made: of two at once one is repeated, so nobody tries many at the same moment.

        :return: until when no code can be tried, as a time of day for people; nothing when this one may be
        """
        now, limits, until = fields.Datetime.now(), self._get_limits(organisation, address), None
        for key, most in sorted(limits.items()):
            [(since, tries)] = self.env.execute_query(
                SQL(
                    """INSERT INTO practice_code_attempt AS it (key, since, tries) VALUES (%(key)s, %(now)s, 1)
                       ON CONFLICT (key) DO UPDATE
                       SET tries = CASE WHEN it.since < %(old)s THEN 1 ELSE LEAST(it.tries, %(most)s) + 1 END,
                           since = CASE WHEN it.since < %(old)s THEN %(now)s ELSE it.since END
                       RETURNING since, tries""",
                    key=key,
                    now=now,
                    old=now - WINDOW,
                    most=most,
                )
            )
            if tries > most:
                until = max(until or since, since + WINDOW)
        self.invalidate_model()
        return format_time(self.env, until, tz=self.env.user.tz, time_format="short") if until else None

    @api.model
    def _forgive(self, organisation, address):
        """Take back the count of a try that was no guess: the code was good."""
        self.flush_model()
        keys = list(self._get_limits(organisation, address))
        self.env.execute_query(
            SQL(
                "UPDATE practice_code_attempt SET tries = tries - 1 WHERE key = ANY(%s) AND tries > 0 RETURNING id",
                keys,
            )
        )
        self.invalidate_model()

    @api.autovacuum
    def _gc_old(self):
        """Forget counts that count no more."""
        self.search(Domain("since", "<", fields.Datetime.now() - WINDOW), limit=10000).unlink()
