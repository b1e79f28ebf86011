from odoo import models
from odoo.fields import Domain

from .appointment_type_booking import TimeTakenError


class PracticeAppointmentType(models.Model):
    """Patients who book a type of several patients join an appointment that is planned, as long as it has places."""

    _inherit = "practice.appointment.type"

    def _get_free_times(self, practitioners, patient, *, first=None, last=None, duration=None, ignore=None):
        if not self._get_group_places():
            return super()._get_free_times(
                practitioners, patient, first=first, last=last, duration=duration, ignore=ignore
            )
        times = {practitioner: [] for practitioner in practitioners}
        for group in self._search_joinable_sudo(practitioners, patient, first, last, ignore):
            times[group.user_id.sudo(False)].append(group.start)
        return times

    def _search_joinable_sudo(self, practitioners, patient, first=None, last=None, ignore=None):
        """Return the group appointments of this type, with all rights, that ``patient`` can join, by date.

        :param practitioners: users who give them
        :param datetime first, last: naive UTC; only starts between these moments, both included
        :param ignore: the visit of the patient that is about to be moved; it does not keep them from coming
        """
        self.ensure_one()
        opens, closes = self._get_booking_window()
        earliest, latest = max(opens, first or opens), min(closes, last or closes)
        events_sudo = self.env["calendar.event"].sudo()  # sudo: only whether and when there is a place
        groups_sudo = events_sudo.search(
            Domain("practice_appointment_type_id", "=", self.id)
            & Domain("practice_places", ">", 0)
            & Domain("attendance", "=", "planned")
            & Domain("user_id", "in", practitioners.ids)
            & Domain("start", ">=", earliest)
            & Domain("start", "<=", latest),
            order="start, id",
        )
        groups_sudo = groups_sudo.filtered(lambda group: group._practice_has_place())
        if not groups_sudo:
            return groups_sudo
        busy = events_sudo._practice_get_busy_times(
            patient, groups_sudo[0].start, max(groups_sudo.mapped("stop")), self.company_id.practice_tz, ignore
        )[patient.id]
        return groups_sudo.filtered(lambda group: not any(it.overlaps(group.start, group.stop) for it in busy))

    def _find_joinable_sudo(self, practitioner, patient, start, ignore=None):
        """Return the group appointment at ``start``, with all rights.

        :raises TimeTakenError: when there is none that ``patient`` can join
        """
        group_sudo = self._search_joinable_sudo(practitioner, patient, start, start, ignore)[:1]
        if not group_sudo:
            raise TimeTakenError(self.env._("The last place was taken meanwhile. Please choose another time."))
        return group_sudo

    def _prepare_booking_vals(self, practitioner, patient, start, booker):
        vals = super()._prepare_booking_vals(practitioner, patient, start, booker)
        if not self._get_group_places():
            return vals
        return {**vals, "practice_group_id": self._find_joinable_sudo(practitioner, patient, start).id}
