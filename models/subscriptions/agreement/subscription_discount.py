from odoo import api, fields, models


class PracticeSubscription(models.Model):
    """The code that a subscription uses now."""

    _inherit = "practice.subscription"

    running_redemption_id = fields.Many2one(
        "practice.discount.redemption", string="Discount", compute="_compute_running_redemption_id"
    )

    @api.depends("redemption_ids.state")
    def _compute_running_redemption_id(self):
        for subscription in self:
            subscription.running_redemption_id = subscription._get_running_redemption_sudo()

    def _get_running_redemption_sudo(self, plan=None, carried=()):
        """Return the redemption that the next invoice carries; with ``plan``, only when it is for that plan.

        :param carried: those that regular invoices carry which come before it and are not made yet, one for each
        """
        self.ensure_one()
        redemptions_sudo = self.sudo().redemption_ids  # sudo: the code decides the price, whoever asks for it
        running_sudo = redemptions_sudo.filtered(lambda it: it.state != "done" and (not plan or it._is_for(plan)))
        return running_sudo.filtered(lambda it: it._has_left(sum(it == other for other in carried)))[:1]
