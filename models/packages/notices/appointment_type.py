from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ....tools.notices import MAX_HOURS, MAX_REMINDERS, read_hours


class PracticeAppointmentType(models.Model):
    """A type says what patients are told of its appointments."""

    _inherit = "practice.appointment.type"

    confirm_by_mail = fields.Boolean(
        string="Confirm by E-Mail",
        default=True,
        tracking=True,
        help="Patients get an e-mail when an appointment is planned. Of a move or a cancellation they are always told.",
    )
    reminder_hours = fields.Char(
        string="Reminders",
        default="48, 2",
        tracking=True,
        help="Whole hours before the start, separated by commas. Empty: patients are not reminded.",
    )

    @api.constrains("reminder_hours")
    def _check_reminder_hours(self):
        for appointment_type in self:
            try:
                read_hours(appointment_type.reminder_hours)
            except ValueError:
                raise ValidationError(
                    self.env._(
                        "%(name)s: reminders are at most %(count)s whole numbers of hours from 1 to %(hours)s, with "
                        "commas between, such as 48, 2. Clear the field when patients are not reminded.",
                        name=appointment_type.name,
                        count=MAX_REMINDERS,
                        hours=MAX_HOURS,
                    )
                ) from None
