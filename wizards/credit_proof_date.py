from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class PracticeCreditProofDate(models.TransientModel):
    """The question of which date the proof is about."""

    _name = "practice.credit.proof.date"
    _description = "Credits and Balance Posts at a Date"

    date = fields.Date(required=True, default=lambda self: self.env.company._practice_day(), help="That day included.")

    def action_open(self):
        """Open the proof as it was at the end of the date, with the date in the title."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_credit_proof_action")
        title = self.env._("Balance Posts at %s", format_date(self.env, self.date))
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(Domain("date", "<=", self.date)),
            "context": {
                "search_default_group_company": 1,
                "search_default_group_account": 1,
                "practice_unfold": True,
                "practice_proof_date": fields.Date.to_string(self.date),
            },
            "target": "main",
        }
