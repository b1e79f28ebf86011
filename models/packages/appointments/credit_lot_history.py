from odoo import api, models
from odoo.tools import format_date, format_datetime, formatLang

from ....tools.credits import GIVING_KINDS, counters_after
from ...common.words import count_credits, count_months

#: Order of rows of the same day: credits come before visits spend them, and expire after the last visit.
FIRST, VISIT, LAST = range(3)


class PracticeCreditLot(models.Model):
    """What happened to each credit of a lot, in words that are fit for the patient: no money but what the patient has
    paid, no reasons that staff noted, and of visits that others paid with these credits no more than who and when."""

    _inherit = "practice.credit.lot"

    def _prepare_facts(self):
        """Return where the credits come from, as pairs of label and value."""
        date = format_date(self.env, self.date)
        if self.origin != "invoice":
            origin = dict(self._fields["origin"]._description_selection(self.env))[self.origin]
            return [(self.env._("Received"), date), (self.env._("Origin"), self.reference or origin)]
        facts = [(self.env._("Bought"), date), (self.env._("Invoice"), self.reference)]
        if self.payer_id == self.partner_id and self.invoice_line_id:
            line = self.invoice_line_id
            facts.append((self.env._("Price"), formatLang(self.env, line.price_total, currency_obj=line.currency_id)))
        return [*facts, (self.env._("Payment"), self._describe_payment())]

    def _describe_payment(self):
        match self.invoice_id.payment_state:
            case "reversed":
                return self.env._("Credited")
            case "partial":
                return self.env._("Partly paid")
        return self.env._("Paid") if self.invoice_id._practice_is_paid() else self.env._("Waiting for payment")

    def _describe_expiry(self):
        if self.expiry_date:
            return format_date(self.env, self.expiry_date)
        if self.validity_months and self.validity_from == "first_visit":
            return self.env._("%s from the first visit", count_months(self.env, self.validity_months))
        return self.env._("No expiry date")

    # === HISTORY === #

    def _prepare_history(self):
        """Return the history of this lot by date, one row per appointment, with the credits left after each.

        ``left`` counts available credits: a planned appointment has its credit already.
        """
        moves = self.move_ids.sorted("id")
        rows = [
            self._prepare_visit_row(event, of_event) for event, of_event in moves.grouped("event_id").items() if event
        ]
        rows += [self._prepare_move_row(move) for move in moves if not move.event_id and move.credits]
        left = 0
        for row in sorted(rows, key=lambda row: row["key"]):
            left += row["change"]
            row["left"] = left
        return sorted(rows, key=lambda row: row["key"])

    @api.model
    def _get_change(self, moves):
        return counters_after((move.kind, move.credits) for move in moves)["available"]

    def _prepare_visit_row(self, event, moves):
        # sudo: an appointment is printed for whoever may print the credits it took, also when its type is of another
        # company; nothing but its type and time is shown.
        event_sudo = event.sudo()
        change = self._get_change(moves)
        patient = moves[-1:].partner_id
        is_own = patient == self.partner_id
        return {
            "key": (max(event_sudo._practice_get_visit_day(), self.date), VISIT, event_sudo.id),
            "date": self._format_moment(event_sudo),
            "what": event_sudo.practice_appointment_type_id.name if is_own else patient.name,
            "outcome": self._describe_outcome(event_sudo, moves, change),
            "change": change,
        }

    @api.model
    def _format_moment(self, event):
        """Return the day of an appointment, and its hour in the practice's time zone unless it takes the whole day."""
        if event.allday:
            return format_date(self.env, event._practice_get_visit_day(), date_format="EEE d MMM y")
        tz = event.practice_appointment_type_id.company_id.practice_tz
        return format_datetime(self.env, event.start, tz=tz, dt_format="EEE d MMM y, HH:mm")

    @api.model
    def _describe_outcome(self, event, moves, change):
        """Return in words what became of the credits that ``event`` took from one lot."""
        if not change:
            match event.attendance:
                case "cancelled":
                    return self.env._("Cancelled, credits given back")
                case "late_cancelled":
                    return self.env._("Cancelled late, credits given back")
                case "no_show":
                    return self.env._("Missed, credits given back")
            return self.env._("Credits given back")
        position = counters_after((move.kind, move.credits) for move in moves)
        if position["lost"]:
            lost, taken = position["lost"], event.practice_credits
            if lost < taken:
                numbers = {"lost": lost, "taken": count_credits(self.env, taken)}
                return self._describe_partly_lost(event, numbers)
            if event.attendance == "no_show":
                return self.env._("Missed, credits lost")
            return self.env._("Cancelled late, credits lost")
        return self.env._("Attended") if position["used"] else self.env._("Planned")

    @api.model
    def _describe_partly_lost(self, event, numbers):
        if event.attendance == "no_show":
            return self.env._("Missed, %(lost)s of %(taken)s lost", **numbers)
        return self.env._("Cancelled late, %(lost)s of %(taken)s lost", **numbers)

    def _prepare_move_row(self, move):
        return {
            "key": (max(move.date, self.date), FIRST if move.kind in GIVING_KINDS else LAST, move.id),
            "date": format_date(self.env, move.date, date_format="EEE d MMM y"),
            "what": "",
            "outcome": self._describe_move(move),
            "change": self._get_change(move),
        }

    def _describe_move(self, move):
        """Return in words what happened to credits without an appointment."""
        undone = move.credits < 0
        match move.kind:
            case "grant" if undone:
                return self.env._("Withdrawn")
            case "grant" if self.origin == "invoice":
                return self.env._("Bought")
            case "grant":
                return self.env._("Received")
            case "expire" if undone:
                return self.env._("Valid again")
            case "expire":
                return self.env._("Expired")
            case "refund" if undone:
                return self.env._("Refund withdrawn")
            case "refund" if move.invoice_line_id.move_type == "out_invoice":
                # An invoice that takes credits back sells something larger instead.
                return self.env._("Upgraded, %s", move.invoice_line_id.move_id.name)
            case "refund":
                return self.env._("Refunded, %s", move.invoice_line_id.move_id.name or "").rstrip(", ")
            case "transfer" | "receive":
                return self._describe_transfer(move)
        return dict(move._fields["kind"]._description_selection(self.env))[move.kind]

    def _describe_transfer(self, move):
        """Return in words that credits went to another patient or came from one: family by name, others without."""
        other = move.other_lot_id.partner_id
        gone = move.kind == "transfer" and move.credits > 0
        if not self.partner_id._practice_is_family_of(other):
            if gone:
                return self.env._("Transferred to another patient")
            return self.env._("Received from another patient")
        if gone:
            return self.env._("Transferred to %s", other.name)
        return self.env._("Received from %s", other.name)
