from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from ....tools.slots import span_of_days
from .calendar_event import CANCELLED

#: Odoo keeps day-long events at office hours of UTC, whatever the time zone: they are looked for this much wider.
DAY_LONG_MARGIN = timedelta(days=2)


class CalendarEvent(models.Model):
    """Which events keep somebody from giving, or having, an appointment."""

    _inherit = "calendar.event"

    # What free times search: the events that are not over yet.
    _busy_idx = models.Index("(stop) WHERE active AND show_as = 'busy'")

    @api.model
    def _practice_get_busy_times(self, partners, start, stop, tz, ignore=None):
        """Return when ``partners`` are busy between two moments: ``{partner id: [(start, stop)]}``.

        With what, and the parameters: see :meth:`_practice_get_busy_events`.
        """
        events = self._practice_get_busy_events(partners, start, stop, tz, ignore)
        busy = defaultdict(list)
        for partner_id, spans in events.items():
            busy[partner_id] = [(begins, ends) for _event_id, begins, ends in spans]
        return busy

    @api.model
    def _practice_get_busy_events(self, partners, start, stop, tz, ignore=None):
        """Return what keeps ``partners`` busy between two moments, with two queries for all of them.

        Somebody is busy with what they attend and did not decline, and with what they organise; not with what is
        archived, cancelled or shown as available.

        :param str tz: time zone in which the days of day-long events lie
        :param ignore: an event that does not count, because it is about to be moved
        :return: ``{partner id: [(event id, start, stop)]}``; ids and times, whoever may see the events
        """
        domain = (
            Domain("start", "<", stop + DAY_LONG_MARGIN)
            & Domain("stop", ">", start - DAY_LONG_MARGIN)
            & Domain("active", "=", True)
            & Domain("show_as", "=", "busy")
            & Domain("attendance", "not in", CANCELLED)
            & (Domain("partner_ids", "in", partners.ids) | Domain("user_id.partner_id", "in", partners.ids))
            & Domain("id", "not in", ignore.ids if ignore else [])
        )
        names = ["start", "stop", "allday", "start_date", "stop_date", "user_id"]
        # sudo: only ids and times leave this method, whoever may see the events
        events_sudo = self.sudo().search_fetch(domain, names, order="id")
        attendees = events_sudo.env["calendar.attendee"].search_fetch(
            [("event_id", "in", events_sudo.ids), ("partner_id", "in", partners.ids)],
            ["event_id", "partner_id", "state"],
        )
        taking_part = {(event.id, event.user_id.partner_id.id) for event in events_sudo}
        for attendee in attendees:
            there = (attendee.event_id.id, attendee.partner_id.id)
            if attendee.state == "declined":
                taking_part.discard(there)
            else:
                taking_part.add(there)
        spans = {event.id: event._practice_get_span(tz) for event in events_sudo}
        busy = defaultdict(list)
        for event_id, partner_id in taking_part:
            busy[partner_id].append((event_id, *spans[event_id]))
        return busy

    def _practice_get_needed_people(self):
        """Return the partners who have to be free for this appointment: who gives it, and the patient. A hook."""
        self.ensure_one()
        return self.user_id._origin.partner_id | self.patient_id._origin

    def _practice_get_bound(self):
        """Return these saved events and those that take place at their time because they belong to them. A hook."""
        return self._origin

    def _practice_filter_taken(self):
        """Return those of these appointments at whose time the practitioner or the patient is busy by now."""
        taken = self.browse()
        for company, events in self.grouped(lambda event: event._practice_get_company()).items():
            tz = company.practice_tz
            busy = self._practice_get_busy_times(
                self.env["res.partner"].union(*(event._practice_get_needed_people() for event in events)),
                min(events.mapped("start")),
                max(events.mapped("stop")),
                tz,
                ignore=events._practice_get_bound(),
            )
            for event in events:
                start, stop = event._practice_get_span(tz)
                of_all = [span for person in event._practice_get_needed_people() for span in busy[person.id]]
                if any(begins < stop and start < ends for begins, ends in of_all):
                    taken += event
        return taken

    def _practice_get_span(self, tz):
        """Return start and stop as moments, of a day-long event the midnights of its days in ``tz``."""
        self.ensure_one()
        if self.allday and self.start_date:
            return span_of_days(self.start_date, max(self.start_date, self.stop_date or self.start_date), tz)
        return self.start, self.stop
