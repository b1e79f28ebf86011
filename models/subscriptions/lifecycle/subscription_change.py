from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ....tools.periods import period_days
from ....tools.pricing import is_change_now
from ..agreement.subscription import BILLED
from ..billing.invoice_facts import InvoiceFacts


class PracticeSubscription(models.Model):
    """Changing plan or interval: dearer at once, cheaper when the paid period ends."""

    _inherit = "practice.subscription"

    def action_change_plan(self):
        """Ask for the new plan and show what it costs and from when."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_change_action")
        return {**action, "context": {"default_subscription_id": self.id}}

    def action_withdraw_change(self):
        """Stay on the plan: withdraw a change that waits for the next period."""
        self._check_may_bill()
        self.sudo().write({"pending_plan_id": False, "pending_interval": False})  # sudo: checked above

    def _get_change(self, plan, interval):
        """Return when a change takes effect: ``free`` (nothing is paid yet), ``now`` or ``period_end``.

        :raises UserError: when the subscription cannot change, nothing changes, or the plan has no such price or is in
            another currency than what is paid
        """
        self.ensure_one()
        today = self._get_today()
        if self.state not in ("trial", *BILLED):
            raise UserError(self.env._("Only a running subscription changes its plan; reactivate it first."))
        if self.end_date:
            raise UserError(
                self.env._(
                    "The subscription ends on %s. Withdraw the cancellation first.",
                    format_date(self.env, self.end_date),
                )
            )
        now = (self.plan_id, self.interval)
        if (plan, interval) == now:
            raise UserError(self.env._("This is the plan that the subscription has."))
        new = plan._get_tariff(interval, max(today, self.next_invoice_date or today))
        paid = self.period_id
        if not paid or paid.date_to < today:
            return "free"
        if plan.currency_id != self.currency_id:
            raise UserError(
                self.env._(
                    "%(plan)s is in %(currency)s, and an invoice has one currency. Cancel the subscription, and begin "
                    "again with the new plan.",
                    plan=plan.name,
                    currency=plan.currency_id.name,
                )
            )
        old = paid._to_rules()
        new = plan._get_tariff(interval, today)
        new_first, new_last = (
            (paid.base_from, paid.date_to) if interval == self.interval else period_days(today, 0, interval)
        )
        old_days, new_days = (paid.date_to - paid.base_from).days + 1, (new_last - new_first).days + 1
        seats = self.seat_ids._to_rules()
        return "now" if is_change_now(old.tariff, old_days, new, new_days, seats, today) else "period_end"

    def _get_change_preview(self, plan, interval, code=None):
        """Return ``(when, the NextInvoice)`` of a change; there is no invoice when nothing is paid yet.

        :param code: the discount code that would be used
        :raises UserError: see :meth:`_get_change` and the rules of the code
        """
        self.ensure_one()
        when = self._get_change(plan, interval)
        redemption_sudo = None
        if code:
            code.sudo()._check_for(self, plan)  # sudo: an organisation may use a code it knows
            redemptions_sudo = self.env["practice.discount.redemption"].sudo()  # sudo: as above
            redemption_sudo = redemptions_sudo.new({"code_id": code.id})
        self_sudo = self.sudo()  # sudo: the lines of an invoice that the user is about to order
        if when == "now":
            return when, self_sudo._make_change_invoice(plan, interval, self._get_today(), redemption_sudo)
        if self.state == "trial":
            return when, None
        return when, self_sudo._make_next_invoice(plan, interval, redemption_sudo)

    def _change_plan(self, plan, interval, code=None):
        """Change plan or interval, now or with the next period, as :meth:`_get_change` says.

        :return: the posted invoice of a change that takes effect now, otherwise none
        :raises UserError: see :meth:`_get_change`; also when something due could not be billed first
        """
        self.ensure_one()
        self_sudo = self.sudo().with_company(self.company_id)  # sudo: doors check who may
        self_sudo._bill_first()
        when = self_sudo._get_change(plan, interval)
        if code:
            code._redeem(self_sudo, plan)
        if when == "free":
            self_sudo.write(
                {"plan_id": plan.id, "interval": interval, "pending_plan_id": False, "pending_interval": False}
            )
        elif when == "period_end":
            self_sudo.write({"pending_plan_id": plan.id, "pending_interval": interval})
        else:
            facts = InvoiceFacts(self_sudo.company_id, self_sudo.company_id._practice_day())
            invoice = self_sudo._make_change_invoice(plan, interval, self_sudo._get_today())
            self_sudo._check_billable(invoice, facts)
            return self_sudo._bill([invoice], facts).sudo(False)
        return self.env["account.move"]
