from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL, clean_context
from odoo.tools.intervals import Intervals

from ....tools.slots import Busy, span_of_days
from .calendar_event import CANCELLED
from .placing import get_placing

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


def span_of_event(allday, start, stop, start_date, stop_date, tz):
    """Return start and stop of an event as moments, of a day-long one the midnights of its days in ``tz``."""
    if allday and start_date:
        return span_of_days(start_date, max(start_date, stop_date or start_date), tz)
    return start, stop


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
        """Return what keeps ``partners`` busy between two moments, with one query for all of them.

        Somebody is busy with what they attend and did not decline, and with what they organise; not with what is
        archived, cancelled or shown as available.

        :param str tz: time zone in which the days of day-long events lie
        :param ignore: an event that does not count, because it is about to be moved
        :return: ``{partner id: [(event id, Busy)]}``, with what is up to two days off; who gives an appointment keeps
            its buffers; ids and times, whoever may see the events
        """
        rows = get_placing(self.env).ask(self.env, self._practice_get_busy_sql(partners, start, stop, ignore))
        busy = defaultdict(list)
        for event_id, giver_id, partner_ids, declined_ids, before, after, *times in rows:
            begins, ends = span_of_event(*times, tz)
            for partner_id in {giver_id, *partner_ids}.intersection(partners.ids).difference(declined_ids):
                gives = partner_id == giver_id
                buffers = (timedelta(minutes=it or 0) for it in (before, after)) if gives else ()
                busy[partner_id].append((event_id, Busy(begins, ends, *buffers)))
        return busy

    @api.model
    def _practice_get_busy_sql(self, partners, start, stop, ignore):
        """Return the SQL of :meth:`_practice_get_busy_events`: a row for each event, with who of ``partners`` is asked.

        Not searched: the ORM takes longer to put the question than PostgreSQL to answer it, and booking asks it again
        and again.
        """
        names = ("start", "stop", "allday", "start_date", "stop_date", "active", "show_as", "attendance", "user_id")
        asked = self.env["calendar.attendee"]._fields
        buffers = self.env["practice.appointment.type"]._fields
        return SQL(
            """SELECT event.id, giver.partner_id,
                      ARRAY(SELECT partner_id FROM calendar_attendee
                             WHERE event_id = event.id AND partner_id = ANY(%(partners)s)),
                      ARRAY(SELECT partner_id FROM calendar_attendee
                             WHERE event_id = event.id AND partner_id = ANY(%(partners)s) AND state = 'declined'),
                      type.buffer_before, type.buffer_after,
                      event.allday, event.start, event.stop, event.start_date, event.stop_date
                 FROM calendar_event event
            LEFT JOIN res_users giver ON giver.id = event.user_id
            LEFT JOIN practice_appointment_type type ON type.id = event.practice_appointment_type_id
                WHERE event.start < %(before)s AND event.stop > %(after)s
                  AND event.active IS TRUE AND event.show_as = 'busy'
                  AND (event.attendance IS NULL OR event.attendance NOT IN %(cancelled)s)
                  AND (event.user_id IN (SELECT id FROM res_users WHERE partner_id = ANY(%(partners)s)) OR EXISTS (
                       SELECT FROM calendar_event_res_partner_rel invited
                        WHERE invited.calendar_event_id = event.id AND invited.res_partner_id = ANY(%(partners)s)))
                  AND event.id <> ALL(%(ignored)s)
                ORDER BY event.id""",
            partners=partners.ids,
            before=stop + DAY_LONG_MARGIN,
            after=start - DAY_LONG_MARGIN,
            cancelled=CANCELLED,
            ignored=ignore.ids if ignore else [],
            to_flush=(
                *(self._fields[name] for name in (*names, "partner_ids", "practice_appointment_type_id")),
                *(asked[name] for name in ("event_id", "partner_id", "state")),
                *(buffers[name] for name in ("buffer_before", "buffer_after")),
                self.env["res.users"]._fields["partner_id"],
            ),
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
        """Return the partners who have to be free for these appointments: who gives them, and the patients. A hook."""
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
        for company, events in self._practice_group_by_company().items():
            tz = company.practice_tz
            busy = self._practice_get_busy_times(
                events._practice_get_needed_people(),
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
        return span_of_event(self.allday, self.start, self.stop, self.start_date, self.stop_date, tz)
