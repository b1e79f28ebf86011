from odoo import api, fields, models
from odoo.fields import Domain

from ...common.retry_mixin import Step


class PracticeGiftVoucher(models.Model):
    """The receiver gets the voucher by e-mail, once, on the day that the buyer chose and not before it is paid; the
    buyer is told when it is redeemed, and no more than that.

    The row is written in the transaction that queues the e-mail, so an e-mail is queued once whatever happens.
    """

    _inherit = "practice.gift.voucher"

    # === RUN === #

    @api.model
    def _cron_send_gift_vouchers(self):
        """Send what is due, one after the other; one that fails is tried again tomorrow, and staff is told."""
        cls = type(self)
        self._practice_run(
            [
                Step(self, self._get_to_send_domain(), cls._send, order="id"),
                Step(self, self._get_to_tell_domain(), cls._tell_buyer, order="id"),
            ]
        )

    @api.model
    def _trigger_run(self):
        self.env.ref("practice_billing.ir_cron_send_gift_vouchers").sudo()._trigger()  # sudo: belongs to the system

    @api.model
    def _get_to_send_domain(self):
        """Return the vouchers whose receivers are due to get them."""
        due = Domain("state", "=", "open") & Domain("receiver_email", "!=", False) & Domain("sent_on", "=", False)
        return due & Domain.OR(
            Domain("company_id", "=", company.id)
            & (Domain("send_date", "=", False) | Domain("send_date", "<=", company._practice_day()))
            & self._practice_get_retry_domain(company._practice_day())
            for company in self.env["res.company"].search([])
        )

    @api.model
    def _get_to_tell_domain(self):
        """Return the vouchers of which the buyer is to be told that they are redeemed."""
        due = Domain("state", "=", "redeemed") & Domain("told_on", "=", False)
        return due & Domain.OR(
            Domain("company_id", "=", company.id) & self._practice_get_retry_domain(company._practice_day())
            for company in self.env["res.company"].search([])
        )

    def _send(self):
        """Queue the e-mail of this voucher, with the card."""
        for voucher in self:
            # sudo: queues only
            self.env.ref("practice_billing.mail_template_gift_voucher").sudo().send_mail(voucher.id)
        self.sudo().sent_on = fields.Datetime.now()  # sudo: the module writes what people do not
        self._hurry_mails()

    def _tell_buyer(self):
        """Queue the e-mail that tells the buyer; who redeemed it themselves, or has no address, is not told."""
        template_sudo = self.env.ref("practice_billing.mail_template_gift_voucher_redeemed").sudo()  # sudo: as above
        for voucher in self:
            buyer = voucher.buyer_id
            if voucher.redeemed_partner_id != buyer and buyer._practice_get_mail_recipients():
                template_sudo.send_mail(voucher.id)
        self.sudo().told_on = fields.Datetime.now()  # sudo: as in _send
        self._hurry_mails()

    @api.model
    def _hurry_mails(self):
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # sudo: belongs to the system

    def _practice_tell(self, reason):
        result = super()._practice_tell(reason)
        for voucher in self:
            voucher.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("An e-mail about a gift voucher could not be sent"),
                note=reason,
                user_id=voucher.company_id._practice_get_responsible(voucher.create_uid).id,
            )
        return result

    def _practice_untell(self):
        self.activity_ids.unlink()
        return super()._practice_untell()

    # === WHAT THE CARD AND THE E-MAIL SAY === #

    def _get_redeem_url(self):
        """Return the page on which it is redeemed, with the code filled in; opening it changes nothing."""
        self.ensure_one()
        return f"{self.company_id.get_base_url()}/my/packages/redeem?code={self.name}"

    def _get_language(self):
        """Return the language of the card: the buyer's, because nobody knows the receiver's."""
        self.ensure_one()
        return self.buyer_id.lang or self.company_id.partner_id.lang or self.env.lang
