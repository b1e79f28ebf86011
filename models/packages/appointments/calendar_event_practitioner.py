from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class CalendarEvent(models.Model):
    """Who gives an appointment."""

    _inherit = "calendar.event"

    @api.constrains("practice_appointment_type_id", "user_id")
    def _check_practice_practitioner(self):
        placed = self._practice_hidden_sudo().filtered("practice_appointment_type_id")
        who = [
            (user, company)
            for company, events in placed._practice_group_by_company().items()
            for user in events.user_id
        ]
        for user, company in who:
            if user.share or company.id not in user._get_company_ids():
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work for %(company)s: choose another practitioner.",
                        user=user.name,
                        company=company.name,
                    )
                )

    @api.onchange("user_id")
    def _onchange_practice_user_id(self):
        """Invite the practitioner of an appointment in place of the one before, or of whoever plans it."""
        # Anybody may change the organiser of an event; what makes it an appointment is read by staff only.
        if not self._practice_is_staff() or not self.practice_appointment_type_id:
            return
        invited = self.partner_ids._origin
        before = self._origin.user_id.partner_id or invited.filtered(lambda partner: not partner.partner_share)
        self.partner_ids = invited - (before - self.patient_id._origin) | self.user_id._origin.partner_id

    def _practice_prepare_handover_vals(self, practitioner):
        """Return what lets ``practitioner`` give this appointment: they are invited, and who gave it is not any more,
        unless they are the patient."""
        self.ensure_one()
        before_sudo, after_sudo = self.user_id.sudo().partner_id, practitioner.sudo().partner_id  # sudo: who they are
        people = [Command.link(after_sudo.id)]
        if before_sudo and before_sudo != self.patient_id:
            people.append(Command.unlink(before_sudo.id))
        return {"user_id": practitioner.id, "partner_ids": people}
