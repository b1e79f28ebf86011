from odoo import models


class ResPartner(models.Model):
    """What is forgotten of a patient's payers: who they are, and the numbers. Statements that were issued stay."""

    _inherit = "res.partner"

    def _practice_get_keeping_companies(self):
        companies = super()._practice_get_keeping_companies()
        # sudo: only the companies leave
        statements_sudo = self.env["practice.care.statement"].sudo().search([("patient_id", "in", self.ids)])
        return companies | statements_sudo.company_id | self._practice_get_arrangements_sudo().company_id

    def _practice_forget_traces(self):
        result = super()._practice_forget_traces()
        arrangements_sudo = self._practice_get_arrangements_sudo()
        # Statements are numbered documents: they stay as they were issued, and say by themselves who paid.
        statements_sudo = arrangements_sudo.statement_ids
        statements_sudo.line_ids.write({"arrangement_id": False})
        statements_sudo.write({"arrangement_id": False})
        self._practice_forget_messages("practice.payer.arrangement", arrangements_sudo.ids)
        arrangements_sudo.activity_ids.unlink()
        arrangements_sudo.unlink()
        self.write({"practice_insurance_number": False, "practice_registration_number": False})
        return result

    def _practice_get_arrangements_sudo(self):
        """Return the arrangements of these people, as patients or as who pays, of all companies."""
        # sudo: asked for an administrator, and forgotten
        arrangements_sudo = self.env["practice.payer.arrangement"].sudo().with_context(active_test=False)
        return arrangements_sudo.search(["|", ("patient_id", "in", self.ids), ("payer_id", "in", self.ids)])
