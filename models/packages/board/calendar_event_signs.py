from odoo import api, models
from odoo.fields import Domain


class CalendarEvent(models.Model):
    """What the front desk has to know of a visit before the patient stands there."""

    _inherit = "calendar.event"

    def _practice_get_board_signs(self):
        """Return ``{appointment: [sign]}``, with a fixed number of queries for all of them.

        - ``first_visit``: the patient was not here before
        - ``credits_missing``: it takes credits and holds none
        - ``last_credit``: its credits are the last that the patient has, or had today
        - ``unpaid``: the payment of its credits was undone
        - ``invoice``: an invoice of the patient is open
        - ``attention``: it could not be marked by itself
        """
        planned = self.filtered(lambda event: event.attendance == "planned")
        taking = planned.filtered(lambda event: event.practice_package_id and event.practice_credits)
        missing = taking.filtered(lambda event: event.credit_state != "reserved")
        # Whoever was here today can still be asked at the desk.
        here = self.filtered(lambda event: event.credit_state == "used" and event._practice_is_today())
        found = {
            "first_visit": self._practice_filter_first_visits(),
            "credits_missing": missing,
            "last_credit": (taking - missing | here)._practice_filter_last_credits(),
            "unpaid": self.search([("id", "in", (taking - missing).ids), ("credit_unpaid", "=", True)]),
            "invoice": self._practice_filter_open_invoices(),
            "attention": self.filtered("credit_error"),
        }
        ids = {sign: set(events.ids) for sign, events in found.items()}
        return {event: [sign for sign, those in ids.items() if event.id in those] for event in self}

    def _practice_filter_first_visits(self):
        """Return those of these appointments before which their patient had none; no-shows do not count."""
        domain = Domain("patient_id", "in", self.patient_id.ids) & Domain("attendance", "in", ("planned", "attended"))
        first = dict(self._read_group(domain, ["patient_id"], ["start:min"]))
        return self.filtered(
            lambda event: event.attendance in ("planned", "attended") and first.get(event.patient_id) == event.start
        )

    def _practice_filter_last_credits(self):
        """Return those of these appointments after which their patient has no credits left, of this package."""
        balances = self.env["practice.credit.lot"]._get_balances(
            {(event.patient_id, event.practice_package_id) for event in self}
        )

        def is_last(event):
            balance = balances[event.patient_id, event.practice_package_id]
            left = balance["available"] + balance["pending"] + balance["reserved"]
            return left <= (event.practice_credits if event.credit_state == "reserved" else 0)

        return self.filtered(is_last)

    def _practice_is_today(self):
        return self._practice_get_visit_day() == self._practice_get_today()

    @api.model
    def _practice_get_open_invoice_domain(self, patients):
        """Return the lines of what ``patients`` have to pay, and of what others pay for them."""
        return (
            Domain("parent_state", "=", "posted")
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("move_id.payment_state", "in", ("not_paid", "partial"))
            & Domain("display_type", "=", "product")
            & (Domain("practice_patient_id", "in", patients.ids) | Domain("partner_id", "in", patients.ids))
        )

    def _practice_filter_open_invoices(self):
        """Return those of these appointments whose patient has an invoice that is not paid."""
        groups = self.env["account.move.line"]._read_group(
            self._practice_get_open_invoice_domain(self.patient_id), ["practice_patient_id", "partner_id"]
        )
        owing = {person for people in groups for person in people}
        return self.filtered(lambda event: event.patient_id and event.patient_id in owing)
