from odoo import api, fields, models


class PracticeSubscription(models.Model):
    """Staff sees what the organisation agreed to."""

    _inherit = "practice.subscription"

    acceptance_ids = fields.Many2many(
        "practice.terms.acceptance", compute="_compute_acceptance_ids", string="Terms Agreed To"
    )

    @api.depends("organisation_id", "company_id")
    def _compute_acceptance_ids(self):
        acceptances = self.env["practice.terms.acceptance"]
        agreed = acceptances.search([("organisation_id", "in", self.organisation_id.ids)])
        by_account = agreed.grouped(lambda it: (it.organisation_id, it.company_id))
        for subscription in self:
            account = subscription.organisation_id._origin, subscription.company_id._origin
            subscription.acceptance_ids = by_account.get(account, acceptances)
