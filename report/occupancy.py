from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..models.packages.appointments.calendar_event import NOT_CANCELLED
from ..tools.occupancy import hours_per_day
from ..tools.slots import span_of_days

#: A longer period would be worked out for too long.
LONGEST_DAYS = 750


class PracticeOccupancy(models.TransientModel):
    """How much of their working hours practitioners are booked, and patients come, over any period.

    Working hours are those of Odoo's resources as they are today, without leaves.
    """

    _name = "practice.occupancy"
    _description = "Occupancy"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date(string="From", required=True, default=lambda self: self._get_default_first())
    date_to = fields.Date(
        string="Until", required=True, default=lambda self: self._get_default_first() + relativedelta(months=3, days=-1)
    )
    line_ids = fields.One2many("practice.occupancy.line", "occupancy_id")

    @api.model
    def _get_default_first(self):
        """Return the first day of the month before the last one: with this month, three."""
        return self.env.company._practice_day().replace(day=1) - relativedelta(months=2)

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        for report in self:
            days = (report.date_to - report.date_from).days + 1
            if not 1 <= days <= LONGEST_DAYS:
                raise ValidationError(
                    self.env._(
                        "A period of %(days)s days cannot be shown: choose from 1 to %(longest)s.",
                        days=days,
                        longest=LONGEST_DAYS,
                    )
                )

    def action_show(self):
        """Work it out as everything is at this moment, and open it."""
        self.ensure_one()
        self.line_ids = [Command.clear(), *(Command.create(vals) for vals in self._prepare_lines())]
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_occupancy_line_action")
        title = self.env._(
            "Occupancy, %(first)s to %(last)s",
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )
        domain = list(Domain("occupancy_id", "=", self.id))
        return {**action, "name": title, "display_name": title, "domain": domain, "target": "main"}

    def _prepare_lines(self):
        """Return the values of a line for each practitioner and day on which they work or have appointments.

        The number of queries depends neither on the days nor on the appointments.
        """
        tz = self.company_id.practice_tz
        start, stop = span_of_days(self.date_from, self.date_to, tz)
        events = self._search_events(start, stop)
        types = self._get_types()
        practitioners = types.practitioner_ids | events.user_id
        worked = types[:1]._get_working_times(practitioners, start, stop) if types else {}
        by_user = events.grouped("user_id")
        lines = []
        for user in practitioners:
            booked = by_user.get(user, events.browse())
            hours = {
                "hours_worked": hours_per_day(worked.get(user, ()), tz),
                "hours_booked": self._count_hours(booked, start, stop),
                "hours_attended": self._count_hours(
                    booked.filtered(lambda event: event.attendance == "attended"), start, stop
                ),
            }
            lines += [
                {"user_id": user.id, "date": day, **{name: of_days.get(day, 0.0) for name, of_days in hours.items()}}
                for day in sorted(set().union(*hours.values()))
            ]
        return lines

    def _search_events(self, start, stop):
        """Return the appointments between two moments that took somebody's time: a group once, not each participant;
        day-long ones have no hours."""
        return self.env["calendar.event"].search(
            Domain("practice_appointment_type_id.company_id", "=", self.company_id.id)
            & Domain("attendance", "in", NOT_CANCELLED)
            & Domain("allday", "=", False)
            & Domain("user_id", "!=", False)
            & Domain("practice_group_id", "=", False)
            & Domain("start", "<", stop)
            & Domain("stop", ">", start)
        )

    def _count_hours(self, events, start, stop):
        spans = [(max(event.start, start), min(event.stop, stop)) for event in events]
        return hours_per_day(spans, self.company_id.practice_tz)

    def _get_types(self):
        return self.env["practice.appointment.type"].search([("company_id", "=", self.company_id.id)])
