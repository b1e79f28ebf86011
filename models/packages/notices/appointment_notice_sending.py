from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...common.retry_mixin import Step

#: Notices of one transaction.
SEND_BATCH = 50

#: How long a notice that failed is left alone.
RETRY = timedelta(hours=1)


class PracticeAppointmentNotice(models.Model):
    """The run that sends notices, once each."""

    _inherit = "practice.appointment.notice"

    @api.model
    def _get_due_domain(self):
        """Return the notices whose message is to be sent now."""
        waiting = Domain("state", "=", "waiting") & Domain("lead_id", "=", False)
        return waiting & Domain("due_date", "<=", fields.Datetime.now())

    @api.model
    def _cron_send(self):
        """Note the reminders that are due, then send all that waits, committing each batch; it can be cut anywhere."""
        self._practice_run(self.env["calendar.event"]._practice_get_reminder_steps())
        send, postpone = type(self)._send, type(self)._postpone
        self._practice_run([Step(self, self._get_due_domain(), send, postpone, size=SEND_BATCH, order="due_date, id")])

    def _send(self):
        """Hand the messages of these leading notices to Odoo's queues, and write that they were sent."""
        leads = self._sort_out()
        by_sms = leads.filtered(lambda it: it.channel == "sms")
        (leads - by_sms)._queue_mails()
        by_sms._queue_sms()
        rows = leads | leads._get_told_along()
        rows.write({"state": "sent", "sent_date": fields.Datetime.now(), "error": False})

    def _queue_mails(self):
        """Hand the e-mails of these leading notices to Odoo's queue."""
        for kind, notices in self.grouped("kind").items():
            template = self.env.ref(f"practice_billing.mail_template_appointment_{kind}")
            mails = template.send_mail_batch(notices.ids)
            notices._attach_calendar(mails)
            for lead, mail in zip(notices, mails, strict=True):
                (lead | lead._get_told_along()).write({"mail_id": mail.id})
        if self:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _get_told_along(self):
        """Return the notices that the messages of these tell too."""
        return self.follower_ids.filtered(lambda it: it.state == "waiting" or it.mail_id or it.notification_id)

    def _sort_out(self):
        """Set those aside that are not true any more or can reach nobody; return what leads the others."""
        rows = self | self.follower_ids.filtered(lambda it: it.state == "waiting")
        unreachable = rows._find_sms_obstacles()
        obstacles = {row: row._find_obstacle() or unreachable.get(row) for row in rows}
        leads = self.browse()
        for lead in self:
            told = (lead | (rows & lead.follower_ids)).filtered(lambda row: not obstacles[row])
            if told and lead not in told:
                lead._hand_over(told)
            leads |= lead if lead in told else told.sorted("start")[:1]
        for reason, skipped in rows.grouped(obstacles.get).items():
            if reason:
                skipped.write({"state": "skipped", "reason": reason, "lead_id": False})
        return leads

    def _find_obstacle(self):
        """Return the reason why this is not sent any more, or ``None``."""
        self.ensure_one()
        event = self.event_id
        if self.start <= fields.Datetime.now():
            return "begun"
        is_expected = event._practice_get_expected() == (self.patient_id.id, self.start)
        if is_expected == (self.kind == "cancelled"):
            return "outdated"
        is_reached = self.channel != "email" or (self.partner_id.email and self.partner_id.active)
        return None if is_reached else "no_address"

    def _postpone(self, reason):
        """Keep why these could not be sent, and try again later; they are not sent once the appointment begins."""
        self.write({"error": reason, "due_date": fields.Datetime.now() + RETRY})
        self._practice_try_to_tell(reason)

    def _attach_calendar(self, mails):
        """Attach the appointments as a calendar file to the e-mail of each of these notices."""
        files = self.env["ir.attachment"].create(
            [
                {
                    "name": "appointment.ics",
                    "raw": notice._get_visits()._practice_get_portal_ics(cancelled=notice.kind == "cancelled"),
                    "mimetype": "text/calendar",
                    "res_model": "mail.message",
                    "res_id": mail.mail_message_id.id,
                }
                for notice, mail in zip(self, mails, strict=True)
            ]
        )
        for mail, file in zip(mails, files, strict=True):
            mail.attachment_ids |= file
