from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ....tools.credits import allocate
from ...common.words import count_appointments, count_credits
from ..credits.credit_lot_balance import BALANCE_FIELDS


class PracticeCreditLot(models.Model):
    """Which session of which purchase an appointment is, in numbers and in words, for many at once."""

    _inherit = "practice.credit.lot"

    @api.model
    def _describe_balances(self, events):
        """Return ``{event: (short, words)}``: whether credits are missing for an appointment, and the patient's
        balance as "session 4 of 10; 6 left, 2 reserved".

        An appointment is counted by date among those that hold credits of its lot; one that is being planned among
        those of the lot that would pay it, so its number stays when it is saved.

        :param events: appointments with patient and package, saved or still in a form
        """
        owners = {event: self._get_owner(event) for event in events}
        lot_of = self._get_paying_lots(events)
        balances, taken = self._get_balances_and_taken(set(owners.values()), self.union(*lot_of.values()))
        sessions = _count_sessions(lot_of, taken)
        described = {}
        for event, owner in owners.items():
            if event not in sessions and event.attendance not in (False, "planned"):
                # Called off: it is no session of anything.
                described[event] = (False, self._describe_balance(balances[owner]))
                continue
            starts = event._practice_get_starts()
            if len(starts) > 1:
                described[event] = self._describe_series(event, owner, starts, balances[owner])
                continue
            lot, session = sessions.get(event) or self._get_next_session(event, *owner)
            described[event] = (not lot, lot._describe_balance(balances[owner], session))
        return described

    @api.model
    def _describe_series(self, event, owner, starts, balance):
        """Return ``(short, words)`` of a series that is being planned: all its appointments take credits."""
        credits = event.practice_appointment_type_id.package_credits
        days = [event._practice_get_company()._practice_day(start) for start in starts]
        left = {lot: lot.credits_spendable for lot in self._search_spendable_sudo(*owner)}
        short = False
        for day in days:
            lots, missing = allocate(credits, day, [lot._to_source(left[lot] - lot.credits_spendable) for lot in left])
            short = short or bool(missing)
            for lot, number in lots:
                left[lot] -= number
        words = self.env._(
            "%(count)s take %(credits)s; %(balance)s",
            count=count_appointments(self.env, len(starts)),
            credits=count_credits(self.env, credits * len(starts)),
            balance=self.browse()._describe_balance(balance),
        )
        return short, words

    def _describe_balance(self, balance, session=None):
        """Return a balance in words; of a lot with the ``session`` of it that an appointment is."""
        numbers = {"left": balance["available"], "reserved": balance["reserved"], "pending": balance["pending"]}
        if not self:
            if numbers["pending"]:
                return self.env._("%(left)s left, %(reserved)s reserved, %(pending)s waiting for payment", **numbers)
            return self.env._("%(left)s left, %(reserved)s reserved", **numbers)
        numbers |= {"session": session, "given": self._count_kept()}
        if numbers["pending"]:
            return self.env._(
                "session %(session)s of %(given)s; %(left)s left, %(reserved)s reserved, %(pending)s waiting for "
                "payment",
                **numbers,
            )
        return self.env._("session %(session)s of %(given)s; %(left)s left, %(reserved)s reserved", **numbers)

    @api.model
    def _get_sessions(self, events):
        """Return ``{event: (lot, session)}`` of the events that hold credits: which of its lot's credits, from 1."""
        lot_of = self._get_paying_lots(events)
        taken = self.union(*lot_of.values())._get_taken()
        return _count_sessions(lot_of, taken)

    @api.model
    def _get_paying_lots(self, events):
        """Return ``{event: lot}`` of the events that hold credits: the first one that they hold of."""
        held = self._get_held(events._origin._practice_hidden_sudo())
        lot_of = {}
        for event in events:
            for holding in held.get(event._origin, ()):
                if holding.total:
                    lot_of.setdefault(event, holding.lot)
        return lot_of

    @api.model
    def _get_balances_and_taken(self, owners, lots):
        """Return the balances of ``owners`` (see :meth:`_get_balances`) and what is taken of ``lots`` (see
        :meth:`_get_taken`), with one query."""
        if not owners or not lots.ids:
            return self._get_balances(owners), lots._get_taken()
        nothing = SQL(", ").join([SQL("NULL")] * len(BALANCE_FIELDS))
        query = SQL(
            """SELECT balance.*, NULL::timestamp, NULL FROM (%s) balance
                UNION ALL SELECT taken.lot_id, NULL, %s, taken.start, taken.credits FROM (%s) taken""",
            self._get_balances_sql(owners),
            nothing,
            lots._get_taken_sql(),
        )
        rows = self.env.execute_query(query)
        of_owners = [row[:-2] for row in rows if row[-2] is None]
        of_lots = [(lot_id, start, credits) for lot_id, *_nothing, start, credits in rows if start]
        return self._add_up_balances(owners, of_owners), lots._group_taken(of_lots)

    def _get_taken(self):
        """Return ``{lot: [(start, credits)]}``: when the appointments that hold credits of these lots take place."""
        return self._group_taken(self.env.execute_query(self._get_taken_sql()) if self.ids else ())

    def _get_taken_sql(self):
        # Numbers, for those who may see the appointment; the others need not be read.
        return SQL(
            """SELECT move.lot_id, event.start,
                      SUM(CASE move.kind WHEN 'reserve' THEN 1 ELSE -1 END * move.credits) AS credits
                 FROM practice_credit_move move JOIN calendar_event event ON event.id = move.event_id
                WHERE move.lot_id IN %s AND move.kind IN ('reserve', 'unreserve')
                GROUP BY move.lot_id, event.id""",
            tuple(self.ids),
            to_flush=self.env["calendar.event"]._fields["start"],
        )

    def _group_taken(self, rows):
        taken = defaultdict(list)
        for lot_id, start, credits in rows:
            taken[self.browse(lot_id)].append((start, credits))
        return taken

    @api.model
    def _get_next_session(self, event, patient, package):
        """Return the lot that would pay an appointment without credits, and the session that would be.

        :return: an empty lot when credits are missing
        """
        credits = event.practice_appointment_type_id.package_credits
        day = event._practice_get_visit_day()
        sources = [lot._to_source() for lot in self._search_spendable_sudo(patient, package, day, credits)]
        lots, _missing = allocate(credits, day, sources)
        lot = lots[0][0] if lots else self.browse()
        return lot, _count_before(lot._get_taken()[lot], event)


def _count_sessions(lot_of, taken):
    """Return ``{event: (lot, session)}`` from ``{event: lot}``, and what is taken of these lots."""
    return {event: (lot, _count_before(taken[lot], event)) for event, lot in lot_of.items()}


def _count_before(taken, event):
    """Return which of its lot's credits, from 1, an appointment takes by its date."""
    return sum(credits for start, credits in taken if start < event.start) + 1
