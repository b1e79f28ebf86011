import secrets
from datetime import timedelta
from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..portal.appointment_type_booking import TimeTakenError

#: Days after the day of the appointment on which the link of an e-mail still works.
LINK_DAYS = 14


class PracticeAbsenceLine(models.Model):
    """Patients pick a new time of the same type by themselves, with their own credits and by the rules of the portal.

    Who has a login does so there. Others get a link that is theirs alone, for one appointment, and that ends.
    """

    _inherit = "practice.absence.line"

    access_token = fields.Char(groups="base.group_system", copy=False, readonly=True, index="btree_not_null")

    # === LINKS === #

    def _make_tokens(self):
        """Give each of these lines a secret of its own, for its link."""
        for line in self.sudo():  # sudo: nobody reads the secret
            line.access_token = line.access_token or secrets.token_urlsafe(32)

    def _get_pick_url(self, recipients):
        """Return where ``recipients`` pick a new time; nothing when patients do not book this type themselves."""
        self.ensure_one()
        if not self._can_be_picked():
            return ""
        if self._has_login(recipients):
            query = urlencode({"type_id": self.appointment_type_id.id, "patient_id": self.patient_id.id})
            return f"{self.get_base_url()}/my/appointments/book?{query}"
        token = self.sudo().access_token  # sudo: it goes to whom it belongs
        return f"{self.get_base_url()}/practice/new-time/{token}"

    def _can_be_picked(self):
        """Return whether patients book the type of this appointment themselves."""
        appointment_type = self.appointment_type_id
        return bool(
            appointment_type.active
            and appointment_type.online_booking
            and appointment_type.practitioner_ids.filtered("active")
        )

    def _has_login(self, recipients):
        """Return whether each of ``recipients`` has a login that books this type."""
        users_sudo = recipients.sudo().user_ids.filtered("active")  # sudo: whether there are logins
        appointment_type = self.appointment_type_id
        able = users_sudo.filtered(
            lambda user: appointment_type.filtered_domain(appointment_type._get_bookable_domain(user.company_ids))
        )
        return bool(recipients) and able.partner_id >= recipients

    @api.model
    def _find_by_token_sudo(self, token):
        """Return the line whose link this is, with all rights, or an empty one: links end, and so does an undone
        absence."""
        # sudo: who has the link may follow it
        lines_sudo = self.sudo()
        line_sudo = lines_sudo.search([("access_token", "=", token)], limit=1) if token else lines_sudo
        return line_sudo if line_sudo and line_sudo._is_link_valid() else lines_sudo.browse()

    def _is_link_valid(self):
        last_day = self.event_id._practice_get_visit_day() + timedelta(days=LINK_DAYS)
        still_theirs = self.state == "cancelled" and self.told == "sent" and self.patient_id.active
        return still_theirs and self.company_id._practice_day() <= last_day

    # === PICKING === #

    def _read_pick(self, booking):
        """Return ``(practitioner, start)`` of a chosen time in an address that is for this appointment, or ``None``."""
        chosen = self.appointment_type_id._read_slot(booking, self.patient_id) if self._can_be_picked() else None
        return chosen and (chosen[1], chosen[3])

    def _check_pick(self, practitioner, start):
        """Check that a chosen time is free, before the page says what it means.

        :raises TimeTakenError: when it is not
        """
        if not self.appointment_type_id._is_free(practitioner, self.patient_id, start):
            raise TimeTakenError(self.env._("This time is no longer free. Please choose another one."))

    def _pick(self, practitioner, start):
        """Book a new time instead of this appointment; a link books once.

        :raises TimeTakenError: when the time is not free
        :raises UserError: when it cannot be booked for another reason
        """
        self.ensure_one()
        self.patient_id._practice_take_booking_turn()
        if self._get_new_event():
            raise UserError(self.env._("A new time has been picked already."))
        booker = self.patient_id._practice_get_mail_recipients()[:1] or self.patient_id
        return self.appointment_type_id._book(practitioner, self.patient_id, start, booker)

    def _prepare_pick_values(self):
        """Return what the page of the link shows of the appointment that does not take place, and of the new one."""
        old, new = self.event_id, self._get_new_event()
        return {
            "company": self.company_id,
            "patient": self.patient_id,
            "type": self.appointment_type_id.name,
            "old": {"when": old._practice_describe_start(), "practitioner": self.practitioner_id.name},
            "new": new._practice_prepare_portal_values()[0] if new else None,
            "address": f"/practice/new-time/{self.access_token}",
        }
