from odoo import api, fields, models
from odoo.fields import Domain

from ...common.retry_mixin import Step


class PracticeAbsenceLine(models.Model):
    """Each patient is told once, in one e-mail, of all their appointments that an absence affects.

    The rows say who was told. They are written in the transaction that queues the e-mail, so an e-mail is queued once
    whatever happens to the run; whoever undoes the absence writes the same rows.
    """

    _inherit = "practice.absence.line"

    @api.model
    def _get_to_tell_domain(self):
        """Return the lines whose patients are due to be told now."""
        due = Domain("absence_id.state", "=", "cancelled") & Domain("absence_id.told_from", "<=", fields.Datetime.now())
        waiting = Domain("told", "=", "waiting") & Domain("state", "in", ("cancelled", "handed_over"))
        companies = self.env["res.company"].search([])
        return (
            due
            & waiting
            & Domain.OR(
                Domain("company_id", "=", company.id) & self._practice_get_retry_domain(company._practice_day())
                for company in companies
            )
        )

    @api.model
    def _cron_tell(self):
        """Tell the patients of confirmed absences, one after the other; one that fails is tried again tomorrow."""
        tell, postpone = type(self)._tell, type(self)._postpone
        self._practice_run([Step(self, self._get_to_tell_domain(), tell, postpone, order="start, id")])

    def _postpone(self, reason):
        """Keep why the patient of this line could not be told, on all that the e-mail would have been about."""
        self._get_of_same_patient()._practice_set_aside(reason)

    def _tell(self):
        """Queue the e-mail to the patient of this line, about all their lines of the absence that wait.

        Whoever has no address is to be called. A colleague who gives the appointment instead is invited.
        """
        lines = self._get_of_same_patient()
        has_address = bool(self.patient_id._practice_get_mail_recipients())
        if has_address:
            lines._make_tokens()
            self.env.ref("practice_billing.mail_template_absence").send_mail(lines[0].id)
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # sudo: belongs to the system
        lines._invite_colleagues()
        lines._practice_clear()
        told = "sent" if has_address else "nobody"
        # sudo: the module writes what people do not; of a group its participants are told
        lines.sudo().write({"told": self.patient_id and told, "told_at": has_address and fields.Datetime.now()})
        self.absence_id._finish()

    def _get_of_same_patient(self):
        """Return the lines of this absence of which the same patient has to be told, by date."""
        self.ensure_one()
        return self.absence_id.line_ids.filtered(
            lambda line: (
                line.patient_id == self.patient_id
                and line.told == "waiting"
                and line.state in ("cancelled", "handed_over")
            )
        ).sorted(lambda line: (line.start, line.id))

    def _invite_colleagues(self):
        """Tell colleagues of what they give instead, and nobody else."""
        invitation = self.env.ref("calendar.calendar_template_meeting_invitation", raise_if_not_found=False)
        for line in self.filtered(lambda line: line.state == "handed_over" and not line.is_in_group):
            partner_sudo = line.colleague_id.sudo().partner_id  # sudo: who it is
            attendees = line.event_id.attendee_ids.filtered(lambda it, who=partner_sudo: it.partner_id == who)
            attendees._notify_attendees(invitation)

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        company = self.company_id
        note = self.env._("Patients could not be told of an absence: %s", reason)
        for absence in self.absence_id:
            absence.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Call the patient"),
                note=note,
                user_id=company._practice_get_responsible(absence.create_uid).id,
            )
        return result

    def _practice_untell(self):
        for absence in self.absence_id:
            if not any(absence.line_ids.mapped("error")):
                absence.activity_ids.unlink()
        return super()._practice_untell()

    def _is_to_call(self):
        """Return whether the practice has to call the patient: nobody could be written to."""
        return self.told == "nobody" or bool(self.error)

    # === WHAT THE E-MAIL SAYS === #

    def _get_mail_values(self):
        """Return what the template says: to whom, what does not take place, what a colleague gives."""
        self.ensure_one()
        lines = self._get_of_same_patient() or self
        recipients = self.patient_id._practice_get_mail_recipients()
        called_off = lines.filtered(lambda line: line.state != "handed_over")
        return {
            "names": ", ".join(recipients.mapped("name")),
            "patient": self.patient_id.name if self.patient_id not in recipients else "",
            "called_off": [line._prepare_mail_value(recipients) for line in called_off],
            "handed_over": [line._prepare_mail_value(recipients) for line in lines - called_off],
            "credits": sum(called_off.event_id.filtered(lambda event: event.credit_state).mapped("practice_credits")),
            "tz": self.company_id.practice_tz,
        }

    def _prepare_mail_value(self, recipients):
        event = self.event_id
        return {
            "when": event._practice_describe_start(),
            "type": self.appointment_type_id.name,
            "practitioner": self.practitioner_id.name,
            "colleague": self.colleague_id.name,
            "url": self._get_pick_url(recipients) if self.state == "cancelled" else "",
        }
