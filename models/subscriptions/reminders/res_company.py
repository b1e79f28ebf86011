from odoo import api, models

#: The plan of a new company: ``(moment, days, whether somebody is asked to call)``.
USUAL_PLAN = (
    ("overdue", 3, False),
    ("overdue", 10, False),
    ("before_suspension", 3, True),
    ("suspended", 0, True),
    ("ended", 0, False),
)


class ResCompany(models.Model):
    """Each company has a reminder plan of its own; nobody loses access without a word."""

    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._practice_make_reminder_plan()
        return companies

    @api.model
    def _practice_make_reminder_plans(self):
        """Give all companies the usual plan, when the module is installed or they had none."""
        self.search([])._practice_make_reminder_plan()

    def _practice_make_reminder_plan(self):
        """Give those of these companies that never had a step the usual plan."""
        # sudo: whoever makes a company need not be an administrator of subscriptions
        steps_sudo = self.env["practice.reminder.step"].sudo().with_context(active_test=False)
        having = steps_sudo.search([("company_id", "in", self.ids)]).company_id.ids
        steps_sudo.create(
            [
                {"company_id": company.id, "moment": moment, "days": days, "makes_activity": makes_activity}
                for company in self
                if company.id not in having
                for moment, days, makes_activity in USUAL_PLAN
            ]
        )
