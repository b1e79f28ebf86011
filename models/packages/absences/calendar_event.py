from odoo import api, models
from odoo.tools import SQL

from ..appointments.placing import get_placing


class CalendarEvent(models.Model):
    """A new appointment of a patient whose practitioner was away settles what did not take place.

    Whoever plans it: the patient with the link or on the portal, or the front desk after a call.
    """

    _inherit = "calendar.event"

    @api.model
    def _practice_get_questions(self, people):
        absent = SQL(
            "EXISTS (SELECT FROM practice_absence_line WHERE patient_id = ANY(%s) AND state = 'cancelled')",
            people.ids,
            to_flush=[self.env["practice.absence.line"]._fields[name] for name in ("patient_id", "state")],
        )
        return {**super()._practice_get_questions(people), "called_off_by_absence": absent}

    def _practice_place(self):
        result = super()._practice_place()
        appointments = self._practice_get_appointments()
        visits_sudo = appointments._practice_hidden_sudo().practice_participant_ids
        (appointments | visits_sudo.with_env(self.env))._practice_settle_absences()
        return result

    def _practice_settle_absences(self):
        """Note these new appointments as the new times of those that an absence cancelled, each once, oldest first."""
        planned_sudo = self._practice_hidden_sudo().filtered(lambda it: it.patient_id and it.attendance == "planned")
        if get_placing(self.env).rules_out("called_off_by_absence", planned_sudo.patient_id):
            return
        open_sudo = planned_sudo and self._practice_find_absences_sudo(planned_sudo.patient_id)
        if not open_sudo:
            return
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

    @api.model
    def _practice_find_absences_sudo(self, patients):
        """Return what an absence cancelled of ``patients`` and has no new time yet, with all rights, in order."""
        lines = self.env["practice.absence.line"]
        # By what is indexed: whether something else came of it is asked of the few that there are.
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM practice_absence_line
                    WHERE patient_id IN %s AND state = 'cancelled' ORDER BY start, id""",
                tuple(patients.ids),
                to_flush=[lines._fields[name] for name in ("patient_id", "state", "start")],
            )
        )
        # sudo: follows from the appointment, whoever plans it
        return lines.sudo().browse(id_ for [id_] in rows).filtered(lambda line: line.outcome == "open")
