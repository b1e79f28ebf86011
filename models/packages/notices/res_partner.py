from odoo import models


def has_sms(env):
    """Return whether Odoo's SMS is installed, which is no dependency."""
    return "sms.sms" in env


class ResPartner(models.Model):
    """Who is told about a patient by SMS; see ``_practice_get_mail_recipients`` for e-mails."""

    _inherit = "res.partner"

    def _practice_get_sms_recipients(self, company):
        """Return who gets an SMS about this patient: they, else those who represent them; nobody without a number.

        :param company: whose country a number without prefix is of
        """
        # sudo: asked by whoever plans an appointment, who need not see representatives
        patient_sudo = self.sudo()
        for people_sudo in (patient_sudo, patient_sudo.practice_representative_ids):
            numbers = people_sudo._practice_get_numbers(company)
            if reached_sudo := people_sudo.filtered(lambda it, numbers=numbers: it.active and numbers[it]):
                return reached_sudo.with_env(self.env)
        return self.browse()

    def _practice_get_numbers(self, company):
        """Return the phone number of each of these contacts as SMS needs it, ``False`` when there is no possible one.

        :return: ``{contact: "+32470123456"}``
        """
        if not self or not has_sms(self.env):
            return dict.fromkeys(self, False)
        infos = self.with_company(company)._sms_get_recipients_info()
        return {partner: infos[partner.id]["sanitized"] for partner in self}
