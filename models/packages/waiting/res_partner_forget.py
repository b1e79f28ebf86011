from odoo import models


class ResPartner(models.Model):
    """What is forgotten of what a patient waited for: all of it."""

    _inherit = "res.partner"

    def _practice_get_keeping_companies(self):
        return super()._practice_get_keeping_companies() | self._practice_get_waiting_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        entries_sudo = self._practice_get_waiting_sudo()
        entries_sudo._leave("staff")
        self._practice_forget_messages("practice.waiting.offer", entries_sudo.offer_ids.ids)
        entries_sudo.unlink()
        return result

    def _practice_get_waiting_sudo(self):
        """Return what these people wait or waited for, in all companies."""
        # sudo: asked for an administrator, and forgotten
        return self.env["practice.waiting"].sudo().search([("patient_id", "in", self.ids)])
