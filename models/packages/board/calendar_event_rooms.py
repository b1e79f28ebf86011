from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import ormcache

from ....tools.slots import clip
from ..appointments.room import open_spans
from .calendar_event_hours import add_by_day


class CalendarEvent(models.Model):
    """The rooms of a board: a column each, beside those of the practitioners."""

    _inherit = "calendar.event"

    def _practice_get_board_keys(self):
        room = self.practice_room_id
        return super()._practice_get_board_keys() + ([f"room-{room.id}"] if room else [])

    @api.model
    def _practice_prepare_room_columns(self, start, stop, tz, ignore, state):
        """Return the columns of rooms, without totals yet. Parameters are those of columns of practitioners."""
        rooms = self._practice_find_board_rooms(ignore)
        hours = self._practice_get_board_room_hours(rooms, start, stop, tz, state)
        # Of companies that the user does not see: when, and nothing else.
        taken = rooms._get_taken_spans(start, stop, ignore)
        columns = []
        for room in rooms:
            busy = defaultdict(list)
            add_by_day(busy, clip(taken[room], start, stop), tz, False)
            columns.append(
                {
                    "key": f"room-{room.id}",
                    "kind": "room",
                    "res_id": room.id,
                    "partner_id": False,
                    "title": room.name,
                    "hours": hours[room.id],
                    "busy": busy,
                }
            )
        return columns

    @api.model
    def _practice_find_board_rooms(self, appointments):
        """Return the rooms that have a column: those of the allowed companies, and those of these appointments."""
        domain = Domain("company_id", "parent_of", self.env.companies.ids)
        rooms = self.env["practice.room"].search_fetch(domain, ["name", "company_id", "calendar_id"])
        held = appointments.filtered(lambda event: not event._practice_is_cancelled())
        return rooms | held.practice_room_id

    @api.model
    def _practice_get_board_room_hours(self, rooms, start, stop, tz, state):
        """Return ``{room id: {day: [(begins, ends)]}}``: when each can be used; always is when the practice is open."""
        hours = {}
        for room in rooms:
            # sudo: working hours only
            calendar_sudo = room.sudo().calendar_id or room.sudo().company_id.resource_calendar_id
            hours[room.id] = self._practice_read_opening_hours(calendar_sudo.id, start, stop, tz, state)
        return hours

    @api.model
    @ormcache("calendar_id", "start", "stop", "tz", "state")
    def _practice_read_opening_hours(self, calendar_id, start, stop, tz, state):
        """Return ``{day: [(begins, ends)]}`` of a calendar of working hours; of none it is empty.

        :param state: of what the hours are made of; others are other hours
        """
        calendar_sudo = self.env["resource.calendar"].sudo().browse(calendar_id)  # sudo: working hours only
        hours = defaultdict(list)
        if calendar_sudo:
            add_by_day(hours, open_spans(calendar_sudo, start, stop), tz)
        return hours
