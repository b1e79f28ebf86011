from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..models.packages.appointments.calendar_event import MARKED


class PracticeAppointmentCancel(models.TransientModel):
    """Cancel an appointment, or several, seeing what it costs the patients before confirming.

    Who cancels decides: the practice always gives the credits back, a patient by the policy of the appointment.
    """

    _name = "practice.appointment.cancel"
    _description = "Cancel Appointment"

    event_id = fields.Many2one(
        "calendar.event", string="Appointment", compute="_compute_event_id", store=True, readonly=False
    )
    event_ids = fields.Many2many("calendar.event", string="Appointments")
    is_several = fields.Boolean(compute="_compute_is_several")
    is_group = fields.Boolean(compute="_compute_is_group", help="Of several patients: only the practice cancels it.")
    cancelled_by = fields.Selection(
        [("patient", "The patient cancels"), ("practice", "The practice cancels: all credits go back")],
        string="Who Cancels",
        required=True,
        default="patient",
    )
    in_series = fields.Boolean(compute="_compute_in_series")
    scope = fields.Selection(
        [("self_only", "This appointment"), ("future_events", "This and the following"), ("all_events", "The series")],
        string="Cancel",
        required=True,
        default="self_only",
    )
    is_past = fields.Boolean(compute="_compute_is_past", help="It was marked, so it is corrected and nobody is told.")
    late_count = fields.Integer(compute="_compute_consequence")
    spent_credits = fields.Integer(compute="_compute_consequence")
    consequence = fields.Char(compute="_compute_consequence")
    give_back = fields.Boolean(string="Give the credits back all the same")
    reason = fields.Char()
    notify = fields.Boolean(string="E-mail the patient", default=True)

    # === COMPUTE METHODS === #

    @api.depends("event_ids")
    def _compute_event_id(self):
        for wizard in self.filtered(lambda it: len(it.event_ids) == 1):
            wizard.event_id = wizard.event_ids

    @api.depends("event_ids")
    def _compute_is_several(self):
        for wizard in self:
            wizard.is_several = len(wizard.event_ids) > 1

    @api.depends("event_id", "is_several")
    def _compute_is_group(self):
        for wizard in self:
            wizard.is_group = not wizard.is_several and bool(wizard.event_id.practice_places)

    @api.depends("event_id", "is_several")
    def _compute_in_series(self):
        for wizard in self:
            wizard.in_series = bool(wizard.event_id.recurrence_id) and not wizard.is_several

    @api.depends("event_id", "is_several")
    def _compute_is_past(self):
        for wizard in self:
            wizard.is_past = not wizard.is_several and wizard.event_id.attendance in MARKED

    @api.depends("event_id", "event_ids", "scope", "give_back", "cancelled_by")
    def _compute_consequence(self):
        for wizard in self:
            wizard.spent_credits = wizard.is_past and wizard.event_id._practice_get_spent_credits()
            if wizard.is_past:
                wizard.late_count = 0
                spent = wizard.spent_credits
                wizard.consequence = self.env._("It was marked already. Credits that go back: %s.", spent)
                continue
            events = wizard._get_events()
            costs = [cost for event in events if (cost := event._practice_get_cancel_cost())]
            if wizard.cancelled_by != "patient":
                costs = []
            wizard.late_count = len(costs)
            known = events and wizard.cancelled_by
            wizard.consequence = wizard._describe(events, len(costs), sum(costs)) if known else False

    def _describe(self, events, late, cost):
        """Say what cancelling costs now: ``cost`` credits for ``late`` of the appointments, unless they are given back
        all the same."""
        lost = 0 if self.give_back else cost
        if self.cancelled_by == "practice":
            return self.env._(
                "Never late. Appointments that are cancelled: %(count)s. Credits that go back: %(free)s.",
                count=len(events),
                free=(events | events._practice_get_visits())._practice_count_reserved(),
            )
        if self.is_several:
            return self._describe_several(events, late, lost)
        free = events._practice_count_reserved() - lost
        until = format_datetime(self.env, min(events.mapped("cancel_free_until")), dt_format="short")
        numbers = {"until": until, "lost": lost, "free": free}
        if not cost:
            return self.env._("In time: free until %(until)s. Credits that go back: %(free)s.", **numbers)
        if not lost:
            return self.env._("Late: free was until %(until)s. Credits that go back all the same: %(free)s.", **numbers)
        return self.env._(
            "Late: free was until %(until)s. Credits lost: %(lost)s; credits that go back: %(free)s.", **numbers
        )

    def _describe_several(self, events, late, lost):
        """Say what several cost of which ``late`` are late and lose ``lost`` credits."""
        return self.env._(
            "Appointments that are cancelled: %(count)s, of these late: %(late)s. Credits lost: %(lost)s; credits that "
            "go back: %(free)s.",
            count=len(events),
            late=late,
            lost=lost,
            free=events._practice_count_reserved() - lost,
        )

    # === ACTIONS === #

    def action_cancel(self):
        """Cancel with the policy as it is at this moment, whatever the dialog showed when it was opened.

        :raises UserError: when credits that are used, lost or would be are given back without a reason
        """
        self.ensure_one()
        if not self.event_id and not self.event_ids:
            raise UserError(self.env._("Choose the appointments to cancel."))
        if self.cancelled_by == "practice" and not self.is_past:
            self._get_events()._practice_cancel_by_practice(self.reason, notify=self.notify)
            return {"type": "ir.actions.act_window_close"}
        if self.is_past:
            self.event_id._practice_cancel_marked(self.reason)
            return {"type": "ir.actions.act_window_close"}
        self._get_events()._practice_cancel_planned(reason=self.reason, give_back=self.give_back, notify=self.notify)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _get_events(self):
        """Return the planned appointments of the chosen scope; what has taken place stays as it is."""
        self.ensure_one()
        events = self.event_ids if self.is_several else self.event_id
        if not self.is_several and self.scope != "self_only":
            events = events.recurrence_id.calendar_event_ids
            if self.scope == "future_events":
                events = events.filtered(lambda event: event.start >= self.event_id.start)
        return events.filtered(lambda event: event.attendance == "planned")
