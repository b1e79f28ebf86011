from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from ...common.retry_mixin import Step

#: More days than any step is before the suspension: nobody was told of it yet.
NOT_WARNED = 9999


class PracticeSubscription(models.Model):
    """Who does not pay is told: step by step of the plan, once each, and one reminder a day at most."""

    _inherit = "practice.subscription"

    promised_until = fields.Date(
        string="Payment Promised Until",
        copy=False,
        tracking=True,
        help="Until this day, included, nobody is reminded and the subscription is not suspended.",
    )
    reminded_on = fields.Date(string="Last Reminder", readonly=True, copy=False)
    warned_days = fields.Integer(
        default=NOT_WARNED,
        readonly=True,
        copy=False,
        help="How many days before the suspension the last warning was, since the subscription is past due.",
    )
    reminder_ids = fields.One2many(
        "practice.reminder",
        "subscription_id",
        string="Reminders",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    open_invoice_ids = fields.Many2many(
        "account.move",
        string="Open Invoices",
        compute="_compute_open_invoices",
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    open_amount = fields.Monetary(
        string="Open",
        compute="_compute_open_invoices",
        groups="practice_billing.group_manager,account.group_account_readonly",
        help="What is not paid of the posted invoices and fees, with tax.",
    )
    suspension_date = fields.Date(
        string="Suspended On", compute="_compute_suspension_date", help="When nobody pays, and nothing was promised."
    )

    @api.depends("state", "period_ids.move_id.amount_residual")
    def _compute_open_invoices(self):
        for subscription in self:
            subscription.open_invoice_ids = moves = (
                subscription._get_unpaid_invoices() + subscription._get_unpaid_fees()
            )
            subscription.open_amount = sum(moves.mapped("amount_residual"))

    @api.depends("state", "past_due_since", "company_id.practice_grace_days")
    def _compute_suspension_date(self):
        for subscription in self:
            past_due = subscription.state == "past_due"
            subscription.suspension_date = past_due and subscription._get_suspension_day()

    def _get_suspension_day(self):
        """Return the day on which a subscription that is past due, now or since long, is suspended."""
        since = self.past_due_since or self.company_id._practice_day()
        day = since + timedelta(days=self.company_id.practice_grace_days)
        return max(day, self.promised_until + timedelta(days=1)) if self.promised_until else day

    # === RUN === #

    @api.model
    def _get_time_steps(self):
        steps = super()._get_time_steps()
        me = type(self)
        plan = self.env["practice.reminder.step"].search([], order="company_id, moment_order desc, day_order desc")
        for company, of_company in plan.grouped("company_id").items():
            today = company._practice_day()
            mine = self._get_unfailed_domain(company, today) & self._get_impatient_domain(today)
            quiet = Domain("reminded_on", "=", False) | Domain("reminded_on", "<", today)
            steps += [
                Step(
                    self.with_company(company),
                    mine & quiet & self._get_due_for_reminder_domain(step, today),
                    partial(me._follow, work=partial(me._remind, step=step)),
                    me._set_aside_following,
                )
                for step in of_company
                if step.moment not in ("suspended", "ended")
            ]
        return steps

    @api.model
    def _get_impatient_domain(self, today):
        unpromised = Domain("promised_until", "=", False) | Domain("promised_until", "<", today)
        return super()._get_impatient_domain(today) & unpromised

    @api.model
    def _get_due_for_reminder_domain(self, step, today):
        """Return the subscriptions that ``step`` is due for."""
        domain = Domain("id", "in", self._get_ids_with(self._get_moves_to_remind_domain(step, today), step.company_id))
        if step.moment == "overdue":
            # When the automatic payment has failed at last, days are counted from then: until then nobody was late.
            since = today - timedelta(days=step.days - 1)
            domain &= Domain("past_due_since", "=", False) | Domain("past_due_since", "<=", since)
        if step.moment == "before_suspension":
            since = today - timedelta(days=step.company_id.practice_grace_days - step.days)
            domain &= Domain("state", "=", "past_due") & Domain("past_due_since", "<=", since)
            domain &= Domain("warned_days", ">", step.days)
        return domain

    @api.model
    def _get_moves_to_remind_domain(self, step, today):
        """Return the invoices that ``step`` reminds of: open, not collected by themselves, and not in it before."""
        if step.moment == "before_due":
            soon = Domain("invoice_date_due", ">=", today)
            soon &= Domain("invoice_date_due", "<=", today + timedelta(days=step.days))
            domain = self._get_unpaid_domain() & Domain("practice_collection", "=", False) & soon
        else:
            domain = self._get_overdue_domain()
        if step.moment == "overdue":
            domain &= Domain("invoice_date_due", "<=", today - timedelta(days=step.days))
        if step.moment in ("before_due", "overdue"):
            domain &= Domain("practice_reminder_ids", "not any", [("step_id", "=", step.id)])
        return domain

    # === WHAT HAPPENS === #

    def _remind(self, step):
        """Do ``step`` for the invoices of this subscription that it is due for, in one e-mail."""
        self.ensure_one()
        today = self.company_id._practice_day()
        mine = Domain("practice_subscription_id", "=", self.id) & Domain("company_id", "=", self.company_id.id)
        moves = self.env["account.move"].search(
            mine & self._get_moves_to_remind_domain(step, today), order="invoice_date_due, id"
        )
        if step.moment == "before_suspension":
            self.warned_days = step.days
        if moves:
            self._do_reminder(step, moves)

    def _do_reminder(self, step, moves):
        """Send what ``step`` says about ``moves``, ask somebody to call, charge the fee, and keep all of it."""
        self.ensure_one()
        today, words = self.company_id._practice_day(), step._describe()
        fee = self._bill_reminder_fee(step, moves)
        since = self.past_due_since if step.moment not in ("before_due", "overdue") else False
        earlier = step.search(
            [("company_id", "=", step.company_id.id), ("moment", "=", "overdue"), ("days", "<", step.days)]
        )
        passed = earlier if step.moment == "overdue" else step.browse()
        self.env["practice.reminder"].create(
            [
                {
                    "subscription_id": self.id,
                    "move_id": move.id,
                    "step_id": it.id,
                    "step_name": it._describe(),
                    "since": since,
                    "date": today,
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "is_sent": it == step,
                    "fee_move_id": fee.id if it == step else False,
                }
                for move in moves
                for it in (step, *(passed - move.practice_reminder_ids.step_id))
            ]
        )
        self.reminded_on = today
        if step.template_id:
            self._send_to_billing_contacts(step.template_id)
        if step.makes_activity:
            self._note_payment_problem(
                self.env._(
                    "%(step)s: %(amount)s of %(invoices)s is open. Call, and enter until when payment is promised.",
                    step=words,
                    amount=self.plan_id.currency_id.format(sum(moves.mapped("amount_residual"))),
                    invoices=", ".join(moves.mapped("name")) or self.name,
                )
            )

    def _bill_reminder_fee(self, step, moves):
        """Post and send the invoice of the fee of ``step``; none when there is no fee."""
        if not step.fee_product_id or not moves:
            return moves.browse()
        return moves._practice_bill_fee(step.fee_product_id, step.fee_amount, step.currency_id, self.name)

    # === WHAT FOLLOWS FROM NOT PAYING === #

    def _mark_past_due(self):
        self.warned_days = NOT_WARNED
        return super()._mark_past_due()

    def _suspend(self):
        """Suspend, and say so."""
        result = super()._suspend()
        for subscription in self:
            subscription._tell_state("suspended")
        return result

    def _end_suspended(self):
        reasons = {subscription: subscription.suspended_reason for subscription in self}
        result = super()._end_suspended()
        for subscription, reason in reasons.items():
            if reason == "unpaid":
                subscription._tell_state("ended")
        return result

    def _tell_state(self, moment):
        """Do the steps of the plan for what has just happened to this subscription."""
        self.ensure_one()
        steps = self.env["practice.reminder.step"].search(
            [("company_id", "=", self.company_id.id), ("moment", "=", moment)]
        )
        for step in steps:
            self._do_reminder(step, self._get_unpaid_invoices())
