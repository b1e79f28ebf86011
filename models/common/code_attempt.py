from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_time

#: Refused codes in this time are counted together.
WINDOW = timedelta(hours=1)

#: How many may be refused: of a customer, and of an address from which several customers may come.
MOST_OF_CUSTOMER, MOST_OF_ADDRESS = 10, 30


class PracticeCodeAttempt(models.Model):
    """How often codes were tried lately: one row for each customer and each address, however often.

    Discount codes of organisations and gift vouchers of patients count alike: whoever guesses, guesses.
    """

    _name = "practice.code.attempt"
    _description = "Codes Tried"
    _rec_name = "key"
    _order = "id"

    key = fields.Char(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    tries = fields.Integer(required=True, readonly=True)

    _key_uniq = models.UniqueIndex("(key)", "There is a counter of this name already.")
    _since_idx = models.Index("(since)")

    @api.model
    def _get_limits(self, customer, address):
        """Return ``{key: how many may be refused}`` of whoever tries a code: a contact, from an address."""
        return {
            f"customer {customer.id}": MOST_OF_CUSTOMER,
            f"address {(address or '')[:50]}": MOST_OF_ADDRESS,
        }

    @api.model
    def _count(self, customer, address):
        """Count a try before it is made: of two at once one is repeated, so nobody tries many at the same moment.

        :return: until when no code can be tried, as a time of day for people; nothing when this one may be
        """
        now, limits, until = fields.Datetime.now(), self._get_limits(customer, address), None
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
    def _forgive(self, customer, address):
        """Take back the count of a try that was no guess: the code was good."""
        self.flush_model()
        keys = list(self._get_limits(customer, address))
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
