from odoo import models

from .res_partner import has_sms


class ResPartner(models.Model):
    """What is forgotten of what a patient was told: words and numbers. That and when they were told stays."""

    _inherit = "res.partner"

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        # sudo: asked for an administrator, of all companies
        notices_sudo = self.env["practice.appointment.notice"].sudo()
        told_sudo = notices_sudo.search(["|", ("patient_id", "in", self.ids), ("partner_id", "in", self.ids)])
        told_sudo.error = False
        self._practice_forget_messages(notices_sudo._name, told_sudo.ids)
        if has_sms(self.env):
            # Number and words of what waits or failed; Odoo deletes what was sent by itself.
            self.env["sms.sms"].search([("partner_id", "in", self.ids)]).unlink()
        return result
