from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ....tools.credits import allocate

#: Movements that say where the credits of an appointment are, and how each counts for the positions.
POSITIONS = {
    "reserve": {"reserved": 1},
    "unreserve": {"reserved": -1},
    "use": {"reserved": -1, "used": 1},
    "forfeit": {"reserved": -1, "forfeited": 1},
}

#: The movement that takes reserved credits to a position.
MOVE_TO = {"used": "use", "forfeited": "forfeit"}


class PracticeCreditLot(models.Model):
    """Credits and appointments: planning reserves, the visit uses, a no-show loses, cancelling gives back.

    :meth:`_settle` compares where the credits of appointments are with where they belong and writes what is missing
    in between. It is idempotent, so whoever changes an appointment only has to say that it changed.
    """

    _inherit = "practice.credit.lot"

    @api.model
    def _settle(self, events, reason=False):
        """Bring the credits of appointments where they belong: give back first, then reserve by date, then use.

        :param events: appointments (``calendar.event``), archived ones too
        :param str reason: why, when staff decided so; kept on the movements
        :raises UserError: when credits are missing; nothing is taken then, and the message has the numbers
        """
        events = events.sudo()  # sudo: everybody who may change an appointment may spend its patient's credits
        held = self._get_held(events)
        wanted = {event: event._get_wanted_credits() for event in events}
        keep = {event: self._holds_what_it_needs(held[event], event, *wanted[event]) for event in events}
        give_back, to_reserve = [], []
        for event, (position, credits) in wanted.items():
            if keep[event]:
                continue
            give_back += self._prepare_give_back(event, held[event], reason)
            held[event] = {}
            if position:
                to_reserve.append((event, credits))
        self._record(give_back)
        chosen = self._choose_lots(to_reserve)
        entries = []
        for event, lots in chosen.items():
            held[event] = {lot: {"reserved": credits, "used": 0, "forfeited": 0} for lot, credits in lots}
            entries += [self._prepare_entry("reserve", event, lot, credits, reason) for lot, credits in lots]
        for event, (position, _credits) in wanted.items():
            entries += self._prepare_position_change(event, held[event], position, reason)
        self._record(entries)

    # === WHERE CREDITS ARE === #

    @api.model
    def _get_held(self, events):
        """Return ``{event: {lot: {position: credits}}}`` of appointments, with their movements as ``moves``."""
        held = {}
        for event in events:
            held[event] = here = {}
            for move in event.credit_move_ids:
                positions = here.setdefault(move.lot_id, {"reserved": 0, "used": 0, "forfeited": 0, "moves": move})
                positions["moves"] |= move
                for position, factor in POSITIONS[move.kind].items():
                    positions[position] += factor * move.credits
        return held

    @api.model
    def _holds_what_it_needs(self, held, event, position, credits, day=None):
        """Return whether the lots held can stay: right package, patient and number, and valid on the day.

        :param date day: of the visit, when the appointment is about to be moved
        """
        if not position:
            return not any(self._count_held(here) for here in held.values())
        day = day or event._get_visit_day()
        total = 0
        for lot, here in held.items():
            number = self._count_held(here)
            if not number:
                continue
            if lot.package_id != event.practice_appointment_type_id.package_id:
                return False
            # Whoever no longer shares the lot keeps what was planned for him.
            reserved = here["moves"].filtered(lambda move: move.kind == "reserve").sorted("id")
            if event.patient_id != reserved[-1:].partner_id and not lot._is_usable_by(event.patient_id):
                return False
            if position == "reserved" and lot.expiry_date and lot.expiry_date < day:
                return False
            total += number
        return total == credits

    @api.model
    def _count_held(self, here):
        return here["reserved"] + here["used"] + here["forfeited"]

    # === BEFORE SOMETHING IS PLANNED OR MOVED === #

    @api.model
    def _count_missing(self, patient, appointment_type, start):
        """Return how many whole credits ``patient`` lacks for an appointment at ``start`` (naive UTC)."""
        package, credits = appointment_type.package_id, appointment_type.package_credits
        if not package:
            return 0
        day = appointment_type.company_id._practice_day(start)
        lots = self._search_spendable(patient, package, day, credits)
        return allocate(credits, day, [[lot, lot.credits_available, lot.expiry_date] for lot in lots])[1]

    @api.model
    def _can_pay_at(self, event, start):
        """Return whether there are credits for an appointment when it moves to ``start`` (naive UTC).

        What it holds stays when it is valid on the new day; else it goes back first, as :meth:`_settle` does.
        """
        position, credits = event._get_wanted_credits()
        day = event._get_practice()._practice_day(start)
        held = self._get_held(event)[event]
        if self._holds_what_it_needs(held, event, position, credits, day):
            return True
        package = event.practice_appointment_type_id.package_id
        rows = [
            [lot, lot.credits_available + (self._count_held(held[lot]) if lot in held else 0), lot.expiry_date]
            for lot in self.union(self._search_spendable(event.patient_id, package, day), *held)
            if lot.state == "active" and lot.package_id == package and lot._is_usable_by(event.patient_id)
        ]
        return not allocate(credits, day, rows)[1]

    # === MOVING CREDITS === #

    @api.model
    def _prepare_give_back(self, event, held, reason):
        """Undo whatever the appointment holds, exactly: the same credits, value and accounts."""
        entries = []
        for lot, here in held.items():
            entries += self._prepare_undo(event, lot, here, reason)
            number = self._count_held(here)
            if number:
                entries.append(self._prepare_entry("unreserve", event, lot, number, reason))
        return entries

    @api.model
    def _prepare_undo(self, event, lot, here, reason):
        """Return the movements that take used or forfeited credits back to reserved."""
        entries = []
        for position, kind in MOVE_TO.items():
            if not here[position]:
                continue
            originals = here["moves"].filtered(lambda move, kind=kind: move.kind == kind)
            entries.append(
                {
                    **self._prepare_entry(kind, event, lot, -here[position], reason),
                    "value": -lot.currency_id.round(sum(originals.mapped("value"))),
                    "date": lot._get_reversal_day(max(originals.mapped("date"))),
                    "income_account_id": originals.release_ids[:1].income_account_id.id,
                }
            )
        return entries

    @api.model
    def _prepare_position_change(self, event, held, position, reason):
        """Return the movements that take held credits to ``position``."""
        if not position:
            return []
        entries = []
        for lot, here in held.items():
            number = self._count_held(here)
            if not number or here[position] == number:
                continue
            entries += self._prepare_undo(event, lot, here, reason)
            if position in MOVE_TO:
                entries.append(self._prepare_entry(MOVE_TO[position], event, lot, number, reason))
        return entries

    @api.model
    def _prepare_entry(self, kind, event, lot, credits, reason):
        # A visit is booked on its day, also when it is entered later; what is decided before that day (a reservation, a
        # late cancellation) on the day it is decided.
        today = lot.company_id._practice_day()
        return {
            "lot": lot,
            "kind": kind,
            "credits": credits,
            "date": today if kind == "unreserve" else min(event._get_visit_day(), today),
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
        chosen, missing = {}, defaultdict(list)
        requests = sorted(requests, key=lambda request: request[0].start)
        rows_of = self._get_spendable_rows(requests)
        for event, credits in requests:
            rows = rows_of[event.patient_id, event.practice_appointment_type_id.package_id]
            lots, short = allocate(credits, event._get_visit_day(), rows)
            if short:
                missing[event.patient_id, event.practice_appointment_type_id.package_id].append(event)
            chosen[event] = lots
        for (patient, package), events in missing.items():
            wanted = [
                request
                for request in requests
                if request[0].patient_id == patient and request[0].practice_appointment_type_id.package_id == package
            ]
            self._raise_too_few(patient, package, wanted, events)
        return chosen

    @api.model
    def _get_spendable_rows(self, requests):
        """Return ``{(patient, package): rows for allocate()}`` with one search for everybody."""
        owners = {(event.patient_id, event.practice_appointment_type_id.package_id) for event, _credits in requests}
        if not owners:
            return {}
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        if len(requests) == 1:
            [(event, credits)] = requests
            lots = self._search_spendable(patients, packages, event._get_visit_day(), credits)
        else:
            lots = self._search_spendable(patients, packages)
        rows_of = {}
        rows = {lot: [lot, lot.credits_available, lot.expiry_date] for lot in lots}
        for patient, package in owners:
            rows_of[patient, package] = [
                row  # shared between the members of a household, so that nobody spends what another one took
                for lot, row in rows.items()
                if lot.package_id == package and lot._is_usable_by(patient)
            ]
        return rows_of

    @api.model
    def _raise_too_few(self, patient, package, requests, uncovered):
        """Say how many credits are missing, for which appointments, and what to do."""
        balance = self._get_balances({(patient, package)})[patient, package]
        needed = sum(credits for _event, credits in requests)
        numbers = self.env._(
            "%(package)s for %(patient)s: %(needed)s credits are needed, %(available)s are available "
            "(%(used)s used, %(reserved)s reserved, %(pending)s waiting for payment).",
            package=package.name,
            patient=patient.display_name,
            needed=needed,
            **{name: balance[name] for name in ("available", "used", "reserved", "pending")},
        )
        if len(requests) == 1:
            raise UserError(numbers + " " + self.env._("Sell a package or choose another type."))
        days = [format_date(self.env, event._get_visit_day()) for event in uncovered]
        shown = ", ".join(days[:10]) + (", ..." if len(days) > 10 else "")
        raise UserError(
            numbers
            + " "
            + self.env._(
                "That covers %(covered)s of the %(count)s appointments; not covered: %(days)s. Nothing was planned. "
                "Sell a package or plan fewer.",
                covered=len(requests) - len(uncovered),
                count=len(requests),
                days=shown,
            )
        )
