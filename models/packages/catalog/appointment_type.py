from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ....tools.credits import late_cost


class PracticeAppointmentType(models.Model):
    """A standard appointment: how long it lasts, which package it spends from and what cancelling costs."""

    _name = "practice.appointment.type"
    _description = "Appointment Type"
    _inherit = ["practice.kept.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    duration = fields.Float(required=True, default=1.0, help="Hours.")
    buffer_before = fields.Integer(
        help="Minutes before it begins in which the practitioner has nothing else. Two appointments may share them: "
        "the longer of both stays free.",
    )
    buffer_after = fields.Integer(
        help="Minutes after it ends in which the practitioner has nothing else, e.g. to write notes.",
    )
    package_id = fields.Many2one(
        "practice.package",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="The package whose credits an appointment of this type takes. Empty: it takes none.",
    )
    # Stored: planning asks it of each appointment, whose type is at hand.
    weekly_visits = fields.Integer(related="package_id.weekly_visits", store=True)
    package_credits = fields.Integer(
        string="Credits", default=1, tracking=True, help="Whole credits that one appointment takes."
    )
    cancel_hours = fields.Float(
        string="Free Cancellation",
        default=24.0,
        help="Cancelling is free until this many hours before the start; after that it is late.",
    )
    late_policy = fields.Selection(
        [
            ("forfeit", "The credits are lost"),
            ("half", "Half of the credits are lost, rounded down"),
            ("return", "The credits are given back"),
        ],
        string="Late or No-Show",
        required=True,
        default="forfeit",
    )
    late_credits = fields.Integer(
        string="Credits Lost",
        compute="_compute_late_credits",
        help="Whole credits that a late cancellation or a no-show costs.",
    )
    color = fields.Integer()
    online_booking = fields.Boolean(
        tracking=True, help="Patients with a login book and move appointments of this type on the portal."
    )
    online_description = fields.Text(
        string="For Patients", translate=True, help="What patients read when they choose this type on the portal."
    )
    practitioner_ids = fields.Many2many(
        "res.users",
        "practice_appointment_type_practitioner_rel",
        "type_id",
        "user_id",
        string="Practitioners",
        check_company=True,
        domain=[("share", "=", False)],
        help="Who gives it. Patients choose among the free times in their working hours: those of Odoo's resources, "
        "else the company's.",
    )
    room_ids = fields.Many2many(
        "practice.room",
        "practice_appointment_type_room_rel",
        "type_id",
        "room_id",
        string="Rooms",
        check_company=True,
        help="It takes place in one of them: the first that is free. Empty: it needs no room.",
    )
    # Stored: planning asks it of each appointment.
    needs_room = fields.Boolean(compute="_compute_needs_room", store=True)
    booking_notice = fields.Float(
        string="Notice", default=24.0, help="Patients book and move to a time at least this many hours ahead."
    )
    booking_horizon = fields.Integer(
        string="Horizon", default=60, help="Patients book and move to a time at most this many days ahead."
    )
    booking_step = fields.Integer(
        string="Starts Every", default=30, help="Minutes: with 30, appointments begin on the hour and on the half hour."
    )
    booking_limit = fields.Integer(
        string="At Most",
        default=3,
        help="Coming appointments that a patient can have of a type that takes no credits; credits limit themselves.",
    )

    _duration_positive = models.Constraint("CHECK (duration > 0)", "An appointment type has to last some time.")
    _credits_positive = models.Constraint(
        "CHECK (package_id IS NULL OR package_credits > 0)",
        "An appointment type with a package takes at least one credit. Clear the package when it takes none.",
    )
    _cancel_hours_not_negative = models.Constraint(
        "CHECK (cancel_hours >= 0)", "The hours of free cancellation cannot be negative."
    )
    _booking_notice_not_negative = models.Constraint(
        "CHECK (booking_notice >= 0)", "The notice of online booking cannot be negative."
    )
    _booking_horizon_range = models.Constraint(
        "CHECK (booking_horizon BETWEEN 1 AND 365)", "Patients can book at least 1 day and at most 365 days ahead."
    )
    _buffers_range = models.Constraint(
        "CHECK (buffer_before BETWEEN 0 AND 240 AND buffer_after BETWEEN 0 AND 240)",
        "The buffers before and after an appointment are at least 0 and at most 240 minutes.",
    )
    _booking_step_range = models.Constraint(
        "CHECK (booking_step BETWEEN 5 AND 240 AND booking_step % 5 = 0)",
        "Appointments can start every 5 to 240 minutes, in steps of 5.",
    )
    _booking_limit_positive = models.Constraint(
        "CHECK (booking_limit > 0)", "A patient who books online can have at least 1 coming appointment of a type."
    )

    @api.depends("room_ids.active")
    def _compute_needs_room(self):
        for appointment_type in self:
            appointment_type.needs_room = bool(appointment_type.room_ids.filtered("active"))

    @api.depends("package_id", "package_credits", "late_policy")
    def _compute_late_credits(self):
        for it in self:
            it.late_credits = late_cost(it.package_credits, it.late_policy) if it.package_id and it.late_policy else 0

    def _get_buffers(self):
        """Return how long the practitioner has nothing else ``(before, after)`` an appointment of this type."""
        return timedelta(minutes=self.buffer_before), timedelta(minutes=self.buffer_after)

    @api.constrains("online_booking", "practitioner_ids")
    def _check_practitioners(self):
        # Archived ones too: whoever archives a user does not have to clean up first.
        for appointment_type in self.with_context(active_test=False):
            if appointment_type.online_booking and not appointment_type.practitioner_ids:
                raise ValidationError(
                    self.env._(
                        "%(name)s is open for online booking: choose at least one practitioner who gives it.",
                        name=appointment_type.name,
                    )
                )
