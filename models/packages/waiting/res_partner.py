from odoo import fields, models


class ResPartner(models.Model):
    """What a patient waits for."""

    _inherit = "res.partner"

    practice_waiting_count = fields.Integer(
        compute="_compute_practice_waiting_count", groups="practice_billing.group_user"
    )

    def _compute_practice_waiting_count(self):
        counts = self.env["practice.waiting"]._count_waiting("patient_id", self)
        for partner in self:
            partner.practice_waiting_count = counts.get(partner, 0)

    def action_open_practice_waiting(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_waiting_action")
        context = {"default_patient_id": self.id, "search_default_on_the_list": 1}
        return {**action, "domain": [("patient_id", "=", self.id)], "context": context}
