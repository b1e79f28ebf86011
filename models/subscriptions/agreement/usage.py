from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ....tools.text import find_problem, quote

#: Usage dated later than this many days from now is a mistake of the sender.
DAYS_AHEAD = 1

#: Usage dated earlier than this many days before today is one, too: before the first period it would be free.
DAYS_BACK = 366

#: Characters of a reference, and of what somebody writes about a usage.
MOST_OF_REFERENCE, MOST_OF_DESCRIPTION = 100, 500

#: More than this is a mistake of the sender, too: invoices could not hold the amount.
MOST_UNITS = 1_000_000_000

#: What billing writes, and nobody else.
BILLED_FIELDS = {"period_id", "service_period_id", "invoice_line_id", "state"}


class PracticeSubscriptionUsage(models.Model):
    """Something an organisation used, recorded once and billed once, on the next invoice."""

    _name = "practice.subscription.usage"
    _inherit = ["practice.kept.mixin"]
    _description = "Usage"
    _order = "date desc, id desc"
    _rec_name = "reference"

    subscription_id = fields.Many2one("practice.subscription", required=True, index=True, ondelete="restrict")
    organisation_id = fields.Many2one(related="subscription_id.organisation_id", store=True, index=True)
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    kind_id = fields.Many2one(
        "practice.usage.kind",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('company_id', '=', company_id)]",
    )
    quantity = fields.Float(required=True, default=1.0, digits="Product Unit")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._practice_day(),
        help="Day of use, in the company's time zone.",
    )
    reference = fields.Char(
        required=True,
        copy=False,
        default=lambda self: self.env["ir.sequence"].next_by_code("practice.subscription.usage"),
        help="Unique within the subscription: the same usage sent twice is recorded once.",
    )
    description = fields.Char()
    period_id = fields.Many2one(
        "practice.subscription.period",
        string="Billed With",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
    )
    service_period_id = fields.Many2one(
        "practice.subscription.period",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The period of use, as it was when the usage was billed.",
    )
    use_period_id = fields.Many2one(
        "practice.subscription.period",
        string="Period of Use",
        compute="_compute_use_period",
        help="The period that the day falls in: its plan says the price and what is included. Outside any period it is "
        "the plan of the subscription, on the day of use.",
    )
    billed_before = fields.Float(
        compute="_compute_use_period", help="What was billed before of the same kind and period of use."
    )
    invoice_line_id = fields.Many2one(
        "account.move.line", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )
    move_id = fields.Many2one(related="invoice_line_id.move_id", string="Invoice")
    state = fields.Selection(
        [("trial", "Trial"), ("unbilled", "Unbilled"), ("billed", "Billed"), ("included", "Free or Included")],
        compute="_compute_state",
        store=True,
        help="Usage before the first period is free; what the plan includes or does not charge has no invoice line.",
    )

    _reference_uniq = models.Constraint(
        "UNIQUE (subscription_id, reference)", "This usage was recorded already: its reference is known."
    )
    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "The quantity of a usage has to be positive.")
    # What a list begins with.
    _latest_idx = models.Index("(date, id)")
    # What the overview counts.
    _waiting_idx = models.Index("(company_id) WHERE state = 'unbilled'")
    # What a billing run reads.
    _unbilled_idx = models.Index("(subscription_id, date) WHERE state = 'unbilled'")

    @api.depends("date", "period_id", "invoice_line_id", "subscription_id.date_start", "subscription_id.state")
    def _compute_state(self):
        for usage in self:
            start = usage.subscription_id.date_start
            if usage.period_id:
                usage.state = "billed" if usage.invoice_line_id else "included"
            elif not start or (usage.date and usage.date < start):
                usage.state = "trial"
            else:
                usage.state = "unbilled"

    @api.depends("date", "kind_id", "period_id", "subscription_id.period_id", "subscription_id.next_number")
    def _compute_use_period(self):
        # sudo: whoever records usage need not read periods; they decide which price holds.
        periods_sudo = self.env["practice.subscription.period"].sudo()
        dated = self.filtered("date")
        by_subscription = (
            periods_sudo.search(
                [
                    ("subscription_id", "in", dated.subscription_id.ids),
                    ("kind", "!=", "extras"),
                    ("date_to", ">=", min(dated.mapped("date"))),
                ],
                order="number desc",
            ).grouped("subscription_id")
            if dated
            else {}
        )
        for usage in self:
            of_subscription = by_subscription.get(usage.subscription_id, periods_sudo)
            covering = (it for it in of_subscription if it.date_from <= usage.date <= it.date_to)
            usage.use_period_id = usage.service_period_id or next(covering, periods_sudo).sudo(False)
        # sudo: whoever may see the usage; only how much of the same kind was billed
        billed = self.sudo()._read_group(
            [("service_period_id", "in", self.use_period_id.ids), ("period_id", "!=", False)],
            ["service_period_id", "kind_id"],
            ["quantity:sum"],
        )
        quantities = {(period.id, kind.id): quantity for period, kind, quantity in billed}
        for usage in self:
            usage.billed_before = quantities.get((usage.use_period_id.id, usage.kind_id.id), 0.0)

    @api.constrains("date", "quantity", "kind_id", "subscription_id", "reference", "description")
    def _check_sound(self):
        days = {company: company._practice_day() for company in self.company_id}
        # What is required is refused by the database when it is missing.
        for usage in self.filtered(lambda it: it.subscription_id and it.date):
            today = days[usage.company_id]
            if usage.date > today + timedelta(days=DAYS_AHEAD):
                raise ValidationError(
                    self.env._(
                        "%(day)s lies in the future: usage is recorded when it happens (today is %(today)s).",
                        day=format_date(self.env, usage.date),
                        today=format_date(self.env, today),
                    )
                )
            if usage.date < today - timedelta(days=DAYS_BACK):
                raise ValidationError(
                    self.env._(
                        "%(day)s is too long ago: usage is recorded within %(days)s days (today is %(today)s).",
                        day=format_date(self.env, usage.date),
                        days=DAYS_BACK,
                        today=format_date(self.env, today),
                    )
                )
            self._parse_quantity(usage.quantity)
            self._parse_text(usage.reference, MOST_OF_REFERENCE)
            self._parse_text(usage.description, MOST_OF_DESCRIPTION)
            if usage.kind_id.company_id != usage.company_id:
                raise ValidationError(
                    self.env._(
                        "%(kind)s is not a kind of usage of %(company)s.",
                        kind=usage.kind_id.name,
                        company=usage.company_id.name,
                    )
                )
            end = usage.subscription_id.end_date
            if end and usage.date > end:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s ended on %(day)s; usage after it cannot be billed.",
                        subscription=usage.subscription_id.name,
                        day=format_date(self.env, end),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_written_by_billing(vals)
        self._check_written_by_billing(
            name.removeprefix("default_") for name in self.env.context if name.startswith("default_")
        )
        return super().create(vals_list)

    def write(self, vals):
        self._check_written_by_billing(vals)
        billed = self.filtered("period_id")
        if billed and vals.keys() & {"subscription_id", "kind_id", "quantity", "date", "reference"}:
            raise UserError(
                self.env._("%s is on an invoice already. Credit the invoice instead.", billed[:1].reference)
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unbilled(self):
        if any(usage.period_id for usage in self):
            raise UserError(self.env._("Usage that was billed stays: the invoice refers to it."))

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Usage"),
                "template": "/practice_billing/static/csv/usage.csv",
            }
        ]

    @api.model
    def _check_written_by_billing(self, names):
        """Refuse to write fields that say whether usage was billed.

        :raises AccessError: when somebody but billing itself does
        """
        if not self.env.su and BILLED_FIELDS.intersection(names):
            raise AccessError(self.env._("Only an invoice says that usage was billed."))

    # === WHAT IS SENT === #

    @api.model
    def _parse_quantity(self, quantity):
        """Return a quantity as it is kept.

        :raises ValidationError: when it is no number, not positive (once it is rounded), or beyond reason
        """
        field = self._fields["quantity"]
        number = isinstance(quantity, int | float) and not isinstance(quantity, bool)
        if not number or not 0 < quantity <= MOST_UNITS or not field.convert_to_cache(quantity, self):
            raise ValidationError(
                self.env._("The quantity of a usage has to be a positive number, not %s.", quote(quantity))
            )
        return float(quantity)

    @api.model
    def _parse_text(self, text, most):
        """Return a text from outside, an empty one for none.

        :raises ValidationError: when it is no text, too long, or nothing that can be kept
        """
        if text is None or text is False:
            return ""
        problem = find_problem(text, most) if isinstance(text, str) else "type"
        if problem == "long":
            raise ValidationError(
                self.env._(
                    "%(text)s… is too long: %(length)s characters, at most %(most)s.",
                    text=text[:20],
                    length=len(text),
                    most=most,
                )
            )
        if problem:
            raise ValidationError(self.env._("%s is no text that can be kept.", quote(text)))
        return text
