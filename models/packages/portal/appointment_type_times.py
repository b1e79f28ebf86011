from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

from ....tools.dates import naive_utc
from ....tools.slots import free_starts, span_of_days
from ..appointments.calendar_event_busy import free_times


class PracticeAppointmentType(models.Model):
    """The free times of the practitioners who give a type: working hours without what they are busy with."""

    _inherit = "practice.appointment.type"

    def _get_duration(self):
        """Return how long an appointment lasts, in whole minutes."""
        self.ensure_one()
        return timedelta(minutes=max(round(self.duration * 60), 1))

    def _get_booking_window(self):
        """Return the first and the last moment, both included, at which an appointment booked now may start.

        The horizon ends with its last day in the practice's time zone.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        last_day = self.company_id._practice_day() + timedelta(days=self.booking_horizon)
        _midnight, stop = span_of_days(last_day, last_day, self.company_id.practice_tz)
        return now + timedelta(hours=self.booking_notice), stop - timedelta(minutes=1)

    def _get_free_times(self, practitioners, patient, *, first=None, last=None, duration=None, ignore=None):
        """Return the moments at which each practitioner could begin an appointment of this type with ``patient``.

        The number of queries depends neither on the days nor on the appointments nor on the practitioners.

        :param practitioners: users who give this type
        :param patient: partner; a time at which they have something else is not free
        :param datetime first, last: only starts between these moments, both included
        :param timedelta duration: of an appointment that is not as long as its type says
        :param ignore: an event that does not count as busy, because it is about to be moved
        :return: ``{practitioner: [moment, …]}``, in order
        """
        self.ensure_one()
        opens, closes = self._get_booking_window()
        earliest, latest = max(opens, first or opens), min(closes, last or closes)
        if earliest > latest or not practitioners:
            return {practitioner: [] for practitioner in practitioners}
        duration = duration or self._get_duration()
        buffers = self._get_buffers()
        tz = self.company_id.practice_tz
        work = self._get_working_times(practitioners, earliest, latest + duration)
        partner_of = {practitioner: practitioner.sudo().partner_id for practitioner in practitioners}  # sudo: who it is
        people = patient.union(*partner_of.values())
        busy = self.env["calendar.event"]._practice_get_busy_times(people, earliest, latest + duration, tz, ignore)
        of_patient = [it.keep_free() for it in busy[patient.id]]
        return {
            practitioner: free_starts(
                free_times(
                    work[practitioner],
                    [*(it.keep_free(*buffers) for it in busy[partner_of[practitioner].id]), *of_patient],
                ),
                duration=duration,
                step=self.booking_step,
                earliest=earliest,
                latest=latest,
                tz=tz,
            )
            for practitioner in practitioners
        }

    # === WORKING HOURS === #

    def _get_working_times(self, practitioners, start, stop):
        """Return ``{practitioner: [(start, stop)]}``: working hours without leaves, between two moments.

        They are those of the practitioner's resource in the practice's company, with the contracts of its employee
        where Human Resources is installed; when they have several, the newest one counts. A practitioner without
        resource, or whose resource has no working hours of its own, works when the company does.
        """
        start, stop = pytz.utc.localize(start), pytz.utc.localize(stop)
        resource_of = self._get_resources(practitioners)
        resources_sudo = self.env["resource.resource"].sudo().union(*resource_of.values())  # sudo: working hours only
        own = resources_sudo.filtered("calendar_id")
        intervals, _by_calendar = own._get_valid_work_intervals(start, stop)
        company_hours = self._get_company_times(resources_sudo - own, start, stop)
        return {
            practitioner: [
                (naive_utc(begins), naive_utc(ends))
                for begins, ends, _attendance in (
                    intervals[resource.id] if resource in own else company_hours.get(resource.id, [])
                )
            ]
            for practitioner, resource in resource_of.items()
        }

    def _practice_filter_outside_hours(self, events):
        """Return those of ``events`` that are not within the working hours of who gives them.

        Whoever has no hours of their own works when they say so: the company's are often nobody's.
        """
        if not self._has_own_hours(events.user_id._origin):
            return events.browse()
        own = {user for user, it in self._get_resources(events.user_id._origin).items() if it.calendar_id}
        timed = events.filtered(lambda event: event.user_id._origin in own)
        if not timed:
            return timed
        practitioners = timed.user_id._origin
        times = self._get_working_times(practitioners, min(timed.mapped("start")), max(timed.mapped("stop")))
        work = {user: free_times(times[user]) for user in practitioners}
        return timed.filtered(
            lambda event: (
                not any(begins <= event.start and event.stop <= ends for begins, ends in work[event.user_id._origin])
            )
        )

    @api.model
    def _has_own_hours(self, practitioners):
        """Return whether any of ``practitioners`` has working hours of their own, in whatever company."""
        resources = self.env["resource.resource"]._fields
        return bool(
            practitioners.ids
            and self.env.execute_query(
                SQL(
                    "SELECT 1 FROM resource_resource WHERE user_id IN %s AND calendar_id IS NOT NULL LIMIT 1",
                    tuple(practitioners.ids),
                    to_flush=(resources["user_id"], resources["calendar_id"]),
                )
            )
        )

    def _get_resources(self, practitioners):
        """Return ``{practitioner: resource}``: their resource in the company of this type, or an empty one."""
        resources_sudo = self.env["resource.resource"].sudo()  # sudo: working hours only
        found = resources_sudo.search([("user_id", "in", practitioners.ids)], order="id desc")
        companies = (self.company_id, self.env["res.company"])
        by_user = found.filtered(lambda resource: resource.company_id in companies).grouped("user_id")
        return {
            practitioner: by_user.get(practitioner.sudo(), resources_sudo).sorted(lambda it: not it.company_id)[:1]
            for practitioner in practitioners
        }

    def _get_company_times(self, resources, start, stop):
        """Return ``{resource id: intervals}``: the company's hours without the leaves of each resource; under
        ``False`` for whoever has none."""
        calendar = self.company_id.sudo().resource_calendar_id  # sudo: working hours only
        if not calendar:
            return {}
        hours = calendar._attendance_intervals_batch(start, stop)[False]
        # Leaves without calendar are everybody's; without a resource Odoo does not look at their company.
        domain = [("time_type", "=", "leave"), ("company_id", "in", (False, self.company_id.id))]
        leaves = calendar._leave_intervals_batch(start, stop, resources, domain)
        return {resource_id: hours - leave for resource_id, leave in leaves.items()}
