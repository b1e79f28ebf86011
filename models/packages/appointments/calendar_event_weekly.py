from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ....tools.slots import span_of_days, week_of
from ...common.words import count_visits

#: Marks of visits that count: what was missed or cancelled was none.
COUNTED = ("planned", "attended")


class CalendarEvent(models.Model):
    """At most so many visits a week with a package: staff who plans more says why, patients cannot.

    The number is that of the package today, and holds for what is planned from now on: it is how the practice works,
    not what was sold. A week goes from Monday to Sunday in the practice's time zone.
    """

    _inherit = "calendar.event"

    def _practice_collect_conflicts(self):
        """Name those too that are more than the package allows in their week."""
        conflicts = super()._practice_collect_conflicts()
        for event, words in self._practice_find_full_weeks().items():
            conflicts[event].append(words)
        return conflicts

    def _practice_find_restore_problem(self):
        """Nor can patients come after all in a week that was filled meanwhile."""
        return super()._practice_find_restore_problem() or next(iter(self._practice_find_full_weeks().values()), None)

    def _practice_find_full_weeks(self):
        """Return ``{appointment: words}`` of those in whose week the patient has as many visits as they may have."""
        found = {}
        types = self.practice_appointment_type_id._origin
        others = self.practice_package_id._origin - types.package_id
        if not any([*types.mapped("weekly_visits"), *others.mapped("weekly_visits")]):
            return found
        events = self.filtered(lambda event: event.patient_id and event.start)
        for company, of_company in events._practice_group_by_company().items():
            packages = self.env["practice.package"].union(*(it._practice_get_package()._origin for it in of_company))
            days = {event: event._practice_get_visit_day() for event in of_company}
            visits = self._practice_get_weekly_visits(
                of_company.patient_id._origin, packages, min(days.values()), max(days.values()), company
            )
            weeks = {
                event: (event.patient_id._origin, event._practice_get_package()._origin, week_of(day)[0])
                for event, day in days.items()
            }
            for event, week in weeks.items():
                if not event._origin:
                    visits[week].add(event.id)  # of a series that is being planned each counts
            for event, week in weeks.items():
                _patient, package, monday = week
                others = visits[week] - {event.id, event._origin.id}
                if package.weekly_visits and len(others) >= package.weekly_visits:
                    found[event] = self._practice_describe_full_week(event.patient_id, package, monday, len(others))
        return found

    @api.model
    def _practice_get_weekly_visits(self, patients, packages, first, last, company):
        """Return ``{(patient, package, Monday): ids of visits}`` of the weeks from the day ``first`` to ``last``.

        Only of packages that limit them.
        """
        limited = packages.filtered("weekly_visits")
        visits = defaultdict(set)
        if not limited or not patients:
            return visits
        start, stop = span_of_days(week_of(first)[0], week_of(last)[1], company.practice_tz)
        # sudo: a number, of a patient whom the caller may plan for
        events_sudo = self.env["calendar.event"].sudo()
        counted = (
            Domain("patient_id", "in", patients.ids)
            & Domain("practice_package_id", "in", limited.ids)
            & Domain("attendance", "in", COUNTED)
            & Domain("start", ">=", start)
            & Domain("start", "<", stop)
        )
        names = ["patient_id", "practice_package_id", "start", "allday", "start_date", "practice_appointment_type_id"]
        for event_sudo in events_sudo.search_fetch(counted, names):
            monday = week_of(event_sudo._practice_get_visit_day())[0]
            visits[event_sudo.patient_id, event_sudo.practice_package_id, monday].add(event_sudo.id)
        return visits

    @api.model
    def _practice_describe_full_week(self, patient, package, monday, number):
        return self.env._(
            "%(patient)s has %(number)s of %(package)s in the week of %(monday)s; at most %(limit)s a week.",
            patient=patient.name,
            number=count_visits(self.env, number),
            package=package.name,
            monday=format_date(self.env, monday),
            limit=count_visits(self.env, package.weekly_visits),
        )
