from odoo import fields, models


class PracticeReminder(models.Model):
    """An invoice was reminded of by one step of the plan. Written by the run, and kept."""

    _name = "practice.reminder"
    _description = "Payment Reminder"
    _order = "date desc, id desc"
    _rec_name = "step_name"

    subscription_id = fields.Many2one("practice.subscription", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    organisation_id = fields.Many2one(related="subscription_id.organisation_id")
    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    step_id = fields.Many2one("practice.reminder.step", index="btree_not_null", ondelete="set null")
    step_name = fields.Char(string="Reminder", required=True, help="What the step was called then.")
    since = fields.Date(help="Since when the subscription was past due, for what follows from that.")
    date = fields.Date(required=True, help="Day, in the company's time zone, on which it was sent.")
    amount = fields.Monetary(string="Open Then", help="What was open of the invoice, with tax.")
    currency_id = fields.Many2one("res.currency", required=True)
    is_sent = fields.Boolean(
        string="Sent", help="Not sent when a later step was due already: the customer gets one reminder, not two."
    )
    fee_move_id = fields.Many2one("account.move", string="Fee", index="btree_not_null", ondelete="set null")

    # An invoice is in each step once; in what follows from being past due once for each time it is.
    _step_uniq = models.UniqueIndex(
        "(step_id, move_id, COALESCE(since, '-infinity'::date)) WHERE step_id IS NOT NULL",
        "This invoice was in this reminder already.",
    )
