from odoo import api, models
from odoo.fields import Domain

from .res_partner import has_sms

#: States of an SMS that reached nobody, as Odoo's notification of it says.
FAILED = ("exception", "bounce", "canceled")


class PracticeAppointmentNotice(models.Model):
    """Notices by SMS, when Odoo's SMS is installed; it is no dependency.

    Odoo deletes an SMS when the provider has taken it, and writes what becomes of it on a notification. Ours names
    neither contact nor number, because every employee may read notifications.
    """

    _inherit = "practice.appointment.notice"

    # === WHO IS REACHED === #

    def _get_numbers(self):
        """Return the phone number that each of these notices goes to: ``{notice: "+32470123456"}``, or ``False``."""
        numbers = {}
        for company, notices in self.grouped("company_id").items():
            by_partner = notices.partner_id._practice_get_numbers(company)
            numbers |= {notice: by_partner[notice.partner_id] for notice in notices}
        return numbers

    def _find_sms_obstacles(self):
        """Return why those of these notices that go by SMS can reach nobody: ``{notice: reason}``."""
        notices = self.filtered(lambda it: it.channel == "sms")
        if not notices:
            return {}
        if not has_sms(self.env):
            return dict.fromkeys(notices, "no_sms")
        numbers = notices._get_numbers()
        blocked = self.env["phone.blacklist"].search([("number", "in", list(filter(None, numbers.values())))])
        refused = set(blocked.mapped("number"))
        return {
            notice: "blocked" if numbers[notice] in refused else "no_number"
            for notice in notices
            if numbers[notice] in refused or not numbers[notice] or not notice.partner_id.active
        }

    # === HANDING OVER === #

    def _queue_sms(self):
        """Hand the SMS of these leading notices to Odoo's queue, and keep where Odoo writes what becomes of them."""
        if not self:
            return
        numbers, words = self._get_numbers(), self._render_sms()
        messages = self.env["mail.message"].create([notice._prepare_sms_message_vals() for notice in self])
        texts = self.env["sms.sms"].create(
            [
                {
                    "number": numbers[notice],
                    "partner_id": notice.partner_id.id,
                    "body": words[notice],
                    "mail_message_id": message.id,
                }
                for notice, message in zip(self, messages, strict=True)
            ]
        )
        notifications = self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": text.mail_message_id.id,
                    "notification_type": "sms",
                    "notification_status": "ready",
                    "sms_id_int": text.id,
                    "is_read": True,
                }
                for text in texts
            ]
        )
        # What the provider reports finds the notification by it.
        self.env["sms.tracker"].create(
            [
                {"sms_uuid": text.uuid, "mail_notification_id": notification.id}
                for text, notification in zip(texts, notifications, strict=True)
            ]
        )
        for lead, notification in zip(self, notifications, strict=True):
            (lead | lead._get_told_along()).notification_id = notification

    def _prepare_sms_message_vals(self):
        """Return the message by which Odoo knows the company that sends; the words are in the SMS alone."""
        self.ensure_one()
        sender = self.company_id.email_formatted or self.env.user.email_formatted
        return {
            "message_type": "sms",
            "model": self._name,
            "res_id": self.id,
            "record_company_id": self.company_id.id,
            "author_id": False,
            "email_from": sender,
            "reply_to": sender,
        }

    # === WHAT BECAME OF IT === #

    def _describe_sms_failure(self):
        """Return in words why the SMS of this notice reached nobody; ``False`` when nothing is known against it."""
        self.ensure_one()
        notification_sudo = self.notification_id.sudo()  # sudo: only whether it was sent, and why not
        if notification_sudo.notification_status not in FAILED:
            return False
        if notification_sudo.failure_type == "unknown" and notification_sudo.failure_reason:
            return notification_sudo.failure_reason
        name = "failure_type" if notification_sudo.failure_type else "notification_status"
        labels = dict(notification_sudo._fields[name]._description_selection(self.env))
        return labels.get(notification_sudo[name])

    @api.model
    def _get_failed_sms_domain(self):
        """Return the notices whose SMS reached nobody."""
        # sudo: which failed; only the notices of the user are found by them
        notifications_sudo = self.env["mail.notification"].sudo()
        failed = [("mail_message_id.model", "=", self._name), ("notification_status", "in", FAILED)]
        return Domain("notification_id", "in", notifications_sudo._search(failed))
