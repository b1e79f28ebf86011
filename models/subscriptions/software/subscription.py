import hashlib

from odoo import api, fields, models

from ....tools.collection import has_access


class PracticeSubscription(models.Model):
    """Other software asks whether an organisation may use what it subscribes to, or is told when that changes."""

    _inherit = "practice.subscription"

    webhook_delivery_ids = fields.One2many(
        "practice.webhook.delivery", "subscription_id", groups="practice_billing.group_manager"
    )

    webhook_seats = fields.Char(
        string="Seats Told Last", readonly=True, copy=False, groups="practice_billing.group_manager"
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        self.env["practice.webhook.delivery"]._announce(subscriptions)
        return subscriptions

    def write(self, vals):
        """Announce every change of state, through whichever door it comes."""
        before = {subscription: subscription.state for subscription in self} if "state" in vals else {}
        result = super().write(vals)
        changed = self.filtered(lambda it: it in before and it.state != before[it])
        if changed:
            self.env["practice.webhook.delivery"]._announce(changed)
        return result

    # === ACCESS === #

    @api.model
    @api.readonly
    def access(self, subscription):
        """Return the state of a subscription and who has a seat. Meant for ``/json/2`` with an API key.

        :param subscription: the id or the number (``SUB00012``) of a subscription
        :return: ``subscription`` (number), ``organisation`` (id), ``access`` (whether it may be used today), ``state``,
            ``plan``, ``interval``, ``trial_end``, ``paid_until`` and ``end_date`` (last days, ``YYYY-MM-DD`` in the
            company's time zone, or ``None``), ``paid_seats`` (of the paid period) and ``seats``: those in use today,
            each with ``practitioner`` (id), ``email`` and ``kind``
        :raises UserError: when there is no such subscription that the caller may read
        """
        found = self.env["practice.subscription.usage"]._find_subscription(subscription)
        return found._prepare_access()

    def _prepare_access(self):
        """Return what :meth:`access` tells, of this subscription as it is now."""
        self.ensure_one()
        seats = self.seat_ids.filtered("is_active")
        paid = self.period_id.licence_ids
        return {
            "subscription": self.name,
            "organisation": self.organisation_id.id,
            "access": self._has_access(),
            "state": self.state,
            "plan": self.plan_id.name,
            "interval": self.interval,
            "trial_end": self.trial_end.isoformat() if self.trial_end else None,
            "paid_until": self.paid_until.isoformat() if self.paid_until else None,
            "end_date": self.end_date.isoformat() if self.end_date else None,
            "paid_seats": len(paid),
            "seats": [
                {
                    "practitioner": seat.practitioner_id.id,
                    "email": seat.practitioner_id.email or None,
                    "kind": seat.kind,
                }
                for seat in seats
            ],
        }

    def _get_seats_in_words(self):
        """Return who has a seat today, short enough to compare: it differs when somebody comes, leaves or changes."""
        self.ensure_one()
        seats = sorted((seat.practitioner_id.id, seat.kind) for seat in self.seat_ids.filtered("is_active"))
        return hashlib.sha256(repr(seats).encode()).hexdigest()

    def _has_access(self):
        """Return whether the organisation may use what it subscribes to today."""
        self.ensure_one()
        return has_access(
            self.state,
            self.company_id._practice_day(),
            paid_until=self.paid_until or None,
            unpaid=self.suspended_reason in ("unpaid", "written_off"),
        )
