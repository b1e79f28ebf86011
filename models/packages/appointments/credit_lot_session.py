from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ....tools.credits import allocate


class PracticeCreditLot(models.Model):
    """Which session of which purchase an appointment is, in numbers and in words, for many at once."""

    _inherit = "practice.credit.lot"

    @api.model
    def _describe_balances(self, events):
        """Return ``{event: (short, words)}``: whether credits are missing for an appointment, and the patient's
        balance as "session 4 of 10; 6 left, 2 reserved".

        An appointment that holds credits is counted among those of its lot, by date; one that is being planned is
        the next one of the lot that would pay it.

        :param events: appointments with patient and package, saved or still in a form
        """
        owners = {event: self._get_owner(event) for event in events}
        balances = self._get_balances(set(owners.values()))
        sessions = self._get_sessions(events)
        described = {}
        for event, owner in owners.items():
            if event not in sessions and event.attendance not in (False, "planned"):
                # Called off: it is no session of anything.
                described[event] = (False, self._describe_balance(balances[owner]))
                continue
            lot, session = sessions.get(event) or self._get_next_session(event, *owner)
            described[event] = (not lot, lot._describe_balance(balances[owner], session))
        return described

    def _describe_balance(self, balance, session=None):
        """Return a balance in words; of a lot with the ``session`` of it that an appointment is."""
        numbers = {"left": balance["available"], "reserved": balance["reserved"], "pending": balance["pending"]}
        if not self:
            if numbers["pending"]:
                return self.env._("%(left)s left, %(reserved)s reserved, %(pending)s waiting for payment", **numbers)
            return self.env._("%(left)s left, %(reserved)s reserved", **numbers)
        numbers |= {"session": session, "given": self.credits_total - self.credits_refunded}
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
        held = self._get_held(events._origin._practice_hidden_sudo())
        lot_of = {}
        for event in events:
            for holding in held.get(event._origin, ()):
                if holding.total:
                    lot_of.setdefault(event, holding.lot)
        if not lot_of:
            return {}
        lots = self.union(*lot_of.values())
        rows = (
            self.env["practice.credit.move"]
            .sudo()  # sudo: numbers, for those who may see the appointment
            ._read_group(
                Domain("lot_id", "in", lots.ids) & Domain("kind", "in", ("reserve", "unreserve")),
                ["lot_id", "event_id", "kind"],
                ["credits:sum"],
            )
        )
        taken = defaultdict(list)
        for lot, other, kind, credits in rows:
            if other:
                taken[lot].append((other.start, credits if kind == "reserve" else -credits))
        return {
            event: (lot, sum(credits for start, credits in taken[lot] if start < event.start) + 1)
            for event, lot in lot_of.items()
        }

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
        return lot, lot.credits_used + lot.credits_lost + lot.credits_reserved + 1
