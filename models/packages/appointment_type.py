from odoo import api, fields, models
from odoo.exceptions import UserError


class PracticeAppointmentType(models.Model):
    """A standard appointment: how long it lasts, which package it spends from and what cancelling costs."""

    _name = "practice.appointment.type"
    _description = "Appointment Type"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    duration = fields.Float(required=True, default=1.0, help="Hours.")
    package_id = fields.Many2one(
        "practice.package",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="The package whose credits an appointment of this type takes. Empty: it takes none.",
    )
    package_credits = fields.Integer(
        string="Credits", default=1, tracking=True, help="Whole credits that one appointment takes."
    )
    cancel_hours = fields.Float(
        string="Free Cancellation",
        default=24.0,
        help="Cancelling is free until this many hours before the start; after that it is late.",
    )
    late_policy = fields.Selection(
        [("forfeit", "The credits are lost"), ("return", "The credits are given back")],
        string="Late or No-Show",
        required=True,
        default="forfeit",
    )
    color = fields.Integer()
    appointment_count = fields.Integer(compute="_compute_appointment_count")

    _duration_positive = models.Constraint("CHECK (duration > 0)", "An appointment type has to last some time.")
    _credits_positive = models.Constraint(
        "CHECK (package_id IS NULL OR package_credits > 0)",
        "An appointment type with a package takes at least one credit. Clear the package when it takes none.",
    )
    _cancel_hours_not_negative = models.Constraint(
        "CHECK (cancel_hours >= 0)", "The hours of free cancellation cannot be negative."
    )

    def _compute_appointment_count(self):
        counts = dict(
            self.env["calendar.event"]._read_group(
                [("practice_appointment_type_id", "in", self.ids)], ["practice_appointment_type_id"], ["__count"]
            )
        )
        for appointment_type in self:
            appointment_type.appointment_count = counts.get(appointment_type, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        # sudo, archived too: an appointment that the user cannot see is an appointment all the same.
        events = self.env["calendar.event"].sudo().with_context(active_test=False)
        for appointment_type in self:
            count = events.search_count([("practice_appointment_type_id", "=", appointment_type.id)])
            if count:
                raise UserError(
                    self.env._(
                        "%(name)s has %(count)s appointments and cannot be deleted. Archive it instead.",
                        name=appointment_type.name,
                        count=count,
                    )
                )

    def action_open_appointments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        return {**action, "domain": [("practice_appointment_type_id", "=", self.id)]}
