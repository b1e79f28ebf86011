from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ....tools.slots import clip, count_minutes, span_of_days, spread_over_days
from ..appointments.calendar_event import CANCELLED
from .calendar_event_hours import add_by_day

#: A board shows at most so many days at once: it is for the day and the week.
MOST_DAYS = 14

#: What is read of each appointment, at once.
BOARD_FIELDS = [
    *("name", "start", "stop", "allday", "start_date", "stop_date", "active", "recurrency", "location"),
    *("user_id", "patient_id", "practice_appointment_type_id", "attendance", "practice_overrule_reason"),
    *("practice_package_id", "practice_credits", "practice_late_policy", "practice_cancel_hours"),
    *("credit_state", "credit_waived", "credit_error"),
    *("practice_group_id", "practice_places", "practice_places_taken", "practice_room_id"),
]

#: What is read of each appointment type, at once.
TYPE_FIELDS = ["name", "color", "company_id", "package_id", "package_credits", "late_policy", "cancel_hours"]


class CalendarEvent(models.Model):
    """The day board: who gives what to whom, beside working hours and everything else that keeps people busy.

    A board has columns, one for each practitioner and room. An appointment says in which columns it shows, by their
    keys, so that columns of another kind need no other board. Times are minutes of the practice's clock.
    """

    _inherit = "calendar.event"

    @api.model
    @api.readonly
    def practice_get_board(self, first_day, last_day, domain=None, with_rooms=False):
        """Return everything that a board shows of some days, with a fixed number of queries.

        :param str first_day, last_day: days of the practice, both included
        :param list domain: appointments that do not match it are returned with ``dimmed``
        :param bool with_rooms: rooms have columns too
        :return: ``tz``, ``today`` and ``days``; ``columns`` with ``key``, ``kind``, ``title``, and by day ``hours``,
            ``busy`` and ``totals``; ``appointments``
        :raises AccessError: for whoever is not staff
        :raises UserError: when it is no span of days, or too long
        """
        self._practice_check_board()
        try:
            first, last = fields.Date.to_date(first_day), fields.Date.to_date(last_day)
        except ValueError:
            first = last = None
        if not first or not last or not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            raise UserError(self.env._("A board shows 1 to %s days: choose a day or a week.", MOST_DAYS))
        return self._practice_get_board(first, last, Domain(domain or Domain.TRUE), with_rooms)

    @api.model
    def _practice_get_board(self, first, last, domain, with_rooms):
        tz = self.env.company.practice_tz
        start, stop = span_of_days(first, last, tz)
        planned = self._practice_find_board_appointments(start, stop)
        shown = planned.filtered_domain(self._practice_get_board_domain())
        practitioners = self._practice_find_board_practitioners(planned)
        state = self._practice_get_hours_state()
        columns = self._practice_prepare_board_columns(practitioners, start, stop, tz, planned, state)
        if with_rooms:
            columns += self._practice_prepare_room_columns(start, stop, tz, planned, state)
        matching = shown
        if not domain.is_true():
            matching = self.with_context(active_test=False).search(domain & Domain("id", "in", shown.ids))
        matching_ids = set(matching.ids)
        signs = planned._practice_get_board_signs()
        taking_part = (planned - shown).grouped("practice_group_id")
        appointments = [
            {
                **event._practice_prepare_board_appointment(tz),
                "signs": signs[event],
                "dimmed": event.id not in matching_ids,
                "participants": [
                    visit._practice_prepare_board_participant(signs[visit]) for visit in taking_part.get(event, ())
                ],
            }
            for event in shown
        ]
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        self._practice_add_board_totals(columns, appointments)
        return {
            "tz": tz,
            "today": self.env.company._practice_day().isoformat(),
            "days": [day.isoformat() for day in days],
            "columns": columns,
            "appointments": appointments,
        }

    # === APPOINTMENTS === #

    @api.model
    def _practice_get_board_domain(self):
        """Return which of the appointments of a day stand on the board by themselves: not who takes part in a group."""
        return Domain("practice_group_id", "=", False)

    @api.model
    def _practice_find_board_appointments(self, start, stop):
        """Return the appointments between two moments that the user may see, cancelled ones too."""
        domain = (
            Domain("practice_appointment_type_id.company_id", "parent_of", self.env.companies.ids)
            & Domain("start", "<", stop)
            & Domain("stop", ">", start)
            & (Domain("active", "=", True) | Domain("attendance", "in", CANCELLED))
        )
        return self._practice_fetch_seen(domain, BOARD_FIELDS)

    @api.model
    def _practice_fetch_seen(self, domain, names):
        """Return the events of ``domain`` that the user may see, archived ones too, with ``names`` read in one query.

        Odoo would ask of each who takes part, to blank private ones: none of those may be among them.
        """
        query = self.with_context(active_test=False)._search(domain)
        events_sudo = self.sudo()  # sudo: the query has looked for what the user may see
        found_sudo = events_sudo.with_context(active_test=False).search_fetch(
            [("id", "in", query)], names, order="start, id"
        )
        return found_sudo.with_env(self.env)

    def _practice_prepare_board_appointment(self, tz):
        """Return what the board shows of this appointment; ``cost`` and ``lost`` are the credits that cancelling now
        and a no-show take from the patient."""
        self.ensure_one()
        day, begins, ends = spread_over_days(*self._practice_get_span(tz), tz)[0]
        appointment_type = self.practice_appointment_type_id
        taken, places = self._practice_get_board_places()
        return {
            "id": self.id,
            "columns": self._practice_get_board_keys(),
            "day": day.isoformat(),
            "begins": begins,
            "ends": ends,
            "start": fields.Datetime.to_string(self.start),
            "stop": fields.Datetime.to_string(self.stop),
            "allday": self.allday,
            "patient": {"id": self.patient_id.id, "name": self.patient_id.name} if self.patient_id else False,
            "type": appointment_type.name,
            "color": appointment_type.color,
            "package_id": self._practice_get_package().id,
            "attendance": self.attendance,
            "is_cancelled": self._practice_is_cancelled(),
            "has_begun": self._practice_has_begun(),
            "credits": self.practice_credits if self._practice_get_package() else 0,
            "credit_state": self.credit_state,
            "cost": self._practice_get_cancel_cost(),
            "lost": self._practice_get_late_cost(),
            "free_until": fields.Datetime.to_string(self.cancel_free_until),
            "recurring": self.recurrency,
            "location": self.location,
            "overrule_reason": self.practice_overrule_reason,
            "taken": taken,
            "places": places,
        }

    def _practice_prepare_board_participant(self, signs):
        """Return what the board tells of a participant of a group."""
        return {
            "id": self.id,
            "name": self.patient_id.name,
            "attendance": self.attendance,
            "is_cancelled": self._practice_is_cancelled(),
            "signs": signs,
        }

    def _practice_get_board_keys(self):
        """Return the keys of the columns in which this appointment shows."""
        return [f"practitioner-{self.user_id.id or 0}"]

    def _practice_get_board_places(self):
        """Return how many places of this appointment are taken and how many it has; 0 for one with one patient."""
        return self.practice_places_taken, self.practice_places

    # === COLUMNS === #

    @api.model
    def _practice_find_board_practitioners(self, appointments):
        """Return who has a column: whoever gives an appointment type, or one of these appointments; by name."""
        types = self.env["practice.appointment.type"].search_fetch(
            [("company_id", "parent_of", self.env.companies.ids)], TYPE_FIELDS
        )
        held = appointments.filtered(lambda event: not event._practice_is_cancelled())
        practitioners_sudo = (types.practitioner_ids | held.user_id).sudo()  # sudo: who they are
        (practitioners_sudo.partner_id | appointments.patient_id).fetch(["name"])
        return practitioners_sudo.sorted("name").sudo(False)

    @api.model
    def _practice_prepare_board_columns(self, practitioners, start, stop, tz, ignore, state):
        """Return the columns of ``practitioners``, without totals yet.

        :param ignore: appointments that keep nobody busy, because they stand there themselves
        :param state: of what working hours are made of
        """
        hours = self._practice_get_board_hours(practitioners, start, stop, tz, state)
        busy = self._practice_get_board_busy(practitioners, start, stop, tz, ignore)
        columns = [
            {
                "key": f"practitioner-{practitioner.id}",
                "kind": "practitioner",
                "res_id": practitioner.id,
                "partner_id": practitioner.partner_id.id,
                "title": practitioner.name,
                "hours": hours.get(practitioner.id, {}),
                "busy": busy[practitioner],
            }
            for practitioner in practitioners.sudo()  # sudo: who they are
        ]
        if any(not event.user_id for event in ignore):
            nobody = {"key": "practitioner-0", "kind": "practitioner", "res_id": False, "partner_id": False}
            columns.append({**nobody, "title": self.env._("Without Practitioner"), "hours": {}, "busy": {}})
        return columns

    @api.model
    def _practice_get_board_busy(self, practitioners, start, stop, tz, ignore):
        """Return ``{practitioner: {day: [(begins, ends, title)]}}``: everything else that keeps them busy.

        The title is empty where the user may not see what it is: other people's private events, and appointments of
        companies that are not theirs.
        """
        partner_of = {user: user.partner_id for user in practitioners.sudo()}  # sudo: who they are
        partners = self.env["res.partner"].union(*(partner.sudo(False) for partner in partner_of.values()))
        events = self._practice_get_busy_events(partners, start, stop, tz, ignore)
        ids = {event_id for spans in events.values() for event_id, _span in spans}
        seen = Domain("id", "in", list(ids)) & Domain(self._get_default_privacy_domain())
        titles = {event.id: event.name for event in self._practice_fetch_seen(seen, ["start", "name"])}
        busy = {}
        for user, partner in partner_of.items():
            busy[user] = defaultdict(list)
            for event_id, it in events.get(partner.id, ()):
                add_by_day(busy[user], clip([(it.start, it.stop)], start, stop), tz, titles.get(event_id, False))
        return busy

    @api.model
    def _practice_add_board_totals(self, columns, appointments):
        """Add to each column, by day, how many visits there are, and the minutes booked and worked."""
        booked, visits = defaultdict(list), defaultdict(int)
        for appointment in appointments:
            if not appointment["is_cancelled"]:
                for key in appointment["columns"]:
                    booked[key, appointment["day"]].append((appointment["begins"], appointment["ends"]))
                    visits[key, appointment["day"]] += appointment["taken"] if appointment["places"] else 1
        for column in columns:
            days = {day for key, day in booked if key == column["key"]} | set(column["hours"])
            column["totals"] = {
                day: {
                    "visits": visits[column["key"], day],
                    "booked": count_minutes(booked[column["key"], day]),
                    "worked": count_minutes(column["hours"].get(day, ())),
                }
                for day in sorted(days)
            }
