from odoo import fields, models


class ResCompany(models.Model):
    """When organisations are reminded, and how long they are waited for."""

    _inherit = "res.company"

    practice_grace_days = fields.Integer(
        string="Days of Grace",
        default=14,
        help="Days after which a subscription with an overdue invoice is suspended.",
    )
    practice_trial_warning_days = fields.Integer(
        string="Trial Reminder",
        default=7,
        help="Days before the end of a trial from which the organisation is told, by e-mail and on the portal.",
    )
    _practice_trial_warning_not_negative = models.Constraint(
        "CHECK (practice_trial_warning_days >= 0)", "The reminder of a trial cannot come after its end."
    )
