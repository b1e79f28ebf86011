from odoo import api, fields, models
from odoo.tools import format_datetime


class PracticeAppointmentCancel(models.TransientModel):
    """Cancel an appointment, seeing what it costs the patient before confirming."""

    _name = "practice.appointment.cancel"
    _description = "Cancel Appointment"

    event_id = fields.Many2one("calendar.event", string="Appointment", required=True)
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

    @api.depends("event_id")
    def _compute_in_series(self):
        for wizard in self:
            wizard.in_series = bool(wizard.event_id.recurrence_id)

    @api.depends("event_id")
    def _compute_is_past(self):
        for wizard in self:
            wizard.is_past = wizard.event_id.attendance in ("attended", "no_show")

    @api.depends("event_id", "scope", "give_back")
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
            wizard.late_count = len(costs)
            wizard.consequence = wizard._describe(events, sum(costs)) if events else False

    def _describe(self, events, cost):
        """Say what cancelling costs now: ``cost`` credits, unless they are given back all the same."""
        lost = 0 if self.give_back else cost
        free = sum(events.mapped("practice_credits")) - lost
        until = format_datetime(self.env, min(events.mapped("cancel_free_until")), dt_format="short")
        numbers = {"until": until, "lost": lost, "free": free}
        if not cost:
            return self.env._("In time: free until %(until)s. Credits that go back: %(free)s.", **numbers)
        if not lost:
            return self.env._("Late: free was until %(until)s. Credits that go back all the same: %(free)s.", **numbers)
        return self.env._(
            "Late: free was until %(until)s. Credits lost: %(lost)s; credits that go back: %(free)s.", **numbers
        )

    # === ACTIONS === #

    def action_cancel(self):
        """Cancel with the policy as it is at this moment, whatever the dialog showed when it was opened.

        :raises UserError: when credits that are used, lost or would be are given back without a reason
        """
        self.ensure_one()
        if self.is_past:
            self.event_id._practice_cancel_marked(self.reason)
            return {"type": "ir.actions.act_window_close"}
        self._get_events()._practice_cancel_planned(reason=self.reason, give_back=self.give_back, notify=self.notify)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _get_events(self):
        """Return the planned appointments of the chosen scope; what has taken place stays as it is."""
        self.ensure_one()
        events = self.event_id
        if self.scope != "self_only":
            events = events.recurrence_id.calendar_event_ids
            if self.scope == "future_events":
                events = events.filtered(lambda event: event.start >= self.event_id.start)
        return events.filtered(lambda event: event.attendance == "planned")
