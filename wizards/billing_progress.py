from odoo import api, fields, models


class PracticeBillingProgress(models.TransientModel):
    """How far the billing of several subscriptions is, and what it made: read anew until none is left."""

    _name = "practice.billing.progress"
    _description = "Progress of the Billing"

    subscription_ids = fields.Many2many("practice.subscription", readonly=True)
    last_move_id = fields.Integer(readonly=True, help="The last journal entry before the button was pressed.")
    total_count = fields.Integer(compute="_compute_progress")
    left_count = fields.Integer(compute="_compute_progress", help="Subscriptions that still wait for the run.")
    failed_count = fields.Integer(compute="_compute_progress")
    invoice_count = fields.Integer(compute="_compute_progress")
    error = fields.Text(compute="_compute_progress", help="Why the first of those that failed could not be billed.")

    @api.depends("subscription_ids")
    def _compute_progress(self):
        for progress in self:
            subscriptions = progress.subscription_ids
            failed = subscriptions.filtered("error")
            progress.total_count = len(subscriptions)
            progress.left_count = len(subscriptions.filtered("is_overdue_to_bill") - failed)
            progress.failed_count = len(failed)
            progress.invoice_count = self.env["account.move"].search_count(progress._get_invoice_domain())
            progress.error = failed[:1].error

    def _get_invoice_domain(self):
        """Return what was made of these subscriptions since the button was pressed."""
        return [
            ("practice_subscription_id", "in", self.subscription_ids.ids),
            ("move_type", "=", "out_invoice"),
            ("id", ">", self.last_move_id),
        ]

    def action_open_invoices(self):
        self.ensure_one()
        invoices = self.env["account.move"].search(self._get_invoice_domain())
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        context = {"create": False, "default_move_type": "out_invoice"}
        return {**action, "domain": [("id", "in", invoices.ids)], "context": context}

    def action_open_failed(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_action")
        return {**action, "domain": [("id", "in", self.subscription_ids.filtered("error").ids)], "context": {}}
