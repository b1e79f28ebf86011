from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL, ormcache

from ....tools.slots import spread_over_days

#: What working hours are made of; ``hr.version`` where Human Resources is installed.
SOURCES = (
    *("resource.resource", "resource.calendar", "resource.calendar.attendance", "resource.calendar.leaves"),
    "hr.version",
)


class CalendarEvent(models.Model):
    """The hours in which practitioners work, as a board shades them.

    A board is read after every change of an appointment, and Odoo reads working hours calendar by calendar. So they are
    kept, as long as nothing that they are made of changes: one query tells.
    """

    _inherit = "calendar.event"

    @api.model
    def _practice_get_board_hours(self, practitioners, start, stop, tz, state):
        """Return ``{user id: {day: [(begins, ends)]}}``: when ``practitioners`` work for the allowed companies."""
        hours = defaultdict(dict)
        for company in self.env.companies:
            working_sudo = practitioners.sudo()  # sudo: who works where
            if len(self.env.companies) > 1:
                working_sudo = working_sudo.filtered(lambda user, company=company: company in user.company_ids)
            calendar_id = company.sudo().resource_calendar_id.id
            kept = self._practice_read_hours(company.id, calendar_id, tuple(working_sudo.ids), start, stop, tz, state)
            for user_id, by_day in kept.items():
                for day, spans in by_day.items():
                    hours[user_id][day] = sorted({*hours[user_id].get(day, ()), *spans})
        return hours

    @api.model
    def _practice_get_hours_state(self):
        """Return what changes whenever something changes that working hours are made of."""
        models = [self.env[name] for name in SOURCES if name in self.env]
        for model in models:
            model.flush_model()
        # PostgreSQL's own note of which transaction wrote a row, and with which of its commands. Dates would not do: of
        # two transactions that overlap, the one that ends later may have the earlier date.
        state = SQL("COUNT(*), SUM(xmin::text::bigint), SUM(cmin::text::bigint)")
        rows = (SQL("SELECT %s FROM %s", state, SQL.identifier(model._table)) for model in models)
        return tuple(self.env.execute_query(SQL(" UNION ALL ").join(rows)))

    @api.model
    @ormcache("company_id", "calendar_id", "user_ids", "start", "stop", "tz", "state")
    def _practice_read_hours(self, company_id, calendar_id, user_ids, start, stop, tz, state):
        """Return ``{user id: {day: [(begins, ends)]}}`` for one company, whose own hours are of ``calendar_id``.

        :param state: of what the hours are made of; others are other hours
        """
        appointment_type = self.env["practice.appointment.type"].new({"company_id": company_id})
        times = appointment_type._get_working_times(self.env["res.users"].browse(user_ids), start, stop)
        hours = {}
        for practitioner, spans in times.items():
            hours[practitioner.id] = defaultdict(list)
            add_by_day(hours[practitioner.id], spans, tz)
        return hours


def add_by_day(by_day, spans, tz, *more):
    """Add the parts of ``spans`` on each day to ``{day: [(begins, ends, *more)]}``."""
    for start, stop in spans:
        for day, begins, ends in spread_over_days(start, stop, tz):
            by_day[day.isoformat()].append((begins, ends, *more))
