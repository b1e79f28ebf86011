from odoo import models

from .subscription import RUNNING


class ResPartner(models.Model):
    """Who has a part in a subscription is no longer only a patient: that ends first."""

    _inherit = "res.partner"

    def _practice_find_forget_obstacles(self):
        obstacles = super()._practice_find_forget_obstacles()
        self_sudo = self.sudo()  # sudo: only the names of subscriptions are said
        subscriptions_sudo = self_sudo.practice_seat_ids.filtered("is_active").subscription_id
        subscriptions_sudo |= self_sudo.practice_subscription_ids.filtered(lambda it: it.state in RUNNING)
        runs_sudo = self_sudo.search([("practice_administrator_ids", "in", self.ids)])
        if subscriptions_sudo or runs_sudo:
            obstacles.append(
                self.env._(
                    "A part in subscriptions: %s. Let the seat or the subscription end, and choose another "
                    "administrator.",
                    ", ".join([*subscriptions_sudo.mapped("name"), *runs_sudo.mapped("name")]),
                )
            )
        return obstacles

    def _practice_get_keeping_companies(self):
        self_sudo = self.sudo()  # sudo: only which companies
        companies_sudo = (self_sudo.practice_seat_ids.subscription_id | self_sudo.practice_subscription_ids).company_id
        return super()._practice_get_keeping_companies() | companies_sudo
