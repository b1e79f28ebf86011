from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_duration

from ....tools.waiting import Wish, day_spans

#: The days of the week in the order of their numbers, Monday is 0.
DAY_FIELDS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: States of who waits still.
ON_THE_LIST = ("waiting", "offered")


class PracticeWaiting(models.Model):
    """A patient waits for a place: in one group appointment, or for any appointment of a type at times that suit them.

    Whoever came first is asked first, unless staff changes the order. Whoever lets an offer pass keeps their place on
    the list.
    """

    _name = "practice.waiting"
    _description = "Waiting List"
    _inherit = ["mail.thread", "mail.activity.mixin", "practice.kept.mixin", "practice.retry.mixin"]
    _order = "sequence, id"
    _rec_name = "patient_id"
    _check_company_auto = True

    sequence = fields.Integer(default=lambda self: self._get_default_sequence(), copy=False, help="Who is asked first.")
    patient_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade", tracking=True)
    appointment_type_id = fields.Many2one(
        "practice.appointment.type", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(related="appointment_type_id.company_id", store=True, index=True, precompute=True)
    group_id = fields.Many2one(
        "calendar.event",
        string="Group Appointment",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('practice_appointment_type_id', '=', appointment_type_id), ('practice_places', '>', 0),"
        " ('attendance', '=', 'planned')]",
        tracking=True,
        help="The only appointment that they wait for. Empty: any of this type that suits them.",
    )
    practitioner_id = fields.Many2one(
        "res.users",
        index="btree_not_null",
        ondelete="set null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="With whom. Empty: with anybody.",
    )
    monday = fields.Boolean(default=True)
    tuesday = fields.Boolean(default=True)
    wednesday = fields.Boolean(default=True)
    thursday = fields.Boolean(default=True)
    friday = fields.Boolean(default=True)
    saturday = fields.Boolean(default=True)
    sunday = fields.Boolean(default=True)
    hour_from = fields.Float(string="From", default=0.0, help="Hour of the day from which they can come.")
    hour_to = fields.Float(string="Until", default=24.0, help="Hour of the day until which they can stay.")
    date_to = fields.Date(
        string="Last Day", help="Until when they wait, this day included. Empty: until they are helped."
    )
    note = fields.Text(help="For the practice only.")
    wish = fields.Char(string="When", compute="_compute_wish")
    state = fields.Selection(
        [("waiting", "Waiting"), ("offered", "A Place Is Offered"), ("taken", "Has a Place"), ("left", "Off the List")],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        copy=False,
        tracking=True,
    )
    left_reason = fields.Selection(
        [
            ("staff", "Taken off by the practice"),
            ("patient", "The patient left the list"),
            ("over", "The last day is over"),
            ("group_over", "The group appointment has begun"),
            ("cancelled", "The group appointment is cancelled"),
        ],
        string="Why Off the List",
        readonly=True,
        copy=False,
        tracking=True,
    )
    offer_ids = fields.One2many("practice.waiting.offer", "waiting_id", string="Offers", readonly=True, copy=False)
    place_id = fields.Many2one(
        "practice.waiting.place",
        string="Free Now",
        compute="_compute_place_id",
        help="The first free place that suits them and that they were not offered yet.",
    )
    proposed_place_id = fields.Many2one(
        "practice.waiting.place", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    error = fields.Char(string="Not Offered", readonly=True, copy=False, help="Why a place could not be offered.")
    retry_date = fields.Date(readonly=True, copy=False)

    _once = models.UniqueIndex(
        "(patient_id, appointment_type_id, COALESCE(group_id, 0)) WHERE state IN ('waiting', 'offered')",
        "This patient waits for this already.",
    )
    _hours_in_order = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The hours of the day lie between 0:00 and 24:00, and the first one comes before the last one.",
    )
    # What a place that comes free asks.
    _to_ask_idx = models.Index("(appointment_type_id, sequence) WHERE state = 'waiting'")

    # === DEFAULTS AND COMPUTE METHODS === #

    @api.model
    def _get_default_sequence(self):
        """Return the number after the last one: whoever comes last is asked last."""
        # sudo: also behind those whom the user does not see
        last_sudo = self.sudo().search([], order="sequence desc", limit=1)
        return last_sudo.sequence + 1

    @api.depends(*DAY_FIELDS, "hour_from", "hour_to", "date_to", "group_id")
    def _compute_wish(self):
        for entry in self:
            entry.wish = entry._describe_wish()

    def _describe_wish(self):
        """Return in words when they can come, in the practice's time zone."""
        self.ensure_one()
        if self.group_id:
            return self.group_id._practice_describe_start()
        days = self._get_wish().days
        parts = [self.env._("Any day") if len(days) == len(DAY_FIELDS) else self._describe_days(days)]
        if self.hour_from or self.hour_to < 24:
            parts.append(f"{format_duration(self.hour_from)}–{format_duration(self.hour_to)}")
        return " · ".join(parts)

    @api.model
    def _describe_days(self, days):
        labels = [self._fields[name]._description_string(self.env) for name in DAY_FIELDS]
        spans = [(labels[first], labels[last]) for first, last in day_spans(days)]
        return ", ".join(first if first == last else f"{first}–{last}" for first, last in spans)

    @api.depends(
        *("state", "proposed_place_id", "appointment_type_id", "practitioner_id", "group_id"),
        *(*DAY_FIELDS, "hour_from", "hour_to", "date_to"),
    )
    def _compute_place_id(self):
        places = self.env["practice.waiting.place"].search(
            [("appointment_type_id", "in", self.appointment_type_id.ids), ("state", "=", "free")]
        )
        there = places.filtered(lambda place: place._is_to_be_offered())
        for entry in self:
            suits = there.filtered(lambda place, entry=entry: entry._suits(place) and not entry._was_offered(place))
            suits = (suits & entry.proposed_place_id) or suits
            entry.place_id = suits[:1] if entry.state == "waiting" else False

    @api.depends("patient_id", "appointment_type_id")
    def _compute_display_name(self):
        for entry in self:
            names = (entry.patient_id.name, entry.group_id.name or entry.appointment_type_id.name)
            entry.display_name = " · ".join(filter(None, names))

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(*DAY_FIELDS)
    def _check_days(self):
        for entry in self:
            if not any(entry[name] for name in DAY_FIELDS):
                raise ValidationError(
                    self.env._("Choose at least one day on which %s can come.", entry.patient_id.name)
                )

    @api.constrains("group_id", "appointment_type_id")
    def _check_group(self):
        for entry in self:
            group = entry.group_id
            if entry.appointment_type_id.one_pays:
                raise ValidationError(
                    self.env._(
                        "%s is paid by one for all: those who come together plan it together, and nobody waits for it.",
                        entry.appointment_type_id.name,
                    )
                )
            if group and (not group.practice_places or group.practice_appointment_type_id != entry.appointment_type_id):
                raise ValidationError(
                    self.env._(
                        "%(group)s is no group appointment of the type %(type)s: choose another one.",
                        group=group.name,
                        type=entry.appointment_type_id.name,
                    )
                )

    @api.onchange("appointment_type_id")
    def _onchange_appointment_type_id(self):
        if self.group_id.practice_appointment_type_id != self.appointment_type_id:
            self.group_id = False

    # === WHAT SUITS THEM === #

    def _get_wish(self):
        """Return when they can come, as the rule knows it."""
        self.ensure_one()
        days = frozenset(number for number, name in enumerate(DAY_FIELDS) if self[name])
        return Wish(days, self.hour_from, self.hour_to, self.date_to or None)

    def _suits(self, place):
        """Return whether a place is what they wait for; whether they are free and have credits is another question."""
        self.ensure_one()
        if place.appointment_type_id != self.appointment_type_id:
            return False
        if self.group_id:
            return place.group_id == self.group_id
        with_whom = not self.practitioner_id or self.practitioner_id == place.practitioner_id
        return with_whom and self._get_wish().allows(place.start, place.stop, self.company_id.practice_tz)

    def _was_offered(self, place):
        """Return whether the patient was asked for this very place already."""
        return self.patient_id in place.offer_ids.patient_id
