from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_datetime

from ....tools.absences import Visit, propose_colleagues
from ....tools.slots import span_of_days
from ..appointments.calendar_event import MARKED
from ..appointments.calendar_event_busy import free_times

#: Minutes between cancelling and telling the patients, in which it can be undone.
UNDO_MINUTES = 10


class PracticeAbsence(models.Model):
    """A practitioner is away: whom it affects, who is told, and who has picked a new time.

    A draft lists the appointments in the time of the absence. Confirmed, they are cancelled by the practice or handed
    over to a colleague, and an event keeps the time from being booked; some minutes later the patients are told.
    """

    _name = "practice.absence"
    _description = "Absence"
    _inherit = ["mail.thread", "mail.activity.mixin", "practice.kept.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    practitioner_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    date_from = fields.Datetime(
        string="From", required=True, default=lambda self: self._get_default_span()[0], tracking=True
    )
    date_to = fields.Datetime(
        string="Until", required=True, default=lambda self: self._get_default_span()[1], tracking=True
    )
    reason = fields.Char(
        required=True,
        default=lambda self: self.env._("Ill"),
        help="For the practice only: it is kept with the credits that go back. Patients do not read it.",
    )
    message = fields.Text(
        string="For the Patients", help="A line of your own in the e-mail to the patients. It is written as it stands."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("cancelled", "Patients Wait to Be Told"), ("told", "Patients Told")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    told_from = fields.Datetime(
        string="E-Mails At", readonly=True, copy=False, help="When the patients are told; until then it can be undone."
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Time That Is Blocked",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    line_ids = fields.One2many(
        "practice.absence.line",
        "absence_id",
        string="Appointments",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        copy=False,
    )
    affected_count = fields.Integer(string="Affected", compute="_compute_counts")
    picked_count = fields.Integer(string="Settled", compute="_compute_counts")
    open_count = fields.Integer(string="Without a New Time", compute="_compute_counts")
    call_count = fields.Integer(string="To Call", compute="_compute_counts")
    marked_count = fields.Integer(
        compute="_compute_marked_count",
        help="Appointments in this time that are marked as attended or no-show. They stay as they are.",
    )
    can_undo = fields.Boolean(compute="_compute_can_undo")
    period = fields.Char(compute="_compute_period", help="In the practice's time zone.")

    _dates_in_order = models.Constraint("CHECK (date_to > date_from)", "An absence has to end after it begins.")

    # === COMPUTE METHODS === #

    @api.model
    def _get_default_span(self):
        """Return from when until when somebody is away who calls in now: the rest of the practice's day."""
        company = self.env.company
        now = fields.Datetime.now()
        _midnight, stop = span_of_days(company._practice_day(), company._practice_day(), company.practice_tz)
        return now.replace(minute=0, second=0), stop - timedelta(minutes=1)

    @api.depends("practitioner_id", "date_from", "date_to", "company_id")
    def _compute_line_ids(self):
        for absence in self.filtered(lambda it: it.state == "draft"):
            affected = absence._find_affected()
            gone = absence.line_ids.filtered(lambda line, affected=affected: line.event_id not in affected)
            new = affected - absence.line_ids.event_id
            absence.line_ids = [
                *(Command.delete(line.id) if line._origin else Command.unlink(line.id) for line in gone),
                *(Command.create({"event_id": event.id}) for event in new),
            ]

    @api.depends("line_ids.outcome", "line_ids.told")
    def _compute_counts(self):
        for absence in self:
            outcomes = absence.line_ids.mapped("outcome")
            absence.affected_count = len(outcomes)
            absence.open_count = outcomes.count("open")
            unsettled = ("open", "planned", "called_off")
            absence.picked_count = len([it for it in outcomes if it not in unsettled])
            absence.call_count = len(absence.line_ids.filtered(lambda line: line._is_to_call()))

    @api.depends("practitioner_id", "date_from", "date_to", "company_id", "state")
    def _compute_marked_count(self):
        for absence in self:
            # Shown where somebody looks at one absence that is not confirmed.
            absence.marked_count = len(absence._find_given(MARKED)) if absence.state == "draft" else 0

    @api.depends("state", "line_ids.told")
    def _compute_can_undo(self):
        for absence in self:
            absence.can_undo = absence.state != "draft" and not absence._get_told()

    @api.depends("date_from", "date_to", "company_id")
    def _compute_period(self):
        for absence in self:
            absence.period = absence._describe_period() if absence.date_from and absence.date_to else False

    def _describe_period(self):
        """Return from when until when, in the practice's time zone and the language of the user."""
        tz = self.company_id.practice_tz
        company = self.company_id
        same_day = company._practice_day(self.date_from) == company._practice_day(self.date_to)
        begins = format_datetime(self.env, self.date_from, tz=tz, dt_format="EEEE d MMMM y, HH:mm")
        ends = format_datetime(self.env, self.date_to, tz=tz, dt_format="HH:mm" if same_day else "EEEE d MMMM y, HH:mm")
        return f"{begins} – {ends} ({tz})"

    @api.depends("practitioner_id", "date_from", "company_id")
    def _compute_display_name(self):
        for absence in self:
            if not absence.practitioner_id or not absence.date_from:
                absence.display_name = self.env._("New Absence")
                continue
            day = format_datetime(
                self.env, absence.date_from, tz=absence.company_id.practice_tz, dt_format="EEE d MMM y"
            )
            absence.display_name = f"{absence.practitioner_id.name}, {day}"

    # === CRUD METHODS === #

    def write(self, vals):
        """A confirmed absence stays as it was confirmed; what patients are told can be worded until they are.

        :raises UserError: when it is undone first, or another one is needed
        """
        fixed = {"practitioner_id", "date_from", "date_to", "company_id", "reason"} & vals.keys()
        if fixed and any(absence.state != "draft" for absence in self):
            raise UserError(
                self.env._(
                    "The appointments of this absence are cancelled already. Undo that first, or make another absence."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(absence.state != "draft" for absence in self):
            raise UserError(
                self.env._("The appointments of this absence are cancelled already: it stays, to see who was told.")
            )

    # === ACTIONS === #

    def action_cancel_appointments(self):
        """Cancel or hand over what is affected, block the time, and plan the e-mails.

        When it is not what the list shows any more, nothing is done: the list is made anew, to be looked at again.
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            return None
        if not self._is_list_complete():
            self._compute_line_ids()
            return self._notify(
                self.env._("The appointments changed meanwhile, and nothing was cancelled. Look at the list again.")
            )
        self._confirm()
        return None

    def action_tell_now(self):
        """Tell the patients now, without waiting until it cannot be undone any more."""
        self.check_access("write")
        waiting = self.filtered(lambda absence: absence.state == "cancelled")
        waiting.sudo().told_from = fields.Datetime.now()  # sudo: checked above; people do not write the field
        waiting._plan_telling()

    def action_open_lines(self):
        """Open the appointments as a list of their own, with its filters."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_absence_line_action")
        return {**action, "domain": [("absence_id", "=", self.id)], "context": {}}

    def action_open_marked(self):
        """Open what is marked already in this time, to cancel there what did not take place."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        views = [view for view in action["views"] if view[1] in ("list", "form")]
        domain = [("id", "in", self._find_given(MARKED).ids)]
        return {**action, "name": self.env._("Marked Already"), "views": views, "domain": domain, "context": {}}

    def _notify(self, text):
        """Return what shows a message to the user and the record anew."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === WHO IS AFFECTED === #

    def _find_affected(self):
        """Return the planned appointments that the practitioner gives in the time of this absence, by date."""
        return self._find_given(("planned",))

    def _find_given(self, marks):
        """Return the appointments with one of ``marks`` that the practitioner gives in this time, by date."""
        self.ensure_one()
        events = self.env["calendar.event"]
        if not (self.practitioner_id and self.date_from and self.date_to):
            return events
        domain = (
            Domain("attendance", "in", marks)
            & Domain("practice_appointment_type_id.company_id", "parent_of", self.company_id.ids)
            & Domain("user_id", "=", self.practitioner_id._origin.id)
            & Domain("start", "<", self.date_to)
            & Domain("stop", ">", self.date_from)
        )
        return events.search(domain, order="start, id")

    def _is_list_complete(self):
        """Return whether the list has exactly what is affected now.

        Nobody books with the practitioner in the meantime: see :meth:`res.partner._practice_take_booking_turn`.
        """
        self.practitioner_id.sudo().partner_id._practice_take_booking_turn()  # sudo: who the practitioner is
        return set(self.line_ids.event_id.ids) == set(self._find_affected().ids)

    def _propose_colleagues(self, events, wanted=None):
        """Return ``{event: user}``: who of those who give its type works and is free at the time of each.

        The number of queries does not depend on the appointments.

        :param events: appointments of this absence
        :param dict wanted: ``{event: user}``, when only these are asked
        """
        self.ensure_one()
        givers_of = {event: event.practice_appointment_type_id.practitioner_ids for event in events}
        if wanted:
            givers_of = {event: givers & wanted[event] for event, givers in givers_of.items()}
        colleagues = self.env["res.users"].union(*givers_of.values()).filtered("active") - self.practitioner_id
        if not colleagues:
            return {}
        start, stop = min(events.mapped("start")), max(events.mapped("stop"))
        partner_of = {user: user.sudo().partner_id for user in colleagues}  # sudo: who they are
        busy = self.env["calendar.event"]._practice_get_busy_times(
            self.env["res.partner"].union(*partner_of.values()),
            start,
            stop,
            self.company_id.practice_tz,
        )
        work = events[0].practice_appointment_type_id._get_working_times(colleagues, start, stop)
        return propose_colleagues(
            [
                Visit(
                    event,
                    event.start,
                    event.stop,
                    *event.practice_appointment_type_id._get_buffers(),
                    tuple(givers_of[event] & colleagues),
                )
                for event in events
            ],
            {user: free_times(work[user]) for user in colleagues},
            {user: busy[partner_of[user].id] for user in colleagues},
        )

    # === CONFIRMING === #

    def _confirm(self):
        """Cancel or hand over the appointments of this draft, whose list is complete, and block the time."""
        handed = self.line_ids.filtered("hand_over")
        handed._hand_over()
        followers = handed._get_followers()
        for line in followers.sudo():  # sudo: the module writes what people do not
            line.colleague_id = line.event_id.user_id
        handed |= followers
        called_off = self.line_ids - handed
        called_off.event_id._practice_cancel_by_practice(self.reason, notify=False)
        # sudo: the module writes what people do not
        called_off.sudo().write({"state": "cancelled", "told": "waiting"})
        called_off.sudo().filtered(lambda line: not line.patient_id).told = False
        handed.sudo().write({"state": "handed_over", "told": "waiting"})
        told_from = fields.Datetime.now() + timedelta(minutes=UNDO_MINUTES)
        event = self.env["calendar.event"]._practice_block_time_sudo(
            self.env._("Absent"), self.practitioner_id, self.date_from, self.date_to
        )
        # sudo: as above
        self.sudo().write({"state": "cancelled", "told_from": told_from, "event_id": event.id})
        self._finish()
        self._plan_telling()

    def _plan_telling(self):
        """Have the run look when it is time; it looks every hour too."""
        cron_sudo = self.env.ref("practice_billing.ir_cron_tell_absences").sudo()  # sudo: belongs to the system
        for absence in self:
            cron_sudo._trigger(at=absence.told_from)

    def _get_told(self):
        """Return the lines whose patients know."""
        return self.line_ids.filtered(lambda line: line.told in ("sent", "nobody"))

    def _finish(self):
        """Note when nobody waits to be told any more."""
        for absence in self.filtered(lambda it: it.state == "cancelled"):
            if not absence.line_ids.filtered(lambda line: line.told == "waiting"):
                absence.sudo().state = "told"  # sudo: people do not write the field
