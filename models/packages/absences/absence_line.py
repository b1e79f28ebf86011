from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..appointments.calendar_event import CANCELLED


class PracticeAbsenceLine(models.Model):
    """An appointment that cannot take place as planned because its practitioner is away, and what became of it."""

    _name = "practice.absence.line"
    _description = "Appointment During an Absence"
    _inherit = ["practice.kept.mixin", "practice.retry.mixin"]
    _order = "start, id"
    _rec_name = "event_id"

    absence_id = fields.Many2one("practice.absence", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="absence_id.company_id", store=True, index=True)
    practitioner_id = fields.Many2one(related="absence_id.practitioner_id")
    absence_state = fields.Selection(related="absence_id.state", string="State of the Absence")
    event_id = fields.Many2one("calendar.event", string="Appointment", required=True, index=True, ondelete="cascade")
    start = fields.Datetime(related="event_id.start", string="Time", store=True)
    patient_id = fields.Many2one(related="event_id.patient_id", store=True, index="btree_not_null")
    appointment_type_id = fields.Many2one(
        related="event_id.practice_appointment_type_id", string="Appointment Type", store=True
    )
    is_in_group = fields.Boolean(
        compute="_compute_is_in_group", help="The visit of a participant: what becomes of the group becomes of it."
    )
    credits = fields.Integer(related="event_id.practice_credits")
    has_email = fields.Boolean(
        string="E-Mail",
        compute="_compute_has_email",
        help="Whether the patient, or who represents them, has an address.",
    )
    colleague_id = fields.Many2one(
        "res.users",
        string="Free Colleague",
        compute="_compute_colleague_id",
        store=True,
        ondelete="set null",
        help="Somebody who gives this type, works at that time and is free.",
    )
    hand_over = fields.Boolean(help="The free colleague gives it at the same time, instead of cancelling it.")
    state = fields.Selection(
        [("planned", "Planned"), ("cancelled", "Cancelled"), ("handed_over", "Handed Over"), ("kept", "Planned Again")],
        required=True,
        readonly=True,
        default="planned",
    )
    new_event_id = fields.Many2one(
        "calendar.event",
        string="New Appointment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The first appointment of this type that was planned for the patient since.",
    )
    new_start = fields.Datetime(string="New Time", compute="_compute_outcome")
    outcome = fields.Selection(
        [
            ("planned", "Affected"),
            ("open", "No New Time Yet"),
            ("picked", "New Time"),
            ("handed_over", "With a Colleague"),
            ("kept", "Planned Again"),
            ("called_off", "Called Off"),
        ],
        compute="_compute_outcome",
        search="_search_outcome",
    )
    told = fields.Selection(
        [("waiting", "Not Yet"), ("sent", "E-Mailed"), ("nobody", "No Address: Call")],
        readonly=True,
        index="btree_not_null",
    )
    told_at = fields.Datetime(string="Told On", readonly=True)
    error = fields.Char(string="Not E-Mailed", readonly=True, help="Why the patient could not be told.")
    retry_date = fields.Date(readonly=True)
    problem = fields.Char(string="Not Planned Again", readonly=True, help="Why it could not be planned again.")

    _event_uniq = models.UniqueIndex("(absence_id, event_id)", "An appointment is in the list of an absence once.")
    # What a new appointment asks: whether its patient had to pick one.
    _cancelled_idx = models.Index("(patient_id) WHERE state = 'cancelled'")

    # === COMPUTE METHODS === #

    @api.depends("event_id")
    def _compute_is_in_group(self):
        for line in self:
            line.is_in_group = bool(line.event_id.practice_group_id)

    def _compute_has_email(self):
        for line in self:
            line.has_email = bool(line.patient_id._practice_get_mail_recipients())

    @api.depends("event_id", "absence_id.practitioner_id")
    def _compute_colleague_id(self):
        for absence, lines in self.grouped("absence_id").items():
            events = lines.filtered(lambda line: not line.is_in_group).event_id._origin
            proposed = absence._propose_colleagues(events) if absence.state == "draft" and events else {}
            for line in lines:
                line.colleague_id = proposed.get(line.event_id._origin) or False

    @api.depends("state", "new_event_id", "event_id.attendance", "event_id.start")
    def _compute_outcome(self):
        for line in self:
            new = line._get_new_event()
            line.new_start = new.start
            if line.state == "cancelled" and not line.patient_id:
                line.outcome = "called_off"
            elif line.state == "cancelled":
                line.outcome = "picked" if new else "open"
            else:
                line.outcome = line.state

    def _search_outcome(self, operator, value):
        if operator != "in":
            return NotImplemented
        has_new = Domain("new_event_id.attendance", "not in", CANCELLED) & Domain("new_event_id", "!=", False)
        has_new |= Domain("event_id.attendance", "not in", CANCELLED)
        cancelled = Domain("state", "=", "cancelled") & Domain("patient_id", "!=", False)
        domains = {
            "picked": cancelled & has_new,
            "open": cancelled & ~has_new,
            "called_off": Domain("state", "=", "cancelled") & Domain("patient_id", "=", False),
        }
        return Domain.OR(domains.get(it, Domain("state", "=", it)) for it in value if it)

    def _get_new_event(self):
        """Return when the patient comes instead: a new appointment, or the old one when it was planned again."""
        self.ensure_one()
        if self.state != "cancelled":
            return self.env["calendar.event"]
        return (self.new_event_id | self.event_id).filtered(lambda event: not event._practice_is_cancelled())[:1]

    # === CONSTRAINTS AND CRUD METHODS === #

    @api.constrains("hand_over", "colleague_id")
    def _check_hand_over(self):
        for line in self:
            if line.hand_over and line.is_in_group:
                raise ValidationError(
                    self.env._("%s goes with its group: hand that one over.", line.event_id.display_name)
                )
            if line.hand_over and line.state == "planned" and not line.colleague_id:
                raise ValidationError(
                    self.env._("No colleague is free for %s: it can only be cancelled.", line.event_id.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        if not self.env.su:
            self._check_draft()
        return super().write(vals)

    def _check_draft(self):
        """Let people change the list of a draft only.

        :raises UserError: when the appointments are cancelled already
        """
        if any(line.absence_id.state != "draft" or line.state != "planned" for line in self):
            raise UserError(self.env._("The appointments of this absence are cancelled already: the list stays."))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        if any(line.absence_id.state != "draft" for line in self):
            raise UserError(self.env._("The appointments of this absence are cancelled already: the list stays."))

    # === ACTIONS === #

    def action_open_event(self):
        """Open the appointment that the patient has now, or had."""
        self.ensure_one()
        return (self._get_new_event() or self.event_id).get_formview_action()

    # === WHAT BECOMES OF THEM === #

    def _hand_over(self):
        """Let the colleagues give these appointments at the same time; patients and colleagues are told later.

        :raises UserError: when one is not free any more
        """
        if not self:
            return
        self.colleague_id.sudo().partner_id._practice_take_booking_turn()  # sudo: who they are
        wanted = {line.event_id: line.colleague_id for line in self}
        free = self.absence_id._propose_colleagues(self.event_id, wanted)
        for line in self:
            if line.event_id not in free:
                raise UserError(
                    self.env._(
                        "%(colleague)s is no longer free on %(time)s. Cancel this appointment instead, or plan it with "
                        "somebody else.",
                        colleague=line.colleague_id.name,
                        time=line.event_id._practice_describe_start(),
                    )
                )
        for line in self:
            line._give_to(line.colleague_id)

    def _get_followers(self):
        """Return the lines of the visits that belong to the groups of these lines."""
        groups = self.event_id.filtered("practice_places")
        return self.absence_id.line_ids.filtered(lambda line: line.event_id.practice_group_id in groups)

    def _give_to(self, practitioner):
        """Let ``practitioner`` give the appointment; they are expected, without an invitation for now."""
        self.ensure_one()
        event = self.event_id.with_context(skip_attendee_notification=True)
        event.write(event._practice_prepare_handover_vals(practitioner))
        partner_sudo = practitioner.sudo().partner_id  # sudo: who it is
        event.attendee_ids.filtered(lambda it: it.partner_id == partner_sudo).state = "accepted"

    def _undo(self):
        """Plan these appointments again, as far as their time and credits are still there; the others say why not."""
        for line in self.filtered(lambda line: line.state == "handed_over" and not line.is_in_group):
            if line.event_id.user_id == line.colleague_id and not line.event_id._practice_is_cancelled():
                line._give_to(line.practitioner_id)
        called_off = self.filtered(lambda line: line.state == "cancelled" and line.event_id._practice_is_cancelled())
        taken = called_off.event_id._practice_filter_taken()
        failed = called_off.filtered(lambda line: line.event_id in taken)
        failed._note_problem(self.env._("The time was given to somebody else meanwhile."))
        # A group comes before those who take part in it.
        again = (called_off - failed).sorted(lambda line: (line.is_in_group, line.start, line.id))
        again._practice_try(type(self)._plan_again, set_aside=type(self)._note_problem)
        planned = self.filtered(lambda line: not line.event_id._practice_is_cancelled())
        # sudo: the module writes what people do not
        planned.sudo().write({"state": "kept", "told": False, "problem": False})
        planned._practice_clear()

    def _plan_again(self):
        self.event_id._practice_plan_again(self.env._("Undone: %s", self.absence_id.reason))

    def _note_problem(self, reason):
        """Keep why these appointments cannot be planned again."""
        self.sudo().problem = reason  # sudo: people do not write the field
