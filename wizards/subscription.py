from odoo import models


class PracticeSubscription(models.Model):
    _inherit = "practice.subscription"

    def _follow_billing(self, answer, moves):
        """Show how far the billing of several is, and what it made, instead of one sentence."""
        answer = super()._follow_billing(answer, moves)
        if len(self) == 1:
            return answer
        # sudo: only a number
        last = min(moves.ids) - 1 if moves else self.env["account.move"].sudo().search([], order="id desc", limit=1).id
        progress = self.env["practice.billing.progress"].create({"subscription_ids": self.ids, "last_move_id": last})
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_billing_progress_action")
        return {**action, "res_id": progress.id}
