from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ....tools.periods import period_days, period_number


class PracticeSubscription(models.Model):
    """The states of a subscription: one door into each, which knows where one may come from."""

    _inherit = "practice.subscription"

    # === START === #

    def _begin_billing(self, plan=None, interval=None, day=None, code=None):
        """Begin billing, or begin again: from a trial, expired or cancelled.

        Whoever comes back within the paid time goes on; otherwise the first period begins on ``day``, or on the
        day after the last one that was served, which is paid for. It costs what was promised when the trial of this
        plan began, see ``_get_price_date``; whoever comes from elsewhere, or chooses another plan, agrees anew.

        :param date day: first day that is paid for; today by default
        :param code: a discount code
        :raises UserError: when it has begun already, the plan has no price for the interval, or the code is refused
        """
        self.ensure_one()
        self._check_can_enter("active", ("trial", "cancelled", "expired"))
        plan, interval = plan or self.plan_id, interval or self.interval
        today = self.company_id._practice_day()
        day = day or today
        if day < today:
            raise UserError(self.env._("A subscription cannot begin in the past: choose today or a later day."))
        plan._get_tariff(interval, day)
        self_sudo = self.sudo()  # sudo: doors check who may
        vals = {"end_date": False, "cancel_reason": False, "cancel_note": False, "error": False, "retry_date": False}
        self_sudo.activity_unlink(["practice_billing.mail_activity_type_billing"])
        paid_sudo = self_sudo.period_id
        goes_on = paid_sudo and paid_sudo.date_to >= day and (paid_sudo.plan_id, paid_sudo.interval) == (plan, interval)
        if goes_on and paid_sudo.state == "billed":
            paid_sudo.service_to = paid_sudo.date_to
            paid_sudo._plan_releases()
            vals["next_invoice_date"] = paid_sudo.date_to + timedelta(days=1)
        else:
            served = self_sudo.period_ids.filtered(lambda it: it.kind != "extras").mapped("service_to")
            day = max([day, *(last + timedelta(days=1) for last in served)])
            vals |= {"plan_id": plan.id, "interval": interval, "anchor_date": day, "next_invoice_date": day}
            vals["period_id"] = False
            if self.state != "trial":
                vals["promised_on"] = today
            vals["date_start"] = self.date_start or day
        self._enter("active", **vals)
        if code:
            code._redeem(self, plan)

    def action_start(self):
        """Ask for plan, billing, first day and code, and begin (again)."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_start_action")
        title = action["name"] if self.state == "trial" else self.env._("Reactivate")
        return {**action, "name": title, "context": {"default_subscription_id": self.id}}

    # === CANCEL === #

    def action_cancel(self):
        """Ask when and why, and show what it means."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_cancel_action")
        return {**action, "context": {"default_subscription_id": self.id}}

    def _get_period_end(self):
        """Return the last day that is paid for, or will be when what is due is billed; today when nothing is."""
        self.ensure_one()
        today = self.company_id._practice_day()
        if self._filter_due_sudo():
            interval = self.pending_interval or self.interval
            anchor = self._get_next_anchor(interval)
            return period_days(anchor, period_number(anchor, today, interval), interval)[1]
        return max(self.paid_until or today, today)

    def _cancel_at_period_end(self, reason, note=None):
        """Let the subscription end with the paid period. Until then it can be undone.

        :raises UserError: when it is not billed, or something due cannot be billed first
        """
        self.ensure_one()
        if self.state not in ("active", "past_due", "suspended"):
            raise UserError(self.env._("Only a subscription that is billed can end with its period; cancel it now."))
        self._bill_first()
        # sudo: doors check who may
        self.sudo().write(
            {
                "end_date": self._get_period_end(),
                "cancel_reason": reason,
                "cancel_note": note,
                "pending_plan_id": False,
                "pending_interval": False,
            }
        )

    def _cancel_now(self, reason, note=None, credit_unused=False):
        """End the subscription today; additions and usage until today are billed.

        :param bool credit_unused: give back the days of the paid period after today
        :raises UserError: when it has ended already, or they cannot be given back
        """
        self.ensure_one()
        self._check_can_enter("cancelled")
        if credit_unused and self.period_id.is_membership:
            raise UserError(
                self.env._("A membership gives visits, not days: credit its invoice to take back what is left.")
            )
        today = self.company_id._practice_day()
        paid_sudo = (self._get_paid_periods(today) | self.period_id).sudo()  # sudo: written by the module only
        # sudo: doors check who may
        self.sudo().write({"end_date": today, "cancel_reason": reason, "cancel_note": note})
        if paid_sudo and self.state != "trial":
            if credit_unused:
                self._bill_extras(credit_from=today + timedelta(days=1))
                # Given back: whoever returns begins a new period.
                self.sudo().period_id = False  # sudo: as above
            else:
                self._try_bill_rest()
            for period_sudo in paid_sudo:
                period_sudo.service_to = min(period_sudo.service_to, today)
            paid_sudo._plan_releases()
        self._enter(**self._prepare_end_vals())

    def _describe_cancel_now(self, credit_unused):
        """Return what ending today means, with the amount of the last invoice."""
        self.ensure_one()
        today = self.company_id._practice_day()
        self_sudo = self.sudo()  # sudo: the lines of an invoice that the user is about to order
        tomorrow = today + timedelta(days=1)
        invoice = self_sudo._make_extras_invoice(today, tomorrow if credit_unused else None)
        total = self_sudo._get_preview(invoice)["untaxed"] if invoice.bill.lines else 0.0
        amount = format_amount(self.env, abs(total), self.currency_id)
        if total < 0:
            last = self.env._("A credit note of %s without tax is made.", amount)
        elif invoice.bill.lines:
            last = self.env._("Additions and usage until today are billed: %s without tax.", amount)
        else:
            last = self.env._("There is nothing left to bill.")
        paid = self.period_id
        if paid and paid.date_to > today and not credit_unused:
            last += " " + self.env._("What is paid until %s is not given back.", format_date(self.env, paid.date_to))
        return self.env._("The subscription ends today.") + " " + last

    def _try_bill_rest(self):
        """Bill what is left when the subscription ends. A failure stays on it and does not keep it from ending."""
        self.ensure_one()
        self._practice_try(type(self)._bill_extras)

    def action_undo_cancel(self):
        """Withdraw a cancellation that has not taken effect."""
        self._check_may_bill()
        for subscription in self:
            if not subscription.end_date or not subscription.is_running:
                raise UserError(self.env._("%s is not about to end.", subscription.display_name))
        # sudo: checked above
        self.sudo().write({"end_date": False, "cancel_reason": False, "cancel_note": False})

    # === PAUSE === #

    def action_pause(self):
        """Suspend these subscriptions: nothing is billed until they are resumed; the paid period runs out."""
        self._check_may_bill()
        self._enter("suspended", suspended_reason="paused")

    def action_resume(self):
        """Let suspended subscriptions go on."""
        self._check_may_bill()
        self._resume()

    def _resume(self):
        """Let suspended subscriptions go on: in the paid period, or with a new one that begins today."""
        self._check_can_enter("active", ("suspended",))
        # sudo: the question may be somebody else's
        lost_sudo = self.sudo().filtered(lambda it: it.suspended_reason == "written_off")
        lost_sudo.activity_unlink(["practice_billing.mail_activity_type_payment"])
        for subscription in self:
            today = subscription.company_id._practice_day()
            vals = {"suspended_reason": False, "past_due_since": False}
            if subscription.next_invoice_date <= today:
                # What lies between was not served and is not billed.
                vals |= {"anchor_date": today, "next_invoice_date": today}
            subscription._enter("active", **vals)
