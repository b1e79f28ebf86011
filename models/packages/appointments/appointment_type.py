from odoo import api, fields, models
from odoo.exceptions import UserError


class PracticeAppointmentType(models.Model):
    """A type knows the appointments that are planned with it."""

    _inherit = "practice.appointment.type"

    appointment_count = fields.Integer(compute="_compute_appointment_count")

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
        # sudo: an appointment that the user cannot see, or that is archived, is an appointment all the same
        events_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        for appointment_type in self:
            count = events_sudo.search_count([("practice_appointment_type_id", "=", appointment_type.id)])
            if count:
                raise UserError(
                    self.env._(
                        "%(name)s is in use and cannot be deleted (appointments: %(count)s). Archive it instead.",
                        name=appointment_type.name,
                        count=count,
                    )
                )

    def action_open_appointments(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.calendar_event_action_appointment")
        return {**action, "domain": [("practice_appointment_type_id", "=", self.id)]}
