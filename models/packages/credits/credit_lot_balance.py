from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ....tools.credits import COUNTERS, allocate
from .credit_lot import COUNTER_FIELDS


class PracticeCreditLot(models.Model):
    """What a patient has: the balance of own and shared credits, in numbers and in words, for many at once."""

    _inherit = "practice.credit.lot"

    @api.model
    def _get_usable_domain(self, partners, packages):
        """Return the domain of lots that ``partners`` may see as theirs: their own and those shared with them."""
        return Domain("package_id", "in", packages.ids) & (
            Domain("partner_id", "in", partners.ids) | Domain("beneficiary_ids", "in", partners.ids)
        )

    @api.model
    def _get_balances(self, owners):
        """Return ``{(patient, package): balance}``: the credits each has, own and shared, as dicts of whole numbers.

        Keys of a balance are the counters of ``tools.credits`` plus ``pending`` (available once their invoice is
        paid). Only lots that still have open credits count: the purchases that are being spent.
        """
        balances = {owner: dict.fromkeys([*COUNTERS, "pending"], 0) for owner in owners}
        patients = self.env["res.partner"].union(*(patient for patient, _package in owners))
        packages = self.env["practice.package"].union(*(package for _patient, package in owners))
        open_lots = Domain("package_id", "in", packages.ids) & Domain("state", "in", ("pending", "active"))
        sums = [f"{field}:sum" for field in COUNTER_FIELDS.values()]
        lots = self.sudo()  # sudo: numbers only, of patients whom the caller may already see
        own = lots._read_group(
            open_lots & Domain("partner_id", "in", patients.ids), ["partner_id", "package_id", "state"], sums
        )
        shared = lots._read_group(
            open_lots & Domain("beneficiary_ids", "in", patients.ids),
            ["beneficiary_ids", "package_id", "state", "partner_id"],
            sums,
        )
        # Merging contacts can make an owner his own beneficiary.
        shared = [(user, package, state, *n) for user, package, state, owner, *n in shared if user != owner]
        for partner, package, state, *numbers in [*own, *shared]:
            balance = balances.get((partner.sudo(False), package.sudo(False)))
            if balance is None:
                continue
            for counter, number in zip(COUNTERS, numbers, strict=True):
                balance["pending" if state == "pending" and counter == "available" else counter] += number
        return balances

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
            balance = balances[owner]
            numbers = self.env._(
                "%(left)s left, %(reserved)s reserved", left=balance["available"], reserved=balance["reserved"]
            )
            if balance["pending"]:
                numbers += self.env._(", %s waiting for payment", balance["pending"])
            if event not in sessions and event.attendance not in (False, "planned"):
                described[event] = (False, numbers)  # called off: it is no session of anything
                continue
            lot, session = sessions.get(event) or self._get_next_session(event, *owner)
            if lot:
                given = lot.credits_total - lot.credits_refunded
                numbers = self.env._(
                    "session %(session)s of %(given)s; %(numbers)s", session=session, given=given, numbers=numbers
                )
            described[event] = (not lot, numbers)
        return described

    @api.model
    def _get_owner(self, event):
        return event.patient_id._origin, event.practice_appointment_type_id.package_id._origin

    @api.model
    def _get_sessions(self, events):
        """Return ``{event: (lot, session)}`` of the events that hold credits: which of its lot's credits, from 1."""
        held = self._get_held(events._origin.sudo())  # sudo: numbers, for those who may see the appointment
        lot_of = {}
        for event in events:
            for lot, here in held.get(event._origin, {}).items():
                if self._count_held(here):
                    lot_of.setdefault(event, lot)
        if not lot_of:
            return {}
        lots = self.union(*lot_of.values())
        rows = (
            self.env["practice.credit.move"]
            .sudo()  # sudo: as above
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
        day = event._get_visit_day()
        rows = [
            [lot, lot.credits_available, lot.expiry_date]
            for lot in self._search_spendable(patient, package, day, credits)
        ]
        lots, _missing = allocate(credits, day, rows)
        lot = lots[0][0] if lots else self.browse()
        return lot, lot.credits_used + lot.credits_lost + lot.credits_reserved + 1
