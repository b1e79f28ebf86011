from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ....tools.notices import MAX_HOURS, MAX_REMINDERS, read_hours
from .res_partner import has_sms


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
        string="Reminders by E-Mail",
        default="48, 2",
        tracking=True,
        help="Whole hours before the start, separated by commas. Empty: patients are not reminded.",
    )
    has_sms = fields.Boolean(compute="_compute_has_sms")
    sms_reminder_hours = fields.Char(
        string="Reminders by SMS",
        tracking=True,
        help="Whole hours before the start, separated by commas. Empty: patients are not reminded by SMS.",
    )
    sms_without_email = fields.Boolean(
        string="SMS to Who Has No E-Mail Address",
        tracking=True,
        help="Where neither the patient nor who represents them has an e-mail address, they get an SMS instead of each "
        "e-mail. Reminders by SMS, if there are any, take the place of those by e-mail.",
    )

    def _compute_has_sms(self):
        self.has_sms = has_sms(self.env)

    @api.constrains("reminder_hours", "sms_reminder_hours")
    def _check_reminder_hours(self):
        for appointment_type in self:
            try:
                read_hours(appointment_type.reminder_hours)
                read_hours(appointment_type.sms_reminder_hours)
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

    def action_open_sms_templates(self):
        """Show the words of the SMS, which are made when they are first needed.

        :raises UserError: when Odoo's SMS is not installed
        """
        self.check_access("write")
        if not has_sms(self.env):
            raise UserError(self.env._("Install Odoo's SMS first: nothing is sent by SMS without it."))
        templates_sudo = self.env["practice.appointment.notice"]._get_sms_templates_sudo()
        domain = [("id", "in", [template.id for template in templates_sudo.values()])]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("SMS of Appointments"),
            "res_model": "sms.template",
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
        }

    # === BUSINESS METHODS === #

    def _get_channels(self):
        """Return over which ways patients are told of these appointments: the first that reaches them."""
        return ("email", "sms") if self.sms_without_email and has_sms(self.env) else ("email",)

    def _get_reminders(self):
        """Return when patients are reminded, and over which ways, the first that reaches them: ``[(hours, channels)]``.

        Who has no e-mail address is not reminded by SMS twice.
        """
        self.ensure_one()
        hours_by_sms = read_hours(self.sms_reminder_hours) if has_sms(self.env) else ()
        channels = ("email",) if hours_by_sms else self._get_channels()
        return [
            *((hours, channels) for hours in read_hours(self.reminder_hours)),
            *((hours, ("sms",)) for hours in hours_by_sms),
        ]
