from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class PracticeCareStatementMake(models.TransientModel):
    """Make care statements until a day, without waiting for the nightly run."""

    _name = "practice.care.statement.make"
    _description = "Make Care Statements"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_to = fields.Date(
        string="Visits Until",
        required=True,
        default=lambda self: self.env.company._practice_day() - timedelta(days=1),
        help="This day included.",
    )
    arrangement_ids = fields.Many2many(
        "practice.payer.arrangement",
        string="Arrangements",
        domain="[('company_id', '=', company_id)]",
        help="Empty: all arrangements of the practice.",
    )
    consequence = fields.Char(compute="_compute_consequence")

    @api.depends("company_id", "arrangement_ids", "date_to")
    def _compute_consequence(self):
        for wizard in self:
            ends_month = not wizard.date_to or wizard.date_to == wizard.date_to + relativedelta(day=31)
            monthly = wizard._get_arrangements()._origin.filtered(lambda it: it.documents == "month")
            wizard.consequence = (
                self.env._(
                    "Some of these arrangements have one statement per month: what is made now holds the month until "
                    "that day, the nightly run makes another one of its rest."
                )
                if monthly and not ends_month
                else False
            )

    def action_make(self):
        """Make what is missing, and show it."""
        self.ensure_one()
        today = self.company_id._practice_day()
        if self.date_to > today:
            raise UserError(
                self.env._("Visits that are still to come cannot be stated: choose today or an earlier day.")
            )
        arrangements = self._get_arrangements()
        statements = arrangements._make_until(self.date_to)
        failed = arrangements.filtered("error")
        if len(failed) == len(arrangements) == 1:
            # Nothing else was done; whoever asked reads it at once. It is told again by the next run.
            raise UserError(failed.error)
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_care_statement_action")
        if failed and not statements:
            action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_payer_arrangement_action")
        records = failed if failed and not statements else statements
        words = self.env._("Care statements made: %s.", len(statements))
        if failed:
            attention = self.env._("Arrangements that need attention: %s.", len(failed))
            words = f"{words} {attention}"
        kind = "warning" if failed else "success" if statements else "info"
        shown = {**action, "domain": [("id", "in", records.ids)], "context": {}, "target": "main"}
        params = {"message": words, "type": kind, "next": shown if records else {"type": "ir.actions.act_window_close"}}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def _get_arrangements(self):
        """Return what was chosen, else all of the company, archived ones too: what they stated may be wrong."""
        arrangements = self.env["practice.payer.arrangement"].with_context(active_test=False)
        return self.arrangement_ids or arrangements.search([("company_id", "=", self.company_id.id)])
