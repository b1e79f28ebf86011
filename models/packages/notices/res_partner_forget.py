from odoo import models


class ResPartner(models.Model):
    """What is forgotten of what a patient was told: the words. That and when they were told stays with the visit."""

    _inherit = "res.partner"

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        # sudo: asked for an administrator, of all companies
        notices_sudo = self.env["practice.appointment.notice"].sudo()
        told_sudo = notices_sudo.search(["|", ("patient_id", "in", self.ids), ("partner_id", "in", self.ids)])
        told_sudo.error = False
        self._practice_forget_messages(notices_sudo._name, told_sudo.ids)
        return result
