from odoo import fields, models


class PracticeRoom(models.Model):
    """A room, or a device, that one appointment at a time can use."""

    _name = "practice.room"
    _description = "Room"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="Appointments get the first one that is free.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Can Be Used",
        check_company=True,
        ondelete="restrict",
        help="Working hours in which appointments can be there. Empty: always.",
    )
    type_ids = fields.Many2many(
        "practice.appointment.type",
        "practice_appointment_type_room_rel",
        "room_id",
        "type_id",
        string="Appointment Types",
        check_company=True,
        help="Which appointments take place here.",
    )
    booking_turn = fields.Integer(copy=False, readonly=True, groups="base.group_system")
