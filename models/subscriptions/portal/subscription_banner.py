from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date

from ...collecting.account_move import BROKEN
from ...common.payment_transaction import ON_ITS_WAY


class PracticeSubscription(models.Model):
    """What the organisation's administrators have to do about their subscription, on top of every page."""

    _inherit = "practice.subscription"

    def _get_portal_banner(self):
        """Return what the organisation's administrators have to do about this subscription, or ``None``.

        :return: ``{"level", "text", "button"}``; the level is ``danger`` when the software is out of reach, else
            ``warning``; the button is ``plan``, ``pay``, ``method`` or ``None``
        """
        self.ensure_one()
        name = self.organisation_id.name
        if self.state == "trial":
            return self._get_trial_banner(name)
        if self.state == "expired":
            text = self.env._("The trial of %(name)s ended on %(day)s.", name=name, day=self._day(self.trial_end))
            return {"level": "danger", "text": text, "button": "plan"}
        if self.state == "cancelled":
            text = self.env._("The subscription of %(name)s ended on %(day)s.", name=name, day=self._day(self.end_date))
            return {"level": "danger", "text": text, "button": "plan"}
        if self.state == "suspended" and self.suspended_reason == "paused":
            text = self.env._("The subscription of %s is paused. Contact us to let it go on.", name)
            return {"level": "danger", "text": text, "button": None}
        if self.state == "suspended" and self.suspended_reason == "written_off":
            text = self.env._("The subscription of %s is suspended: an invoice was not paid. Please contact us.", name)
            return {"level": "danger", "text": text, "button": None}
        return self._get_unpaid_banner(name)

    def _day(self, day):
        return format_date(self.env, day) if day else ""

    def _get_trial_banner(self, name):
        today = self.company_id._practice_day()
        if self.trial_end < today:
            # It has ended, and the run that notices has not come by yet.
            text = self.env._("The trial of %(name)s ended on %(day)s.", name=name, day=self._day(self.trial_end))
            return {"level": "danger", "text": text, "button": "plan"}
        left = (self.trial_end - today).days
        if left >= self.company_id.practice_trial_warning_days:
            return None
        if self.activate_after_trial:
            if self.payment_token_id:
                return None
            text = self.env._(
                "The trial of %(name)s ends on %(day)s and billing begins. No payment method is saved yet.",
                name=name,
                day=self._day(self.trial_end),
            )
            return {"level": "warning", "text": text, "button": "method"}
        text = self.env._(
            "The trial of %(name)s ends on %(day)s. Select a plan to go on without interruption.",
            name=name,
            day=self._day(self.trial_end),
        )
        return {"level": "warning", "text": text, "button": "plan"}

    def _get_unpaid_banner(self, name):
        """Return what is said about open invoices, when there are any that do not get paid by themselves."""
        # Without fees, for which nobody is suspended.
        moves = self._get_portal_open_invoices().filtered("practice_subscription_id")
        waiting = moves.filtered(lambda move: move.practice_collection in ("scheduled", "charging", "collecting"))
        if self.state == "suspended":
            return self._get_suspended_banner(name, moves, waiting)
        broken = moves.filtered(lambda move: move.practice_collection in ("retry", *BROKEN))
        if broken:
            return self._get_collection_banner(name, broken[0])
        moves -= waiting
        if not moves:
            return None
        first, today = moves[0], self.company_id._practice_day()
        if first.invoice_date_due and first.invoice_date_due < today:
            text = self.env._(
                "An invoice of %(name)s was due on %(day)s. Pay it before %(last)s: then the subscription is "
                "suspended.",
                name=name,
                day=self._day(first.invoice_date_due),
                last=self._day(self._get_suspension_day()),
            )
            return {"level": "warning", "text": text, "button": "pay"}
        if not self.payment_token_id:
            text = self.env._(
                "%(name)s has no automatic payment method, and an invoice is due on %(day)s.",
                name=name,
                day=self._day(first.invoice_date_due),
            )
            return {"level": "warning", "text": text, "button": "method"}
        return None

    def _get_suspended_banner(self, name, moves, waiting):
        """Return what is said while the subscription is suspended because invoices are not paid."""
        if waiting:
            text = self.env._(
                "The subscription of %s is suspended. A payment is being processed; it goes on by itself when the "
                "payment has arrived.",
                name,
            )
            return {"level": "danger", "text": text, "button": None}
        text = self.env._("The subscription of %s is suspended because invoices are not paid.", name)
        return {"level": "danger", "text": text, "button": "pay" if moves else None}

    def _get_collection_banner(self, name, move):
        """Return what is said about an invoice that the saved payment method did not pay."""
        if move.practice_collection == "retry":
            text = self.env._(
                "%(problem)s It is tried again on %(day)s; you can also pay now.",
                problem=self._describe_portal_problem(move, name),
                day=self._day(move.practice_collect_date),
            )
            return {"level": "warning", "text": text, "button": "pay"}
        text = self.env._(
            "%(problem)s Save another payment method or pay before %(day)s: then the subscription is suspended.",
            problem=self._describe_portal_problem(move, name),
            day=self._day(self._get_suspension_day()),
        )
        # Money that was taken back says nothing about the method.
        return {
            "level": "warning",
            "text": text,
            "button": "pay" if move.practice_collection == "returned" else "method",
        }

    def _describe_portal_problem(self, move, name):
        """Return a sentence that says why ``move``, an invoice of ``name``, was not collected."""
        if reason := move._practice_describe_collection_failure():
            return self.env._(
                "%(invoice)s of %(name)s could not be collected: %(reason)s.",
                invoice=move.name,
                name=name,
                reason=reason,
            )
        if move.practice_collection == "returned":
            return self.env._(
                "%(invoice)s of %(name)s was paid, and the money was taken back.", invoice=move.name, name=name
            )
        return self.env._("%(invoice)s of %(name)s could not be collected.", invoice=move.name, name=name)

    def _describe_portal_collection(self, move):
        """Return in words what is being done to collect ``move``, an open invoice; nothing when nothing is."""
        if move.transaction_ids.filtered(lambda it: it.state in ON_ITS_WAY):
            return self.env._("Payment under way")  # a fee is collected by nobody, and can be paid
        day, reason = self._day(move.practice_collect_date), move._practice_describe_collection_failure()
        words = {
            "scheduled": self.env._("Charged on %s", day),
            "charging": self.env._("Payment under way"),
            "retry": self.env._("Not collected: %(reason)s. It is tried again on %(day)s.", reason=reason, day=day),
            "failed": self.env._("Not collected: %s.", reason),
            "refused": self.env._("Not collected: %s.", reason),
            "returned": self.env._("The money was taken back."),
        }
        return words.get(move.practice_collection, "")

    def _get_portal_open_invoices(self):
        """Return the invoices of this subscription, and their fees, that are to be paid, the most urgent first."""
        self.ensure_one()
        moves_sudo = self.env["account.move"].sudo()  # sudo: asked for an administrator of the organisation
        return moves_sudo.search_fetch(
            self._get_open_domain() & (Domain("practice_subscription_id", "=", self.id) | self._get_fee_domain()),
            ["name", "invoice_date_due", "amount_residual", "practice_collection", "practice_collect_date"],
            order="invoice_date_due, id",
        )

    def _portal_get_payable(self):
        """Return ``(invoices, amount)``: what can be paid now in one go, in the currency of the plan, with tax.

        What is being charged or is at the bank is not asked for twice.
        """
        self.ensure_one()
        moves_sudo = self._get_portal_open_invoices().filtered(
            lambda move: (
                move.practice_collection not in ("charging", "collecting")
                # Fees are collected by nobody: it is a payment that says whether one is on its way.
                and not move.transaction_ids.filtered(lambda it: it.state in ON_ITS_WAY)
                and move.currency_id == self.currency_id
            )
        )
        return moves_sudo, self.currency_id.round(sum(moves_sudo.mapped("amount_residual")))
