from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ....tools.credits import late_cost, wanted_position
from ....tools.dates import free_until
from ...common.words import count_credits
from .credit_lot_appointment import POSITIONS

#: Marks of an appointment that does not take place.
CANCELLED = ("cancelled", "late_cancelled")

#: Marks of an appointment that is over: it took place, or the patient stayed away.
MARKED = ("attended", "no_show")

#: Marks of an appointment that takes place, or was to.
NOT_CANCELLED = ("planned", *MARKED)

#: Positions of credits that are credit states of their appointment, in the order in which they count.
POSITION_STATES = ("reserved", "used", "forfeited")

#: Credit states of an appointment whose credits are gone, until they are given back.
SPENT = ("used", "forfeited")

#: What the balance of an appointment in a form depends on, besides the fields of its series.
BALANCE_FIELDS = (
    *("practice_appointment_type_id", "patient_id", "practice_payer_id", "credit_state"),
    *("start", "stop", "recurrency"),
)

#: What decides who pays an appointment, with how many credits of what.
PAYING_FIELDS = (
    *("practice_appointment_type_id", "patient_id", "practice_payer_id", "practice_credits", "practice_package_id"),
    *("practice_late_policy", "attendance", "credit_waived"),
)

#: What a copy of an appointment has too. Odoo's own copying would read it as whoever copies any event.
COPIED_FIELDS = (
    "practice_appointment_type_id",
    "patient_id",
    "practice_payer_id",
    "practice_credits",
    "practice_package_id",
    "practice_late_policy",
    "practice_cancel_hours",
    "practice_room_id",
)


class CalendarEvent(models.Model):
    """An appointment is a calendar event with an appointment type.

    The event holds no rule about credits: ``calendar_event_settling`` notices what Odoo did to it and asks
    ``practice.credit.lot``; ``calendar_event_closing`` marks what has ended.
    """

    _inherit = "calendar.event"

    practice_appointment_type_id = fields.Many2one(
        "practice.appointment.type",
        string="Appointment Type",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
        tracking=True,
    )
    patient_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
    )
    practice_payer_id = fields.Many2one(
        "res.partner",
        string="Credits Of",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
        help="Whose credits the appointment takes when they are not the patient's own: a partner's or a parent's.",
    )
    practice_company_id = fields.Many2one(
        related="practice_appointment_type_id.company_id",
        string="Practice",
        groups="practice_billing.group_user",
    )
    practice_color = fields.Integer(
        related="practice_appointment_type_id.color", string="Color of the Type", groups="practice_billing.group_user"
    )
    practice_credits = fields.Integer(
        string="Credits",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="Whole credits that this appointment takes, as its type said when it was planned.",
    )
    practice_package_id = fields.Many2one(
        "practice.package",
        string="Package",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="Whose credits this appointment takes, as its type said when it was planned.",
    )
    practice_late_policy = fields.Selection(
        lambda self: self.env["practice.appointment.type"]._fields["late_policy"]._description_selection(self.env),
        string="Late or No-Show",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="What a late cancellation or a no-show costs, as the type said when the appointment was planned.",
    )
    practice_cancel_hours = fields.Float(
        string="Free Cancellation",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="Hours before the start until which cancelling is free, as the type said when it was planned.",
    )
    attendance = fields.Selection(
        [
            ("planned", "Planned"),
            ("attended", "Attended"),
            ("no_show", "No-Show"),
            ("late_cancelled", "Cancelled Late"),
            ("cancelled", "Cancelled"),
        ],
        groups="practice_billing.group_user",
        copy=False,
        tracking=True,
    )
    credit_waived = fields.Boolean(
        string="Credits Given Back", groups="practice_billing.group_user", copy=False, readonly=True
    )
    credit_error = fields.Char(
        string="Credits Need Attention",
        groups="practice_billing.group_user",
        copy=False,
        readonly=True,
        help="Why the appointment could not be closed by itself.",
    )
    credit_retry_date = fields.Date(groups="practice_billing.group_user", copy=False, readonly=True)
    credit_move_ids = fields.One2many(
        "practice.credit.move", "event_id", groups="practice_billing.group_user", readonly=True
    )
    credit_state = fields.Selection(
        [("reserved", "Reserved"), ("used", "Used"), ("forfeited", "Lost"), ("returned", "Given Back")],
        compute="_compute_practice_credit_state",
        store=True,
        groups="practice_billing.group_user",
        help="Where the credits of this appointment are.",
    )
    credit_unpaid = fields.Boolean(
        string="Unpaid Credits",
        compute="_compute_practice_credit_unpaid",
        search="_search_practice_credit_unpaid",
        groups="practice_billing.group_user",
        help="The appointment was planned with credits of which not all that are taken are paid, because a payment was "
        "undone since.",
    )
    credit_needed = fields.Boolean(compute="_compute_practice_credit_balance", groups="practice_billing.group_user")
    credit_short = fields.Boolean(compute="_compute_practice_credit_balance", groups="practice_billing.group_user")
    credit_balance = fields.Char(
        string="Balance", compute="_compute_practice_credit_balance", groups="practice_billing.group_user"
    )
    cancel_free_until = fields.Datetime(
        compute="_compute_practice_cancel_free_until", groups="practice_billing.group_user"
    )

    practice_late_note = fields.Char(
        compute="_compute_practice_cancel_free_until",
        groups="practice_billing.group_user",
        help="What cancelling would cost, when an appointment that is being planned can no longer be cancelled freely.",
    )

    _practice_credits_not_negative = models.Constraint(
        "CHECK (practice_credits >= 0)", "An appointment cannot take fewer than 0 credits."
    )

    # === COMPUTE METHODS === #

    @api.depends("credit_move_ids.kind", "credit_move_ids.credits")
    def _compute_practice_credit_state(self):
        held = self.env["practice.credit.lot"]._get_held(self)
        for event in self:
            holdings = held[event]
            state = next((it for it in POSITION_STATES if any(getattr(held, it) for held in holdings)), False)
            event.credit_state = state or ("returned" if holdings else False)

    # Not stored: a stored field would make every booking look at all movements of its lot.
    def _compute_practice_credit_unpaid(self):
        held = self.env["practice.credit.lot"]._get_held(self)
        for event in self:
            event.credit_unpaid = any(it.reserved and it.lot.credits_overdrawn for it in held[event])

    def _search_practice_credit_unpaid(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: only staff of the practice can read the field, and the lots are those of their events.
        moves_sudo = self.env["practice.credit.move"].sudo()
        groups = moves_sudo._read_group(
            [("lot_id.credits_overdrawn", ">", 0), ("event_id.credit_state", "=", "reserved")],
            ["event_id", "lot_id", "kind"],
            ["credits:sum"],
        )
        reserved = defaultdict(int)
        for event, lot, kind, credits in groups:
            reserved[event.id, lot.id] += POSITIONS[kind].get("reserved", 0) * credits
        return [("id", "in", [event_id for (event_id, _lot_id), credits in reserved.items() if credits > 0])]

    @api.depends(lambda self: [*BALANCE_FIELDS, *sorted(self._get_recurrent_fields())])
    def _compute_practice_credit_balance(self):
        asked = self.filtered(lambda event: event._practice_get_package() and event.patient_id)
        described = self.env["practice.credit.lot"]._describe_balances(asked.filtered("start"))
        for event in self:
            event.credit_needed = bool(event._practice_get_package())
            event.credit_short, event.credit_balance = described.get(event, (False, False))

    @api.depends("start", "practice_appointment_type_id", "practice_late_policy", "practice_cancel_hours")
    def _compute_practice_cancel_free_until(self):
        for event in self:
            event.cancel_free_until = event.start and free_until(event.start, event._practice_get_cancel_hours())
            event.practice_late_note = event._practice_describe_late_planning()

    @api.depends("patient_id", "practice_appointment_type_id")
    def _compute_display_name(self):
        super()._compute_display_name()
        if not self._practice_is_staff():
            return
        for event in self.filtered("patient_id"):
            event.display_name = f"{event.patient_id.name} · {event.display_name}"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("practice_appointment_type_id", "patient_id")
    def _check_practice_patient(self):
        for event in self._practice_hidden_sudo():
            if not event.patient_id and event._practice_get_package():
                raise ValidationError(
                    self.env._(
                        "An appointment of type %s takes credits: choose the patient.",
                        event.practice_appointment_type_id.name,
                    )
                )

    @api.constrains("practice_credits")
    def _check_practice_credits(self):
        # Before the credits are settled; the database would only refuse once everything is written.
        if any(event.practice_credits < 0 for event in self._practice_hidden_sudo()):
            raise ValidationError(self.env._("An appointment cannot take fewer than 0 credits."))

    @api.constrains("attendance", "start")
    def _check_practice_attendance(self):
        for event in self._practice_hidden_sudo():
            if event.attendance in MARKED and not event._practice_has_begun():
                raise ValidationError(
                    self.env._(
                        "%(appointment)s begins on %(start)s: until then it can be cancelled or moved, not attended or "
                        "missed. What is marked already is planned again first, with the button Plan Again.",
                        appointment=event.name,
                        start=event._practice_describe_start(),
                    )
                )

    @api.onchange("practice_appointment_type_id")
    def _onchange_practice_appointment_type_id(self):
        appointment_type = self.practice_appointment_type_id
        if not appointment_type:
            return
        # A form that is opened with a type and an end keeps that end: somebody chose it before.
        given = self.env.context.get("default_practice_appointment_type_id") == appointment_type._origin.id
        chosen = self.env.context if given else {}
        self.name = chosen.get("default_name") or appointment_type.name
        if not chosen.get("default_stop"):
            self.duration = appointment_type.duration
            self.stop = self.start + timedelta(hours=appointment_type.duration)
        givers = appointment_type._origin.practitioner_ids
        if givers and self.user_id._origin not in givers and not chosen.get("default_user_id"):
            # Who types is not who gives it.
            self.user_id = givers if len(givers) == 1 else False
            self._onchange_practice_user_id()

    # === ACTIONS === #

    def action_practice_mark_attended(self):
        self.write({"attendance": "attended"})

    def action_practice_mark_no_show(self):
        self.write({"attendance": "no_show"})

    def action_practice_mark_planned(self):
        """Undo a mark: the appointment is planned again, its credits reserved."""
        self.write({"attendance": "planned", "active": True})

    def _practice_open_wizard(self, name, **defaults):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"practice_billing.{name}")
        return {**action, "context": {f"default_{field}": value for field, value in defaults.items()}}

    # === BUSINESS METHODS === #

    @api.model
    def _practice_is_staff(self):
        """Return whether the user may read the practice's own fields, also where Odoo reads as sudo for them: a name is
        told to whoever asks, not to the system."""
        return self.env.user.has_group("practice_billing.group_user")

    def _practice_hidden_sudo(self):
        """Return these events to read the practice's own fields of, which are hidden from whoever holds them.

        Odoo blanks other people's private meetings when it fetches them for a user, and ``sudo()`` shares that user's
        cache: a field that is fetched together with all others would leave them there, not blanked. So each is fetched
        alone. What Odoo blanks is not to be read through it.
        """
        if self.env.su and self.env.context.get("prefetch_fields") is False:
            return self
        # sudo: hidden fields, told to nobody as they are
        return self.with_env(self.env(su=True, context={**self.env.context, "prefetch_fields": False}))

    def _practice_get_appointments(self):
        """Return those of these events that are appointments, whoever asks."""
        return self._practice_hidden_sudo().filtered("practice_appointment_type_id").with_env(self.env)

    def _practice_get_visit_day(self):
        """Return the day of the appointment in the practice's time zone; of a day-long one its first day."""
        self.ensure_one()
        return self._practice_get_day_of(self._practice_get_company())

    def _practice_get_visit_days(self):
        """Return ``{appointment: day}``: :meth:`_practice_get_visit_day` of many."""
        by_company = self._practice_group_by_company()
        return {
            event: event._practice_get_day_of(company) for company, events in by_company.items() for event in events
        }

    def _practice_get_day_of(self, company):
        if self.allday:
            # Odoo keeps the days of day-long events without a time zone.
            return self.start_date or self.start.date()
        return company._practice_day(self.start)

    def _practice_group_by_company(self):
        """Return ``{company: appointments}``, by the company whose days count; mostly there is one."""
        if len(self) == 1:
            return {self._practice_get_company(): self}
        companies = self.practice_appointment_type_id.company_id | self.env.company
        if self and len(companies) == 1:
            return {companies: self}
        return self.grouped(lambda event: event._practice_get_company())

    @api.model
    def _practice_get_visit_day_sql(self, tz):
        """Return the SQL of :meth:`_practice_get_visit_day`; the query calls the appointment ``event``.

        :param SQL tz: the practice's time zone
        """
        return SQL(
            "CASE WHEN event.allday THEN event.start_date "
            "ELSE (event.start AT TIME ZONE 'UTC' AT TIME ZONE %s)::date END",
            tz,
        )

    def _practice_has_begun(self):
        """Return whether the appointment has begun; a day-long one begins with its day in the practice's time zone."""
        self.ensure_one()
        if self.allday:
            return self._practice_get_visit_day() <= self._practice_get_today()
        return self.start <= fields.Datetime.now()

    def _practice_get_today(self):
        return self._practice_get_company()._practice_day()

    def _practice_get_company(self):
        """Return the company whose days count; one that lost its type is told by the user's."""
        return self.practice_appointment_type_id.company_id or self.env.company

    def _practice_get_package(self):
        """Return the package whose credits this appointment takes: as its type said when it was planned.

        A form in which another type was just chosen asks that type.
        """
        self.ensure_one()
        appointment_type = self.practice_appointment_type_id
        same = appointment_type and (self.id or appointment_type._origin == self._origin.practice_appointment_type_id)
        return self.practice_package_id if same and self.practice_late_policy else appointment_type.package_id

    def _practice_get_payer(self):
        """Return the partner whose credits this appointment takes: by default the patient."""
        self.ensure_one()
        return self.practice_payer_id or self.patient_id

    def _practice_is_late(self):
        """Return whether cancelling now is no longer free."""
        self.ensure_one()
        return fields.Datetime.now() > self.cancel_free_until

    def _practice_get_cancel_hours(self):
        """Return the hours before the start until which cancelling is free: as promised when it was planned."""
        self.ensure_one()
        return (
            self.practice_cancel_hours if self.practice_late_policy else self.practice_appointment_type_id.cancel_hours
        )

    def _practice_get_late_cost(self):
        """Return the whole credits that a no-show or a late cancellation costs: as promised when it was planned."""
        self.ensure_one()
        if not self._practice_get_package():
            return 0
        policy = self.practice_late_policy or self.practice_appointment_type_id.late_policy
        return late_cost(self.practice_credits, policy)

    def _practice_describe_late_planning(self):
        """Return in words what cancelling would cost at once, when an appointment is planned at short notice."""
        self.ensure_one()
        now = fields.Datetime.now()
        is_new = not self._origin and self._practice_get_package() and self.start and self.start > now
        cost = is_new and self.cancel_free_until < now and self.practice_appointment_type_id.late_credits
        if not cost:
            return False
        return self.env._(
            "At such short notice cancelling is not free any more: it costs %s.", count_credits(self.env, cost)
        )

    def _practice_get_cancel_cost(self):
        """Return the whole credits that cancelling now would cost the patient; 0 while it is free."""
        self.ensure_one()
        return self._practice_get_late_cost() if self.credit_state == "reserved" and self._practice_is_late() else 0

    def _practice_count_reserved(self):
        """Return how many whole credits wait for these appointments: cancelling gives them back, or loses some."""
        return sum(event.practice_credits for event in self if event.credit_state == "reserved")

    def _practice_get_spent_credits(self):
        """Return the whole credits that this appointment has used or lost, and that cancelling it gives back."""
        self.ensure_one()
        used, lost = self._practice_count_spent()
        return used + lost

    def _practice_count_spent(self):
        """Return how many whole credits this appointment has used, and how many it has lost."""
        held = self.env["practice.credit.lot"]._get_held(self._practice_hidden_sudo())
        holdings = [it for of_event in held.values() for it in of_event]
        return sum(it.used for it in holdings), sum(it.forfeited for it in holdings)

    def _practice_is_cancelled(self):
        """Return whether this appointment was cancelled, late or in time."""
        self.ensure_one()
        return self.attendance in CANCELLED

    @api.model
    def _practice_get_paying_fields(self):
        """Return the names of the stored fields that decide who pays an appointment, and with what. A hook."""
        return PAYING_FIELDS

    def _practice_group_alike(self):
        """Return these appointments in groups of those that are paid alike, as of a series: what is asked of the first
        one is true of all. Those that are still in a form are alone."""
        if len(self) == 1 or not all(self._ids):
            return list(self)
        names = self._practice_get_paying_fields()
        self.fetch(names)
        # In columns: to ask each of them field by field takes longer than all that is asked of the first ones.
        columns = [self._fields[name]._get_cache(self.env) for name in names]
        alike = defaultdict(list)
        for id_, *values in zip(self._ids, *([column[id_] for id_ in self._ids] for column in columns), strict=True):
            alike[*values].append(id_)
        return [self.browse(ids) for ids in alike.values()]

    def _practice_get_wanted_credits(self):
        """Return where the credits of this appointment belong (see ``wanted_position``), and how many of them; the
        others are free."""
        self.ensure_one()
        if not self._practice_get_package() or not self.patient_id:
            return None, 0
        cost = self.attendance != "planned" and self._practice_get_late_cost()
        position = wanted_position(self.attendance, cost=cost, waived=self.credit_waived)
        return position, {None: 0, "forfeited": cost}.get(position, self.practice_credits)
