from odoo import fields, models


class PracticeSubscriptionSeat(models.Model):
    """Whether somebody knows that the practitioner is archived, and the seat goes on."""

    _inherit = "practice.subscription.seat"

    archived_told = fields.Boolean(
        readonly=True, copy=False, help="Who is responsible was told that the practitioner is archived."
    )
