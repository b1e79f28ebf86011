from odoo import api, models


class PracticeSubscriptionSeat(models.Model):
    """Other software is told when somebody comes, leaves or pays another rate."""

    _inherit = "practice.subscription.seat"

    @api.model_create_multi
    def create(self, vals_list):
        seats = super().create(vals_list)
        self.env["practice.webhook.delivery"]._announce_seats(seats.subscription_id)
        return seats

    def write(self, vals):
        before = self.subscription_id
        result = super().write(vals)
        if vals.keys() & {"subscription_id", "practitioner_id", "kind", "date_from", "date_to"}:
            self.env["practice.webhook.delivery"]._announce_seats(before | self.subscription_id)
        return result

    def unlink(self):
        subscriptions = self.subscription_id
        result = super().unlink()
        self.env["practice.webhook.delivery"]._announce_seats(subscriptions.exists())
        return result
