from odoo import models

from .touched import TOUCHED, UNSETTLED


class ResPartner(models.Model):
    """What is forgotten of a patient's appointments: what they were about, and who else knew."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        planned_sudo = self._practice_get_all_appointments_sudo().filtered(lambda it: it.attendance == "planned")
        if planned_sudo:
            obstacles.append(
                self.env._("Appointments that are still planned: %s. Cancel them, or mark them.", len(planned_sudo))
            )
        return obstacles

    def _practice_get_keeping_companies(self):
        types_sudo = self._practice_get_all_appointments_sudo().practice_appointment_type_id
        return super()._practice_get_keeping_companies() | types_sudo.company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        # The words of an appointment do not touch its credits, and nobody is told.
        events_sudo = self._practice_get_all_appointments_sudo().with_context(**{TOUCHED: UNSETTLED})
        for event_sudo in events_sudo:
            event_sudo.write(
                {
                    "name": event_sudo.practice_appointment_type_id.name or self.env._("Appointment"),
                    "description": False,
                    "location": False,
                    "videocall_location": False,
                    "credit_error": False,
                    "practice_next_note": False,
                    "practice_overrule_reason": False,
                }
            )
        self._practice_forget_messages("calendar.event", events_sudo.ids)
        represented = self.search([("practice_representative_ids", "in", self.ids)])
        represented.write({"practice_representative_ids": [(3, partner.id) for partner in self]})
        self.write({"practice_representative_ids": [(5,)]})
        return result

    def _practice_get_all_appointments_sudo(self):
        """Return the appointments of these people, of all companies, cancelled ones too."""
        # sudo: asked for an administrator, and only what is said or forgotten leaves
        events_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        return events_sudo.search([("patient_id", "in", self.ids)])
