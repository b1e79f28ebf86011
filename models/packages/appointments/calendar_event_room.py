from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ....tools.rooms import is_free, place
from .touched import TOUCHED, UNSETTLED

#: Fields of which a change can need another room.
ROOM_FIELDS = {
    *("practice_appointment_type_id", "practice_room_id", "attendance", "active"),
    *("start", "stop", "start_date", "stop_date", "allday", "duration", "recurrency", "recurrence_update"),
}


class CalendarEvent(models.Model):
    """An appointment whose type needs a room gets the first one that is free, over every door.

    Before anybody asks what is in the way (:mod:`.calendar_event_conflict`): a room that somebody chose stays, and may
    be in the way; one that was given may be exchanged for another when the appointment moves.
    """

    _inherit = "calendar.event"

    practice_room_id = fields.Many2one(
        "practice.room",
        string="Room",
        index="btree_not_null",
        ondelete="restrict",
        groups="practice_billing.group_user",
        copy=False,
        help="Where it takes place. Empty: the first room of the type that is free.",
    )
    practice_needs_room = fields.Boolean(
        related="practice_appointment_type_id.needs_room", groups="practice_billing.group_user"
    )

    @api.constrains("practice_room_id", "practice_appointment_type_id")
    def _check_practice_room(self):
        for event in self._practice_hidden_sudo().filtered("practice_room_id"):
            company = event._practice_get_company()
            if event.practice_room_id.company_id not in company | company.parent_ids:
                raise ValidationError(
                    self.env._(
                        "%(room)s is no room of %(company)s: choose another one.",
                        room=event.practice_room_id.name,
                        company=company.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if self._practice_is_settling():
            return super().create(vals_list)
        # Said also where there is none, so that it need not be asked of the database again and again.
        room_id = self.env.context.get("default_practice_room_id", False)
        vals_list = [
            {"practice_room_id": room_id, **vals} if vals.get("practice_appointment_type_id") else vals
            for vals in vals_list
        ]
        return super().create(vals_list)

    def _practice_place(self):
        result = super()._practice_place()
        chosen = self._practice_hidden_sudo().filtered("practice_room_id")
        self._practice_get_placed()._practice_take_rooms(chosen)
        return result

    def write(self, vals):
        if self._practice_is_settling() or not vals.keys() & ROOM_FIELDS:
            return super().write(vals)
        if "practice_appointment_type_id" in vals:
            # The rooms of the new type are others.
            vals = {"practice_room_id": False, **vals}
        result = super().write(vals)
        self._practice_get_rewritten(vals)._practice_take_rooms(self if vals.get("practice_room_id") else self.browse())
        return result

    def _practice_follow_calendar(self, before, moved):
        """What takes place again, because somebody comes after all, takes a room again."""
        was_cancelled = self._practice_is_cancelled()
        result = super()._practice_follow_calendar(before, moved)
        if was_cancelled and not self._practice_is_cancelled():
            self._practice_take_rooms(self.browse())
        return result

    def _practice_take_rooms(self, chosen):
        """Give those of these appointments that need one a room that is free: the one they have, else the first.

        Where none is free they keep what they have, and it is in the way.

        :param chosen: appointments whose room somebody chose, so that it stays
        """
        events_sudo = self._practice_hidden_sudo()
        if not events_sudo._practice_know_rooms():
            return
        events_sudo = (
            events_sudo.filtered("practice_appointment_type_id")
            .filtered(lambda it: it.active and it._practice_takes_room())
            ._practice_filter_coming()
        )
        if not events_sudo:
            return
        rooms_sudo = events_sudo.practice_appointment_type_id.room_ids | events_sudo.practice_room_id
        rooms_sudo._take_booking_turn()
        spans = {event: event._practice_get_room_span() for event in events_sudo}
        free = rooms_sudo._get_free_spans(
            min(start for start, _stop in spans.values()), max(stop for _start, stop in spans.values()), events_sudo
        )
        stay = events_sudo & chosen
        visits = [(event, *spans[event], event.practice_room_id) for event in stay]
        visits += [
            (event, *spans[event], event.practice_room_id | event.practice_appointment_type_id.room_ids)
            for event in (events_sudo - stay).sorted("start")
        ]
        for event, room in place(visits, free).items():
            if event.practice_room_id != room:
                # Part of what is happening to the appointment.
                event.with_context(**{TOUCHED: UNSETTLED}).practice_room_id = room

    def _practice_know_rooms(self):
        """Return whether any of these appointments may take a room: most practices ask this of a type, once."""
        return bool(self.practice_room_id) or any(self.practice_appointment_type_id._origin.mapped("needs_room"))

    def _practice_takes_room(self):
        """Return whether this appointment takes a room of its own. A hook."""
        self.ensure_one()
        return bool(self.practice_room_id or self.practice_appointment_type_id.needs_room)

    def _practice_find_room_problems(self):
        """Return ``{appointment: words}`` of those whose room is not free, or for which none is."""
        if not self._practice_know_rooms():
            return {}
        asked = self.filtered(lambda event: event.start and event.stop)
        asked = asked.filtered(lambda event: event._practice_takes_room())
        rooms = asked.practice_room_id | asked.practice_appointment_type_id.room_ids
        if not rooms:
            return {}
        spans = {event: event._practice_get_room_span() for event in asked}
        free = rooms._origin._get_free_spans(
            min(start for start, _stop in spans.values()),
            max(stop for _start, stop in spans.values()),
            asked._origin,
        )
        found = {}
        for event, span in spans.items():
            mine = event.practice_room_id._origin or event.practice_appointment_type_id.room_ids._origin
            if not any(is_free(free[room], *span) for room in mine):
                found[event] = event._practice_describe_rooms(mine)
        return found

    def _practice_describe_rooms(self, rooms):
        names = ", ".join(rooms.mapped("name"))
        if self.practice_room_id:
            return self.env._("%s is not free at this time.", names)
        return self.env._("No room is free at this time: %s.", names)

    def _practice_get_room_span(self):
        return self._practice_get_span(self._practice_get_company().practice_tz)
