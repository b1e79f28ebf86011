from odoo import models


class CalendarAttendee(models.Model):
    """Odoo's e-mails of meetings go to practitioners and others who take part; patients get those of the practice."""

    _inherit = "calendar.attendee"

    def _notify_attendees(self, mail_template, notify_author=False, force_send=False):
        others = self if self.event_id._practice_is_mute() else self - self._practice_filter_patients()
        return super(CalendarAttendee, others)._notify_attendees(mail_template, notify_author, force_send)

    def _practice_filter_patients(self):
        """Return those who are told by the practice: the patient, or who represents a patient without e-mail."""
        appointments_sudo = self.event_id._practice_hidden_sudo().filtered("practice_appointment_type_id")
        speakers = self.browse()
        for event_sudo in appointments_sudo:
            speakers |= event_sudo._practice_get_speakers().with_env(self.env)
        return self & speakers
