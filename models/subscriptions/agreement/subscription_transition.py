from odoo import models
from odoo.exceptions import UserError

#: From which states each state can be entered.
SOURCES = {
    "active": ("trial", "past_due", "suspended", "cancelled", "expired"),
    "past_due": ("active",),
    "suspended": ("active", "past_due"),
    "cancelled": ("trial", "active", "past_due", "suspended"),
    "expired": ("trial",),
}


class PracticeSubscription(models.Model):
    """The states of a subscription: one door into each, which knows where one may come from."""

    _inherit = "practice.subscription"

    def _enter(self, state, **vals):
        """Change the state of these subscriptions.

        :raises UserError: when one of them cannot get there from where it is
        """
        self._check_can_enter(state)
        self.sudo().write({"state": state, **vals})  # sudo: doors check who may; the field is written by them only

    def _check_can_enter(self, state, sources=None):
        """Refuse to go on when one of these subscriptions cannot enter ``state`` from where it is.

        :param sources: the states that a door leads from, when these are fewer than all that lead there
        """
        names = dict(self._fields["state"]._description_selection(self.env))
        for subscription in self:
            if subscription.state not in (sources or SOURCES[state]):
                raise UserError(
                    self.env._(
                        "The state of %(subscription)s is “%(now)s”; it cannot become “%(wanted)s”.",
                        subscription=subscription.display_name,
                        now=names[subscription.state],
                        wanted=names[state],
                    )
                )

    def _prepare_end_vals(self):
        """Return what a subscription is when it has ended."""
        return {
            "state": "cancelled",
            "next_invoice_date": False,
            "pending_plan_id": False,
            "pending_interval": False,
            "suspended_reason": False,
            "past_due_since": False,
        }

    def _has_ended(self):
        """Return whether the last day of a cancelled subscription is over."""
        return bool(self.end_date and self.end_date < self.company_id._practice_day())
