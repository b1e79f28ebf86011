from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .waiting import DAY_FIELDS, ON_THE_LIST


class PracticeWaiting(models.Model):
    """Patients put themselves on the waiting list of a type, and leave it."""

    _inherit = "practice.waiting"

    @api.model
    def _get_portal_domain(self, patients):
        """Return what ``patients`` wait for."""
        return Domain("patient_id", "in", patients.ids) & Domain("state", "in", ON_THE_LIST)

    def _prepare_portal_values(self):
        """Return what the portal shows of these entries: nothing that staff noted, and nobody else's."""
        values = []
        for entry in self:
            offer = entry.offer_ids.filtered(lambda it: it.state == "open")[:1]
            values.append(
                {
                    "id": entry.id,
                    "patient": entry.patient_id.name,
                    "type": entry.appointment_type_id.name,
                    "practitioner": entry.practitioner_id.name,
                    "wish": entry.wish,
                    "until": entry.date_to and format_date(self.env, entry.date_to),
                    "offer": offer and offer._prepare_values(),
                    "url": offer and offer._get_url(),
                }
            )
        return values

    @api.model
    def _join(self, appointment_type, patient, practitioner, days, hour_from, hour_to):
        """Put a patient on the list of a type, as they asked on the portal.

        :param days: names of the days of the week on which they can come
        :param float hour_from, hour_to: hours of the day between which they can come
        :raises UserError: when they are on it already, or no day or hour is left
        """
        entries_sudo = self.sudo()  # sudo: a patient of the login, for whom the controller asked
        same = self._get_portal_domain(patient) & Domain("appointment_type_id", "=", appointment_type.id)
        if entries_sudo.search_count(same & Domain("group_id", "=", False)):
            raise UserError(self.env._("%s is on this waiting list already.", patient.name))
        if not 0 <= hour_from < hour_to <= 24:
            raise UserError(self.env._("The first hour has to come before the last one. Please choose other hours."))
        if not days:
            raise UserError(self.env._("Please choose at least one day on which you can come."))
        entries_sudo.create(
            {
                "appointment_type_id": appointment_type.id,
                "patient_id": patient.id,
                "practitioner_id": practitioner.id,
                "hour_from": hour_from,
                "hour_to": hour_to,
                **{name: name in days for name in DAY_FIELDS},
            }
        )

    @api.model
    def _prepare_joining(self):
        """Return the days that a form on the portal lets patients choose: ``[(name, label)]``."""
        return [(name, self._fields[name]._description_string(self.env)) for name in DAY_FIELDS]

    def _leave_by_patient(self):
        """Take these off the list, because the patient asked on the portal."""
        self._leave("patient")
        for entry in self:
            day = format_date(self.env, entry.company_id._practice_day())
            entry._message_log(body=self.env._("Left the list on the portal on %s.", day))
