from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...common.retry_mixin import Step

#: Appointments whose reminders are noted in one transaction.
REMIND_BATCH = 200


class CalendarEvent(models.Model):
    """Which reminders of appointments are due."""

    _inherit = "calendar.event"

    # What the run searches.
    _practice_to_come_idx = models.Index("(start) WHERE attendance = 'planned' AND active IS TRUE")

    @api.model
    def _practice_get_reminder_steps(self):
        """Return the steps of the run, one for each number of hours and way of telling.

        The last reminder comes first: it makes others moot.
        """
        types = self.env["practice.appointment.type"].with_context(active_test=False)
        reminding = Domain("reminder_hours", "!=", False) | Domain("sms_reminder_hours", "!=", False)
        by_plan = {}
        for appointment_type in types.search(reminding):
            for plan in appointment_type._get_reminders():
                by_plan[plan] = by_plan.get(plan, types) | appointment_type
        remind, leave = type(self)._practice_remind, type(self)._practice_leave_reminder
        return [
            Step(
                self,
                self._practice_get_reminder_domain(by_plan[hours, channels], hours, channels),
                partial(remind, hours=hours, channels=channels),
                partial(leave, hours=hours, channels=channels),
                size=REMIND_BATCH,
                order="start, id",
            )
            for hours, channels in sorted(by_plan)
        ]

    @api.model
    def _practice_get_reminder_domain(self, types, hours, channels):
        """Return the appointments of ``types`` that begin within ``hours`` and whose reminder was not noted yet.

        None is due for a start that the patient was told later than the reminder's own moment, in whichever way.

        :param tuple channels: over one of which it is told
        """
        now = fields.Datetime.now()
        return (
            Domain("practice_appointment_type_id", "in", types.ids)
            & Domain("attendance", "=", "planned")
            & Domain("active", "=", True)
            & Domain("patient_id", "!=", False)
            & Domain("start", ">", now)
            & Domain("start", "<=", fields.Datetime.add(now, hours=hours))
            & Domain.custom(to_sql=partial(self._practice_get_unreminded_sql, hours, channels))
        )

    @api.model
    def _practice_get_unreminded_sql(self, hours, channels, model, alias, _query):
        return SQL(
            """NOT EXISTS (
                    SELECT 1 FROM practice_appointment_notice notice
                     WHERE notice.event_id = %(event)s AND notice.start = %(start)s
                       AND notice.patient_id = %(patient)s
                       AND (notice.kind = 'reminder' AND notice.hours <= %(hours)s AND notice.channel IN %(channels)s
                            OR notice.kind IN ('confirmation', 'moved') AND notice.date > %(start)s - %(before)s)
            )""",
            start=SQL.identifier(alias, "start"),
            event=SQL.identifier(alias, "id"),
            patient=SQL.identifier(alias, "patient_id"),
            before=SQL("make_interval(hours => %s)", hours),
            hours=hours,
            channels=channels,
        )

    def _practice_remind(self, hours, channels=("email",)):
        """Note a reminder of these appointments for each who is written to about the patient."""
        notices = self.env["practice.appointment.notice"]
        notices._note(
            [
                notices._prepare_vals(event, event.patient_id, partner, "reminder", event.start, hours, channel)
                for event in self
                for partner, channel in event._practice_get_ways(event.patient_id, channels)
            ]
        )

    def _practice_leave_reminder(self, reason, hours, channels=("email",)):
        """Keep why these appointments cannot be reminded of, and look again later."""
        notices = self.env["practice.appointment.notice"]
        noted = notices.create(
            [
                notices._prepare_vals(
                    event, event.patient_id, event.patient_id, "reminder", event.start, hours, channels[0]
                )
                for event in self
            ]
        )
        noted._postpone(reason)
