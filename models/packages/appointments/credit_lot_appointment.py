from collections import defaultdict
from dataclasses import dataclass

from odoo import api, models
from odoo.tools import format_date

from ....tools.credits import Source, allocate
from ...common.errors import WordedError
from ...common.words import count_credits

#: Movements that say where the credits of an appointment are, and how each counts for the positions.
POSITIONS = {
    "reserve": {"reserved": 1},
    "unreserve": {"reserved": -1},
    "use": {"reserved": -1, "used": 1},
    "forfeit": {"reserved": -1, "forfeited": 1},
}

#: The movement that takes reserved credits to a position.
MOVE_TO = {"used": "use", "forfeited": "forfeit"}


class CreditsMissingError(WordedError):
    """There are not enough credits. What it says is for the practice; patients get words of their own."""


@dataclass(frozen=True)
class Holding:
    """What an appointment holds of one lot: whole credits by where they are, and the movements that say so."""

    lot: models.BaseModel
    moves: models.BaseModel
    reserved: int = 0
    used: int = 0
    forfeited: int = 0

    @property
    def total(self):
        return self.reserved + self.used + self.forfeited

    @classmethod
    def of(cls, lot, moves):
        """Return what is held of ``lot`` after these movements, a list."""
        held = {}
        for move in moves:
            for position, number in POSITIONS[move.kind].items():
                held[position] = held.get(position, 0) + number * move.credits
        return cls(lot, moves[0].union(*moves[1:]), **held)


class PracticeCreditLot(models.Model):
    """Credits and appointments: planning reserves, the visit uses, a no-show loses, cancelling gives back.

    :meth:`_settle` compares where the credits of appointments are with where they belong and writes what is missing
    in between. It is idempotent, so whoever changes an appointment only has to say that it changed.
    """

    _inherit = "practice.credit.lot"

    @api.model
    def _settle(self, events, reason=False, anew=()):
        """Bring the credits of appointments where they belong: give back first, then reserve by date, then use.

        What is held stays where it is as long as it fits: of the right package and patient, in the right number, and
        valid on the day. Otherwise all of it goes back, exactly, and the appointment is paid anew, by active lots in
        spending order, which may be others than before; one that waits for payment pays nothing new. So a change of
        number, type, patient or day can be refused.

        Cancelling never is, and touches no lot that the appointment did not hold: credits that are free go back, and
        those that are lost are lost of the lots that hold them, whatever has become of the type since. When only some
        are lost, they are those that were taken first, and would expire first.

        :param events: appointments (``calendar.event``), archived ones too
        :param str reason: why, when staff decided so; kept on the movements
        :param anew: those that are paid anew although what they hold would fit: somebody else pays
        :raises UserError: when credits are missing; nothing is taken then, and the message has the numbers
        """
        events_sudo = events.sudo()  # sudo: everybody who may change an appointment may spend its patient's credits
        held = self._get_held(events_sudo)
        wanted = {}
        for alike in events_sudo._practice_group_alike():
            wanted |= dict.fromkeys(alike, alike[0]._practice_get_wanted_credits())
        stays = {
            event: event not in anew and self._holds_what_it_needs(held[event], event, *wanted[event])
            for event in events_sudo
        }
        undone = [event for event in events_sudo if not stays[event]]
        self._record(entry for event in undone for entry in self._prepare_give_back(event, held[event], reason))
        to_reserve = [(event, wanted[event][1]) for event in undone if wanted[event][0]]
        chosen = self._choose_lots(to_reserve)
        no_moves_sudo = self.env["practice.credit.move"].sudo()  # sudo: as above
        entries = self._prepare_reservations(chosen, reason)
        for event, (position, credits) in wanted.items():
            holdings = held[event] if stays[event] else []
            if event in chosen:
                if position == "reserved":
                    continue  # that is where they are
                holdings = [Holding(lot, no_moves_sudo, reserved=number) for lot, number in chosen[event]]
            entries += self._prepare_position_change(event, holdings, position, credits, reason)
        self._record(entries)

    # === WHERE CREDITS ARE === #

    @api.model
    def _get_held(self, events):
        """Return ``{event: [Holding]}``: what appointments hold or held, lot by lot in the order they were taken."""
        if not events.credit_move_ids:
            return {event: [] for event in events}
        held = {}
        for event in events:
            of_event = {}
            for move in event.credit_move_ids:
                of_event.setdefault(move.lot_id, []).append(move)
            held[event] = [Holding.of(lot, moves) for lot, moves in of_event.items()]
        return held

    @api.model
    def _holds_what_it_needs(self, holdings, event, position, credits, day=None):
        """Return whether what is held can stay: right package, patient and number, and valid on the day.

        :param date day: of the visit, when the appointment is about to be moved
        """
        total = sum(holding.total for holding in holdings)
        if not total:
            return not (position and credits)
        if not position:
            return False
        if event._practice_is_cancelled():
            return True
        day = day or event._practice_get_visit_day()
        for holding in holdings:
            lot = holding.lot
            if not holding.total:
                continue
            if lot.package_id != event._practice_get_package():
                return False
            # Whoever no longer shares the lot keeps what was planned for them.
            reserved = holding.moves.filtered(lambda move: move.kind == "reserve").sorted("id")
            if event.patient_id != reserved[-1:].partner_id and not lot._is_usable_by(event._practice_get_payer()):
                return False
            if position == "reserved" and lot.expiry_date and lot.expiry_date < day:
                return False
        # What a late cancellation or a no-show does not cost goes back of what is held.
        return total >= credits if position == "forfeited" else total == credits

    # === BEFORE SOMETHING IS PLANNED OR MOVED === #

    @api.model
    def _count_missing(self, patient, appointment_type, start):
        """Return how many whole credits ``patient`` lacks for an appointment at ``start`` (naive UTC)."""
        package, credits = appointment_type.package_id, appointment_type.package_credits
        if not package:
            return 0
        day = appointment_type.company_id._practice_day(start)
        lots = self._search_spendable_sudo(patient, package, day, credits)
        return allocate(credits, day, [lot._to_source() for lot in lots])[1]

    @api.model
    def _can_pay_at(self, event, start):
        """Return whether there are credits for an appointment when it moves to ``start`` (naive UTC).

        What it holds stays when it is valid on the new day; else it goes back first, as :meth:`_settle` does.
        """
        position, credits = event._practice_get_wanted_credits()
        day = event._practice_get_company()._practice_day(start)
        holdings = self._get_held(event)[event]
        if self._holds_what_it_needs(holdings, event, position, credits, day):
            return True
        package = event._practice_get_package()
        given_back = {holding.lot: holding.total for holding in holdings}
        sources = [
            lot._to_source(extra=given_back.get(lot, 0))
            for lot in self.union(self._search_spendable_sudo(event._practice_get_payer(), package, day), *given_back)
            if lot.state == "active" and lot.package_id == package and lot._is_usable_by(event._practice_get_payer())
        ]
        return not allocate(credits, day, sources)[1]

    def _to_source(self, extra=0):
        """Return this lot as the pure rules know it, with ``extra`` credits that are about to be available."""
        self.ensure_one()
        return Source(self, self._count_spendable(extra), self.expiry_date or None)

    # === MOVING CREDITS === #

    @api.model
    def _prepare_give_back(self, event, holdings, reason):
        """Undo whatever the appointment holds, exactly: the same credits, value and accounts."""
        entries = []
        for holding in holdings:
            entries += self._prepare_undo(event, holding, reason)
            if holding.total:
                entries.append(self._prepare_entry("unreserve", event, holding.lot, holding.total, reason))
        return entries

    @api.model
    def _prepare_undo(self, event, holding, reason):
        """Return the movements that take used or forfeited credits back to reserved."""
        entries, lot = [], holding.lot
        for position, kind in MOVE_TO.items():
            number = getattr(holding, position)
            if not number:
                continue
            originals = holding.moves.filtered(lambda move, kind=kind: move.kind == kind)
            entries.append(
                {
                    **self._prepare_entry(kind, event, lot, -number, reason),
                    "value": -lot.currency_id.round(sum(originals.mapped("value"))),
                    "date": lot._get_reversal_day(max(originals.mapped("date"))),
                    "income_account_id": originals.release_ids[:1].income_account_id.id,
                }
            )
        return entries

    @api.model
    def _prepare_position_change(self, event, holdings, position, credits, reason):
        """Return the movements that take ``credits`` of what is held to ``position``, and give the others back."""
        if not position:
            return []
        entries, left = [], credits
        for holding in holdings:
            stays = min(holding.total, left)
            left -= stays
            if not holding.total or getattr(holding, position) == holding.total == stays:
                continue
            entries += self._prepare_undo(event, holding, reason)
            if stays < holding.total:
                entries.append(self._prepare_entry("unreserve", event, holding.lot, holding.total - stays, reason))
            if stays and position in MOVE_TO:
                entries.append(self._prepare_entry(MOVE_TO[position], event, holding.lot, stays, reason))
        return entries

    @api.model
    def _prepare_reservations(self, chosen, reason):
        """Return the movements that reserve for each appointment what was ``chosen``: ``{event: [(lot, credits)]}``."""
        days = self.env["calendar.event"].sudo().union(*chosen)._practice_get_visit_days()  # sudo: as in _settle
        lots_sudo = self.sudo().union(*(lot for lots in chosen.values() for lot, _credits in lots))  # sudo: as above
        today = {lot: lot.company_id._practice_day() for lot in lots_sudo}
        return [
            self._prepare_entry("reserve", event, lot, credits, reason, visit_day=days[event], today=today[lot])
            for event, lots in chosen.items()
            for lot, credits in lots
        ]

    @api.model
    def _prepare_entry(self, kind, event, lot, credits, reason, visit_day=None, today=None):
        # A visit is booked on its day, also when it is entered later; what is decided before that day (a reservation, a
        # late cancellation) on the day it is decided.
        today = today or lot.company_id._practice_day()
        return {
            "lot": lot,
            "kind": kind,
            "credits": credits,
            "date": today if kind == "unreserve" else min(visit_day or event._practice_get_visit_day(), today),
            "event": event,
            "partner_id": event.patient_id.id,
            "reason": reason,
        }

    # === CHOOSING LOTS === #

    @api.model
    def _choose_lots(self, requests):
        """Choose the lots that pay appointments, visit by visit in the order of their dates.

        :param list requests: ``[(event, credits)]``
        :return: ``{event: [(lot, credits)]}``
        :raises UserError: when credits are missing for any of them
        """
        chosen, missing = self._allocate(requests)
        uncovered = defaultdict(list)
        for event in missing:
            uncovered[self._get_owner(event)].append(event)
        for owner, events in uncovered.items():
            wanted = sorted((it for it in requests if self._get_owner(it[0]) == owner), key=lambda it: it[0].start)
            self._raise_too_few(*owner, wanted, events)
        return chosen

    @api.model
    def _allocate(self, requests):
        """Return which lots would pay appointments, and how many whole credits are missing.

        :param list requests: ``[(event, credits)]``
        :return: ``({event: [(lot, credits)]}, {event: credits missing})``, the latter of those that are not covered, by
            date
        """
        chosen, uncovered = {}, {}
        if not requests:
            return chosen, uncovered
        requests = sorted(requests, key=lambda request: request[0].start)
        events, owner_of = requests[0][0].union(*(event for event, _credits in requests)), {}
        for alike in events._practice_group_alike():
            owner_of |= dict.fromkeys(alike, self._get_owner(alike[0]))
        lots_of = self._get_spendable_lots(requests, set(owner_of.values()))
        days = events._practice_get_visit_days()
        # Of all lots together: members of a household spend the same ones.
        sources = {lot: lot._to_source() for lots in lots_of.values() for lot in lots}
        lots_of = {owner: list(lots) for owner, lots in lots_of.items()}
        for event, credits in requests:
            own = (sources[lot] for lot in lots_of[owner_of[event]])
            lots, missing = allocate(credits, days[event], own)
            if missing:
                uncovered[event] = missing
            for lot, number in lots:
                sources[lot] = sources[lot]._replace(available=sources[lot].available - number)
            chosen[event] = lots
        return chosen, uncovered

    @api.model
    def _get_owner(self, event):
        """Return whose credits of which package an appointment takes: ``(payer, package)``."""
        return event._practice_get_payer()._origin, event._practice_get_package()._origin

    @api.model
    def _get_spendable_lots(self, requests, owners):
        """Return ``{(patient, package): lots in spending order}`` of all ``owners`` with one search."""
        if not owners:
            return {}
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        if len(requests) == 1:
            [(event, credits)] = requests
            lots = self._search_spendable_sudo(patients, packages, event._practice_get_visit_day(), credits)
        else:
            lots = self._search_spendable_sudo(patients, packages)
        if len(owners) == 1:
            return dict.fromkeys(owners, lots)
        found = {owner: [] for owner in owners}
        for lot in lots:
            for patient in lot._get_users():
                if (patient, lot.package_id) in found:
                    found[patient, lot.package_id].append(lot.id)
        return {owner: lots.browse(ids).with_prefetch(lots._prefetch_ids) for owner, ids in found.items()}

    @api.model
    def _raise_too_few(self, patient, package, requests, uncovered):
        """Say how many credits are missing, for which appointments, and what to do."""
        balance = self._get_balances({(patient, package)})[patient, package]
        days = [event._practice_get_visit_day() for event in uncovered]
        lots_sudo = self._search_spendable_sudo(patient, package)
        too_old = lots_sudo.filtered(lambda lot: lot.expiry_date and lot.expiry_date < days[0])
        numbers = {
            "package": package.name,
            "patient": patient.display_name,
            "needed": count_credits(self.env, sum(credits for _event, credits in requests)),
            **{name: balance[name] for name in ("used", "reserved", "pending")},
            "available": balance["available"] - sum(too_old.mapped("credits_spendable")),
        }
        words = [self._describe_missing(requests, uncovered, days, numbers)]
        if too_old:
            words.append(
                self.env._(
                    "Credits that expire before %(day)s: %(credits)s, the last on %(last)s. They can be extended.",
                    day=format_date(self.env, days[0]),
                    credits=sum(too_old.mapped("credits_spendable")),
                    last=format_date(self.env, max(too_old.mapped("expiry_date"))),
                )
            )
        raise CreditsMissingError(" ".join(words))

    @api.model
    def _describe_missing(self, requests, uncovered, days, numbers):
        if len(requests) == 1:
            return self.env._(
                "%(package)s for %(patient)s: %(needed)s needed, %(available)s available "
                "(%(used)s used, %(reserved)s reserved, %(pending)s waiting for payment). Sell a package or choose "
                "another type.",
                **numbers,
            )
        dates = [format_date(self.env, day) for day in days]
        shown = ", ".join(dates[:10]) + (", ..." if len(dates) > 10 else "")
        return self.env._(
            "%(package)s for %(patient)s: %(needed)s needed, %(available)s available "
            "(%(used)s used, %(reserved)s reserved, %(pending)s waiting for payment). That covers %(covered)s of "
            "the %(count)s appointments; not covered: %(days)s. Nothing was planned. Sell a package or plan fewer.",
            covered=len(requests) - len(uncovered),
            count=len(requests),
            days=shown,
            **numbers,
        )
