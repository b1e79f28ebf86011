from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class PracticeGiftVoucher(models.Model):
    """A voucher is redeemed, once: its credits become those of who has it."""

    _inherit = "practice.gift.voucher"

    def _check_open(self):
        """Refuse what is not paid, over, redeemed or cancelled.

        :raises UserError: saying what became of it, without naming who redeemed it
        """
        self.ensure_one()
        if problem := self._find_problem():
            raise UserError(problem)

    def _find_problem(self):
        """Return in a sentence why this voucher cannot be redeemed, or nothing. Whoever has the code may read it."""
        self.ensure_one()
        company = self.company_id
        if self.state == "redeemed":
            day = format_date(self.env, company._practice_day(self.redeemed_on))
            return self.env._("This voucher was redeemed on %s already.", day)
        if self.state == "expired" or (self.valid_until and self.valid_until < company._practice_day()):
            day = format_date(self.env, self.valid_until)
            return self.env._(
                "This voucher could be redeemed until %(day)s. Ask %(company)s.", day=day, company=company.name
            )
        if self.state == "open":
            return None
        if self.state == "waiting":
            return self.env._("This voucher is not paid yet, so it cannot be redeemed.")
        return self.env._("This voucher is not valid: what was paid for it went back, or it was never sold.")

    def _redeem(self, patient, *, at):
        """Give the credits of this voucher to ``patient``; the money stays that of who paid, so a refund goes to them.

        Whoever calls this has checked that the user may: who has the code may, and so may the front desk. The row is
        written first, so that of two who redeem at once one is repeated and finds it redeemed.

        :param patient: who gets the credits; when it is the buyer, they are simply kept no longer
        :param str at: ``desk`` or ``portal``
        :return: the credits
        :raises UserError: when it cannot be redeemed, or the patient cannot have the credits
        """
        self.ensure_one()
        self._check_open()
        voucher_sudo = self.sudo()  # sudo: written by the module only
        lot_sudo, day = voucher_sudo.lot_id, self.company_id._practice_day()
        expiry_date = lot_sudo._get_expiry_once_redeemed(day)
        voucher_sudo.write(
            {
                "redeemed_on": fields.Datetime.now(),
                "redeemed_at": at,
                "redeemed_by_id": self.env.uid,
                "redeemed_partner_id": patient.id,
            }
        )
        voucher_sudo.flush_recordset()
        received_sudo = lot_sudo
        if patient != lot_sudo.partner_id:
            received_sudo = lot_sudo._transfer(
                patient,
                lot_sudo.credits_available,
                receiver_pays=False,
                day=day,
                expiry_date=expiry_date,
                reason=self.env._("Gift voucher redeemed"),
            )
        # The validity that was agreed when it was sold begins today.
        begun = {"activation_date": day, "never_expires": False, "expiry_date": expiry_date, "expiry_warned": 0}
        received_sudo.write(begun)
        voucher_sudo.redeemed_lot_id = received_sudo
        voucher_sudo._log_redeemed()
        self._trigger_run()
        return received_sudo.sudo(self.env.su)

    def _log_redeemed(self):
        """Say on the voucher who has the credits now, for staff."""
        self.message_post(body=self.env._("Redeemed for %s.", self.redeemed_partner_id.name))
