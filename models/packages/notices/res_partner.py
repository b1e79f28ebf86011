from odoo import models


def has_sms(env):
    """Return whether Odoo's SMS is installed, which is no dependency."""
    return "sms.sms" in env


class ResPartner(models.Model):
    """Who is told about a patient over which way."""

    _inherit = "res.partner"

    def _practice_get_recipients(self, channel, company):
        """Return who is told about this patient by e-mail or SMS; nobody when nobody can be reached.

        :param company: whose country a number without prefix is of
        """
        if channel == "email":
            return self._practice_get_mail_recipients()
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
