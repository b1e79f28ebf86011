import re

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import html2plaintext, html_sanitize


class CalendarEvent(models.Model):
    """Another patient for an appointment: whoever is no longer it is not invited, and learns nothing of who is."""

    _inherit = "calendar.event"

    # Not stored: a form remembers in it whom it invited, because the choice before is not in the database.
    practice_invited_patient_id = fields.Many2one(
        "res.partner", compute="_compute_practice_invited_patient_id", groups="practice_billing.group_user"
    )

    def _compute_practice_invited_patient_id(self):
        for event in self:
            event.practice_invited_patient_id = event._origin.patient_id

    @api.onchange("patient_id")
    def _onchange_practice_patient_id(self):
        """Invite the patient, in place of the one chosen before."""
        patient = self.patient_id._origin
        gone = self._practice_get_replaced(self.practice_invited_patient_id._origin, patient)
        self.partner_ids = (self.partner_ids._origin - gone) | patient
        self.practice_invited_patient_id = patient

    def write(self, vals):
        if "patient_id" not in vals:
            return super().write(vals)
        self.check_access("write")
        patient_sudo = self.env["res.partner"].sudo().browse(vals["patient_id"] or ())  # sudo: who is invited
        # Odoo invites to all events or to none, by who takes part in any of them.
        groups = self.sudo().grouped(lambda event: patient_sudo in event.partner_ids)  # sudo: as above
        if len(groups) > 1:
            for events in groups.values():
                events.with_env(self.env).write(dict(vals))
            return True
        if not self._practice_is_settling():
            self._practice_leave_replaced(patient_sudo, vals.get("recurrence_update"))
        return super().write(vals)

    @api.model
    def _practice_get_replaced(self, before, patient):
        """Return who of the patients ``before`` is invited no more when ``patient`` takes their place.

        Who represents a patient without e-mail is invited instead of them, and who gives the appointment gives it.
        """
        stay = patient | self.user_id._origin.partner_id
        if not patient.email:
            stay |= patient.practice_representative_ids
        return before - stay

    def _practice_invite_instead(self, commands, patient_id):
        """Return the commands for participants when ``patient_id`` becomes the patient of these appointments.

        :param list commands: what the caller says of participants; who is no longer the patient goes all the same
        """
        patient_sudo = self.env["res.partner"].sudo().browse(patient_id or ())  # sudo: who is invited
        gone = self._practice_get_replaced(self._practice_hidden_sudo().patient_id, patient_sudo)
        if commands and isinstance(commands[0], int):
            commands = [Command.set(commands)]
        kept = []
        for command in commands:
            if command[0] == Command.SET:
                kept.append(Command.set([it for it in command[2] if it not in gone.ids]))
            elif command[1] not in gone.ids:
                kept.append(command)
        kept += [Command.unlink(partner.id) for partner in gone]
        return self._practice_invite(kept, patient_id) if patient_id else kept

    # === WHO KNOWS === #

    def _practice_leave_replaced(self, patient, scope):
        """Take those who are about to be the patient no more out of what others read of their appointments.

        :param patient: who becomes the patient
        :param str scope: what Odoo changes of a series
        """
        events_sudo = self._practice_get_scope(scope).sudo()  # sudo: hidden fields
        changed_sudo = events_sudo.filtered(lambda event: event.patient_id and event.patient_id != patient)
        changed_sudo._practice_end_links()
        former = self._practice_get_replaced(changed_sudo.patient_id, patient)
        if not former:
            return
        changed_sudo._practice_forget_contact(former)
        members_sudo = changed_sudo.videocall_channel_id.channel_member_ids
        members_sudo.filtered(lambda member: member.partner_id in former).unlink()

    def _practice_end_links(self):
        """Let the links of e-mails about these patients end, also for who stays invited: a parent of two of them."""
        for event in self:
            for speaker in event._practice_get_speakers():
                speaker.access_token = speaker._default_access_token()

    def _practice_get_scope(self, scope):
        """Return the events that a write on this one changes: of a series as Odoo's ``scope`` says."""
        if len(self) != 1 or scope not in ("all_events", "future_events") or not self.recurrence_id:
            return self
        events = self.recurrence_id.calendar_event_ids
        return events if scope == "all_events" else events.filtered(lambda event: event.start >= self.start)

    def _practice_forget_contact(self, people):
        """Take the contact details of ``people``, which Odoo writes into descriptions, out of them."""
        nobody = self.env["res.users"]
        for person in people:
            lines = _split_lines(html_sanitize(self._get_contact_details_description(nobody, person)))
            details = {html2plaintext(line).strip() for line in lines} - {""}
            for event in self.filtered("description"):
                kept = [it for it in _split_lines(event.description) if html2plaintext(it).strip() not in details]
                if len(kept) < len(_split_lines(event.description)):
                    event.description = "<br/>".join(kept)

    @api.model
    def _get_contact_details_description(self, organizer, partners):
        # A description goes to all participants and stays when the patient changes.
        patient_ids = self.env.context.get("practice_patient_ids", ())
        return super()._get_contact_details_description(
            organizer, partners.filtered(lambda partner: partner.id not in patient_ids)
        )


def _split_lines(html):
    return re.split(r"<br\s*/?>", str(html))
