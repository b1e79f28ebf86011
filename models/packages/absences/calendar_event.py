from odoo import api, models
from odoo.fields import Domain


class CalendarEvent(models.Model):
    """A new appointment of a patient whose practitioner was away settles what did not take place.

    Whoever plans it: the patient with the link or on the portal, or the front desk after a call.
    """

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        remade = self._practice_is_settling()  # a series that Odoo makes anew is nothing new
        events = super().create(vals_list)
        if not remade:
            appointments = events._practice_get_appointments()
            visits_sudo = appointments._practice_hidden_sudo().practice_participant_ids
            (appointments | visits_sudo.with_env(self.env))._practice_settle_absences()
        return events

    def _practice_settle_absences(self):
        """Note these new appointments as the new times of those that an absence cancelled, each once, oldest first."""
        planned_sudo = self._practice_hidden_sudo().filtered(lambda it: it.patient_id and it.attendance == "planned")
        if not planned_sudo:
            return
        # sudo: follows from the appointment, whoever plans it
        lines_sudo = self.env["practice.absence.line"].sudo()
        # By what is indexed: whether somebody else came of it is asked of the few that there are.
        cancelled_sudo = lines_sudo.search(
            Domain("patient_id", "in", planned_sudo.patient_id.ids) & Domain("state", "=", "cancelled")
        )
        open_sudo = cancelled_sudo.filtered(lambda line: line.outcome == "open")
        for event in planned_sudo.sorted("start"):
            same = open_sudo.filtered(
                lambda line, event=event: (
                    (line.patient_id, line.appointment_type_id)
                    == (event.patient_id, event.practice_appointment_type_id)
                )
            )
            if same:
                same[0].new_event_id = event
                open_sudo -= same[0]
