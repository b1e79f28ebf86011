from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.tools import format_date, mute_logger

#: Usage dated later than this many days from now is a mistake of the sender.
DAYS_AHEAD = 1

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

    @api.constrains("date", "quantity", "kind_id", "subscription_id")
    def _check_sound(self):
        for usage in self:
            today = usage.company_id._practice_day()
            if usage.date > today + timedelta(days=DAYS_AHEAD):
                raise ValidationError(
                    self.env._(
                        "%(day)s lies in the future: usage is recorded when it happens (today is %(today)s).",
                        day=format_date(self.env, usage.date),
                        today=format_date(self.env, today),
                    )
                )
            self._parse_quantity(usage.quantity)
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

    # === BUSINESS METHODS === #

    @api.model
    def record(self, subscription, kind, quantity, reference, date=None, description=None):
        """Record usage of a subscription once, however often it is sent. Meant for ``/json/2`` with an API key.

        :param subscription: the id or the number (``SUB00012``) of a subscription
        :param str kind: the code of a kind of usage
        :param float quantity: positive, in units of the kind
        :param str reference: the sender's own name of this usage, unique within the subscription
        :param str date: day of use (``YYYY-MM-DD``) in the company's time zone; today without it
        :return: ``{"id", "reference", "status", "state", "quantity"}``; the status is ``recorded``, or ``duplicate``
            when the reference was known, and then nothing has changed
        :raises UserError: when the subscription or the kind is unknown, the quantity is not a positive number, the
            date lies in the future, or the reference is empty
        """
        self.check_access("create")
        found = self._find_subscription(subscription)
        reference = str(reference or "").strip()
        if not reference:
            raise UserError(self.env._("Usage needs a reference of its own, so that sending it twice counts once."))
        known = self.search([("subscription_id", "=", found.id), ("reference", "=", reference)])
        if known:
            return known._answer("duplicate")
        vals = {
            "subscription_id": found.id,
            "kind_id": self._find_kind(found, kind).id,
            "quantity": self._parse_quantity(quantity),
            "date": self._parse_date(date) or found.company_id._practice_day(),
            "reference": reference,
            "description": description,
        }
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                usage = self.create(vals)
                usage.flush_recordset()
        except UniqueViolation as error:
            # Sent at the same instant: the other one is not visible here, but is when the request is repeated.
            raise ConcurrencyError(str(error)) from error
        return usage._answer("recorded")

    def _answer(self, status):
        self.ensure_one()
        return {
            "id": self.id,
            "reference": self.reference,
            "status": status,
            "state": self.state,
            "quantity": self.quantity,
        }

    @api.model
    def _find_subscription(self, subscription):
        """Return the subscription with this id or number.

        :raises UserError: when there is none that the user may read
        """
        subscriptions = self.env["practice.subscription"]
        found = subscriptions
        if isinstance(subscription, str):
            found = subscriptions.search([("name", "=", subscription)], limit=2)
        elif isinstance(subscription, int) and not isinstance(subscription, bool):
            found = subscriptions.search([("id", "=", subscription)])
        if len(found) != 1:
            raise UserError(self.env._("There is no subscription %s.", subscription))
        return found

    @api.model
    def _find_kind(self, subscription, code):
        """Return the kind of usage with this code.

        :raises UserError: when the subscription's company has none; the message names those it has
        """
        kinds = self.env["practice.usage.kind"].search([("company_id", "=", subscription.company_id.id)])
        found = kinds.filtered(lambda kind: kind.code == code)
        if not found:
            codes = ", ".join(kinds.mapped("code")) or self.env._("none")
            raise UserError(self.env._("There is no kind of usage %(code)s; known: %(codes)s.", code=code, codes=codes))
        return found

    @api.model
    def _parse_quantity(self, quantity):
        """Return a quantity as it is kept.

        :raises ValidationError: when it is no number, not positive (once it is rounded), or beyond reason
        """
        field = self._fields["quantity"]
        number = isinstance(quantity, int | float) and not isinstance(quantity, bool)
        if not number or not 0 < quantity <= MOST_UNITS or not field.convert_to_cache(quantity, self):
            raise ValidationError(
                self.env._("The quantity of a usage has to be a positive number, not %s.", str(quantity)[:50])
            )
        return float(quantity)

    @api.model
    def _parse_date(self, date):
        try:
            return fields.Date.to_date(date)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("%s is no date; write it as 2026-01-31.", date)) from error
