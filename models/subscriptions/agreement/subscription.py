from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..catalog.plan import INTERVALS

#: States in which the subscription counts: an organisation has one of these at most.
RUNNING = ("trial", "active", "past_due", "suspended")

#: States in which periods are billed.
BILLED = ("active", "past_due")

#: What people may write. Everything else has a door of its own (``subscription_state``, ``subscription_change``).
EDITABLE_FIELDS = {"user_id", "note", "seat_ids", "usage_ids", "activate_after_trial", "promised_until"}

#: What people may also write as long as nothing was billed.
EDITABLE_BEFORE_BILL = {"plan_id", "interval", "trial_end", "date_start"}


class PracticeSubscription(models.Model):
    """An organisation's plan: billed in advance, period by period, with what was added and used since.

    This file holds what a subscription is. Its doors have files of their own: ``subscription_state`` (trial, active,
    past due, suspended, cancelled, expired), ``subscription_change`` (plan and interval), ``bill`` (what the next
    invoice is made of), ``invoice`` (the invoice itself), ``billing`` (the run).

    Days are days of the company's time zone, both ends included. Money is in the currency of the plan.
    """

    _name = "practice.subscription"
    _description = "Subscription"
    _inherit = ["practice.retry.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "organisation_id"]
    # Whoever sees a subscription may write about it, the front desk and accountants too.
    _mail_post_access = "read"

    name = fields.Char(string="Number", readonly=True, copy=False, default="/", index="trigram")
    organisation_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict", tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", string="Responsible", default=lambda self: self.env.user, index=True, tracking=True
    )
    plan_id = fields.Many2one(
        "practice.plan", required=True, index=True, ondelete="restrict", check_company=True, tracking=True
    )
    currency_id = fields.Many2one(related="plan_id.currency_id")
    interval = fields.Selection(INTERVALS, string="Billing", required=True, default="month", tracking=True)
    note = fields.Text()
    state = fields.Selection(
        [
            ("trial", "Trial"),
            ("active", "Active"),
            ("past_due", "Past Due"),
            ("suspended", "Suspended"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="active",
        index=True,
        copy=False,
        tracking=True,
        group_expand="_expand_states",
    )
    is_running = fields.Boolean(compute="_compute_is_running", search="_search_is_running")
    date_start = fields.Date(
        string="Start", copy=False, tracking=True, help="First day that is paid for. Usage before it is free."
    )
    trial_end = fields.Date(copy=False, tracking=True, help="Last day of the trial.")
    trial_warned = fields.Boolean(readonly=True, copy=False, help="The organisation was told that the trial ends soon.")
    promised_on = fields.Date(
        string="Agreed On",
        readonly=True,
        copy=False,
        help="Day on which plan and billing were agreed. The first period costs no more than on this day.",
    )
    activate_after_trial = fields.Boolean(
        string="Bill After the Trial",
        help="The day after the trial is the first day billed. Otherwise the trial expires.",
    )
    anchor_date = fields.Date(
        readonly=True, copy=False, help="Periods begin on this day plus a number of intervals, clamped to the month."
    )
    next_invoice_date = fields.Date(readonly=True, copy=False, help="First day of the next period.")
    next_number = fields.Integer(readonly=True, copy=False, default=1, required=True)
    period_id = fields.Many2one(
        "practice.subscription.period",
        string="Paid Period",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The last period billed.",
    )
    paid_until = fields.Date(related="period_id.date_to", string="Paid Until")
    end_date = fields.Date(readonly=True, copy=False, tracking=True, help="Last day of a cancelled subscription.")
    cancel_reason = fields.Selection(
        [
            ("price", "Too expensive"),
            ("missing", "Something is missing"),
            ("switched", "Uses other software"),
            ("unused", "Not used enough"),
            ("closed", "Practice closes"),
            ("unpaid", "Not paid"),
            ("other", "Other"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
    )
    cancel_note = fields.Char(readonly=True, copy=False)
    suspended_reason = fields.Selection(
        [("unpaid", "Not Paid"), ("written_off", "Written Off"), ("paused", "Paused")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    past_due_since = fields.Date(readonly=True, copy=False, help="Day on which an invoice was overdue.")
    pending_plan_id = fields.Many2one(
        "practice.plan",
        string="Next Plan",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Takes effect with the next period.",
    )
    pending_interval = fields.Selection(INTERVALS, string="Next Billing", readonly=True, copy=False, tracking=True)
    seat_ids = fields.One2many("practice.subscription.seat", "subscription_id", string="Seats")
    seat_changes = fields.Integer(readonly=True, copy=False, default=0, required=True)
    usage_ids = fields.One2many("practice.subscription.usage", "subscription_id")
    unbilled_usage_ids = fields.One2many(
        "practice.subscription.usage", "subscription_id", domain=[("state", "=", "unbilled")]
    )
    period_ids = fields.One2many("practice.subscription.period", "subscription_id", string="Periods")
    redemption_ids = fields.One2many("practice.discount.redemption", "subscription_id", string="Discounts")
    seat_count = fields.Integer(compute="_compute_seat_count", string="Seats Today")
    unbilled_usage_count = fields.Integer(compute="_compute_unbilled_usage_count")

    # An organisation has one running subscription with a company.
    _one_running = models.UniqueIndex(
        "(organisation_id, company_id) WHERE state IN ('trial', 'active', 'past_due', 'suspended')",
        "This organisation has a running subscription already. Change its plan, or cancel it first.",
    )
    _trial_idx = models.Index("(trial_end) WHERE state = 'trial'")
    # What the overview counts, and the hourly run looks at.
    _ending_idx = models.Index("(company_id) WHERE end_date IS NOT NULL")
    _suspended_idx = models.Index("(suspended_reason) WHERE suspended_reason IS NOT NULL")
    _billed_has_next = models.Constraint(
        "CHECK (state NOT IN ('active', 'past_due') OR (anchor_date IS NOT NULL AND next_invoice_date IS NOT NULL))",
        "A subscription that is billed needs the first day of its next period.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "organisation_id")
    def _compute_display_name(self):
        for subscription in self:
            number = subscription.name if subscription.name != "/" else ""
            subscription.display_name = f"{number} {subscription.organisation_id.name or ''}".strip()

    @api.depends("state")
    def _compute_is_running(self):
        for subscription in self:
            subscription.is_running = subscription.state in RUNNING

    def _search_is_running(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "in" if True in value else "not in", RUNNING)

    @api.depends("seat_ids.date_from", "seat_ids.date_to")
    def _compute_seat_count(self):
        for subscription in self:
            subscription.seat_count = len(subscription.seat_ids.filtered("is_active").practitioner_id)

    @api.depends("usage_ids.state")
    def _compute_unbilled_usage_count(self):
        domain = [("subscription_id", "in", self.ids), ("state", "=", "unbilled")]
        counts = dict(self.env["practice.subscription.usage"]._read_group(domain, ["subscription_id"], ["__count"]))
        for subscription in self:
            subscription.unbilled_usage_count = counts.get(subscription, 0)

    @api.onchange("plan_id")
    def _onchange_plan_id(self):
        """Show the trial of the plan before the subscription is saved; it can be changed or emptied."""
        if not self._origin:
            days = self.plan_id.trial_days
            self.trial_end = days and self.company_id._practice_day() + timedelta(days=days - 1)

    @api.model
    def _expand_states(self, states, domain):
        """Keep the order of the states on the kanban; those that have ended show when there are any."""
        return [state for state, _label in self._fields["state"].selection if state in RUNNING or state in states]

    # === CONSTRAINTS === #

    @api.constrains("plan_id", "company_id")
    def _check_plan_company(self):
        for subscription in self:
            if subscription.plan_id.company_id != subscription.company_id:
                raise ValidationError(
                    self.env._(
                        "%(plan)s is a plan of %(owner)s, not of %(company)s.",
                        plan=subscription.plan_id.name,
                        owner=subscription.plan_id.company_id.name,
                        company=subscription.company_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            allowed = EDITABLE_FIELDS | EDITABLE_BEFORE_BILL | {"organisation_id", "company_id"}
            defaults = {name.removeprefix("default_") for name in self.env.context if name.startswith("default_")}
            self._check_editable(defaults.union(*vals_list), allowed)
        # Whoever ended in this transaction makes place for a new one.
        self.flush_model(["state"])
        subscriptions = super().create([{**vals, **self._prepare_new_vals(vals)} for vals in vals_list])
        for subscription in subscriptions:
            subscription._add_member_seat()
        return subscriptions

    def write(self, vals):
        agreed = self.filtered(lambda it: it._is_agreed_anew(vals))
        if agreed and "promised_on" not in vals:
            for company, subscriptions in agreed.grouped("company_id").items():
                # sudo: what follows from what the user may write, which is checked below
                subscriptions.sudo().write({"promised_on": company._practice_day()})
        if self.env.su:
            return super().write(vals)
        before_bill = all(not it.period_ids and it.state in ("trial", "active") for it in self)
        self._check_editable(vals, EDITABLE_FIELDS | (EDITABLE_BEFORE_BILL if before_bill else set()))
        result = super().write(vals)
        if vals.keys() & {"date_start", "trial_end"}:
            for subscription in self:
                dates = {"date_start": subscription.date_start, "trial_end": subscription.trial_end}
                start = self._prepare_start_vals(dates, subscription.plan_id, subscription.company_id)
                subscription.sudo().write(start)  # sudo: what follows from the dates the user may write
        return result

    def _is_agreed_anew(self, vals):
        """Return whether ``vals`` are another plan or billing than this subscription has."""
        self.ensure_one()
        now = {"plan_id": self.plan_id.id, "interval": self.interval}
        return any(vals.get(name, current) != current for name, current in now.items())

    @api.model
    def _check_editable(self, names, allowed):
        forbidden = sorted(
            name
            for name in set(names) - allowed
            if name in self._fields and not name.startswith(("message_", "activity_"))
        )
        if forbidden:
            raise AccessError(
                self.env._(
                    "A subscription changes by its buttons: plan, state and dates have rules (%s).",
                    ", ".join(forbidden),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_never_billed(self):
        for subscription in self:
            if subscription.period_ids:
                raise UserError(self.env._("%s was billed and stays. Cancel it instead.", subscription.display_name))

    @api.model
    def _prepare_new_vals(self, vals):
        """Return what a new subscription gets besides ``vals``: its number, and its state when they name none."""
        company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
        new = {"promised_on": company._practice_day()}
        if vals.get("name", "/") == "/":
            sequence = self.env["ir.sequence"].with_company(company)
            new["name"] = sequence.next_by_code("practice.subscription") or "/"
        if "state" not in vals:
            plan = self.env["practice.plan"].browse(vals.get("plan_id"))
            new |= self._prepare_start_vals(vals, plan, company)
        return new

    @api.model
    def _prepare_start_vals(self, vals, plan, company):
        """Return state and dates of a subscription that begins: in trial when its plan (or the user) says so.

        :param dict vals: ``date_start`` and ``trial_end``, as far as they were chosen; without ``trial_end`` the plan
            decides
        """
        today = company._practice_day()
        start = fields.Date.to_date(vals.get("date_start"))
        trial_end = fields.Date.to_date(vals.get("trial_end"))
        if "trial_end" not in vals and not start and plan.trial_days:
            trial_end = today + timedelta(days=plan.trial_days - 1)
        if trial_end and trial_end >= today:
            none = dict.fromkeys(("date_start", "anchor_date", "next_invoice_date"), False)
            return {"state": "trial", "trial_end": trial_end, **none}
        start = start or today
        return {"state": "active", "date_start": start, "anchor_date": start, "next_invoice_date": start}

    def _is_membership(self):
        """Return whether this is a membership: its plan gives whoever has a seat credits, so they come as patients."""
        self.ensure_one()
        return bool(self.plan_id.package_id)

    def _add_member_seat(self):
        """Give the member of a membership their seat: the one who subscribes is the one who comes."""
        self.ensure_one()
        if self.plan_id.package_id and not self.seat_ids and not self.organisation_id.is_company:
            self.seat_ids = [
                fields.Command.create(
                    {
                        "practitioner_id": self.organisation_id.id,
                        "date_from": self.date_start or self.company_id._practice_day(),
                    }
                )
            ]

    # === ACTIONS === #

    def action_open_seats(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_seat_action")
        return {
            **action,
            "domain": [("subscription_id", "=", self.id)],
            "context": {"default_subscription_id": self.id},
        }

    def action_open_usage(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_usage_action")
        return {
            **action,
            "domain": [("subscription_id", "=", self.id)],
            "context": {"default_subscription_id": self.id},
        }

    def action_open_periods(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_subscription_period_action")
        return {**action, "domain": [("subscription_id", "=", self.id)], "context": {"create": False}}

    # === DAYS === #

    def _get_today(self):
        """Return today, a day of the company's time zone, and never a day before the paid period.

        A period that began today may begin tomorrow once the company has another time zone; who changes something then
        does so on its first day.
        """
        self.ensure_one()
        today = self.company_id._practice_day()
        return max(today, self.period_id.date_from or today)

    # === WHO MAY, AND WHO IS TOLD === #

    def _check_may_bill(self):
        """Only administrators and accountants bill and change subscriptions.

        :raises AccessError: for everybody else
        """
        user = self.env.user
        if not self.env.su and not (
            user.has_group("practice_billing.group_manager") or user.has_group("account.group_account_user")
        ):
            raise AccessError(self.env._("Only an administrator or an accountant bills subscriptions."))
        self.check_access("read")

    def _practice_get_responsible(self):
        """Return who is told about a failure: who looks after this subscription, else as the company says."""
        self.ensure_one()
        return self.company_id._practice_get_responsible(self.user_id)
