from odoo import models


class PracticeSubscription(models.Model):
    """What collections mean for the subscription."""

    _inherit = "practice.subscription"

    def _give_up_collecting(self, invoice):
        """The last attempt failed, or the method was refused: past due, and a matter for people."""
        self.ensure_one()
        if self.state == "active":
            self._mark_past_due()
        self._note_payment_problem(
            self.env._(
                "%(invoice)s could not be collected: %(reason)s",
                invoice=invoice.name,
                reason=invoice.practice_collection_reason,
            )
        )

    def _note_payment_problem(self, note):
        """Tell who is responsible; the newest problem takes the place of the one before."""
        self.ensure_one()
        self_sudo = self.sudo()  # sudo: the run
        self_sudo.activity_unlink(["practice_billing.mail_activity_type_payment"])
        self_sudo.activity_schedule(
            "practice_billing.mail_activity_type_payment", note=note, user_id=self._practice_get_responsible().id
        )
