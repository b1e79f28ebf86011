from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ....tools.seats import Seat
from ..catalog.plan import KINDS


class PracticeSubscriptionSeat(models.Model):
    """A practitioner who uses the subscription from a day to a day (days of the company's time zone, both included)."""

    _name = "practice.subscription.seat"
    _inherit = ["practice.kept.mixin"]
    _description = "Seat"
    _order = "subscription_id.id desc, date_to desc, date_from, id"
    _rec_name = "practitioner_id"

    subscription_id = fields.Many2one("practice.subscription", required=True, index=True, ondelete="cascade")
    organisation_id = fields.Many2one(related="subscription_id.organisation_id", store=True, index=True)
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    practitioner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict")
    kind = fields.Selection(KINDS, string="Rate", required=True, default="standard")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._practice_day(),
    )
    date_to = fields.Date(string="Until", help="Last day. The seat stays paid until the period ends.")
    student_until = fields.Date(
        help="Last day of the student's proof. Periods that begin later are billed at the standard rate."
    )
    is_active = fields.Boolean(compute="_compute_is_active", search="_search_is_active", string="In Use")

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A seat cannot end before it begins."
    )
    _student_until_of_student = models.Constraint(
        "CHECK (student_until IS NULL OR kind = 'student')", "Only a student has a proof with an end."
    )

    @api.depends("date_from", "date_to")
    def _compute_is_active(self):
        for seat in self:
            day = (seat.company_id or self.env.company)._practice_day()
            seat.is_active = bool(
                seat.date_from and seat.date_from <= day and (not seat.date_to or seat.date_to >= day)
            )

    def _search_is_active(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = []
        for company in self.env.companies:
            day = company._practice_day()
            domains.append(
                Domain("company_id", "=", company.id)
                & Domain("date_from", "<=", day)
                & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
            )
        domain = Domain.OR(domains)
        return domain if True in value else ~domain

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind != "student":
            self.student_until = False

    def _check_once_a_day(self):
        """Refuse a second seat of one practitioner on a day. Merged contacts may have had two, which end as any other.

        :raises ValidationError: naming the other seat
        """
        if not self:
            return
        domain = Domain("subscription_id", "in", self.subscription_id.ids)
        domain &= Domain("practitioner_id", "in", self.practitioner_id.ids)
        domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", min(self.mapped("date_from")))
        claims = self.search(domain).grouped(lambda it: it._get_claim()[0])
        for seat in self:
            whose, first, last = seat._get_claim()
            others = claims.get(whose, self.browse()) - seat
            if other := others.filtered(lambda it, first=first, last=last: it._overlaps(first, last))[:1]:
                raise ValidationError(
                    self.env._(
                        "%(name)s has a seat from %(day)s already. A practitioner counts once.",
                        name=seat.practitioner_id.display_name,
                        day=format_date(self.env, other.date_from),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        seats = super().create(vals_list)
        seats._check_once_a_day()
        seats._follow_change(seats.mapped("date_from"))
        return seats

    def write(self, vals):
        if not vals.keys() & {"practitioner_id", "kind", "date_from", "date_to", "student_until", "subscription_id"}:
            return super().write(vals)
        if vals.keys() & {"practitioner_id", "subscription_id", "date_from"}:
            self._check_not_billed()
        before = {seat: seat._get_claim() for seat in self}
        result = super().write(vals)
        self.filtered(lambda seat: not seat._is_within(before[seat]))._check_once_a_day()
        self._follow_change(self.mapped("date_from") if "date_from" in vals else [])
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_billed(self):
        self._check_not_billed()
        self._follow_change([])

    def _check_not_billed(self):
        # sudo: whoever may change the seat; only whether it was billed
        billed_sudo = self.env["practice.subscription.licence"].sudo().search([("seat_id", "in", self.ids)], limit=1)
        if billed_sudo:
            raise UserError(
                self.env._(
                    "The seat of %s is on an invoice. Let it end instead, and make a new seat for somebody else.",
                    billed_sudo.practitioner_id.display_name,
                )
            )

    def _get_claim(self):
        """Return whose days of which subscription this seat takes: ``(who and where, first day, last day)``."""
        self.ensure_one()
        return (self.practitioner_id, self.subscription_id), self.date_from, self.date_to or date.max

    def _overlaps(self, first, last):
        """Return whether this seat takes a day from ``first`` to ``last`` (both included)."""
        _whose, date_from, date_to = self._get_claim()
        return date_from <= last and first <= date_to

    def _is_within(self, claim):
        """Return whether this seat takes nothing that ``claim`` did not take."""
        whose, first, last = self._get_claim()
        return whose == claim[0] and claim[1] <= first and last <= claim[2]

    def _follow_change(self, starts):
        """Take the subscription's row, so that two changes at once are seen, and refuse to begin in the past.

        :param list starts: first days that the change brings
        :raises ValidationError: when a period that begins later was billed: what was billed stays
        """
        subscriptions = self.subscription_id
        # sudo: the front desk adds seats; the counter only makes two changes at once meet.
        for subscription_sudo in subscriptions.sudo():
            subscription_sudo.seat_changes += 1
        for seat, start in zip(self, starts, strict=False):
            period_sudo = seat.subscription_id.sudo().period_id  # sudo: its first day only
            if period_sudo and start < period_sudo.date_from:
                raise ValidationError(
                    self.env._(
                        "The period from %(day)s was billed: the seat of %(name)s can begin on that day at the "
                        "earliest.",
                        day=format_date(self.env, period_sudo.date_from),
                        name=seat.practitioner_id.display_name,
                    )
                )

    def _join_doubles(self):
        """Let each practitioner go on with one seat of a subscription, after contacts that had one each were merged.

        The seat that ends last stays. The others end yesterday, or the day before it begins; what is paid for them
        stays paid until the period ends, and serves the next newcomer. Those that are still to come and on no invoice
        are taken away.
        """
        for seats in self.grouped(lambda it: (it.subscription_id, it.practitioner_id)).values():
            today = seats.company_id._practice_day()
            present = seats.filtered(lambda it, today=today: not it.date_to or it.date_to >= today)
            kept, *others = present.sorted(lambda it: (it.date_to or date.max, -it.id), reverse=True) or [present]
            for seat in others:
                if not seat.date_to or seat.date_to >= kept.date_from:
                    seat._end_before(max(kept.date_from, today))
                if seat.exists() and seat.date_from < kept.date_from:
                    kept = seat

    def _end_before(self, day):
        """Let this seat end the day before ``day``; one that begins later is taken away, unless it was billed."""
        self.ensure_one()
        # sudo: only whether it was billed
        licences_sudo = self.env["practice.subscription.licence"].sudo()
        if self.date_from >= day and not licences_sudo.search_count([("seat_id", "=", self.id)], limit=1):
            self.unlink()
        else:
            self.date_to = max(self.date_from, day - timedelta(days=1))

    def _to_rules(self):
        """Return these seats as the pure rules know them."""
        return [
            Seat(
                seat.id,
                seat.practitioner_id.id,
                seat.kind,
                seat.date_from,
                seat.date_to or None,
                seat.student_until or None,
            )
            for seat in self
        ]
