from odoo import api, fields, models

from ....tools import pricing
from ....tools.periods import INTERVAL_MONTHS
from ..catalog.plan import INTERVALS


class PracticeSubscriptionPeriod(models.Model):
    """A period of a subscription and its invoice: billed once, because its number is unique."""

    _name = "practice.subscription.period"
    _description = "Subscription Period"
    _order = "subscription_id.id desc, number desc"

    subscription_id = fields.Many2one(
        "practice.subscription", required=True, index=True, ondelete="restrict", readonly=True
    )
    organisation_id = fields.Many2one(related="subscription_id.organisation_id", store=True, index=True)
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    number = fields.Integer(required=True, readonly=True)
    kind = fields.Selection(
        [("regular", "Regular"), ("change", "Change of Plan"), ("extras", "Extras")],
        required=True,
        readonly=True,
        default="regular",
        help="Extras: an invoice of additions and usage only, at the end or on purpose.",
    )
    plan_id = fields.Many2one("practice.plan", required=True, index=True, ondelete="restrict", readonly=True)
    currency_id = fields.Many2one(related="plan_id.currency_id")
    interval = fields.Selection(INTERVALS, string="Billing", required=True, readonly=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="Until", required=True, readonly=True)
    base_from = fields.Date(required=True, readonly=True, help="First day of the whole period that the prices are for.")
    service_to = fields.Date(
        string="Served Until", required=True, readonly=True, help="Earlier than the end when the plan was changed."
    )
    is_membership = fields.Boolean(
        readonly=True, help="Its seats got credits of a package when it was billed: they have visits, not days."
    )
    price_date = fields.Date(
        string="Prices Of",
        readonly=True,
        help="The day whose prices hold, when it is another one than the first: what was promised at the start.",
    )
    price_standard = fields.Monetary(readonly=True)
    price_student = fields.Monetary(readonly=True)
    discount_rate = fields.Float(
        readonly=True, digits=(16, 10), help="The part of the price, from 0 to 1, that a code took off."
    )
    recurring_rate = fields.Float(
        readonly=True, digits=(16, 10), help="The same for codes that run for more than one invoice."
    )
    licence_ids = fields.One2many("practice.subscription.licence", "period_id", string="Paid Seats", readonly=True)
    usage_ids = fields.One2many("practice.subscription.usage", "period_id", readonly=True)
    redemption_id = fields.Many2one(
        "practice.discount.redemption", string="Discount", index="btree_not_null", ondelete="restrict", readonly=True
    )
    deferred_account_id = fields.Many2one(
        "account.account",
        string="Balance Post",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    income_account_id = fields.Many2one(
        "account.account",
        string="Ledger Account",
        ondelete="restrict",
        readonly=True,
        groups="practice_billing.group_manager,account.group_account_readonly",
    )
    move_id = fields.Many2one("account.move", string="Invoice", ondelete="set null", readonly=True)
    state = fields.Selection(
        [("missing", "Not Billed"), ("draft", "Draft"), ("billed", "Billed"), ("credited", "Credited")],
        compute="_compute_state",
        store=True,
        help="Not billed: its invoice was cancelled or deleted. It is billed again on purpose only.",
    )
    seat_count = fields.Integer(string="Seats", compute="_compute_mrr", store=True)
    student_count = fields.Integer(string="Students", compute="_compute_mrr", store=True)
    mrr = fields.Monetary(
        string="MRR",
        compute="_compute_mrr",
        store=True,
        help="Monthly recurring revenue: what the paid seats cost a month, after discounts that last.",
    )

    # The guard against billing twice.
    _number_uniq = models.Constraint("UNIQUE (subscription_id, number)", "This period was billed already.")
    _move_uniq = models.UniqueIndex("(move_id) WHERE move_id IS NOT NULL", "An invoice belongs to one period.")
    _regular_uniq = models.UniqueIndex(
        "(subscription_id, date_from) WHERE kind = 'regular' AND service_to >= date_from",
        "This period was billed already.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (base_from <= date_from AND date_from <= date_to)", "A period cannot end before it begins."
    )
    # Reports look for the period that covers a day.
    _covering_idx = models.Index("(company_id, date_from, service_to) WHERE kind <> 'extras'")

    # === COMPUTE METHODS === #

    @api.depends("subscription_id", "number")
    def _compute_display_name(self):
        for period in self:
            period.display_name = f"{period.subscription_id.name}/{period.number}"

    @api.depends("move_id.state", "move_id.reversal_move_ids.state", "move_id.reversal_move_ids.amount_total")
    def _compute_state(self):
        for period in self:
            move = period.move_id
            if not move or move.state == "cancel":
                period.state = "missing"
            elif move.state == "draft":
                period.state = "draft"
            else:
                period.state = "credited" if period._is_credited() else "billed"

    def _is_credited(self):
        """Return whether the invoice was taken back as a whole.

        For Odoo an invoice is "reversed" when it is reconciled with any credit note, also with that of another period;
        and it is "paid" when it was paid before it was credited.
        """
        self.ensure_one()
        move = self.move_id
        notes = move.reversal_move_ids.filtered(lambda note: note.state == "posted")
        credited = sum(notes.mapped("amount_total"))
        return bool(notes) and move.currency_id.compare_amounts(credited, move.amount_total) >= 0

    @api.depends("licence_ids.price", "licence_ids.kind", "recurring_rate", "interval", "kind")
    def _compute_mrr(self):
        for period in self:
            price = sum(period.licence_ids.mapped("price")) * (1 - period.recurring_rate)
            period.mrr = price / INTERVAL_MONTHS[period.interval]
            period.seat_count = len(period.licence_ids)
            period.student_count = len(period.licence_ids.filtered(lambda licence: licence.kind == "student"))

    # === ACTIONS === #

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()

    # === BUSINESS METHODS === #

    def _get_price_date(self):
        """Return the day whose prices hold in this period; none for no period."""
        return self.price_date or self.date_from

    def _to_rules(self, charges=()):
        """Return this period as the pure rules know it, or ``None`` for no period.

        :param tuple charges: the :class:`~.charges.Charge` that can be given back, when they are asked for
        """
        if not self:
            return None
        self.ensure_one()
        prices = {"standard": self.price_standard, "student": self.price_student}
        by_days = not self.is_membership
        return pricing.Period(
            tariff=pricing.Tariff(self.plan_id.id, self.interval, prices, by_days, inline_discount=not by_days),
            date_from=self.date_from,
            date_to=self.date_to,
            base_from=self.base_from,
            licences=self.licence_ids._to_rules(),
            charges=charges,
        )
