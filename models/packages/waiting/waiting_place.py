from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ....tools.rooms import is_free
from ....tools.waiting import hold_until
from .appointment_type import OFFERED

#: What a place is known by.
KEY_FIELDS = ("appointment_type_id", "practitioner_id", "start", "group_id")


class PracticeWaitingPlace(models.Model):
    """A place that came free while patients wait: in a group appointment, or a time of who gives the usual visit.

    It is noted in the transaction that frees it, so nothing that is killed loses it; whether it is free still is looked
    at whenever it is about to be offered. One row per group appointment and start, or type, practitioner and start: so
    it knows who was asked already.
    """

    _name = "practice.waiting.place"
    _description = "Free Place"
    _inherit = ["practice.retry.mixin"]
    _order = "start, id"

    appointment_type_id = fields.Many2one(
        "practice.appointment.type", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="appointment_type_id.company_id", store=True, index=True, precompute=True)
    group_id = fields.Many2one(
        "calendar.event",
        string="Group Appointment",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: a time of the usual visit.",
    )
    practitioner_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="cascade")
    start = fields.Datetime(required=True, readonly=True)
    stop = fields.Datetime(required=True, readonly=True)
    state = fields.Selection(
        [("free", "To Give Away"), ("gone", "Gone")], required=True, readonly=True, default="free", index=True
    )
    due_date = fields.Datetime(
        readonly=True, default=fields.Datetime.now, help="When the run looks at it; empty: when something changes."
    )
    offer_ids = fields.One2many("practice.waiting.offer", "place_id", string="Offers", readonly=True)
    offered_count = fields.Integer(string="On Offer", compute="_compute_counts")
    left_count = fields.Integer(string="Free Places", compute="_compute_counts", help="Neither taken nor on offer.")
    error = fields.Char(string="Failed", readonly=True, help="Why it could not be offered; it is tried again.")
    retry_date = fields.Date(readonly=True)

    _group_uniq = models.UniqueIndex(
        "(group_id, start) WHERE group_id IS NOT NULL", "This place is on the list already."
    )
    # What the run searches.
    _due_idx = models.Index("(due_date) WHERE state = 'free'")

    # === COMPUTE METHODS === #

    @api.depends("state", "offer_ids.state", "group_id.practice_places", "group_id.practice_places_taken")
    def _compute_counts(self):
        for place in self:
            place.offered_count = len(place._get_open_offers())
            place.left_count = place._count_left() if place.state == "free" else 0

    @api.depends("appointment_type_id", "start", "practitioner_id")
    def _compute_display_name(self):
        for place in self:
            place.display_name = self.env._(
                "%(type)s with %(practitioner)s on %(start)s",
                type=place.appointment_type_id.name,
                practitioner=place.practitioner_id.name,
                start=place._describe(place.start, "EEE d MMM, HH:mm") if place.start else "",
            )

    def _describe(self, moment, dt_format="EEEE d MMMM y, HH:mm"):
        """Return a moment in words, in the practice's time zone and the language of the user."""
        return format_datetime(self.env, moment, tz=self.company_id.practice_tz, dt_format=dt_format)

    # === WHAT CAME FREE === #

    @api.model
    def _note_free(self, vals_list):
        """Note places that came free, and have the run offer them.

        :param list vals_list: dicts with ``appointment_type_id``, ``practitioner_id``, ``start``, ``stop``, and
            ``group_id`` (``False`` for the usual visit)
        """
        wanted = {tuple(vals[name] for name in KEY_FIELDS): vals for vals in vals_list}
        domain = Domain.OR(
            Domain.AND(Domain(name, "=", value) for name, value in zip(KEY_FIELDS, key, strict=True)) for key in wanted
        )
        there, now = self.search(domain), fields.Datetime.now()
        there.write({"state": "free", "due_date": now})
        known = {(it.appointment_type_id.id, it.practitioner_id.id, it.start, it.group_id.id or False) for it in there}
        self.create([vals for key, vals in wanted.items() if key not in known])
        self._schedule_run(now)

    @api.model
    def _wake(self, domain):
        """Have the run look again at the free places of ``domain``."""
        places_sudo = self.sudo()  # sudo: the module writes what people do not
        woken_sudo = places_sudo.search(domain & Domain("state", "=", "free"))
        if woken_sudo:
            woken_sudo.due_date = fields.Datetime.now()
            self._schedule_run(fields.Datetime.now())

    @api.model
    def _schedule_run(self, moment):
        # sudo: belongs to the system
        self.env.ref("practice_billing.ir_cron_offer_waiting").sudo()._trigger(at=moment)

    # === WHETHER IT IS FREE === #

    def _get_open_offers(self):
        """Return the offers of this place that nobody has answered, in the order in which they were made."""
        return self.offer_ids.filtered(lambda offer: offer.state == "open").sorted("id")

    def _get_hold_until(self):
        """Return until when it would be held if it was offered now; ``None`` when it is too late for that."""
        hours = self.company_id.practice_waiting_hours
        return hold_until(fields.Datetime.now(), self.start, hours)

    def _is_to_be_offered(self):
        """Return whether a place is neither taken nor on offer, and it is not too late to offer it."""
        return bool(self._get_hold_until()) and self._count_left() > 0

    def _count_left(self):
        """Return how many places are neither taken nor on offer."""
        return self._count_places() - len(self._get_open_offers())

    def _count_places(self):
        """Return how many places nobody has, those on offer included: 1 for the usual visit, as long as it is there."""
        self.ensure_one()
        if not self.group_id:
            return 1
        group = self.group_id
        is_there = group.active and group.attendance == "planned" and group.start == self.start
        return group.practice_places - group.practice_places_taken if is_there else 0

    def _is_there(self):
        """Return whether this place still exists and begins later; looks at who is busy."""
        self.ensure_one()
        if not self.practitioner_id.active or self.start <= fields.Datetime.now():
            return False
        if self.group_id:
            return self._count_places() > 0
        if self._filter_busy(self._get_giver_sudo()) or self._is_outside_hours():
            return False
        return bool(self._find_free_rooms_sudo()) or not self.appointment_type_id.needs_room

    def _is_outside_hours(self):
        """Return whether the practitioner does not work then, as far as their hours are known."""
        vals = {"user_id": self.practitioner_id.id, "start": self.start, "stop": self.stop}
        visit = self.env["calendar.event"].new(vals)
        return bool(self.appointment_type_id._practice_filter_outside_hours(visit))

    def _find_free_rooms_sudo(self):
        """Return the rooms of the type that are free then, with all rights; what holds this place does not count."""
        rooms_sudo = self._get_rooms_sudo()
        free = rooms_sudo._get_free_spans(self.start, self.stop, ignore=self._get_open_offers().hold_event_id)
        return rooms_sudo.filtered(lambda room: is_free(free[room], self.start, self.stop))

    def _get_rooms_sudo(self):
        return self.appointment_type_id.sudo().room_ids  # sudo: whoever takes the place need not see them

    def _filter_busy(self, people):
        """Return those of ``people`` who have something else then; what holds this place does not count."""
        held = self._get_open_offers().hold_event_id
        busy = self.env["calendar.event"]._practice_get_busy_times(
            people, self.start, self.stop, self.company_id.practice_tz, ignore=held
        )
        return people.filtered(lambda it: any(span.overlaps(self.start, self.stop) for span in busy.get(it.id, ())))

    def _get_giver_sudo(self):
        """Return the contact of who gives it, with all rights."""
        return self.practitioner_id.sudo().partner_id  # sudo: who it is

    def _take_turn(self):
        """Make sure that nobody else books with who gives it, or where it is given, in the meantime."""
        self._get_giver_sudo()._practice_take_booking_turn()
        self._get_rooms_sudo()._take_booking_turn()

    def _block_time(self):
        """Return an event that holds a usual visit, and its room; it does not say for whom to whoever sees the
        calendar."""
        events = self.env["calendar.event"].with_company(self.company_id)
        return events._practice_block_time_sudo(
            self.env._("Held for the Waiting List"),
            self.practitioner_id,
            self.start,
            self.stop,
            practice_room_id=self._find_free_rooms_sudo()[:1].id,
        )

    def _book_for(self, patient):
        """Plan the visit of who takes this place, by the rules of the portal; return it, with all rights.

        :raises TimeTakenError: when it is not free
        :raises UserError: when it cannot be booked for another reason
        """
        self.ensure_one()
        booker = patient._practice_get_mail_recipients()[:1] or patient
        offered = self.appointment_type_id.with_context(**{OFFERED: self})
        return offered._book(self.practitioner_id, patient, self.start, booker)
