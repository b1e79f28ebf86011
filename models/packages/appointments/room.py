from collections import defaultdict

import pytz

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.dates import naive_utc
from .calendar_event import CANCELLED
from .calendar_event_busy import DAY_LONG_MARGIN, free_times
from .turns import take_turn


def open_spans(calendar, start, stop):
    """Return ``[(start, stop)]``: the hours of a ``calendar`` of working hours between two moments, all naive UTC."""
    hours = calendar._work_intervals_batch(pytz.utc.localize(start), pytz.utc.localize(stop))[False]
    return [(naive_utc(begins), naive_utc(ends)) for begins, ends, _attendance in hours]


class PracticeRoom(models.Model):
    """When rooms are free, and that nobody else takes one meanwhile."""

    _inherit = "practice.room"

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unused(self):
        # sudo: an appointment that the user cannot see, or that is archived, took place there all the same
        events_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        if event_sudo := events_sudo.search([("practice_room_id", "in", self.ids)], limit=1):
            name = event_sudo.practice_room_id.name
            raise UserError(
                self.env._("Appointments were planned in %s, so it cannot be deleted. Archive it instead.", name)
            )

    def _get_free_spans(self, start, stop, ignore=None):
        """Return ``{room: [(start, stop)]}``: when each can be used between two moments, with two queries for all.

        :param ignore: appointments that do not count, because they are about to be placed
        """
        taken = self._get_taken_spans(start, stop, ignore)
        opened = self._get_open_spans(start, stop)
        return {room: free_times(opened[room], taken[room]) for room in self}

    def _get_taken_spans(self, start, stop, ignore=None):
        # sudo: only times leave this method, whoever may see the appointments
        events_sudo = self.env["calendar.event"].sudo()
        taken_sudo = events_sudo.search_fetch(
            Domain("practice_room_id", "in", self.ids)
            & Domain("start", "<", stop + DAY_LONG_MARGIN)
            & Domain("stop", ">", start - DAY_LONG_MARGIN)
            & Domain("attendance", "not in", CANCELLED)
            & Domain("id", "not in", ignore.ids if ignore else []),
            ["practice_room_id", "start", "stop", "allday", "start_date", "stop_date"],
        )
        taken = defaultdict(list)
        for event in taken_sudo:
            room = event.practice_room_id
            taken[room].append(event._practice_get_span(room.company_id.practice_tz))
        return taken

    def _get_open_spans(self, start, stop):
        opened = {}
        for calendar, rooms in self.grouped("calendar_id").items():
            calendar_sudo = calendar.sudo()  # sudo: working hours only
            spans = open_spans(calendar_sudo, start, stop) if calendar else [(start, stop)]
            opened |= dict.fromkeys(rooms, spans)
        return opened

    def _take_booking_turn(self):
        """Make sure that nobody else plans in these rooms in the meantime."""
        take_turn(self, "booking_turn")
