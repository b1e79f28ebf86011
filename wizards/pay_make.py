from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import formatLang


class PracticePayMake(models.TransientModel):
    """Make the statements of a month, of all practitioners at once."""

    _name = "practice.pay.make"
    _description = "Make Statements of Pay"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    month = fields.Date(
        required=True, default=lambda self: self._default_month(), help="Whichever day of it you choose."
    )

    @api.model
    def _default_month(self):
        """Return the first day of the month before this one."""
        return self.env.company._practice_day().replace(day=1) - relativedelta(months=1)

    def action_make(self):
        """Make what is missing, bring drafts up to date, say what was made and show the month."""
        self.ensure_one()
        month = self.month.replace(day=1)
        # Whichever of the user's companies are shown at the moment.
        statements = self.env["practice.pay.statement"].with_context(allowed_company_ids=self.company_id.ids)
        statements = statements._make(self.company_id, month)
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_pay_statement_action")
        domain = [("company_id", "=", self.company_id.id), ("month", "=", str(month))]
        action = {**action, "domain": domain, "target": "main"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self._describe(statements, month),
                "type": "success" if statements else "info",
                "next": action,
            },
        }

    def _describe(self, statements, month):
        """Return in words what there is of the month now."""
        unstated = statements._count_unstated(self.company_id, month)
        words = [self._describe_statements(statements, statements._format_month(month))]
        if unstated:
            words.append(
                self.env._(
                    "Visits on no statement: %s. No rule pays them, nobody gave them, or the next statement does.",
                    unstated,
                )
            )
        return " ".join(words)

    def _describe_statements(self, statements, month):
        if not statements:
            return self.env._("%s: nothing is to be stated.", month)
        drafts = statements.filtered(lambda it: it.state == "draft")
        return self.env._(
            "%(month)s: statements %(count)s, of which drafts %(drafts)s; pay %(amount)s.",
            month=month,
            count=len(statements),
            drafts=len(drafts),
            amount=formatLang(self.env, sum(statements.mapped("amount")), currency_obj=self.company_id.currency_id),
        )
