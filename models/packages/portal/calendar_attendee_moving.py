from odoo import api, models


class CalendarAttendee(models.Model):
    """Who has no login moves an appointment with the link of an e-mail: its secret is that of the invitation."""

    _inherit = "calendar.attendee"

    @api.model
    def _practice_find_by_token_sudo(self, token):
        """Return the invitation to an appointment with this secret, with all rights, or an empty one."""
        invitations_sudo = self.sudo()  # sudo: who knows the secret of an invitation may answer it
        found_sudo = invitations_sudo.search([("access_token", "=", token)], limit=1) if token else invitations_sudo
        return found_sudo.filtered("event_id.practice_appointment_type_id")

    def _practice_get_cancel_path(self):
        """Return the page on which the appointment is cancelled, below the address of the server."""
        self.ensure_one()
        return f"/calendar/meeting/decline?token={self.access_token}&id={self.event_id.id}"

    def _practice_get_move_path(self):
        """Return the page on which the appointment is moved, below the address of the server."""
        self.ensure_one()
        return f"/practice/move/{self.access_token}"

    def _practice_prepare_move_page(self):
        """Return what the page shows of the appointment, and what can still be done with it."""
        self.ensure_one()
        event = self.event_id
        return {
            "company": event._practice_get_company(),
            "appointment": event._practice_prepare_portal_values()[0],
            "obstacle": event._practice_get_move_obstacle(),
            "address": self._practice_get_move_path(),
            "cancel_address": self._practice_get_cancel_path(),
        }
