from collections import defaultdict
from datetime import timedelta
from functools import partial

from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import SQL, clean_context
from odoo.tools.intervals import Intervals

from ....tools.slots import Busy, span_of_days
from .calendar_event import CANCELLED

#: Odoo keeps day-long events at office hours of UTC, whatever the time zone: they are looked for this much wider.
DAY_LONG_MARGIN = timedelta(days=2)


def free_times(work, blocked=()):
    """Return the open time that is not blocked: ``(start, stop)`` intervals in order that neither overlap nor touch.

    :param work: ``(start, stop)`` intervals in which somebody works, or a room is open; those that touch count as one
    :param blocked: intervals in which nothing fits, in any order, also overlapping
    """
    of_nobody = frozenset()  # Odoo's intervals carry records
    free = Intervals((*span, of_nobody) for span in work) - Intervals((*span, of_nobody) for span in blocked)
    return [(start, stop) for start, stop, _nobody in free]


class CalendarEvent(models.Model):
    """Which events keep somebody from giving, or having, an appointment."""

    _inherit = "calendar.event"

    # What free times search: the events that are not over yet.
    _busy_idx = models.Index("(stop) WHERE active IS TRUE AND show_as = 'busy'")

    @api.model
    def _practice_get_busy_times(self, partners, start, stop, tz, ignore=None):
        """Return when ``partners`` are busy between two moments: ``{partner id: [Busy]}``.

        With what, and the parameters: see :meth:`_practice_get_busy_events`.
        """
        events = self._practice_get_busy_events(partners, start, stop, tz, ignore)
        busy = defaultdict(list)
        for partner_id, spans in events.items():
            busy[partner_id] = [span for _event_id, span in spans]
        return busy

    @api.model
    def _practice_get_busy_events(self, partners, start, stop, tz, ignore=None):
        """Return what keeps ``partners`` busy between two moments, with two queries for all of them.

        Somebody is busy with what they attend and did not decline, and with what they organise; not with what is
        archived, cancelled or shown as available.

        :param str tz: time zone in which the days of day-long events lie
        :param ignore: an event that does not count, because it is about to be moved
        :return: ``{partner id: [(event id, Busy)]}``, with what is up to two days off; who gives an appointment keeps
            its buffers; ids and times, whoever may see the events
        """
        domain = (
            Domain("start", "<", stop + DAY_LONG_MARGIN)
            & Domain("stop", ">", start - DAY_LONG_MARGIN)
            & Domain("active", "=", True)
            & Domain("show_as", "=", "busy")
            & Domain("attendance", "not in", CANCELLED)
            & Domain.custom(to_sql=partial(self._practice_get_involved_sql, partners))
            & Domain("id", "not in", ignore.ids if ignore else [])
        )
        names = ["start", "stop", "allday", "start_date", "stop_date", "user_id", "practice_appointment_type_id"]
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
        spans = {event: event._practice_get_span(tz) for event in events_sudo}
        busy = defaultdict(list)
        for event_id, partner_id in taking_part:
            event = events_sudo.browse(event_id)
            gives = event.user_id.partner_id.id == partner_id
            buffers = event.practice_appointment_type_id._get_buffers() if gives else ()
            busy[partner_id].append((event_id, Busy(*spans[event], *buffers)))
        return busy

    @api.model
    def _practice_get_involved_sql(self, partners, _events, alias, _query):
        """Return the condition of events that any of ``partners`` attends or organises."""
        return SQL(
            """(EXISTS (SELECT 1 FROM calendar_event_res_partner_rel invited
                          WHERE invited.calendar_event_id = %(id)s AND invited.res_partner_id = ANY(%(partners)s))
                OR %(user)s IN (SELECT id FROM res_users WHERE partner_id = ANY(%(partners)s)))""",
            id=SQL.identifier(alias, "id"),
            user=SQL.identifier(alias, "user_id", to_flush=self._fields["user_id"]),
            partners=partners.ids,
            to_flush=(self._fields["partner_ids"], self.env["res.users"]._fields["partner_id"]),
        )

    @api.model
    def _practice_block_time_sudo(self, name, practitioner, start, stop, **vals):
        """Return an event, with all rights, that keeps a practitioner busy; ``name`` is what others see of it.

        Nobody is invited or e-mailed.

        :param vals: what else is true of it
        """
        # sudo: it stands in the calendar of somebody else, who need not let others write there
        events_sudo = self.sudo().with_context(clean_context(self.env.context))
        return events_sudo.with_context(no_mail_to_attendees=True, dont_notify=True).create(
            {
                "name": name,
                "start": start,
                "stop": stop,
                "user_id": practitioner.id,
                "partner_ids": [Command.set(practitioner.sudo().partner_id.ids)],
                "show_as": "busy",
                **vals,
            }
        )

    def _practice_get_needed_people(self):
        """Return the partners who have to be free for this appointment: who gives it, and the patient. A hook."""
        self.ensure_one()
        return self.user_id._origin.partner_id | self.patient_id._origin

    def _practice_get_bound(self):
        """Return these saved events and those that take place at their time because they belong to them. A hook."""
        return self._origin

    def _practice_filter_taken(self):
        """Return those of these appointments at whose time the practitioner or the patient is busy by now."""
        busy_people = self._practice_find_busy_people()
        return self.filtered(busy_people.get)

    def _practice_find_busy_people(self):
        """Return ``{appointment: {person: gap}}``: who of practitioner and patient has something else then, and how
        much time has to stay free in between (nothing, when it is at the same time); of those that collide at least.

        These appointments are not in one another's way.
        """
        found = {}
        for company, events in self.grouped(lambda event: event._practice_get_company()).items():
            tz = company.practice_tz
            busy = self._practice_get_busy_times(
                self.env["res.partner"].union(*(event._practice_get_needed_people() for event in events)),
                min(events.mapped("start")),
                max(events.mapped("stop")),
                tz,
                ignore=events._practice_get_bound(),
            )
            if busy:
                found |= {event: event._practice_pick_busy_people(busy, tz) for event in events}
        return found

    def _practice_pick_busy_people(self, busy, tz):
        """Return who of practitioner and patient is busy at this appointment: ``{person: gap}``."""
        self.ensure_one()
        start, stop = self._practice_get_span(tz)
        giver = self.user_id._origin.partner_id
        found = {}
        for person in self._practice_get_needed_people():
            # Patients need no time before and after it.
            buffers = self.practice_appointment_type_id._get_buffers() if person == giver else ()
            gaps = [it.find_gap(start, stop, *buffers) for it in busy.get(person.id, ())]
            gaps = [gap for gap in gaps if gap is not None]
            if gaps:
                found[person] = min(gaps)
        return found

    def _practice_get_span(self, tz):
        """Return start and stop as moments, of a day-long event the midnights of its days in ``tz``."""
        self.ensure_one()
        if self.allday and self.start_date:
            return span_of_days(self.start_date, max(self.start_date, self.stop_date or self.start_date), tz)
        return self.start, self.stop
