from datetime import date, timedelta

from odoo import fields, models
from odoo.tools import format_date, format_datetime

from ....tools.dates import free_until
from ....tools.slots import Slot, span_of_days, week_of


class PracticeAppointmentType(models.Model):
    """What patients see while they book: types, free times, and what a booking means."""

    _inherit = "practice.appointment.type"

    def _prepare_booking_cards(self):
        """Return what the portal shows of these types when one of them is chosen."""
        several = len(self.company_id) > 1
        return [
            {
                "id": appointment_type.id,
                "name": appointment_type.name,
                "description": appointment_type.online_description,
                "minutes": appointment_type._get_duration() // timedelta(minutes=1),
                "credits": appointment_type.package_id and appointment_type.package_credits,
                "weekly": appointment_type.package_id.weekly_visits,
                "practice": several and appointment_type.company_id.name,
            }
            for appointment_type in self
        ]

    def _prepare_week(self, practitioners, patient, week=None, event=None, chosen=()):
        """Return what a page shows of the free times of one week.

        :param practitioners: users who give this type, one of whom gets the appointment
        :param str week: ISO date of a day of the week; by default, the week in which ``event`` is planned, else the
            first one with free times
        :param event: the appointment that is moved, when it is not a new one
        :param chosen: moments at which the patient is about to book others, so that nothing else fits there
        :return: dict: ``days`` with their times, the ``first`` time that is free at all and the ``next_time`` after an
            empty week, the ``previous`` and the ``next`` week, ``day``, ``opens`` and ``closes`` for a date picker,
            ``until`` when times can be chosen at all, whether there is ``nothing`` until then
        """
        opens, closes = (self._get_day(moment) for moment in self._get_booking_window())
        first_monday, last_sunday = week_of(opens)[0], week_of(closes)[1]
        times = self._find_times(practitioners, patient, event, first_monday, last_sunday)
        times = {start: who for start, who in times.items() if not self._overlaps(start, chosen)}
        starts, default = sorted(times), self._get_day(event.start).isoformat() if event else None
        asked = self._read_day(week or default, opens, closes) or (self._get_day(starts[0]) if starts else opens)
        monday, sunday = week_of(asked)
        days = {}
        for start in starts:
            if monday <= (day := self._get_day(start)) <= sunday:
                days.setdefault(day, []).append(self._prepare_time(start, times[start], patient))
        first = next((start for start in starts if start not in chosen), None)
        later = next((start for start in starts if self._get_day(start) > sunday), None)
        return {
            "title": " – ".join(format_date(self.env, day, date_format="d MMMM") for day in (monday, sunday)),
            "days": [
                {"label": format_date(self.env, day, date_format="EEEE d MMMM"), "times": times}
                for day, times in days.items()
            ],
            "first": first and self._prepare_time(first, times[first], patient),
            "next_time": not days and later and self._prepare_time(later, times[later], patient),
            "previous": monday > first_monday and (monday - timedelta(days=7)).isoformat(),
            "next": sunday < last_sunday and (monday + timedelta(days=7)).isoformat(),
            "day": asked.isoformat(),
            "opens": opens.isoformat(),
            "closes": closes.isoformat(),
            "until": format_date(self.env, closes),
            "nothing": not first,
            "tz": self.company_id.practice_tz,
        }

    def _overlaps(self, start, chosen):
        """Return whether an appointment at ``start`` is at the same time as one at another moment of ``chosen``."""
        return any(start != other and abs(start - other) < self._get_duration() for other in chosen)

    def _read_day(self, text, opens, closes):
        """Return the day that an address names, within what can be booked; ``None`` for nonsense."""
        try:
            return min(max(date.fromisoformat(text or ""), opens), closes)
        except ValueError:
            return None

    def _get_day(self, moment):
        return self.company_id._practice_day(moment)

    def _find_times(self, practitioners, patient, event, first_day, last_day):
        """Return ``{start: practitioner}`` of the days given, both included.

        When several are free at a time, it is the one with the most free times.
        """
        first, last = span_of_days(first_day, last_day, self.company_id.practice_tz)
        bounds = {"first": first, "last": last - timedelta(minutes=1)}
        if event:
            free = event._practice_get_times_to_move_to(practitioners, **bounds)
        else:
            free = self._get_free_times(practitioners, patient, **bounds)
        times = {}
        for practitioner in sorted(free, key=lambda it: -len(free[it])):
            for start in free[practitioner]:
                if not event or not event._practice_is_planned_at(practitioner, start):
                    times.setdefault(start, practitioner)
        return times

    def _prepare_time(self, start, practitioner, patient):
        tz, day = self.company_id.practice_tz, self._get_day(start)
        return {
            "label": format_datetime(self.env, start, tz=tz, dt_format="HH:mm"),
            "when": format_datetime(self.env, start, tz=tz, dt_format="EEEE d MMMM, HH:mm"),
            "practitioner": practitioner.name,
            "day": day.isoformat(),
            "slot": Slot(self.id, practitioner.id, patient.id, start).encode(),
        }

    def _prepare_booking(self, practitioner, patient, start):
        """Return what a page shows of an appointment before it is booked: when, with whom, what it costs.

        Credits are whole numbers: what it takes, what is ``available`` before, ``left`` after and ``missing`` for it.
        """
        return {
            **self._prepare_choice(practitioner, patient, start, self._get_duration()),
            **self._prepare_policy(start, self.cancel_hours, self.late_credits),
            **self._prepare_cost(patient, start),
            "limit": self._has_reached_limit(patient) and self.booking_limit,
        }

    def _prepare_choice(self, practitioner, patient, start, duration):
        """Return what a chosen time is, in words."""
        tz = self.company_id.practice_tz
        return {
            "slot": Slot(self.id, practitioner.id, patient.id, start).encode(),
            "type": self.name,
            "type_id": self.id,
            "practitioner": practitioner.name,
            "patient": patient.name,
            "patient_id": patient.id,
            "when": format_datetime(self.env, start, tz=tz, dt_format="EEEE d MMMM y, HH:mm"),
            "until": format_datetime(self.env, start + duration, tz=tz, dt_format="HH:mm"),
            "tz": tz,
            "place": self.company_id._practice_get_portal_address(),
        }

    def _prepare_policy(self, start, hours, cost):
        """Return until when an appointment at ``start`` can be cancelled and moved for nothing, and what it costs then.

        :param float hours: before the start, until which it is free
        :param int cost: whole credits that it costs later; ``cancel_cost`` is what it costs now
        """
        last = free_until(start, hours)
        return {
            "late_cost": cost,
            "cancel_cost": cost if fields.Datetime.now() > last else 0,
            "free_until": format_datetime(
                self.env, last, tz=self.company_id.practice_tz, dt_format="EEEE d MMMM, HH:mm"
            ),
        }

    def _prepare_cost(self, patient, start):
        """Return the credits that an appointment of ``patient`` takes, and the balance before and after."""
        if not self.package_id:
            return {"package": False, "credits": 0, "missing": 0}
        lots = self.env["practice.credit.lot"]
        available = lots._get_balances({(patient, self.package_id)})[patient, self.package_id]["available"]
        return {
            "package": self.package_id.name,
            "package_id": self.package_id.id,
            "credits": self.package_credits,
            "available": available,
            "left": available - self.package_credits,
            "missing": lots._count_missing(patient, self, start),
        }
